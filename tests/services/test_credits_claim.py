"""Claims through the service: decisions, refusals, repeats, amounts, profession, what is frozen and announced."""

import json
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from inspect import signature
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from cme.activities.models import CreditOffer
from cme.activities.service import record_front_matter
from cme.audit.models import AuditEvent
from cme.credits.corrections import amount_refusal
from cme.credits.events import CreditGranted
from cme.credits.extending import Extension, extend
from cme.credits.facts import CreditFacts
from cme.credits.models import ClaimDecision, Credit
from cme.credits.queries import credit_facts
from cme.credits.rules import RULES_VERSION, Refusal
from cme.credits.service import Claim, claim, record_requirement
from cme.kernel.refusal import Invalid, NotFound
from cme.outbox.announce import LISTENERS
from cme.people.models import Person
from tests.factories.modules import Module, make_module, make_provider
from tests.factories.people import make_person
from tests.support import journeys

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
EVERY_RULE = {code.value for code in Refusal} - {Refusal.TERM_CLOSED.value}


@pytest.fixture
def module(session: Session) -> Module:
    return make_module(session, now=NOW)


@pytest.fixture
def person(session: Session) -> Person:
    return make_person(session, now=NOW)


@pytest.fixture
def heard(session: Session) -> list[CreditGranted]:
    """Announcements of this session's grants, beside whatever listens anyway."""
    events: list[CreditGranted] = []
    listeners = dict(session.info.get(LISTENERS, {}))
    listeners[CreditGranted] = (*listeners.get(CreditGranted, ()), lambda _session, event: events.append(event))
    session.info[LISTENERS] = listeners
    return events


def prepare(session: Session, person_id: int, release_id: int, *, without: str = "") -> None:
    """Every requirement but one."""
    if without != "front matter":
        record_front_matter(session, person_id, journeys.release_of(session, release_id), now=NOW)
    if without != "reading":
        journeys.read(session, person_id, release_id, now=NOW)
    if without != "passed quiz":
        record_requirement(session, person_id, release_id, met_at=NOW, evidence="attempt:1")


MISSING = {
    "front matter": "front_matter_not_seen",
    "reading": "article_not_read",
    "passed quiz": "quiz_not_passed",
    "evaluation": "evaluation_missing",
    "attestation": "not_attested",
}


@pytest.mark.parametrize(("without", "code"), MISSING.items(), ids=MISSING.keys())
def test_a_claim_without_a_requirement_leaves_a_decision_and_no_credit(
    session: Session, module: Module, person: Person, heard: list[CreditGranted], without: str, code: str
) -> None:
    noise = make_person(session, now=NOW)
    journeys.earn(session, noise.id, module.release_id, now=NOW)
    heard.clear()
    prepare(session, person.id, module.release_id, without=without)
    result = journeys.claim(
        session,
        person.id,
        module.release_id,
        now=NOW,
        evaluation_given=without != "evaluation",
        attested=without != "attestation",
    )
    assert result.credit is None
    assert journeys.outcome(result) == code
    (decision,) = journeys.decisions_of(session, person.id)
    assert (decision.outcome, decision.code) == ("denied", code)
    assert {row["rule"] for row in decision.verdicts} == EVERY_RULE
    assert [row["rule"] for row in decision.verdicts if not row["holds"]] == [code]
    assert journeys.count_credits(session, person.id) == 0
    assert heard == []


def test_a_bare_claim_leaves_a_decision_with_every_verdict(session: Session, module: Module, person: Person) -> None:
    result = journeys.claim(session, person.id, module.release_id, now=NOW, evaluation_given=False, attested=False)
    assert journeys.outcome(result) == "front_matter_not_seen"
    (decision,) = journeys.decisions_of(session, person.id)
    assert {row["rule"] for row in decision.verdicts if not row["holds"]} == set(MISSING.values())
    assert all(row["sentence"] for row in decision.verdicts if not row["holds"])
    assert decision.facts["completed_at"] is None


