"""Corrections, issuing again and revocation: two people, one number, nothing deleted; on both databases."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from certificates import life, queries, registry
from certificates.life import Wanted
from certificates.models import Certificate, CertificateDecision, CertificateEvent, CertificateProposal
from certificates.rules import names
from cme.activities.models import Release
from cme.audit.models import AuditEvent
from cme.credits.models import ClaimDecision, Credit
from cme.credits.queries import transcript
from cme.kernel.refusal import Conflict, Invalid, NotFound, Refused
from cme.outbox.models import OutboxWork
from cme.people.models import Person, RoleGrant
from cme.store.session import violates
from tests.factories.certificates import make_certificate
from tests.factories.modules import Module, make_module
from tests.factories.people import make_person

WHY = "I married in September."


@pytest.fixture
def module(session: Session, now: datetime) -> Module:
    return make_module(session, now=now)


@pytest.fixture
def owner(session: Session, now: datetime) -> Person:
    return make_person(session, now=now, name="Jane Doe")


@pytest.fixture
def issued(session: Session, owner: Person, module: Module, now: datetime) -> Certificate:
    return make_certificate(session, owner, module, now=now)


def people(session: Session, now: datetime, *roles: str) -> list[int]:
    return [make_person(session, now=now, roles=(role,)).id for role in roles]


def wanted(certificate: Certificate, **changes: Any) -> Wanted:
    fields = ("name", "credentials", "profession", "amount_quarters")
    return Wanted(**{**{field: certificate.snapshot[field] for field in fields}, **changes})


def asked(session: Session, certificate: Certificate, now: datetime, **changes: Any) -> CertificateProposal:
    return life.ask_for_correction(
        session, certificate.person_id, certificate.code, wanted(certificate, **changes), WHY, now=now
    )


def state(session: Session, code: str) -> str:
    found = queries.by_code(session, code)
    assert found is not None
    return found.state


def test_an_approved_correction_is_a_new_revision_of_the_same_number(
    session: Session, issued: Certificate, owner: Person, module: Module, now: datetime
):
    noise = make_certificate(session, make_person(session, now=now), module, now=now)
    (registrar,) = people(session, now, "registrar")
    later = now + timedelta(days=3)
    proposal = asked(session, issued, now, name="Jane Roe", credentials="MD, PhD", amount_quarters=4)
    assert state(session, issued.code) == "issued"
    fresh = life.confirm(session, proposal.id, by=registrar, now=later)
    assert fresh is not None
    assert (fresh.number, fresh.revision, fresh.person_id) == (issued.number, 2, owner.id)
    assert fresh.code != issued.code
    printed = fresh.snapshot
    assert (printed["name"], printed["credentials"], printed["amount_quarters"]) == ("Jane Roe", "MD, PhD", 4)
    assert printed["completed_on"] == issued.snapshot["completed_on"]
    assert (printed["code"], printed["revision"], printed["number"]) == (fresh.code, 2, issued.number)
    assert printed["issued_on"] == "2026-11-26"
    old = queries.by_code(session, issued.code)
    assert old is not None
    assert (old.state, old.latest_code, old.ground) == ("replaced", fresh.code, "name,credentials,amount_quarters")
    assert old.snapshot["name"] == "Jane Doe"
    assert state(session, noise.code) == "issued"
    assert queries.code_of_credit(session, owner.id, issued.credit_id) == fresh.code
    assert queries.code_of_credit(session, owner.id, fresh.credit_id) == fresh.code
    asked_for = session.scalars(select(OutboxWork.key).where(OutboxWork.kind == "certificates.render")).all()
    assert str(fresh.id) in asked_for


def test_a_correction_is_a_further_entry_of_the_ledger(
    session: Session, issued: Certificate, owner: Person, now: datetime
):
    (registrar,) = people(session, now, "registrar")
    proposal = asked(session, issued, now, name="Jane Roe", profession="nurse")
    fresh = life.confirm(session, proposal.id, by=registrar, now=now)
    assert fresh is not None
    assert (fresh.kind, fresh.snapshot["design"]) == ("participation", "participation")
    entries = session.scalars(select(Credit).where(Credit.person_id == owner.id).order_by(Credit.id)).all()
    assert [(one.entry, one.kind, one.follows_id) for one in entries] == [
        ("earned", "credit", None),
        ("correction", "participation", entries[0].id),
    ]
    assert entries[0].snapshot["name"] == "Jane Doe"
    decision = session.get_one(ClaimDecision, entries[1].decision_id)
    assert (decision.outcome, decision.code, decision.facts["decided_by"]) == ("granted", "corrected", registrar)
    (standing,) = transcript(session, owner.id)
    assert (standing.credit_id, standing.snapshot["name"]) == (fresh.credit_id, "Jane Roe")
    again = life.confirm(session, asked(session, fresh, now, name="Jane Roe-Doe").id, by=registrar, now=now)
    assert again is not None
    assert (again.revision, again.number) == (3, issued.number)


def test_the_amount_grows_only_while_credit_can_be_claimed(
    session: Session, issued: Certificate, module: Module, now: datetime
):
    release = session.get_one(Release, module.release_id)
    after = release.claims_close_at
    with pytest.raises(Invalid) as caught:
        asked(session, issued, after, amount_quarters=4)
    assert list(caught.value.problems) == ["amount"]
    with pytest.raises(Invalid):
        asked(session, issued, now, amount_quarters=5)
    with pytest.raises(Invalid):
        asked(session, issued, now, amount_quarters=0)
    less = asked(session, issued, after, amount_quarters=1)
    (registrar,) = people(session, now, "registrar")
    fresh = life.confirm(session, less.id, by=registrar, now=after + timedelta(days=400))
    assert fresh is not None
    assert fresh.snapshot["amount_quarters"] == 1


def test_the_deadline_is_judged_again_when_it_is_approved(
    session: Session, issued: Certificate, module: Module, now: datetime
):
    (registrar,) = people(session, now, "registrar")
    proposal = asked(session, issued, now, amount_quarters=4)
    after = session.get_one(Release, module.release_id).claims_close_at
    with pytest.raises(Invalid):
        life.confirm(session, proposal.id, by=registrar, now=after)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"name": "J"}, "name"), ({"name": "Jane 😀"}, "name"), ({"profession": "wizard"}, "profession"), ({}, "name"),
     ({"credentials": "x" * 41}, "credentials")],
)  # fmt: skip
def test_a_correction_that_cannot_be_printed_is_refused(
    session: Session, issued: Certificate, now: datetime, changes: dict[str, Any], field: str
):
    with pytest.raises(Invalid) as caught:
        life.ask_for_correction(
            session,
            issued.person_id,
            issued.code,
            wanted(issued, **changes),
            WHY,
            now=now,
            checks=(names.name_problem,),
        )
    assert list(caught.value.problems) == [field]


def test_only_the_owner_asks_and_only_once(session: Session, issued: Certificate, now: datetime):
    stranger = make_person(session, now=now, roles=("registrar",))
    for person_id, code in ((stranger.id, issued.code), (issued.person_id, "nonsense")):
        with pytest.raises(NotFound):
            life.ask_for_correction(session, person_id, code, wanted(issued, name="Jane Roe"), WHY, now=now)
    first = asked(session, issued, now, name="Jane Roe")
    with pytest.raises(Conflict):
        asked(session, issued, now, name="Jane Poe")
    with pytest.raises(NotFound):
        life.withdraw(session, first.id, by=stranger.id, now=now)
    life.withdraw(session, first.id, by=issued.person_id, now=now)
    assert asked(session, issued, now, name="Jane Poe").id != first.id


def test_a_declined_correction_changes_nothing_and_is_answered(session: Session, issued: Certificate, now: datetime):
    (registrar,) = people(session, now, "registrar")
    proposal = asked(session, issued, now, name="Jane Roe")
    with pytest.raises(Invalid):
        life.decline(session, proposal.id, " ", by=registrar, now=now)
    life.decline(session, proposal.id, "Please send a document.", by=registrar, now=now)
    assert state(session, issued.code) == "issued"
    letters = session.scalars(select(OutboxWork).where(OutboxWork.kind == "certificates.letter")).all()
    assert [(one.payload["letter"], one.payload["answer"]) for one in letters] == [
        ("declined", "Please send a document.")
    ]
    with pytest.raises(Conflict):
        life.confirm(session, proposal.id, by=registrar, now=now)


def test_a_learner_does_not_decide(session: Session, issued: Certificate, now: datetime):
    learner = make_person(session, now=now).id
    (editor,) = people(session, now, "editor")
    proposal = asked(session, issued, now, name="Jane Roe")
    for who in (learner, editor):
        with pytest.raises(Refused):
            life.confirm(session, proposal.id, by=who, now=now)


def test_a_revocation_takes_two_administrators(session: Session, issued: Certificate, now: datetime):
    first, second = people(session, now, "administrator", "administrator")
    (registrar,) = people(session, now, "registrar")
    with pytest.raises(Refused):
        life.propose_revocation(session, issued.id, "identity", "Somebody else sat there.", by=registrar, now=now)
    proposal = life.propose_revocation(session, issued.id, "identity", "Somebody else sat there.", by=first, now=now)
    assert state(session, issued.code) == "issued"
    for who in (first, registrar):
        with pytest.raises(Refused):
            life.confirm(session, proposal.id, by=who, now=now)
    assert state(session, issued.code) == "issued"
    assert life.confirm(session, proposal.id, by=second, now=now + timedelta(hours=1)) is None
    found = queries.by_code(session, issued.code)
    assert found is not None
    assert (found.state, found.ground, found.state_at) == ("revoked", "identity", now + timedelta(hours=1))
    record = session.scalars(select(AuditEvent).where(AuditEvent.event == "certificate.revoked")).one()
    assert (record.person_id, record.details["proposed_by"]) == (second, first)
    assert "sat there" not in str(record.details)
    letter = session.scalars(select(OutboxWork).where(OutboxWork.kind == "certificates.letter")).one()
    assert letter.payload["letter"] == "revoked"


def test_the_database_itself_wants_two_people(session: Session, issued: Certificate, now: datetime):
    first, second = people(session, now, "administrator", "administrator")
    proposal = life.propose_revocation(session, issued.id, "identity", "Reason enough.", by=first, now=now)
    for proposed_by, decided_by in ((first, first), (second, first)):
        values = {"proposal_id": proposal.id, "outcome": "confirmed", "answer": "", "decided_at": now}
        forged = insert(CertificateDecision).values(proposed_by=proposed_by, decided_by=decided_by, **values)
        with pytest.raises(IntegrityError) as caught, session.begin_nested():
            session.execute(forged)
        if decided_by == proposed_by:
            assert violates(caught.value, "ck_certificate_decisions_two_people")


def test_a_role_that_was_lost_in_between_counts_for_neither(session: Session, issued: Certificate, now: datetime):
    """Two administrators: both at the moment when it happens."""
    first, second, third = people(session, now, "administrator", "administrator", "administrator")
    proposal = life.propose_revocation(session, issued.id, "identity", "Reason enough.", by=first, now=now)
    revoke_role(session, first)
    with pytest.raises(Conflict, match="no longer an administrator"):
        life.confirm(session, proposal.id, by=second, now=now)
    assert state(session, issued.code) == "issued"
    revoke_role(session, second)
    with pytest.raises(Refused, match="does not have the role"):
        life.decline(session, proposal.id, "No longer wanted.", by=second, now=now)
    life.decline(session, proposal.id, "No longer wanted.", by=third, now=now)
    (fourth,) = people(session, now, "administrator")
    again = life.propose_revocation(session, issued.id, "identity", "Reason enough.", by=fourth, now=now)
    life.confirm(session, again.id, by=third, now=now)
    assert state(session, issued.code) == "revoked"


def revoke_role(session: Session, person_id: int) -> None:
    session.execute(delete(RoleGrant).where(RoleGrant.person_id == person_id))


@pytest.mark.parametrize("kind", ["revocation", "correction"])
def test_a_certificate_whose_proposal_waits_is_not_issued_again(
    session: Session, issued: Certificate, now: datetime, kind: str
):
    """A new revision would escape its revocation, and lose its owner's correction."""
    first, second = people(session, now, "administrator", "administrator")
    if kind == "revocation":
        proposal = life.propose_revocation(session, issued.id, "identity", "Reason enough.", by=first, now=now)
    else:
        proposal = asked(session, issued, now, name="Jane Roe")
    with pytest.raises(Conflict, match=f"A {kind} of this certificate waits"):
        life.replace_certificate(session, issued.id, {}, reason="A new signing key.", by=first, now=now)
    fresh = life.confirm(session, proposal.id, by=second, now=now)
    assert state(session, issued.code) == ("revoked" if kind == "revocation" else "replaced")
    assert (fresh is None) == (kind == "revocation")


