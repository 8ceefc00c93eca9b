"""Accounts: registering, confirming the address, the profile."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from cme.audit.service import record
from cme.audit.tags import Event
from cme.kernel.codes import token_digest
from cme.kernel.refusal import NotFound
from cme.mail import service as mail
from cme.people.models import MailedLink, Person
from cme.people.queries import profile_of
from cme.people.rules import Purpose
from cme.people.services import links
from cme.people.services.details import Applicant, Details, email_key


def register(session: Session, applicant: Applicant, password_hash: str, *, now: datetime) -> None:
    """Make the account and mail the confirmation; where there is one already, tell its owner instead.

    Both cases answer nothing, write as many rows and mail one message, so that nobody learns which one it was.
    """
    person_id = insert_person(session, applicant, password_hash, confirmed_at=None, now=now)
    if person_id is None:
        _tell_owner(session, applicant.email, now=now)
        return
    path = links.make(session, Purpose.CONFIRM, person_id, applicant.email, now=now)
    mail.send(session, "confirm_address", applicant.email, {"path": path}, now=now)


def insert_person(
    session: Session, applicant: Applicant, password_hash: str, *, confirmed_at: datetime | None, now: datetime
) -> int | None:
    """The new account's number, or None where the address has one. Two at once: the database lets one in."""
    details = applicant.details
    values: dict[str, Any] = {
        "email": applicant.email,
        "email_key": email_key(applicant.email),
        "name": details.name,
        "credentials": details.credentials,
        "profession": details.profession,
        "country": details.country,
        "password_hash": password_hash,
        "registered_at": now,
        "confirmed_at": confirmed_at,
    }
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    person_id = session.scalar(
        insert(Person).values(**values).on_conflict_do_nothing(index_elements=[Person.email_key]).returning(Person.id)
    )
    if person_id is not None:
        record(session, Event.ACCOUNT_REGISTERED, now=now, person_id=person_id, subject="person", subject_id=person_id)
    return person_id


def _tell_owner(session: Session, email: str, *, now: datetime) -> None:
    owner = session.execute(
        select(Person.id, Person.email, Person.name).where(
            Person.email_key == email_key(email), Person.closed_at.is_(None)
        )
    ).one_or_none()
    if owner is None:
        return
    path = links.make(session, Purpose.RESET, owner.id, owner.email, now=now)
    mail.send(session, "already_registered", owner.email, {"name": owner.name, "path": path}, now=now)


def confirm(session: Session, token: str, *, now: datetime) -> int:
    """The address is proved; gives the person. A second click after the first is fine. Refuses: LinkOver."""
    done = _confirmed_before(session, token)
    if done is not None:
        return done
    person_id, email = links.use(session, Purpose.CONFIRM, token, now=now)
    if not set_confirmed(session, person_id, email, now=now):
        raise links.LinkOver  # the account has another address by now
    return person_id


def set_confirmed(session: Session, person_id: int, email: str, *, now: datetime) -> bool:
    """Note that the person reads mail at this address; false when it is not the account's address (any more)."""
    person = session.execute(
        select(Person.email_key, Person.confirmed_at).where(Person.id == person_id, Person.closed_at.is_(None))
    ).one_or_none()
    if person is None or person.email_key != email_key(email):
        return False
    if person.confirmed_at is None:
        session.execute(update(Person).where(Person.id == person_id).values(confirmed_at=now))
        record(session, Event.ACCOUNT_CONFIRMED, now=now, person_id=person_id, subject="person", subject_id=person_id)
    return True


def _confirmed_before(session: Session, token: str) -> int | None:
    return session.scalar(
        select(Person.id)
        .join(MailedLink, MailedLink.person_id == Person.id)
        .where(
            MailedLink.token_digest == token_digest(token),
            MailedLink.purpose == Purpose.CONFIRM.value,
            MailedLink.used_at.is_not(None),
            MailedLink.email == Person.email,
            Person.confirmed_at.is_not(None),
            Person.closed_at.is_(None),
        )
    )


def change_profile(session: Session, person_id: int, details: Details, *, now: datetime) -> list[str]:
    """Store cleaned details; gives the fields that changed. Credit granted before keeps what was printed then."""
    before = profile_of(session, person_id)
    if before is None:
        raise NotFound
    changed = [
        field
        for field in ("name", "credentials", "profession", "country")
        if getattr(before, field) != getattr(details, field)
    ]
    if changed:
        session.execute(
            update(Person).where(Person.id == person_id).values({field: getattr(details, field) for field in changed})
        )
        record(
            session,
            Event.PROFILE_CHANGED,
            now=now,
            person_id=person_id,
            subject="person",
            subject_id=person_id,
            details={"fields": changed},
        )
    return changed
