"""What the room of people reads."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cme.people.models import Person, RoleGrant, SignInSession


@dataclass(frozen=True, slots=True)
class Seen:
    """The person of a live session."""

    session_id: int
    person_id: int
    name: str
    email: str
    confirmed: bool
    roles: frozenset[str]
    last_seen_at: datetime


def visitor_of(session: Session, token_digest: str, *, now: datetime) -> Seen | None:
    """Session, person and roles in one statement; None for an ended session or a closed account."""
    rows = session.execute(
        select(
            SignInSession.id,
            SignInSession.last_seen_at,
            Person.id,
            Person.name,
            Person.email,
            Person.confirmed_at,
            RoleGrant.role,
        )
        .join(Person, Person.id == SignInSession.person_id)
        .join(RoleGrant, RoleGrant.person_id == Person.id, isouter=True)
        .where(
            SignInSession.token_digest == token_digest,
            SignInSession.ended_at.is_(None),
            SignInSession.ends_at > now,
            Person.closed_at.is_(None),
        )
    ).all()
    if not rows:
        return None
    first = rows[0]
    return Seen(
        session_id=first[0],
        last_seen_at=first[1],
        person_id=first[2],
        name=first[3],
        email=first[4],
        confirmed=first[5] is not None,
        roles=frozenset(row[6] for row in rows if row[6] is not None),
    )
