"""Asking for work, leasing it, and recording how it went."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, delete, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from cme.outbox.models import OutboxWork

_WORK = cast("Table", OutboxWork.__table__)
# Built once: building a statement takes longer than executing it, and bulk work asks for thousands of letters.
_ASK = {
    "postgresql": postgresql_insert(_WORK).on_conflict_do_nothing(),
    "sqlite": sqlite_insert(_WORK).on_conflict_do_nothing(),
}
LEASE = timedelta(minutes=5)
MOST_TRIES = 12
KEPT_AFTER_DONE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Leased:
    """A piece of work that one runner holds until its lease is over."""

    id: int
    kind: str
    key: str
    payload: dict[str, Any]
    tries: int


def enqueue(session: Session, kind: str, key: str, payload: dict[str, Any], *, now: datetime) -> None:
    """Ask for work in the caller's transaction. The same unfinished kind and key is left as it is."""
    values = {"kind": kind, "key": key, "payload": payload, "asked_at": now, "due_at": now, "tries": 0}
    session.execute(_ASK[session.get_bind().dialect.name], values)


def lease(session: Session, *, now: datetime, most: int = 20) -> list[Leased]:
    """Take up to `most` due pieces; nobody else gets them before the lease is over."""
    due = (
        select(OutboxWork)
        .where(OutboxWork.finished_at.is_(None), OutboxWork.failed_at.is_(None), OutboxWork.due_at <= now)
        .order_by(OutboxWork.due_at, OutboxWork.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    rows = session.scalars(due).all()
    for row in rows:
        row.tries += 1
        row.due_at = now + LEASE
    session.flush()
    return [Leased(row.id, row.kind, row.key, dict(row.payload), row.tries) for row in rows]


def finish(session: Session, work_id: int, *, now: datetime) -> None:
    """Done. The payload is emptied: it may hold a mailed link."""
    session.execute(
        update(OutboxWork).where(OutboxWork.id == work_id).values(finished_at=now, last_error=None, payload={})
    )


def postpone(session: Session, work_id: int, error: str, tries: int, *, now: datetime) -> None:
    """It failed this time: try again later, ever more slowly, or give up after MOST_TRIES."""
    values: dict[str, Any] = {"last_error": error[:2000]}
    if tries >= MOST_TRIES:
        values["failed_at"] = now
    else:
        values["due_at"] = now + timedelta(seconds=min(2**tries, 3600))
    session.execute(update(OutboxWork).where(OutboxWork.id == work_id).values(**values))


def forget_done(session: Session, *, now: datetime) -> None:
    """Drop rows whose work was done a week ago."""
    session.execute(delete(OutboxWork).where(OutboxWork.finished_at < now - KEPT_AFTER_DONE))
