"""Granted credit with its certificate, and snapshots for rendering."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from certificates.models import Certificate
from certificates.rules.document import freeze
from cme.activities.models import Release
from cme.credits.events import CreditGranted
from cme.credits.models import ClaimDecision, Credit
from cme.outbox.announce import announce
from cme.people.models import Person
from tests.factories.modules import Module

CODE = "7Q2M-8XKD-94PZ-T3NB-V6WR-0HJA-C5EG"
SOCIETY = "Society for Sleep Medicine Education"
STATEMENTS = {
    "accreditation_statement": (
        f"The {SOCIETY} is accredited by the Accreditation Council for Continuing Medical Education (ACCME) to provide "
        "continuing medical education for physicians."
    ),
    "designation_statement": (
        f"The {SOCIETY} designates this enduring material for a maximum of 1.00 AMA PRA Category 1 Credit(s)™. "
        "Physicians should claim only the credit commensurate with the extent of their participation in the activity."
    ),
    "participation_statement": "This activity was designated for a maximum of 1.00 AMA PRA Category 1 Credit(s)™.",
}
EVENT = CreditGranted(
    credit_id=42,
    person_id=1,
    release_id=1,
    kind="credit",
    amount_quarters=3,
    maximum_quarters=4,
    credit_type="ama-pra-category-1",
    # 22 November, nine in the evening in Los Angeles: already the next day in UTC.
    completed_at=datetime(2026, 11, 23, 5, 0, tzinfo=UTC),
    granted_at=datetime(2026, 11, 23, 15, 0, tzinfo=UTC),
    snapshot={},
)


def earned(**changes: Any) -> dict[str, Any]:
    """The snapshot of a ledger entry."""
    mode = changes.pop("mode", "demonstration")
    accredited = mode == "accredited"
    return {
        "name": "Jane Doe",
        "credentials": "MD",
        "profession": "physician",
        "country": "US",
        "title": "Sleep-related leg cramps",
        "slug": "sleep-related-leg-cramps",
        "release_number": 1,
        "learning_format": "enduring material",
        "provider": {
            "key": "provider",
            "name": SOCIETY if accredited else "Demonstration provider",
            "mode": mode,
            "contact": "office@example.org",
            **(STATEMENTS if accredited else dict.fromkeys(STATEMENTS, "Not accredited.")),
        },
        "provider_mode": mode,
        "released_on": "1995-08-17",
        "reviewed_on": "2024-08-09",
        "opens_on": "2024-08-09",
        "expires_on": "2027-08-09",
        "zone": "America/Los_Angeles",
        "revision_id": 1,
        **changes,
    }


def make_snapshot(kind: str = "credit", amount: int = 3, **changes: Any) -> dict[str, Any]:
    """What is printed on a certificate that no database knows."""
    event = replace(EVENT, kind=kind, amount_quarters=amount, snapshot=earned(**changes))
    return freeze(event, number="CME-2026-000042", code=CODE)


def make_certificate(
    session: Session,
    person: Person,
    module: Module,
    *,
    now: datetime,
    kind: str = "credit",
    amount: int = 3,
    maximum: int = 4,
    **changes: Any,
) -> Certificate:
    """A granted credit, announced, with the certificate that the listener makes of it."""
    release = session.get_one(Release, module.release_id)
    decision = ClaimDecision(
        person_id=person.id,
        release_id=release.id,
        decided_at=now,
        outcome="granted",
        code="granted",
        sentence="Every requirement was met.",
        facts={},
        verdicts=[],
        rules_version="test",
    )
    session.add(decision)
    session.flush()
    completed_at = now - timedelta(minutes=10)
    snapshot = earned(
        name=person.name,
        credentials=person.credentials,
        slug=module.slug,
        provider=dict(release.provider_snapshot),
        **changes,
    )
    credit = Credit(
        entry="earned",
        kind=kind,
        person_id=person.id,
        release_id=release.id,
        decision_id=decision.id,
        follows_id=None,
        opens_at=release.opens_at,
        closes_at=release.closes_at,
        completed_at=completed_at,
        granted_at=now,
        amount_quarters=amount,
        maximum_quarters=maximum,
        credit_type="ama-pra-category-1",
        attestation="I attest.",
        snapshot=snapshot,
    )
    session.add(credit)
    session.flush()
    announce(
        session,
        CreditGranted(
            credit_id=credit.id,
            person_id=person.id,
            release_id=release.id,
            kind=kind,
            amount_quarters=amount,
            maximum_quarters=maximum,
            credit_type="ama-pra-category-1",
            completed_at=completed_at,
            granted_at=now,
            snapshot=snapshot,
        ),
    )
    return session.scalars(select(Certificate).where(Certificate.credit_id == credit.id)).one()
