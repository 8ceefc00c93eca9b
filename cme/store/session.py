"""Transactions, and which constraint a violation broke."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import current_app
from sqlalchemy import Constraint, Index, MetaData, UniqueConstraint
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cme.store.database import db


@contextmanager
def transaction() -> Iterator[Session]:
    """One writing transaction: commits at the end, rolls back on any exception.

    Whatever the request has read so far is put down first: options given to an open transaction would be ignored, and a
    stale object must not reach a write. Entrances call this once; services never commit.
    """
    session: Session = db.session()
    session.close()
    session.info.update(current_app.extensions.get("session_info", {}))
    session.connection(execution_options={"writes": True})
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise


@contextmanager
def reading() -> Iterator[Session]:
    """A session for looking only; nothing is committed."""
    session: Session = db.session()
    yield session


def violates(error: IntegrityError, name: str, metadata: MetaData = db.metadata) -> bool:
    """Whether this error came from the named constraint or unique index.

    PostgreSQL names the constraint. SQLite names CHECK constraints but lists the columns of a UNIQUE one, so those are
    looked up in the metadata.
    """
    diagnostics = getattr(error.orig, "diag", None)
    if diagnostics is not None:
        return diagnostics.constraint_name == name
    message = str(error.orig)
    if message.startswith("CHECK constraint failed: "):
        return message.removeprefix("CHECK constraint failed: ").strip() == name
    if message.startswith("UNIQUE constraint failed: "):
        broken = message.removeprefix("UNIQUE constraint failed: ").strip()
        if broken == f"index '{name}'":
            return True
        return broken == _unique_columns(name, metadata)
    return False


def _unique_columns(name: str, metadata: MetaData) -> str | None:
    for table in metadata.tables.values():
        candidates: list[Constraint | Index] = [*table.constraints, *table.indexes]
        for candidate in candidates:
            unique = isinstance(candidate, UniqueConstraint) or (isinstance(candidate, Index) and candidate.unique)
            is_primary = candidate is table.primary_key
            if (unique or is_primary) and candidate.name == name:
                columns = getattr(candidate, "columns", [])
                return ", ".join(f"{table.name}.{column.name}" for column in columns)
    return None
