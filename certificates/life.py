"""What becomes of a certificate after its issue: corrected, issued again, revoked; never deleted, never by one alone.

A correction is asked for by the owner and decided by the office; a revocation is proposed by one administrator and
confirmed by another. The table of decisions has a constraint that the two differ.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from certificates.models import Certificate, CertificateDecision, CertificateEvent, CertificateProposal
from certificates.rules.life import (
    FIELDS,
    SAME_FACTS,
    Ground,
    Letter,
    State,
    changed_fields,
    ground_of,
    reason_problem,
)
from certificates.services import ask_for_letter, issue
from cme.audit.service import record
from cme.audit.tags import Event
from cme.credits import corrections
from cme.credits.models import Credit
from cme.kernel.codes import normalise_code
from cme.kernel.professions import Profession
from cme.kernel.refusal import Conflict, Invalid, NotFound, Refused
from cme.kernel.roles import Role
from cme.kernel.text import clean_block
from cme.people.queries import roles_of
from cme.people.rules import NameCheck, credentials_problem, name_problem

CORRECTION, REVOCATION = "correction", "revocation"
CONFIRMED, DECLINED, WITHDRAWN = "confirmed", "declined", "withdrawn"
DECIDERS = {CORRECTION: (Role.REGISTRAR, Role.ADMINISTRATOR), REVOCATION: (Role.ADMINISTRATOR,)}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A certificate's facts as its owner says they should be, cleaned but not judged."""

    name: str
    credentials: str
    profession: str
    amount_quarters: int

    def values(self) -> dict[str, Any]:
        return {"name": self.name, "credentials": self.credentials, "profession": self.profession,
                "amount_quarters": self.amount_quarters}  # fmt: skip


def ask_for_correction(
    session: Session,
    person_id: int,
    code: str,
    wanted: Wanted,
    reason: str,
    *,
    now: datetime,
    checks: tuple[NameCheck, ...] = (),
) -> CertificateProposal:
    """The owner says what is wrong. Refuses: NotFound; Conflict (not current, or already asked); Invalid."""
    canonical = normalise_code(code)
    found = session.scalar(select(Certificate).where(Certificate.code == canonical, Certificate.person_id == person_id))
    if canonical is None or found is None:
        raise NotFound
    certificate = _locked(session, found.id)
    _refuse_open(session, certificate.id)
    problems = _problems(session, certificate, wanted, reason, checks, now=now)
    fields = changed_fields(certificate.snapshot, wanted.values())
    if not fields and not problems:
        sentence = "Nothing differs from the certificate as it is."
        problems = {"name": [sentence]}
    if problems:
        raise Invalid("correction_invalid", "The correction cannot be taken as it is.", problems)
    return _propose(session, certificate, CORRECTION, ground_of(fields), reason, wanted.values(), by=person_id, now=now)


def propose_revocation(
    session: Session, certificate_id: int, ground: str, reason: str, *, by: int, now: datetime
) -> CertificateProposal:
    """One administrator says why a certificate must not stand. Refuses: NotFound, Conflict, Invalid, Refused."""
    _refuse_without_role(session, by, REVOCATION)
    certificate = _locked(session, certificate_id)
    _refuse_open(session, certificate.id)
    problem = reason_problem(clean_block(reason))
    if problem or ground not in set(Ground):
        sentence = problem or "Choose a ground."
        raise Invalid("revocation_invalid", sentence, {"reason" if problem else "ground": [sentence]})
    return _propose(session, certificate, REVOCATION, ground, reason, {}, by=by, now=now)


def confirm(session: Session, proposal_id: int, *, by: int, now: datetime) -> Certificate | None:
    """The second person agrees, and it happens: gives the new certificate of a correction, None for a revocation.

    Refuses: NotFound; Conflict (decided meanwhile, the certificate is no longer current, or whoever proposed to revoke
    it is no administrator any more); Refused (the same person, or without the role).
    """
    proposal = _to_decide(session, proposal_id, by)
    if proposal.kind == REVOCATION and not _has_role(session, proposal.proposed_by, REVOCATION):
        sentence = "Whoever proposed this is no longer an administrator, so it takes a new proposal. Decline this one."
        raise Conflict("proposer_without_role", sentence)
    certificate = _locked(session, proposal.certificate_id)
    _decide(session, proposal, CONFIRMED, "", by=by, now=now)
    if proposal.kind == REVOCATION:
        _revoke(session, certificate, proposal, by=by, now=now)
        return None
    return replace_certificate(session, certificate.id, proposal.wanted, reason=proposal.reason, by=by, now=now)


