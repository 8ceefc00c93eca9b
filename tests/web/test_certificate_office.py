"""The office's pages and the owner's correction, clicked through as a person would, without script."""

import csv
import io
import json
import zipfile
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import event

from certificates import bulk_jobs, jobs, life, packs, queries
from cme.outbox.runner import drain_all
from cme.store.database import db
from cme.store.session import transaction
from tests.conftest import NOW
from tests.factories.issued import Issued, correct, issue, revoke, staff
from tests.factories.people import PASSWORD
from tests.support.client import Client


@pytest.fixture
def issued(web_app: Flask) -> Issued:
    return issue(web_app)


def browser(app: Flask, *roles: str) -> Client:
    client = Client(app)
    client.sign_in(staff(app, *roles)[1], PASSWORD)
    return client


def owner_of(issued: Issued) -> Client:
    client = Client(issued.app)
    client.sign_in(issued.email, PASSWORD)
    return client


def test_a_learner_asks_and_the_office_approves(web_app: Flask, issued: Issued):
    owner, office, board = owner_of(issued), browser(web_app, "registrar"), Client(web_app)
    page = owner.get(f"/certificates/{issued.code}")
    form = owner.get(page.link("Ask for a correction")).form("/correction")
    assert (form.fields["name"], form.fields["amount"]) == ("Jane Doe", "0.75")
    form["name"], form["reason"] = "Jane Roe", "I married."
    page = owner.send(form)
    assert "A correction is with the office" in page.main
    assert "Ask for a correction" not in page.main
    waiting = office.get("/office/certificates/proposals")
    page = office.get(waiting.link(f"Correction of {issued.number}"))
    assert "I married." in page.main
    assert "Jane Doe" in page.main
    page = office.send(page.form("/confirm"))
    assert page.h1 == f"Certificate {issued.number}, revision 2"
    assert "Jane Roe, MD" in page.main
    assert "Corrected: name." in page.main
    old = board.get(f"/verify/{issued.code}")
    assert old.h1 == f"Replaced demonstration certificate {issued.number}"
    assert "I married" not in old.body
    new = board.get(old.link("See the certificate that replaced it"))
    assert new.h1 == f"Valid demonstration certificate {issued.number}"
    assert "Jane Roe, MD" in new.main
    mine = owner.get(f"/certificates/{issued.code}")
    with web_app.app_context():
        drain_all(web_app.extensions["house"].jobs)
    page = owner.get(mine.link("Go to the current certificate"))
    assert "revision 2" in page.main
    assert owner.raw.get(f"/certificates/{issued.code}.pdf").data == issued.file()
    letters = sorted((web_app.extensions["settings"].instance / "mail").glob("*.txt"))
    assert any("corrected certificate" in path.read_text() for path in letters)


def letters_of(app: Flask) -> list[str]:
    with app.app_context():
        drain_all(app.extensions["house"].jobs)
    return [path.read_text() for path in sorted((app.extensions["settings"].instance / "mail").glob("*.txt"))]


def test_issued_again_with_the_same_facts_is_not_called_corrected(web_app: Flask, issued: Issued):
    """Nothing was wrong with it: neither a board nor the owner shall think so."""
    assert "Your certificate is ready" in letters_of(web_app)[0]
    registrar, _ = staff(web_app, "registrar")
    with web_app.app_context(), transaction() as session:
        fresh = life.replace_certificate(session, issued.id, {}, reason="A new key.", by=registrar, now=NOW).code
    for path in web_app.extensions["settings"].instance.glob("mail/*.txt"):
        path.unlink()
    (letter,) = letters_of(web_app)
    assert "Your new certificate is ready" in letter
    assert "was issued again with the same facts" in letter
    assert f"/verify/{fresh}" in letter
    for page in (Client(web_app).get(f"/verify/{issued.code}"), owner_of(issued).get(f"/certificates/{issued.code}")):
        assert "A new certificate has" in page.main
        assert "issued again with the same facts" in page.main
        assert "corrected" not in f"{letter} {page.main}".lower()


@pytest.mark.parametrize("what", ["revoked", "replaced"])
def test_nobody_is_told_that_a_certificate_is_ready_which_has_fallen_meanwhile(web_app: Flask, what: str):
    issued = issue(web_app, made=False)
    if what == "revoked":
        revoke(issued)
    else:
        correct(issued, name="Jane Roe")
    told = [letter for letter in letters_of(web_app) if f"/certificates/{issued.code}" in letter]
    assert [letter for letter in told if "is ready" in letter] == []
    assert len(told) == (1 if what == "revoked" else 0)


def test_only_credit_that_stands_is_to_be_reported(web_app: Flask):
    """Nobody is told to report what was revoked, and who took part is not told that it was credit."""
    report, expires = "report the credit to your board", "Earned credit does not expire"
    credit = issue(web_app, mode="accredited")
    page = owner_of(credit).get(f"/certificates/{credit.code}")
    assert report in page.main
    assert expires in page.main
    part = issue(web_app, mode="accredited", kind="participation")
    page = owner_of(part).get(f"/certificates/{part.code}")
    assert report not in page.main
    assert "It shows that you took part" in page.main
    revoke(credit)
    for page in (owner_of(credit).get(f"/certificates/{credit.code}"), Client(web_app).get(f"/verify/{credit.code}")):
        assert "revoked" in page.main
        assert report not in page.main
        assert expires not in page.main


