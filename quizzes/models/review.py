"""Tables of review: what was asked and said about a draft, and comments on its questions. They only grow."""

from datetime import datetime
from typing import cast

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Table, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cme.audit.models import RowId
from cme.store.database import Base
from cme.store.guards import append_only
from cme.store.types import Instant


class DraftReview(Base):
    """One act in the review of a draft: sent, taken back, approved, returned. It is about one edition."""

    __tablename__ = "draft_reviews"
    __table_args__ = (
        UniqueConstraint("version_id", "number", name="uq_draft_reviews_version_id_number"),
        CheckConstraint("act IN ('sent', 'withdrawn', 'approved', 'returned')", name="act_known"),
        CheckConstraint("act = 'sent' OR asked IS NULL", name="only_sending_asks"),
        CheckConstraint("act <> 'returned' OR words <> ''", name="returned_has_reason"),
        CheckConstraint("edition >= 1 AND number >= 1", name="numbers_positive"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("quiz_versions.id"))
    number: Mapped[int]
    """Counts within the version: two acts at once cannot both be the next."""
    edition: Mapped[int]
    act: Mapped[str] = mapped_column(String(10))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    asked: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    """The reviewer it was sent to; None is any reviewer."""
    words: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)


class ReviewComment(Base):
    """What somebody said about a draft, or one question of it, or in answer to a comment."""

    __tablename__ = "review_comments"
    __table_args__ = (
        CheckConstraint("words <> ''", name="says_something"),
        Index("ix_review_comments_version_id", "version_id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("quiz_versions.id"))
    edition: Mapped[int]
    lineage: Mapped[str | None] = mapped_column(String(80))
    """The question; None is the draft as a whole."""
    answers: Mapped[int | None] = mapped_column(ForeignKey("review_comments.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    words: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)


class ReviewCommentSettled(Base):
    """A comment was dealt with: once."""

    __tablename__ = "review_comments_settled"

    comment_id: Mapped[int] = mapped_column(ForeignKey("review_comments.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    at: Mapped[datetime] = mapped_column(Instant)


for _model in (DraftReview, ReviewComment, ReviewCommentSettled):
    append_only(_model.__table__)  # pyright: ignore[reportArgumentType] - declarative types it as FromClause

REVIEWS = cast("Table", DraftReview.__table__)
COMMENTS = cast("Table", ReviewComment.__table__)
SETTLED = cast("Table", ReviewCommentSettled.__table__)
