"""What the room of people reads."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, bindparam, func, or_, select
from sqlalchemy.orm import Session

from cme.kernel.paging import PAGE_SIZE, Page, offset_of, page_of
from cme.kernel.professions import Profession
from cme.people.models import MailedLink, Person, RoleGrant, SignInSession
from cme.people.rules import SESSION_IDLES

_SESSIONS = cast("Table", SignInSession.__table__)
_PEOPLE = cast("Table", Person.__table__)
_GRANTS = cast("Table", RoleGrant.__table__)
# Built once, because every request runs it: building costs more than running.
_VISITOR = (
    select(
        _SESSIONS.c.id,
        _SESSIONS.c.last_seen_at,
        _PEOPLE.c.id,
        _PEOPLE.c.name,
        _PEOPLE.c.email,
        _PEOPLE.c.confirmed_at,
        _GRANTS.c.role,
    )
    .select_from(
        _SESSIONS.join(_PEOPLE, _PEOPLE.c.id == _SESSIONS.c.person_id).outerjoin(
            _GRANTS, _GRANTS.c.person_id == _PEOPLE.c.id
        )
    )
    .where(
        _SESSIONS.c.token_digest == bindparam("token"),
        _SESSIONS.c.ended_at.is_(None),
        _SESSIONS.c.ends_at > bindparam("at"),
        _SESSIONS.c.last_seen_at > bindparam("idle_since"),
        _PEOPLE.c.closed_at.is_(None),
    )
)


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


@dataclass(frozen=True, slots=True)
class Profile:
    """What an account says of its person."""

    person_id: int
    name: str
    credentials: str
    profession: Profession
    country: str
    email: str
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Lock:
    """What a password is tried against."""

    person_id: int
    password_hash: str


@dataclass(frozen=True, slots=True)
class LiveSession:
    """One signed-in browser, as its owner sees it."""

    session_id: int
    device: str
    started_at: datetime
    last_seen_at: datetime
    current: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the office's list of people."""

    person_id: int
    name: str
    email: str
    profession: Profession
    registered_at: datetime
    confirmed: bool
    roles: tuple[str, ...]


def visitor_of(session: Session, token_digest: str, *, now: datetime) -> Seen | None:
    """Session, person and roles in one statement; None for an ended or forgotten session or a closed account."""
    rows: Any = session.execute(_VISITOR, {"token": token_digest, "at": now, "idle_since": now - SESSION_IDLES}).all()
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


def _alive(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        SignInSession.ended_at.is_(None),
        SignInSession.ends_at > now,
        SignInSession.last_seen_at > now - SESSION_IDLES,
    )


def profile_of(session: Session, person_id: int) -> Profile | None:
    """The profile of an open account."""
    person = session.execute(
        select(
            Person.id,
            Person.name,
            Person.credentials,
            Person.profession,
            Person.country,
            Person.email,
            Person.confirmed_at,
        ).where(Person.id == person_id, Person.closed_at.is_(None))
    ).one_or_none()
    if person is None:
        return None
    return Profile(
        person_id=person.id,
        name=person.name,
        credentials=person.credentials,
        profession=Profession(person.profession),
        country=person.country,
        email=person.email,
        confirmed_at=person.confirmed_at,
    )


def lock_of(session: Session, email_key: str) -> Lock | None:
    """Person and password hash for an address, or None where no open account has it."""
    row = session.execute(
        select(Person.id, Person.password_hash).where(Person.email_key == email_key, Person.closed_at.is_(None))
    ).one_or_none()
    return None if row is None else Lock(row[0], row[1])


def lock_of_person(session: Session, person_id: int) -> Lock | None:
    """As `lock_of`, for somebody who is signed in and asked for the password again."""
    row = session.execute(
        select(Person.id, Person.password_hash).where(Person.id == person_id, Person.closed_at.is_(None))
    ).one_or_none()
    return None if row is None else Lock(row[0], row[1])


def person_id_of(session: Session, email_key: str) -> int | None:
    """The open account with this address."""
    found = lock_of(session, email_key)
    return None if found is None else found.person_id


