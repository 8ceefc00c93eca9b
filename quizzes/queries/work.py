"""What waits at the desk, counted in a few statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from quizzes.models.correction import CORRECTIONS
from quizzes.models.hold import HOLDS
from quizzes.queries.reviews import DraftLine, drafts_in_work


@dataclass(frozen=True, slots=True)
class Work:
    """Counts of what an editor should look at first."""

    stale: int
    """Questions whose passage changed."""
    alarms: int
    """Questions whose key may be wrong."""
    other_holds: int
    running: int
    """Corrections whose regrading is not done."""
    drafts: Sequence[DraftLine] = ()
    """Every open draft and where it stands with its reviewers."""

    @property
    def held(self) -> int:
        return self.stale + self.alarms + self.other_holds


def work_of(session: Session) -> Work:
    """Counts over all quizzes."""
    rows: Any = session.execute(
        select(HOLDS.c.cause, func.count()).where(HOLDS.c.released_at.is_(None)).group_by(HOLDS.c.cause)
    )
    counts: dict[str, int] = {row[0]: row[1] for row in rows}
    running = session.scalar(select(func.count()).where(CORRECTIONS.c.state == "running")) or 0
    stale, alarms = counts.get("passage", 0), counts.get("alarm", 0)
    return Work(
        stale=stale,
        alarms=alarms,
        other_holds=sum(counts.values()) - stale - alarms,
        running=running,
        drafts=drafts_in_work(session),
    )
