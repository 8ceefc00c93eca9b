"""The owner's pages and downloads."""

import io
from pathlib import Path

import pikepdf
import pytest
from flask import Flask
from sqlalchemy import event, func, select
from time_machine import Traveller

from certificates import jobs
from certificates.keys import KeyProblem, Keys
from certificates.models import CertificateFile
from certificates.web import waiting
from cme.audit.models import AuditEvent
from cme.outbox.models import OutboxWork
from cme.outbox.runner import drain_all
from cme.store.database import db
from cme.store.session import transaction
from tests.conftest import NOW
from tests.factories.certificates import make_certificate
from tests.factories.modules import make_module
from tests.factories.people import PASSWORD, make_person
from tests.support.client import Client


class Owned:
    """A signed-in owner with a certificate."""

    def __init__(self, app: Flask, *, kind: str = "credit", name: str = "Jane Doe", ready: bool = True) -> None:
        self.app = app
        with app.app_context(), transaction() as session:
            person = make_person(session, now=NOW, name=name)
            module = make_module(session, now=NOW, title="Sleep-related leg cramps")
            certificate = make_certificate(session, person, module, now=NOW, kind=kind)
            self.id, self.code, self.number = certificate.id, certificate.code, certificate.number
            self.credit_id, self.slug, email = certificate.credit_id, module.slug, person.email
        if ready:
            with app.app_context():
                jobs.render(self.id)
        self.client = Client(app)
        self.client.sign_in(email, PASSWORD)


@pytest.fixture
def owned(web_app: Flask) -> Owned:
    return Owned(web_app)


def stranger(app: Flask, roles: tuple[str, ...] = ()) -> Client:
    with app.app_context(), transaction() as session:
        email = make_person(session, now=NOW, roles=roles).email
    client = Client(app)
    client.sign_in(email, PASSWORD)
    return client


def test_the_page_shows_picture_download_verification_and_what_next(owned: Owned):
    page = owned.client.get(f"/certificates/{owned.code}")
    assert page.h1 == "Certificate of Credit: Sleep-related leg cramps"
    assert page.link("Download the PDF") == f"/certificates/{owned.code}.pdf"
    assert page.link("See what a verifier sees") == f"/verify/{owned.code}"
    (image,) = page.css("img[src$='.png']")
    assert "Jane Doe" in image.get("alt")
    (field,) = page.css("#verify-url")
    assert field.get("value") == f"http://localhost/verify/{owned.code}"
    assert page.link("transcript") == "/transcript"
    for part in ("23 November 2026", "0.75 demonstration credits (maximum 1.00)", owned.number):
        assert part in page.main


def test_the_download_is_the_stored_file_with_a_telling_name(owned: Owned):
    response = owned.client.raw.get(f"/certificates/{owned.code}.pdf")
    assert response.status_code == 200
    assert response.mimetype == "application/pdf"
    expected = f'attachment; filename="CME-certificate_Sleep-related-leg-cramps_2026-11-23_{owned.code}.pdf"'
    assert response.headers["Content-Disposition"] == expected
    with pikepdf.open(io.BytesIO(response.data)) as pdf:
        assert "Jane Doe" in str(pdf.docinfo["/Title"])
    assert owned.client.raw.get(f"/certificates/{owned.code}.pdf").data == response.data
    with owned.app.app_context():
        taken = db.session.scalars(select(AuditEvent).where(AuditEvent.event == "certificate.downloaded")).all()
        assert [row.subject_id for row in taken] == [owned.number] * 2


def test_the_picture_is_a_png(owned: Owned):
    response = owned.client.raw.get(f"/certificates/{owned.code}.png")
    assert (response.status_code, response.mimetype) == (200, "image/png")
    assert "no-store" not in response.headers["Cache-Control"]


@pytest.mark.parametrize("roles", [(), ("registrar",), ("administrator", "editor", "reviewer")])
@pytest.mark.parametrize("ending", ["", ".pdf", ".png"])
def test_nobody_else_finds_it(owned: Owned, ending: str, roles: tuple[str, ...]):
    client = stranger(owned.app, roles)
    theirs = client.raw.get(f"/certificates/{owned.code}{ending}")
    nothing = client.raw.get(f"/certificates/{'0000-' * 6}0000{ending}")
    assert theirs.status_code == nothing.status_code == 404
    assert theirs.data == nothing.data
    assert b"Jane" not in theirs.data


@pytest.mark.parametrize("path", ["/certificates/{code}", "/certificates/{code}.pdf", "/certificates/{code}.png"])
def test_without_a_sign_in_it_leads_to_the_door(owned: Owned, path: str):
    response = owned.app.test_client().get(path.format(code=owned.code))
    assert response.status_code == 302
    assert "/sign-in" in response.headers["Location"]


def test_a_module_and_a_credit_lead_to_the_certificate(owned: Owned):
    for path in (f"/modules/{owned.slug}/certificate", f"/credits/{owned.credit_id}/certificate"):
        response = owned.client.raw.get(path)
        assert response.status_code == 303
        assert response.headers["Location"] == f"/certificates/{owned.code}"


