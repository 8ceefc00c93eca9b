"""Writing the audit."""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from cme.audit.models import AuditEvent
from cme.audit.tags import Event

# Built once: building the statement takes longer than executing it, and bulk work writes thousands of these rows.
_INSERT = insert(cast("Table", AuditEvent.__table__))


def record(
    session: Session,
    event: Event,
    *,
    now: datetime,
    person_id: int | None,
    subject: str,
    subject_id: object,
    details: dict[str, Any] | None = None,
) -> None:
    """Add one row in the caller's transaction. `details` holds codes and numbers, never names, addresses or answers."""
    values = {
        "event": event.value,
        "at": now,
        "person_id": person_id,
        "subject": subject,
        "subject_id": str(subject_id),
        "details": details or {},
    }
    session.execute(_INSERT, values)
