"""Granting one person extra time and extra attempts: at once, also in an attempt that is running."""

from datetime import datetime

from sqlalchemy import bindparam, delete, insert, update
from sqlalchemy.orm import Session

from cme.audit import service as audit
from cme.audit.tags import Event
from cme.kernel.refusal import Invalid, NotFound
from cme.people.queries import profile_of
from quizzes.models.attempt import ACCOMMODATIONS, ATTEMPTS
from quizzes.queries.accommodations import accommodation_of, running_with_limit
from quizzes.rules.delivery import MOST_EXTRA_ATTEMPTS, MOST_EXTRA_PERCENT, Accommodation, due_of, takes_answers

_MOVE = update(ATTEMPTS).where(ATTEMPTS.c.id == bindparam("attempt")).values(due_at=bindparam("due"))


def grant(session: Session, person_id: int, granted: Accommodation, *, by: int, now: datetime) -> int:
    """Set what the person is granted; gives how many running attempts got another end.

    More time moves the end of a running attempt; less counts from the next attempt on. Time that is over stays over.
    Refuses: NotFound; Invalid for values out of range.
    """
    if profile_of(session, person_id) is None:
        raise NotFound
    if not (
        0 <= granted.extra_time_percent <= MOST_EXTRA_PERCENT and 0 <= granted.extra_attempts <= MOST_EXTRA_ATTEMPTS
    ):
        raise Invalid("accommodation_invalid", "Extra time and extra attempts must be whole numbers in their range.")
    before = accommodation_of(session, person_id)
    if granted == before:
        return 0
    session.execute(delete(ACCOMMODATIONS).where(ACCOMMODATIONS.c.person_id == person_id))
    session.execute(
        insert(ACCOMMODATIONS).values(
            person_id=person_id,
            extra_time_percent=granted.extra_time_percent,
            extra_attempts=granted.extra_attempts,
            changed_at=now,
            changed_by=by,
        )
    )
    moved = [
        {"attempt": number, "due": end}
        for number, start, due, minutes in running_with_limit(session, person_id)
        if takes_answers(due, now=now) and (end := due_of(start, minutes, granted)) is not None and end > due
    ]
    if moved:
        session.execute(_MOVE, moved)
    audit.record(
        session,
        Event.ACCOMMODATION_CHANGED,
        now=now,
        person_id=by,
        subject="person",
        subject_id=person_id,
        details={
            "extra_time_percent": [before.extra_time_percent, granted.extra_time_percent],
            "extra_attempts": [before.extra_attempts, granted.extra_attempts],
            "running_attempts": len(moved),
        },
    )
    return len(moved)


def forget(session: Session, person_id: int) -> None:
    """The account is being closed: what somebody needed, and so perhaps why, is nobody's business any more."""
    session.execute(delete(ACCOMMODATIONS).where(ACCOMMODATIONS.c.person_id == person_id))
