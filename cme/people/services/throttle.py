"""Counting tries per account, network and mailbox; in the database, so that all server processes count together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, tuple_, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from cme.kernel.codes import token_digest
from cme.kernel.refusal import TooMany
from cme.people.models import Throttle
from cme.people.rules import Limit, plain_wait, wait_phrase

TABLE = Throttle.metadata.tables[Throttle.__tablename__]
KEPT = timedelta(days=2)
Wait = Callable[[Mapping[Limit, int], datetime], int]

# Built once, because every counted request runs one of them: building costs more than running.
UPSERTS = {
    dialect: insert(TABLE)
    .on_conflict_do_update(index_elements=[TABLE.c.bucket, TABLE.c.window_at], set_={"tries": TABLE.c.tries + 1})
    .returning(TABLE.c.bucket, TABLE.c.window_at, TABLE.c.tries)
    for dialect, insert in (("sqlite", sqlite_insert), ("postgresql", postgresql_insert))
}


@dataclass(frozen=True, slots=True)
class Counter:
    """One thing that is counted. `subject` is a secret-keyed digest or a number, never an address or e-mail."""

    kind: str
    subject: str
    limits: tuple[Limit, ...]
    wait: Wait = plain_wait

    def bucket(self, limit: Limit) -> str:
        return f"{self.kind}:{limit.seconds}:{token_digest(f'{self.kind}:{self.subject}')[:40]}"


Ticket = tuple[tuple[str, datetime], ...]
"""The rows one try was counted in."""


def take(session: Session, counters: Sequence[Counter], *, now: datetime) -> Ticket:
    """Count one try in every counter, in one statement. Refuses (TooMany) with the longest wait any of them asks for.

    A refused try is rolled back with the caller's transaction: knocking on a closed door does not keep it closed.
    """
    rows = {
        (counter.bucket(limit), limit.window_at(now)): (counter, limit)
        for counter in counters
        for limit in counter.limits
    }
    ticket = tuple(sorted(rows))  # everybody locks in the same order
    upsert = UPSERTS[session.get_bind().dialect.name]
    counted = session.execute(upsert, [{"bucket": bucket, "window_at": at, "tries": 1} for bucket, at in ticket]).all()
    tries = {(row.bucket, row.window_at): row.tries for row in counted}
    wait = 0
    for counter in counters:
        counts = {limit: tries[counter.bucket(limit), limit.window_at(now)] for limit in counter.limits}
        wait = max(wait, counter.wait(counts, now))
    if wait:
        sentence = f"That was tried too often. Please wait {wait_phrase(wait)} and try again."
        raise TooMany("too_many_tries", f"{sentence} Nothing is locked for good.", retry_after=wait)
    return ticket


def give_back(session: Session, ticket: Ticket) -> None:
    """The try succeeded: it does not count."""
    session.execute(
        update(Throttle)
        .where(tuple_(Throttle.bucket, Throttle.window_at).in_(ticket), Throttle.tries > 0)
        .values(tries=Throttle.tries - 1)
    )


def forget(session: Session, *, now: datetime) -> None:
    """Drop windows that are long over."""
    session.execute(delete(Throttle).where(Throttle.window_at < now - KEPT))
