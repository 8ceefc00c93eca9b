"""The drainer: once and as a loop, told to stop, with failing duties, with the database away, beside others."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from cme import cli
from cme.kernel.clock import utc_now
from cme.mail import service as mail
from cme.operations import draining
from cme.outbox.models import OutboxWork
from cme.outbox.service import KEPT_AFTER_DONE, LEASE, MOST_TRIES, enqueue
from cme.store.database import db
from cme.store.session import transaction
from tests.conftest import NOW
from tests.support.stores import Store


@pytest.fixture
def jobs(app: Flask, monkeypatch: pytest.MonkeyPatch) -> dict[str, Callable[..., None]]:
    """The jobs of this house, to be filled by the test; no duties but the outbox's own."""
    made: dict[str, Callable[..., None]] = {}
    monkeypatch.setitem(app.extensions, "house", replace(app.extensions["house"], jobs=made, sweeps=()))
    return made


def ask(app: Flask, kind: str, *keys: str) -> None:
    with app.app_context(), transaction() as session:
        for key in keys:
            enqueue(session, kind, key, {"key": key}, now=utc_now())


def noting(seen: list[str]) -> Callable[..., None]:
    def note(key: str) -> None:
        seen.append(key)

    return note


def rows(app: Flask) -> dict[str, OutboxWork]:
    with app.app_context():
        return {row.key: row for row in db.session.scalars(select(OutboxWork))}


def test_once_does_all_that_is_due_and_says_how_much(app: Flask, jobs: dict[str, Callable[..., None]]) -> None:
    seen: list[str] = []
    jobs["note"] = noting(seen)
    ask(app, "note", "a", "b", "c")
    assert draining.run_once(app) == 3
    assert sorted(seen) == ["a", "b", "c"]
    assert all(row.finished_at == NOW and row.payload == {} for row in rows(app).values())
    assert draining.run_once(app) == 0


def test_the_command_once(app: Flask, jobs: dict[str, Callable[..., None]]) -> None:
    jobs["note"] = lambda key: None
    ask(app, "note", "a", "b")
    result = app.test_cli_runner().invoke(cli.outbox_group, ["run", "--once"])
    assert (result.exit_code, result.output) == (0, "2 done.\n")


def test_a_piece_that_fails_waits_longer_each_time_and_is_given_up_at_last(
    app: Flask, jobs: dict[str, Callable[..., None]], clock: time_machine.Traveller
) -> None:
    tried: list[str] = []

    def fail(key: str) -> None:
        tried.append(key)
        raise ValueError("no luck")

    jobs["fail"] = fail
    ask(app, "fail", "a")
    waits = []
    for _ in range(MOST_TRIES):
        assert draining.run_once(app) == 1
        row = rows(app)["a"]
        waits.append((row.due_at - utc_now()).total_seconds())
        assert draining.run_once(app) == 0, "not before its time"
        clock.move_to(row.due_at)
    assert waits[:5] == [2, 4, 8, 16, 32]
    row = rows(app)["a"]
    assert row.failed_at is not None
    assert row.last_error == "ValueError: no luck"
    clock.shift(timedelta(days=1))
    assert draining.run_once(app) == 0
    assert len(tried) == MOST_TRIES


def test_work_of_a_kind_nobody_knows_is_kept_with_its_reason(app: Flask, jobs: dict[str, Callable[..., None]]) -> None:
    ask(app, "unheard-of", "a")
    draining.run_once(app)
    assert rows(app)["a"].last_error == "LookupError: no job is called unheard-of"
    assert rows(app)["a"].payload == {"key": "a"}


def test_what_a_killed_drainer_held_is_done_after_its_lease(
    app: Flask, jobs: dict[str, Callable[..., None]], clock: time_machine.Traveller
) -> None:
    seen: list[str] = []

    def killed(key: str) -> None:
        raise KeyboardInterrupt  # goes through the drainer as a kill does: nothing is recorded

    jobs["note"] = killed
    ask(app, "note", "a")
    with pytest.raises(KeyboardInterrupt):
        draining.run_once(app)
    jobs["note"] = noting(seen)
    clock.shift(LEASE - timedelta(seconds=1))
    assert draining.run_once(app) == 0
    clock.shift(timedelta(seconds=1))
    assert draining.run_once(app) == 1
    assert seen == ["a"]


def test_told_to_stop_it_finishes_the_piece_at_hand_and_leaves_the_others_free(
    app: Flask, jobs: dict[str, Callable[..., None]]
) -> None:
    stop, seen = threading.Event(), []

    def note(key: str) -> None:
        stop.set()
        seen.append(key)

    jobs["note"] = note
    ask(app, "note", "a", "b", "c")
    draining.run(app, stop)
    assert len(seen) == 1
    left = [row for key, row in rows(app).items() if key not in seen]
    assert [(row.tries, row.finished_at) for row in left] == [(0, None), (0, None)]
    assert rows(app)[seen[0]].finished_at is not None


