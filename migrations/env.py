"""How migrations run: online only, batch mode on SQLite, foreign keys off while tables are rebuilt there."""

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Connection, text

# The wirings import every model; the application that runs this command has loaded them.
database = current_app.extensions["migrate"].db
config = context.config


def run() -> None:
    """Run the wanted migrations in one transaction per run where the database can do that."""
    with database.engine.connect().execution_options(writes=True) as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            # A batch migration rebuilds tables: with foreign keys on, the old one could not be dropped while rows refer
            # to it. Asked of the driver itself: inside a transaction, which SQLAlchemy would begin, nothing changes.
            _driver(connection).execute("PRAGMA foreign_keys = OFF")
        try:
            _migrate(connection, sqlite=sqlite)
        finally:
            connection.rollback()  # of nothing, where all went well
            if sqlite:
                _driver(connection).execute("PRAGMA foreign_keys = ON")


def _migrate(connection: Connection, *, sqlite: bool) -> None:
    context.configure(
        connection=connection,
        target_metadata=database.metadata,
        render_as_batch=True,
        compare_type=True,
        transactional_ddl=True,
        autogenerate_plugins=["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"],
    )
    with context.begin_transaction():
        if not sqlite:
            connection.execute(text("SET LOCAL lock_timeout = '10s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(7305)"))  # one migration at a time
        context.run_migrations()
        if sqlite and (orphans := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
            raise RuntimeError(f"a migration would leave rows that refer to nothing: {orphans[:5]}")
    connection.commit()


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


run()
