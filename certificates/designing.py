"""Designs of this installation's own: saved as versions that never change, tried before, published once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from certificates.models import CertificateDesign, CertificateLook, DesignPublication, DesignVersion
from certificates.rules.names import unprintable
from cme.audit.service import record
from cme.audit.tags import Event
from cme.kernel.refusal import Conflict, Invalid, NotFound
from cme.kernel.text import clean_line
from cme.store.session import violates

FORM, UPLOAD = "form", "upload"
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """One saved state of a design."""

    version_id: int
    design_id: int
    design_name: str
    source: str
    number: int
    digest: str
    choices: dict[str, Any]
    made_at: datetime
    published_at: datetime | None
    in_use: bool
    """Whether some provider's certificates look like this, or once did."""


def designs(session: Session) -> list[VersionFacts]:
    """The latest version of each design, by name."""
    latest = select(func.max(DesignVersion.id)).group_by(DesignVersion.design_id)
    return _facts(session, DesignVersion.id.in_(latest), CertificateDesign.name)


def versions(session: Session, design_id: int) -> list[VersionFacts]:
    """All versions of a design, newest first. Refuses: NotFound."""
    found = _facts(session, DesignVersion.design_id == design_id, DesignVersion.number.desc())
    if not found:
        raise NotFound("design_unknown", "There is no such design.")
    return found


def version(session: Session, version_id: int) -> VersionFacts:
    """One of them. Refuses: NotFound."""
    found = _facts(session, DesignVersion.id == version_id, DesignVersion.id)
    if not found:
        raise NotFound("design_unknown", "There is no such version of a design.")
    return found[0]


def _facts(session: Session, condition: Any, order: Any) -> list[VersionFacts]:
    used = select(CertificateLook.id).where(CertificateLook.version_id == DesignVersion.id).exists()
    rows = session.execute(
        select(DesignVersion, CertificateDesign.name, CertificateDesign.source, DesignPublication.published_at, used)
        .join(CertificateDesign, CertificateDesign.id == DesignVersion.design_id)
        .outerjoin(DesignPublication, DesignPublication.version_id == DesignVersion.id)
        .where(condition)
        .order_by(order)
    )
    return [
        VersionFacts(
            one.id, one.design_id, name, source, one.number, one.digest, one.choices, one.made_at, published_at, in_use
        )
        for one, name, source, published_at, in_use in rows
    ]


def name_problems(name: str) -> list[str]:
    """Sentences about a design's name; empty when it will do."""
    if not name:
        return ["Give the design a name."]
    if len(name) > LONGEST_NAME:
        return [f"This is longer than {LONGEST_NAME} characters."]
    return [] if unprintable(name) is None else ["Use letters that certificates can print."]


def begin(session: Session, name: str, source: str, *, by: int, now: datetime) -> int:
    """A new design, without a version yet. Refuses: Invalid (name)."""
    clean = clean_line(name)
    if problems := name_problems(clean):
        raise Invalid("design_invalid", "The design cannot be saved like this.", {"name": problems})
    made = CertificateDesign(name=clean, source=source, made_at=now, made_by=by)
    session.add(made)
    try:
        session.flush()
    except IntegrityError as error:
        if violates(error, "uq_certificate_designs_name"):
            taken = {"name": ["There is a design with this name already."]}
            raise Invalid("design_invalid", "The design cannot be saved like this.", taken) from error
        raise
    _note(session, Event.DESIGN_MADE, made.id, {"source": source}, by, now)
    return made.id


def save(
    session: Session, design_id: int, digest: str, choices: Mapping[str, Any], *, by: int, now: datetime
) -> VersionFacts:
    """The next version; the same folder as the last one is that version. Refuses: NotFound.

    The file under `digest` and the pictures named in `choices` are stored already: a row never points at nothing.
    """
    design = session.scalar(select(CertificateDesign).where(CertificateDesign.id == design_id).with_for_update())
    if design is None:
        raise NotFound("design_unknown", "There is no such design.")
    last = session.scalar(
        select(DesignVersion).where(DesignVersion.design_id == design_id).order_by(DesignVersion.number.desc()).limit(1)
    )
    if last is not None and last.digest == digest:
        return version(session, last.id)
    made = DesignVersion(
        design_id=design_id,
        number=1 if last is None else last.number + 1,
        digest=digest,
        choices=dict(choices),
        made_at=now,
        made_by=by,
    )
    session.add(made)
    session.flush()
    _note(session, Event.DESIGN_SAVED, design_id, {"version": made.number, "digest": digest}, by, now)
    return version(session, made.id)


def publish(session: Session, version_id: int, *, by: int, now: datetime) -> VersionFacts:
    """From now on it may be given to providers. Refuses: NotFound, Conflict (it is published)."""
    found = version(session, version_id)
    session.add(DesignPublication(version_id=version_id, published_at=now, published_by=by))
    try:
        session.flush()
    except IntegrityError as error:
        if violates(error, "pk_certificate_design_publications"):
            raise Conflict("design_published", "This version is published already.") from error
        raise
    details = {"version": found.number, "digest": found.digest}
    _note(session, Event.DESIGN_PUBLISHED, found.design_id, details, by, now)
    return version(session, version_id)


def _note(session: Session, event: Event, design_id: int, details: Mapping[str, Any], by: int, now: datetime) -> None:
    record(
        session, event, now=now, person_id=by, subject="certificate_design", subject_id=design_id, details=dict(details)
    )
