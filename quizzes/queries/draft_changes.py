"""What was done to a draft: the latest change that can be taken back, the latest that can be done again, the list."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from cme.people.models import Person
from quizzes.models.draft_change import BEFORE_QUESTIONS, DraftChange
from quizzes.rules.undoing import Step, in_words


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One change of a draft, named in words; `what` is that of the change it takes back or does again."""

    change_id: int
    edition: int
    step: Step
    at: datetime
    by: str
    what: dict[str, Any]

    @property
    def words(self) -> str:
        """What was done, as the end of a sentence."""
        told = in_words(self.what)
        return {Step.UNDONE: f"took back: {told}", Step.REDONE: f"did again: {told}"}.get(self.step, told)

    @property
    def plain(self) -> str:
        """The change itself, however often it was taken back."""
        return in_words(self.what)


@dataclass(frozen=True, slots=True)
class Steps:
    """What the buttons Undo and Redo would do; None where there is nothing."""

    undo: ChangeLine | None = None
    redo: ChangeLine | None = None


def steps_of(session: Session, version_id: int) -> Steps:
    """In one statement: the rules of `quizzes.rules.undoing` as the database can answer them."""
    later = aliased(DraftChange)
    stands = ~select(later.id).where(later.reverses == DraftChange.id).exists()
    of_draft = DraftChange.version_id == version_id
    newest = select(func.max(later.edition)).where(later.version_id == version_id)
    undo = newest.where(
        later.step != Step.UNDONE.value, ~select(DraftChange.id).where(DraftChange.reverses == later.id).exists()
    )
    last_new = newest.where(later.step.in_([Step.DONE.value, Step.SEALED.value]))
    redo = (
        select(func.max(DraftChange.edition))
        .where(
            of_draft,
            DraftChange.step == Step.UNDONE.value,
            stands,
            DraftChange.edition > func.coalesce(last_new.scalar_subquery(), 0),
        )
        .scalar_subquery()
    )
    wanted = _lines().where(of_draft, (DraftChange.edition == undo.scalar_subquery()) | (DraftChange.edition == redo))
    lines = _read(session, wanted)
    return Steps(
        undo=next((one for one in lines if one.step in {Step.DONE, Step.REDONE}), None),
        redo=next((one for one in lines if one.step is Step.UNDONE), None),
    )


def changes_since(session: Session, version_id: int, edition: int, *, most: int = 50) -> list[ChangeLine]:
    """What was done to a draft after this edition, newest first."""
    wanted = _lines().where(DraftChange.version_id == version_id, DraftChange.edition > edition)
    return _read(session, wanted.order_by(DraftChange.edition.desc()).limit(most))


def editors_of(session: Session, version_id: int) -> set[int]:
    """Everybody who changed this draft."""
    rows = session.scalars(select(DraftChange.by).where(DraftChange.version_id == version_id).distinct())
    return {one for one in rows if one is not None}


def before_image_of(session: Session, change_id: int) -> tuple[dict[str, Any], list[tuple[str, int | None, Any]]]:
    """What a change replaced: columns of the version's row, and (lineage, position, content) of questions."""
    surroundings = session.execute(select(DraftChange.surroundings).where(DraftChange.id == change_id)).scalar_one()
    rows: Any = session.execute(
        select(BEFORE_QUESTIONS.c.lineage, BEFORE_QUESTIONS.c.position, BEFORE_QUESTIONS.c.content).where(
            BEFORE_QUESTIONS.c.change_id == change_id
        )
    )
    return dict(surroundings), [tuple(row) for row in rows]


def _lines() -> Any:
    return select(
        DraftChange.id, DraftChange.edition, DraftChange.step, DraftChange.at, Person.name, DraftChange.what
    ).join(Person, Person.id == DraftChange.by, isouter=True)


def _read(session: Session, wanted: Any) -> list[ChangeLine]:
    rows: Any = session.execute(wanted)
    return [ChangeLine(row[0], row[1], Step(row[2]), row[3], row[4] or "the library", row[5]) for row in rows]
