"""Signed-in browsers: begun, seen, ended."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cme.audit.service import record
from cme.audit.tags import Event
from cme.kernel.codes import new_token, token_digest
from cme.kernel.refusal import NotFound
from cme.people.models import Person, SignInSession
from cme.people.queries import Lock
from cme.people.rules import SESSION_LASTS, TOUCHED_EVERY, device_name
from cme.people.services.throttle import Ticket, give_back


def begin(
    session: Session, lock: Lock, *, rehashed: str | None, user_agent: str, ticket: Ticket, now: datetime
) -> str | None:
    """Sign the person in after the password was found right; gives the new session's token.

    None when the account was closed or its password changed while this one was being checked.
    """
    person_id = session.scalar(
        select(Person.id)
        .where(Person.id == lock.person_id, Person.password_hash == lock.password_hash, Person.closed_at.is_(None))
        .with_for_update()
    )
    if person_id is None:
        return None
    give_back(session, ticket)
    if rehashed is not None:
        session.execute(update(Person).where(Person.id == person_id).values(password_hash=rehashed))
    token = new_token()
    started = SignInSession(
        person_id=person_id,
        token_digest=token_digest(token),
        started_at=now,
        last_seen_at=now,
        ends_at=now + SESSION_LASTS,
        device=device_name(user_agent),
    )
    session.add(started)
    session.flush()
    record(session, Event.SIGNED_IN, now=now, person_id=person_id, subject="session", subject_id=started.id)
    return token


def renew(session: Session, session_id: int, *, now: datetime) -> str:
    """A new token for a session whose owner has just proved the password again; the old token is dead."""
    token = new_token()
    session.execute(
        update(SignInSession)
        .where(SignInSession.id == session_id)
        .values(token_digest=token_digest(token), last_seen_at=now)
    )
    return token


def refuse(session: Session, lock: Lock | None, *, now: datetime) -> None:
    """Remember a failed sign-in, whether there is such an account or not."""
    subject_id = "unknown" if lock is None else lock.person_id
    record(session, Event.SIGN_IN_FAILED, now=now, person_id=None, subject="person", subject_id=subject_id)


def end(session: Session, session_id: int, person_id: int, *, now: datetime) -> None:
    """Sign out of the present browser. Doing it twice is fine."""
    if _end(session, now, SignInSession.id == session_id, SignInSession.person_id == person_id):
        record(session, Event.SIGNED_OUT, now=now, person_id=person_id, subject="session", subject_id=session_id)


def end_one(session: Session, session_id: int, person_id: int, *, now: datetime) -> None:
    """End one of one's own sessions. Refuses (NotFound) any other."""
    if not _end(session, now, SignInSession.id == session_id, SignInSession.person_id == person_id):
        raise NotFound("session_unknown", "That browser is not signed in any more.")
    record(session, Event.SESSION_ENDED, now=now, person_id=person_id, subject="session", subject_id=session_id)


def end_others(session: Session, person_id: int, keep_id: int | None, *, now: datetime) -> int:
    """End all sessions of a person but the kept one; gives their number."""
    ended = _end(session, now, SignInSession.person_id == person_id, SignInSession.id != (keep_id or 0))
    for session_id in ended:
        record(session, Event.SESSION_ENDED, now=now, person_id=person_id, subject="session", subject_id=session_id)
    return len(ended)


def touch(session: Session, session_id: int, *, now: datetime) -> None:
    """The browser was seen. Written at most every five minutes, and never backwards."""
    session.execute(
        update(SignInSession)
        .where(
            SignInSession.id == session_id,
            SignInSession.ended_at.is_(None),
            SignInSession.last_seen_at <= now - TOUCHED_EVERY,
        )
        .values(last_seen_at=now)
    )


def _end(session: Session, now: datetime, *which: object) -> list[int]:
    ended = update(SignInSession).where(*which, SignInSession.ended_at.is_(None), SignInSession.ends_at > now)  # type: ignore[arg-type]
    return list(session.scalars(ended.values(ended_at=now).returning(SignInSession.id)).all())
