"""What a draft said before a change, kept with the change so that it can be taken back.

Every service that changes a draft does four things in this order:

    draft = lock(session, version_id)
    before = remember(session, version_id, questions=[numbers to be written over or taken out])  # before it writes
    ...write...
    note_change(session, draft, editor, {"words": "tagged 12 questions"}, before=before, now=now)

A bulk act is one change: name all its questions in one `remember`, note it once, and one press of Undo takes it back.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, insert, select
from sqlalchemy.orm import Session

from quizzes.models.draft_change import BEFORE_QUESTIONS, DRAFT_CHANGES
from quizzes.models.quiz import QUESTIONS, QUIZ_VERSIONS, Choice
from quizzes.services.writing import in_parts

CHOICES = cast("Table", Choice.__table__)
# Whatever columns these tables grow is kept and restored as well, without a word here.
_OF_QUESTION = [column for column in QUESTIONS.c if column.name not in {"id", "version_id", "lineage", "position"}]
_OF_CHOICE = [column for column in CHOICES.c if column.name not in {"id", "question_id"}]
_SAYS = ("stem", "passages", "kind", "points", "settings")


@dataclass(frozen=True, slots=True)
class Remembered:
    """One question as it was. `position` None: the draft did not have it; `content` empty: only its place matters."""

    lineage: str
    position: int | None
    content: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Before:
    """All that a change is about to touch, as it was."""

    questions: tuple[Remembered, ...] = ()
    surroundings: Mapping[str, Any] = field(default_factory=dict)


def remember(
    session: Session,
    version_id: int,
    *,
    questions: Collection[int] = (),
    moved: Collection[int] = (),
    added: Iterable[str] = (),
    surroundings: Collection[str] = (),
) -> Before:
    """What a change is about to touch in this draft; the caller holds its lock.

    `questions` (numbers) will be written over or taken out, `moved` only change their places, `added` are names the
    draft does not have yet, `surroundings` are columns of the version's row (blueprint, topics, delivery, vignettes).
    """
    kept = _columns(session, version_id, surroundings)
    whole = _contents(session, questions)
    places = _places(session, moved)
    return Before((*whole, *places, *(Remembered(name, None) for name in added)), kept)


def keep(session: Session, change_id: int, before: Before) -> None:
    """Write the questions of a before-image beside the change that replaced them."""
    rows = [
        {"change_id": change_id, "lineage": one.lineage, "position": one.position, "content": dict(one.content)}
        for one in before.questions
    ]
    if rows:
        session.execute(insert(BEFORE_QUESTIONS), rows)


def reworded_since(session: Session, version_id: int, since: Mapping[str, datetime]) -> set[str]:
    """Those of these items whose text an editor of this draft changed after the instant given for each of them."""
    made = session.execute(
        select(QUIZ_VERSIONS.c.created_at, QUIZ_VERSIONS.c.created_by).where(QUIZ_VERSIONS.c.id == version_id)
    ).one()
    numbers: dict[str, int] = {}
    images: dict[str, Mapping[str, Any]] = {}
    for part in in_parts(since.keys()):
        of_draft = QUESTIONS.c.version_id == version_id, QUESTIONS.c.lineage.in_(part)
        numbers |= {
            row[0]: row[1] for row in session.execute(select(QUESTIONS.c.lineage, QUESTIONS.c.id).where(*of_draft))
        }
        rows: Any = session.execute(
            select(BEFORE_QUESTIONS.c.lineage, BEFORE_QUESTIONS.c.content, DRAFT_CHANGES.c.at)
            .join(DRAFT_CHANGES, DRAFT_CHANGES.c.id == BEFORE_QUESTIONS.c.change_id)
            .where(DRAFT_CHANGES.c.version_id == version_id, BEFORE_QUESTIONS.c.lineage.in_(part))
            .order_by(DRAFT_CHANGES.c.edition)
        )
        for lineage, content, at in rows:
            if content and at >= since[lineage]:
                images.setdefault(lineage, content)
    now = {one.lineage: one.content for one in _contents(session, list(numbers.values()))}
    found = {lineage for lineage, image in images.items() if lineage in now and _said(image) != _said(now[lineage])}
    if made[1] is None:  # the draft was made of a file, as a whole
        found |= {lineage for lineage, at in since.items() if lineage not in images and made[0] >= at}
    return found


def _said(content: Mapping[str, Any]) -> tuple[Any, ...]:
    """What an image of a question says to readers."""
    return *(content["question"].get(name) for name in _SAYS), content["choices"]


def _columns(session: Session, version_id: int, names: Collection[str]) -> dict[str, Any]:
    if not names:
        return {}
    columns = [QUIZ_VERSIONS.c[name] for name in sorted(names)]
    row = session.execute(select(*columns).where(QUIZ_VERSIONS.c.id == version_id)).one()
    return dict(row._mapping)


def _places(session: Session, ids: Collection[int]) -> list[Remembered]:
    found: list[Remembered] = []
    for part in in_parts(ids):
        rows = session.execute(select(QUESTIONS.c.lineage, QUESTIONS.c.position).where(QUESTIONS.c.id.in_(part)))
        found += [Remembered(row[0], row[1]) for row in rows]
    return found


def _contents(session: Session, ids: Collection[int]) -> list[Remembered]:
    found: list[Remembered] = []
    for part in in_parts(ids):
        choices: dict[int, list[dict[str, Any]]] = {}
        rows = session.execute(
            select(CHOICES.c.question_id, *_OF_CHOICE)
            .where(CHOICES.c.question_id.in_(part))
            .order_by(CHOICES.c.question_id, CHOICES.c.position)
        )
        for row in rows:
            choices.setdefault(row[0], []).append(_plain(row[1:], _OF_CHOICE))
        heads: Any = session.execute(
            select(QUESTIONS.c.id, QUESTIONS.c.lineage, QUESTIONS.c.position, *_OF_QUESTION).where(
                QUESTIONS.c.id.in_(part)
            )
        )
        found += [
            Remembered(row[1], row[2], {"question": _plain(row[3:], _OF_QUESTION), "choices": choices.get(row[0], [])})
            for row in heads
        ]
    return found


def _plain(values: Iterable[Any], columns: Iterable[Any]) -> dict[str, Any]:
    return {column.name: value for column, value in zip(columns, values, strict=True)}