def live_link(session: Session, token_digest: str, purpose: str, *, now: datetime) -> tuple[int, str] | None:
    """Person and address of a mailed link that can still be used."""
    row = session.execute(
        select(MailedLink.person_id, MailedLink.email)
        .join(Person, Person.id == MailedLink.person_id)
        .where(
            MailedLink.token_digest == token_digest,
            MailedLink.purpose == purpose,
            MailedLink.used_at.is_(None),
            MailedLink.ends_at > now,
            Person.closed_at.is_(None),
        )
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def live_sessions(session: Session, person_id: int, current_id: int | None, *, now: datetime) -> list[LiveSession]:
    """Where somebody is signed in, the present browser first, then the last seen."""
    rows = session.execute(
        select(SignInSession.id, SignInSession.device, SignInSession.started_at, SignInSession.last_seen_at)
        .where(SignInSession.person_id == person_id, *_alive(now))
        .order_by(SignInSession.last_seen_at.desc(), SignInSession.id.desc())
    ).all()
    found = [LiveSession(row[0], row[1], row[2], row[3], row[0] == current_id) for row in rows]
    return sorted(found, key=lambda one: not one.current)


def people_page(session: Session, search: str, number: int) -> Page[Listed]:
    """People whose name or address holds the text, newest first, with their roles: two statements."""
    wanted = select(Person).where(Person.closed_at.is_(None))
    if search:
        text = search.lower()
        wanted = wanted.where(
            or_(
                Person.email_key.contains(text, autoescape=True),
                func.lower(Person.name).contains(text, autoescape=True),
            )
        )
    wanted = wanted.order_by(Person.id.desc()).offset(offset_of(number)).limit(PAGE_SIZE + 1)
    people = session.scalars(wanted).all()
    roles = roles_of(session, [person.id for person in people])
    return page_of([_listed(person, roles.get(person.id, ())) for person in people], number)


def listed_person(session: Session, person_id: int) -> Listed | None:
    """One person as the office sees them."""
    person = session.scalar(select(Person).where(Person.id == person_id, Person.closed_at.is_(None)))
    return None if person is None else _listed(person, roles_of(session, [person_id]).get(person_id, ()))


def holders(session: Session) -> list[Listed]:
    """Everybody who holds a role, by name."""
    people = session.scalars(
        select(Person)
        .where(Person.id.in_(select(RoleGrant.person_id)), Person.closed_at.is_(None))
        .order_by(Person.name, Person.id)
    ).all()
    roles = roles_of(session, [person.id for person in people])
    return [_listed(person, roles.get(person.id, ())) for person in people]


def roles_of(session: Session, person_ids: list[int]) -> dict[int, tuple[str, ...]]:
    """Roles by person."""
    found: dict[int, tuple[str, ...]] = {}
    grants = select(RoleGrant.person_id, RoleGrant.role).where(RoleGrant.person_id.in_(person_ids))
    for person_id, role in session.execute(grants.order_by(RoleGrant.role)):
        found[person_id] = (*found.get(person_id, ()), role)
    return found


def _listed(person: Person, roles: tuple[str, ...]) -> Listed:
    return Listed(
        person_id=person.id,
        name=person.name,
        email=person.email,
        profession=Profession(person.profession),
        registered_at=person.registered_at,
        confirmed=person.confirmed_at is not None,
        roles=roles,
    )


def exported_account(session: Session, person_id: int) -> dict[str, Any] | None:
    """What this room keeps of a person, as plain data. Secrets (hashes, tokens) are not data about a person."""
    person = session.get(Person, person_id)
    if person is None:
        return None
    grants = session.execute(
        select(RoleGrant.role, RoleGrant.granted_at).where(RoleGrant.person_id == person_id).order_by(RoleGrant.role)
    ).all()
    browsers = session.scalars(
        select(SignInSession).where(SignInSession.person_id == person_id).order_by(SignInSession.id)
    ).all()
    return {
        "name": person.name,
        "credentials": person.credentials,
        "email": person.email,
        "profession": person.profession,
        "country": person.country,
        "registered_at": person.registered_at.isoformat(),
        "confirmed_at": person.confirmed_at.isoformat() if person.confirmed_at else None,
        "roles": [{"role": role, "granted_at": at.isoformat()} for role, at in grants],
        "sign_ins": [
            {
                "device": browser.device,
                "started_at": browser.started_at.isoformat(),
                "last_seen_at": browser.last_seen_at.isoformat(),
            }
            for browser in browsers
        ],
    }
