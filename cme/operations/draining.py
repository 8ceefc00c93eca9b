"""The drainer's loop: work as it comes, a longer pause while there is none, the house swept once a minute."""

import threading
from collections.abc import Callable
from datetime import timedelta

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from cme.kernel.clock import utc_now
from cme.outbox import service
from cme.outbox.runner import drain
from cme.part import House
from cme.store.session import transaction

log = structlog.get_logger(__name__)
SHORTEST_PAUSE, LONGEST_PAUSE = 0.3, 2.0
SWEEP_EVERY = timedelta(minutes=1)


def run(app: Flask, stop: threading.Event) -> None:
    """Drain until told to stop; the piece at hand is finished first. A database that is away is waited for."""
    house: House = app.extensions["house"]
    pause, swept_at = SHORTEST_PAUSE, None
    while not stop.is_set():
        now = utc_now()
        if swept_at is None or now - swept_at >= SWEEP_EVERY:
            sweep(app)
            swept_at = now
        if _one(app, house):
            pause = SHORTEST_PAUSE
            continue
        stop.wait(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


def run_once(app: Flask) -> int:
    """Sweep, then do everything that is due now; gives the number of pieces taken."""
    sweep(app)
    done = 0
    while _take(app, app.extensions["house"]):
        done += 1
    return done


def sweep(app: Flask) -> None:
    """Forget finished work and do every part's regular duties, each in a transaction; one that fails is logged."""
    house: House = app.extensions["house"]
    for duty in (service.forget_done, *house.sweeps):
        try:
            with app.app_context(), transaction() as session:
                duty(session, now=utc_now())
        except Exception as error:  # noqa: BLE001 - the next duty must have its turn, and the drainer must live
            log.error("sweep.failed", sweep=_name(duty), error=type(error).__name__)


def _one(app: Flask, house: House) -> bool:
    try:
        return _take(app, house)
    except SQLAlchemyError as error:
        log.error("outbox.database_unavailable", error=type(error).__name__)
        return False


def _take(app: Flask, house: House) -> bool:
    # One at a time: what is leased and not done when this process ends waits for the end of its lease.
    with app.app_context():
        return drain(house.jobs, most=1) > 0


def _name(duty: Callable[..., None]) -> str:
    return f"{duty.__module__}.{duty.__name__}"
