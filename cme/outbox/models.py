"""The outbox table."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from cme.audit.models import RowId
from cme.store.database import Base
from cme.store.types import Instant, Json


class OutboxWork(Base):
    """One piece of work asked for by a committed fact. Done means `finished_at`; given up means `failed_at`."""

    __tablename__ = "outbox_work"
    __table_args__ = (
        # One unfinished piece per key: asking twice is one piece of work, asking again after it was done is a new one.
        Index(
            "uq_outbox_work_unfinished",
            "kind",
            "key",
            unique=True,
            sqlite_where=text("finished_at IS NULL AND failed_at IS NULL"),
            postgresql_where=text("finished_at IS NULL AND failed_at IS NULL"),
        ),
        Index(
            "ix_outbox_work_due",
            "due_at",
            sqlite_where=text("finished_at IS NULL AND failed_at IS NULL"),
            postgresql_where=text("finished_at IS NULL AND failed_at IS NULL"),
        ),
        CheckConstraint("tries >= 0", name="tries_not_negative"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(60))
    key: Mapped[str] = mapped_column(String(120))
    payload: Mapped[dict[str, Any]] = mapped_column(Json)
    asked_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    """Not before this instant; a lease and a retry both move it forward."""
    tries: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
    failed_at: Mapped[datetime | None] = mapped_column(Instant)
    last_error: Mapped[str | None] = mapped_column(Text)
