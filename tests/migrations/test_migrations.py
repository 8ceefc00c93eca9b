"""Migrations: up, down, up again with data, equal to the models, on both databases."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import MetaData, func, inspect, select, text
from sqlalchemy.exc import DatabaseError

from cme.audit.models import AuditEvent
from cme.audit.service import record
from cme.audit.tags import Event
from cme.people.models import Person
from cme.store.database import db
from cme.store.guards import guarded_tables
from cme.store.session import transaction
from cme.web.readiness import head_revision
from tests.factories.modules import make_module
from tests.factories.people import make_person
from tests.support.stores import Store

FOLDER = Path(__file__).resolve().parents[2] / "migrations"
REVISIONS = [script.revision for script in ScriptDirectory(str(FOLDER)).walk_revisions()][::-1]


@pytest.fixture
def app(store: Store) -> Iterator[Flask]:
    """A database of its own that the migrations may take apart; the next test gets a clean one again."""
    store.dirty = True
    with store.app.app_context():
        yield store.app
        db.session.remove()


def fill(now: datetime) -> None:
    with transaction() as session:
        person = make_person(session, now=now)
        make_module(session, now=now)
        record(session, Event.SIGNED_IN, now=now, person_id=person.id, subject="person", subject_id=person.id)


def schema() -> dict[str, object]:
    """Tables, columns and constraints as the database reports them."""
    db.session.remove()
    metadata = MetaData()
    metadata.reflect(db.engine)
    inspector = inspect(db.engine)
    return {
        table.name: (
            sorted((column.name, str(column.type), column.nullable) for column in table.columns),
            sorted(str(check["name"]) for check in inspector.get_check_constraints(table.name)),
            sorted(str(unique["name"]) for unique in inspector.get_unique_constraints(table.name)),
            sorted((str(index["name"]), index["unique"]) for index in inspector.get_indexes(table.name)),
            sorted(str(key["name"]) for key in inspector.get_foreign_keys(table.name)),
        )
        for table in metadata.sorted_tables
        if table.name != "alembic_version"
    }


def triggers() -> list[str]:
    """Names of the guards the database carries."""
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if db.engine.dialect.name == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    with db.engine.connect() as connection:
        return sorted(connection.execute(text(query)).scalars())


def test_the_head_file_names_the_newest_revision():
    assert head_revision() == REVISIONS[-1]


def test_models_equal_migrations_check_constraints_included(app: Flask):
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "autogenerate_plugins": ["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"],
            },
        )
        assert compare_metadata(context, db.metadata) == []


def test_the_comparison_notices_a_missing_check(app: Flask):
    check = next(c for c in Person.__table__.constraints if c.name == "ck_people_profession_known")  # type: ignore[attr-defined]
    table = Person.__table__
    table.constraints.discard(check)  # type: ignore[attr-defined]
    try:
        with db.engine.connect() as connection:
            context = MigrationContext.configure(
                connection,
                opts={"autogenerate_plugins": ["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"]},
            )
            assert compare_metadata(context, db.metadata)
    finally:
        table.append_constraint(check)  # type: ignore[attr-defined]


def test_tables_made_by_models_and_by_migrations_are_alike(app: Flask):
    migrated, guards = schema(), triggers()
    downgrade(revision="base")
    db.create_all()
    assert schema() == migrated
    assert triggers() == guards
    db.drop_all()
    if db.engine.dialect.name == "postgresql":
        with db.engine.begin() as connection:
            connection.execute(text("DROP FUNCTION IF EXISTS refuse_change() CASCADE"))
    upgrade()


def test_up_down_up_leaves_the_same_schema_with_data_in_between(app: Flask, now: datetime):
    before = schema()
    fill(now)
    for revision in [*REVISIONS[:-1][::-1], "base"]:
        db.session.remove()
        downgrade(revision=revision)
    assert schema() == {}
    assert triggers() == []
    upgrade()
    assert schema() == before
    fill(now)
    assert db.session.scalar(select(func.count()).select_from(Person)) == 1


def test_upgrading_twice_changes_nothing(app: Flask, now: datetime):
    fill(now)
    before = schema()
    db.session.remove()
    upgrade()
    assert schema() == before
    assert db.session.scalar(select(func.count()).select_from(Person)) == 1


def test_every_growing_table_carries_its_guard(app: Flask):
    names = " ".join(triggers())
    assert guarded_tables(list(db.metadata.tables.values()))
    for table in guarded_tables(list(db.metadata.tables.values())):
        assert f"keep_{table}" in names


@pytest.mark.parametrize("statement", ["UPDATE audit_events SET event = 'x'", "DELETE FROM audit_events"])
def test_the_database_refuses_to_change_the_audit(app: Flask, now: datetime, statement: str):
    fill(now)
    with pytest.raises(DatabaseError, match="only grows"), transaction() as session:
        session.execute(text(statement))
    assert db.session.scalar(select(func.count()).select_from(AuditEvent)) == 1


def test_an_orphan_row_is_refused(app: Flask):
    with pytest.raises(DatabaseError), transaction() as session:
        session.execute(text("INSERT INTO quiz_assignments (release_id, quiz_id) VALUES (99, 99)"))
