"""The invariants that campaigns rely on find what they are for: each is broken on purpose once."""

import pytest
from sqlalchemy import text

from tests.campaign.ground import WEB, learners, open_module
from tests.campaign.invariants import Journal, breaches
from tests.support.serving import Database, Server

TRIGGERS = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
DAMAGE = {
    "I1 a credit rests": "UPDATE attempts SET counted = 0",
    "I1 no attempt is the evidence of two": "INSERT INTO requirements_met "
    "SELECT person_id, release_id + 1, requirement, met_at, evidence FROM requirements_met; {second_credit}",
    "I2": "{second_credit}; UPDATE credits SET release_id = 1",
    "I2 no credit beside": "{second_credit}; {second_release}",
    "I3": "UPDATE credits SET completed_at = '2001-01-01 00:00:00.000000'",
    "I4 every granted decision": "UPDATE credits SET decision_id = 99",
    "I4 every granted claim": "DELETE FROM evaluation_responses",
    "I4 every counted pass": "DELETE FROM requirements_met",
    "I4 a pass for credit": "UPDATE attempts SET counted = 0",
    "I5 every credit": "DELETE FROM certificates",
    "I5 no certificate": "UPDATE certificates SET credit_id = 99",
    "I7 an attempt is submitted once": "INSERT INTO audit_events (event, at, person_id, subject, subject_id, details) "
    "SELECT event, at, person_id, subject, subject_id, details FROM audit_events WHERE event = 'attempt.submitted'",
    "I7 a code": "{second_attempt}",
    "I13 the stored score": "UPDATE attempts SET earned_points = 1, passed = 0",
    "I13 the points of a single": "UPDATE answers SET points = 0",
    "I13 every answered": "UPDATE attempts SET version_id = 99",
    "I14 at most one": "{second_attempt}; UPDATE attempts SET state = 'open'",
    "I14 attempts are numbered": "UPDATE attempts SET number = 2",
}
PARTS = {
    "second_credit": ("credits", {"release_id": "release_id + 1", "decision_id": "decision_id + 1"}),
    "second_release": ("releases", {"number": "number + 1"}),
    "second_attempt": ("attempts", {"number": "number + 1"}),
}


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory):
    """A database after one learner's whole road, with every guard of the database taken away."""
    database = Database("sqlite", tmp_path_factory.mktemp("pattern"))
    module = open_module(database)
    with Server(database, processes=1, outbox=False, environment=WEB) as server:
        (learner,) = learners(server, module.slug, 1)
        code = learner.whole_road()
    journal = Journal(submitted={code: "a"}, saved=dict(learner.saved))
    assert breaches(database.rows, journal) == {}
    yield database, journal
    database.close()


def damaged(database: Database, script: str) -> dict[str, list]:
    """What `breaches` finds after the script, on a copy of every table without keys and constraints."""
    filled = script.format(**{name: _copy_of(database, *part) for name, part in PARTS.items()})
    with database.app.app_context():
        from cme.store.database import db

        with db.engine.connect() as connection:
            connection.execute(text("PRAGMA foreign_keys = OFF"))
            tables = [row[0] for row in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))]
            for table in tables:
                if not table.startswith("sqlite_"):
                    connection.execute(text(f"CREATE TEMP TABLE {table} AS SELECT * FROM main.{table}"))
            for statement in filled.split(";"):
                connection.execute(text(statement.strip()))
            try:
                return breaches(lambda sql: connection.execute(text(sql)).all())
            finally:
                connection.invalidate()


def _copy_of(database: Database, table: str, changed: dict[str, str]) -> str:
    columns = [row[1] for row in database.rows(f"PRAGMA table_info({table})")]
    values = [changed.get(name, "id + 1" if name == "id" else name) for name in columns]
    return f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} FROM {table}"


@pytest.mark.parametrize("name", DAMAGE)
def test_a_breach_is_found(pattern: tuple[Database, Journal], name: str):
    found = damaged(pattern[0], DAMAGE[name])
    assert any(invariant.startswith(name) for invariant in found), found


def test_a_lost_submission_is_found(pattern: tuple[Database, Journal]):
    database, journal = pattern
    code = next(iter(journal.submitted))
    (place,) = list(journal.saved)[:1]
    more = Journal(submitted={**journal.submitted, "never-arrived": "a"}, saved={**journal.saved, place: "b"})
    found = breaches(database.rows, more)
    assert found["I6 every acknowledged submission is there"] == [("never-arrived",)]
    assert found["I6 every acknowledged answer is there"] == [(*place, "b")]
    other = breaches(database.rows, Journal(submitted={code: "b"}))
    assert list(other) == ["I6 every submission holds the answers that were sent"]
