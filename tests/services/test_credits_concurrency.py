"""Claims that arrive at the same moment: one credit, one granted decision, one announcement, one answer for all."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from cme.credits.events import CreditGranted
from cme.credits.models import ClaimDecision, Credit, RequirementMet
from cme.credits.service import ClaimResult, record_requirement
from cme.evaluations.models import EvaluationResponse
from cme.evaluations.service import give
from cme.outbox.announce import LISTENERS
from cme.people.models import Person
from cme.store.database import db
from cme.store.session import transaction
from tests.factories.modules import make_module
from tests.factories.people import make_person
from tests.support import journeys
from tests.support.together import together

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
TABS = 5


@pytest.fixture
def heard(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[CreditGranted]:
    """What is announced in committed or abandoned transactions of the application."""
    events: list[CreditGranted] = []
    lock = threading.Lock()

    def listen(_session: object, event: CreditGranted) -> None:
        with lock:
            events.append(event)

    info = app.extensions["session_info"]
    listeners = {**info[LISTENERS], CreditGranted: (*info[LISTENERS].get(CreditGranted, ()), listen)}
    monkeypatch.setitem(app.extensions, "session_info", {**info, LISTENERS: listeners})
    return events


def completed(app: Flask, people: int = 1) -> tuple[list[int], int]:
    """People who have done everything but the claim, and the release."""
    with app.app_context(), transaction() as session:
        module = make_module(session, now=NOW)
        ids = [make_person(session, now=NOW).id for _ in range(people)]
        for person_id in ids:
            journeys.complete(session, person_id, module.release_id, now=NOW)
        return ids, module.release_id


def claim_once(person_id: int, release_id: int, quarters: int = 4) -> ClaimResult:
    with transaction() as session:
        return journeys.claim(session, person_id, release_id, now=NOW + timedelta(minutes=1), quarters=quarters)


@pytest.mark.parametrize("_round", range(3))
def test_five_claims_at_once_give_one_credit_and_all_get_it(
    app: Flask, heard: list[CreditGranted], _round: int
) -> None:
    (person_id,), release_id = completed(app)
    amounts = (1, 2, 3, 4, 4)
    results = together(app, *[lambda n=n: claim_once(person_id, release_id, n) for n in amounts])
    credits = {result.credit.credit_id for result in results if result.credit is not None}
    assert len(credits) == 1
    assert all(result.denied is None for result in results)
    assert [result.repeated for result in results].count(False) == 1
    assert len({result.credit.amount_quarters for result in results if result.credit is not None}) == 1
    with app.app_context():
        session = db.session()
        assert session.scalars(select(Credit.id)).all() == list(credits)
        decisions = session.scalars(select(ClaimDecision.outcome)).all()
        assert decisions == ["granted"]
    assert [event.credit_id for event in heard] == list(credits)


def test_five_people_at_once_get_a_credit_each(app: Flask, heard: list[CreditGranted]) -> None:
    people, release_id = completed(app, TABS)
    results = together(app, *[lambda one=one: claim_once(one, release_id) for one in people])
    assert [result.credit.person_id for result in results if result.credit is not None] == people
    assert not any(result.repeated for result in results)
    assert sorted(event.person_id for event in heard) == sorted(people)


def test_five_refused_claims_at_once_leave_five_decisions_and_no_credit(app: Flask, heard: list[CreditGranted]) -> None:
    with app.app_context(), transaction() as session:
        release_id = make_module(session, now=NOW).release_id
        person_id = make_person(session, now=NOW).id
    results = together(app, *[lambda: claim_once(person_id, release_id) for _ in range(TABS)])
    assert {journeys.outcome(result) for result in results} == {"front_matter_not_seen"}
    with app.app_context():
        assert db.session().scalars(select(ClaimDecision.outcome)).all() == ["denied"] * TABS
    assert heard == []


def test_a_claim_and_a_correction_of_the_profession_at_once_leave_one_consistent_credit(app: Flask) -> None:
    (person_id,), release_id = completed(app)

    def correct() -> ClaimResult:
        with transaction() as session:
            person = session.get_one(Person, person_id, with_for_update=True)
            person.profession = "nurse"
        return claim_once(person_id, release_id)

    results = together(app, *[lambda: claim_once(person_id, release_id) for _ in range(3)], correct, correct)
    assert len({result.credit.credit_id for result in results if result.credit is not None}) == 1
    with app.app_context():
        (credit,) = db.session().scalars(select(Credit)).all()
        assert credit.kind == ("participation" if credit.snapshot["profession"] == "nurse" else "credit")


def test_five_evaluations_at_once_keep_the_first(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        release_id = make_module(session, now=NOW).release_id
        person_id = make_person(session, now=NOW).id
        form_id = journeys.form_number(session, release_id)

    def answer(number: int) -> None:
        with transaction() as session:
            give(session, person_id, release_id, form_id, {"outcome": str(number)}, now=NOW)

    together(app, *[lambda n=n: answer(n) for n in range(TABS)])
    with app.app_context():
        (kept,) = db.session().scalars(select(EvaluationResponse.answers)).all()
        assert kept["outcome"] in {"0", "1", "2", "3", "4"}


def test_five_requirements_at_once_keep_one(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        release_id = make_module(session, now=NOW).release_id
        person_id = make_person(session, now=NOW).id

    def passed(number: int) -> None:
        with transaction() as session:
            record_requirement(session, person_id, release_id, met_at=NOW, evidence=f"attempt:{number}")

    together(app, *[lambda n=n: passed(n) for n in range(TABS)])
    with app.app_context():
        assert len(db.session().scalars(select(RequirementMet.evidence)).all()) == 1
