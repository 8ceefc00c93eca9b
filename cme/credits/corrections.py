"""Correcting an entry of the ledger: a further entry that names the one it follows, with a decision of its own."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cme.activities.models import Release
from cme.audit.service import record
from cme.audit.tags import Event
from cme.credits import rules
from cme.credits.events import CreditGranted
from cme.credits.models import ClaimDecision, Credit
from cme.credits.standings import claim_open_until
from cme.kernel.professions import Profession
from cme.kernel.quarters import format_quarters
from cme.kernel.refusal import Conflict, Invalid, NotFound

CODE = "corrected"


@dataclass(frozen=True, slots=True)
class Correction:
    """How the person and the amount should have stood."""

    name: str
    credentials: str
    profession: str
    amount_quarters: int


def amount_refusal(session: Session, credit_id: int, wanted: int, *, now: datetime) -> str | None:
    """Why the amount of this entry cannot become `wanted`, or None.

    A learner may claim less than they did at any time; more only as long as a claim could still be made.
    """
    entry = session.get(Credit, credit_id)
    if entry is None:
        raise NotFound
    if not 1 <= wanted <= entry.maximum_quarters:
        return f"Choose an amount from 0.25 to {format_quarters(entry.maximum_quarters)}, in quarters."
    if wanted <= entry.amount_quarters:
        return None
    release = session.get_one(Release, entry.release_id)
    own = claim_open_until(session, entry.person_id, entry.release_id)
    if release.withdrawn_at is not None or now >= rules.claim_deadline(release.claims_close_at, own):
        return "The time in which credit could be claimed is over, so the amount can only become less."
    return None


def correct(
    session: Session, credit_id: int, wanted: Correction, *, by: int, reason: str, now: datetime
) -> CreditGranted:
    """Write the corrected entry and give it as a granted fact; nobody is told: the caller decides what follows from it.

    Refuses: NotFound; Conflict (the entry was corrected meanwhile); Invalid (amount). The reason stays out of the
    ledger's snapshot; whoever asked and whoever approved stand in the caller's own record.
    """
    first = session.scalar(select(Credit).where(Credit.id == credit_id).with_for_update())
    if first is None:
        raise NotFound
    if session.scalar(select(Credit.id).where(Credit.follows_id == first.id)) is not None:
        raise Conflict("credit_corrected", "This credit was corrected meanwhile; load the page again.")
    if wanted.amount_quarters != first.amount_quarters:
        problem = amount_refusal(session, credit_id, wanted.amount_quarters, now=now)
        if problem is not None:
            raise Invalid("amount", problem, {"amount": [problem]})
    profession = Profession(wanted.profession)
    kind = rules.kind_of(profession, first.credit_type)
    snapshot = {
        **first.snapshot,
        "name": wanted.name,
        "credentials": wanted.credentials,
        "profession": profession.value,
    }
    entry = Credit(
        entry="correction",
        kind=kind.value,
        person_id=first.person_id,
        release_id=first.release_id,
        decision_id=_decision(session, first, wanted, by, reason, now).id,
        follows_id=first.id,
        opens_at=first.opens_at,
        closes_at=first.closes_at,
        completed_at=first.completed_at,
        granted_at=max(now, first.completed_at),
        amount_quarters=wanted.amount_quarters,
        maximum_quarters=first.maximum_quarters,
        credit_type=first.credit_type,
        attestation=first.attestation,
        snapshot=snapshot,
    )
    session.add(entry)
    session.flush()
    record(
        session,
        Event.CLAIM_GRANTED,
        now=now,
        person_id=by,
        subject="release",
        subject_id=first.release_id,
        details={"credit_id": entry.id, "follows": first.id, "quarters": wanted.amount_quarters, "kind": kind.value},
    )
    return granted(entry)


def granted(entry: Credit) -> CreditGranted:
    """An entry as the fact that a listener would have heard."""
    return CreditGranted(
        credit_id=entry.id,
        person_id=entry.person_id,
        release_id=entry.release_id,
        kind=entry.kind,
        amount_quarters=entry.amount_quarters,
        maximum_quarters=entry.maximum_quarters,
        credit_type=entry.credit_type,
        completed_at=entry.completed_at,
        granted_at=entry.granted_at,
        snapshot=dict(entry.snapshot),
    )


def _decision(
    session: Session, first: Credit, wanted: Correction, by: int, reason: str, now: datetime
) -> ClaimDecision:
    facts: dict[str, Any] = {
        "corrects": first.id,
        "decided_by": by,
        "reason": reason,
        "amount_quarters": wanted.amount_quarters,
        "maximum_quarters": first.maximum_quarters,
        "completed_at": first.completed_at.isoformat(),
    }
    decision = ClaimDecision(
        person_id=first.person_id,
        release_id=first.release_id,
        decided_at=now,
        outcome="granted",
        code=CODE,
        sentence="A correction of an earlier entry was approved by the office.",
        facts=facts,
        verdicts=[],
        rules_version=rules.RULES_VERSION,
    )
    session.add(decision)
    session.flush()
    return decision