def test_what_fell_does_not_fall_again(session: Session, issued: Certificate, now: datetime):
    first, second = people(session, now, "administrator", "administrator")
    proposal = life.propose_revocation(session, issued.id, "provider", "Reason enough.", by=first, now=now)
    life.confirm(session, proposal.id, by=second, now=now)
    with pytest.raises(Conflict):
        life.propose_revocation(session, issued.id, "provider", "Reason enough.", by=first, now=now)
    with pytest.raises(Conflict):
        asked(session, issued, now, name="Jane Roe")
    with pytest.raises(Conflict):
        life.replace_certificate(session, issued.id, {}, reason="Again.", by=first, now=now)
    twice = insert(CertificateEvent).values(certificate_id=issued.id, event="revoked", at=now, reason="", ground="")
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(twice)


@pytest.mark.parametrize(
    ("ground", "reason"), [("identity", ""), ("because", "Reason enough."), ("identity", "x" * 1001)]
)
def test_a_revocation_needs_ground_and_reason(
    session: Session, issued: Certificate, now: datetime, ground: str, reason: str
):
    (first,) = people(session, now, "administrator")
    with pytest.raises(Invalid):
        life.propose_revocation(session, issued.id, ground, reason, by=first, now=now)


def test_issuing_again_keeps_facts_and_ledger(session: Session, issued: Certificate, now: datetime):
    (registrar,) = people(session, now, "registrar")
    later = now + timedelta(days=30)
    fresh = life.replace_certificate(session, issued.id, {}, reason="A new signing key.", by=registrar, now=later)
    assert (fresh.credit_id, fresh.number, fresh.revision) == (issued.credit_id, issued.number, 2)
    differ = {key for key, value in fresh.snapshot.items() if value != issued.snapshot[key]}
    assert differ == {"code", "revision", "issued_on", "issued_at"}
    assert session.scalar(select(func.count()).select_from(Credit)) == 1
    old = queries.by_code(session, issued.code)
    assert old is not None
    assert (old.state, old.ground) == ("replaced", "same-facts")