def test_a_granted_decision_keeps_facts_and_verdicts(session: Session, module: Module, person: Person) -> None:
    seen_at, read_at, passed_at = NOW, NOW + timedelta(minutes=30), NOW + timedelta(minutes=50)
    claimed_at = NOW + timedelta(minutes=55)
    journeys.start(session, person.id, module.release_id, now=seen_at)
    journeys.read(session, person.id, module.release_id, now=read_at)
    journeys.pass_quiz(session, person.id, module.release_id, now=passed_at)
    result = journeys.claim(session, person.id, module.release_id, now=claimed_at, quarters=3)
    assert result.credit is not None
    (decision,) = journeys.decisions_of(session, person.id)
    assert (decision.outcome, decision.code, decision.decided_at) == ("granted", "granted", claimed_at)
    assert decision.rules_version == RULES_VERSION
    assert {row["rule"] for row in decision.verdicts} == EVERY_RULE
    assert all(row["holds"] for row in decision.verdicts)
    assert decision.facts["front_matter_seen_at"] == seen_at.isoformat()
    assert decision.facts["read_at"] == read_at.isoformat()
    assert decision.facts["passed_at"] == decision.facts["completed_at"] == passed_at.isoformat()
    assert decision.facts["closes_at"] == "2027-08-10T07:00:00+00:00"
    assert (decision.facts["amount_quarters"], decision.facts["maximum_quarters"]) == (3, 4)
    assert decision.facts["zone"] == "America/Los_Angeles"
    credit = session.get_one(Credit, result.credit.credit_id)
    assert credit.decision_id == decision.id
    assert (credit.completed_at, credit.granted_at) == (passed_at, claimed_at)
    assert credit.amount_quarters == 3
    assert credit.attestation == journeys.ATTESTATION


@pytest.mark.parametrize("quarters", [None, -4, -1, 0, 5, 4000], ids=str)
@pytest.mark.parametrize("ready", [True, False], ids=["everything met", "nothing met"])
def test_a_malformed_amount_is_an_error_of_the_form_and_leaves_nothing(
    session: Session, module: Module, person: Person, ready: bool, quarters: int | None
) -> None:
    if ready:
        journeys.complete(session, person.id, module.release_id, now=NOW)
    before = _rows(session)
    with pytest.raises(Invalid) as refused:
        journeys.claim(session, person.id, module.release_id, now=NOW, quarters=quarters)
    assert refused.value.problems["amount"]
    assert _rows(session) == before


def _rows(session: Session) -> list[Any]:
    return [session.scalar(select(func.count()).select_from(table)) for table in (ClaimDecision, Credit, AuditEvent)]


@pytest.mark.parametrize("quarters", [1, 2, 3, 4])
def test_every_amount_up_to_the_maximum_is_granted_as_claimed(
    session: Session, module: Module, person: Person, quarters: int
) -> None:
    credit_id = journeys.earn(session, person.id, module.release_id, now=NOW, quarters=quarters)
    credit = session.get_one(Credit, credit_id)
    assert (credit.amount_quarters, credit.maximum_quarters) == (quarters, 4)


def test_a_physician_never_gets_another_professions_credit_nor_its_amount(
    session: Session, person: Person, heard: list[CreditGranted]
) -> None:
    """Nurses could claim five quarters of the same module: the physician's claim knows only the four of its own type."""
    module = make_module(session, now=NOW, provider=make_provider(session, now=NOW, mode="accredited"))
    session.add(CreditOffer(release_id=module.release_id, type="ancc-contact-hour", maximum_quarters=5))
    session.flush()
    journeys.complete(session, person.id, module.release_id, now=NOW)
    with pytest.raises(Invalid) as refused:
        journeys.claim(session, person.id, module.release_id, now=NOW, quarters=5)
    assert refused.value.problems["amount"] == ["Choose an amount between 0.25 and 1.00."]
    credit_id = journeys.claim(session, person.id, module.release_id, now=NOW, quarters=4).credit.credit_id
    credit = session.get_one(Credit, credit_id)
    assert (credit.credit_type, credit.amount_quarters, credit.maximum_quarters) == ("ama-pra-category-1", 4, 4)
    assert [(event.credit_type, event.maximum_quarters) for event in heard] == [("ama-pra-category-1", 4)]


