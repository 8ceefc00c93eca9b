"""What single persons are granted in every quiz."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from quizzes.models.attempt import ACCOMMODATIONS, ATTEMPTS
from quizzes.models.quiz import QUIZ_VERSIONS
from quizzes.rules.delivery import NO_ACCOMMODATION, Accommodation
from quizzes.rules.stored import delivery_from

_OF = select(ACCOMMODATIONS.c.extra_time_percent, ACCOMMODATIONS.c.extra_attempts).where(
    ACCOMMODATIONS.c.person_id == bindparam("person")
)
_RUNNING = (
    select(ATTEMPTS.c.id, ATTEMPTS.c.started_at, ATTEMPTS.c.due_at, QUIZ_VERSIONS.c.delivery)
    .select_from(ATTEMPTS.join(QUIZ_VERSIONS, QUIZ_VERSIONS.c.id == ATTEMPTS.c.version_id))
    .where(ATTEMPTS.c.person_id == bindparam("person"), ATTEMPTS.c.state == "open", ATTEMPTS.c.due_at.is_not(None))
    .with_for_update(of=ATTEMPTS)
)


def accommodation_of(session: Session, person_id: int) -> Accommodation:
    """What the person is granted; nothing where nobody granted anything."""
    row = session.execute(_OF, {"person": person_id}).one_or_none()
    return NO_ACCOMMODATION if row is None else Accommodation(*row)


def running_with_limit(session: Session, person_id: int) -> list[tuple[int, datetime, datetime, int]]:
    """Open attempts with an end: number, start, end, minutes of the version; locked against submitting meanwhile."""
    rows: Any = session.execute(_RUNNING, {"person": person_id})
    found = [(row[0], row[1], row[2], delivery_from(row[3]).minutes) for row in rows]
    return [(number, start, due, minutes) for number, start, due, minutes in found if minutes is not None]


def exported(session: Session, person_id: int) -> dict[str, int]:
    """The same as plain data about the person."""
    granted = accommodation_of(session, person_id)
    return {"extra_time_percent": granted.extra_time_percent, "extra_attempts": granted.extra_attempts}
