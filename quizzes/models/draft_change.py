"""Tables of what was done to a draft: one row per edition, and what it had replaced, so that it can be taken back."""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import CheckConstraint, ForeignKey, String, Table, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cme.audit.models import RowId
from cme.store.database import Base
from cme.store.guards import append_only
from cme.store.types import Instant, Json


class DraftChange(Base):
    """One change of a draft. Taking it back, or doing it again, is a change of its own: nothing is ever erased."""

    __tablename__ = "draft_changes"
    __table_args__ = (
        UniqueConstraint("version_id", "edition", name="uq_draft_changes_version_id_edition"),
        # Whatever two editors press at once: a change is taken back once.
        UniqueConstraint("reverses", name="uq_draft_changes_reverses"),
        CheckConstraint("step IN ('done', 'undone', 'redone', 'sealed')", name="step_known"),
        CheckConstraint("(step IN ('undone', 'redone')) = (reverses IS NOT NULL)", name="reversal_names_its_change"),
        CheckConstraint("edition >= 1", name="edition_positive"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("quiz_versions.id"))
    edition: Mapped[int]
    """The draft's edition since this change."""
    step: Mapped[str] = mapped_column(String(8))
    """`sealed` is a change of which nothing was kept: it and what came before it cannot be taken back."""
    reverses: Mapped[int | None] = mapped_column(ForeignKey("draft_changes.id"))
    at: Mapped[datetime] = mapped_column(Instant)
    by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    what: Mapped[dict[str, Any]] = mapped_column(Json)
    """As the audit says it; `quizzes.rules.undoing.in_words` makes a sentence of it."""
    surroundings: Mapped[dict[str, Any]] = mapped_column(Json)
    """Columns of the version's row as they were, as far as they changed."""


class DraftChangeQuestion(Base):
    """A question as it was before a change."""

    __tablename__ = "draft_change_questions"

    change_id: Mapped[int] = mapped_column(ForeignKey("draft_changes.id"), primary_key=True)
    lineage: Mapped[str] = mapped_column(String(80), primary_key=True)
    position: Mapped[int | None]
    """None: the draft did not have it."""
    content: Mapped[dict[str, Any]] = mapped_column(Json)
    """{question: {column: value}, choices: [{..}]}; empty where only its place changed."""


for _model in (DraftChange, DraftChangeQuestion):
    append_only(_model.__table__)  # pyright: ignore[reportArgumentType] - declarative types it as FromClause

DRAFT_CHANGES = cast("Table", DraftChange.__table__)
BEFORE_QUESTIONS = cast("Table", DraftChangeQuestion.__table__)