@pytest.mark.parametrize(
    "table", ["certificate_events", "certificate_proposals", "certificate_decisions", "certificate_files"]
)
def test_nothing_that_happened_can_be_taken_away(session: Session, issued: Certificate, now: datetime, table: str):
    first, second = people(session, now, "administrator", "administrator")
    proposal = life.propose_revocation(session, issued.id, "provider", "Reason enough.", by=first, now=now)
    life.confirm(session, proposal.id, by=second, now=now)
    if table == "certificate_files":
        from certificates.services import record_file

        record_file(session, issued.id, "pdf", "a" * 64, 1, "x", now=now)
    with pytest.raises(DBAPIError, match="only grows"):
        session.execute(text(f"DELETE FROM {table}"))


def test_the_office_sees_what_happened_and_by_whom(session: Session, issued: Certificate, now: datetime):
    first, second = people(session, now, "administrator", "administrator")
    noise = make_certificate(session, make_person(session, now=now), make_module(session, now=now), now=now)
    proposal = life.propose_revocation(session, issued.id, "provider", "Reason enough.", by=first, now=now)
    assert [one.proposal_id for one in registry.proposals(session, 1).rows] == [proposal.id]
    assert registry.waiting_for(session, issued.id) is not None
    assert registry.waiting_for(session, noise.id) is None
    life.confirm(session, proposal.id, by=second, now=now)
    assert registry.proposals(session, 1).rows == []
    events = registry.history(session, issued.number)
    assert [(one.event, one.by) for one in events] == [
        ("issued", None),
        ("revoked", session.get_one(Person, second).name),
    ]
    assert events[1].reason == "Reason enough."


def test_two_confirmations_at_once_make_one_revision(session: Session, issued: Certificate, now: datetime):
    """The second finds the decision, whoever comes first."""
    one, two = people(session, now, "registrar", "registrar")
    proposal = asked(session, issued, now, name="Jane Roe")
    life.confirm(session, proposal.id, by=one, now=now)
    with pytest.raises(Conflict):
        life.confirm(session, proposal.id, by=two, now=now)
    revisions = session.scalars(select(Certificate.revision).where(Certificate.number == issued.number)).all()
    assert sorted(revisions) == [1, 2]


def test_the_owner_gets_what_is_kept(session: Session, issued: Certificate, owner: Person, now: datetime):
    (registrar,) = people(session, now, "registrar")
    life.confirm(session, asked(session, issued, now, name="Jane Roe").id, by=registrar, now=now)
    first, second = queries.certificates_of(session, owner.id)
    assert [one["event"] for one in first["events"]] == ["issued", "replaced"]
    assert [(one["wanted"]["name"], one["reason"]) for one in first["corrections_asked_for"]] == [("Jane Roe", WHY)]
    assert (second["printed"]["name"], second["corrections_asked_for"]) == ("Jane Roe", [])
