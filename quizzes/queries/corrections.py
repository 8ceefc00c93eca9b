"""Corrections as values: what overrides a key, which attempts an item touches, how far a regrading has come."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from quizzes.models.attempt import ANSWERS, ATTEMPTS
from quizzes.models.correction import OVERRIDES, REGRADES, KeyCorrection
from quizzes.models.quiz import Question, Quiz, QuizVersion
from quizzes.queries.versions import items_of
from quizzes.rules.correcting import Change, Policy, Treatment, series_of
from quizzes.rules.item import Item

_OVERRIDES = select(OVERRIDES.c.question_id, OVERRIDES.c.treatment, OVERRIDES.c["keys"]).where(
    OVERRIDES.c.question_id.in_(bindparam("questions", expanding=True))
)


@dataclass(frozen=True, slots=True)
class ItemVersion:
    """The item an editor wants to correct, and every question of the quiz that reads the same."""

    question_id: int
    quiz_id: int
    quiz_title: str
    version_number: int
    version_state: str
    item: Item
    question_ids: tuple[int, ...]
    in_force: Change | None
    """How the key was corrected before."""

    @property
    def dropped(self) -> bool:
        return self.in_force is not None and self.in_force.treatment is Treatment.DROP


@dataclass(frozen=True, slots=True)
class TouchedAttempt:
    """A submitted attempt that holds the item."""

    attempt_id: int
    code: str
    person_id: int
    release_id: int
    for_credit: bool
    submitted_at: datetime
    earned: int
    total: int
    needed: int
    passed: bool
    counted: bool
    position: int
    chosen: str | None
    points: int
    question_id: int


@dataclass(frozen=True, slots=True)
class CorrectionFacts:
    """One correction with its progress."""

    correction_id: int
    quiz_id: int
    quiz_title: str
    lineage: str
    question_id: int
    change: Change
    reason: str
    state: str
    asked_at: datetime
    asked_by: int | None
    predicted: dict[str, Any]
    reached: int
    looked_at: int
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class RegradeLine:
    """What corrections did to one attempt, for its owner's page."""

    at: datetime
    earned_before: int
    total_before: int
    earned_after: int
    total_after: int
    passed_before: bool
    passed_after: bool


def overrides_for(session: Session, question_ids: Collection[int]) -> dict[int, Change]:
    """Corrections in force for these questions, in one statement."""
    rows: Any = session.execute(_OVERRIDES, {"questions": list(question_ids)})
    return {row[0]: Change(Treatment(row[1]), tuple(row[2])) for row in rows}


def item_version(session: Session, question_id: int) -> ItemVersion | None:
    """A question that learners may have met; None for an unknown one or one of a draft."""
    head = session.execute(
        select(Question.lineage, QuizVersion.id, QuizVersion.quiz_id, Quiz.title, QuizVersion.number, QuizVersion.state)
        .join(QuizVersion, QuizVersion.id == Question.version_id)
        .join(Quiz, Quiz.id == QuizVersion.quiz_id)
        .where(Question.id == question_id, QuizVersion.state.in_(("published", "retired")))
    ).one_or_none()
    if head is None:
        return None
    item = items_of(session, head[1], only=[question_id])[question_id]
    alike = _alike(session, head[2], item)
    return ItemVersion(
        question_id=question_id,
        quiz_id=head[2],
        quiz_title=head[3],
        version_number=head[4],
        version_state=head[5],
        item=item,
        question_ids=alike,
        in_force=overrides_for(session, [question_id]).get(question_id),
    )


def _alike(session: Session, quiz_id: int, item: Item) -> tuple[int, ...]:
    """Every published question of this lineage whose wording and key are the same."""
    rows: Any = session.execute(
        select(QuizVersion.id, Question.id)
        .join(Question, Question.version_id == QuizVersion.id)
        .where(
            QuizVersion.quiz_id == quiz_id,
            QuizVersion.state.in_(("published", "retired")),
            Question.lineage == item.lineage,
        )
        .order_by(Question.id)
    ).all()
    series = series_of(item)
    return tuple(row[1] for row in rows if series_of(items_of(session, row[0], only=[row[1]])[row[1]]) == series)


def corrected_item(session: Session, correction_id: int, question_id: int) -> tuple[Item, tuple[int, ...]]:
    """The item of a correction as it was published, and the questions that the correction is about."""
    version_id = session.execute(select(Question.version_id).where(Question.id == question_id)).scalar_one()
    questions = session.scalars(select(OVERRIDES.c.question_id).where(OVERRIDES.c.correction_id == correction_id))
    return items_of(session, version_id, only=[question_id])[question_id], tuple(questions)


