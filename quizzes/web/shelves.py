"""What this process keeps of the versions at the desk, for its pages."""

from flask import current_app

from cme.store.session import Session
from quizzes.services.shelf import SHELF, Shelf, Shelved


def shelf() -> Shelf:
    """The shelf of this application."""
    return current_app.extensions[SHELF]


def shelved(session: Session, version_id: int) -> Shelved:
    """The version as it is now. Refuses: NotFound."""
    return shelf().get(session, version_id)