def decline(session: Session, proposal_id: int, answer: str, *, by: int, now: datetime) -> None:
    """The second person does not agree. Refuses as `confirm`; Invalid (no answer)."""
    proposal = _to_decide(session, proposal_id, by)
    said = clean_block(answer)
    problem = reason_problem(said)
    if problem:
        raise Invalid("answer_invalid", problem, {"answer": [problem]})
    _decide(session, proposal, DECLINED, said, by=by, now=now)
    if proposal.kind == CORRECTION:
        ask_for_letter(session, proposal.certificate_id, Letter.DECLINED, now=now, answer=said)
    _note(session, Event.CERTIFICATE_CHANGE_DECLINED, proposal.certificate_id, by, {"proposal": proposal.id}, now)


def withdraw(session: Session, proposal_id: int, *, by: int, now: datetime) -> None:
    """Whoever proposed it takes it back. Refuses: NotFound (also for another's), Conflict."""
    proposal = _open_proposal(session, proposal_id)
    if proposal.proposed_by != by:
        raise NotFound
    _decide(session, proposal, WITHDRAWN, "", by=by, now=now)
    _note(session, Event.CERTIFICATE_CHANGE_WITHDRAWN, proposal.certificate_id, by, {"proposal": proposal.id}, now)


def replace_certificate(
    session: Session,
    certificate_id: int,
    wanted: dict[str, Any],
    *,
    reason: str,
    by: int,
    now: datetime,
    files: bool = True,
) -> Certificate:
    """A new revision under the same number with a code of its own; the old one says by which it was replaced.

    Facts that change are corrected in the ledger as well. `wanted` may be empty: the same facts, issued again.
    Refuses: NotFound; Conflict (not current, or about to be corrected or revoked: the proposal is about this revision,
    and a new one would escape it); Invalid (amount).
    """
    certificate = _locked(session, certificate_id)
    _refuse_open(session, certificate.id)
    facts = {field: wanted.get(field, certificate.snapshot[field]) for field in FIELDS}
    fields = changed_fields(certificate.snapshot, facts)
    if fields:
        correction = corrections.Correction(**facts)
        event = corrections.correct(session, certificate.credit_id, correction, by=by, reason=reason, now=now)
    else:
        event = corrections.granted(session.get_one(Credit, certificate.credit_id))
        event = replace(event, granted_at=max(now, event.granted_at))
    revision = certificate.revision + 1
    fresh = issue(session, event, number=certificate.number, reason=reason, by=by, revision=revision, files=files)
    _happen(session, certificate, State.REPLACED, ground_of(fields) if fields else SAME_FACTS, reason, by=by, now=now)
    details = {"revision": fresh.revision, "changed": fields}
    _note(session, Event.CERTIFICATE_REPLACED, certificate.id, by, details, now)
    return fresh


def _revoke(
    session: Session, certificate: Certificate, proposal: CertificateProposal, *, by: int, now: datetime
) -> None:
    _happen(session, certificate, State.REVOKED, proposal.ground, proposal.reason, by=by, now=now)
    ask_for_letter(session, certificate.id, Letter.REVOKED, now=now)
    details = {"proposal": proposal.id, "proposed_by": proposal.proposed_by, "ground": proposal.ground}
    _note(session, Event.CERTIFICATE_REVOKED, certificate.id, by, details, now)


def _locked(session: Session, certificate_id: int) -> Certificate:
    """The certificate, held until the end of the transaction. Refuses one that does not stand any more."""
    found = session.scalar(select(Certificate).where(Certificate.id == certificate_id).with_for_update())
    if found is None:
        raise NotFound
    fallen = select(CertificateEvent.event).where(
        CertificateEvent.certificate_id == certificate_id, CertificateEvent.event != State.ISSUED.value
    )
    state = session.scalar(fallen)
    if state is not None:
        raise Conflict("certificate_not_current", f"This certificate was {state} meanwhile; nothing was changed.")
    return found


