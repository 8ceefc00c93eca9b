"""One question as its editor needs it: never the whole version, which may hold thousands."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from quizzes.models.quiz import Question, Quiz, QuizVersion
from quizzes.queries.versions import items_of
from quizzes.rules.delivery import DeliveryRules
from quizzes.rules.item import BlueprintLine, Item, Topic
from quizzes.rules.stored import blueprint_from, delivery_from


@dataclass(frozen=True, slots=True)
class DeskQuestion:
    """A question with its version's head and its neighbours."""

    question_id: int
    item: Item
    version_id: int
    quiz_id: int
    title: str
    number: int
    state: str
    edition: int
    blueprint: tuple[BlueprintLine, ...]
    topics: tuple[Topic, ...]
    vignettes: Mapping[str, str]
    delivery: DeliveryRules
    place: int
    total: int
    previous_id: int | None
    next_id: int | None

    @property
    def is_draft(self) -> bool:
        return self.state == "draft"


def desk_question(session: Session, question_id: int) -> DeskQuestion | None:
    """The question, in two statements; None where there is none."""
    this, other = aliased(Question), aliased(Question)
    of_version = other.version_id == this.version_id
    before = or_(other.position < this.position, and_(other.position == this.position, other.id < this.id))
    after = or_(other.position > this.position, and_(other.position == this.position, other.id > this.id))
    next_to = select(other.id).where(of_version).limit(1).correlate(this)
    row: Any = session.execute(
        select(
            QuizVersion.id,
            QuizVersion.quiz_id,
            Quiz.title,
            QuizVersion.number,
            QuizVersion.state,
            QuizVersion.edition,
            QuizVersion.blueprint,
            QuizVersion.topics,
            QuizVersion.vignettes,
            QuizVersion.delivery,
            select(func.count()).select_from(other).where(of_version, before).correlate(this).scalar_subquery(),
            select(func.count()).select_from(other).where(of_version).correlate(this).scalar_subquery(),
            next_to.where(before).order_by(other.position.desc(), other.id.desc()).scalar_subquery(),
            next_to.where(after).order_by(other.position, other.id).scalar_subquery(),
        )
        .select_from(this)
        .join(QuizVersion, QuizVersion.id == this.version_id)
        .join(Quiz, Quiz.id == QuizVersion.quiz_id)
        .where(this.id == question_id)
    ).one_or_none()
    if row is None:
        return None
    item = items_of(session, row[0], only=[question_id]).get(question_id)
    if item is None:  # taken out between the two statements
        return None
    return DeskQuestion(
        question_id=question_id,
        item=item,
        version_id=row[0],
        quiz_id=row[1],
        title=row[2],
        number=row[3],
        state=row[4],
        edition=row[5],
        blueprint=blueprint_from(row[6]),
        topics=tuple(Topic(key=topic["key"], label=topic["label"]) for topic in row[7]),
        vignettes=dict(row[8]),
        delivery=delivery_from(row[9]),
        place=row[10] + 1,
        total=row[11],
        previous_id=row[12],
        next_id=row[13],
    )


def published_item(session: Session, quiz_id: int, lineage: str) -> Item | None:
    """The item as learners get it now; None where the published version does not have it."""
    row: Any = session.execute(
        select(Question.version_id, Question.id)
        .join(QuizVersion, QuizVersion.id == Question.version_id)
        .where(QuizVersion.quiz_id == quiz_id, QuizVersion.state == "published", Question.lineage == lineage)
    ).one_or_none()
    return items_of(session, row[0], only=[row[1]])[row[1]] if row is not None else None


def lineages_among(session: Session, version_id: int, names: Collection[str]) -> frozenset[str]:
    """Which of these names are questions of the version."""
    if not names:
        return frozenset()
    wanted = select(Question.lineage).where(Question.version_id == version_id, Question.lineage.in_(names))
    return frozenset(session.execute(wanted).scalars())
