"""Changing a site page: editions, cleaning, sanitising, the record."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from cme.audit.models import AuditEvent
from cme.kernel.refusal import Conflict, Invalid, NotFound
from cme.pages import queries, service
from cme.pages.rules import KEYS, LONGEST_TEXT, Wording, wording
from tests.conftest import NOW
from tests.factories.people import make_person


@pytest.fixture
def admin(session: Session) -> int:
    return make_person(session, now=NOW).id


def change(session: Session, by: int, source: str, *, edition: int, key: str = "terms", title: str = "Terms") -> int:
    return service.change_page(session, key, wording(title, source), edition=edition, by=by, now=NOW)


@pytest.mark.parametrize("key", KEYS)
def test_every_page_has_a_text_that_ships_and_tells_the_operator_to_replace_it(session: Session, key: str) -> None:
    page = queries.page(session, key)
    assert page.shipped
    assert "<h2>" in page.html
    assert "Replace it" in page.source or "Put your organisation" in page.source
    assert len(page.source) < LONGEST_TEXT
    assert "<h1" not in page.html


def test_a_changed_page_shows_its_new_words_and_the_others_stay(session: Session, admin: int) -> None:
    assert change(session, admin, "## Ours\n\nOur **own** words.", edition=0) == 1
    page = queries.page(session, "terms")
    assert (page.title, page.edition, page.changed_at) == ("Terms", 1, NOW)
    assert page.html == "<h2>Ours</h2>\n<p>Our <strong>own</strong> words.</p>\n"
    assert [entry.shipped for entry in queries.pages(session)] == [True, False, True]
    assert change(session, admin, "Again.", edition=1) == 2
    assert queries.page(session, "terms").html == "<p>Again.</p>\n"


@pytest.mark.parametrize(
    ("source", "never"),
    [
        ("<script>alert(1)</script>", "<script"),
        ("[x](javascript:alert(1))", 'javascript:alert(1)"'),
        ('<img src=x onerror="alert(1)">', "<img"),
        ("![x](https://example.org/pixel.gif)", "<img"),
        ("[x](data:text/html;base64,AAAA)", 'href="data:'),
        ("<style>body{display:none}</style>", "<style"),
    ],
)
def test_what_could_run_does_not_come_out_as_html(session: Session, admin: int, source: str, never: str) -> None:
    change(session, admin, source, edition=0)
    assert never not in queries.page(session, "terms").html


def test_of_two_who_change_the_same_edition_only_the_first_is_saved(session: Session, admin: int) -> None:
    change(session, admin, "First.", edition=0)
    with pytest.raises(Conflict):
        change(session, admin, "Second, from the text that ships.", edition=0)
    change(session, admin, "Third.", edition=1)
    for edition in (0, 1, 3, -1):
        with pytest.raises(Conflict):
            change(session, admin, "Late.", edition=edition)
    assert queries.page(session, "terms").source == "Third."


def test_an_edition_that_never_was_is_a_conflict_before_the_first_change_too(session: Session, admin: int) -> None:
    with pytest.raises(Conflict):
        change(session, admin, "Words.", edition=1)


def test_each_change_is_on_record_without_its_words(session: Session, admin: int) -> None:
    change(session, admin, "Our address is 1 Secret Street.", edition=0)
    event = session.scalars(select(AuditEvent).where(AuditEvent.event == "page.changed")).one()
    assert (event.person_id, event.subject, event.subject_id, event.at) == (admin, "page", "terms", NOW)
    assert event.details == {"edition": 1, "characters": 31}


@pytest.mark.parametrize(
    ("title", "source", "field"),
    [("", "Words.", "title"), ("  ", "Words.", "title"), ("T" * 121, "Words.", "title"), ("T", "\n\n", "source"),
     ("T", "x" * (LONGEST_TEXT + 1), "source")],
)  # fmt: skip
def test_a_page_without_title_or_words_or_with_too_many_is_refused(
    session: Session, admin: int, title: str, source: str, field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        change(session, admin, source, edition=0, title=title)
    assert list(caught.value.problems) == [field]
    assert queries.page(session, "terms").shipped


def test_the_longest_that_fits_is_saved(session: Session, admin: int) -> None:
    assert change(session, admin, "x" * LONGEST_TEXT, edition=0, title="T" * 120) == 1


def test_a_page_that_does_not_exist_cannot_be_read_or_changed(session: Session, admin: int) -> None:
    with pytest.raises(NotFound):
        queries.page(session, "../texts/terms")
    with pytest.raises(NotFound):
        change(session, admin, "Words.", edition=0, key="imprint")


def test_invisible_characters_are_cleaned_away() -> None:
    assert wording("A\u202e title\n", "Line\r\nnext\u200b \x07end\r\n") == Wording("A title", "Line\nnext end")
