"""Who is asking: the person behind the session cookie, as a frozen value."""

from dataclasses import dataclass, field

from flask import Flask
from flask_login import AnonymousUserMixin, LoginManager

from cme.kernel.codes import token_digest
from cme.people import queries
from cme.store.database import db
from cme.web.moment import request_now


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A signed-in person. Flask-Login asks for the lower three."""

    token: str
    session_id: int
    person_id: int
    name: str
    email: str
    confirmed: bool
    roles: frozenset[str] = field(default_factory=frozenset)

    signed_in = True
    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        return self.token


class Stranger(AnonymousUserMixin):
    """Nobody signed in."""

    signed_in = False
    person_id = None
    name = ""
    confirmed = False
    roles: frozenset[str] = frozenset()


def load(token: str) -> SignedIn | None:
    """The person of a live session; None when it has ended, run out, or the account is closed."""
    seen = queries.visitor_of(db.session(), token_digest(token), now=request_now())
    if seen is None:
        return None
    return SignedIn(
        token=token,
        session_id=seen.session_id,
        person_id=seen.person_id,
        name=seen.name,
        email=seen.email,
        confirmed=seen.confirmed,
        roles=seen.roles,
    )


def init_app(app: Flask) -> None:
    """Set Flask-Login up. Its own session protection is off: our sessions are rows that can be ended."""
    manager = LoginManager()
    manager.session_protection = None  # pyright: ignore[reportAttributeAccessIssue] - None is its documented "off"
    manager.anonymous_user = Stranger
    manager.user_loader(load)
    manager.init_app(app)
