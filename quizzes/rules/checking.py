"""Checking answers while an attempt is open: what is refused, in words, and what editors should think of first."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from quizzes.rules.delivery import DeliveryRules, MayAnswer, MayNotAnswer, Refusal, positions_phrase

NO_CHECKING = MayNotAnswer(
    Refusal.NO_CHECKING, "This quiz shows nothing of an answer before the attempt is submitted. Nothing was changed."
)


def may_check(rules: DeliveryRules) -> MayAnswer | MayNotAnswer:
    """Whether answers of an attempt under these rules can be checked while it is open."""
    return MayAnswer() if rules.checks_answers else NO_CHECKING


def stays_as_checked(positions: Sequence[int]) -> MayNotAnswer:
    """Why these answers were not changed, although something else was sent for them."""
    named = positions_phrase(tuple(positions)).rsplit(" ", 1)[0]
    if len(positions) == 1:
        said = f"{named} was checked before, so its answer is final and stays as it was."
    else:
        said = f"{named} were checked before, so their answers are final and stay as they were."
    return MayNotAnswer(Refusal.ANSWER_CHECKED, f"{said} Your other answers are saved.")


def not_complete(position: int) -> str:
    """Why an answer was not checked."""
    return f"Question {position} has no complete answer yet, so it was not checked. What you have entered is saved."


class Caution(StrEnum):
    """Stable codes of what an editor is told of delivery rules; none of them keeps a version from being published."""

    FINAL_WHEN_CHECKED = "checked_answers_are_final"
    KEYS_WITHOUT_LIMIT = "keys_during_unlimited_attempts"


@dataclass(frozen=True, slots=True)
class Note:
    """One of them in words."""

    code: Caution
    sentence: str


FINAL_WHEN_CHECKED = Note(
    Caution.FINAL_WHEN_CHECKED,
    "Learners may check each answer during the attempt. A checked answer is final: it can no longer be changed in that "
    "attempt, and it is the one that is graded.",
)
KEYS_WITHOUT_LIMIT = Note(
    Caution.KEYS_WITHOUT_LIMIT,
    "Right answers or reasons are shown during an attempt, and attempts are not limited: whoever begins again has seen "
    "them before. Limit the attempts, or show only right or wrong and the passages to read again.",
)


def cautions(rules: DeliveryRules) -> tuple[Note, ...]:
    """What feedback during the attempt means for the quiz; nothing where there is none."""
    if not rules.checks_answers:
        return ()
    gives_away = (rules.during.keys or rules.during.rationales) and rules.attempts is None
    return (FINAL_WHEN_CHECKED, KEYS_WITHOUT_LIMIT) if gives_away else (FINAL_WHEN_CHECKED,)
