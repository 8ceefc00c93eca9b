"""What follows when the counts say that a key may be wrong: a task at the desk, and a hold where that is set."""

from collections import defaultdict
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from quizzes.models.hold import HOLDS
from quizzes.models.statistics import HealthSetting
from quizzes.queries.health import alarmed_lines, holding_of
from quizzes.services.holding import hold

LOUDER = 2
"""An alarm that an editor has answered speaks again when so many times more people have taken the item."""


def raise_alarms(session: Session, quiz_id: int, *, now: datetime) -> tuple[str, ...]:
    """Make a task of every item whose key may be wrong, or hold it where that is set so; gives their names."""
    lines = alarmed_lines(session, quiz_id)
    if not lines:
        return ()
    answered, speaking = _answered(session, quiz_id), _speaking(session, quiz_id)
    holds = holding_of(session, quiz_id).holds
    raised: list[str] = []
    for line in lines:
        if line.lineage in speaking or line.health.takers < LOUDER * answered.get((line.lineage, line.series), 0):
            continue
        details = {
            "sentence": " ".join(line.health.alarms),
            "series": line.series,
            "takers": line.health.takers,
        }
        if hold(session, quiz_id, line.lineage, "alarm", details=details, by=None, now=now, still_drawn=not holds):
            raised.append(line.lineage)
    return tuple(raised)


def set_holding(session: Session, quiz_id: int, *, holds: bool | None) -> None:
    """Whether a suspected wrong key takes the item out of new attempts at once; None leaves that to the provider."""
    if holds is None:
        session.execute(delete(HealthSetting).where(HealthSetting.quiz_id == quiz_id))
    else:
        session.merge(HealthSetting(quiz_id=quiz_id, holds=holds))
    session.flush()


def _speaking(session: Session, quiz_id: int) -> set[str]:
    """Items whose alarm nobody has answered yet."""
    open_ones = select(HOLDS.c.lineage).where(
        HOLDS.c.quiz_id == quiz_id, HOLDS.c.cause == "alarm", HOLDS.c.released_at.is_(None)
    )
    return set(session.scalars(open_ones))


def _answered(session: Session, quiz_id: int) -> dict[tuple[str, str], int]:
    """How many had taken an item when an editor last confirmed it against an alarm."""
    found: defaultdict[tuple[str, str], int] = defaultdict(int)
    for lineage, details in session.execute(
        select(HOLDS.c.lineage, HOLDS.c.details).where(
            HOLDS.c.quiz_id == quiz_id, HOLDS.c.cause == "alarm", HOLDS.c.outcome == "confirmed"
        )
    ):
        key = lineage, str(details.get("series"))
        found[key] = max(found[key], int(details.get("takers", 0)))
    return found
