"""The catalogue: search, filter, order, pages, and addresses that nobody meant."""

from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import update

from cme.activities.models import Activity
from cme.activities.search import search_text
from cme.activities.service import withdraw_release
from tests.conftest import NOW
from tests.support.client import Client
from tests.support.learning_pages import new_learner, new_module, statements, write


def named(app: Flask, title: str, summary: str = "", specialties: tuple[str, ...] = ("Neurology",), **changes: object):
    """A module under this title that the search knows."""
    module = new_module(app, title=title, **changes)
    write(
        app,
        lambda session: session.execute(
            update(Activity)
            .where(Activity.id == module.activity_id)
            .values(
                summary=summary,
                specialties=list(specialties),
                search_text=search_text(title, summary, specialties, ()),
            )
        ),
    )
    return module


def titles(page) -> list[str]:
    return [" ".join("".join(found.itertext()).split()) for found in page.css("#modules h2.card-title")]


def test_an_empty_catalogue_says_so(client: Client) -> None:
    page = client.get("/")
    assert page.h1 == "Modules"
    assert "No module found" in page.main


def test_a_module_is_listed_with_what_one_chooses_by(web_app: Flask, client: Client) -> None:
    module = named(web_app, "Leg cramps", "Why legs hurt at night.", maximum_quarters=3)
    page = client.get("/")
    assert titles(page) == ["Leg cramps"]
    for words in ("Why legs hurt at night.", "45 minutes", "Up to 0.75 credits", "Expires for CME 9 August 2027"):
        assert words in page.main
    assert page.link("Leg cramps") == f"/modules/{module.slug}"
    assert client.get(page.link("Leg cramps")).h1 == "Leg cramps"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Léve-toi", "Cramps"]),
        ("cramps", ["Cramps"]),
        ("CRAMPS   legs", ["Cramps"]),
        ("leve", ["Léve-toi"]),
        ("cramps leve", []),
        ("%", []),
        ("_", []),
        ("\\", []),
        ("'; DROP TABLE people; --", []),
        ("nothing-like-this", []),
        ("\0", ["Léve-toi", "Cramps"]),
        ("cramps\0", ["Cramps"]),
        ("x" * 5000, []),
        ("\ud7ff\U0010ffff", ["Léve-toi", "Cramps"]),
    ],
    ids=[
        "nothing",
        "word",
        "two words, upper case",
        "accent",
        "words of different modules",
        "percent",
        "underscore",
        "backslash",
        "quote",
        "no such",
        "NUL",
        "word and NUL",
        "long",
        "unassigned",
    ],
)
def test_a_search_needs_every_word_and_takes_nothing_as_a_pattern(
    both_client: Client, app: Flask, query: str, found: list[str]
) -> None:
    named(app, "Cramps", "Of legs.", opens_on=date(2024, 8, 9))
    named(app, "Léve-toi", "Getting up.", opens_on=date(2025, 8, 9), expires_on=date(2028, 8, 9))
    page = both_client.get(f"/?q={quote(query)}")
    assert titles(page) == found


def test_what_was_searched_for_stays_in_the_field_as_text(web_app: Flask, client: Client) -> None:
    named(web_app, "Cramps")
    page = client.get("/?q=" + quote('"><script>alert(1)</script>{{7*7}}'))
    assert page.css("#q")[0].get("value") == '"><script>alert(1)</script>{{7*7}}'
    assert "No module found" in page.main


@pytest.mark.parametrize(
    ("specialty", "found"),
    [("Sleep Medicine", ["Both", "Sleep only"]), ("Neurology", ["Both"]), ("Sleep", []), ("\0", None), ("", None)],
    ids=["of two", "of one", "a part of a name", "NUL", "empty"],
)
def test_a_specialty_is_matched_whole(both_client: Client, app: Flask, specialty: str, found: list[str] | None) -> None:
    named(app, "Both", specialties=("Neurology", "Sleep Medicine"))
    named(app, "Sleep only", specialties=("Sleep Medicine",))
    page = both_client.get(f"/?specialty={quote(specialty)}")
    assert titles(page) == (found if found is not None else ["Both", "Sleep only"])
    offered = [option.text for option in page.css("#specialty option")]
    assert offered == ["All specialties", "Neurology", "Sleep Medicine"]


def test_search_and_filter_are_an_ordinary_form(web_app: Flask, client: Client) -> None:
    named(web_app, "Cramps")
    named(web_app, "Sleep")
    form = client.get("/").form("/")
    form["q"] = "cramps"
    assert titles(client.send(form)) == ["Cramps"]


def test_what_gives_credit_now_comes_first_and_the_rest_says_why_not(web_app: Flask, client: Client) -> None:
    named(web_app, "Ended", opens_on=date(2023, 1, 1), expires_on=date(2025, 12, 31))
    named(web_app, "Grace", opens_on=date(2023, 11, 20), expires_on=date(2026, 11, 20), grace_days=30)
    named(web_app, "Coming", opens_on=date(2027, 1, 1), expires_on=date(2029, 12, 31))
    withdrawn = named(web_app, "Withdrawn")
    write(web_app, lambda session: withdraw_release(session, withdrawn.release_id, "Unsafe.", by=None, now=NOW))
    named(web_app, "Open", opens_on=date(2024, 1, 1), expires_on=date(2026, 12, 31))
    page = client.get("/")
    assert titles(page)[0] == "Open"
    assert set(titles(page)) == {"Open", "Ended", "Grace", "Coming", "Withdrawn"}
    assert "No longer for credit; the self-test stays open." in page.main
    assert "Withdrawn: no credit." in page.main
    assert "Credit opens on 1 January 2027, 12:00 am Los Angeles time." in page.main


def test_the_last_day_is_open_until_local_midnight(web_app: Flask, client: Client, clock) -> None:
    named(web_app, "Cramps")
    closes_at = datetime(2027, 8, 10, 7, tzinfo=UTC)
    clock.move_to(closes_at - timedelta(seconds=1))
    assert "No longer for credit" not in client.get("/").main
    clock.move_to(closes_at)
    assert "No longer for credit" in client.get("/").main


def test_a_draft_release_is_not_listed_and_not_reachable(web_app: Flask, client: Client) -> None:
    module = new_module(web_app, state="draft", published_at=None)
    assert titles(client.get("/")) == []
    client.get(f"/modules/{module.slug}", status=404)


def test_long_catalogues_come_in_pages(web_app: Flask, client: Client) -> None:
    for number in range(25):
        named(web_app, f"Module {number:02}")
    first = client.get("/")
    assert len(titles(first)) == 24
    second = client.get(first.link("Next"))
    assert len(titles(second)) == 1
    assert set(titles(first)).isdisjoint(titles(second))
    assert client.get(second.link("Previous")).response.request.args["page"] == "1"


@pytest.mark.parametrize("page", ["-1", "0", "abc", "", "1.5", "99999999999999999999999999", "٣", "1&page=2"])
def test_any_page_number_gives_a_page(both_client: Client, app: Flask, page: str) -> None:
    named(app, "Cramps")
    assert both_client.get(f"/?page={page}").h1 == "Modules"


def test_the_number_of_statements_does_not_grow_with_the_catalogue(web_app: Flask) -> None:
    client, _ = new_learner(web_app)
    named(web_app, "Cramps")
    client.get("/")
    with statements(web_app) as few:
        client.get("/")
    for number in range(10):
        named(web_app, f"Module {number}", specialties=(f"Specialty {number}",))
    with statements(web_app) as many:
        client.get("/")
    assert len(many) == len(few) <= 4
