"""People with roles signed in, and counting of statements, for tests of the office."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from flask import Flask
from sqlalchemy import event

from cme.store.database import db
from cme.store.session import transaction
from tests.conftest import NOW
from tests.factories.people import make_person, make_sign_in
from tests.support.client import Client


def signed_in(app: Flask, *roles: str) -> tuple[Client, int]:
    """A browser with a live session of somebody who holds the roles, and the person's number."""
    with app.app_context(), transaction() as session:
        person_id = make_person(session, now=NOW, name="Robin Office", roles=roles).id
        token = make_sign_in(session, person_id, now=NOW, ends_at=NOW + timedelta(days=3650))
    client = Client(app)
    with client.raw.session_transaction() as cookie:
        cookie["_user_id"] = token
        cookie["_fresh"] = True
    return client, person_id


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """Statements sent meanwhile, transaction control left out."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.split()[0] not in {"BEGIN", "COMMIT", "ROLLBACK", "PRAGMA"}:
            seen.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)
