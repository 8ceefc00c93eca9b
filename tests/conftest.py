"""Fixtures: both databases, the application, the inspecting client, the clock."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy.orm import Session

from cme.store.database import db
from tests.support import postgres, typefaces
from tests.support.client import Client
from tests.support.stores import DIALECTS, Store

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
POSTGRES_URL = "CME_TEST_POSTGRES_URL"
_server: list[postgres.Server] = []


def pytest_configure(config: pytest.Config) -> None:
    """One PostgreSQL for the whole run; the processes of a parallel run inherit its address."""
    if hasattr(config, "workerinput") or os.environ.get(POSTGRES_URL):
        return
    if postgres.find_binaries() is None:
        if os.environ.get("CI"):
            raise pytest.UsageError("PostgreSQL is missing, and with CI set nothing is skipped.")
        return
    if config.option.collectonly:
        return
    _server.append(postgres.start_server())
    os.environ[POSTGRES_URL] = _server[0].url()


def pytest_unconfigure(config: pytest.Config) -> None:
    for server in _server:
        server.remove()
    if _server:
        os.environ.pop(POSTGRES_URL, None)
        _server.clear()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if os.environ.get(POSTGRES_URL) or os.environ.get("CI"):
        return
    missing = pytest.mark.skip(reason="no PostgreSQL server here; `sh script/test` installs one")
    for item in items:
        if "postgresql" in item.nodeid or item.get_closest_marker("postgres"):
            item.add_marker(missing)


@pytest.fixture(scope="session", autouse=True)
def shipped_typefaces_only() -> Iterator[None]:
    """What a developer has added with script/fonts-cjk changes no test."""
    with typefaces.added(None):
        yield


@pytest.fixture(scope="session")
def stores() -> Iterator[dict[str, Store]]:
    """The stores made so far in this process, by dialect."""
    made: dict[str, Store] = {}
    yield made
    for one in made.values():
        one.close()


@pytest.fixture(params=DIALECTS)
def store(request: pytest.FixtureRequest, stores: dict[str, Store], tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A clean, migrated database; every test that uses it runs on SQLite and on PostgreSQL."""
    return _store(request.param, stores, tmp_path_factory)


@pytest.fixture
def sqlite_store(stores: dict[str, Store], tmp_path_factory: pytest.TempPathFactory) -> Store:
    """SQLite only, for pages whose data layer is tested on both elsewhere."""
    return _store("sqlite", stores, tmp_path_factory)


def _store(dialect: str, stores: dict[str, Store], tmp_path_factory: pytest.TempPathFactory) -> Store:
    if dialect not in stores:
        folder = tmp_path_factory.mktemp(dialect)
        stores[dialect] = Store(dialect, folder, os.environ.get(POSTGRES_URL))
    stores[dialect].clean()
    return stores[dialect]


@pytest.fixture
def now() -> datetime:
    """An ordinary instant inside the shipped module's term."""
    return NOW


@pytest.fixture
def session(store: Store) -> Iterator[Session]:
    """A writing transaction that is rolled back: for services."""
    with store.app.app_context():
        current: Session = db.session()
        current.info.update(store.app.extensions["session_info"])
        current.connection(execution_options={"writes": True})
        yield current
        current.rollback()
        db.session.remove()


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """The clock stands at NOW until a test moves it."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def app(store: Store, clock: time_machine.Traveller) -> Flask:
    """The application on a clean database (both dialects); what it commits is gone before the next test."""
    store.dirty = True
    return store.app


@pytest.fixture
def web_app(sqlite_store: Store, clock: time_machine.Traveller) -> Flask:
    """As `app`, on SQLite only."""
    sqlite_store.dirty = True
    return sqlite_store.app


@pytest.fixture
def client(web_app: Flask) -> Client:
    """A browser without a sign-in, on SQLite."""
    return Client(web_app)


@pytest.fixture
def both_client(app: Flask) -> Client:
    """A browser without a sign-in, on each database."""
    return Client(app)


@pytest.fixture
def data_folder() -> Path:
    return Path(__file__).parent / "data"