def test_an_unconfirmed_address_is_named_and_the_same_claim_is_granted_after_the_confirmation(
    session: Session, module: Module
) -> None:
    person = make_person(session, now=NOW, confirmed_at=None)
    journeys.complete(session, person.id, module.release_id, now=NOW)  # reading and answering are open
    assert journeys.outcome(journeys.claim(session, person.id, module.release_id, now=NOW)) == "email_not_confirmed"
    person.confirmed_at = NOW + timedelta(minutes=5)
    session.flush()
    again = journeys.claim(session, person.id, module.release_id, now=NOW + timedelta(minutes=6))
    assert journeys.outcome(again) == "granted"
    assert [row.outcome for row in journeys.decisions_of(session, person.id)] == ["denied", "granted"]


@pytest.mark.parametrize(
    "second",
    [
        {"quarters": 1},
        {"quarters": 4},
        {"quarters": None},
        {"quarters": 0},
        {"attested": False},
        {"evaluation_given": False},
    ],
    ids=["less", "the same", "no amount", "zero", "not attested", "no evaluation"],
)
def test_a_second_claim_gives_the_first_result_and_no_second_decision(
    session: Session, module: Module, person: Person, heard: list[CreditGranted], second: dict[str, Any]
) -> None:
    credit_id = journeys.earn(session, person.id, module.release_id, now=NOW, quarters=2)
    rows = _rows(session)
    again = journeys.claim(session, person.id, module.release_id, now=NOW + timedelta(days=1), **second)
    assert again.repeated
    assert again.denied is None
    assert again.credit is not None
    assert (again.credit.credit_id, again.credit.amount_quarters) == (credit_id, 2)
    assert again.credit.granted_at == NOW
    assert _rows(session) == rows
    assert len(heard) == 1


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [("nurse", "physician", "participation"), ("physician", "nurse", "credit")],
    ids=["corrected to physician", "corrected to nurse"],
)
def test_a_corrected_profession_changes_nothing_that_was_granted(
    session: Session, module: Module, heard: list[CreditGranted], before: str, after: str, kind: str
) -> None:
    person = make_person(session, now=NOW, profession=before)
    credit_id = journeys.earn(session, person.id, module.release_id, now=NOW)
    person.profession, person.name = after, "Another Name"
    session.flush()
    again = journeys.claim(session, person.id, module.release_id, now=NOW + timedelta(hours=1))
    assert again.credit is not None
    assert (again.credit.credit_id, again.credit.kind) == (credit_id, kind)
    assert again.credit.snapshot["profession"] == before
    assert again.credit.snapshot["name"] != "Another Name"
    assert len(journeys.decisions_of(session, person.id)) == 1
    assert journeys.count_credits(session, person.id) == 1
    assert [event.kind for event in heard] == [kind]


@pytest.mark.parametrize(
    ("profession", "kind"),
    [
        ("physician", "credit"),
        ("resident", "credit"),
        ("pa", "participation"),
        ("np", "participation"),
        ("nurse", "participation"),
        ("pharmacist", "participation"),
        ("other", "participation"),
    ],
)
def test_physicians_get_credit_and_everybody_else_participation(
    session: Session, module: Module, profession: str, kind: str
) -> None:
    person = make_person(session, now=NOW, profession=profession)
    credit = session.get_one(Credit, journeys.earn(session, person.id, module.release_id, now=NOW))
    assert credit.kind == kind