@pytest.mark.parametrize("corrected", [False, True], ids=["as issued", "corrected before"])
def test_a_transcript_lists_what_was_revoked_and_does_not_count_it(web_app: Flask, corrected: bool):
    """On the page, in the table for spreadsheets and in the document alike."""
    issued = issue(web_app, mode="accredited", name="José Núñez")
    owner = owner_of(issued)
    assert [cell.text_content() for cell in owner.get("/transcript").css("tfoot .number")] == ["0.75"]
    if corrected:
        code = correct(issued, amount_quarters=2)
        with web_app.app_context():
            current = queries.by_code(db.session(), code)
        assert current is not None
        issued = replace(issued, code=code, id=current.certificate_id)
    revoke(issued)
    page = owner.get("/transcript")
    assert [cell.text_content() for cell in page.css("tfoot .number")] == ["0.00"]
    assert "Revoked, not counted" in page.main
    (row,) = csv.DictReader(io.StringIO(owner.raw.get("/transcript.csv").get_data().decode("utf-8-sig")))
    assert row["Standing"] == "revoked"


def test_bad_input_is_kept_and_explained(issued: Issued):
    owner = owner_of(issued)
    form = owner.get(f"/certificates/{issued.code}/correction").form("/correction")
    form["name"], form["reason"] = "J", ""
    page = owner.send(form, status=422)
    assert page.form("/correction").fields["name"] == "J"
    assert "at least two characters" in page.main
    assert "Give a reason" in page.main


def test_a_request_can_be_taken_back(issued: Issued):
    owner = owner_of(issued)
    form = owner.get(f"/certificates/{issued.code}/correction").form("/correction")
    form["name"], form["reason"] = "Jane Roe", "I married."
    page = owner.send(form)
    page = owner.send(page.form("/withdraw"))
    assert "taken back" in page.text
    assert owner.get(f"/certificates/{issued.code}/correction").form("/correction")


def test_a_correction_of_somebody_else_is_not_found(web_app: Flask, issued: Issued):
    other = browser(web_app, "administrator")
    assert other.raw.get(f"/certificates/{issued.code}/correction").status_code == 404


def test_declining_takes_an_answer_which_the_owner_gets(web_app: Flask, issued: Issued):
    owner, office = owner_of(issued), browser(web_app, "registrar")
    form = owner.get(f"/certificates/{issued.code}/correction").form("/correction")
    form["name"], form["reason"] = "Jane Roe", "I married."
    owner.send(form)
    page = office.get(office.get("/office/certificates/proposals").link("Correction"))
    decline = page.form("/decline")
    decline["answer"] = ""
    decline = office.send(decline, status=422).form("/decline")
    decline["answer"] = "Please send a document."
    assert "declined" in office.send(decline).text
    with web_app.app_context():
        drain_all(web_app.extensions["house"].jobs)
    letters = (web_app.extensions["settings"].instance / "mail").glob("*declined*.txt")
    assert ["Please send a document." in path.read_text() for path in letters] == [True]
    assert "valid" in Client(web_app).get(f"/verify/{issued.code}").main


def test_two_administrators_revoke(web_app: Flask, issued: Issued):
    first, second, registrar = (browser(web_app, role) for role in ("administrator", "administrator", "registrar"))
    address = f"/office/certificates/{issued.id}"
    assert "Propose a revocation" not in registrar.get(address).main
    form = first.get(address).form("/revocation")
    form["reason"] = "The list of participants says so."
    form["ground"] = "identity"
    page = first.send(form)
    assert "somebody else must decide it" in page.main
    proposal = page.response.request.path
    assert "This takes an administrator" in registrar.get(proposal).main
    token = {"csrf_token": page.form("/withdraw").fields["csrf_token"]}
    assert first.raw.post(f"{proposal}/confirm", data=token).status_code == 409
    assert Client(web_app).get(f"/verify/{issued.code}").h1.startswith("Valid")
    page = second.send(second.get(proposal).form("/confirm"))
    assert "Confirmed" in page.main
    seen = Client(web_app).get(f"/verify/{issued.code}")
    assert seen.h1.startswith("Revoked")
    assert "The person named on it did not take part." in seen.main
    assert "list of participants" not in seen.body
    assert "list of participants" in registrar.get(address).main
    assert "Revoked" in owner_of(issued).get(f"/certificates/{issued.code}").main


