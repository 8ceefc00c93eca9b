"""What is read of certificates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, Table, and_, bindparam, exists, func, select
from sqlalchemy.orm import Session

from certificates.models import Certificate, CertificateEvent, CertificateFile, CertificateProposal
from certificates.rules.document import texts_too_long
from certificates.rules.life import State, successor_word
from certificates.rules.names import unprintable
from certificates.rules.sheets import Line
from cme.activities.models import Activity, Provider, Release
from cme.credits.models import Credit
from cme.outbox.models import OutboxWork

SWEPT_AFTER = timedelta(minutes=2)
SWEPT_AT_ONCE = 2000
PDF, PICTURE, CREDENTIAL = "pdf", "picture", "credential"
PROVIDER_TEXTS = ("name", "accreditation_statement", "designation_statement", "participation_statement", "contact")

_CERTIFICATES = cast("Table", Certificate.__table__)
_EVENTS = cast("Table", CertificateEvent.__table__)
_FILES = cast("Table", CertificateFile.__table__)


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """A certificate with its state and its files' digests."""

    certificate_id: int
    credit_id: int
    person_id: int
    number: str
    code: str
    revision: int
    kind: str
    snapshot: dict[str, Any]
    issued_at: datetime
    state: str
    state_at: datetime
    ground: str
    """Why it is in that state, as everybody may know it: a word of certificates.rules.life."""
    latest_code: str
    """The code of the latest revision under the same number; its own when nothing has replaced it."""
    pdf: str | None
    picture: str | None
    credential: str | None

    @property
    def successor_word(self) -> str:
        """What the certificate is called that has replaced this one."""
        return successor_word(self.ground)

    def digest(self, kind: str) -> str | None:
        """The SHA-256 of a file, None before it is made."""
        return {PDF: self.pdf, PICTURE: self.picture, CREDENTIAL: self.credential}[kind]


