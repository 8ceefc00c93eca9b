"""Background work of certificates: make the PDF, then its picture, and store both once."""

from datetime import datetime
from importlib import import_module
from typing import Any

from flask import current_app
from sqlalchemy.orm import Session

from certificates import issuing, library, making_jobs, queries, services
from certificates.files import Store
from certificates.places import store_of
from certificates.queries import PICTURE, CertificateFacts
from cme.config import Settings
from cme.kernel.clock import utc_now
from cme.store.session import reading, transaction


def render(certificate_id: int) -> None:
    """Make what is missing of a certificate's files. Run twice, it changes nothing; a crash leaves an orphan."""
    settings: Settings = current_app.extensions["settings"]
    store = store_of(settings)
    certificate = _read(certificate_id)
    pdf = making_jobs.make_document(certificate, settings, now=utc_now())
    if certificate.picture is None:
        picture = _heavy("certificates.picture")
        _store(store, certificate, PICTURE, picture.picture_of(store.get(pdf)), picture.engine())


def keep_keys(_session: Session, *, now: datetime) -> None:
    """A regular duty: make the installation's own keys at its first start, and say early when a key cannot be used."""
    settings: Settings = current_app.extensions["settings"]
    issuing.signer_of(settings, now=now)


def keep_designs(_session: Session, *, now: datetime) -> None:
    """A regular duty: the designs of this version of the program stay available after the next upgrade."""
    settings: Settings = current_app.extensions["settings"]
    library.keep_shipped(store_of(settings))


def _heavy(module: str) -> Any:
    """Loaded at the first run and not at the top of the file: WeasyPrint with Pango, and pdfium, take 60 MB and half a
    second and parse text in C. Every process registers this job; only the one that runs it shall load them.
    """
    return import_module(module)


def _read(certificate_id: int) -> CertificateFacts:
    with reading() as session:
        certificate = queries.by_id(session, certificate_id)
        session.rollback()  # no open snapshot of the database while the page is drawn
    if certificate is None:
        raise LookupError(f"there is no certificate {certificate_id}")
    return certificate


def _store(store: Store, certificate: CertificateFacts, kind: str, body: bytes, engine: str) -> str:
    digest = store.put(body)  # first the bytes, then the row: a row never points at nothing
    with transaction() as session:
        return services.record_file(session, certificate.certificate_id, kind, digest, len(body), engine, now=utc_now())
