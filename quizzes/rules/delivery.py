"""Delivery: when answers are taken, what a result may show, how a score is worded."""

from dataclasses import dataclass
from enum import StrEnum


class Refusal(StrEnum):
    """Stable codes of what the quiz refuses."""

    ALREADY_SUBMITTED = "attempt_submitted"
    NO_SUCH_QUESTION = "no_such_question"
    NO_SUCH_CHOICE = "no_such_choice"
    NO_QUIZ = "no_quiz"
    CANNOT_DRAW = "cannot_draw"


@dataclass(frozen=True, slots=True)
class MayAnswer:
    """Answers are taken and the attempt may be submitted."""


@dataclass(frozen=True, slots=True)
class MayNotAnswer:
    """Answers are no longer taken."""

    code: Refusal
    sentence: str


ALREADY_SUBMITTED = MayNotAnswer(
    Refusal.ALREADY_SUBMITTED, "This attempt was submitted already; its answers stay as they were graded."
)


def may_submit(state: str) -> MayAnswer | MayNotAnswer:
    """Whether an attempt in this state takes answers and a submission. Retakes are unlimited, time is not limited."""
    return MayAnswer() if state == "open" else ALREADY_SUBMITTED


@dataclass(frozen=True, slots=True)
class Review:
    """What a result page may show."""

    verdicts: bool
    """Right or wrong for each own answer."""
    passages: bool
    """The passage to read again, for wrong answers."""
    keys: bool
    """Key, rationale and references, for every question."""


NOTHING = Review(verdicts=False, passages=False, keys=False)
BEFORE_PASSING = Review(verdicts=True, passages=True, keys=False)
AFTER_PASSING = Review(verdicts=True, passages=True, keys=True)


def review_of(*, submitted: bool, has_passed: bool) -> Review:
    """Before submitting nothing; before the first pass of this release the way back to the text; then everything."""
    if not submitted:
        return NOTHING
    return AFTER_PASSING if has_passed else BEFORE_PASSING


def score_sentence(*, earned: int, total: int, pass_points: int) -> str:
    """ "9 of 10. You needed 8." """
    return f"{earned} of {total}. You needed {pass_points}."


def positions_phrase(positions: tuple[int, ...]) -> str:
    """ "Question 3 is", "Questions 3, 5 and 9 are": names of what is still open."""
    if len(positions) == 1:
        return f"Question {positions[0]} is"
    head = ", ".join(str(position) for position in positions[:-1])
    return f"Questions {head} and {positions[-1]} are"
