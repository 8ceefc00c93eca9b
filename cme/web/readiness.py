"""What must hold before this installation may serve: asked by /readyz and by `flask preflight`."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

MOST_SKEW_SECONDS = 1.0
HEAD = Path(__file__).resolve().parents[2] / "migrations" / "HEAD"


def head_revision() -> str:
    """The migration this code needs, from the committed file migrations/HEAD."""
    return HEAD.read_text(encoding="ascii").strip()


def current_revision(session: Session) -> str | None:
    """The migration the database is at, or None before the first."""
    if not inspect(session.connection()).has_table("alembic_version"):
        return None
    return session.execute(text("SELECT version_num FROM alembic_version")).scalar()


def problems(session: Session, *, production: bool, now: datetime) -> list[str]:
    """Sentences; empty means ready. A test's database may be fast and forgetful, a production's may not."""
    found: list[str] = []
    try:
        current = current_revision(session)
        if current != head_revision():
            found.append(f"The database is at migration {current or 'none'}, this program needs {head_revision()}.")
        skew = abs((database_now(session) - now).total_seconds())
        if skew > MOST_SKEW_SECONDS:
            found.append(f"The clocks of this machine and of the database differ by {skew:.1f} seconds.")
        if session.get_bind().dialect.name == "postgresql":
            if session.execute(text("SHOW synchronous_commit")).scalar() in {"off", "local"}:
                found.append("PostgreSQL's synchronous_commit is off: an acknowledged answer could be lost.")
            if production and session.execute(text("SHOW fsync")).scalar() == "off":
                found.append("PostgreSQL's fsync is off: an acknowledged answer could be lost.")
    except SQLAlchemyError as error:
        session.rollback()
        found.append(f"The database does not answer ({type(error).__name__}).")
    return found


def database_now(session: Session) -> datetime:
    """The database's own idea of the time. Used to compare, never to decide."""
    if session.get_bind().dialect.name == "postgresql":
        return session.execute(text("SELECT clock_timestamp()")).scalar_one().astimezone(UTC)
    stamp: str = session.execute(text("SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')")).scalar_one()
    return datetime.fromisoformat(stamp).replace(tzinfo=UTC)
