"""Attempts as frozen values; always one person's."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from cme.activities.facts import ReleaseFacts
from cme.activities.models import Release
from quizzes.models.attempt import ANSWERS, ATTEMPTS, Answer, Attempt
from quizzes.models.quiz import QUESTIONS, QUIZ_VERSIONS, Question
from quizzes.rules.answers import Shape, complete
from quizzes.rules.item import Kind

_other = ATTEMPTS.alias("other")
_has_passed = (
    select(_other.c.id)
    .where(
        _other.c.person_id == ATTEMPTS.c.person_id,
        _other.c.release_id == ATTEMPTS.c.release_id,
        _other.c.passed.is_(True),
    )
    .exists()
)
# Statements are built once: building costs more than running them.
_ATTEMPT = (
    select(
        ATTEMPTS.c.id,
        ATTEMPTS.c.code,
        ATTEMPTS.c.person_id,
        ATTEMPTS.c.release_id,
        ATTEMPTS.c.version_id,
        ATTEMPTS.c.number,
        ATTEMPTS.c.state,
        ATTEMPTS.c.for_credit,
        ATTEMPTS.c.started_at,
        ATTEMPTS.c.submitted_at,
        ATTEMPTS.c.total_points,
        ATTEMPTS.c.pass_points,
        ATTEMPTS.c.earned_points,
        ATTEMPTS.c.passed,
        ATTEMPTS.c.counted,
        ATTEMPTS.c.due_at,
        _has_passed,
        ANSWERS.c.position,
        ANSWERS.c.question_id,
        ANSWERS.c.choice_order,
        ANSWERS.c.chosen,
        ANSWERS.c.saved_at,
        ANSWERS.c.points,
        ANSWERS.c.kind,
        ANSWERS.c.parts,
        ANSWERS.c.certainty,
        ANSWERS.c.maximum,
        ANSWERS.c.checked_at,
    )
    .select_from(ATTEMPTS.join(ANSWERS, ANSWERS.c.attempt_id == ATTEMPTS.c.id))
    .where(ATTEMPTS.c.code == bindparam("attempt"), ATTEMPTS.c.person_id == bindparam("person"))
    .order_by(ANSWERS.c.position)
)
_RELEASE = select(ATTEMPTS.c.release_id).where(
    ATTEMPTS.c.code == bindparam("attempt"), ATTEMPTS.c.person_id == bindparam("person")
)
_ATTEMPTS = (
    select(
        ATTEMPTS.c.code,
        ATTEMPTS.c.number,
        ATTEMPTS.c.state,
        ATTEMPTS.c.for_credit,
        ATTEMPTS.c.started_at,
        ATTEMPTS.c.submitted_at,
        ATTEMPTS.c.earned_points,
        ATTEMPTS.c.total_points,
        ATTEMPTS.c.pass_points,
        ATTEMPTS.c.passed,
        ATTEMPTS.c.counted,
        ATTEMPTS.c.due_at,
    )
    .where(ATTEMPTS.c.person_id == bindparam("person"), ATTEMPTS.c.release_id == bindparam("release"))
    .order_by(ATTEMPTS.c.number.desc())
)
_LEFT_OPEN = (
    select(ATTEMPTS.c.code, Release.closes_at, Release.zone)
    .select_from(ATTEMPTS.join(Release.__table__, Release.id == ATTEMPTS.c.release_id))
    .where(
        ATTEMPTS.c.person_id == bindparam("person"),
        ATTEMPTS.c.state == "open",
        ATTEMPTS.c.for_credit.is_(True),
        Release.activity_id == bindparam("activity"),
        Release.number < bindparam("number"),
        Release.state == "published",
        Release.closes_at > bindparam("at"),
    )
    .order_by(Release.number.desc())
    .limit(1)
)
_SEEN = (
    select(QUESTIONS.c.lineage, func.max(ATTEMPTS.c.started_at))
    .select_from(
        ATTEMPTS.join(QUIZ_VERSIONS, QUIZ_VERSIONS.c.id == ATTEMPTS.c.version_id)
        .join(ANSWERS, ANSWERS.c.attempt_id == ATTEMPTS.c.id)
        .join(QUESTIONS, QUESTIONS.c.id == ANSWERS.c.question_id)
    )
    .where(ATTEMPTS.c.person_id == bindparam("person"), QUIZ_VERSIONS.c.quiz_id == bindparam("quiz"))
    .group_by(QUESTIONS.c.lineage)
)


@dataclass(frozen=True, slots=True)
class LeftOpen:
    """An attempt of an earlier release that can still count, until its term closes."""

    code: str
    closes_at: datetime
    zone: str


@dataclass(frozen=True, slots=True)
class AnswerFacts:
    """One question of an attempt."""

    position: int
    question_id: int
    choice_order: tuple[str, ...]
    chosen: str | None
    saved_at: datetime | None
    points: int | None
    kind: Kind = Kind.SINGLE
    parts: tuple[str, ...] = ()
    certainty: str | None = None
    maximum: int = 1
    checked_at: datetime | None = None
    """When it was checked during the attempt, which made it final."""

    @property
    def shape(self) -> Shape:
        """What an answer to it may name."""
        return Shape(self.kind, self.choice_order, self.parts)

    @property
    def complete(self) -> bool:
        """Whether nothing of it is left open."""
        return complete(self.shape, self.chosen)


@dataclass(frozen=True, slots=True)
class AttemptFacts:
    """One attempt with its answers in order."""

    attempt_id: int
    code: str
    person_id: int
    release_id: int
    version_id: int
    number: int
    state: str
    for_credit: bool
    started_at: datetime
    submitted_at: datetime | None
    total_points: int
    pass_points: int
    earned_points: int | None
    passed: bool | None
    counted: bool | None
    due_at: datetime | None
    """When it ends by itself."""
    has_passed: bool
    """Whether any attempt of this person for this release passed."""
    answers: tuple[AnswerFacts, ...]

    @property
    def submitted(self) -> bool:
        return self.state == "submitted"

    @property
    def unanswered(self) -> tuple[int, ...]:
        """Positions still open."""
        return tuple(answer.position for answer in self.answers if not answer.complete)

    @property
    def last_saved_at(self) -> datetime | None:
        return max((answer.saved_at for answer in self.answers if answer.saved_at is not None), default=None)


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One line in the list of a person's attempts."""

    code: str
    number: int
    state: str
    for_credit: bool
    started_at: datetime
    submitted_at: datetime | None
    earned_points: int | None
    total_points: int
    pass_points: int
    passed: bool | None
    counted: bool | None
    due_at: datetime | None = None


