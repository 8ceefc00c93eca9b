"""The table of pictures and videos: what each name of a quiz means, for ever."""

from datetime import datetime
from typing import cast

from sqlalchemy import CheckConstraint, ForeignKey, String, Table, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cme.audit.models import RowId
from cme.store.database import Base
from cme.store.guards import append_only
from cme.store.types import Instant


class QuizMedium(Base):
    """A picture, or a video with its captions. A row never changes: texts of published versions name it."""

    __tablename__ = "quiz_media"
    __table_args__ = (
        UniqueConstraint("quiz_id", "name", name="uq_quiz_media_quiz_id_name"),
        CheckConstraint("kind IN ('png', 'jpg', 'gif', 'webp', 'svg', 'mp4', 'webm')", name="kind_known"),
        CheckConstraint("(kind IN ('mp4', 'webm')) = (captions IS NOT NULL)", name="video_has_captions"),
        CheckConstraint("size >= 1 AND width >= 1 AND height >= 1", name="sizes_positive"),
        CheckConstraint("length(sha256) = 64", name="digest_whole"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    quiz_id: Mapped[int] = mapped_column(ForeignKey("quizzes.id"))
    name: Mapped[str] = mapped_column(String(80))
    """As texts call it."""
    kind: Mapped[str] = mapped_column(String(8))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    alt: Mapped[str] = mapped_column(Text)
    """Words for those who cannot see it, where a text gives none; empty for what an import brought."""
    captions: Mapped[str | None] = mapped_column(String(64))
    """SHA-256 of the WebVTT file."""
    language: Mapped[str] = mapped_column(String(20))
    """Of the captions; empty for a picture."""
    added_at: Mapped[datetime] = mapped_column(Instant)
    added_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))


MEDIA = cast("Table", QuizMedium.__table__)
append_only(MEDIA)
