"""The registrar's pages of accommodations."""

import pytest
from flask import Flask
from sqlalchemy import select

from cme.audit.models import AuditEvent
from cme.audit.tags import Event
from cme.store.database import db
from cme.store.session import transaction
from quizzes.queries.accommodations import accommodation_of
from quizzes.rules.delivery import Accommodation
from tests.conftest import NOW
from tests.factories.people import PASSWORD, make_person
from tests.support.client import Client


def someone(app: Flask, **changes: object) -> tuple[int, str]:
    with app.app_context(), transaction() as session:
        person = make_person(session, now=NOW, **changes)  # type: ignore[arg-type]
        return person.id, person.email


@pytest.fixture
def registrar(client: Client) -> Client:
    client.sign_in(someone(client.app, roles=("registrar",))[1], PASSWORD)
    return client


def test_a_registrar_finds_somebody_and_grants_time_and_attempts(registrar: Client) -> None:
    person_id, _email = someone(registrar.app, name="Lara Needs")
    someone(registrar.app, name="Noise")
    page = registrar.get("/office/accommodations")
    form = page.form("/office/accommodations")
    form["q"] = "lara"
    page = registrar.send(form)
    assert "Noise" not in page.main
    form = registrar.get(page.link("Lara Needs")).form("/accommodations")
    form["extra_time_percent"], form["extra_attempts"] = "50", "1"
    assert "Saved what Lara Needs is granted" in registrar.send(form).text
    with registrar.app.app_context():
        session = db.session()
        assert accommodation_of(session, person_id) == Accommodation(50, 1)
        assert session.scalar(
            select(AuditEvent.subject_id).where(AuditEvent.event == Event.ACCOMMODATION_CHANGED.value)
        )


@pytest.mark.parametrize("value", ["", "-1", "901", "many"])
def test_what_is_no_number_in_range_is_refused(registrar: Client, value: str) -> None:
    person_id, _email = someone(registrar.app)
    form = registrar.get(f"/office/people/{person_id}/accommodations").form("/accommodations")
    form["extra_time_percent"] = value
    registrar.send(form, status=422)


def test_nobody_else_gets_in(client: Client) -> None:
    person_id, email = someone(client.app, roles=("editor",))
    client.sign_in(email, PASSWORD)
    client.get("/office/accommodations", status=403)
    client.get(f"/office/people/{person_id}/accommodations", status=403)


def test_who_does_not_exist_is_not_found(registrar: Client) -> None:
    registrar.get("/office/people/999999/accommodations", status=404)
