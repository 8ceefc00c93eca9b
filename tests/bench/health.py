"""Item health over very many attempts: counting them, bringing the figures up to date, and the report's pages and files.

`python -m tests.bench.health [--attempts 100000] [--items 40 5000] [--database sqlite]`
"""

import argparse
import resource
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import time_machine
from sqlalchemy import text

from cme.store.database import db
from quizzes.queries.health import all_lines, health_of_quiz
from quizzes.services.tallying import JOB
from tests.bench.caller import Caller
from tests.bench.meter import Cost, Meter
from tests.factories.modules import Module, make_module
from tests.factories.people import PASSWORD, make_person
from tests.support import postgres
from tests.support.serving import Database

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
ASKED = 10
LATER = 500
AIMS = {"report": (2_000.0, None), "page": (40.0, 10), "item page": (40.0, 10)}
"""Milliseconds of CPU here and in the database, and statements."""
# Answers spread over the bank, so that every attempt holds ten different items; the able are right more often.
FILL = (
    """INSERT INTO people (email, email_key, name, credentials, profession, country, password_hash, registered_at,
         confirmed_at)
       SELECT 'many-' || n, 'many-' || n, 'Many', 'MD', 'physician', 'US', '!', :now, :now FROM many
       WHERE n BETWEEN :first AND :last""",
    """INSERT INTO attempts (code, person_id, release_id, version_id, number, seed, state, for_credit, started_at,
         submitted_at, total_points, pass_points, earned_points, passed, counted)
       SELECT 'many-' || n, p.id, :release, :version, 1, '0', 'submitted', true, :now, :now, 10, 8, 0, false, false
       FROM many JOIN people p ON p.email_key = 'many-' || n WHERE n BETWEEN :first AND :last""",
    """INSERT INTO answers (attempt_id, position, question_id, choice_order, kind, parts, chosen, saved_at, seconds,
         points, maximum)
       SELECT a.id, m.n, :question + (many.n * 10 + m.n) % :items, '["a", "b", "c", "d"]', 'single', '[]',
         CASE WHEN (many.n * 7919 + m.n * 10473 + many.n / 97 * 31) % 100 < 40 + many.n / 11 % 50 THEN 'a'
              WHEN (many.n * 31 + m.n) % 3 = 0 THEN 'b' WHEN (many.n + m.n) % 2 = 0 THEN 'c' ELSE 'd' END,
         :now, (many.n * 13 + m.n * 7) % 120,
         CASE WHEN (many.n * 7919 + m.n * 10473 + many.n / 97 * 31) % 100 < 40 + many.n / 11 % 50 THEN 1 ELSE 0 END, 1
       FROM many JOIN attempts a ON a.code = 'many-' || many.n JOIN many m ON m.n <= 10
       WHERE many.n BETWEEN :first AND :last""",
    """UPDATE attempts SET earned_points = (SELECT sum(points) FROM answers WHERE attempt_id = attempts.id)
       WHERE code IN (SELECT 'many-' || n FROM many WHERE n BETWEEN :first AND :last)""",
)


