"""A new password: by its owner who knows the old one, or by a mailed link. Either way everything else is shut."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cme.audit.service import record
from cme.audit.tags import Event
from cme.kernel.refusal import Conflict
from cme.mail import service as mail
from cme.people.models import Person
from cme.people.queries import Lock
from cme.people.rules import Purpose
from cme.people.services import links, sessions
from cme.people.services.accounts import set_confirmed
from cme.people.services.throttle import Ticket, give_back

FORGOT_PATH = "/forgot"


def change_password(
    session: Session, lock: Lock, new_hash: str, *, keep_session_id: int, ticket: Ticket, now: datetime
) -> None:
    """Set a new password after the old one was found right; other browsers are signed out. Refuses (Conflict) when it
    was changed meanwhile."""
    done = session.scalar(
        update(Person)
        .where(Person.id == lock.person_id, Person.password_hash == lock.password_hash, Person.closed_at.is_(None))
        .values(password_hash=new_hash)
        .returning(Person.id)
    )
    if done is None:
        raise Conflict("password_changed_meanwhile", "The password was changed from elsewhere a moment ago.")
    give_back(session, ticket)
    _shut(session, lock.person_id, keep_session_id, how="changed", now=now)


def reset_password(session: Session, token: str, new_hash: str, *, now: datetime) -> str:
    """Set a new password by a mailed link; gives the account's key. Refuses: LinkOver.

    Whoever has the link reads the mailbox, so the address is confirmed too.
    """
    person_id, email = links.use(session, Purpose.RESET, token, now=now)
    key = session.scalar(
        update(Person)
        .where(Person.id == person_id, Person.closed_at.is_(None))
        .values(password_hash=new_hash)
        .returning(Person.email_key)
    )
    if key is None:
        raise links.LinkOver
    set_confirmed(session, person_id, email, now=now)
    _shut(session, person_id, None, how="reset", now=now)
    return key


def _shut(session: Session, person_id: int, keep_session_id: int | None, *, how: str, now: datetime) -> None:
    sessions.end_others(session, person_id, keep_session_id, now=now)
    links.drop_all(session, person_id, now=now)
    person = session.execute(select(Person.email, Person.name).where(Person.id == person_id)).one()
    mail.send(session, "password_changed", person.email, {"name": person.name, "path": FORGOT_PATH}, now=now)
    record(
        session,
        Event.PASSWORD_CHANGED,
        now=now,
        person_id=person_id,
        subject="person",
        subject_id=person_id,
        details={"how": how},
    )
