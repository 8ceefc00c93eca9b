"""The receipt stamp: the clock is read once per request, when it arrives."""

from datetime import datetime

from flask import g

from cme.kernel.clock import utc_now


def request_now() -> datetime:
    """The instant this request was received. Everything in the request is decided by it."""
    if "now" not in g:
        g.now = utc_now()
    return g.now


def stamp_request() -> None:
    """First of all before_request hooks: no work may come before the stamp."""
    request_now()
