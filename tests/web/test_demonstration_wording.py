"""What a demonstration gives names no accredited credit: on no page, in no file, no letter, no record."""

import re
import subprocess
from base64 import urlsafe_b64decode

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from certificates import jobs
from certificates.models import Certificate
from cme.outbox.models import OutboxWork
from cme.people.models import Person
from tests.conftest import NOW
from tests.factories.people import PASSWORD, make_person
from tests.support import journeys
from tests.support.client import Client
from tests.support.learning_pages import new_module, read, write

ACCREDITED = re.compile(r"\bAMA\b|\bPRA\b|ama-pra|Category 1", re.IGNORECASE)


def clean(where: str, text: str) -> None:
    assert text.strip(), where
    assert not ACCREDITED.search(text), f"{where}: {ACCREDITED.search(text)}"


def test_a_demonstration_names_accredited_credit_nowhere(web_app: Flask) -> None:
    """The module offers the physicians' own type, as the shipped one does."""
    module = new_module(web_app)
    roles = ("registrar", "administrator")
    person = write(web_app, lambda session: make_person(session, now=NOW, roles=roles, name="Ann Lee").email)

    def earn(session: Session) -> None:
        person_id = session.scalars(select(Person.id).where(Person.email == person)).one()
        journeys.earn(session, person_id, module.release_id, now=NOW)

    client = Client(web_app)
    client.sign_in(person, PASSWORD)
    slug = module.slug
    for page in (
        "/",
        f"/modules/{slug}",
        f"/modules/{slug}/article",
        f"/modules/{slug}/quiz",
        f"/modules/{slug}/claim",
    ):
        clean(page, client.get(page).body)
    write(web_app, earn)
    certificate, code = read(web_app, lambda session: session.execute(select(Certificate.id, Certificate.code)).one())
    with web_app.app_context():
        jobs.render(certificate)
    for page in (
        f"/certificates/{code}", f"/verify/{code}", f"/api/v1/certificates/{code}", "/transcript", "/transcript.csv",
        f"/modules/{slug}", "/office/credits", "/office/credits.csv", "/office/decisions", "/office/completions.csv",
        "/office/decisions/1", f"/office/releases/{module.release_id}", "/office/certificates",
        f"/office/certificates/{certificate}",
    ):  # fmt: skip
        response = client.raw.get(page)
        assert response.status_code == 200, page
        clean(page, response.get_data(as_text=True))
    for address in (f"/certificates/{code}.pdf", "/transcript.pdf"):
        body = client.raw.get(address).get_data()
        done = subprocess.run(["pdftotext", "-", "-"], input=body, capture_output=True, check=True)
        clean(address, done.stdout.decode())
        clean(address, re.sub(rb"[^\x20-\x7e]+", b" ", body[:2000]).decode())
    token = client.raw.get(f"/certificates/{code}.jwt").get_data(as_text=True)
    claims = token.split(".")[1]
    clean("credential", urlsafe_b64decode(claims + "=" * (-len(claims) % 4)).decode())
    form = client.get("/account/data").form("/data")
    answer = client.raw.post("/account/data", data={**form.fields, "present": PASSWORD})
    assert answer.mimetype == "application/json"
    clean("own data", answer.get_data(as_text=True))
    letters = read(web_app, lambda session: [str(work.payload) for work in session.scalars(select(OutboxWork))])
    clean("letters", " ".join(letters))
