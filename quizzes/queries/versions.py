"""Versions of a quiz as frozen values."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session, aliased

from quizzes.models.quiz import QUIZ_ASSIGNMENTS, QUIZ_VERSIONS, Choice, Question, Quiz, QuizAssignment, QuizVersion
from quizzes.rules.item import ChoiceItem, Item, Kind, QuizVersionFacts, Status, Topic
from quizzes.rules.stored import blueprint_from, delivery_from, parts_from

_FOR_RELEASE = (
    select(QUIZ_VERSIONS.c.id)
    .select_from(QUIZ_VERSIONS.join(QUIZ_ASSIGNMENTS, QUIZ_ASSIGNMENTS.c.quiz_id == QUIZ_VERSIONS.c.quiz_id))
    .where(QUIZ_ASSIGNMENTS.c.release_id == bindparam("release"), QUIZ_VERSIONS.c.state == "published")
)

_HEADS = select(
    QuizVersion.id,
    QuizVersion.quiz_id,
    Quiz.key,
    Quiz.title,
    QuizVersion.number,
    QuizVersion.state,
    QuizVersion.edition,
    QuizVersion.blueprint,
    QuizVersion.topics,
    QuizVersion.delivery,
    QuizVersion.vignettes,
).join(Quiz, Quiz.id == QuizVersion.quiz_id)


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One line of a quiz's history."""

    version_id: int
    number: int
    state: str
    edition: int
    questions: int
    created_at: datetime
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class QuizRow:
    """A quiz with the numbers of its published version and its draft."""

    quiz_id: int
    key: str
    title: str
    published_number: int | None
    published_at: datetime | None
    draft_number: int | None
    draft_edition: int | None
    questions: int
    releases: int


def version_facts(session: Session, version_id: int) -> QuizVersionFacts | None:
    """The version with all its items, in two statements."""
    head = version_head(session, version_id)
    return replace(head, items=items_of(session, version_id)) if head is not None else None


def version_head(session: Session, version_id: int) -> QuizVersionFacts | None:
    """The version without its items."""
    row = session.execute(_HEADS.where(QuizVersion.id == version_id)).one_or_none()
    return _head(row) if row is not None else None


def heads_with_published(session: Session, version_id: int) -> list[QuizVersionFacts]:
    """The version and the published one of its quiz, without their items, in one statement."""
    asked = aliased(QuizVersion)
    quiz = select(asked.quiz_id).where(asked.id == version_id).scalar_subquery()
    either = or_(QuizVersion.id == version_id, QuizVersion.state == "published")
    return [_head(row) for row in session.execute(_HEADS.where(QuizVersion.quiz_id == quiz, either))]


def version_heads(session: Session, states: Collection[str]) -> list[QuizVersionFacts]:
    """All versions in these states without their items."""
    return [_head(row) for row in session.execute(_HEADS.where(QuizVersion.state.in_(states)))]


def _head(row: Any) -> QuizVersionFacts:
    return QuizVersionFacts(
        version_id=row[0],
        quiz_id=row[1],
        quiz_key=row[2],
        title=row[3],
        number=row[4],
        state=row[5],
        edition=row[6],
        blueprint=blueprint_from(row[7]),
        topics=tuple(Topic(key=topic["key"], label=topic["label"]) for topic in row[8]),
        items={},
        delivery=delivery_from(row[9]),
        vignettes=dict(row[10]),
    )


def items_of(session: Session, version_id: int, *, only: Collection[int] | None = None) -> dict[int, Item]:
    """Items of a version by question number, in order: one statement, a row per choice. `only` names some of them."""
    return placed_items_of(session, version_id, only=only)[0]


def placed_items_of(
    session: Session,
    version_id: int,
    *,
    only: Collection[int] | None = None,
    lineages: Collection[str] | None = None,
) -> tuple[dict[int, Item], dict[int, int]]:
    """The same with their positions by question number; `lineages` names some of them too."""
    wanted = (
        select(
            Question.id,
            Question.lineage,
            Question.topic,
            Question.objective,
            Question.tags,
            Question.apart,
            Question.stem,
            Question.ordered,
            Question.passages,
            Question.references,
            Choice.key,
            Choice.text,
            Choice.correct,
            Choice.rationale,
            Question.kind,
            Question.points,
            Question.settings,
            Question.status,
            Question.position,
        )
        .join(Choice, Choice.question_id == Question.id, isouter=True)
        .where(Question.version_id == version_id)
        .order_by(Question.position, Question.id, Choice.position)
    )
    if only is not None:
        wanted = wanted.where(Question.id.in_(only))
    if lineages is not None:
        wanted = wanted.where(Question.lineage.in_(lineages))
    rows: Sequence[Any] = session.execute(wanted).all()
    heads: dict[int, Any] = {}
    choices: dict[int, list[ChoiceItem]] = defaultdict(list)
    for row in rows:
        heads.setdefault(row[0], row)
        if row[10] is not None:
            choices[row[0]].append(ChoiceItem(key=row[10], text=row[11], correct=row[12], rationale=row[13]))
    items = {
        question_id: Item(
            lineage=row[1],
            topic=row[2],
            objective=row[3],
            tags=tuple(row[4]),
            apart=tuple(row[5]),
            stem=row[6],
            ordered=row[7],
            passages=tuple(row[8]),
            references=tuple(row[9]),
            choices=tuple(choices[question_id]),
            kind=Kind(row[14]),
            points=row[15],
            status=Status(row[17]),
            **parts_from(row[16]),
        )
        for question_id, row in heads.items()
    }
    return items, {question_id: row[18] for question_id, row in heads.items()}


