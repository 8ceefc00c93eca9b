"""Judging an uploaded file against the installation's own records and keys."""

import contextlib
import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from certificates import authority, queries
from certificates.checking import sandbox
from certificates.checking.facts import codes_in, facts_of
from certificates.checking.judging import Finding, Record, Verdict, judge
from certificates.credential import credential
from certificates.files import Damaged, Store
from certificates.queries import CertificateFacts
from cme.config import Settings
from cme.kernel.codes import normalise_code
from cme.kernel.days import day_phrase

PDF, PICTURE, OTHER = "pdf", "picture", "other"
LARGEST = 2_000_000
MOST_NAMED = 200
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"RIFF")


@dataclass(frozen=True, slots=True)
class Review:
    """What became of an upload. `certificate`: the record it belongs to, if there is one."""

    kind: str
    findings: tuple[Finding, ...]
    certificate: CertificateFacts | None
    sha256: str
    readable: bool = True
    named: tuple[str, ...] | None = None
    """Of a document that is ours and no certificate: the codes of the certificates that it names."""

    @property
    def genuine(self) -> bool:
        """Byte for byte the document that was issued. A picture never is."""
        return self.kind == PDF and self.certificate is not None and not self.findings


def kind_of(body: bytes) -> str:
    """What the upload is, by its first bytes."""
    if b"%PDF-" in body[:1024]:
        return PDF
    return PICTURE if body.startswith(_PICTURES) else OTHER


def review_pdf(session: Session, store: Store, settings: Settings, body: bytes, *, now: datetime) -> Review:
    """Hold a PDF against the record that it claims. Refuses: sandbox.CannotLook."""
    digest = hashlib.sha256(body).hexdigest()
    roots = authority.roots_of(settings, now=now)
    known = queries.code_of_file(session, digest)
    session.rollback()  # nothing stays open while another process looks into the file
    seen = sandbox.look(body)
    verdict = judge(body, seen, roots)
    if known is None and verdict.only_signed:
        return Review(PDF, (), None, digest, named=tuple(verdict.codes[:MOST_NAMED]))
    found = _record_of(session, [known] if known else verdict.codes)
    if found is None or found.pdf is None:
        return _unrecorded(verdict, found)
    try:
        original = store.get(found.pdf)
        kept = store.get(found.credential) if found.credential else b""
    except Damaged:
        original = kept = b""
    if digest != found.pdf:
        seen = sandbox.look(body, reference=original)
    verdict = judge(body, seen, roots, Record(found.pdf, kept, facts_of_record(found, settings.public_url)))
    return Review(PDF, tuple(verdict.findings), found, digest)


def review_picture(session: Session, settings: Settings, body: bytes) -> Review:
    """Find the record by the QR code in a picture. Refuses: sandbox.CannotLook."""
    digest = hashlib.sha256(body).hexdigest()
    seen = sandbox.look(body, kind="picture")
    if not seen.get("readable") or not seen.get("reader"):
        return Review(PICTURE, (), None, digest, readable=False)
    findings = [
        Finding(
            "qr_elsewhere", f"The QR code leads to {host}, not to {settings.host}: do not trust that address.", "qr"
        )
        for host in _hosts(seen["codes"])
        if host != settings.host
    ]
    return Review(PICTURE, tuple(findings), _record_of(session, codes_in("\n".join(seen["codes"]))), digest)


def facts_of_record(found: CertificateFacts, public_url: str) -> dict[str, str]:
    """The recorded facts in the words of the page, and the date of issue, which is printed only."""
    facts = facts_of(credential(found.snapshot, found.certificate_id, public_url))
    return facts | {"issued": day_phrase(date.fromisoformat(found.snapshot["issued_on"]))}


def _record_of(session: Session, codes: list[str]) -> CertificateFacts | None:
    """The first of the codes under which something was issued here."""
    for code in codes[:5]:
        canonical = normalise_code(code)
        found = queries.by_code(session, canonical) if canonical else None
        if found is not None:
            session.rollback()
            return found
    session.rollback()
    return None


def _unrecorded(verdict: Verdict, found: CertificateFacts | None) -> Review:
    sentence = "No certificate with the codes of this document was issued here."
    if found is not None:
        sentence = "The document of this certificate is not made yet, so nothing can be its copy."
    unreadable = any(finding.code == "unreadable" for finding in verdict.findings)
    findings = (Finding("unrecorded", sentence), *verdict.findings)
    return Review(PDF, findings, found, verdict.sha256, readable=not unreadable)


def _hosts(texts: list[str]) -> list[str]:
    """Where the addresses among the texts lead to."""
    found: list[str] = []
    for text in texts:
        with contextlib.suppress(ValueError):  # what cannot be an address leads nowhere
            if host := urlsplit(text).hostname:
                found.append(host)
    return found
