"""Delivery: when answers are taken, what a result may show, how a score is worded."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from cme.kernel.days import instant_phrase

MOST_ATTEMPTS = 100
MOST_WAIT_HOURS = 24 * 366
MOST_MINUTES = 24 * 60
MOST_EXTRA_PERCENT = 900
MOST_EXTRA_ATTEMPTS = 100
LATE = timedelta(seconds=30)
"""An answer that was under way when the time ended still arrives."""


class Refusal(StrEnum):
    """Stable codes of what the quiz refuses."""

    ALREADY_SUBMITTED = "attempt_submitted"
    NO_SUCH_QUESTION = "no_such_question"
    NO_SUCH_CHOICE = "no_such_choice"
    NO_QUIZ = "no_quiz"
    CANNOT_DRAW = "cannot_draw"
    TIME_OVER = "time_over"
    NO_ATTEMPTS_LEFT = "no_attempts_left"
    WAIT = "wait_between_attempts"
    ANSWER_CHECKED = "answer_checked"
    NO_CHECKING = "no_checking"


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
    """Whether an attempt in this state takes answers and a submission, as far as its time is not over."""
    return MayAnswer() if state == "open" else ALREADY_SUBMITTED


TIME_OVER = MayNotAnswer(
    Refusal.TIME_OVER, "The time for this attempt is over. It is submitted with the answers that were saved until then."
)


@dataclass(frozen=True, slots=True)
class Review:
    """What may be seen of a submitted attempt, beside its score; or of one checked answer while it is open."""

    verdicts: bool
    """Right or wrong for each own answer."""
    passages: bool
    """The passage to read again, for wrong answers; for all, where right and wrong may not be told apart."""
    keys: bool
    """The key of every question."""
    answers: bool = True
    """The questions with one's own answers."""
    rationales: bool = False
    references: bool = False

    def __or__(self, other: "Review") -> "Review":
        """Everything that either of them shows."""
        return Review(**{name: getattr(self, name) or getattr(other, name) for name in REVIEW_PARTS})

    def leads_to_passages(self, *, right: bool) -> bool:
        """Whether the passages of an answer are named; naming them only for wrong ones would tell which those are."""
        return self.passages and (self.keys or not self.verdicts or not right)


REVIEW_PARTS = ("answers", "verdicts", "passages", "keys", "rationales", "references")
NOTHING = Review(verdicts=False, passages=False, keys=False, answers=False)
ONLY_ANSWERS = Review(verdicts=False, passages=False, keys=False)
BEFORE_PASSING = Review(verdicts=True, passages=True, keys=False)
AFTER_PASSING = Review(verdicts=True, passages=True, keys=True, rationales=True, references=True)


@dataclass(frozen=True, slots=True)
class DeliveryRules:
    """How a version is given: part of the version, so an attempt keeps the rules it began with."""

    attempts: int | None = None
    """How many attempts for credit a person has until one passes; None is as many as wanted."""
    wait_hours: int = 0
    """Between a failed attempt and the next."""
    minutes: int | None = None
    """From the start of an attempt to its end; None is without limit."""
    certainty: bool = False
    """Whether learners say how sure they are of each answer."""
    peers: bool = False
    """Whether who has passed sees how others answered, where enough did."""
    during: Review = ONLY_ANSWERS
    """While the attempt is open, of an answer that was checked and so is final; own answers are seen in any case."""
    after_try: Review = BEFORE_PASSING
    after_passing: Review = AFTER_PASSING
    after_term: Review = NOTHING

    def __post_init__(self) -> None:
        if not self.during.answers:
            object.__setattr__(self, "during", replace(self.during, answers=True))

    @property
    def checks_answers(self) -> bool:
        """Whether learners may check an answer while the attempt is open, which makes it final."""
        return self.during != ONLY_ANSWERS


TODAY = DeliveryRules()


@dataclass(frozen=True, slots=True)
class Accommodation:
    """What one person is granted beyond the rules of every quiz."""

    extra_time_percent: int = 0
    extra_attempts: int = 0


NO_ACCOMMODATION = Accommodation()


def due_of(started_at: datetime, minutes: int | None, granted: Accommodation) -> datetime | None:
    """When an attempt ends by itself, with the person's extra time; None without a limit."""
    if minutes is None:
        return None
    return started_at + timedelta(seconds=minutes * 60 * (100 + granted.extra_time_percent) // 100)


def is_over(due_at: datetime | None, *, now: datetime) -> bool:
    """Whether the time is over: the attempt ends at this very instant."""
    return due_at is not None and now >= due_at


def takes_answers(due_at: datetime | None, *, now: datetime) -> bool:
    """Whether an answer that arrives now was still given in time."""
    return due_at is None or now < due_at + LATE


def attempts_allowed(rules: DeliveryRules, granted: Accommodation) -> int | None:
    """How many attempts for credit this person has."""
    return None if rules.attempts is None else rules.attempts + granted.extra_attempts


def may_begin(
    rules: DeliveryRules,
    granted: Accommodation,
    *,
    used: int,
    last_failed_at: datetime | None,
    zone: str,
    now: datetime,
) -> MayAnswer | MayNotAnswer:
    """Whether one more attempt for credit may begin. `used` counts those that are submitted and did not pass; `zone` is
    the release's, in which everything else is told as well.
    """
    allowed = attempts_allowed(rules, granted)
    if allowed is not None and used >= allowed:
        times = "attempt" if allowed == 1 else "attempts"
        return MayNotAnswer(
            Refusal.NO_ATTEMPTS_LEFT,
            f"You have used all {allowed} {times} this quiz allows. Please write to the office if you need another.",
        )
    again = begins_again_at(rules, last_failed_at)
    if again is not None and now < again:
        return MayNotAnswer(
            Refusal.WAIT,
            f"This quiz asks for {_hours(rules.wait_hours)} between two attempts. "
            f"You can try again from {instant_phrase(again, zone)}.",
        )
    return MayAnswer()


def begins_again_at(rules: DeliveryRules, last_failed_at: datetime | None) -> datetime | None:
    """The instant from which the next attempt may begin; None is at once."""
    if last_failed_at is None or not rules.wait_hours:
        return None
    return last_failed_at + timedelta(hours=rules.wait_hours)


def _hours(number: int) -> str:
    return "one hour" if number == 1 else f"{number} hours"


def review_of(*, submitted: bool, has_passed: bool, rules: DeliveryRules = TODAY, term_over: bool = False) -> Review:
    """Before submitting nothing; then what the version's rules give at each stage, all stages that apply together."""
    if not submitted:
        return NOTHING
    shown = rules.after_try
    if has_passed:
        shown = shown | rules.after_passing
    return shown | rules.after_term if term_over else shown


def shows_peers(rules: DeliveryRules, review: Review, *, submitted: bool, has_passed: bool) -> bool:
    """Whether a result may say how others answered: only to who has passed, beside the questions themselves."""
    return rules.peers and submitted and has_passed and review.answers


def score_sentence(*, earned: int, total: int, pass_points: int) -> str:
    """ "9 of 10. You needed 8." """
    return f"{earned} of {total}. You needed {pass_points}."


def positions_phrase(positions: tuple[int, ...]) -> str:
    """ "Question 3 is", "Questions 3, 5 and 9 are": names of what is still open."""
    if len(positions) == 1:
        return f"Question {positions[0]} is"
    head = ", ".join(str(position) for position in positions[:-1])
    return f"Questions {head} and {positions[-1]} are"
