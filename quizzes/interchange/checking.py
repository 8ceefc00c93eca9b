"""Whether a question from a file hangs together: what is missing or contradicts itself refuses it."""

from collections.abc import Iterator
from decimal import Decimal

from quizzes.interchange.entry import FALSE, TRUE, Entry, Kind
from quizzes.interchange.limits import MOST_CHOICES, MOST_STEMS
from quizzes.interchange.reasons import Reason
from quizzes.rules.limits import CHOICE_KEY, MOST_NAMES, MOST_SHORT_NAME, MOST_TEXT, NAME
from quizzes.rules.shapes import MOST_ITEM_POINTS

MOST_DIGITS = 15
MOST_WEIGHT = 100


def refusals(entry: Entry) -> tuple[Reason, ...]:
    """Every reason why this cannot become a question; empty when it can."""
    return tuple(Reason(code, sentence) for code, sentence in _problems(entry))


def _problems(entry: Entry) -> Iterator[tuple[str, str]]:
    if not entry.stem and not (entry.vignette and entry.kind is Kind.MATCHING):
        yield "no_stem", "The question has no text."
    if any(len(text) > MOST_TEXT for text in entry.texts):
        yield "text_too_long", f"A text is longer than {MOST_TEXT} characters."
    yield from _name_problems(entry)
    if entry.kind is Kind.NUMERIC:
        yield from _numeric_problems(entry)
    else:
        yield from _choice_problems(entry)
    yield from _kind_problems(entry)


def _name_problems(entry: Entry) -> Iterator[tuple[str, str]]:
    if entry.lineage and not NAME.fullmatch(entry.lineage):
        yield "bad_name", f"“{entry.lineage[:80]}” cannot be a question's name."
    for field, most in (("topic", MOST_SHORT_NAME), ("objective", MOST_SHORT_NAME)):
        value: str = getattr(entry, field)
        if value and (len(value) > most or not NAME.fullmatch(value)):
            yield "bad_name", f"“{value[:80]}” cannot be a name for the {field}."
    for field in ("tags", "passages", "references", "apart"):
        names: tuple[str, ...] = getattr(entry, field)
        if len(names) > MOST_NAMES:
            yield "too_many_names", f"There are more than {MOST_NAMES} {field}."
        if not all(NAME.fullmatch(name) for name in names):
            yield "bad_name", f"An entry among the {field} cannot be a name."
    if not 1 <= entry.points <= MOST_ITEM_POINTS:
        yield "bad_points", f"A question gives 1 to {MOST_ITEM_POINTS} points."
    case = entry.vignette
    if case and not (NAME.fullmatch(case.key) and len(case.key) <= MOST_SHORT_NAME and case.text):
        yield "bad_vignette", "The shared case has no name or no text."


def _choice_problems(entry: Entry) -> Iterator[tuple[str, str]]:
    if len(entry.choices) < 2:
        yield "few_choices", "The question has fewer than two choices."
    if len(entry.choices) > MOST_CHOICES:
        yield "many_choices", f"The question has more than {MOST_CHOICES} choices."
    keys = [choice.key for choice in entry.choices]
    if len(set(keys)) != len(keys) or not all(CHOICE_KEY.fullmatch(key) for key in keys):
        yield "choice_keys", "Two choices have the same key, or a key cannot be one."
    if any(not choice.text for choice in entry.choices):
        yield "empty_choice", "A choice has no text."
    if any(choice.weight is not None and abs(choice.weight) > MOST_WEIGHT for choice in entry.choices):
        yield "bad_weight", "The weight of a choice lies outside −100 to 100 percent."
    if entry.numeric is not None:
        yield "numeric_with_choices", "A number is asked for, but choices are given."


def _kind_problems(entry: Entry) -> Iterator[tuple[str, str]]:
    right = len(entry.correct_keys)
    if entry.kind is Kind.SINGLE and right != 1:
        yield "key_count", f"One choice must be right; this question marks {right}."
    if entry.kind is Kind.MULTIPLE and right < 1:
        yield "key_count", "No choice is marked as right."
    if entry.kind is Kind.TRUE_FALSE and ([c.key for c in entry.choices] != [TRUE, FALSE] or right != 1):
        yield "key_count", "It must be said whether the statement is true or false."
    if entry.kind in {Kind.MATCHING, Kind.ORDERING} and right:
        yield "key_elsewhere", "In this kind of question no single choice is the right one."
    if entry.kind is Kind.MATCHING:
        yield from _matching_problems(entry)
    elif entry.stems:
        yield "stems_elsewhere", "Only matching questions have several things to match."
    if entry.kind is not Kind.ORDERING and entry.order:
        yield "order_elsewhere", "Only ordering questions have a right sequence."
    if entry.kind is Kind.ORDERING and sorted(entry.order) != sorted(choice.key for choice in entry.choices):
        yield "order_incomplete", "The right sequence does not name every choice once."


def _matching_problems(entry: Entry) -> Iterator[tuple[str, str]]:
    stem_keys = [stem.key for stem in entry.stems]
    if not 1 <= len(stem_keys) <= MOST_STEMS:
        yield "stem_count", f"Matching needs 1 to {MOST_STEMS} things to match."
    if len(set(stem_keys)) != len(stem_keys) or not all(CHOICE_KEY.fullmatch(key) for key in stem_keys):
        yield "stem_keys", "Two things to match have the same key, or a key cannot be one."
    if any(not stem.text for stem in entry.stems):
        yield "empty_stem", "One of the things to match has no text."
    if {stem.answer for stem in entry.stems} - {choice.key for choice in entry.choices}:
        yield "no_match", "One of the things to match has no right option."


def _numeric_problems(entry: Entry) -> Iterator[tuple[str, str]]:
    number = entry.numeric
    if number is None:
        yield "no_number", "The right number is missing."
        return
    if not _sane(number.value) or not _sane(number.tolerance) or number.tolerance < 0:
        yield "bad_number", f"The number or its tolerance cannot be used: at most {MOST_DIGITS} digits each."
    if len(number.unit) > MOST_SHORT_NAME:
        yield "text_too_long", f"The unit is longer than {MOST_SHORT_NAME} characters."
    if entry.choices:
        yield "numeric_with_choices", "A number is asked for, but choices are given."


def _sane(value: Decimal) -> bool:
    if not value.is_finite():
        return False
    _, digits, exponent = value.normalize().as_tuple()
    return len(digits) <= MOST_DIGITS and isinstance(exponent, int) and -MOST_DIGITS <= exponent <= MOST_DIGITS
