"""What a provider's certificates look like: chosen by the office for future credit, asked when credit is granted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from certificates.design import SHIPPED, design
from certificates.models import CertificateDesign, CertificateLook, DesignPublication, DesignVersion
from certificates.rules.looks import Look, PaperChoice, paper_of
from cme.activities.models import Provider
from cme.audit.service import record
from cme.audit.tags import Event
from cme.credits.events import CreditGranted
from cme.kernel.refusal import Invalid, NotFound

KINDS = SHIPPED


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is chosen for one provider and kind now; the defaults where nobody has chosen."""

    provider_key: str
    provider_name: str
    kind: str
    paper: PaperChoice
    version_id: int | None
    design_name: str
    version_number: int | None
    chosen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Choice:
    """A published version that can be chosen."""

    version_id: int
    label: str


def look_for(session: Session, event: CreditGranted) -> Look:
    """The look of a certificate that is issued now, with the digest of its design: one statement."""
    row = session.execute(
        select(CertificateLook.paper, DesignVersion.digest)
        .join(Provider, Provider.id == CertificateLook.provider_id)
        .outerjoin(DesignVersion, DesignVersion.id == CertificateLook.version_id)
        .where(Provider.key == event.snapshot["provider"].get("key", ""), CertificateLook.kind == event.kind)
        .order_by(CertificateLook.id.desc())
        .limit(1)
    ).one_or_none()
    choice, digest = (row.paper, row.digest) if row else (PaperChoice.COUNTRY, None)
    paper = paper_of(choice, event.snapshot.get("country", ""))
    return Look(event.kind, digest or design(event.kind).digest, paper)


def chosen(session: Session) -> list[Chosen]:
    """Every provider with both kinds, by name."""
    latest = (
        select(func.max(CertificateLook.id).label("id"))
        .group_by(CertificateLook.provider_id, CertificateLook.kind)
        .subquery()
    )
    rows = session.execute(
        select(CertificateLook, DesignVersion.number, CertificateDesign.name)
        .join(latest, latest.c.id == CertificateLook.id)
        .outerjoin(DesignVersion, DesignVersion.id == CertificateLook.version_id)
        .outerjoin(CertificateDesign, CertificateDesign.id == DesignVersion.design_id)
    )
    found = {(look.provider_id, look.kind): (look, number, name) for look, number, name in rows}
    every: list[Chosen] = []
    for provider in session.scalars(select(Provider).order_by(Provider.name, Provider.key)):
        for kind in KINDS:
            look, number, name = found.get((provider.id, kind), (None, None, None))
            every.append(
                Chosen(
                    provider_key=provider.key,
                    provider_name=provider.name,
                    kind=kind,
                    paper=PaperChoice(look.paper if look else PaperChoice.COUNTRY),
                    version_id=look.version_id if look else None,
                    design_name=name or "",
                    version_number=number,
                    chosen_at=look.chosen_at if look else None,
                )
            )
    return every


def offered(session: Session) -> Sequence[Choice]:
    """All published versions, newest of each design first."""
    rows = session.execute(
        select(DesignVersion.id, DesignVersion.number, CertificateDesign.name)
        .join(DesignPublication, DesignPublication.version_id == DesignVersion.id)
        .join(CertificateDesign, CertificateDesign.id == DesignVersion.design_id)
        .order_by(CertificateDesign.name, DesignVersion.number.desc())
    )
    return [Choice(row.id, f"{row.name}, version {row.number}") for row in rows]


def choose(
    session: Session, provider_key: str, kind: str, version_id: int | None, paper: str, *, by: int, now: datetime
) -> None:
    """From now on, for credit granted from now on. Refuses: NotFound (provider), Invalid (version, kind, paper)."""
    provider = session.scalar(select(Provider).where(Provider.key == provider_key).with_for_update())
    if provider is None:
        raise NotFound("provider_unknown", "There is no such provider.")
    problems: dict[str, list[str]] = {}
    if kind not in KINDS:
        problems["kind"] = ["Choose one of the two."]
    if paper not in set(PaperChoice):
        problems["paper"] = ["Choose one of the three."]
    if version_id is not None and session.get(DesignPublication, version_id) is None:
        problems["version"] = ["Choose a version that is published."]
    if problems:
        raise Invalid("look_invalid", "This cannot be chosen.", problems)
    session.add(
        CertificateLook(
            provider_id=provider.id, kind=kind, version_id=version_id, paper=paper, chosen_at=now, chosen_by=by
        )
    )
    session.flush()
    details = {"kind": kind, "version": version_id, "paper": paper}
    record(
        session, Event.LOOK_CHOSEN, now=now, person_id=by, subject="provider", subject_id=provider_key, details=details
    )
