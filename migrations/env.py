"""How migrations run: online only, batch mode on SQLite, foreign keys off while tables are rebuilt there."""

from alembic import context
from flask import current_app
from sqlalchemy import text

# The wirings import every model; the application that runs this command has loaded them.
database = current_app.extensions["migrate"].db
config = context.config


def run() -> None:
    """Run the wanted migrations in one transaction per run where the database can do that."""
    with database.engine.connect().execution_options(writes=True) as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            # A batch migration rebuilds tables: with foreign keys on, dropping the old one would take rows with it.
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
            connection.rollback()
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
        if sqlite:
            connection.commit()
            connection.exec_driver_sql("PRAGMA foreign_keys = ON")
        connection.commit()


run()