def _refuse_open(session: Session, certificate_id: int) -> None:
    decided = select(CertificateDecision.proposal_id)
    waiting = select(CertificateProposal.kind).where(
        CertificateProposal.certificate_id == certificate_id, CertificateProposal.id.not_in(decided)
    )
    kind = session.scalar(waiting.limit(1))
    if kind is not None:
        raise Conflict("proposal_open", f"A {kind} of this certificate waits for its decision already.")


def _has_role(session: Session, person_id: int, kind: str) -> bool:
    held = set(roles_of(session, [person_id]).get(person_id, ()))
    return bool(held & {role.value for role in DECIDERS[kind]})


def _refuse_without_role(session: Session, person_id: int, kind: str) -> None:
    if not _has_role(session, person_id, kind):
        raise Refused("role_missing", "Your account does not have the role that this takes.")


def _problems(
    session: Session,
    certificate: Certificate,
    wanted: Wanted,
    reason: str,
    checks: tuple[NameCheck, ...],
    *,
    now: datetime,
) -> dict[str, list[str]]:
    amount = None
    if wanted.amount_quarters != certificate.snapshot["amount_quarters"]:
        amount = corrections.amount_refusal(session, certificate.credit_id, wanted.amount_quarters, now=now)
    found = {
        "name": name_problem(wanted.name, checks),
        "credentials": credentials_problem(wanted.credentials, checks),
        "profession": None if wanted.profession in set(Profession) else "Choose your profession.",
        "amount": amount,
        "reason": reason_problem(clean_block(reason)),
    }
    return {field: [sentence] for field, sentence in found.items() if sentence}


def _propose(
    session: Session,
    certificate: Certificate,
    kind: str,
    ground: str,
    reason: str,
    wanted: dict[str, Any],
    *,
    by: int,
    now: datetime,
) -> CertificateProposal:
    proposal = CertificateProposal(
        certificate_id=certificate.id,
        kind=kind,
        ground=ground,
        reason=clean_block(reason),
        wanted=wanted,
        proposed_at=now,
        proposed_by=by,
    )
    session.add(proposal)
    session.flush()
    details = {"kind": kind, "ground": ground, "proposal": proposal.id}
    _note(session, Event.CERTIFICATE_CHANGE_PROPOSED, certificate.id, by, details, now)
    return proposal


def _open_proposal(session: Session, proposal_id: int) -> CertificateProposal:
    proposal = session.scalar(
        select(CertificateProposal).where(CertificateProposal.id == proposal_id).with_for_update()
    )
    if proposal is None:
        raise NotFound
    if session.get(CertificateDecision, proposal_id) is not None:
        raise Conflict("proposal_decided", "This was decided meanwhile; load the page again.")
    return proposal


def _to_decide(session: Session, proposal_id: int, by: int) -> CertificateProposal:
    proposal = _open_proposal(session, proposal_id)
    _refuse_without_role(session, by, proposal.kind)
    if proposal.proposed_by == by:
        raise Refused("second_person", "This takes a second person: somebody else must decide what you have proposed.")
    return proposal


def _decide(
    session: Session, proposal: CertificateProposal, outcome: str, answer: str, *, by: int, now: datetime
) -> None:
    session.add(
        CertificateDecision(
            proposal_id=proposal.id,
            proposed_by=proposal.proposed_by,
            outcome=outcome,
            answer=answer,
            decided_at=now,
            decided_by=by,
        )
    )
    session.flush()


def _happen(
    session: Session, certificate: Certificate, event: State, ground: str, reason: str, *, by: int, now: datetime
) -> None:
    session.add(
        CertificateEvent(
            certificate_id=certificate.id, event=event.value, at=now, reason=reason, ground=ground, by_person_id=by
        )
    )
    session.flush()


def _note(session: Session, event: Event, certificate_id: int, by: int, details: dict[str, Any], now: datetime) -> None:
    record(session, event, now=now, person_id=by, subject="certificate", subject_id=certificate_id, details=details)
