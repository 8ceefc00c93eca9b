"""The database and the module that an arm runs on."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from cme.kernel.clock import utc_now
from tests.factories.modules import Module, make_module
from tests.factories.people import make_person
from tests.support.learner import Learner
from tests.support.serving import Database, Server
from tests.support.visiting import Visitor

WEB = {"CME_CERTIFICATE_WAIT": "0"}


@contextmanager
def database_in(folder: Path, dialect: str, postgres_url: str | None) -> Iterator[Database]:
    """A fresh database, gone afterwards."""
    database = Database(dialect, folder, postgres_url)
    try:
        yield database
    finally:
        database.close()


def open_module(database: Database, *, now: datetime | None = None, **changes: object) -> Module:
    """A module whose term holds today, whatever today is."""
    now = now or utc_now()
    today = now.date()
    values: dict[str, object] = {
        "opens_on": today - timedelta(days=300),
        "expires_on": today + timedelta(days=300),
        "zone": "UTC",
        **changes,
    }
    with database.writing() as session:
        return make_module(session, now=now, **values)  # type: ignore[arg-type]


def learners(server: Server, slug: str, number: int) -> list[Learner]:
    """That many people, each signed in and in front of the module."""
    with server.database.writing() as session:
        people = [make_person(session, now=server.now()).id for _ in range(number)]
    return [Learner(Visitor(server.url, server.cookie_of(person)), slug) for person in people]
