"""Identifiers of other programs as the short keys of this one, and true/false questions recognised by their choices."""

from collections.abc import Callable, Sequence

from quizzes.interchange.entry import Choice, truth_choices
from quizzes.interchange.limits import MOST_CHOICES
from quizzes.interchange.reasons import refuse
from quizzes.rules.limits import CHOICE_KEY

_TRUE = {"true", "t", "richtig", "wahr", "vrai", "verdadero"}
_FALSE = {"false", "f", "falsch", "faux", "falso"}


def check_count(count: int) -> None:
    """Refuse a question with absurdly many choices before any of them is read."""
    if count > MOST_CHOICES:
        raise refuse("many_choices", f"The question has more than {MOST_CHOICES} choices.")


def keys_for(identifiers: Sequence[str], *, prefix: str, spare: Callable[[int], str]) -> dict[str, str]:
    """Our own identifiers give their key back; where one of them is foreign, all are counted anew."""
    if all(one.startswith(prefix) and CHOICE_KEY.fullmatch(one[len(prefix) :]) for one in identifiers):
        return {one: one[len(prefix) :] for one in identifiers}
    return {one: spare(index) for index, one in enumerate(identifiers)}


def truth_of(choices: Sequence[Choice]) -> tuple[Choice, Choice] | None:
    """Two choices that say nothing but true and false, as the choices of a true/false question."""
    if len(choices) != 2:
        return None
    words = [choice.text.strip().rstrip(".").lower() for choice in choices]
    if words[0] in _TRUE and words[1] in _FALSE:
        true, false = choices
    elif words[0] in _FALSE and words[1] in _TRUE:
        false, true = choices
    else:
        return None
    if true.correct == false.correct:
        return None
    return truth_choices(true.correct, if_true=true.rationale, if_false=false.rationale, texts=(true.text, false.text))
