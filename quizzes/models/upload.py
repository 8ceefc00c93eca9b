"""Files of questions between the two steps of an import: what came, what the report said, what was done with it."""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Table
from sqlalchemy.orm import Mapped, mapped_column

from cme.audit.models import RowId
from cme.store.database import Base
from cme.store.types import Instant, Json

MOST_UPLOAD = 20 * 1024 * 1024


class ImportUpload(Base):
    """One editor's file for one quiz. Its bytes go when it is taken; the row goes when it expires."""

    __tablename__ = "import_uploads"
    __table_args__ = (
        Index("ix_import_uploads_person_id", "person_id"),
        Index("ix_import_uploads_expires_at", "expires_at"),
        CheckConstraint(f"size BETWEEN 1 AND {MOST_UPLOAD}", name="size_sane"),
        CheckConstraint("expires_at > uploaded_at", name="expires_later"),
        CheckConstraint("(taken_at IS NULL) = (data IS NOT NULL)", name="taken_has_no_data"),
        CheckConstraint("(taken_at IS NULL) = (result IS NULL)", name="taken_has_result"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    quiz_id: Mapped[int] = mapped_column(ForeignKey("quizzes.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    file_name: Mapped[str] = mapped_column(String(200))
    format: Mapped[str] = mapped_column(String(12))
    size: Mapped[int]
    data: Mapped[bytes | None] = mapped_column(LargeBinary)
    report: Mapped[dict[str, Any]] = mapped_column(Json)
    """{title, notes: [..], lines: [{verdict, place, label, lineage, state, twin, reasons: [..]}]}"""
    base_version_id: Mapped[int] = mapped_column(ForeignKey("quiz_versions.id"))
    """The draft or published version with which the report compared the file, and its edition."""
    base_edition: Mapped[int]
    uploaded_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    taken_at: Mapped[datetime | None] = mapped_column(Instant)
    result: Mapped[dict[str, Any] | None] = mapped_column(Json)
    """{added: [..], changed: [..], same: [..], refused: {lineage: [..]}}"""


UPLOADS = cast("Table", ImportUpload.__table__)
