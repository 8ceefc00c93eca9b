"""The ledger as the database itself keeps it: every constraint and guard refuses, whoever writes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.orm import Session

from cme.credits.models import ClaimDecision, Credit, RequirementMet
from cme.store.session import violates
from tests.factories.modules import Module, make_module
from tests.factories.people import make_person
from tests.support import journeys

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
OPENS = datetime(2024, 8, 9, 7, tzinfo=UTC)
CLOSES = datetime(2027, 8, 10, 7, tzinfo=UTC)
TICK = timedelta(microseconds=1)


@pytest.fixture
def module(session: Session) -> Module:
    return make_module(session, now=NOW)


def decision_row(person_id: int, module: Module, **changes: object) -> dict[str, Any]:
    return {
        "person_id": person_id,
        "release_id": module.release_id,
        "decided_at": NOW,
        "outcome": "granted",
        "code": "granted",
        "sentence": "Every requirement was met.",
        "facts": {},
        "verdicts": [],
        "rules_version": "test",
        **changes,
    }


def add_decision(session: Session, person_id: int, module: Module, **changes: object) -> int:
    statement = insert(ClaimDecision).values(**decision_row(person_id, module, **changes)).returning(ClaimDecision.id)
    return session.scalars(statement).one()


def credit_row(person_id: int, module: Module, decision_id: int, **changes: object) -> dict[str, Any]:
    return {
        "entry": "earned",
        "kind": "credit",
        "person_id": person_id,
        "release_id": module.release_id,
        "decision_id": decision_id,
        "follows_id": None,
        "opens_at": OPENS,
        "closes_at": CLOSES,
        "completed_at": NOW,
        "granted_at": NOW,
        "amount_quarters": 4,
        "maximum_quarters": 4,
        "credit_type": "ama-pra-category-1",
        "attestation": "I state.",
        "snapshot": {},
        **changes,
    }


def add_credit(session: Session, module: Module, person_id: int | None = None, **changes: object) -> int:
    """Written past every service, as a careless script would."""
    person_id = person_id or make_person(session, now=NOW).id
    decision_id = add_decision(session, person_id, module)
    statement = insert(Credit).values(**credit_row(person_id, module, decision_id, **changes)).returning(Credit.id)
    return session.scalars(statement).one()


GOOD = {
    "completed at the first instant": {"completed_at": OPENS, "granted_at": OPENS},
    "completed in the last microsecond": {"completed_at": CLOSES - TICK, "granted_at": CLOSES - TICK},
    "granted after the term": {"completed_at": CLOSES - TICK, "granted_at": CLOSES + timedelta(days=7)},
    "the smallest amount": {"amount_quarters": 1},
    "the whole maximum": {"amount_quarters": 8, "maximum_quarters": 8},
    "participation": {"kind": "participation"},
}
BAD = {
    "completed one microsecond before it opens": (
        {"completed_at": OPENS - TICK},
        "ck_credits_completed_inside_term",
    ),
    "completed at the end": (
        {"completed_at": CLOSES, "granted_at": CLOSES},
        "ck_credits_completed_inside_term",
    ),
    "completed after the end": (
        {"completed_at": CLOSES + timedelta(days=1), "granted_at": CLOSES + timedelta(days=1)},
        "ck_credits_completed_inside_term",
    ),
    "completed after it was granted": ({"granted_at": NOW - TICK}, "ck_credits_completed_before_granted"),
    "amount 0": ({"amount_quarters": 0}, "ck_credits_amount_in_range"),
    "amount negative": ({"amount_quarters": -1}, "ck_credits_amount_in_range"),
    "amount above the maximum": ({"amount_quarters": 5}, "ck_credits_amount_in_range"),
    "no maximum to claim from": ({"amount_quarters": 1, "maximum_quarters": 0}, "ck_credits_amount_in_range"),
    "unknown kind": ({"kind": "award"}, "ck_credits_kind_known"),
    "unknown entry": ({"entry": "gift"}, "ck_credits_entry_known"),
    "a correction of nothing": ({"entry": "correction"}, "ck_credits_correction_follows"),
    "an earlier start of the term than the release has": ({"opens_at": OPENS - timedelta(days=1)}, "fk_credits_term"),
    "a later end of the term than the release has": ({"closes_at": CLOSES + timedelta(days=1)}, "fk_credits_term"),
    "another release's number": ({"release_id": 10**6}, "fk_credits_term"),
}


@pytest.mark.parametrize("changes", GOOD.values(), ids=GOOD.keys())
def test_the_database_takes_what_lies_inside(session: Session, module: Module, changes: dict[str, object]) -> None:
    credit_id = add_credit(session, module, **changes)
    assert session.get_one(Credit, credit_id).id == credit_id


@pytest.mark.parametrize(("changes", "constraint"), BAD.values(), ids=BAD.keys())
def test_the_database_refuses_what_lies_outside(
    session: Session, module: Module, changes: dict[str, object], constraint: str
) -> None:
    with pytest.raises(IntegrityError) as refused:
        add_credit(session, module, **changes)
    assert broke(refused.value, constraint), refused.value.orig


def broke(error: IntegrityError, constraint: str) -> bool:
    """SQLite does not name a broken foreign key; there the kind of constraint has to do."""
    if constraint.startswith("fk_") and "FOREIGN KEY constraint failed" in str(error.orig):
        return True
    return violates(error, constraint)


def test_a_stretched_copy_of_the_term_does_not_let_a_late_completion_in(session: Session, module: Module) -> None:
    late = CLOSES + timedelta(days=1)
    with pytest.raises(IntegrityError) as refused:
        add_credit(session, module, completed_at=late, granted_at=late, closes_at=CLOSES + timedelta(days=30))
    assert broke(refused.value, "fk_credits_term")


def test_the_term_of_a_release_with_credit_cannot_be_moved(session: Session, module: Module) -> None:
    add_credit(session, module)
    moved = text("UPDATE releases SET closes_at = claims_close_at, opens_at = :opens WHERE id = :id")
    opens: object = OPENS + timedelta(days=1)
    if session.get_bind().dialect.name == "sqlite":
        opens = str(opens)
    with pytest.raises(IntegrityError) as refused:
        session.execute(moved, {"opens": opens, "id": module.release_id})
    assert broke(refused.value, "fk_credits_term")


def test_one_person_has_one_earned_entry_for_a_release(session: Session, module: Module) -> None:
    person = make_person(session, now=NOW)
    add_credit(session, module, person.id)
    second = add_decision(session, person.id, module, outcome="denied", code="x")
    with pytest.raises(IntegrityError) as refused:
        session.execute(insert(Credit).values(**credit_row(person.id, module, second)))
    assert violates(refused.value, "uq_credits_one_per_release")


def test_two_people_and_two_releases_are_no_conflict(session: Session, module: Module) -> None:
    person = make_person(session, now=NOW)
    add_credit(session, module, person.id)
    add_credit(session, module)
    other = make_module(session, now=NOW)
    add_credit(session, other, person.id)
    assert journeys.count_credits(session) == 3


def test_one_person_has_one_granted_decision_for_a_release_and_any_number_of_refusals(
    session: Session, module: Module
) -> None:
    person = make_person(session, now=NOW)
    for _time in range(3):
        add_decision(session, person.id, module, outcome="denied", code="quiz_not_passed")
    add_decision(session, person.id, module)
    add_decision(session, person.id, module, outcome="denied", code="quiz_not_passed")
    with pytest.raises(IntegrityError) as refused:
        add_decision(session, person.id, module)
    assert violates(refused.value, "uq_claim_decisions_one_grant")


def test_a_decision_is_granted_or_denied(session: Session, module: Module) -> None:
    with pytest.raises(IntegrityError) as refused:
        add_decision(session, make_person(session, now=NOW).id, module, outcome="perhaps")
    assert violates(refused.value, "ck_claim_decisions_outcome_known")


def test_one_decision_carries_one_entry(session: Session, module: Module) -> None:
    first, second = make_person(session, now=NOW), make_person(session, now=NOW)
    decision_id = add_decision(session, first.id, module)
    session.execute(insert(Credit).values(**credit_row(first.id, module, decision_id)))
    with pytest.raises(IntegrityError) as refused:
        session.execute(insert(Credit).values(**credit_row(second.id, module, decision_id)))
    assert violates(refused.value, "uq_credits_decision_id")


def test_an_entry_is_corrected_by_one_entry_that_follows_it(session: Session, module: Module) -> None:
    person = make_person(session, now=NOW)
    credit_id = add_credit(session, module, person.id)

    def correct() -> None:
        decision_id = add_decision(session, person.id, module, outcome="denied", code="correction")
        correction = {"entry": "correction", "follows_id": credit_id, "amount_quarters": 2}
        session.execute(insert(Credit).values(**credit_row(person.id, module, decision_id, **correction)))

    correct()
    with pytest.raises(IntegrityError) as refused:
        correct()
    assert violates(refused.value, "uq_credits_follows_id")


def test_an_earned_entry_follows_nothing(session: Session, module: Module) -> None:
    first = add_credit(session, module)
    with pytest.raises(IntegrityError) as refused:
        add_credit(session, module, follows_id=first)
    assert violates(refused.value, "ck_credits_correction_follows")


@pytest.mark.parametrize("table", ["credits", "claim_decisions"])
@pytest.mark.parametrize("verb", ["update", "delete"])
def test_what_was_decided_and_granted_is_never_changed_or_removed(
    session: Session, module: Module, table: str, verb: str
) -> None:
    person = make_person(session, now=NOW)
    journeys.earn(session, person.id, module.release_id, now=NOW)
    model = Credit if table == "credits" else ClaimDecision
    statements: dict[str, Any] = {
        "update": update(model).where(model.person_id == person.id).values(person_id=person.id),
        "delete": delete(model).where(model.person_id == person.id),
    }
    with pytest.raises(DatabaseError, match=f"{table} only grows"):
        session.execute(statements[verb], execution_options={"synchronize_session": False})


def test_a_requirement_is_met_once_and_only_a_known_one(session: Session, module: Module) -> None:
    person = make_person(session, now=NOW)
    row = {"person_id": person.id, "release_id": module.release_id, "met_at": NOW, "evidence": "attempt:1"}
    with session.begin_nested(), pytest.raises(IntegrityError) as unknown, session.begin_nested():
        session.execute(insert(RequirementMet).values(requirement="charm", **row))
    assert violates(unknown.value, "ck_requirements_met_requirement_known")
    session.execute(insert(RequirementMet).values(requirement="quiz", **row))
    with pytest.raises(IntegrityError) as twice:
        session.execute(insert(RequirementMet).values(requirement="quiz", **row))
    assert violates(twice.value, "pk_requirements_met")
