"""What goes through the mailbox: new links on demand, and moving an account to another address."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cme.audit.service import record
from cme.audit.tags import Event
from cme.kernel.codes import token_digest
from cme.kernel.refusal import Invalid, NotFound, Refused
from cme.mail import service as mail
from cme.outbox.service import enqueue
from cme.people.models import MailedLink, Person
from cme.people.rules import Purpose
from cme.people.services import links
from cme.people.services.details import email_key
from cme.store.session import violates

LINK_JOB = "people.mail_link"
TAKEN = "Another account uses this address, so yours keeps the old one."


def ask_link(session: Session, purpose: Purpose, key: str, *, now: datetime) -> None:
    """Somebody asked for a link to an address. The request only notes it: whether there is such an account is looked up
    afterwards, outside of it, so that the answer and its time are the same."""
    asked_at = now.isoformat()
    payload = {"purpose": purpose.value, "key": key, "asked_at": asked_at}
    enqueue(session, LINK_JOB, f"{purpose.value}:{asked_at}:{token_digest(key)[:40]}", payload, now=now)


def mail_link(session: Session, purpose: Purpose, key: str, asked_at: datetime, *, now: datetime) -> None:
    """Make and mail the link where there is an open account that can use it. The second time changes nothing."""
    person = session.execute(
        select(Person.id, Person.email, Person.name, Person.confirmed_at)
        .where(Person.email_key == key, Person.closed_at.is_(None))
        .with_for_update()
    ).one_or_none()
    if person is None or (purpose is Purpose.CONFIRM and person.confirmed_at is not None):
        return
    made = session.scalar(
        select(MailedLink.id)
        .where(MailedLink.person_id == person.id, MailedLink.purpose == purpose.value, MailedLink.made_at >= asked_at)
        .limit(1)
    )
    if made is not None:
        return
    path = links.make(session, purpose, person.id, person.email, now=now)
    if purpose is Purpose.RESET:
        mail.send(session, "reset_password", person.email, {"name": person.name, "path": path}, now=now)
        record(session, Event.PASSWORD_RESET_ASKED, now=now, person_id=None, subject="person", subject_id=person.id)
    else:
        mail.send(session, "confirm_address", person.email, {"path": path}, now=now)


def ask_new_address(session: Session, person_id: int, email: str, *, now: datetime) -> None:
    """Mail a link to the new address. Where it has an account, its owner is told, and the asker learns nothing.

    Refuses (Invalid) the address the account has already.
    """
    key = email_key(email)
    own = session.scalar(select(Person.email_key).where(Person.id == person_id, Person.closed_at.is_(None)))
    if own is None:
        raise NotFound
    if own == key:
        sentence = "Your account uses this address already."
        raise Invalid("email_same", sentence, {"email": [sentence]})
    owner = session.execute(
        select(Person.email, Person.name).where(Person.email_key == key, Person.closed_at.is_(None))
    ).one_or_none()
    if owner is not None:
        mail.send(session, "address_in_use", owner.email, {"name": owner.name}, now=now)
        return
    path = links.make(session, Purpose.CHANGE_EMAIL, person_id, email, now=now)
    mail.send(session, "confirm_new_address", email, {"path": path}, now=now)


def move_to_new_address(session: Session, token: str, *, now: datetime) -> int:
    """The new address is proved and becomes the account's; the old one gets a notice.

    Refuses: LinkOver, email_taken.
    """
    done = _moved_before(session, token)
    if done is not None:
        return done
    person_id, email = links.use(session, Purpose.CHANGE_EMAIL, token, now=now)
    person = session.execute(
        select(Person.email, Person.name).where(Person.id == person_id, Person.closed_at.is_(None)).with_for_update()
    ).one_or_none()
    if person is None:
        raise links.LinkOver
    try:
        session.execute(
            update(Person)
            .where(Person.id == person_id)
            .values(email=email, email_key=email_key(email), confirmed_at=now)
        )
    except IntegrityError as error:
        if violates(error, "uq_people_email_key"):
            raise Refused("email_taken", TAKEN) from None
        raise
    links.drop_all(session, person_id, now=now)
    mail.send(session, "address_changed", person.email, {"name": person.name}, now=now)
    record(session, Event.EMAIL_CHANGED, now=now, person_id=person_id, subject="person", subject_id=person_id)
    return person_id


def _moved_before(session: Session, token: str) -> int | None:
    return session.scalar(
        select(Person.id)
        .join(MailedLink, MailedLink.person_id == Person.id)
        .where(
            MailedLink.token_digest == token_digest(token),
            MailedLink.purpose == Purpose.CHANGE_EMAIL.value,
            MailedLink.used_at.is_not(None),
            MailedLink.email == Person.email,
            Person.closed_at.is_(None),
        )
    )