@pytest.mark.parametrize(
    ("offered", "profession", "kind"),
    [
        ("ancc-contact-hour", "physician", "participation"),
        ("acpe-contact-hour", "resident", "participation"),
        ("aapa-category-1", "physician", "participation"),
        ("ancc-contact-hour", "nurse", "participation"),
        ("aafp-prescribed", "physician", "credit"),
        ("ama-pra-category-1", "resident", "credit"),
    ],
)
def test_a_physician_takes_part_in_what_is_credit_for_another_profession_only(
    session: Session, offered: str, profession: str, kind: str
) -> None:
    module = make_module(session, now=NOW, provider=make_provider(session, now=NOW, mode="accredited"))
    session.execute(update(CreditOffer).where(CreditOffer.release_id == module.release_id).values(type=offered))
    person = make_person(session, now=NOW, profession=profession)
    credit = session.get_one(Credit, journeys.earn(session, person.id, module.release_id, now=NOW))
    assert (credit.kind, credit.credit_type) == (kind, offered)


def test_who_may_claim_longer_may_also_claim_more_for_as_long(session: Session, module: Module, person: Person) -> None:
    """A corrected key came after the term and gave this person a deadline of their own."""
    release = journeys.release_of(session, module.release_id)
    journeys.complete(session, person.id, module.release_id, now=NOW)
    until = release.term.closes_at + timedelta(days=30)
    extend(session, [Extension(person.id, module.release_id, until)], reason="Key corrected.", now=NOW)
    later = until - timedelta(days=1)
    credit = journeys.claim(session, person.id, module.release_id, now=later, quarters=2).credit
    assert credit is not None
    assert amount_refusal(session, credit.credit_id, 4, now=until - timedelta(microseconds=1)) is None
    assert "can only become less" in str(amount_refusal(session, credit.credit_id, 4, now=until))
    assert amount_refusal(session, credit.credit_id, 1, now=until) is None


def test_a_demonstration_records_no_accredited_type(session: Session, module: Module, person: Person) -> None:
    credit = session.get_one(Credit, journeys.earn(session, person.id, module.release_id, now=NOW))
    assert credit.credit_type == "demonstration"
    assert "ama" not in json.dumps(credit.snapshot).replace("name", "")


def test_the_grant_is_announced_once_in_its_own_transaction(
    session: Session, module: Module, person: Person, heard: list[CreditGranted]
) -> None:
    credit_id = journeys.earn(session, person.id, module.release_id, now=NOW, quarters=3)
    (event,) = heard
    assert event == CreditGranted(
        credit_id=credit_id,
        person_id=person.id,
        release_id=module.release_id,
        kind="credit",
        amount_quarters=3,
        maximum_quarters=4,
        credit_type="demonstration",
        completed_at=NOW,
        granted_at=NOW,
        snapshot=session.get_one(Credit, credit_id).snapshot,
    )


def test_a_listener_that_fails_undoes_the_grant(session: Session, module: Module, person: Person) -> None:
    journeys.complete(session, person.id, module.release_id, now=NOW)
    listeners = dict(session.info.get(LISTENERS, {}))

    def fail(_session: Session, _event: CreditGranted) -> None:
        raise RuntimeError("no paper")

    session.info[LISTENERS] = {**listeners, CreditGranted: (*listeners.get(CreditGranted, ()), fail)}
    point = session.begin_nested()
    with pytest.raises(RuntimeError, match="no paper"):
        journeys.claim(session, person.id, module.release_id, now=NOW)
    point.rollback()
    session.info[LISTENERS] = listeners
    assert journeys.count_credits(session, person.id) == 0
    assert journeys.decisions_of(session, person.id) == []


