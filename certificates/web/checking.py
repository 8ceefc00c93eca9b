"""The altered-copy check: somebody hands in a file, the page says what differs from what was issued."""

from flask import current_app, render_template, request
from flask.typing import ResponseReturnValue

from certificates import reviewing
from certificates.checking.sandbox import CannotLook
from certificates.reviewing import LARGEST, OTHER, PICTURE, Review
from certificates.rules import document
from certificates.web.answers import successor, unindexed, why
from certificates.web.blueprint import bp
from certificates.web.limits import checking
from certificates.web.turns import place
from certificates.web.waiting import store
from cme.config import Settings
from cme.kernel.refusal import Invalid
from cme.people.services import throttle
from cme.store.database import db
from cme.store.session import transaction
from cme.web.access import public
from cme.web.moment import request_now


@bp.get("/verify/check")
@public
def check_form() -> ResponseReturnValue:
    """The form."""
    return unindexed(render_template("certificates/check_form.html", problem=None))


@bp.post("/verify/check")
@public
def check() -> ResponseReturnValue:
    """The verdict on a file. Nothing of the file is kept. Refuses: TooMany."""
    now = request_now()
    with transaction() as session:
        throttle.take(session, (checking(),), now=now)
    try:
        review = _review(_uploaded())
    except Invalid as problem:
        return unindexed(render_template("certificates/check_form.html", problem=problem.sentence), 422)
    found = review.certificate
    return unindexed(
        render_template(
            "certificates/checked.html",
            review=review,
            certificate=found,
            printed=document.summary(found.snapshot) if found else None,
            why=why(found) if found else "",
            successor=successor(found) if found else None,
        )
    )


def _uploaded() -> bytes:
    file = request.files.get("file")
    body = file.stream.read(LARGEST + 1) if file else b""
    if not body:
        raise Invalid("no_file", "Choose the file of a certificate: the PDF, or a picture of it.")
    if len(body) > LARGEST:
        raise Invalid("file_too_large", "The file is larger than 2 MB. Certificates are much smaller.")
    return body


def _review(body: bytes) -> Review:
    settings: Settings = current_app.extensions["settings"]
    kind = reviewing.kind_of(body)
    if kind == OTHER:
        raise Invalid("file_kind", "This is neither a PDF nor a picture (PNG, JPEG or WebP).")
    try:
        with place("Many files are being checked"):
            if kind == PICTURE:
                return reviewing.review_picture(db.session(), settings, body)
            return reviewing.review_pdf(db.session(), store(), settings, body, now=request_now())
    except CannotLook:
        sentence = "The file could not be read within our limits of time and memory. Certificates are small and simple."
        raise Invalid("file_unreadable", sentence) from None
