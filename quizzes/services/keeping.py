"""The lock under which an attempt's answers are read and written, and what is kept of a sheet then."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from cme.kernel.refusal import Invalid, NotFound
from quizzes.models.attempt import ANSWERS, ATTEMPTS
from quizzes.rules import delivery
from quizzes.rules.answers import CERTAINTIES, MOST_ANSWER, AnswerError, Shape, canonical
from quizzes.rules.delivery import MayNotAnswer, Refusal
from quizzes.rules.grading import AnswerSheet
from quizzes.rules.item import Kind
from quizzes.rules.pace import added, spent

NO_SUCH_CHOICE = "That choice does not belong to this question. Nothing was changed."
NO_SUCH_QUESTION = "That question does not belong to this attempt. Nothing was changed."

_mine = (ATTEMPTS.c.code == bindparam("attempt"), ATTEMPTS.c.person_id == bindparam("person"))
_LOCK = (
    select(
        ATTEMPTS.c.id,
        ATTEMPTS.c.release_id,
        ATTEMPTS.c.version_id,
        ATTEMPTS.c.state,
        ATTEMPTS.c.for_credit,
        ATTEMPTS.c.pass_points,
        ATTEMPTS.c.passed,
        ATTEMPTS.c.counted,
        ATTEMPTS.c.due_at,
        ATTEMPTS.c.started_at,
    )
    .where(*_mine)
    .with_for_update()
)
_ANSWERS = (
    select(
        ANSWERS.c.position,
        ANSWERS.c.question_id,
        ANSWERS.c.choice_order,
        ANSWERS.c.chosen,
        ANSWERS.c.saved_at,
        ANSWERS.c.kind,
        ANSWERS.c.parts,
        ANSWERS.c.certainty,
        ANSWERS.c.seconds,
        ANSWERS.c.checked_at,
    )
    .where(ANSWERS.c.attempt_id == bindparam("attempt"))
    .order_by(ANSWERS.c.position)
)
_by_place = (ANSWERS.c.attempt_id == bindparam("attempt"), ANSWERS.c.position == bindparam("place"))
_STORE = (
    update(ANSWERS)
    .where(*_by_place)
    .values(
        chosen=bindparam("choice"), saved_at=bindparam("at"), certainty=bindparam("sure"), seconds=bindparam("took")
    )
)
_GRADE = update(ANSWERS).where(*_by_place).values(points=bindparam("given"))


@dataclass(frozen=True, slots=True)
class LockedAttempt:
    """The attempt's row as it was when it was locked."""

    attempt_id: int
    release_id: int
    version_id: int
    state: str
    for_credit: bool
    pass_points: int
    passed: bool | None
    counted: bool | None
    due_at: datetime | None
    started_at: datetime

    def refusal(self, *, now: datetime) -> MayNotAnswer | None:
        """Why it takes no answers any more."""
        return refusal_of(self.state, self.due_at, now=now)


@dataclass(frozen=True, slots=True)
class Answered:
    """One question of the attempt and its saved answer."""

    question_id: int
    choice_order: list[str]
    chosen: str | None
    saved_at: datetime | None
    kind: str
    parts: list[str]
    certainty: str | None
    seconds: int | None
    checked_at: datetime | None

    @property
    def shape(self) -> Shape:
        """What an answer to it may name."""
        return Shape(Kind(self.kind), self.choice_order, self.parts)


def lock(session: Session, person_id: int, attempt_code: str) -> LockedAttempt:
    """Hold the attempt's row, and so every other submit and save of it, until the transaction ends."""
    row = session.execute(_LOCK, {"person": person_id, "attempt": attempt_code}).one_or_none()
    if row is None:
        raise NotFound
    return LockedAttempt(*row)


def answers_of(session: Session, attempt_id: int) -> dict[int, Answered]:
    """Read after the lock, in a statement of its own, so that nothing saved meanwhile is missed."""
    rows = session.execute(_ANSWERS, {"attempt": attempt_id})
    return {row[0]: Answered(*row[1:]) for row in rows}


@dataclass(frozen=True, slots=True)
class Kept:
    """The answer of every position as it is now, and the positions that were checked before and stayed as they were."""

    chosen: Mapping[int, str | None]
    final: tuple[int, ...]


def keep(
    session: Session, attempt: LockedAttempt, answers: Mapping[int, Answered], sheet: AnswerSheet, *, now: datetime
) -> Kept:
    """Store what of the sheet is new; what was checked stays as it was.

    Where several answers come at once, nobody can say how long each of them took.
    Refuses: Invalid for positions and choices that were not shown; nothing of the sheet is kept then.
    """
    before = {position: (row.chosen, row.certainty) for position, row in answers.items()}
    wanted = dict(before)
    for position, answer in sheet.chosen.items():
        if position not in answers:
            raise Invalid(Refusal.NO_SUCH_QUESTION, NO_SUCH_QUESTION)
        judge_text(answer)
        wanted[position] = (canonical_text(answers[position].shape, answer), wanted[position][1])
    for position, certainty in sheet.certainty.items():
        if position not in answers or certainty not in CERTAINTIES:
            raise Invalid(Refusal.NO_SUCH_QUESTION, NO_SUCH_QUESTION)
        wanted[position] = (wanted[position][0], certainty)
    differing = [position for position in answers if wanted[position] != before[position]]
    final = tuple(position for position in differing if answers[position].checked_at is not None)
    now_kept = {position: before[position] if position in final else wanted[position] for position in answers}
    moved = [position for position in answers if now_kept[position][0] != before[position][0]]
    last = max((row.saved_at for row in answers.values() if row.saved_at), default=attempt.started_at)
    took = spent(last, now) if len(moved) == 1 else None
    changed = [
        {
            "attempt": attempt.attempt_id,
            "place": position,
            "choice": now_kept[position][0],
            "at": now if position in moved else answers[position].saved_at,
            "sure": now_kept[position][1],
            "took": added(answers[position].seconds, took) if position in moved else answers[position].seconds,
        }
        for position in differing
        if position not in final
    ]
    if changed:
        session.execute(_STORE, changed)
    return Kept({position: chosen for position, (chosen, _sure) in now_kept.items()}, final)


def store_points(session: Session, attempt_id: int, points: Mapping[int, int]) -> None:
    """Write what each answer gives."""
    rows = [{"attempt": attempt_id, "place": position, "given": given} for position, given in points.items()]
    if rows:
        session.execute(_GRADE, rows)


def refusal_of(state: str, due_at: datetime | None, *, now: datetime) -> MayNotAnswer | None:
    """Why an attempt in this state takes no answers."""
    verdict = delivery.may_submit(state)
    if isinstance(verdict, MayNotAnswer):
        return verdict
    return None if delivery.takes_answers(due_at, now=now) else delivery.TIME_OVER


def judge_text(answer: str) -> None:
    """Nothing that the column cannot hold: PostgreSQL refuses NUL, and an answer has no line ends."""
    if len(answer) > MOST_ANSWER or not answer.isprintable():
        raise Invalid(Refusal.NO_SUCH_CHOICE, NO_SUCH_CHOICE)


def canonical_text(shape: Shape, answer: str) -> str | None:
    """The answer as it is kept. Refuses: Invalid for what was not shown."""
    try:
        return canonical(shape, answer)
    except AnswerError:
        raise Invalid(Refusal.NO_SUCH_CHOICE, NO_SUCH_CHOICE) from None
