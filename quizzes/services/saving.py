"""Saving answers: one in a single statement, several under the attempt's lock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Integer, and_, bindparam, case, cast, extract, func, or_, select, update
from sqlalchemy.orm import Session

from cme.kernel.refusal import Invalid, NotFound, Refused
from quizzes.models.attempt import ANSWERS, ATTEMPTS
from quizzes.rules.answers import Shape
from quizzes.rules.delivery import LATE, Refusal
from quizzes.rules.grading import AnswerSheet
from quizzes.rules.item import Kind
from quizzes.rules.limits import MOST_POSITION
from quizzes.rules.pace import IDLE_SECONDS
from quizzes.services.keeping import (
    NO_SUCH_QUESTION,
    answers_of,
    canonical_text,
    judge_text,
    keep,
    lock,
    refusal_of,
)

_mine = (ATTEMPTS.c.code == bindparam("attempt"), ATTEMPTS.c.person_id == bindparam("person"))
# On PostgreSQL this also takes a share of the attempt's row, so that a save and a submit of the same attempt never
# overlap: whoever waited sees the attempt as it is then.
_open_attempt = (
    select(ATTEMPTS.c.id)
    .where(*_mine, ATTEMPTS.c.state == "open", or_(ATTEMPTS.c.due_at.is_(None), ATTEMPTS.c.due_at > bindparam("late")))
    .with_for_update(read=True)
)
_other = ANSWERS.alias("other")
# The others only: PostgreSQL's RETURNING would count this row as it was before, SQLite's as it is now.
_answered_elsewhere = (
    select(func.count())
    .select_from(_other.join(ATTEMPTS, ATTEMPTS.c.id == _other.c.attempt_id))
    .where(
        ATTEMPTS.c.code == bindparam("attempt"), _other.c.position != bindparam("place"), _other.c.chosen.is_not(None)
    )
)
# As rules/pace.py: seconds since the attempt's last saved answer, or its start. SET sees every row as it was before.
_last = func.coalesce(
    select(func.max(_other.c.saved_at)).where(_other.c.attempt_id == ANSWERS.c.attempt_id).scalar_subquery(),
    select(ATTEMPTS.c.started_at).where(ATTEMPTS.c.id == ANSWERS.c.attempt_id).scalar_subquery(),
)
_gap = bindparam("clock", type_=Integer) - cast(func.round(extract("epoch", _last)), Integer)
_spent = case((_gap.between(0, IDLE_SECONDS), func.coalesce(ANSWERS.c.seconds, 0) + _gap), else_=ANSWERS.c.seconds)
_place = (ANSWERS.c.attempt_id == _open_attempt.scalar_subquery(), ANSWERS.c.position == bindparam("place"))
_not_checked = ANSWERS.c.checked_at.is_(None)  # asked again of the row as it is, once whoever checks it is through
# Statements are built once: building costs more than running them.
_SAVE = (
    update(ANSWERS)
    .where(*_place, _not_checked)
    .values(chosen=bindparam("choice"), saved_at=bindparam("at"), seconds=_spent)
    .returning(
        ANSWERS.c.choice_order,
        _answered_elsewhere.scalar_subquery(),
        ANSWERS.c.kind,
        ANSWERS.c.parts,
    )
)
_STATE = (
    select(
        ATTEMPTS.c.state,
        ATTEMPTS.c.due_at,
        ANSWERS.c.checked_at,
        ANSWERS.c.chosen,
        ANSWERS.c.choice_order,
        ANSWERS.c.kind,
        ANSWERS.c.parts,
        _answered_elsewhere.scalar_subquery(),
    )
    .select_from(
        ATTEMPTS.join(
            ANSWERS,
            and_(ANSWERS.c.attempt_id == ATTEMPTS.c.id, ANSWERS.c.position == bindparam("place")),
            isouter=True,
        )
    )
    .where(*_mine)
)


@dataclass(frozen=True, slots=True)
class Saved:
    """Answers are in the database; how many questions of the attempt are answered now.

    `final` are positions whose answer was checked before and stays, although something else was sent for them.
    """

    saved_at: datetime
    answered: int
    final: tuple[int, ...] = ()


def save_answer(
    session: Session, person_id: int, attempt_code: str, position: int, answer: str, *, now: datetime
) -> Saved:
    """Keep one answer; the same again is the same. One statement in the ordinary case. A checked answer stays.

    Refuses: NotFound for a stranger's attempt, attempt_submitted, time_over, a position or a choice that was not shown.
    """
    judge_text(answer)
    _judge_position(position)
    place = {"person": person_id, "attempt": attempt_code, "place": position, "late": now - LATE}
    place |= {"clock": int(now.timestamp() + 0.5), "at": now}
    row = session.execute(_SAVE, {**place, "choice": answer or None}).one_or_none()
    if row is None:
        return _as_checked(session, place, answer, now=now)
    kept = canonical_text(Shape(Kind(row[2]), row[0], row[3]), answer)
    if kept != (answer or None):
        session.execute(_SAVE, {**place, "choice": kept})
    return Saved(saved_at=now, answered=row[1] + (kept is not None))


def save_answers(session: Session, person_id: int, attempt_code: str, sheet: AnswerSheet, *, now: datetime) -> Saved:
    """Keep what a page or a script sends: nothing, one answer, or all of them. Refuses as `save_answer` does."""
    if len(sheet.chosen) == 1 and not sheet.certainty:
        [(position, answer)] = sheet.chosen.items()
        return save_answer(session, person_id, attempt_code, position, answer, now=now)
    attempt = lock(session, person_id, attempt_code)
    refusal = attempt.refusal(now=now)
    if refusal is not None:
        raise Refused(refusal.code, refusal.sentence)
    answers = answers_of(session, attempt.attempt_id)
    kept = keep(session, attempt, answers, sheet, now=now)
    answered = sum(one is not None for one in kept.chosen.values())
    return Saved(saved_at=now, answered=answered, final=kept.final)


def _as_checked(session: Session, place: Mapping[str, object], answer: str, *, now: datetime) -> Saved:
    """Why no row was written: the answer was checked, and then it stays; anything else is refused.

    Nothing is locked here: whoever holds a share of the attempt must not ask for more of it.
    """
    row = session.execute(_STATE, place).one_or_none()
    if row is None:
        raise NotFound
    refusal = refusal_of(row[0], row[1], now=now)
    if refusal is not None:
        raise Refused(refusal.code, refusal.sentence)
    if row[2] is None:
        raise Invalid(Refusal.NO_SUCH_QUESTION, NO_SUCH_QUESTION)
    same = canonical_text(Shape(Kind(row[5]), row[4], row[6]), answer) == row[3]
    position = place["place"]
    assert isinstance(position, int)
    return Saved(saved_at=now, answered=row[7] + 1, final=() if same else (position,))


def _judge_position(position: int) -> None:
    if not 1 <= position <= MOST_POSITION:
        raise Invalid(Refusal.NO_SUCH_QUESTION, NO_SUCH_QUESTION)
