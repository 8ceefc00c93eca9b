"""A draft held for writing: its lock, its edition, and the audit of what was done to it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from cme.audit import service as audit
from cme.audit.tags import Event
from cme.kernel.refusal import Conflict, NotFound, Refused
from quizzes.models.draft_change import DRAFT_CHANGES
from quizzes.models.quiz import QuizVersion
from quizzes.rules.undoing import Step
from quizzes.services.remembering import Before, keep


@dataclass(frozen=True, slots=True)
class Draft:
    """The draft's row as it was when it was locked."""

    version_id: int
    quiz_id: int
    number: int
    edition: int


def lock(session: Session, version_id: int) -> Draft:
    """Hold the draft until the transaction ends. Refuses: NotFound, a version that is no draft."""
    row = session.execute(
        select(QuizVersion.id, QuizVersion.quiz_id, QuizVersion.number, QuizVersion.edition, QuizVersion.state)
        .where(QuizVersion.id == version_id)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound
    if row.state != "draft":
        raise Refused("not_a_draft", "This version is not a draft any more. Open a draft of the quiz to change it.")
    return Draft(*row[:4])


def same_edition(draft: Draft, edition: int) -> None:
    """Refuses (Conflict) when the draft was saved since the caller looked at it."""
    if draft.edition != edition:
        raise Conflict(
            "draft_changed", "Somebody else changed this draft meanwhile. Look at it once more, then try again."
        )


def note_change(
    session: Session,
    draft: Draft,
    editor: int,
    details: dict[str, object],
    *,
    before: Before,
    now: datetime,
    step: Step = Step.DONE,
    reverses: int | None = None,
) -> int:
    """Raise the edition, keep what the change replaced, say it in the audit; gives the new edition.

    `before` is what `remembering.remember` gave before anything was written. `details` take one of the shapes that
    `quizzes.rules.undoing.in_words` knows, for instance {"words": "tagged 12 questions"}: the Undo button reads so.
    """
    edition = draft.edition + 1
    set_columns(session, draft.version_id, edition=edition)
    change_id: int = session.execute(
        insert(DRAFT_CHANGES)
        .values(
            version_id=draft.version_id,
            edition=edition,
            step=step.value,
            reverses=reverses,
            at=now,
            by=editor,
            what=details,
            surroundings=dict(before.surroundings),
        )
        .returning(DRAFT_CHANGES.c.id)
    ).scalar_one()
    keep(session, change_id, before)
    told: dict[str, object] = details if step is Step.DONE else {step.value: {**details}}
    record(session, Event.QUIZ_DRAFT_CHANGED, draft, told, editor=editor, now=now)
    return edition


def set_columns(session: Session, version_id: int, **values: object) -> None:
    """Write columns of the version's row."""
    session.execute(
        update(QuizVersion)
        .where(QuizVersion.id == version_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def record(
    session: Session, event: Event, draft: Draft, details: dict[str, object], *, editor: int | None, now: datetime
) -> None:
    """One row in the audit."""
    audit.record(
        session,
        event,
        now=now,
        person_id=editor,
        subject="quiz",
        subject_id=draft.quiz_id,
        details={"version": draft.version_id, **details},
    )
