"""Attempts as frozen values; always one person's."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from quizzes.models.attempt import Answer, Attempt
from quizzes.models.quiz import Question, QuizVersion


@dataclass(frozen=True, slots=True)
class AnswerFacts:
    """One question of an attempt."""

    position: int
    question_id: int
    choice_order: tuple[str, ...]
    chosen: str | None
    saved_at: datetime | None
    points: int | None


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
    has_passed: bool
    """Whether any attempt of this person for this release passed."""
    answers: tuple[AnswerFacts, ...]

    @property
    def submitted(self) -> bool:
        return self.state == "submitted"

    @property
    def unanswered(self) -> tuple[int, ...]:
        """Positions still open."""
        return tuple(answer.position for answer in self.answers if answer.chosen is None)

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


def attempt_of(session: Session, person_id: int, code: str) -> AttemptFacts | None:
    """The attempt of that code if it is this person's, in one statement."""
    other = aliased(Attempt)
    has_passed = (
        select(other.id)
        .where(other.person_id == Attempt.person_id, other.release_id == Attempt.release_id, other.passed.is_(True))
        .exists()
    )
    rows: Any = session.execute(
        select(
            Attempt.id,
            Attempt.code,
            Attempt.person_id,
            Attempt.release_id,
            Attempt.version_id,
            Attempt.number,
            Attempt.state,
            Attempt.for_credit,
            Attempt.started_at,
            Attempt.submitted_at,
            Attempt.total_points,
            Attempt.pass_points,
            Attempt.earned_points,
            Attempt.passed,
            Attempt.counted,
            has_passed,
            Answer.position,
            Answer.question_id,
            Answer.choice_order,
            Answer.chosen,
            Answer.saved_at,
            Answer.points,
        )
        .join(Answer, Answer.attempt_id == Attempt.id)
        .where(Attempt.code == code, Attempt.person_id == person_id)
        .order_by(Answer.position)
    ).all()
    if not rows:
        return None
    answers = tuple(AnswerFacts(row[16], row[17], tuple(row[18]), row[19], row[20], row[21]) for row in rows)
    return AttemptFacts(*rows[0][:16], answers=answers)


def release_of_attempt(session: Session, person_id: int, code: str) -> int | None:
    """The release an attempt is for, if it is this person's."""
    return session.execute(
        select(Attempt.release_id).where(Attempt.code == code, Attempt.person_id == person_id)
    ).scalar_one_or_none()


def attempts_of(session: Session, person_id: int, release_id: int) -> list[AttemptRow]:
    """A person's attempts for a release, newest first."""
    rows: Any = session.execute(
        select(
            Attempt.code,
            Attempt.number,
            Attempt.state,
            Attempt.for_credit,
            Attempt.started_at,
            Attempt.submitted_at,
            Attempt.earned_points,
            Attempt.total_points,
            Attempt.pass_points,
            Attempt.passed,
            Attempt.counted,
        )
        .where(Attempt.person_id == person_id, Attempt.release_id == release_id)
        .order_by(Attempt.number.desc())
    )
    return [AttemptRow(*row) for row in rows]


def seen_lineages(session: Session, person_id: int, quiz_id: int) -> dict[str, datetime]:
    """Which items of a quiz a person was shown in any attempt, and when last."""
    rows: Any = session.execute(
        select(Question.lineage, func.max(Attempt.started_at))
        .select_from(Attempt)
        .join(QuizVersion, QuizVersion.id == Attempt.version_id)
        .join(Answer, Answer.attempt_id == Attempt.id)
        .join(Question, Question.id == Answer.question_id)
        .where(Attempt.person_id == person_id, QuizVersion.quiz_id == quiz_id)
        .group_by(Question.lineage)
    )
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
            {"question": lineage, "chosen": answer.chosen, "saved_at": _text(answer.saved_at), "points": answer.points}
        )
    return list(attempts.values())


def _text(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