def test_the_loop_finds_work_that_comes_later(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.dirty = True
    app, stop, seen = store.app, threading.Event(), []
    monkeypatch.setitem(
        app.extensions, "house", replace(app.extensions["house"], jobs={"note": noting(seen)}, sweeps=())
    )
    worker = threading.Thread(target=draining.run, args=(app, stop))
    worker.start()
    try:
        for key in ("a", "b"):
            ask(app, "note", key)
            deadline = time.monotonic() + 10
            while key not in seen and time.monotonic() < deadline:
                time.sleep(0.02)
    finally:
        stop.set()
        worker.join(10)
    assert seen == ["a", "b"]
    assert not worker.is_alive()


def test_pauses_grow_while_there_is_nothing_and_shrink_when_there_is(
    app: Flask, jobs: dict[str, Callable[..., None]]
) -> None:
    class Clockless(threading.Event):
        pauses: list[float] = []  # noqa: RUF012 - one use

        def wait(self, timeout: float | None = None) -> bool:
            assert timeout is not None
            self.pauses.append(round(timeout, 1))
            if len(self.pauses) == 5:
                ask(app, "note", "a")
            if len(self.pauses) == 7:
                self.set()
            return self.is_set()

    jobs["note"] = lambda key: None
    stop = Clockless()
    draining.run(app, stop)
    assert stop.pauses == [0.3, 0.6, 1.2, 2.0, 2.0, 0.3, 0.6]


def test_duties_are_done_once_a_minute_and_one_that_fails_stops_no_other(
    app: Flask, monkeypatch: pytest.MonkeyPatch, clock: time_machine.Traveller
) -> None:
    done: list[str] = []

    def fail(_session: object, *, now: object) -> None:
        done.append("failing")
        raise RuntimeError

    def work(_session: object, *, now: object) -> None:
        done.append(f"{now:%H:%M:%S}")

    monkeypatch.setitem(app.extensions, "house", replace(app.extensions["house"], jobs={}, sweeps=(fail, work)))
    stop, passes = threading.Event(), iter(range(4))

    def wait(_seconds: float) -> None:
        clock.shift(timedelta(seconds=30))
        if next(passes) == 3:
            stop.set()

    monkeypatch.setattr(stop, "wait", wait)
    draining.run(app, stop)
    assert done == ["failing", "15:00:00", "failing", "15:01:00"]


def test_done_work_is_forgotten_after_a_week_and_not_a_moment_before(
    app: Flask, jobs: dict[str, Callable[..., None]], clock: time_machine.Traveller
) -> None:
    jobs["note"] = lambda key: None
    ask(app, "note", "done")
    draining.run_once(app)
    ask(app, "unheard-of", "undone")
    clock.shift(KEPT_AFTER_DONE)
    draining.sweep(app)
    assert set(rows(app)) == {"done", "undone"}
    clock.shift(timedelta(microseconds=1))
    draining.sweep(app)
    assert set(rows(app)) == {"undone"}


def test_a_database_that_is_away_is_waited_for(
    app: Flask, jobs: dict[str, Callable[..., None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    stop = threading.Event()
    jobs["note"] = lambda key: (seen.append(key), stop.set())[0]
    ask(app, "note", "a")
    drain, failures = draining.drain, iter([True, True, False])

    def broken(*arguments: object, **options: object) -> int:
        if next(failures):
            raise OperationalError("SELECT", {}, Exception("the server is restarting"))
        return drain(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(draining, "drain", broken)
    monkeypatch.setattr(draining, "SHORTEST_PAUSE", 0.01)
    draining.run(app, stop)
    assert seen == ["a"]


def test_four_drainers_at_once_do_each_piece_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.dirty = True
    app, seen, lock = store.app, [], threading.Lock()

    def note(key: str) -> None:
        with lock:
            seen.append(key)

    monkeypatch.setitem(app.extensions, "house", replace(app.extensions["house"], jobs={"note": note}, sweeps=()))
    keys = [str(number) for number in range(40)]
    ask(app, "note", *keys)
    workers = [threading.Thread(target=draining.run_once, args=(app,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert sorted(seen) == sorted(keys)
    assert all(row.finished_at is not None and row.tries == 1 for row in rows(app).values())


def test_the_process_sends_mail_and_ends_when_told(tmp_path: Path) -> None:
    environment = {**os.environ, "CME_INSTANCE": str(tmp_path), "CME_MODE": "test", "CME_SECRET_KEY": "k" * 40}
    flask = [sys.executable, "-m", "flask", "--app", "wsgi"]
    subprocess.run([*flask, "start", "prepare"], env=environment, check=True, capture_output=True)
    process = subprocess.Popen(
        [*flask, "outbox", "run"], env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        from tests.support.stores import settings_for
        from wsgi import create_app

        app = create_app(settings_for(f"sqlite:///{tmp_path / 'cme.sqlite3'}", tmp_path))
        with app.app_context():
            with transaction() as session:
                mail.send(
                    session, "password_changed", "ann@example.org", {"name": "Ann", "path": "/account"}, now=utc_now()
                )
            db.engine.dispose()
        deadline = time.monotonic() + 20
        while not list((tmp_path / "mail").glob("*.txt")) and time.monotonic() < deadline:
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.05)
        assert "ann@example.org" in next((tmp_path / "mail").glob("*.txt")).read_text()
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
