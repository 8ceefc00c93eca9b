"""The database handle: naming of constraints, and what every connection is told when it opens."""

import sqlite3
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, MetaData, event
from sqlalchemy.orm import DeclarativeBase

# Every constraint has a name, so that migrations keep it on SQLite and code can ask which one was broken.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
BUSY_SECONDS = 30  # 500 waiting writers still get their turn; measured: 5 s loses one in five


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


# expire_on_commit=False: a page may show what it just wrote without reading it again; every transaction() starts with
# an empty session, so nothing stale survives into a write.
db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False, "autoflush": True})


def prepare_engine(engine: Engine) -> None:
    """Give SQLite connections their manners. PostgreSQL needs none: its settings are judged by `flask preflight`."""
    if engine.dialect.name != "sqlite":
        return
    event.listen(engine, "connect", _on_sqlite_connect)
    event.listen(engine, "begin", _on_sqlite_begin)


def _on_sqlite_connect(connection: sqlite3.Connection, _record: object) -> None:
    # The driver must not open transactions on its own: _on_sqlite_begin chooses how they start.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA cache_size = -8000")
    cursor.close()


def _on_sqlite_begin(connection: Connection) -> None:
    # A deferred transaction that reads first and writes later cannot be upgraded while another writes: it fails at
    # once, whatever the timeout. A writing transaction therefore takes the write lock before its first read.
    writes: Any = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