def places_of(session: Session, version_id: int) -> dict[int, int]:
    """Positions by question number, in their order."""
    rows: Any = session.execute(
        select(Question.id, Question.position)
        .where(Question.version_id == version_id)
        .order_by(Question.position, Question.id)
    )
    return {row[0]: row[1] for row in rows}


def next_position(session: Session, version_id: int) -> int:
    """Where a question is appended: behind the last one, so that no two share a place."""
    last = select(func.coalesce(func.max(Question.position), 0)).where(Question.version_id == version_id)
    return session.execute(last).scalar_one() + 1


def version_of_question(session: Session, question_id: int) -> int | None:
    """Which version a question belongs to."""
    return session.execute(select(Question.version_id).where(Question.id == question_id)).scalar_one_or_none()


def quiz_of_version(session: Session, version_id: int) -> int | None:
    """Which quiz a version belongs to."""
    return session.execute(select(QuizVersion.quiz_id).where(QuizVersion.id == version_id)).scalar_one_or_none()


def title_of(session: Session, version_id: int) -> str:
    """The title of a version's quiz."""
    wanted = select(Quiz.title).join(QuizVersion, QuizVersion.quiz_id == Quiz.id).where(QuizVersion.id == version_id)
    return session.execute(wanted).scalar_one()


def published_version_of(session: Session, quiz_id: int) -> int | None:
    """The version that the next start gets."""
    return _in_state(session, quiz_id, "published")


def draft_of(session: Session, quiz_id: int) -> int | None:
    """The draft being worked on."""
    return _in_state(session, quiz_id, "draft")


def _in_state(session: Session, quiz_id: int, state: str) -> int | None:
    return session.execute(
        select(QuizVersion.id).where(QuizVersion.quiz_id == quiz_id, QuizVersion.state == state)
    ).scalar_one_or_none()


def published_version_for_release(session: Session, release_id: int) -> int | None:
    """The version that serves a release's next start; None without an assignment or before the first publishing."""
    return session.execute(_FOR_RELEASE, {"release": release_id}).scalar_one_or_none()


def quiz_of_key(session: Session, key: str) -> int | None:
    """The quiz of that key."""
    return session.execute(select(Quiz.id).where(Quiz.key == key)).scalar_one_or_none()


def quiz_of_release(session: Session, release_id: int) -> int | None:
    """The quiz assigned to a release."""
    return session.execute(
        select(QuizAssignment.quiz_id).where(QuizAssignment.release_id == release_id)
    ).scalar_one_or_none()


def history_of(session: Session, quiz_id: int) -> list[VersionRow]:
    """All versions of a quiz, newest first."""
    counts = (
        select(Question.version_id, func.count().label("questions")).group_by(Question.version_id).subquery("counts")
    )
    rows: Any = session.execute(
        select(
            QuizVersion.id,
            QuizVersion.number,
            QuizVersion.state,
            QuizVersion.edition,
            func.coalesce(counts.c.questions, 0),
            QuizVersion.created_at,
            QuizVersion.published_at,
        )
        .join(counts, counts.c.version_id == QuizVersion.id, isouter=True)
        .where(QuizVersion.quiz_id == quiz_id)
        .order_by(QuizVersion.number.desc())
    )
    return [VersionRow(*row) for row in rows]


def quizzes_at_hand(session: Session) -> list[QuizRow]:
    """Every quiz with its published version and its draft, in one statement."""
    published = select(QuizVersion).where(QuizVersion.state == "published").subquery("published")
    draft = select(QuizVersion).where(QuizVersion.state == "draft").subquery("draft")
    questions = (
        select(func.count())
        .where(Question.version_id == func.coalesce(draft.c.id, published.c.id))
        .correlate(draft, published)
        .scalar_subquery()
    )
    releases = select(func.count()).where(QuizAssignment.quiz_id == Quiz.id).correlate(Quiz).scalar_subquery()
    rows: Any = session.execute(
        select(
            Quiz.id,
            Quiz.key,
            Quiz.title,
            published.c.number,
            published.c.published_at,
            draft.c.number,
            draft.c.edition,
            questions,
            releases,
        )
        .join(published, published.c.quiz_id == Quiz.id, isouter=True)
        .join(draft, draft.c.quiz_id == Quiz.id, isouter=True)
        .order_by(Quiz.title, Quiz.id)
    )
    return [QuizRow(*row) for row in rows]
