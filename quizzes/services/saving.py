"""Saving answers, and the lock under which an attempt's answers are read and written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from cme.kernel.refusal import Invalid, NotFound, Refused
from quizzes.models.attempt import ANSWERS, ATTEMPTS
from quizzes.rules import delivery
from quizzes.rules.delivery import MayNotAnswer, Refusal
from quizzes.rules.grading import AnswerSheet
from quizzes.rules.limits import CHOICE_KEY, MOST_POSITION

NO_SUCH_CHOICE = "That choice does not belong to this question. Nothing was changed."
NO_SUCH_QUESTION = "That question does not belong to this attempt. Nothing was changed."


_mine = (ATTEMPTS.c.code == bindparam("attempt"), ATTEMPTS.c.person_id == bindparam("person"))
# On PostgreSQL this also takes a share of the attempt's row, so that a save and a submit of the same attempt never
# overlap: whoever waited sees the attempt as it is then.
_open_attempt = select(ATTEMPTS.c.id).where(*_mine, ATTEMPTS.c.state == "open").with_for_update(read=True)
_other = ANSWERS.alias("other")
# The others only: PostgreSQL's RETURNING would count this row as it was before, SQLite's as it is now.
_answered_elsewhere = (
    select(func.count())
    .select_from(_other.join(ATTEMPTS, ATTEMPTS.c.id == _other.c.attempt_id))
    .where(
        ATTEMPTS.c.code == bindparam("attempt"), _other.c.position != bindparam("place"), _other.c.chosen.is_not(None)
    )
)
# Statements are built once: building costs more than running them.
_SAVE = (
    update(ANSWERS)
    .where(ANSWERS.c.attempt_id == _open_attempt.scalar_subquery(), ANSWERS.c.position == bindparam("place"))
    .values(chosen=bindparam("choice"), saved_at=bindparam("at"))
    .returning(ANSWERS.c.choice_order, _answered_elsewhere.scalar_subquery())
)
_STATE = select(ATTEMPTS.c.state).where(*_mine)
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
    )
    .where(*_mine)
    .with_for_update()
)
_ANSWERS = (
    select(ANSWERS.c.position, ANSWERS.c.question_id, ANSWERS.c.choice_order, ANSWERS.c.chosen, ANSWERS.c.saved_at)
    .where(ANSWERS.c.attempt_id == bindparam("attempt"))
    .order_by(ANSWERS.c.position)
)


@dataclass(frozen=True, slots=True)
class Saved:
    """An answer is in the database; how many questions of the attempt are answered now."""

    saved_at: datetime
    answered: int


def save_answer(
    session: Session, person_id: int, attempt_code: str, position: int, choice_key: str, *, now: datetime
) -> Saved:
    """Keep one answer; the same again is the same. One statement in the ordinary case.

    Refuses: NotFound for a stranger's attempt, attempt_submitted, a position or a choice that was not shown.
    """
    if not CHOICE_KEY.fullmatch(choice_key):
        raise Invalid(Refusal.NO_SUCH_CHOICE, NO_SUCH_CHOICE)
    if not 1 <= position <= MOST_POSITION:
        raise Invalid(Refusal.NO_SUCH_QUESTION, NO_SUCH_QUESTION)
    row = session.execute(
        _SAVE, {"person": person_id, "attempt": attempt_code, "place": position, "choice": choice_key, "at": now}
    ).one_or_none()
    if row is None:
        raise _why_not_saved(session, person_id, attempt_code)
    if choice_key not in row[0]:
        raise Invalid(Refusal.NO_SUCH_CHOICE, NO_SUCH_CHOICE)
    return Saved(saved_at=now, answered=row[1] + 1)


def save_answers(session: Session, person_id: int, attempt_code: str, sheet: AnswerSheet, *, now: datetime) -> Saved:
    """Keep what a page or a script sends: nothing, one answer, or all of them. Refuses as `save_answer` does."""
    if len(sheet.chosen) == 1:
        [(position, choice_key)] = sheet.chosen.items()
        return save_answer(session, person_id, attempt_code, position, choice_key, now=now)
    attempt = lock(session, person_id, attempt_code)
    refusal = delivery.may_submit(attempt.state)
    if isinstance(refusal, MayNotAnswer):
        raise Refused(refusal.code, refusal.sentence)
    answers = answers_of(session, attempt.attempt_id)
    changed = changed_by(answers, sheet)
    store(session, attempt.attempt_id, [{"position": p, "chosen": c, "saved_at": now} for p, c in changed.items()])
    answered = {position for position, row in answers.items() if row.chosen is not None} | changed.keys()
    return Saved(saved_at=now, answered=len(answered))


def _why_not_saved(session: Session, person_id: int, attempt_code: str) -> Refused:
    state = session.execute(_STATE, {"person": person_id, "attempt": attempt_code}).scalar_one_or_none()
    if state is None:
        return NotFound()
    refusal = delivery.may_submit(state)
    if isinstance(refusal, MayNotAnswer):
        return Refused(refusal.code, refusal.sentence)
    return Invalid(Refusal.NO_SUCH_QUESTION, NO_SUCH_QUESTION)


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


@dataclass(frozen=True, slots=True)
class Answered:
    """One question of the attempt and its saved answer."""

    question_id: int
    choice_order: list[str]
    chosen: str | None
    saved_at: datetime | None


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


def changed_by(answers: Mapping[int, Answered], sheet: AnswerSheet) -> dict[int, str]:
    """What of the sheet is new. Refuses (Invalid) positions and choices that were not shown."""
    changed: dict[int, str] = {}
    for position, choice in sheet.chosen.items():
        if position not in answers:
            raise Invalid(Refusal.NO_SUCH_QUESTION, NO_SUCH_QUESTION)
        if choice not in answers[position].choice_order:
            raise Invalid(Refusal.NO_SUCH_CHOICE, NO_SUCH_CHOICE)
        if answers[position].chosen != choice:
            changed[position] = choice
    return changed


def store(session: Session, attempt_id: int, rows: list[dict[str, object]]) -> None:
    """Write columns of answers, by position; all rows name the same columns."""
    if not rows:
        return
    columns = [name for name in rows[0] if name != "position"]
    statement = (
        update(ANSWERS)
        .where(ANSWERS.c.attempt_id == attempt_id, ANSWERS.c.position == bindparam("place"))
        .values({name: bindparam(f"new_{name}") for name in columns})
    )
    session.execute(statement, [{"place": row["position"], **{f"new_{n}": row[n] for n in columns}} for row in rows])
