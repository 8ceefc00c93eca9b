"""Writing items of a version into their tables."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import delete, insert, update
from sqlalchemy.orm import Session

from quizzes.models.quiz import Choice, Question, QuizVersion
from quizzes.rules.delivery import TODAY, DeliveryRules
from quizzes.rules.item import BlueprintLine, Item, Kind, Topic
from quizzes.rules.stored import blueprint_to, delivery_to, settings_of

MOST_NAMED = 5000
_Name = TypeVar("_Name", int, str)


def add_draft(
    session: Session,
    quiz_id: int,
    number: int,
    *,
    blueprint: Sequence[BlueprintLine],
    topics: Sequence[Topic],
    items: Sequence[Item],
    delivery: DeliveryRules = TODAY,
    vignettes: Mapping[str, str] | None = None,
    editor: int | None,
    now: datetime,
) -> int:
    """A new draft with these items; gives its number. The caller knows that no other draft is open."""
    version_id = session.execute(
        insert(QuizVersion)
        .values(
            quiz_id=quiz_id,
            number=number,
            state="draft",
            edition=1,
            blueprint=blueprint_to(list(blueprint)),
            topics=[asdict(topic) for topic in topics],
            delivery=delivery_to(delivery),
            vignettes=dict(vignettes or {}),
            created_at=now,
            created_by=editor,
        )
        .returning(QuizVersion.id)
    ).scalar_one()
    add_items(session, version_id, items)
    return version_id


def add_items(session: Session, version_id: int, items: Sequence[Item], *, first_position: int = 1) -> dict[str, int]:
    """Append items; gives their question numbers by lineage."""
    if not items:
        return {}
    rows = [
        {"version_id": version_id, "lineage": item.lineage, "position": position, **_columns(item)}
        for position, item in enumerate(items, start=first_position)
    ]
    numbers: dict[str, int] = {
        row[0]: row[1] for row in session.execute(insert(Question).returning(Question.lineage, Question.id), rows)
    }
    choices = [row for item in items for row in _choice_rows(numbers[item.lineage], item)]
    if choices:
        session.execute(insert(Choice), choices)
    return numbers


def replace_item(session: Session, question_id: int, item: Item) -> None:
    """Write the item over a draft's question; its choices are written anew."""
    session.execute(
        update(Question)
        .where(Question.id == question_id)
        .values(_columns(item))
        .execution_options(synchronize_session=False)
    )
    session.execute(
        delete(Choice).where(Choice.question_id == question_id).execution_options(synchronize_session=False)
    )
    rows = _choice_rows(question_id, item)
    if rows:
        session.execute(insert(Choice), rows)


def remove_item(session: Session, question_id: int) -> None:
    """Take a draft's question out."""
    remove_items(session, [question_id])


def remove_items(session: Session, question_ids: Collection[int]) -> None:
    """Take a draft's questions out."""
    for part in in_parts(question_ids):
        choices = delete(Choice).where(Choice.question_id.in_(part))
        session.execute(choices.execution_options(synchronize_session=False))
        questions = delete(Question).where(Question.id.in_(part))
        session.execute(questions.execution_options(synchronize_session=False))


def place_items(session: Session, positions: Mapping[int, int]) -> None:
    """Give questions (by number) their positions."""
    session.execute(update(Question), [{"id": one, "position": position} for one, position in positions.items()])


def in_parts(ids: Collection[_Name]) -> Iterator[list[_Name]]:
    """Numbers or names in portions that one statement can hold."""
    named = list(ids)
    for start in range(0, len(named), MOST_NAMED):
        yield named[start : start + MOST_NAMED]


def _columns(item: Item) -> dict[str, Any]:
    return {
        "topic": item.topic,
        "objective": item.objective,
        "tags": list(item.tags),
        "apart": list(item.apart),
        "stem": item.stem,
        "ordered": item.ordered,
        "passages": list(item.passages),
        "references": list(item.references),
        "kind": item.kind.value,
        "points": item.points,
        "settings": settings_of(item),
        "status": item.status.value,
    }


def _choice_rows(question_id: int, item: Item) -> list[dict[str, Any]]:
    return [
        {
            "question_id": question_id,
            "key": choice.key,
            "position": position,
            "text": choice.text,
            "correct": choice.correct,
            "exclusive": item.kind is not Kind.MULTIPLE,
            "rationale": choice.rationale,
        }
        for position, choice in enumerate(item.choices, start=1)
    ]
