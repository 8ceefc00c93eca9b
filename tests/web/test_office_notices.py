"""The pages of notices: dry run first, then the letters; what the person sees."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from cme.activities.service import add_minor_revision
from cme.outbox.runner import drain_all
from tests.conftest import NOW
from tests.factories.modules import Module, make_revision
from tests.support import journeys
from tests.support.learning_pages import new_learner, new_module, write
from tests.support.office_pages import signed_in

WORDS = "The dose was 30 mg <script>. Right is 3 mg."


class Text:
    """A corrected text on which one learner was certified before."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.learner, self.person_id = new_learner(app)
        self.module: Module = new_module(app, title="Night cramps")
        self.revision = write(app, self.correct)
        self.address = f"/office/releases/{self.module.release_id}/revisions/{self.revision}/notice"

    def correct(self, session: Session) -> int:
        journeys.earn(session, self.person_id, self.module.release_id, now=NOW - timedelta(hours=2))
        revision = make_revision(session, self.module.article_id, now=NOW, title="Corrected", number=2)
        at = NOW - timedelta(hours=1)
        add_minor_revision(session, self.module.release_id, revision, reason="A dose.", clinical=True, by=None, now=at)
        return revision

    def drain(self) -> None:
        with self.app.app_context():
            drain_all(self.app.extensions["house"].jobs)


@pytest.fixture
def corrected(web_app: Flask) -> Text:
    return Text(web_app)


@pytest.mark.parametrize("role", ["editor", "registrar", "administrator"])
def test_the_dry_run_comes_first_and_the_person_is_told(corrected: Text, role: str) -> None:
    office, _person_id = signed_in(corrected.app, role)
    page = office.get("/office/corrected-texts")
    assert "Clinical" in page.main
    page = office.get(page.link("Tell who was certified before"))
    form = page.form("/notice")
    assert str(form.fields["words"]).strip() == "A dose."
    form["words"] = WORDS
    page = office.send(form)
    assert "What this would do" in page.main
    assert "you completed the module" in page.main
    assert WORDS in page.main
    assert "3 mg" not in corrected.learner.get("/transcript").main  # nothing was sent yet
    page = office.send(page.form("/notice"))
    assert "Under way" in page.main
    corrected.drain()
    page = office.get(office.get("/office/corrected-texts").link("Sent"))
    assert "1 person told" in page.main
    for address in ("/transcript", f"/modules/{corrected.module.slug}"):
        seen = corrected.learner.get(address)
        assert WORDS in seen.main
        assert "<script>. Right" not in seen.body
    other, _ = new_learner(corrected.app)
    assert WORDS not in other.get("/transcript").main + other.get(f"/modules/{corrected.module.slug}").main


def test_a_dry_run_that_no_longer_holds_is_shown_again(corrected: Text) -> None:
    office, _person_id = signed_in(corrected.app, "registrar")
    first = office.send(office.get(corrected.address).form("/notice")).form("/notice")
    first["words"] = "Other words."
    again = office.send(first)
    assert "What this would do" in again.main
    assert "Send the letters now" in again.main


def test_a_form_that_is_not_complete_says_what_is_missing(corrected: Text) -> None:
    office, _person_id = signed_in(corrected.app, "editor")
    form = office.get(corrected.address).form("/notice")
    form["words"] = " "
    page = office.send(form, status=422)
    assert "Say what was wrong and what is right." in page.main


def test_learners_cannot_enter(corrected: Text) -> None:
    for address in ("/office/corrected-texts", corrected.address, "/office/notices/1"):
        corrected.learner.get(address, status=403)


def test_unknown_ones_are_not_found(corrected: Text) -> None:
    office, _person_id = signed_in(corrected.app, "registrar")
    for address in ("/office/releases/1/revisions/999/notice", "/office/notices/999"):
        office.get(address, status=404)