def test_without_a_credit_the_module_says_so(owned: Owned):
    client = stranger(owned.app)
    page = client.get(f"/modules/{owned.slug}/certificate")
    assert "claim your credit first" in page.text
    assert client.raw.get(f"/credits/{owned.credit_id}/certificate").status_code == 404


def test_an_unmade_document_says_so_and_asks_for_it(web_app: Flask):
    owned = Owned(web_app, ready=False)
    with web_app.app_context(), transaction() as session:
        session.execute(OutboxWork.__table__.update().values(failed_at=NOW))
    page = owned.client.get(f"/certificates/{owned.code}", status=202)
    assert page.response.headers["Retry-After"] == "5"
    assert "Your document is being made" in page.text
    assert "Demonstration – no accredited credit" in page.text
    assert page.link("Look again") == f"/certificates/{owned.code}"
    with web_app.app_context():
        asked = select(func.count()).select_from(OutboxWork).where(OutboxWork.failed_at.is_(None))
        assert db.session.scalar(asked) == 1
    response = owned.client.raw.get(f"/certificates/{owned.code}.pdf")
    assert (response.status_code, response.headers["Location"]) == (303, f"/certificates/{owned.code}")
    assert owned.client.raw.get(f"/certificates/{owned.code}.png").status_code == 404


def test_while_the_signer_is_down_the_page_says_so_and_no_document_leaves(
    web_app: Flask, monkeypatch: pytest.MonkeyPatch, clock: Traveller
):
    owned = Owned(web_app, ready=False)

    def down(*_arguments: object, **_named: object) -> None:
        raise KeyProblem("the key is in the safe")

    with web_app.app_context(), monkeypatch.context() as patch:
        patch.setattr(Keys, "signer", down)
        drain_all(web_app.extensions["house"].jobs)
        page = owned.client.get(f"/certificates/{owned.code}", status=202)
        assert "cannot be made and signed at this moment" in page.main
        assert "Your credit is safe" in page.main
        assert "safe" not in page.main.replace("Your credit is safe", "")  # where the key is stays in the log
        assert owned.client.raw.get(f"/certificates/{owned.code}.pdf").status_code == 303
        assert owned.client.raw.get(f"/certificates/{owned.code}.json").status_code == 404
        for path in ("/status/1.json", "/certificates/root.pem", "/verify/bundle.zip"):
            answer = owned.client.raw.get(path)
            assert (answer.status_code, b"signing key is not at hand" in answer.data) == (503, True), path
        assert "transcript" in owned.client.get("/transcript").text.lower()
    clock.shift(120)
    with web_app.app_context():
        drain_all(web_app.extensions["house"].jobs)
    assert owned.client.raw.get(f"/certificates/{owned.code}.pdf").data.startswith(b"%PDF")


def test_the_first_download_waits_for_the_file(web_app: Flask, monkeypatch: pytest.MonkeyPatch, clock: Traveller):
    owned = Owned(web_app, ready=False)
    settings = web_app.extensions["settings"]
    looked: list[float] = []

    def background(seconds: float) -> None:
        looked.append(seconds)
        if len(looked) == 3:
            jobs.render(owned.id)

    monkeypatch.setattr(waiting.time, "sleep", background)
    monkeypatch.setattr(type(settings), "certificate_wait_seconds", 20)
    response = owned.client.raw.get(f"/certificates/{owned.code}.pdf")
    assert response.status_code == 200
    assert response.data.startswith(b"%PDF")
    assert looked == [waiting.LOOK_EVERY] * 3


def test_a_tampered_file_is_refused_not_served(owned: Owned):
    folder: Path = owned.app.extensions["settings"].files_folder
    for path in folder.rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-1] + b"X")
    for ending in (".pdf", ".png"):
        response = owned.client.raw.get(f"/certificates/{owned.code}{ending}")
        assert response.status_code == 500
        assert b"%PDF" not in response.data
        assert b"does not match its record" in response.data
    with owned.app.app_context():
        assert db.session.scalar(select(func.count()).select_from(CertificateFile)) == 3


def test_hostile_text_is_shown_as_text(web_app: Flask):
    name = "<script>alert(1)</script> {{7*7}} =cmd()"
    owned = Owned(web_app, name=name)
    for path in (f"/certificates/{owned.code}", f"/verify/{owned.code}"):
        page = owned.client.get(path)
        assert name in page.text
        assert "<script>alert" not in page.body
        assert "{{7*7}}" in page.main  # said as it was typed, not worked out


def test_the_page_costs_the_same_among_many(owned: Owned):
    said: list[str] = []
    with owned.app.app_context():
        engine = db.engine

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith("BEGIN"):
            said.append(statement)

    def cost() -> int:
        said.clear()
        assert owned.client.raw.get(f"/certificates/{owned.code}").status_code == 200
        return len(said)

    event.listen(engine, "before_cursor_execute", note)
    try:
        alone = cost()
        with owned.app.app_context(), transaction() as session:
            module = make_module(session, now=NOW)
            for _ in range(5):
                make_certificate(session, make_person(session, now=NOW), module, now=NOW)
        assert cost() == alone <= 3
    finally:
        event.remove(engine, "before_cursor_execute", note)
