"""Copies of a SQLite database: consistent while others write, checked, in one file."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from cme.kernel.refusal import Refused
from cme.operations.placing import make_private
from cme.store.content import sync

WAIT_SECONDS = 30


def copy_database(source: Path, target: Path) -> None:
    """Write a copy of the database as of one instant; writers are not held up. Refuses a copy that fails its check.

    `target` must not exist. It is readable by its owner only and needs no -wal file beside it.
    """
    os.close(make_private(target))
    try:
        with closing(_connect(source)) as original, closing(_connect(target)) as copy:
            original.backup(copy)  # one step: the copy is the database at the instant it began
            copy.execute("PRAGMA journal_mode = DELETE")
        check_database(target)
        sync(target)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def check_database(path: Path) -> None:
    """Refuses a file that is no sound database, or whose rows point to rows that are not there."""
    try:
        with closing(_connect(path)) as connection:
            verdict = [row[0] for row in connection.execute("PRAGMA integrity_check(3)")]
            orphan = connection.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.DatabaseError as error:
        raise Refused("database_unsound", f"{path.name} is not a sound database ({error}).") from error
    if verdict != ["ok"]:
        raise Refused("database_unsound", f"{path.name} fails its integrity check: {verdict[0]}.")
    if orphan is not None:
        raise Refused("database_unsound", f"{path.name} has rows in {orphan[0]} that refer to missing rows.")


def migration_of(path: Path) -> str | None:
    """The migration the database in that file is at; None for an empty one."""
    with closing(_connect(path)) as connection:
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError:
            return None
    return str(row[0]) if row else None


def is_occupied(path: Path) -> bool:
    """Whether something is there that must not be overwritten without being told to."""
    return path.exists() and path.stat().st_size > 0


@contextmanager
def held_alone(path: Path) -> Iterator[None]:
    """Keep every other process out of the database. Refuses while one has it open."""
    connection = _connect(path, seconds=1)
    try:
        # Leaving the write-ahead log needs the file for oneself, and folds the log into it: one file is left to move.
        mode = connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        connection.close()
        raise Refused(
            "database_in_use", "The database is in use. Stop the server and its outbox process first, then restore."
        ) from error
    except sqlite3.DatabaseError:
        connection.close()  # a broken database cannot be in use in any way that matters; restoring is the remedy
        yield
        return
    try:
        if mode != "delete":
            raise Refused("database_in_use", "The database is in use. Stop the server first, then restore.")
        yield
    finally:
        connection.close()


def _connect(path: Path, seconds: float = WAIT_SECONDS) -> sqlite3.Connection:
    address = f"file:{quote(str(path.resolve()))}?mode=rw"
    return sqlite3.connect(address, uri=True, timeout=seconds, isolation_level=None)
