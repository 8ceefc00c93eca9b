"""Evaluate and claim through the page: the form, every refusal, the term to the microsecond, repeats."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cme.activities.service import record_front_matter, withdraw_release
from cme.audit.models import AuditEvent
from cme.credits.events import CreditGranted
from cme.credits.models import ClaimDecision, Credit
from cme.credits.service import record_requirement
from cme.evaluations.models import EvaluationResponse
from cme.outbox.announce import LISTENERS
from cme.people.models import Person
from tests.conftest import NOW
from tests.factories.modules import EVALUATION, Module, make_provider, make_release
from tests.support import journeys
from tests.support.client import Client, Page
from tests.support.learning_pages import COMPLETE, completed, csrf, new_learner, new_module, read, send, write

OPENS = datetime(2024, 8, 9, 7, tzinfo=UTC)
CLOSES = datetime(2027, 8, 10, 7, tzinfo=UTC)
TICK = timedelta(microseconds=1)
TABLES = (ClaimDecision, Credit, EvaluationResponse, AuditEvent)


def counts(app: Flask) -> list[int]:
    """Rows of decisions, credits, evaluations, audit."""
    return read(app, lambda session: [session.scalar(select(func.count()).select_from(table)) or 0 for table in TABLES])


def credit_of(app: Flask, person_id: int) -> Credit | None:
    return read(app, lambda session: session.scalar(select(Credit).where(Credit.person_id == person_id)))


def decisions(app: Flask, person_id: int) -> list[ClaimDecision]:
    return read(app, lambda session: journeys.decisions_of(session, person_id))


def post_claim(client: Client, module: Module, *, status: int = 303, query: str = "", **changes: Any) -> Page:
    """A direct POST, complete unless changed; None leaves a field out."""
    data = {name: value for name, value in {**COMPLETE, **changes}.items() if value is not None}
    return send(client, f"/modules/{module.slug}/claim{query}", data, status=status)


@pytest.fixture
def ready(web_app: Flask) -> tuple[Module, Client, int]:
    """A learner with everything but the claim, on SQLite."""
    module = new_module(web_app)
    client, person_id = new_learner(web_app, name="Ann Lee", credentials="MD")
    completed(web_app, person_id, module)
    return module, client, person_id


def test_the_form_asks_everything_on_one_page_and_selects_nothing(ready: tuple[Module, Client, int]) -> None:
    module, client, _ = ready
    page = client.get(f"/modules/{module.slug}/claim")
    form = page.form("/claim")
    assert form.names >= {*EVALUATION, "evaluation-comment", "amount", "attested"}
    offered = [box.get("value") for box in page.css("input[name=amount]")]
    assert offered == ["0.25", "0.50", "0.75", "1.00"]
    assert not page.css("main input[checked]")
    for words in (
        "Ann Lee, MD",
        "Certificate of credit",
        "Demonstration Provider",
        "9 August 2027, 11:59 pm Los Angeles",
    ):
        assert words in page.main
    assert "suggests" not in page.main  # no time was measured


def test_a_claim_through_the_form_gives_the_amount_that_was_claimed(
    web_app: Flask, ready: tuple[Module, Client, int]
) -> None:
    module, client, person_id = ready
    form = client.get(f"/modules/{module.slug}/claim").form("/claim")
    for name, value in {**EVALUATION, "evaluation-comment": "Good.", "amount": "0.75", "attested": "y"}.items():
        form[name] = value
    client.send(form, status=303, follow=False)
    credit = credit_of(web_app, person_id)
    assert credit is not None
    assert (credit.amount_quarters, credit.maximum_quarters, credit.kind) == (3, 4, "credit")
    assert (credit.completed_at, credit.granted_at) == (NOW, NOW)
    assert "completed this activity myself" in credit.attestation
    (answers,) = read(web_app, lambda session: session.scalars(select(EvaluationResponse.answers)).all())
    assert answers == {"objectives": "5", "bias": "yes", "outcome": "ask", "comment": "Good."}


def test_the_measured_time_suggests_an_amount_and_selects_nothing(
    web_app: Flask, ready: tuple[Module, Client, int], clock: time_machine.Traveller
) -> None:
    module, client, _ = ready
    for _minute in range(3):
        clock.shift(timedelta(minutes=1))
        headers = {"X-CSRFToken": csrf(client)}
        client.raw.post(f"/modules/{module.slug}/progress", data={"active_seconds": "60"}, headers=headers)
    page = client.get(f"/modules/{module.slug}/claim")
    assert "suggests 0.50 credits" in page.main
    assert not page.css("input[name=amount][checked]")


# Name: (completed at, claimed at, days of grace, code)
EDGES = {
    "one microsecond before the end": (CLOSES - TICK, CLOSES - TICK, 0, "granted"),
    "the end": (CLOSES - TICK, CLOSES, 0, "claims_closed"),
    "the first instant": (OPENS, OPENS, 0, "granted"),
    "grace, 16 August": (CLOSES - TICK, CLOSES + timedelta(days=7) - TICK, 7, "granted"),
    "grace, 17 August": (CLOSES - TICK, CLOSES + timedelta(days=7), 7, "claims_closed"),
}


@pytest.mark.parametrize(("completed_at", "claimed_at", "grace", "code"), EDGES.values(), ids=EDGES.keys())
def test_the_servers_receipt_time_decides(
    app: Flask, clock: time_machine.Traveller, completed_at: datetime, claimed_at: datetime, grace: int, code: str
) -> None:
    clock.move_to(completed_at)
    module = new_module(app, grace_days=grace)
    client, person_id = new_learner(app)
    completed(app, person_id, module)
    clock.move_to(claimed_at)
    granted = code == "granted"
    page = post_claim(client, module, status=303 if granted else 422)
    (decision,) = decisions(app, person_id)
    assert (decision.code, decision.decided_at) == (code, claimed_at)
    credit = credit_of(app, person_id)
    if granted:
        assert credit is not None
        assert (credit.completed_at, credit.granted_at) == (completed_at, claimed_at)
    else:
        assert credit is None
        assert "August 2027, 11:59 pm Los Angeles time" in page.main


@pytest.mark.parametrize(
    "now", [OPENS - timedelta(days=1), OPENS - TICK], ids=["a day before", "one microsecond before"]
)
def test_before_the_term_nothing_can_be_claimed(app: Flask, clock: time_machine.Traveller, now: datetime) -> None:
    clock.move_to(now)
    module = new_module(app)
    client, person_id = new_learner(app)
    _every_fact(app, person_id, module, now)
    page = post_claim(client, module, status=422)
    assert "Credit opens on 9 August 2024" in page.main
    assert credit_of(app, person_id) is None
    assert [row.code for row in decisions(app, person_id)] == ["not_open_yet"]


def _every_fact(app: Flask, person_id: int, module: Module, now: datetime, *, without: str = "") -> None:
    """Facts as they would lie there had the earlier checks failed."""

    def work(session: Any) -> None:
        if without != "front matter":
            record_front_matter(session, person_id, journeys.release_of(session, module.release_id), now=now)
        if without != "reading":
            journeys.read(session, person_id, module.release_id, now=now)
        if without != "passed quiz":
            record_requirement(session, person_id, module.release_id, met_at=now, evidence="attempt:1")

    write(app, work)


LEARNERS_OWN = {
    "fields": {
        "now": "2027-08-01T00:00:00Z",
        "claimed_at": "2027-08-01T00:00:00Z",
        "completed_at": "2027-08-01T00:00:00Z",
        "granted_at": "2020-01-01",
        "timezone": "Pacific/Kiritimati",
        "tz": "Pacific/Honolulu",
        "utc_offset": "-840",
        "grace_days": "366",
    },
    "headers": {
        "Date": "Sun, 08 Aug 2027 00:00:00 GMT",
        "Time-Zone": "Pacific/Kiritimati",
        "X-Timezone": "Pacific/Honolulu",
        "X-Timezone-Offset": "-840",
        "X-Request-Start": "t=1785542400",
        "If-Unmodified-Since": "Sun, 08 Aug 2027 00:00:00 GMT",
        "Accept-Language": "gil-KI",
    },
}


@pytest.mark.parametrize("days_off", [-2, 0, 2], ids=["two days slow", "right", "two days fast"])
@pytest.mark.parametrize(("claimed_at", "status"), [(CLOSES - TICK, 303), (CLOSES, 422)], ids=["inside", "outside"])
def test_the_learners_clock_and_zone_have_no_influence(
    web_app: Flask, clock: time_machine.Traveller, days_off: int, claimed_at: datetime, status: int
) -> None:
    clock.move_to(CLOSES - timedelta(hours=1))
    module = new_module(web_app)
    client, person_id = new_learner(web_app)
    completed(web_app, person_id, module)
    clock.move_to(claimed_at)
    wrong = (claimed_at + timedelta(days=days_off)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    data = {**COMPLETE, **LEARNERS_OWN["fields"], "csrf_token": csrf(client)}
    headers = {**LEARNERS_OWN["headers"], "Date": wrong}
    response = client.raw.post(f"/modules/{module.slug}/claim?timezone=Pacific/Honolulu", data=data, headers=headers)
    assert response.status_code == status
    (decision,) = decisions(web_app, person_id)
    assert decision.decided_at == claimed_at
    credit = credit_of(web_app, person_id)
    assert (credit is not None) is (status == 303)
    if credit is not None:
        assert (credit.completed_at, credit.granted_at) == (CLOSES - timedelta(hours=1), claimed_at)


def test_received_before_the_end_and_committed_after_it_is_granted(
    app: Flask, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.move_to(CLOSES - TICK)
    module = new_module(app)
    client, person_id = new_learner(app)
    completed(app, person_id, module)
    info = app.extensions["session_info"]

    def slowly(_session: object, _event: CreditGranted) -> None:
        clock.move_to(CLOSES + timedelta(minutes=5))

    listeners = {**info[LISTENERS], CreditGranted: (*info[LISTENERS].get(CreditGranted, ()), slowly)}
    monkeypatch.setitem(app.extensions, "session_info", {**info, LISTENERS: listeners})
    post_claim(client, module)
    credit = credit_of(app, person_id)
    assert credit is not None
    assert credit.granted_at == CLOSES - TICK


MISSING = {
    "front matter": ("front_matter_not_seen", "See the objectives and disclosures, and start"),
    "reading": ("article_not_read", "Read the article"),
    "passed quiz": ("quiz_not_passed", "Pass the quiz"),
}


@pytest.mark.parametrize(("without", "expected"), MISSING.items(), ids=MISSING.keys())
def test_a_direct_post_without_a_requirement_is_denied_and_says_where_to_go(
    app: Flask, without: str, expected: tuple[str, str]
) -> None:
    code, link = expected
    module = new_module(app)
    client, person_id = new_learner(app)
    _every_fact(app, person_id, module, NOW, without=without)
    shown = client.get(f"/modules/{module.slug}/claim")
    assert not [form for form in shown.tree.forms if (form.get("action") or "").endswith("/claim")]
    page = post_claim(client, module, status=422)
    assert page.link(link)
    (decision,) = decisions(app, person_id)
    assert (decision.outcome, decision.code) == ("denied", code)
    assert decision.sentence in page.main
    assert counts(app)[1:3] == [0, 0]


@pytest.mark.parametrize("field", EVALUATION)
def test_a_claim_without_an_evaluation_is_denied_and_what_was_typed_stays(
    web_app: Flask, ready: tuple[Module, Client, int], field: str
) -> None:
    module, client, person_id = ready
    page = post_claim(client, module, status=422, **{field: None, "evaluation-comment": "Typed words."})
    assert "Please answer this question." in page.main
    assert page.css(".error-summary a")[0].get("href") == f"#{field}-0"
    assert page.css("input[name=amount][value='1.00'][checked]")
    assert page.css("textarea")[0].text.strip() == "Typed words."
    (decision,) = decisions(web_app, person_id)
    assert decision.code == "evaluation_missing"
    assert counts(web_app)[1:3] == [0, 0]
    post_claim(client, module)
    assert [row.code for row in decisions(web_app, person_id)] == ["evaluation_missing", "granted"]


@pytest.mark.parametrize("attested", [None, "", "n", "false"])
def test_a_claim_without_the_attestation_is_denied(
    web_app: Flask, ready: tuple[Module, Client, int], attested: str | None
) -> None:
    module, client, person_id = ready
    page = post_claim(client, module, status=422, attested=attested)
    assert "Confirm this statement to claim." in page.main
    assert [row.code for row in decisions(web_app, person_id)] == ["not_attested"]
    assert counts(web_app)[1:3] == [0, 0]


AMOUNTS = {
    "none": None,
    "empty": "",
    "0": "0",
    "0.00": "0.00",
    "a tenth": "0.1",
    "negative": "-1",
    "above the maximum": "1.25",
    "far above": "999",
    "not a quarter": "0.3",
    "exponent": "1e0",
    "text": "one",
    "comma": "0,5",
    "arabic-indic": "١",
    "formula": "=1",
    "markup": "<script>alert(1)</script>",
    "NUL": "1\0",
    "long": "1" * 10_000,
}


@pytest.mark.parametrize("amount", AMOUNTS.values(), ids=AMOUNTS.keys())
def test_a_malformed_amount_is_an_error_of_the_form_and_stores_nothing(app: Flask, amount: str | None) -> None:
    module = new_module(app)
    client, person_id = new_learner(app)
    completed(app, person_id, module)
    before = counts(app)
    page = post_claim(client, module, status=422, amount=amount)
    assert "Choose an amount" in page.main
    assert page.css(".error-summary a")[0].get("href") == "#amount-0"
    assert "<script>alert" not in page.body
    assert counts(app) == before
    assert credit_of(app, person_id) is None


EVALUATIONS = {
    "an answer that was not offered": {"evaluation-bias": "maybe"},
    "a NUL": {"evaluation-bias": "yes\0"},
    "a text too long": {"evaluation-comment": "x" * 501},
    "two problems": {"evaluation-bias": "maybe", "evaluation-objectives": "6"},
}


@pytest.mark.parametrize("changes", EVALUATIONS.values(), ids=EVALUATIONS.keys())
def test_malformed_answers_are_an_error_of_the_form_and_store_nothing(app: Flask, changes: dict[str, str]) -> None:
    module = new_module(app)
    client, person_id = new_learner(app)
    completed(app, person_id, module)
    before = counts(app)
    page = post_claim(client, module, status=422, **changes)
    assert len(page.css(".error-summary a")) == len(changes)
    assert counts(app) == before


def test_malformed_answers_and_a_malformed_amount_are_named_together(ready: tuple[Module, Client, int]) -> None:
    module, client, _ = ready
    page = post_claim(client, module, status=422, amount="2.00", **{"evaluation-bias": "maybe"})
    assert {link.get("href") for link in page.css(".error-summary a")} == {"#evaluation-bias-0", "#amount-0"}


REPEATS: dict[str, dict[str, Any]] = {
    "the same": {},
    "less": {"amount": "0.25"},
    "no amount": {"amount": None},
    "above the maximum": {"amount": "99"},
    "no evaluation": dict.fromkeys(EVALUATION),
    "malformed evaluation": {"evaluation-bias": "maybe"},
    "not attested": {"attested": None},
}


@pytest.mark.parametrize("changes", REPEATS.values(), ids=REPEATS.keys())
def test_a_second_claim_leads_to_the_first_result_and_stores_nothing(app: Flask, changes: dict[str, Any]) -> None:
    module = new_module(app)
    client, person_id = new_learner(app)
    completed(app, person_id, module)
    token = csrf(client)
    first = client.raw.post(f"/modules/{module.slug}/claim", data={**COMPLETE, "amount": "0.50", "csrf_token": token})
    before = counts(app)
    data = {name: value for name, value in {**COMPLETE, **changes, "csrf_token": token}.items() if value is not None}
    second = client.raw.post(f"/modules/{module.slug}/claim", data=data)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["Location"] == second.headers["Location"] == f"/modules/{module.slug}/certificate"
    assert counts(app) == before
    credit = credit_of(app, person_id)
    assert credit is not None
    assert credit.amount_quarters == 2
    third = client.raw.get(f"/modules/{module.slug}/claim")
    assert (third.status_code, third.headers["Location"]) == (303, f"/modules/{module.slug}/certificate")


def test_a_corrected_profession_gives_no_second_claim(app: Flask) -> None:
    module = new_module(app)
    client, person_id = new_learner(app, profession="nurse")
    completed(app, person_id, module)
    assert "Certificate of participation" in client.get(f"/modules/{module.slug}/claim").main
    post_claim(client, module)

    def correct(session: Any) -> None:
        session.get_one(Person, person_id).profession = "physician"

    write(app, correct)
    post_claim(client, module)
    credit = credit_of(app, person_id)
    assert credit is not None
    assert credit.kind == "participation"
    assert counts(app)[:3] == [1, 1, 1]


def test_participation_is_never_worded_as_credit_to_claim(web_app: Flask) -> None:
    module = new_module(web_app)
    client, person_id = new_learner(web_app, profession="pharmacist")
    completed(web_app, person_id, module)
    page = client.get(f"/modules/{module.slug}/claim")
    assert "Participation can be confirmed until" in page.main
    assert "Claim participation" in page.main
    assert "Claim credit" not in page.main
    assert "awarded" not in page.main.lower()


def test_an_unconfirmed_address_is_told_so_and_can_claim_after_confirming(app: Flask) -> None:
    module = new_module(app)
    client, person_id = new_learner(app, confirmed_at=None)
    completed(app, person_id, module)
    assert "Confirm your e-mail address first" in client.get(f"/modules/{module.slug}/claim").main
    page = post_claim(client, module, status=422)
    assert page.link("Send the confirmation link again")
    assert [row.code for row in decisions(app, person_id)] == ["email_not_confirmed"]

    def confirm(session: Any) -> None:
        session.get_one(Person, person_id).confirmed_at = NOW

    write(app, confirm)
    post_claim(client, module)
    assert credit_of(app, person_id) is not None


def test_a_withdrawal_before_the_claim_denies_it_and_afterwards_changes_nothing(app: Flask) -> None:
    module = new_module(app)
    (early, early_id), (late, late_id) = new_learner(app), new_learner(app)
    for person_id in (early_id, late_id):
        completed(app, person_id, module)
    post_claim(early, module)
    write(app, lambda session: withdraw_release(session, module.release_id, "Unsafe.", by=None, now=NOW))
    assert "withdrawn" in late.get(f"/modules/{module.slug}/claim").main
    page = post_claim(late, module, status=422)
    assert "withdrawn" in page.main
    assert credit_of(app, late_id) is None
    assert credit_of(app, early_id) is not None
    post_claim(early, module)
    assert len(decisions(app, early_id)) == 1


def test_fields_that_belong_to_the_server_are_ignored(web_app: Flask, ready: tuple[Module, Client, int]) -> None:
    module, client, person_id = ready
    _, other_id = new_learner(web_app)
    forged = {
        "person_id": str(other_id),
        "learner_id": str(other_id),
        "release_id": "99",
        "kind": "participation",
        "maximum_quarters": "400",
        "score": "100",
        "passed": "true",
        "credit_type": "other",
        "attestation": "I state nothing.",
        "name": "Somebody Else",
        "role": "administrator",
    }
    post_claim(client, module, **forged)
    credit = credit_of(web_app, person_id)
    assert credit is not None
    assert (credit.kind, credit.maximum_quarters, credit.release_id) == ("credit", 4, module.release_id)
    assert credit.snapshot["name"] == "Ann Lee"
    assert "nothing" not in credit.attestation
    assert credit_of(web_app, other_id) is None


def test_what_is_typed_into_the_evaluation_is_text_wherever_it_appears(
    web_app: Flask, ready: tuple[Module, Client, int]
) -> None:
    module, client, _ = ready
    typed = "</textarea><script>alert(1)</script>{{7*7}}\r\n=cmd()"
    page = post_claim(client, module, status=422, attested=None, **{"evaluation-comment": typed})
    assert "<script>alert" not in page.body
    assert "{{7*7}}" in page.css("textarea")[0].text
    post_claim(client, module, **{"evaluation-comment": typed})
    (answers,) = read(web_app, lambda session: session.scalars(select(EvaluationResponse.answers)).all())
    assert answers["comment"] == typed.replace("\r\n", "\n")


def test_a_stranger_and_a_forged_form_claim_nothing(web_app: Flask, ready: tuple[Module, Client, int]) -> None:
    module, client, _ = ready
    stranger = Client(web_app)
    assert "/sign-in" in stranger.get(f"/modules/{module.slug}/claim").response.request.path
    token = str(stranger.get("/sign-in").form("/sign-in").fields["csrf_token"])
    asked = stranger.post(f"/modules/{module.slug}/claim", {**COMPLETE, "csrf_token": token}, status=401)
    assert asked.h1 == "Sign in"
    client.post(f"/modules/{module.slug}/claim", COMPLETE, status=400)
    client.post(f"/modules/{module.slug}/claim", {**COMPLETE, "csrf_token": token}, status=400)
    assert counts(web_app)[:3] == [0, 0, 0]


@pytest.mark.parametrize(
    ("number", "status"), [("1", 200), ("2", 404), ("0", 404), ("9" * 40, 404), ("-1", 404), ("x", 200)]
)
def test_a_release_that_does_not_exist_is_not_found(app: Flask, number: str, status: int) -> None:
    module = new_module(app)
    client, _ = new_learner(app)
    client.get(f"/modules/{module.slug}/claim?release={number}", status=status)


def test_a_completed_earlier_release_can_be_claimed_while_its_own_deadline_runs(web_app: Flask) -> None:
    module = new_module(web_app, opens_on=date(2024, 1, 1), expires_on=date(2026, 11, 22), grace_days=30)
    client, person_id = new_learner(web_app)
    completed(web_app, person_id, module, now=NOW - timedelta(days=5))
    later = write(
        web_app,
        lambda session: make_release(
            session,
            module.activity_id,
            module.revision_id,
            make_provider(session, now=NOW),
            now=NOW,
            opens_on=date(2026, 11, 20),
            expires_on=date(2029, 8, 9),
            number=2,
        ),
    )
    page = client.get(f"/modules/{module.slug}")
    assert "You completed an earlier release" in page.main
    claim = client.get(page.link("Evaluate and claim"))
    form = claim.form("/claim")
    for name, value in COMPLETE.items():
        form[name] = value
    client.send(form, status=303, follow=False)
    credit = credit_of(web_app, person_id)
    assert credit is not None
    assert credit.release_id == module.release_id != later
    assert credit.completed_at == NOW - timedelta(days=5)
    assert "You completed an earlier release" not in client.get(f"/modules/{module.slug}").main


def test_a_profile_changed_in_another_tab_is_shown_before_it_is_printed(
    web_app: Flask, ready: tuple[Module, Client, int]
) -> None:
    """The page promised a certificate of credit for Ann Lee; a certificate is frozen once it is granted."""
    module, client, person_id = ready
    form = client.get(f"/modules/{module.slug}/claim").form("/claim")
    for name, value in {**COMPLETE, "evaluation-comment": "Typed before."}.items():
        form[name] = value

    def become(session: Session) -> None:
        session.get_one(Person, person_id).profession = "nurse"

    write(web_app, become)
    before = counts(web_app)
    page = client.send(form, status=422)
    assert "Your profile was changed after this page was opened" in page.main
    assert "Certificate of participation" in page.main
    assert counts(web_app) == before
    again = page.form("/claim")
    assert again.fields["evaluation-comment"].strip() == "Typed before."
    assert again.fields["amount"] == "1.00"
    client.send(again, status=303, follow=False)
    credit = credit_of(web_app, person_id)
    assert credit is not None
    assert credit.kind == "participation"


def test_an_earlier_release_is_not_offered_to_whoever_has_credit_for_the_later_one(web_app: Flask) -> None:
    module = new_module(web_app, opens_on=date(2024, 1, 1), expires_on=date(2026, 11, 22), grace_days=30)
    client, person_id = new_learner(web_app)
    completed(web_app, person_id, module, now=NOW - timedelta(days=5))
    later = write(web_app, lambda session: journeys.successor(session, module, now=NOW, opens_on=date(2026, 11, 20)))
    write(web_app, lambda session: journeys.earn(session, person_id, later, now=NOW))
    assert "You can still claim" not in client.get(f"/modules/{module.slug}").main
    page = client.get(f"/modules/{module.slug}/claim?release=1")
    assert "You already have credit for a later release of this module" in page.main
    post_claim(client, module, query="?release=1", status=422)
    assert [row.code for row in decisions(web_app, person_id)] == ["granted", "credited_for_later_release"]