def _statement(condition: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    pdf, picture, credential = (_FILES.alias(kind) for kind in (PDF, PICTURE, CREDENTIAL))
    later = _CERTIFICATES.alias("later")
    last = (
        select(func.max(_EVENTS.c.id))
        .where(_EVENTS.c.certificate_id == _CERTIFICATES.c.id)
        .correlate(_CERTIFICATES)
        .scalar_subquery()
    )
    latest = (
        select(later.c.code)
        .where(later.c.number == _CERTIFICATES.c.number)
        .order_by(later.c.revision.desc())
        .limit(1)
        .correlate(_CERTIFICATES)
        .scalar_subquery()
    )
    joined = _CERTIFICATES.join(_EVENTS, _EVENTS.c.id == last)
    for kind, file in ((PDF, pdf), (PICTURE, picture), (CREDENTIAL, credential)):
        joined = joined.outerjoin(file, and_(file.c.certificate_id == _CERTIFICATES.c.id, file.c.kind == kind))
    return (
        select(
            _CERTIFICATES,
            _EVENTS.c.event.label("state"),
            _EVENTS.c.at.label("state_at"),
            _EVENTS.c.ground,
            latest.label("latest_code"),
            pdf.c.sha256.label("pdf"),
            picture.c.sha256.label("picture"),
            credential.c.sha256.label("credential"),
        )
        .select_from(joined)
        .where(condition)
    )


# Built once: everybody who verifies runs it, and building costs more than running.
_BY_CODE = _statement(_CERTIFICATES.c.code == bindparam("wanted"))
_BY_ID = _statement(_CERTIFICATES.c.id == bindparam("wanted"))
_BY_IDS = _statement(_CERTIFICATES.c.id.in_(bindparam("wanted", expanding=True))).order_by(_CERTIFICATES.c.id)


def by_code(session: Session, code: str) -> CertificateFacts | None:
    """The certificate of a canonical code, in one statement."""
    return _one(session, _BY_CODE, code)


def by_id(session: Session, certificate_id: int) -> CertificateFacts | None:
    """The certificate of that number in the table."""
    return _one(session, _BY_ID, certificate_id)


def by_ids(session: Session, certificate_ids: Sequence[int]) -> list[CertificateFacts]:
    """Several at once, in the order of their numbers."""
    return [_facts(row) for row in session.execute(_BY_IDS, {"wanted": list(certificate_ids)})]


def _one(session: Session, statement: Select[*tuple[Any, ...]], wanted: object) -> CertificateFacts | None:
    row = session.execute(statement, {"wanted": wanted}).one_or_none()
    return None if row is None else _facts(row)


def _facts(row: Any) -> CertificateFacts:
    return CertificateFacts(
        certificate_id=row.id,
        credit_id=row.credit_id,
        person_id=row.person_id,
        number=row.number,
        code=row.code,
        revision=row.revision,
        kind=row.kind,
        snapshot=row.snapshot,
        issued_at=row.issued_at,
        state=row.state,
        state_at=row.state_at,
        ground=row.ground,
        latest_code=row.latest_code,
        pdf=row.pdf,
        picture=row.picture,
        credential=row.credential,
    )


def made_because(session: Session, certificate: CertificateFacts) -> str:
    """On which ground this revision has replaced the one before; empty for the first."""
    if certificate.revision == 1:
        return ""
    ground = session.scalar(
        select(CertificateEvent.ground)
        .join(Certificate, Certificate.id == CertificateEvent.certificate_id)
        .where(
            Certificate.number == certificate.number,
            Certificate.revision == certificate.revision - 1,
            CertificateEvent.event == State.REPLACED.value,
        )
    )
    return ground or ""


def code_of_file(session: Session, sha256: str) -> str | None:
    """The code of the certificate whose PDF has this digest."""
    return session.scalar(
        select(Certificate.code)
        .join(CertificateFile, CertificateFile.certificate_id == Certificate.id)
        .where(CertificateFile.sha256 == sha256, CertificateFile.kind == PDF)
    )


def fallen(session: Session, numbers: range) -> list[int]:
    """Which certificates of that range of numbers were replaced or revoked, in one statement."""
    return list(
        session.scalars(
            select(CertificateEvent.certificate_id)
            .where(
                CertificateEvent.event.in_((State.REPLACED.value, State.REVOKED.value)),
                CertificateEvent.certificate_id.between(numbers.start, numbers.stop - 1),
            )
            .distinct()
        )
    )


def highest_number(session: Session) -> int:
    """The number of the latest certificate; 0 while there is none."""
    return session.scalar(select(func.max(Certificate.id))) or 0


def lines_of(session: Session, person_id: int) -> list[Line]:
    """The latest certificate of each of the person's credits, newest completion first."""
    later = _CERTIFICATES.alias("later")
    newer = select(later.c.id).where(
        later.c.number == _CERTIFICATES.c.number, later.c.revision > _CERTIFICATES.c.revision
    )
    last = select(func.max(_EVENTS.c.id)).where(_EVENTS.c.certificate_id == _CERTIFICATES.c.id)
    rows = session.execute(
        select(_CERTIFICATES.c.snapshot, _CERTIFICATES.c.code, _EVENTS.c.event)
        .select_from(_CERTIFICATES.join(_EVENTS, _EVENTS.c.id == last.correlate(_CERTIFICATES).scalar_subquery()))
        .where(_CERTIFICATES.c.person_id == person_id, ~newer.correlate(_CERTIFICATES).exists())
    )
    lines = [Line(row.snapshot, State(row.event).word, row.code) for row in rows]
    return sorted(lines, key=lambda line: (line.snapshot["completed_at"], line.code), reverse=True)


def has_revoked_document(credit_id: ColumnElement[int]) -> ColumnElement[bool]:
    """The condition that the certificate of this credit was revoked."""
    return exists().where(
        Certificate.credit_id == credit_id,
        CertificateEvent.certificate_id == Certificate.id,
        CertificateEvent.event == State.REVOKED.value,
    )


def code_of_credit(session: Session, person_id: int, credit_id: int) -> str | None:
    """The code of the latest certificate of this person's credit, also where a correction of the credit brought it."""
    number = select(Certificate.number).where(Certificate.credit_id == credit_id).limit(1).scalar_subquery()
    return session.scalar(
        select(Certificate.code)
        .where(Certificate.number == number, Certificate.person_id == person_id)
        .order_by(Certificate.revision.desc())
        .limit(1)
    )


def code_of_module(session: Session, person_id: int, slug: str) -> str | None:
    """The code of the person's certificate for the newest release of the activity that gave credit."""
    return session.scalar(
        select(Certificate.code)
        .join(Credit, Credit.id == Certificate.credit_id)
        .join(Release, Release.id == Credit.release_id)
        .join(Activity, Activity.id == Release.activity_id)
        .where(Certificate.person_id == person_id, Activity.slug == slug)
        .order_by(Release.number.desc(), Certificate.credit_id.desc(), Certificate.revision.desc())
        .limit(1)
    )


def without_files(session: Session, *, now: datetime) -> list[int]:
    """Which of the latest certificates have no document, though they are not quite new.

    Only the latest: this is asked every minute. An older one is asked for again when its owner comes for it, and so is
    the picture of any: after many were issued again, most are never looked at.
    """
    latest = (
        select(Certificate.id, Certificate.issued_at).order_by(Certificate.id.desc()).limit(SWEPT_AT_ONCE).subquery()
    )
    document = select(CertificateFile.sha256).where(
        CertificateFile.certificate_id == latest.c.id, CertificateFile.kind == PDF
    )
    missing = select(latest.c.id).where(latest.c.issued_at < now - SWEPT_AFTER, ~document.exists())
    return list(session.scalars(missing.order_by(latest.c.id)))


def mails_pdf(session: Session, certificate: CertificateFacts) -> bool:
    """Whether the provider wants the PDF to go along with the letter that it is ready."""
    wish = (
        select(Provider.mails_certificate)
        .join(Release, Release.provider_id == Provider.id)
        .join(Credit, Credit.release_id == Release.id)
        .where(Credit.id == certificate.credit_id)
    )
    return bool(session.scalar(wish))


def in_trouble(session: Session, certificate_id: int, kind: str) -> bool:
    """Whether the last try to make this certificate's files came to nothing; it is tried again by itself."""
    last = select(OutboxWork.last_error).where(
        OutboxWork.kind == kind, OutboxWork.key == str(certificate_id), OutboxWork.finished_at.is_(None)
    )
    return any(error is not None for error in session.scalars(last))


def certificates_of(session: Session, person_id: int) -> list[dict[str, Any]]:
    """Everything kept of a person here, as plain data: documents, what happened to them, and what was asked for."""
    rows = session.scalars(select(Certificate).where(Certificate.person_id == person_id).order_by(Certificate.id)).all()
    events, asked = (
        _by_certificate(session, CertificateEvent, rows),
        _by_certificate(session, CertificateProposal, rows),
    )
    return [
        {
            "number": row.number,
            "revision": row.revision,
            "code": row.code,
            "kind": row.kind,
            "issued_at": row.issued_at.isoformat(),
            "printed": row.snapshot,
            "events": [
                {"event": one.event, "at": one.at.isoformat(), "ground": one.ground, "reason": one.reason}
                for one in events.get(row.id, ())
            ],
            "corrections_asked_for": [
                {"at": one.proposed_at.isoformat(), "wanted": one.wanted, "reason": one.reason}
                for one in asked.get(row.id, ())
                if one.kind == "correction"
            ],
        }
        for row in rows
    ]


def _by_certificate(session: Session, table: Any, certificates: Sequence[Certificate]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    wanted = select(table).where(table.certificate_id.in_([one.id for one in certificates])).order_by(table.id)
    for row in session.scalars(wanted):
        found.setdefault(row.certificate_id, []).append(row)
    return found


def unprintable_release(session: Session, release_id: int) -> list[str]:
    """Why certificates of this release could not be printed: asked before it is published."""
    row = session.execute(
        select(Activity.title, Release.provider_snapshot, Release.learning_format)
        .join(Activity, Activity.id == Release.activity_id)
        .where(Release.id == release_id)
    ).one_or_none()
    if row is None:
        return []
    provider = {key: str(row.provider_snapshot.get(key, "")) for key in PROVIDER_TEXTS}
    texts = [row.title, row.learning_format, *provider.values()]
    found = dict.fromkeys(cluster for text in texts if (cluster := unprintable(text)) is not None)
    odd = [f"Certificates cannot print the character “{one}” of the title or the provider's texts." for one in found]
    return odd + texts_too_long(provider)
