"""What is read of certificates."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session, aliased

from certificates.models import Certificate, CertificateEvent, CertificateFile
from certificates.rules.document import texts_too_long
from certificates.rules.names import unprintable
from cme.activities.models import Activity, Release
from cme.credits.models import Credit

SWEPT_AFTER = timedelta(minutes=2)
SWEPT_AT_ONCE = 2000
PDF, PICTURE = "pdf", "picture"
PROVIDER_TEXTS = ("name", "accreditation_statement", "designation_statement", "participation_statement", "contact")


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
    pdf: str | None
    picture: str | None

    def digest(self, kind: str) -> str | None:
        """The SHA-256 of the PDF or the picture, None before it is made."""
        return self.pdf if kind == PDF else self.picture


def by_code(session: Session, code: str) -> CertificateFacts | None:
    """The certificate of a canonical code, in one statement."""
    return _one(session, _facts().where(Certificate.code == code))


def by_id(session: Session, certificate_id: int) -> CertificateFacts | None:
    """The certificate of that number in the table."""
    return _one(session, _facts().where(Certificate.id == certificate_id))


def code_of_credit(session: Session, person_id: int, credit_id: int) -> str | None:
    """The code of the latest certificate of this person's credit."""
    return session.scalar(
        select(Certificate.code)
        .where(Certificate.credit_id == credit_id, Certificate.person_id == person_id)
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
    """Which of the latest certificates have no picture, the last thing to be made, though they are not quite new.

    Only the latest: this is asked every minute. An older one is asked for again when its owner comes for it.
    """
    latest = (
        select(Certificate.id, Certificate.issued_at).order_by(Certificate.id.desc()).limit(SWEPT_AT_ONCE).subquery()
    )
    picture = select(CertificateFile.sha256).where(
        CertificateFile.certificate_id == latest.c.id, CertificateFile.kind == PICTURE
    )
    missing = select(latest.c.id).where(latest.c.issued_at < now - SWEPT_AFTER, ~picture.exists())
    return list(session.scalars(missing.order_by(latest.c.id)))


def certificates_of(session: Session, person_id: int) -> list[dict[str, Any]]:
    """Everything kept of a person here, as plain data."""
    rows = session.scalars(select(Certificate).where(Certificate.person_id == person_id).order_by(Certificate.id))
    return [
        {
            "number": row.number,
            "revision": row.revision,
            "code": row.code,
            "kind": row.kind,
            "issued_at": row.issued_at.isoformat(),
            "printed": row.snapshot,
        }
        for row in rows
    ]


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


def _facts() -> Select[*tuple[Any, ...]]:
    pdf, picture = aliased(CertificateFile), aliased(CertificateFile)
    last = (
        select(func.max(CertificateEvent.id))
        .where(CertificateEvent.certificate_id == Certificate.id)
        .correlate(Certificate)
        .scalar_subquery()
    )
    return (
        select(
            Certificate,
            CertificateEvent.event.label("state"),
            CertificateEvent.at.label("state_at"),
            pdf.sha256.label("pdf"),
            picture.sha256.label("picture"),
        )
        .join(CertificateEvent, CertificateEvent.id == last)
        .outerjoin(pdf, and_(pdf.certificate_id == Certificate.id, pdf.kind == PDF))
        .outerjoin(picture, and_(picture.certificate_id == Certificate.id, picture.kind == PICTURE))
    )


def _one(session: Session, statement: Select[*tuple[Any, ...]]) -> CertificateFacts | None:
    row = session.execute(statement).one_or_none()
    if row is None:
        return None
    found: Certificate = row[0]
    return CertificateFacts(
        certificate_id=found.id,
        credit_id=found.credit_id,
        person_id=found.person_id,
        number=found.number,
        code=found.code,
        revision=found.revision,
        kind=found.kind,
        snapshot=dict(found.snapshot),
        issued_at=found.issued_at,
        state=row.state,
        state_at=row.state_at,
        pdf=row.pdf,
        picture=row.picture,
    )
