"""A copy of one's data, and closing the account: what goes, what stays, who is kept out."""

import hashlib
import json
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from certificates import jobs
from certificates.models import CertificateFile
from cme.audit.models import AuditEvent
from cme.credits.models import Credit
from cme.part import House
from cme.people.models import Person, RoleGrant, SignInSession
from cme.people.services import roles
from cme.people.services.closing import NO_NAME
from cme.store.database import Base, db
from cme.store.session import transaction
from quizzes.models.attempt import AccommodationGrant
from quizzes.rules.delivery import Accommodation as Granted
from quizzes.services.accommodating import grant
from tests.conftest import NOW
from tests.factories.certificates import make_certificate
from tests.factories.modules import make_module
from tests.factories.people import PASSWORD, make_person
from tests.support.client import Client, Page
from tests.support.people_pages import letters, try_sign_in

CLOSE, DATA = "/account/close", "/account/data"


class Leaver:
    """Somebody with a certificate, an accommodation and a browser that is signed in."""

    def __init__(self, app: Flask, *, earned: bool = True, held: tuple[str, ...] = ()) -> None:
        self.app = app
        with app.app_context(), transaction() as session:
            person = make_person(session, now=NOW, name="Jane Doe", roles=held)
            self.id, self.email = person.id, person.email
            grant(session, person.id, Granted(25, 1), by=person.id, now=NOW)
            self.code = None
            if earned:
                certificate = make_certificate(session, person, make_module(session, now=NOW), now=NOW)
                self.certificate_id, self.code = certificate.id, certificate.code
        if earned:
            with app.app_context():
                jobs.render(self.certificate_id)
        self.client = Client(app)
        try_sign_in(self.client, self.email, PASSWORD, status=200)

    def send(self, page: str, password: str = PASSWORD, status: int = 200) -> Page:
        form = self.client.get(page).form(page)
        form["present"] = password
        return self.client.send(form, status=status)

    def count(self, model: type[Base], *which: Any) -> int:
        with self.app.app_context():
            return db.session.scalar(select(func.count()).select_from(model).where(*which)) or 0

    def row(self) -> Person:
        with self.app.app_context():
            return db.session.scalars(select(Person).where(Person.id == self.id)).one()


def test_closing_signs_out_everywhere_and_frees_the_address(app: Flask):
    leaver = Leaver(app, held=("editor",))
    other = Client(app)
    try_sign_in(other, leaver.email, PASSWORD, status=200)
    page = leaver.send(CLOSE)
    assert "Your account is closed." in page.text
    assert leaver.client.raw.get("/account").status_code == 302
    assert other.raw.get("/account").status_code == 302
    assert leaver.count(SignInSession, SignInSession.person_id == leaver.id, SignInSession.ended_at.is_(None)) == 0
    assert leaver.count(RoleGrant, RoleGrant.person_id == leaver.id) == 0
    assert leaver.count(AccommodationGrant, AccommodationGrant.person_id == leaver.id) == 0
    assert "do not belong together" in try_sign_in(Client(app), leaver.email, PASSWORD, status=422).text
    with app.app_context(), transaction() as session:
        assert make_person(session, now=NOW, email=leaver.email).id != leaver.id
    assert letters(app)[-1].count("Your account is closed") == 1
    assert leaver.email in letters(app)[-1]


def test_credit_stays_under_the_name_and_the_certificate_verifies_byte_for_byte(app: Flask):
    leaver = Leaver(app)
    before = leaver.client.raw.get(f"/certificates/{leaver.code}.pdf").data
    facts = leaver.client.get(f"/verify/{leaver.code}").main
    leaver.send(CLOSE)
    row = leaver.row()
    assert (row.name, row.closed_at) == ("Jane Doe", NOW)
    assert leaver.email not in {row.email, row.email_key}
    assert leaver.count(Credit, Credit.person_id == leaver.id) == 1
    assert Client(app).get(f"/verify/{leaver.code}").main == facts
    with app.app_context():
        digest = select(CertificateFile.sha256).where(
            CertificateFile.certificate_id == leaver.certificate_id, CertificateFile.kind == "pdf"
        )
        assert db.session.scalars(digest).one() == hashlib.sha256(before).hexdigest()