def test_the_entry_is_a_self_contained_copy(session: Session) -> None:
    provider = make_provider(session, now=NOW, name="Society of Sleep")
    module = make_module(session, now=NOW, provider=provider, title="Cramps")
    person = make_person(session, now=NOW, name="Nguyễn Thị Minh Khai", credentials="MD, PhD", country="VN")
    credit_id = journeys.earn(session, person.id, module.release_id, now=NOW)
    person.name = "Changed"
    provider.name = "Changed"
    session.flush()
    session.expire_all()
    facts = credit_facts(session, credit_id)
    assert isinstance(facts, CreditFacts)
    assert (facts.title, facts.zone) == ("Cramps", "America/Los_Angeles")
    kept = facts.snapshot
    assert kept["name"] == "Nguyễn Thị Minh Khai"
    assert (kept["credentials"], kept["profession"], kept["country"]) == ("MD, PhD", "physician", "VN")
    assert kept["provider"]["name"] == "Society of Sleep"
    assert kept["provider"]["accreditation_statement"] == "This provider is not accredited."
    assert (kept["opens_on"], kept["expires_on"], kept["provider_mode"]) == (
        "2024-08-09",
        "2027-08-09",
        "demonstration",
    )
    assert kept["learning_format"] == "enduring material"
    assert kept["revision_id"] == module.revision_id


def test_each_consequence_is_in_the_audit(session: Session, module: Module, person: Person) -> None:
    journeys.claim(session, person.id, module.release_id, now=NOW)
    credit_id = journeys.earn(session, person.id, module.release_id, now=NOW)
    rows = session.execute(
        select(AuditEvent.event, AuditEvent.details)
        .where(AuditEvent.person_id == person.id, AuditEvent.event.startswith("claim."))
        .order_by(AuditEvent.id)
    ).all()
    assert [row.event for row in rows] == ["claim.denied", "claim.granted"]
    assert rows[0].details == {"code": "front_matter_not_seen"}
    assert rows[1].details == {"credit_id": credit_id, "quarters": 4, "kind": "credit"}


def test_a_clock_that_stepped_back_between_pass_and_claim_costs_nobody_their_credit(
    session: Session, module: Module, person: Person
) -> None:
    journeys.complete(session, person.id, module.release_id, now=NOW)
    result = journeys.claim(session, person.id, module.release_id, now=NOW - timedelta(seconds=5))
    assert result.credit is not None
    assert result.credit.completed_at == NOW
    assert result.credit.granted_at == NOW
    (decision,) = journeys.decisions_of(session, person.id)
    assert decision.decided_at == NOW - timedelta(seconds=5)


def test_an_unknown_person_is_not_found(session: Session, module: Module) -> None:
    with pytest.raises(NotFound):
        journeys.claim(session, 10**6, module.release_id, now=NOW)


def test_other_peoples_and_other_modules_facts_do_not_help(session: Session, module: Module, person: Person) -> None:
    journeys.complete(session, make_person(session, now=NOW).id, module.release_id, now=NOW)
    other = make_module(session, now=NOW)
    journeys.complete(session, person.id, other.release_id, now=NOW)
    result = journeys.claim(session, person.id, module.release_id, now=NOW)
    (decision,) = journeys.decisions_of(session, person.id)
    assert journeys.outcome(result) == "front_matter_not_seen"
    assert {row["rule"] for row in decision.verdicts if not row["holds"]} == {
        "front_matter_not_seen",
        "article_not_read",
        "quiz_not_passed",
    }


def test_no_clock_and_no_zone_of_the_learner_can_be_handed_in() -> None:
    known = ["quarters", "attestation", "attested", "evaluation_given", "printed"]
    assert [field.name for field in fields(Claim)] == known
    assert list(signature(claim).parameters) == ["session", "person_id", "release", "wanted", "now"]


def test_the_first_pass_counts_whatever_comes_later(session: Session, module: Module, person: Person) -> None:
    record_requirement(session, person.id, module.release_id, met_at=NOW, evidence="attempt:1")
    record_requirement(session, person.id, module.release_id, met_at=NOW - timedelta(days=1), evidence="attempt:2")
    record_requirement(session, person.id, module.release_id, met_at=NOW + timedelta(days=1), evidence="attempt:3")
    journeys.start(session, person.id, module.release_id, now=NOW)
    journeys.read(session, person.id, module.release_id, now=NOW)
    result = journeys.claim(session, person.id, module.release_id, now=NOW + timedelta(days=2))
    assert result.credit is not None
    assert result.credit.completed_at == NOW
