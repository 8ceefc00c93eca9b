"""Writing the audit."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from cme.audit.models import AuditEvent
from cme.audit.tags import Event


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
    session.execute(
        insert(AuditEvent).values(
            event=event.value,
            at=now,
            person_id=person_id,
            subject=subject,
            subject_id=str(subject_id),
            details=details or {},
        )
    )
