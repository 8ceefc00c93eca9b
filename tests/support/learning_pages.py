"""Learners at the pages of a module: signed in by a cookie, prepared by services, sending what forms send."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar

from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from cme.kernel.clock import utc_now
from cme.store.database import db
from cme.store.session import transaction
from tests.factories.modules import EVALUATION, Module, make_module
from tests.factories.people import make_person, make_sign_in
from tests.support import journeys
from tests.support.client import Client, Page

Result = TypeVar("Result")
COMPLETE = {**EVALUATION, "amount": "1.00", "attested": "y"}


def write(app: Flask, work: Callable[[Session], Result]) -> Result:
    """Do something in a committed transaction; gives what the work gives."""
    with app.app_context(), transaction() as session:
        return work(session)


def read(app: Flask, work: Callable[[Session], Result]) -> Result:
    """Look something up."""
    with app.app_context():
        return work(db.session())


def new_module(app: Flask, **changes: Any) -> Module:
    return write(app, lambda session: make_module(session, now=utc_now(), **changes))


def new_learner(app: Flask, **changes: object) -> tuple[Client, int]:
    """A person and their browser, as signed in just before the clock moves by up to a month."""
    now = utc_now()

    def make(session: Session) -> tuple[int, str]:
        person = make_person(session, now=now, **changes)
        later = now + timedelta(days=60)
        return person.id, make_sign_in(session, person.id, now=later, ends_at=later)

    person_id, token = write(app, make)
    return browser(app, token), person_id


def browser(app: Flask, token: str) -> Client:
    """A browser that holds this sign-in."""
    client = Client(app)
    with client.raw.session_transaction() as cookie:
        cookie["_user_id"] = token
        cookie["_fresh"] = True
        # Noted as seen later, so that a moved clock does not count as a long absence.
        cookie["seen"] = int((utc_now() + timedelta(days=60)).timestamp())
    return client


def completed(app: Flask, person_id: int, module: Module, *, now: datetime | None = None) -> None:
    """Everything but the claim, at one instant."""
    write(app, lambda session: journeys.complete(session, person_id, module.release_id, now=now or utc_now()))


def csrf(client: Client) -> str:
    """The token that every form of this browser carries."""
    return str(client.get("/transcript").form("/sign-out").fields["csrf_token"])


def send(client: Client, url: str, data: dict[str, Any], *, status: int = 303, **options: Any) -> Page:
    """A direct POST with a good token and nothing else of a form."""
    return client.post(url, {"csrf_token": csrf(client), **data}, status=status, follow=False, **options)


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """SQL sent meanwhile."""
    with app.app_context():
        engine = db.engine
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
            sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)