def test_the_list_is_filtered_and_paged(web_app: Flask, issued: Issued):
    other = issue(web_app, name="Zoë Ray", made=False, kind="participation")
    correct(issued, name="Jane Roe")
    office = browser(web_app, "registrar")
    page = office.get("/office/certificates")
    assert (page.main.count(issued.number), page.main.count(other.number)) == (2, 1)
    for query, found in (
        ("person=zo%C3%AB", [other.number]),
        (f"person={issued.code}", [issued.number]),
        ("outcome=replaced", [issued.number]),
        ("kind=participation", [other.number]),
        (f"module={other.slug}", [other.number]),
        ("outcome=revoked", []),
    ):
        main = office.get(f"/office/certificates?{query}").main
        assert [number for number in (issued.number, other.number) if number in main] == found, query
    assert office.get("/office/certificates?since=nonsense", status=422)


def test_an_archive_is_asked_for_watched_and_taken(web_app: Flask, issued: Issued):
    issue(web_app, name="Zoë Ray", made=False)
    office = browser(web_app, "registrar")
    form = office.get(f"/office/certificates?module={issued.slug}").form("/packs")
    assert form.fields["module"] == issued.slug
    page = office.send(form)
    assert page.h1 == "Archive of 1 certificate"
    assert "0 of 1 are ready" in page.main
    here = page.link("Look again")
    assert office.raw.get(f"{here}.zip").status_code == 409
    with web_app.app_context():
        drain_all({packs.WORK: bulk_jobs.work})
    page = office.get(here)
    answer = office.raw.get(page.link("Download the archive"))
    assert answer.mimetype == "application/zip"
    assert "CME-certificates_2026-11-23" in answer.headers["Content-Disposition"]
    found = zipfile.ZipFile(io.BytesIO(answer.data))
    (line,) = json.loads(found.read("manifest.json"))["certificates"]
    assert found.read(line["file"]) == issued.file()
    assert "Ready" in office.get("/office/certificates/packs").main
    assert office.raw.get("/office/certificates/packs/nonsense").status_code == 404


def test_an_archive_of_nothing_is_refused_in_words(web_app: Flask, issued: Issued):
    office = browser(web_app, "registrar")
    form = office.get("/office/certificates").form("/packs")
    data = {**form.fields, "person": "nobody of that name"}
    response = office.raw.post(form.action, data=data)
    assert response.status_code == 422
    assert b"No certificate fits this choice" in response.data


def test_linkedin_is_offered_for_accredited_credit_only(web_app: Flask, issued: Issued):
    assert "LinkedIn" not in owner_of(issued).get(f"/certificates/{issued.code}").main
    real = issue(web_app, mode="accredited")
    page = owner_of(real).get(f"/certificates/{real.code}")
    address = urlsplit(page.link("Add to LinkedIn"))
    assert (address.scheme, address.hostname) == ("https", "www.linkedin.com")
    fields = parse_qs(address.query)
    assert fields["certUrl"] == [f"http://localhost/verify/{real.code}"]
    assert (fields["certId"], fields["issueYear"], fields["issueMonth"]) == ([real.number], ["2026"], ["11"])
    assert not any("expiration" in name for name in fields)


def test_the_office_pages_cost_the_same_among_many(web_app: Flask, issued: Issued):
    office = browser(web_app, "registrar")
    said: list[str] = []
    with web_app.app_context():
        engine = db.engine

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith("BEGIN"):
            said.append(statement)

    def cost(path: str) -> int:
        said.clear()
        assert office.raw.get(path).status_code == 200
        return len(said)

    paths = ("/office/certificates", f"/office/certificates/{issued.id}", "/office/certificates/proposals")
    event.listen(engine, "before_cursor_execute", note)
    try:
        alone = [cost(path) for path in paths]
        for _ in range(3):
            correct(issue(web_app, made=False), name="Jane Roe")
        assert [cost(path) for path in paths] == alone
        assert max(alone) <= 6
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_a_certificate_outlives_name_release_provider_and_account(web_app: Flask, issued: Issued):
    """Byte for byte: whatever becomes of the learner, the module and the design's owner afterwards."""
    from sqlalchemy import select

    from cme.activities.models import Activity, Provider, Release
    from cme.activities.service import withdraw_release
    from cme.people.models import Person
    from cme.store.session import transaction
    from tests.conftest import NOW

    before, said = issued.file(), Client(web_app).raw.get(f"/api/v1/certificates/{issued.code}").json
    registrar, _ = staff(web_app, "registrar")
    with web_app.app_context(), transaction() as session:
        person = session.scalars(select(Person).where(Person.email == issued.email)).one()
        person.name, person.credentials, person.closed_at = "Somebody Else", "DO", NOW
        session.scalars(select(Activity).where(Activity.slug == issued.slug)).one().title = "Another title"
        session.scalars(select(Provider)).first().name = "Another provider"
        release = session.scalars(select(Release)).one()
        withdraw_release(session, release.id, "A safety alert.", by=registrar, now=NOW)
    with web_app.app_context():
        jobs.render(issued.id)
    assert issued.file() == before
    assert Client(web_app).raw.get(f"/api/v1/certificates/{issued.code}").json == said
    page = Client(web_app).get(f"/verify/{issued.code}")
    assert page.h1.startswith("Valid")
    assert "Jane Doe, MD" in page.main
