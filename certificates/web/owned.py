"""The owner's entrances: the certificate's page, its PDF, its picture and its credential."""

import structlog
from flask import Response, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from certificates import queries, registry, services
from certificates.checking.jose import token_in
from certificates.credential import KIND as TOKEN_KIND
from certificates.files import Damaged
from certificates.queries import CREDENTIAL, PDF, PICTURE, CertificateFacts
from certificates.rules import document, looks
from certificates.rules.life import State
from certificates.rules.sharing import linkedin_address
from certificates.web.answers import successor, why
from certificates.web.blueprint import bp
from certificates.web.waiting import store, when_made
from cme.config import Settings
from cme.kernel.refusal import NotFound
from cme.store.database import db
from cme.store.session import transaction
from cme.web.access import signed_in
from cme.web.moment import request_now

log = structlog.get_logger(__name__)
RETRY_AFTER = {"Retry-After": "5"}


@bp.get("/certificates/<code>")
@signed_in
def show(code: str) -> ResponseReturnValue:
    """Picture, download, verification link, what next. Answers 202 while the document is still being made."""
    certificate = when_made(_own(code), PICTURE)
    ready = certificate.picture is not None
    settings: Settings = current_app.extensions["settings"]
    verify_url = f"{settings.public_url}{url_for('certificates.verify', code=certificate.code)}"
    current = certificate.state == State.ISSUED
    page = render_template(
        "certificates/show.html",
        certificate=certificate,
        printed=document.summary(certificate.snapshot),
        ready=ready,
        trouble=not ready and queries.in_trouble(db.session(), certificate.certificate_id, services.RENDER),
        size=looks.pixels_of(certificate.snapshot.get("paper", "letter")),
        verify_url=verify_url,
        linkedin=linkedin_address(certificate.snapshot, verify_url) if current else None,
        why=why(certificate),
        successor=successor(certificate),
        waiting=registry.waiting_for(db.session(), certificate.certificate_id) if current else None,
    )
    return page if ready else (page, 202, RETRY_AFTER)


@bp.get("/certificates/<code>.pdf")
@signed_in
def pdf(code: str) -> ResponseReturnValue:
    """The stored bytes, always the same ones."""
    certificate = when_made(_own(code), PDF)
    body = _bytes(certificate, PDF)
    if body is None:
        return redirect(url_for("certificates.show", code=certificate.code), 303)
    with transaction() as session:
        services.record_download(session, certificate, now=request_now())
    return _file(body, "application/pdf", f'attachment; filename="{document.file_name(certificate.snapshot)}"')


@bp.get("/certificates/<code>.png")
@signed_in
def png(code: str) -> ResponseReturnValue:
    """The picture of the stored PDF."""
    certificate = when_made(_own(code), PICTURE)
    body = _bytes(certificate, PICTURE)
    if body is None:
        raise NotFound("certificate_not_ready", "The picture of this certificate is still being made.")
    return _file(body, "image/png", f'inline; filename="{document.file_name(certificate.snapshot, "png")}"')


@bp.get("/certificates/<code>.json")
@signed_in
def credential(code: str) -> ResponseReturnValue:
    """The signed credential in its JSON envelope: the very bytes that are embedded in the PDF."""
    certificate, body = _credential(code)
    name = document.file_name(certificate.snapshot, "json")
    return _file(body, "application/vc", f'attachment; filename="{name}"')


@bp.get("/certificates/<code>.jwt")
@signed_in
def credential_token(code: str) -> ResponseReturnValue:
    """The same as the bare token that wallets take."""
    certificate, body = _credential(code)
    name = document.file_name(certificate.snapshot, "jwt")
    return _file(token_in(body).encode("ascii"), TOKEN_KIND, f'attachment; filename="{name}"')


def _credential(code: str) -> tuple[CertificateFacts, bytes]:
    certificate = when_made(_own(code), CREDENTIAL)
    body = _bytes(certificate, CREDENTIAL)
    if body is None:
        raise NotFound("certificate_not_ready", "The credential of this certificate is still being made.")
    return certificate, body


@bp.get("/modules/<slug>/certificate")
@signed_in
def of_module(slug: str) -> ResponseReturnValue:
    """On to the person's certificate of this module, or back to the module when there is none."""
    code = queries.code_of_module(db.session(), current_user.person_id, slug)
    if code is None:
        flash("There is no certificate yet: claim your credit first.", "info")
        return redirect(url_for("learning.module", slug=slug), 303)
    return redirect(url_for("certificates.show", code=code), 303)


@bp.get("/credits/<int:credit_id>/certificate")
@signed_in
def show_for_credit(credit_id: int) -> ResponseReturnValue:
    """On to the certificate of one of the person's credits."""
    code = queries.code_of_credit(db.session(), current_user.person_id, credit_id)
    if code is None:
        raise NotFound
    return redirect(url_for("certificates.show", code=code), 303)


def _own(code: str) -> CertificateFacts:
    return services.owned(db.session(), current_user.person_id, code)


def _bytes(certificate: CertificateFacts, kind: str) -> bytes | None:
    try:
        return services.bytes_of(store(), certificate, kind)
    except Damaged:
        log.error("certificate.damaged", certificate=certificate.certificate_id, kind=kind)
        raise


def _file(body: bytes, kind: str, disposition: str) -> Response:
    response = Response(body, mimetype=kind)
    response.headers["Content-Disposition"] = disposition
    response.headers["Cache-Control"] = "private, no-cache"
    return response
