"""Work for another process, while somebody waits for it: only so much at once, or a crowd could fill the machine.

Files that are checked, documents of several pages, and designs that are previewed, tried and uploaded share the places.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from flask import current_app

from cme.kernel.refusal import TooMany
from cme.store.database import db

PLACES = "certificate_checks"
AT_ONCE = 2
WAIT_SECONDS = 10


def places() -> BoundedSemaphore:
    """How much of it one server process has going at the same time."""
    return BoundedSemaphore(AT_ONCE)


@contextmanager
def place(busy: str) -> Iterator[None]:
    """One of the places, waited for a little. `busy` says what many are doing. Refuses: TooMany."""
    free: BoundedSemaphore = current_app.extensions[PLACES]
    db.session().rollback()  # neither the waiting nor the work keeps a connection to the database
    if not free.acquire(timeout=WAIT_SECONDS):
        raise TooMany("busy", f"{busy} at this moment. Please try again soon.", retry_after=10)
    try:
        yield
    finally:
        free.release()