def main() -> int:
    """Exit code 1 when an aim is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.health", description=__doc__)
    parser.add_argument("--attempts", type=int, default=100_000)
    parser.add_argument("--items", type=int, nargs="+", default=[40, 5_000], help="questions in the bank")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    wanted = parser.parse_args()
    missed = False
    for dialect in wanted.database or ("sqlite", "postgresql"):
        for items in wanted.items:
            missed |= _measured(dialect, items, wanted.attempts)
    return 1 if missed else 0


def _measured(dialect: str, items: int, attempts: int) -> bool:
    server = postgres.start_server() if dialect == "postgresql" else None
    try:
        with tempfile.TemporaryDirectory(prefix="cme-bench-") as folder, time_machine.travel(NOW, tick=True):
            database = Database(dialect, Path(folder), server.url() if server else None)
            pid = (server.folder / "data" / "postmaster.pid").read_text(encoding="ascii").split()[0] if server else None
            costs = _costs(database, items, attempts, int(pid) if pid else None)
            database.close()
    finally:
        if server:
            server.remove()
    print(f"### {dialect}, {attempts:,} attempts of {ASKED} answers, a bank of {items:,}\n")
    print("| what | CPU ms | of it database ms | statements | |\n| --- | ---: | ---: | ---: | --- |")
    missed = False
    for name, cost in costs.items():
        most, statements = AIMS.get(name, (None, None))
        over = (most is not None and cost.web + cost.database > most) or (
            statements is not None and cost.statements > statements
        )
        missed |= over
        beside = f"{cost.database:.1f}" if dialect == "postgresql" else "in it"
        verdict = "OVER THE AIM" if over else ""
        print(f"| {name} | {cost.web + cost.database:.1f} | {beside} | {cost.statements} | {verdict} |")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nThe process held {peak:.0f} MB at most.\n", flush=True)
    return missed


def _costs(database: Database, items: int, attempts: int, postmaster: int | None) -> dict[str, Cost]:
    with database.writing() as session:
        module = make_module(session, now=NOW, questions=ASKED, pass_points=8, bank=items)
        email = make_person(session, now=NOW, roles=("editor",)).email
    _pour(database, module, items, 1, attempts - LATER)
    with database.app.app_context():
        meter = Meter(db.engine, postmaster)
    job = database.app.extensions["house"].jobs[JOB]

    def count() -> None:
        with database.app.app_context():
            job(quiz_id=module.quiz_id)

    found = {"all counted": meter.measure(count)[1]}
    _pour(database, module, items, attempts - LATER + 1, attempts)
    found[f"{LATER} more counted"] = meter.measure(count)[1]
    found["nothing new"] = meter.measure(count)[1]

    def report() -> None:
        with database.app.app_context():
            whole = health_of_quiz(db.session(), module.quiz_id)
            assert whole is not None
            assert sum(1 for _line in all_lines(db.session(), whole.version_id)) == items
            db.session.remove()

    found["report"] = meter.measure(report)[1]
    caller = Caller(database.app, "10.0.0.1")
    _sign_in(caller, email)
    here = f"/desk/quizzes/{module.quiz_id}/health"
    for name, path in (
        ("page", here),
        ("item page", f"{here}/item-1"),
        ("CSV", f"{here}.csv"),
        ("XLSX", f"{here}.xlsx"),
    ):
        caller.call(caller.get(path))  # warm
        reply, found[name] = meter.measure(lambda path=path: caller.call(caller.get(path)))
        assert reply.status == 200, (path, reply.status)
    return found


def _sign_in(caller: Caller, email: str) -> None:
    page = caller.call(caller.get("/sign-in"))
    caller.keep_cookies(page)
    form = page.form("/sign-in")
    form["email"], form["password"] = email, PASSWORD
    caller.keep_cookies(caller.call(caller.post("/sign-in", form.fields)))


def _pour(database: Database, module: Module, items: int, first: int, last: int) -> None:
    with database.writing() as session:
        session.execute(text("CREATE TABLE IF NOT EXISTS many (n INTEGER PRIMARY KEY)"))
        known = session.execute(text("SELECT count(*) FROM many")).scalar_one()
        if known < last:
            session.execute(text("INSERT INTO many (n) VALUES (:n)"), [{"n": n} for n in range(known + 1, last + 1)])
        question = session.execute(
            text("SELECT min(id) FROM questions WHERE version_id = :version"), {"version": module.version_id}
        ).scalar_one()
        values = {
            "now": NOW if database.dialect == "postgresql" else "2026-11-23 15:00:00.000000",
            "release": module.release_id,
            "version": module.version_id,
            "question": question,
            "items": items,
            "first": first,
            "last": last,
        }
        for statement in FILL:
            used = {name: value for name, value in values.items() if f":{name}" in statement}
            session.execute(text(statement), used)
    with database.app.app_context(), db.engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()


if __name__ == "__main__":
    sys.exit(main())