def attempt_of(session: Session, person_id: int, code: str) -> AttemptFacts | None:
    """The attempt of that code if it is this person's, in one statement."""
    rows: Any = session.execute(_ATTEMPT, {"attempt": code, "person": person_id}).all()
    if not rows:
        return None
    answers = tuple(
        AnswerFacts(
            position=row[17],
            question_id=row[18],
            choice_order=tuple(row[19]),
            chosen=row[20],
            saved_at=row[21],
            points=row[22],
            kind=Kind(row[23]),
            parts=tuple(row[24]),
            certainty=row[25],
            maximum=row[26],
            checked_at=row[27],
        )
        for row in rows
    )
    return AttemptFacts(*rows[0][:17], answers=answers)


def release_of_attempt(session: Session, person_id: int, code: str) -> int | None:
    """The release an attempt is for, if it is this person's."""
    return session.execute(_RELEASE, {"attempt": code, "person": person_id}).scalar_one_or_none()


def left_open(session: Session, person_id: int, release: ReleaseFacts, *, now: datetime) -> LeftOpen | None:
    """The attempt that the person was inside when this release took the place of an earlier one."""
    if release.number == 1:
        return None
    wanted = {"person": person_id, "activity": release.activity_id, "number": release.number, "at": now}
    row = session.execute(_LEFT_OPEN, wanted).first()
    return None if row is None else LeftOpen(*row)


def attempts_of(session: Session, person_id: int, release_id: int) -> list[AttemptRow]:
    """A person's attempts for a release, newest first."""
    rows: Any = session.execute(_ATTEMPTS, {"release": release_id, "person": person_id})
    return [AttemptRow(*row) for row in rows]


def seen_lineages(session: Session, person_id: int, quiz_id: int) -> dict[str, datetime]:
    """Which items of a quiz a person was shown in any attempt, and when last."""
    rows: Any = session.execute(_SEEN, {"quiz": quiz_id, "person": person_id})
    return {row[0]: row[1] for row in rows}


def export_of(session: Session, person_id: int) -> list[dict[str, Any]]:
    """Everything the quiz wing keeps of a person, as plain data."""
    rows: Any = session.execute(
        select(Attempt, Answer, Question.lineage)
        .join(Answer, Answer.attempt_id == Attempt.id)
        .join(Question, Question.id == Answer.question_id)
        .where(Attempt.person_id == person_id)
        .order_by(Attempt.id, Answer.position)
    ).all()
    attempts: dict[int, dict[str, Any]] = {}
    for attempt, answer, lineage in rows:
        entry = attempts.setdefault(
            attempt.id,
            {
                "code": attempt.code,
                "release": attempt.release_id,
                "number": attempt.number,
                "for_credit": attempt.for_credit,
                "started_at": _text(attempt.started_at),
                "submitted_at": _text(attempt.submitted_at),
                "earned_points": attempt.earned_points,
                "total_points": attempt.total_points,
                "pass_points": attempt.pass_points,
                "passed": attempt.passed,
                "answers": [],
            },
        )
        entry["answers"].append(
            {
                "question": lineage,
                "kind": answer.kind,
                "chosen": answer.chosen,
                "certainty": answer.certainty,
                "saved_at": _text(answer.saved_at),
                "checked_at": _text(answer.checked_at),
                "seconds": answer.seconds,
                "points": answer.points,
            }
        )
    return list(attempts.values())


def _text(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
