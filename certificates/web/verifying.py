"""Verification: anybody with a code sees the frozen facts, and nothing else."""

import hashlib
import hmac
import ipaddress

from flask import Response, current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from certificates import queries
from certificates.rules import document
from certificates.web.blueprint import bp
from cme.config import Settings
from cme.kernel.codes import normalise_code
from cme.people.rules import Limit
from cme.people.services import throttle
from cme.people.services.throttle import Counter
from cme.store.session import transaction
from cme.web.access import public
from cme.web.moment import request_now

# A licensing board checks a pile of certificates from one address; a program that tries codes is another matter.
LIMITS = (Limit(60, 60), Limit(3600, 600))


@bp.get("/verify")
@public
def verify_form() -> ResponseReturnValue:
    """The form. A code that could be one leads to its own address, anything else to the page that knows nothing."""
    typed = request.args.get("code", "")
    if not typed.strip():
        return _unindexed(render_template("certificates/verify_form.html"))
    return _unindexed(redirect(url_for("certificates.verify", code=normalise_code(typed) or "unknown"), 303))


@bp.get("/verify/<code>")
@public
def verify(code: str) -> ResponseReturnValue:
    """The certificate of the code; malformed, unknown and foreign codes give the same page. Refuses: TooMany."""
    canonical = normalise_code(code)
    with transaction() as session:
        throttle.take(session, (Counter("verify", _caller(), LIMITS),), now=request_now())
        found = queries.by_code(session, canonical) if canonical else None
    if found is None:
        return _unindexed(render_template("certificates/unknown.html"), 404)
    printed = document.summary(found.snapshot)
    return _unindexed(render_template("certificates/verified.html", certificate=found, printed=printed))


def _caller() -> str:
    """A digest of the caller's address; of IPv6 the /64, because one household has all the rest of it."""
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        text = "unknown"
    else:
        wide = isinstance(address, ipaddress.IPv6Address)
        text = str(ipaddress.ip_network((address, 64), strict=False)) if wide else str(address)
    settings: Settings = current_app.extensions["settings"]
    return hmac.new(settings.secret_key.encode(), f"verify:{text}".encode(), hashlib.sha256).hexdigest()


def _unindexed(answer: object, status: int | None = None) -> Response:
    response: Response = make_response(answer)  # pyright: ignore[reportArgumentType]
    if status is not None:
        response.status_code = status
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