def test_whoever_never_claimed_leaves_no_name(app: Flask):
    leaver = Leaver(app, earned=False)
    leaver.send(CLOSE)
    assert (leaver.row().name, leaver.row().credentials) == (NO_NAME, "")


@pytest.mark.parametrize(("password", "words"), [("", "Type your password."), ("wrong", "not your present password")])
def test_both_ask_the_password(client: Client, password: str, words: str):
    leaver = Leaver(client.app)
    for page in (CLOSE, DATA):
        assert words in leaver.send(page, password, 422).main
    assert leaver.row().closed_at is None


def test_the_only_administrator_stays(app: Flask):
    leaver = Leaver(app, held=("administrator",))
    assert "only administrator" in leaver.send(CLOSE, status=409).main
    assert leaver.row().closed_at is None
    assert leaver.count(AccommodationGrant, AccommodationGrant.person_id == leaver.id) == 1, "nothing was half-done"
    with app.app_context(), transaction() as session:
        other = make_person(session, now=NOW)
        roles.grant(session, other.id, roles.Role.ADMINISTRATOR, by=None, now=NOW)
    leaver.send(CLOSE)
    assert leaver.row().closed_at == NOW


def test_the_copy_holds_what_every_room_keeps(app: Flask):
    leaver = Leaver(app)
    form = leaver.client.get(DATA).form(DATA)
    response = leaver.client.raw.post(DATA, data={**form.fields, "present": PASSWORD})
    assert response.headers["Content-Disposition"] == 'attachment; filename="my-cme-data_2026-11-23.json"'
    data = json.loads(response.data)
    house: House = app.extensions["house"]
    assert set(data) == {"exported_at", *(one.key for one in house.person_data)}
    assert data["account"]["email"] == leaver.email
    assert [one["amount_quarters"] for one in data["credits"]] == [3]
    assert data["certificates"][0]["code"] == leaver.code
    assert "account.data_exported" in {row["event"] for row in data["audit"]}
    text = response.get_data(as_text=True)
    assert leaver.row().password_hash not in text


# Where a table is about a person, the part of the copy it is in. Who acted on a table of others' is in the audit.
IN_THE_COPY = {
    "audit_events": "audit",
    "role_grants": "account",
    "sign_in_sessions": "account",
    "accommodations": "quiz_accommodations",
    "attempts": "quiz_attempts",
    "readings": "reading",
    "front_matter_views": "front_matter_seen",
    "evaluation_responses": "evaluations",
    "requirements_met": "requirements_met",
    "claim_decisions": "claim_decisions",
    "claim_extensions": "claim_extensions",
    "credits": "credits",
    "certificates": "certificates",
    "notice_recipients": "correction_notices",
}
NOT_IN_THE_COPY = {
    "mailed_links": "only digests of links that were sent",
    "import_uploads": "questions on their way into a quiz, gone by themselves",
}
AT_THE_DESK = ("draft_", "review_")
"""Tables of the desk that say who acted on a draft or its review: the acts themselves are in the audit."""


def test_no_table_about_people_is_forgotten(web_app: Flask):
    house: House = web_app.extensions["house"]
    about = {
        table.name
        for table in Base.metadata.sorted_tables
        if "person_id" in table.columns and not table.name.startswith(AT_THE_DESK)
    }
    assert about - {*NOT_IN_THE_COPY, *IN_THE_COPY} == set(), "say where in the copy the table is, or why it is not"
    assert set(IN_THE_COPY.values()) <= {one.key for one in house.person_data}


def test_both_are_on_the_record(app: Flask):
    leaver = Leaver(app)
    leaver.client.raw.post(DATA, data={**leaver.client.get(DATA).form(DATA).fields, "present": PASSWORD})
    leaver.send(CLOSE)
    with app.app_context():
        found = db.session.scalars(select(AuditEvent.event).where(AuditEvent.subject == "person")).all()
    assert {"account.data_exported", "account.closed"} <= set(found)
