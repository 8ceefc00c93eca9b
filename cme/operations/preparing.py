"""The first steps of every start: the database brought up to date, with a copy of an older one kept."""

import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

from flask_migrate import upgrade
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from cme.kernel.refusal import Refused
from cme.operations.places import database_file, known_migrations
from cme.operations.placing import free_name, make_private, place_new
from cme.operations.sqlite_copy import check_database, copy_database
from cme.store.content import sync
from cme.web.readiness import current_revision

ACCOUNTS = "demonstration-accounts"
COPIES = "backups"


def migration_now(session: Session) -> str | None:
    """The migration the database is at, or None before the first. Refuses a database that does not answer."""
    try:
        return current_revision(session)
    except SQLAlchemyError as error:
        session.rollback()
        raise Refused(
            "database_unavailable",
            f"The database does not answer ({type(error).__name__}). Check CME_DATABASE_URL, and that it runs.",
        ) from error


def bring_up_to_date(
    engine: Engine, current: str | None, head: str, instance: Path, say: Callable[[str], None]
) -> None:
    """Run the migrations from `current` to `head`, saying what is done; nothing is said when there is nothing to do.

    A SQLite file is copied first. Refuses a database that a newer program has used, and one that does not hold
    together afterwards.
    """
    if current == head:
        return
    if current is not None and current not in known_migrations():
        raise Refused(
            "database_newer",
            f"The database is at migration {current}, which this program does not know: a newer version has used it. "
            "Start that version, or restore a backup made before.",
        )
    file = database_file(engine)
    copy = None
    if file is not None and current is not None:
        copy = _copy_first(file, current, instance)
        say(f"A copy of the database was kept as {copy}.")
    engine.dispose()  # the migrations open a connection of their own
    try:
        upgrade()
        if file is not None:
            check_database(file)
    except (Exception, SystemExit) as error:  # Flask-Migrate ends the process on an error it knows
        where = f" The database as it was before is {copy}." if copy else ""
        raise Refused("migration_failed", f"The migration to {head} failed ({error}).{where}") from error
    say(f"The database was brought to migration {head}." if current else f"The database was made ({head}).")


def write_accounts(instance: Path, accounts: Sequence[tuple[str, str, str]], public_url: str) -> Path:
    """Write the passwords where only their owner can read them. An existing file is never overwritten.

    The file appears whole or not at all.
    """
    lines = [f"Accounts of this demonstration at {public_url}", ""]
    for label, email, password in accounts:
        lines += [label, f"  e-mail:   {email}", f"  password: {password}", ""]
    passing = instance / f".{ACCOUNTS}.{secrets.token_hex(8)}"
    try:
        with os.fdopen(make_private(passing), "w", encoding="utf-8") as file:
            file.write("\n".join(lines))
            file.flush()
            os.fsync(file.fileno())
        path = _link_to_free_name(passing, instance)
    finally:
        passing.unlink(missing_ok=True)
    sync(instance)
    return path


def accounts_file(instance: Path) -> Path | None:
    """The newest file of accounts, or None."""
    paths = [path for number in range(1, 100) if (path := _accounts_name(instance, number)).exists()]
    return paths[-1] if paths else None


def _link_to_free_name(source: Path, instance: Path) -> Path:
    for number in range(1, 100):
        path = _accounts_name(instance, number)
        try:
            place_new(source, path)
        except FileExistsError:
            continue
        return path
    raise Refused("too_many_account_files", f"Remove old files {ACCOUNTS}-….txt from {instance} first.")


def _accounts_name(instance: Path, number: int) -> Path:
    return instance / (f"{ACCOUNTS}.txt" if number == 1 else f"{ACCOUNTS}-{number}.txt")


def _copy_first(file: Path, current: str, instance: Path) -> Path:
    folder = instance / COPIES
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = free_name(folder, f"cme-before-{current}", ".sqlite3")
    copy_database(file, target)
    return target
