"""The one place that reads the time."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The present instant, aware, in UTC. Called by entrances only; everything below takes `now`."""
    return datetime.now(UTC)  # noqa: TID251 - this is the clock everybody else is sent to
