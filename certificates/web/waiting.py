"""The first visitor may come before the background process is done: wait a little, then say so."""

import time

from flask import current_app

from certificates import queries, services
from certificates.files import Store
from certificates.places import store_of
from certificates.queries import CertificateFacts
from cme.config import Settings
from cme.store.database import db
from cme.store.session import transaction
from cme.web.moment import request_now

LOOK_EVERY = 0.25  # seconds


def store() -> Store:
    """Where this installation keeps the files of certificates."""
    settings: Settings = current_app.extensions["settings"]
    return store_of(settings)


def when_made(certificate: CertificateFacts, kind: str) -> CertificateFacts:
    """The certificate once its file of this kind is there, or as it is when this installation's patience is over."""
    if certificate.digest(kind) is not None:
        return certificate
    with transaction() as session:
        services.ask_for_files(session, certificate.certificate_id, now=request_now())
    settings: Settings = current_app.extensions["settings"]
    ends = time.monotonic() + settings.certificate_wait_seconds
    while certificate.digest(kind) is None and time.monotonic() < ends:
        time.sleep(LOOK_EVERY)
        certificate = _again(certificate)
    return certificate


def _again(certificate: CertificateFacts) -> CertificateFacts:
    session = db.session()
    session.rollback()  # each look is a new one: an open snapshot of the database would never show the file
    return queries.by_id(session, certificate.certificate_id) or certificate
