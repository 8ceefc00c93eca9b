"""Alive and ready: what a watcher is told, and when an installation says that it must not serve."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from cme.kernel.clock import utc_now
from cme.store.database import db
from cme.web import readiness
from tests.support.client import Client
from tests.support.stores import Store


def test_a_migrated_database_with_the_right_time_is_ready(store: Store) -> None:
    client = store.app.test_client()
    assert client.get("/healthz").json == {"status": "ok"}
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def found(store: Store, *, production: bool = False, ahead: timedelta = timedelta()) -> list[str]:
    with store.app.app_context():
        sentences = readiness.problems(db.session(), production=production, now=utc_now() + ahead)
        db.session.remove()
        return sentences


@pytest.mark.parametrize("seconds", [-2, 2, 3600, -86400])
def test_clocks_that_differ_are_named(store: Store, seconds: int) -> None:
    (sentence,) = found(store, ahead=timedelta(seconds=seconds))
    assert sentence.startswith("The clocks of this machine and of the database differ by ")
    assert found(store, ahead=timedelta(milliseconds=300)) == []


def test_a_wrong_clock_is_told_to_the_watcher(client: Client) -> None:
    answer = client.raw.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["problems"][0].startswith("The clocks of this machine")
    assert client.raw.get("/healthz").status_code == 200


def test_a_database_of_another_program_is_named(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "head_revision", lambda: "9999")
    (sentence,) = found(store)
    assert sentence.endswith("this program needs 9999.")


def test_a_database_that_does_not_answer_is_named(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_session: object) -> None:
        raise OperationalError("select", {}, Exception("gone"))

    monkeypatch.setattr(readiness, "current_revision", away)
    assert found(store) == ["The database does not answer (OperationalError)."]


def test_production_does_not_serve_from_a_database_that_forgets(store: Store) -> None:
    """The tests' own PostgreSQL runs without fsync, which is fast."""
    sentences = found(store, production=True)
    expected = ["PostgreSQL's fsync is off: an acknowledged answer could be lost."]
    assert sentences == (expected if store.dialect == "postgresql" else [])
