"""Time on an item: what lies between two saved answers while somebody was there. It is never held against anybody."""

from datetime import datetime

IDLE_SECONDS = 300
"""A longer pause is no time on the item: the learner was away, or reading the article."""
MOST_SECONDS = 900
"""What is kept of one item at most; whoever needed longer counts as this."""


def spent(last: datetime, now: datetime) -> int | None:
    """Whole seconds since the attempt's last saved answer (or its start); None when nobody can say."""
    seconds = int((now - last).total_seconds())
    return seconds if 0 <= seconds <= IDLE_SECONDS else None


def added(before: int | None, more: int | None) -> int | None:
    """The item's time with what was spent on it now."""
    return before if more is None else (before or 0) + more