def touched(
    session: Session,
    question_ids: Collection[int],
    *,
    after: int,
    most: int,
    without: int | None = None,
    since: datetime | None = None,
) -> list[TouchedAttempt]:
    """Submitted attempts that hold one of the questions, by number, beyond `after`.

    With `without`, those that this correction has done are left out, and the others are locked.
    """
    wanted = (
        select(
            ATTEMPTS.c.id,
            ATTEMPTS.c.code,
            ATTEMPTS.c.person_id,
            ATTEMPTS.c.release_id,
            ATTEMPTS.c.for_credit,
            ATTEMPTS.c.submitted_at,
            ATTEMPTS.c.earned_points,
            ATTEMPTS.c.total_points,
            ATTEMPTS.c.pass_points,
            ATTEMPTS.c.passed,
            ATTEMPTS.c.counted,
            ANSWERS.c.position,
            ANSWERS.c.chosen,
            func.coalesce(ANSWERS.c.points, 0),
            ANSWERS.c.question_id,
        )
        .select_from(ATTEMPTS.join(ANSWERS, ANSWERS.c.attempt_id == ATTEMPTS.c.id))
        .where(
            ANSWERS.c.question_id.in_(question_ids),
            ATTEMPTS.c.state == "submitted",
            ATTEMPTS.c.id > after,
        )
        .order_by(ATTEMPTS.c.id)
        .limit(most)
    )
    if without is not None:
        done = select(REGRADES.c.attempt_id).where(
            REGRADES.c.correction_id == without, REGRADES.c.attempt_id == ATTEMPTS.c.id
        )
        wanted = wanted.where(~done.exists()).with_for_update(of=ATTEMPTS)
    if since is not None:
        wanted = wanted.where(ATTEMPTS.c.submitted_at >= since)
    rows: Any = session.execute(wanted)
    return [TouchedAttempt(*row) for row in rows]


def correction_facts(session: Session, correction_id: int) -> CorrectionFacts | None:
    """One correction."""
    return next(iter(_corrections(session, KeyCorrection.id == correction_id)), None)


def corrections(session: Session, quiz_id: int | None = None) -> list[CorrectionFacts]:
    """The latest corrections first."""
    return _corrections(session, *([KeyCorrection.quiz_id == quiz_id] if quiz_id is not None else []))


def _corrections(session: Session, *conditions: Any) -> list[CorrectionFacts]:
    rows: Any = session.execute(
        select(KeyCorrection, Quiz.title)
        .join(Quiz, Quiz.id == KeyCorrection.quiz_id)
        .where(*conditions)
        .order_by(KeyCorrection.id.desc())
        .limit(200)
    )
    return [
        CorrectionFacts(
            correction_id=row.id,
            quiz_id=row.quiz_id,
            quiz_title=title,
            lineage=row.lineage,
            question_id=row.question_id,
            change=change_of(row.treatment, row.keys, row.policy),
            reason=row.reason,
            state=row.state,
            asked_at=row.asked_at,
            asked_by=row.asked_by,
            predicted=dict(row.predicted),
            reached=row.reached,
            looked_at=row.looked_at,
            finished_at=row.finished_at,
        )
        for row, title in rows
    ]


def change_of(treatment: str, keys: Collection[str], policy: str) -> Change:
    """The stored act as a value."""
    return Change(Treatment(treatment), tuple(keys), Policy(policy))


def outcome_counts(session: Session, correction_id: int) -> Mapping[str, int]:
    """What applying did: attempts changed, raised, lowered."""
    rows: Any = session.execute(
        select(REGRADES.c.passed_before, REGRADES.c.passed_after, func.count())
        .where(REGRADES.c.correction_id == correction_id)
        .group_by(REGRADES.c.passed_before, REGRADES.c.passed_after)
    )
    counts = {(bool(row[0]), bool(row[1])): row[2] for row in rows}
    return {
        "changed": sum(counts.values()),
        "raised": counts.get((False, True), 0),
        "lowered": counts.get((True, False), 0),
    }


def regrades_of(session: Session, attempt_id: int) -> list[RegradeLine]:
    """Corrections that changed this attempt, the first one first."""
    rows: Any = session.execute(
        select(
            REGRADES.c.at,
            REGRADES.c.earned_before,
            REGRADES.c.total_before,
            REGRADES.c.earned_after,
            REGRADES.c.total_after,
            REGRADES.c.passed_before,
            REGRADES.c.passed_after,
        )
        .where(REGRADES.c.attempt_id == attempt_id)
        .order_by(REGRADES.c.correction_id)
    )
    return [RegradeLine(*row) for row in rows]
