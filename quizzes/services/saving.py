"""Saving answers, and the lock under which an attempt's answers are read and written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Integer, and_, bindparam, case, cast, extract, func, or_, select, update
from sqlalchemy.orm import Session

from cme.kernel.refusal import Invalid, NotFound, Refused
from quizzes.models.attempt import ANSWERS, ATTEMPTS
from quizzes.rules import delivery
from quizzes.rules.answers import CERTAINTIES, MOST_ANSWER, AnswerError, Shape, canonical
from quizzes.rules.delivery import LATE, MayNotAnswer, Refusal
from quizzes.rules.grading import AnswerSheet
from quizzes.rules.item import Kind
from quizzes.rules.limits import MOST_POSITION
from quizzes.rules.pace import IDLE_SECONDS, added, spent

NO_SUCH_CHOICE = "That choice does not belong to this question. Nothing was changed."
NO_SUCH_QUESTION = "That question does not belong to this attempt. Nothing was changed."


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
    _judge_text(answer)
    _judge_position(position)
    place = {"person": person_id, "attempt": attempt_code, "place": position, "late": now - LATE}
    place |= {"clock": int(now.timestamp() + 0.5), "at": now}
    row = session.execute(_SAVE, {**place, "choice": answer or None}).one_or_none()
    if row is None:
        return _as_checked(session, place, answer, now=now)
    kept = _canonical(Shape(Kind(row[2]), row[0], row[3]), answer)
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
        return _refusal(self.state, self.due_at, now=now)


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
        _judge_text(answer)
        wanted[position] = (_canonical(answers[position].shape, answer), wanted[position][1])
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


def _refusal(state: str, due_at: datetime | None, *, now: datetime) -> MayNotAnswer | None:
    verdict = delivery.may_submit(state)
    if isinstance(verdict, MayNotAnswer):
        return verdict
    return None if delivery.takes_answers(due_at, now=now) else delivery.TIME_OVER


def _as_checked(session: Session, place: Mapping[str, object], answer: str, *, now: datetime) -> Saved:
    """Why no row was written: the answer was checked, and then it stays; anything else is refused.

    Nothing is locked here: whoever holds a share of the attempt must not ask for more of it.
    """
    row = session.execute(_STATE, place).one_or_none()
    if row is None:
        raise NotFound
    refusal = _refusal(row[0], row[1], now=now)
    if refusal is not None:
        raise Refused(refusal.code, refusal.sentence)
    if row[2] is None:
        raise Invalid(Refusal.NO_SUCH_QUESTION, NO_SUCH_QUESTION)
    same = _canonical(Shape(Kind(row[5]), row[4], row[6]), answer) == row[3]
    position = place["place"]
    assert isinstance(position, int)
    return Saved(saved_at=now, answered=row[7] + 1, final=() if same else (position,))


def _judge_position(position: int) -> None:
    if not 1 <= position <= MOST_POSITION:
        raise Invalid(Refusal.NO_SUCH_QUESTION, NO_SUCH_QUESTION)


def _judge_text(answer: str) -> None:
    """Nothing that the column cannot hold: PostgreSQL refuses NUL, and an answer has no line ends."""
    if len(answer) > MOST_ANSWER or not answer.isprintable():
        raise Invalid(Refusal.NO_SUCH_CHOICE, NO_SUCH_CHOICE)


def _canonical(shape: Shape, answer: str) -> str | None:
    try:
        return canonical(shape, answer)
    except AnswerError:
        raise Invalid(Refusal.NO_SUCH_CHOICE, NO_SUCH_CHOICE) from None
