"""Leaving: a copy of one's data, and closing the account for good."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from cme.audit.service import record
from cme.audit.tags import Event
from cme.kernel.refusal import Conflict
from cme.kernel.roles import GRANTABLE
from cme.mail import service as mail
from cme.part import PersonData
from cme.people.models import MailedLink, Person
from cme.people.queries import Lock
from cme.people.services import roles, sessions
from cme.people.services.throttle import Ticket, give_back

NO_PASSWORD = "closed"  # noqa: S105 - no hash of anything, so no password fits
NO_NAME = "Closed account"


def export_data(session: Session, person_id: int, kept: Collection[PersonData], *, now: datetime) -> dict[str, Any]:
    """Everything every room keeps of the person, by the room's own word for it; on the record."""
    record(session, Event.DATA_EXPORTED, now=now, person_id=person_id, subject="person", subject_id=person_id)
    session.flush()
    return {"exported_at": now.isoformat(), **{one.key: one.export(session, person_id) for one in kept}}


def close_account(session: Session, lock: Lock, kept: Collection[PersonData], *, ticket: Ticket, now: datetime) -> None:
    """Close the account after its password was found right: signed out everywhere, address and password gone.

    The name stays only where a room must keep records under it: accreditors ask for six years. Ledger, decisions and
    certificates stay as they are. Refuses: `last_administrator`; Conflict when the account changed meanwhile.
    """
    person_id = lock.person_id
    person = session.execute(
        select(Person.email, Person.name)
        .where(Person.id == person_id, Person.password_hash == lock.password_hash, Person.closed_at.is_(None))
        .with_for_update()
    ).one_or_none()
    if person is None:
        raise Conflict("account_changed_meanwhile", "The account was changed from elsewhere a moment ago.")
    give_back(session, ticket)
    for role in GRANTABLE:
        roles.withdraw(session, person_id, role, by=person_id, now=now)
    sessions.end_others(session, person_id, None, now=now)
    session.execute(delete(MailedLink).where(MailedLink.person_id == person_id))
    for one in kept:
        if one.erase is not None:
            one.erase(session, person_id)
    named = any(one.must_stay(session, person_id) for one in kept if one.must_stay is not None)
    nowhere = f"{person_id}@{mail.NOBODY}"
    gone = {"email": nowhere, "email_key": nowhere, "password_hash": NO_PASSWORD, "closed_at": now}
    session.execute(
        update(Person)
        .where(Person.id == person_id)
        .values(gone if named else {**gone, "name": NO_NAME, "credentials": ""})
    )
    mail.send(session, "account_closed", person.email, {"name": person.name}, now=now)
    details = {"name_kept": named}
    record(
        session,
        Event.ACCOUNT_CLOSED,
        now=now,
        person_id=person_id,
        subject="person",
        subject_id=person_id,
        details=details,
    )
