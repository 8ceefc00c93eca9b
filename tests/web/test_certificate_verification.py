"""Verification by anybody."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event, func, select
from time_machine import Traveller

from certificates.models import CertificateEvent
from certificates.web.limits import LOOKING as LIMITS
from cme.people.models import Throttle
from cme.store.database import db
from cme.store.session import transaction
from tests.conftest import NOW
from tests.factories.certificates import make_certificate
from tests.factories.modules import make_module
from tests.factories.people import make_person
from tests.support.client import Client

FOREIGN = "7Q2M-8XKD-94PZ-T3NB-V6WR-0HJA-C5EG"


def issue(app: Flask, kind: str = "credit", **changes: object) -> tuple[int, str, str]:
    with app.app_context(), transaction() as session:
        person = make_person(session, now=NOW, name="Nguyễn Thị Minh Khai", email="khai.secret@example.org")
        module = make_module(session, now=NOW)
        made = make_certificate(session, person, module, now=NOW, kind=kind, **changes)
        return made.id, made.code, made.number


def test_anybody_sees_the_frozen_facts_and_nothing_else(both_client: Client):
    _id, code, number = issue(both_client.app)
    page = both_client.get(f"/verify/{code}")
    assert page.h1 == f"Valid demonstration certificate {number}"
    for part in (
        "Nguyễn Thị Minh Khai, MD",
        "Sleep-related leg cramps",
        "Certificate of Credit",
        "0.75 demonstration credits (maximum 1.00)",
        "23 November 2026",
        "Demonstration Provider",
        "Demonstration – no accredited credit",
        code,
    ):
        assert part in page.main
    assert "khai.secret" not in page.body
    assert "office@example.org" not in page.body
    assert not page.css("main form")
    assert page.response.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert page.response.headers["Cache-Control"] == "no-store"


def test_an_accredited_certificate_shows_no_demonstration_notice(client: Client):
    _id, code, _number = issue(client.app, mode="accredited")
    page = client.get(f"/verify/{code}")
    assert page.h1.startswith("Valid certificate")
    assert "0.75 AMA PRA Category 1 Credits™ (maximum 1.00)" in page.main
    assert "Demonstration –" not in page.main


def test_participation_is_told_as_participation(client: Client):
    _id, code, _number = issue(client.app, kind="participation")
    page = client.get(f"/verify/{code}")
    assert "Certificate of Participation" in page.main
    assert "0.75, of an activity designated for 1.00 demonstration credit" in page.main
    assert "award" not in page.main


@pytest.mark.parametrize("way", ["lower", "spaces", "confused"])
def test_a_code_may_be_typed_loosely(client: Client, way: str):
    _id, code, number = issue(client.app)
    typed = {
        "lower": code.lower(),
        "spaces": code.replace("-", " "),
        "confused": code.replace("0", "O").replace("1", "l"),
    }[way]
    assert number in client.get(f"/verify/{typed}").h1
    assert number in client.get(f"/verify?code={typed}").h1


def test_malformed_unknown_and_foreign_codes_look_the_same(client: Client):
    issue(client.app)
    paths = [FOREIGN, "nonsense", "x" * 300, "%3Cscript%3E", "0" * 28, "CME-2026-000001", "Ünïcode"]
    answers = [client.raw.get(f"/verify/{path}") for path in paths]
    bodies = {re.sub(rb"nonce[-=\"][^\"']*", b"", answer.data) for answer in answers}
    assert len(bodies) == 1
    assert {answer.status_code for answer in answers} == {404}
    assert {answer.headers["X-Robots-Tag"] for answer in answers} == {"noindex, nofollow"}
    page = client.get("/verify/nonsense", status=404)
    assert page.h1 == "No certificate with this code"
    assert client.get("/verify?code=nonsense", status=404).h1 == page.h1


@pytest.mark.parametrize(
    ("state", "heading", "words"),
    [("revoked", "Revoked", "must not be relied upon"), ("replaced", "Replaced", "has replaced this one")],
)
def test_what_happened_to_it_is_visible_at_once(client: Client, state: str, heading: str, words: str):
    certificate_id, code, number = issue(client.app)
    assert client.get(f"/verify/{code}").h1.startswith("Valid")
    with client.app.app_context(), transaction() as session:
        session.add(
            CertificateEvent(certificate_id=certificate_id, event=state, at=NOW, reason="private", by_person_id=None)
        )
    page = client.get(f"/verify/{code}")
    assert page.h1 == f"{heading} demonstration certificate {number}"
    assert words in page.main
    assert "is valid" not in page.main
    assert "private" not in page.body


def test_the_form_works_without_script(client: Client):
    _id, code, number = issue(client.app)
    form = client.get("/verify").form("/verify")
    assert form.method == "get"
    form["code"] = code
    assert number in client.send(form).h1
    form["code"] = ""
    assert client.send(form).h1 == "Verify a certificate"


def test_it_is_limited_per_address(both_client: Client, clock: Traveller):
    app = both_client.app
    _id, code, _number = issue(app)
    most = LIMITS[0].most
    raw = both_client.raw
    for _ in range(most):
        assert raw.get(f"/verify/{code}").status_code == 200
    refused = raw.get(f"/verify/{code}")
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert b"Khai" not in refused.data
    elsewhere = raw.get(f"/verify/{code}", environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    assert elsewhere.status_code == 200
    clock.shift(timedelta(seconds=61))
    assert raw.get(f"/verify/{code}").status_code == 200
    with app.app_context():
        buckets = db.session.scalars(select(Throttle.bucket)).all()
        assert buckets
        assert not any("127.0.0.1" in bucket or "192.0.2.7" in bucket for bucket in buckets)


def test_one_household_of_ipv6_is_one_address(client: Client):
    _id, code, _number = issue(client.app)
    for end in ("1", "2", "ffff:1"):
        client.raw.get(f"/verify/{code}", environ_overrides={"REMOTE_ADDR": f"2001:db8:1:1::{end}"})
    client.raw.get(f"/verify/{code}", environ_overrides={"REMOTE_ADDR": "2001:db8:1:2::1"})
    with client.app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Throttle)) == 2 * len(LIMITS)


def test_it_takes_at_most_three_statements(both_client: Client):
    app = both_client.app
    _id, code, _number = issue(app)
    said: list[str] = []
    with app.app_context():
        engine = db.engine

    def note(_connection, _cursor, statement: str, *_rest: object) -> None:
        if not statement.startswith("BEGIN"):
            said.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        for path, status in ((code, 200), (FOREIGN, 404)):
            said.clear()
            assert both_client.raw.get(f"/verify/{path}").status_code == status
            assert len(said) <= 3, said
    finally:
        event.remove(engine, "before_cursor_execute", note)
