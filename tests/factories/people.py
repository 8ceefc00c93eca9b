"""People for tests."""

import itertools
from datetime import datetime

from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from cme.kernel.codes import new_token, token_digest
from cme.people.models import Person, RoleGrant, SignInSession

PASSWORD = "correct horse battery staple"
# Cheap on purpose: the strength of the real parameters is tested where passwords are tested.
_CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
_numbers = itertools.count(1)


def make_person(session: Session, *, now: datetime, roles: tuple[str, ...] = (), **changes: object) -> Person:
    """A confirmed physician, flushed."""
    number = next(_numbers)
    values: dict[str, object] = {
        "email": f"person{number}@example.org",
        "name": f"Person Number {number}",
        "credentials": "MD",
        "profession": "physician",
        "country": "US",
        "password_hash": _CHEAP,
        "registered_at": now,
        "confirmed_at": now,
        "closed_at": None,
        **changes,
    }
    values["email_key"] = str(values["email"]).lower()
    person = Person(**values)
    session.add(person)
    session.flush()
    for role in roles:
        session.add(RoleGrant(person_id=person.id, role=role, granted_at=now, granted_by=None))
    session.flush()
    return person


def make_sign_in(session: Session, person_id: int, *, now: datetime, ends_at: datetime) -> str:
    """A live session; gives the token a cookie carries."""
    token = new_token()
    session.add(
        SignInSession(
            person_id=person_id,
            token_digest=token_digest(token),
            started_at=now,
            last_seen_at=now,
            ends_at=ends_at,
            ended_at=None,
            device="Test",
        )
    )
    session.flush()
    return token
