"""The audit table."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from cme.store.database import Base
from cme.store.guards import append_only
from cme.store.types import Instant, Json

RowId = BigInteger().with_variant(Integer(), "sqlite")


class AuditEvent(Base):
    """One consequential act. `person_id` holds a plain number: the record outlives the account."""

    __tablename__ = "audit_events"
    __table_args__ = (Index("ix_audit_events_subject", "subject", "subject_id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    event: Mapped[str] = mapped_column(String(60), index=True)
    at: Mapped[datetime] = mapped_column(Instant, index=True)
    person_id: Mapped[int | None]
    subject: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[str] = mapped_column(String(80))
    details: Mapped[dict[str, Any]] = mapped_column(Json)


append_only(AuditEvent.__table__)  # pyright: ignore[reportArgumentType] - declarative types it as FromClause
