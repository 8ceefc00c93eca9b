"""Tables of staleness: which text of a passage an item was proved by, and which items are held back."""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, String, Table, text
from sqlalchemy.orm import Mapped, mapped_column

from cme.audit.models import RowId
from cme.store.database import Base
from cme.store.types import Instant, Json


class PassageProof(Base):
    """The text of a passage, by its fingerprint, on which an item rested when an editor last vouched for it."""

    __tablename__ = "passage_proofs"

    quiz_id: Mapped[int] = mapped_column(ForeignKey("quizzes.id"), primary_key=True)
    lineage: Mapped[str] = mapped_column(String(80), primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id"), primary_key=True)
    anchor: Mapped[str] = mapped_column(String(80), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    revision_id: Mapped[int] = mapped_column(ForeignKey("article_revisions.id"))
    """Where that text can be read."""
    vouched_at: Mapped[datetime] = mapped_column(Instant)


class ItemHold(Base):
    """An item is not drawn in new attempts for credit, for one cause, until somebody releases it."""

    __tablename__ = "item_holds"
    __table_args__ = (
        Index(
            "uq_item_holds_one_open",
            "quiz_id",
            "lineage",
            "cause",
            unique=True,
            sqlite_where=text("released_at IS NULL"),
            postgresql_where=text("released_at IS NULL"),
        ),
        CheckConstraint("cause IN ('passage', 'key', 'alarm', 'editor')", name="cause_known"),
        CheckConstraint("(released_at IS NULL) = (outcome IS NULL)", name="released_has_outcome"),
        CheckConstraint("outcome IS NULL OR outcome IN ('confirmed', 'edited', 'gone')", name="outcome_known"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    quiz_id: Mapped[int] = mapped_column(ForeignKey("quizzes.id"))
    lineage: Mapped[str] = mapped_column(String(80))
    cause: Mapped[str] = mapped_column(String(12))
    details: Mapped[dict[str, Any]] = mapped_column(Json)
    """Of a passage: {passages: [{article, anchor, before, after, what}]}; before and after are revisions."""
    still_drawn: Mapped[bool] = mapped_column(Boolean(create_constraint=False))
    """True makes it a task for the editor only."""
    opened_at: Mapped[datetime] = mapped_column(Instant)
    opened_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    released_at: Mapped[datetime | None] = mapped_column(Instant)
    released_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    outcome: Mapped[str | None] = mapped_column(String(12))


HOLDS = cast("Table", ItemHold.__table__)
PROOFS = cast("Table", PassageProof.__table__)
