"""Telling listeners of a fact inside the transaction that made it."""

from sqlalchemy.orm import Session

LISTENERS = "listeners"


def announce(session: Session, event: object) -> None:
    """Call every listener registered for the event's class; an exception undoes the fact with everything else."""
    for listener in session.info.get(LISTENERS, {}).get(type(event), ()):
        listener(session, event)
