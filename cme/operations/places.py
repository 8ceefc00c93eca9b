"""Where this installation keeps its database, its copies and its migrations."""

from pathlib import Path

from sqlalchemy import Engine

from cme.kernel.refusal import Refused

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


def database_file(engine: Engine) -> Path | None:
    """The SQLite file, or None on PostgreSQL. Refuses a database that lives in memory only."""
    if engine.dialect.name != "sqlite":
        return None
    name = engine.url.database
    if not name or name == ":memory:":
        raise Refused("database_in_memory", "This database lives in memory only; there is nothing to keep.")
    return Path(name)


def known_migrations() -> frozenset[str]:
    """Every migration this program has."""
    return frozenset(path.name.split("_", 1)[0] for path in (MIGRATIONS / "versions").glob("*_*.py"))
