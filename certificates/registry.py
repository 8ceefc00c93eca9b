"""What the office reads of certificates: the list, one with everything that happened to it, proposals that wait."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from certificates.models import Certificate, CertificateDecision, CertificateEvent, CertificateProposal
from certificates.packs import matching
from cme.activities.models import Release
from cme.credits.report_rows import OfficeFilter
from cme.kernel.paging import PAGE_SIZE, Page, offset_of, page_of
from cme.people.models import Person


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of the office's list."""

    certificate_id: int
    number: str
    revision: int
    kind: str
    issued_at: datetime
    state: str
    email: str
    zone: str
    snapshot: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of one revision. `by` is the name of who did it, None for the system."""

    certificate_id: int
    revision: int
    code: str
    event: str
    at: datetime
    ground: str
    reason: str
    by: str | None


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal with its answer, if there is one."""

    proposal_id: int
    certificate_id: int
    number: str
    kind: str
    ground: str
    reason: str
    wanted: dict[str, Any]
    snapshot: dict[str, Any]
    proposed_at: datetime
    proposed_by: int
    proposer: str | None
    outcome: str | None
    answer: str | None
    decided_at: datetime | None
    decider: str | None


def listed(session: Session, wanted: OfficeFilter, number: int) -> Page[Listed]:
    """Certificates of a filter, newest first."""
    statement = (
        matching(wanted)
        .with_only_columns(
            Certificate.id,
            Certificate.number,
            Certificate.revision,
            Certificate.kind,
            Certificate.issued_at,
            CertificateEvent.event,
            Person.email,
            Release.zone,
            Certificate.snapshot,
            maintain_column_froms=True,
        )
        .order_by(Certificate.id.desc())
    )
    rows = session.execute(statement.limit(PAGE_SIZE + 1).offset(offset_of(number)))
    return page_of([Listed(*row) for row in rows], number)


def count(session: Session, wanted: OfficeFilter) -> int:
    """How many certificates a filter finds."""
    return session.scalar(matching(wanted).with_only_columns(func.count(), maintain_column_froms=True)) or 0


def history(session: Session, number: str) -> Sequence[Happened]:
    """Everything that happened to all revisions under a number, oldest first."""
    rows = session.execute(
        select(
            Certificate.id,
            Certificate.revision,
            Certificate.code,
            CertificateEvent.event,
            CertificateEvent.at,
            CertificateEvent.ground,
            CertificateEvent.reason,
            Person.name,
        )
        .join(CertificateEvent, CertificateEvent.certificate_id == Certificate.id)
        .join(Person, Person.id == CertificateEvent.by_person_id, isouter=True)
        .where(Certificate.number == number)
        .order_by(CertificateEvent.id)
    )
    return [Happened(*row) for row in rows]


def proposals(session: Session, number: int) -> Page[Proposed]:
    """Those that wait for a second person, oldest first."""
    statement = _proposals().where(CertificateDecision.proposal_id.is_(None)).order_by(CertificateProposal.id)
    rows = session.execute(statement.limit(PAGE_SIZE + 1).offset(offset_of(number)))
    return page_of([Proposed(*row) for row in rows], number)


def proposals_of(session: Session, certificate_number: str) -> Sequence[Proposed]:
    """All of a certificate's number, oldest first."""
    statement = _proposals().where(Certificate.number == certificate_number).order_by(CertificateProposal.id)
    return [Proposed(*row) for row in session.execute(statement)]


def proposal(session: Session, proposal_id: int) -> Proposed | None:
    """One proposal."""
    row = session.execute(_proposals().where(CertificateProposal.id == proposal_id)).one_or_none()
    return None if row is None else Proposed(*row)


def waiting_for(session: Session, certificate_id: int) -> Proposed | None:
    """The proposal about a certificate that waits for its decision."""
    row = session.execute(
        _proposals().where(
            CertificateProposal.certificate_id == certificate_id, CertificateDecision.proposal_id.is_(None)
        )
    ).first()
    return None if row is None else Proposed(*row)


def _proposals() -> Select[*tuple[Any, ...]]:
    decider = Person.__table__.alias("decider")
    return (
        select(
            CertificateProposal.id,
            CertificateProposal.certificate_id,
            Certificate.number,
            CertificateProposal.kind,
            CertificateProposal.ground,
            CertificateProposal.reason,
            CertificateProposal.wanted,
            Certificate.snapshot,
            CertificateProposal.proposed_at,
            CertificateProposal.proposed_by,
            Person.name,
            CertificateDecision.outcome,
            CertificateDecision.answer,
            CertificateDecision.decided_at,
            decider.c.name,
        )
        .join(Certificate, Certificate.id == CertificateProposal.certificate_id)
        .join(Person, Person.id == CertificateProposal.proposed_by, isouter=True)
        .join(CertificateDecision, CertificateDecision.proposal_id == CertificateProposal.id, isouter=True)
        .join(decider, decider.c.id == CertificateDecision.decided_by, isouter=True)
    )
