"""Roles: granted and withdrawn, every time on the record; one administrator always stays."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from cme.audit.service import record
from cme.audit.tags import Event
from cme.kernel.refusal import NotFound, Refused
from cme.kernel.roles import GRANTABLE, Role
from cme.people.models import Person, RoleGrant


def set_roles(session: Session, person_id: int, wanted: Collection[Role], *, by: int | None, now: datetime) -> None:
    """Make the person's roles exactly these. `by` is None on the command line. Refuses what `withdraw` refuses."""
    for role in GRANTABLE:
        if role in wanted:
            grant(session, person_id, role, by=by, now=now)
        else:
            withdraw(session, person_id, role, by=by, now=now)


def grant(session: Session, person_id: int, role: Role, *, by: int | None, now: datetime) -> bool:
    """Give the role; false when it was held already. Refuses (NotFound) where there is no such open account."""
    if role not in GRANTABLE:
        raise Refused("role_not_grantable", "Everybody is a learner; that role cannot be granted.")
    if session.scalar(select(Person.id).where(Person.id == person_id, Person.closed_at.is_(None))) is None:
        raise NotFound("person_unknown", "There is no such account.")
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    granted = session.scalar(
        insert(RoleGrant)
        .values(person_id=person_id, role=role.value, granted_at=now, granted_by=by)
        .on_conflict_do_nothing()
        .returning(RoleGrant.role)
    )
    if granted is not None:
        _note(session, Event.ROLE_GRANTED, person_id, role, by=by, now=now)
    return granted is not None


def withdraw(session: Session, person_id: int, role: Role, *, by: int | None, now: datetime) -> bool:
    """Take the role away; false when it was not held. Refuses to leave the house without an administrator."""
    if role is Role.ADMINISTRATOR:
        _keep_one_administrator(session, person_id)
    gone = session.scalar(
        delete(RoleGrant)
        .where(RoleGrant.person_id == person_id, RoleGrant.role == role.value)
        .returning(RoleGrant.role)
    )
    if gone is not None:
        _note(session, Event.ROLE_WITHDRAWN, person_id, role, by=by, now=now)
    return gone is not None


def _keep_one_administrator(session: Session, person_id: int) -> None:
    # Locked, so that two administrators who withdraw each other at once do not both succeed.
    holders = session.scalars(
        select(RoleGrant.person_id)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(RoleGrant.role == Role.ADMINISTRATOR.value, Person.closed_at.is_(None))
        .order_by(RoleGrant.person_id)
        .with_for_update(of=RoleGrant)
    ).all()
    if list(holders) == [person_id]:
        raise Refused("last_administrator", "This is the only administrator. Make somebody else administrator first.")


def _note(session: Session, event: Event, person_id: int, role: Role, *, by: int | None, now: datetime) -> None:
    record(
        session,
        event,
        now=now,
        person_id=by,
        subject="person",
        subject_id=person_id,
        details={"role": role.value},
    )
