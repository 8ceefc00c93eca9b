"""Real servers for the tests of this folder: one per database, shared, because each test looks at its own module."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.campaign.crowd import Report
from tests.campaign.ground import WEB, database_in
from tests.conftest import POSTGRES_URL
from tests.support.serving import Database, Server
from tests.support.stores import DIALECTS


@pytest.fixture(scope="module", params=DIALECTS)
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Three web workers on a fresh database. No outbox process: nothing here waits for a document."""
    folder = tmp_path_factory.mktemp(f"served-{request.param}")
    with (
        database_in(folder, request.param, os.environ.get(POSTGRES_URL)) as database,
        Server(database, processes=3, outbox=False, environment=WEB) as server,
    ):
        yield server


@pytest.fixture
def fresh_sqlite(tmp_path: Path) -> Iterator[Database]:
    """A database of one test, to which it may do anything."""
    with database_in(tmp_path, "sqlite", None) as database:
        yield database


def verdict(report: Report) -> None:
    """Fail with everything that the report found wrong."""
    assert not report.problems, f"{report.arm}, {report.dialect}: {report.problems} ({report.counts})"
