"""The end of the term through HTTP, with the clock shifted at the operating system around 2027-08-10T07:00:00Z."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.campaign.ground import WEB, learners, open_module
from tests.campaign.invariants import breaches
from tests.support.client import Form
from tests.support.learner import Learner
from tests.support.serving import Database, Server, faketime_library

END = datetime(2027, 8, 10, 7, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@dataclass
class Ready:
    """Everything prepared on the day before; the server's clock now runs towards the end of the term."""

    server: Server
    claims: list[tuple[Learner, Form]]
    open_attempt: tuple[Learner, str, Form]
    not_started: Learner


@pytest.fixture
def ready(fresh_sqlite: Database) -> Iterator[Ready]:
    if faketime_library() is None:
        if os.environ.get("CI"):
            pytest.fail("libfaketime is missing, and with CI set nothing is skipped")
        pytest.skip("no libfaketime here; `sh script/test` installs it")
    day_before = END - timedelta(hours=19)
    module = open_module(
        fresh_sqlite,
        now=day_before,
        opens_on=date(2024, 8, 9),
        expires_on=date(2027, 8, 9),
        zone="America/Los_Angeles",
    )
    began = time.monotonic()
    with Server(fresh_sqlite, outbox=False, environment=WEB, fake_at=day_before) as early:
        lead = timedelta(seconds=6 + 2 * (time.monotonic() - began))  # a busy machine takes longer to get ready
        crowd = learners(early, module.slug, 4)
        claims = []
        for learner in crowd[:2]:
            learner.start()
            learner.submit(learner.read())
            claims.append((learner, learner.claim_form()))
        crowd[2].start()
        code = crowd[2].read()
        attempt = (crowd[2], code, crowd[2].answered(code))
        port = early.port
    with Server(fresh_sqlite, outbox=False, environment=WEB, fake_at=END - lead, port=port) as server:
        yield Ready(server, claims, attempt, crowd[3])


def wait_for(server: Server, moment: datetime) -> None:
    left = (moment - server.now()).total_seconds()
    assert left > 0, f"this machine was {-left:.1f} s too slow to get ready for {moment}"
    time.sleep(left)


def test_the_term_ends_on_the_second_for_claim_submission_and_start(ready: Ready):
    (first, first_form), (second, second_form) = ready.claims
    late, code, form = ready.open_attempt

    # Early enough for a busy machine; that it arrived before the end is read from the decision below.
    wait_for(ready.server, END - 2 * SECOND)
    granted = first.send_claim(first_form)
    wait_for(ready.server, END + timedelta(milliseconds=50))
    denied = second.send_claim(second_form)
    after = late.send_submission(form, code)
    form_of_start = ready.not_started.visitor.get(f"/modules/{late.slug}")

    assert (granted.status, granted.location) == (303, f"/modules/{first.slug}/certificate")
    assert denied.status == 422
    assert "the last minute was 9 August 2027, 11:59 pm Los Angeles time" in denied.text
    assert after.status == 303
    result = late.result(code).text
    assert "self-test" in result
    assert not form_of_start.has_form("/start")
    _database_agrees(ready.server)


def _database_agrees(server: Server) -> None:
    rows = server.database.rows("SELECT outcome, code, decided_at FROM claim_decisions ORDER BY id")
    assert [row[:2] for row in rows] == [("granted", "granted"), ("denied", rows[1][1])]
    assert str(rows[0][2]) < "2027-08-10 07:00:00" <= str(rows[1][2])
    assert server.database.one("SELECT COUNT(*) FROM credits") == 1
    assert server.database.rows("SELECT passed, counted FROM attempts ORDER BY id DESC LIMIT 1") == [(1, 0)]
    assert breaches(server.database.rows) == {}
