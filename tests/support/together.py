"""Running the same thing several times at once, each in an application context of its own."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from flask import Flask

from cme.store.database import db

Result = TypeVar("Result")


def together(app: Flask, *calls: Callable[[], Result]) -> list[Result]:
    """Results in the order of the calls; all are let go at the same moment, and an exception of one is raised here."""
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], Result]) -> Result:
        with app.app_context():
            gate.wait(timeout=30)
            try:
                return call()
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [waiting.result(timeout=60) for waiting in [pool.submit(run, call) for call in calls]]
