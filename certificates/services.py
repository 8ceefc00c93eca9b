"""Verbs of certificates: issue at the grant, record stored files, hand files to their owner."""

from datetime import datetime
from typing import cast

from sqlalchemy import Table, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from certificates import queries
from certificates.files import Store
from certificates.looks import look_for
from certificates.models import Certificate, CertificateEvent, CertificateFile
from certificates.queries import CertificateFacts
from certificates.rules.document import certificate_number, freeze
from certificates.rules.life import Letter
from cme.audit.service import record
from cme.audit.tags import Event
from cme.credits.events import CreditGranted
from cme.kernel.codes import new_code, normalise_code
from cme.kernel.days import local_day
from cme.kernel.refusal import NotFound
from cme.outbox.service import enqueue

_FILES = cast("Table", CertificateFile.__table__)
# Built once: building a statement takes longer than executing it, and bulk work stores thousands of files.
_KEEP = {
    "postgresql": postgresql_insert(_FILES).on_conflict_do_nothing().returning(_FILES.c.sha256),
    "sqlite": sqlite_insert(_FILES).on_conflict_do_nothing().returning(_FILES.c.sha256),
}
RENDER = "certificates.render"
LETTER = "certificates.letter"


def issue_on_grant(session: Session, event: CreditGranted) -> None:
    """Freeze the certificate inside the granting transaction: no committed credit is ever without one.

    A second certificate for the same credit breaks uq_certificates_credit_id_revision and undoes its transaction.
    """
    year = local_day(event.granted_at, event.snapshot["zone"]).year
    issue(session, event, number=certificate_number(event.credit_id, year), reason="credit granted", by=None)


def issue(
    session: Session,
    event: CreditGranted,
    *,
    number: str,
    reason: str,
    by: int | None,
    revision: int = 1,
    files: bool = True,
) -> Certificate:
    """Write a certificate with everything that will be printed, and ask for its files unless the caller makes them."""
    code = new_code()
    certificate = Certificate(
        credit_id=event.credit_id,
        person_id=event.person_id,
        number=number,
        revision=revision,
        code=code,
        kind=event.kind,
        snapshot=freeze(event, number=number, code=code, revision=revision, look=look_for(session, event)),
        issued_at=event.granted_at,
    )
    session.add(certificate)
    session.flush()
    session.add(
        CertificateEvent(
            certificate_id=certificate.id, event="issued", at=event.granted_at, reason=reason, by_person_id=by
        )
    )
    session.flush()
    record(
        session,
        Event.CERTIFICATE_ISSUED,
        now=event.granted_at,
        person_id=event.person_id if by is None else by,
        subject="certificate",
        subject_id=number,
        details={"credit_id": event.credit_id, "revision": revision},
    )
    if files:
        ask_for_files(session, certificate.id, now=event.granted_at)
    return certificate


def ask_for_files(session: Session, certificate_id: int, *, now: datetime) -> None:
    """Have PDF and picture made after the commit; asking twice is one piece of work."""
    enqueue(session, RENDER, str(certificate_id), {"certificate_id": certificate_id}, now=now)


def ask_for_letter(session: Session, certificate_id: int, letter: Letter, *, now: datetime, answer: str = "") -> None:
    """Write to the owner after the commit. One letter of a kind for each certificate and answer."""
    payload = {"certificate_id": certificate_id, "letter": letter.value, "answer": answer, "asked_at": now.isoformat()}
    enqueue(session, LETTER, f"{certificate_id}:{letter.value}:{now:%Y%m%d%H%M%S}", payload, now=now)


def sweep(session: Session, *, now: datetime) -> None:
    """Ask again for documents that never came: a job given up, a queue emptied by hand, a restored database."""
    for certificate_id in queries.without_files(session, now=now):
        ask_for_files(session, certificate_id, now=now)


def record_file(
    session: Session, certificate_id: int, kind: str, sha256: str, size: int, engine: str, *, now: datetime
) -> str:
    """Write which bytes are the certificate's and give their digest: the first stored file wins, for ever."""
    values = {"certificate_id": certificate_id, "kind": kind, "sha256": sha256, "size": size, "engine": engine}
    added = session.execute(_KEEP[session.get_bind().dialect.name], {**values, "stored_at": now}).scalar()
    if added is None:
        return session.scalars(
            select(CertificateFile.sha256).where(
                CertificateFile.certificate_id == certificate_id, CertificateFile.kind == kind
            )
        ).one()
    record(
        session,
        Event.CERTIFICATE_RENDERED,
        now=now,
        person_id=None,
        subject="certificate",
        subject_id=certificate_id,
        details={"kind": kind, "sha256": sha256, "size": size},
    )
    if kind == queries.PDF:
        # In the transaction in which the first file wins: the owner is told once, however often it is made.
        ask_for_letter(session, certificate_id, Letter.READY, now=now)
    return added


def owned(session: Session, person_id: int, typed_code: str) -> CertificateFacts:
    """The person's own certificate. Refuses: NotFound, for another's exactly as for one that does not exist."""
    code = normalise_code(typed_code)
    found = queries.by_code(session, code) if code else None
    if found is None or found.person_id != person_id:
        raise NotFound
    return found


def bytes_of(store: Store, certificate: CertificateFacts, kind: str) -> bytes | None:
    """The stored bytes, checked against their digest, or None while they are not made. Refuses: Damaged."""
    digest = certificate.digest(kind)
    return None if digest is None else store.get(digest)


def record_download(session: Session, certificate: CertificateFacts, *, now: datetime) -> None:
    """The owner took the PDF."""
    record(
        session,
        Event.CERTIFICATE_DOWNLOADED,
        now=now,
        person_id=certificate.person_id,
        subject="certificate",
        subject_id=certificate.number,
    )
