"""Verification: anybody with a code sees the frozen facts, as a page or as JSON, and nothing else."""

from flask import Response, current_app, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from certificates import queries
from certificates.bundle import make_bundle
from certificates.queries import CertificateFacts
from certificates.rules import document
from certificates.web.answers import as_json, successor, unindexed, why
from certificates.web.blueprint import bp
from certificates.web.limits import checking, looking
from cme.config import Settings
from cme.kernel.codes import normalise_code
from cme.people.services import throttle
from cme.store.database import db
from cme.store.session import transaction
from cme.web.access import public
from cme.web.moment import request_now

UNKNOWN = "No certificate was issued here under that code."


@bp.get("/verify")
@public
def verify_form() -> ResponseReturnValue:
    """The form. A code that could be one leads to its own address, anything else to the page that knows nothing."""
    typed = request.args.get("code", "")
    if not typed.strip():
        return unindexed(render_template("certificates/verify_form.html"))
    return unindexed(redirect(url_for("certificates.verify", code=normalise_code(typed) or "unknown"), 303))


@bp.get("/verify/bundle.zip")
@public
def bundle() -> ResponseReturnValue:
    """What a board can keep to check certificates without us. Refuses: TooMany."""
    settings: Settings = current_app.extensions["settings"]
    now = request_now()
    with transaction() as session:
        throttle.take(session, (checking(),), now=now)
    body = make_bundle(db.session(), settings, now=now)
    name = f"certificate-checker_{settings.host}_{now:%Y-%m-%d}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return unindexed(Response(body, mimetype="application/zip", headers=headers))


@bp.get("/verify/<code>")
@public
def verify(code: str) -> ResponseReturnValue:
    """The certificate of the code; malformed, unknown and foreign codes give the same page. Refuses: TooMany."""
    found = _found(code)
    if found is None:
        return unindexed(render_template("certificates/unknown.html"), 404)
    printed = document.summary(found.snapshot)
    return unindexed(
        render_template(
            "certificates/verified.html", certificate=found, printed=printed, why=why(found), successor=successor(found)
        )
    )


@bp.get("/api/v1/certificates/<code>")
@public
def verify_json(code: str) -> ResponseReturnValue:
    """The same for programs. Refuses: TooMany."""
    found = _found(code)
    if found is None:
        error = {"code": "certificate_unknown", "title": "No certificate with this code", "sentence": UNKNOWN}
        return unindexed(jsonify(error=error, message=UNKNOWN), 404)
    return unindexed(jsonify(as_json(found)))


def _found(code: str) -> CertificateFacts | None:
    canonical = normalise_code(code)
    with transaction() as session:
        throttle.take(session, (looking(),), now=request_now())
        return queries.by_code(session, canonical) if canonical else None
