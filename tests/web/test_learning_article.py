"""The article: who may read, progress reported by the script, the button, figures."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from cme.activities.service import withdraw_release
from cme.articles.models import Figure, Reading
from tests.conftest import NOW
from tests.factories.modules import Module
from tests.support.client import Client
from tests.support.learning_pages import csrf, new_learner, new_module, read, send, statements, write

CLOSES = datetime(2027, 8, 10, 7, tzinfo=UTC)


def reading(app: Flask, person_id: int) -> Reading | None:
    return read(app, lambda session: session.scalar(select(Reading).where(Reading.person_id == person_id)))


def report(client: Client, module: Module, data: dict[str, object], *, token: str | None = None, status: int = 204):
    """As the page's script does it: the token in a header, no page expected."""
    response = client.raw.post(
        f"/modules/{module.slug}/progress", data=data, headers={"X-CSRFToken": token or csrf(client)}
    )
    assert response.status_code == status
    return response


def test_the_article_is_for_account_holders(web_app: Flask, client: Client) -> None:
    module = new_module(web_app)
    page = client.get(f"/modules/{module.slug}/article")
    assert "/sign-in" in page.response.request.path
    assert page.response.request.args["next"] == f"/modules/{module.slug}/article"
    assert "Words about two." not in page.body


def test_the_article_shows_text_contents_references_and_the_rail(web_app: Flask) -> None:
    module = new_module(web_app)
    client, _ = new_learner(web_app)
    page = client.get(f"/modules/{module.slug}/article")
    assert "Words about one." in page.main
    assert "Words about two." in page.main
    assert [a.get("href") for a in page.css("nav[aria-label=Contents] a")] == ["#s-one", "#s-two", "#references"]
    assert page.css("#references")
    assert page.css("ol.references li#ref-one2020")
    assert "Your credit" in page.text
    assert page.css("[data-progress-url]")[0].get("data-progress-url") == f"/modules/{module.slug}/progress"


def test_reading_without_a_start_is_allowed_and_says_how_to_get_credit(web_app: Flask) -> None:
    module = new_module(web_app)
    client, _ = new_learner(web_app)
    page = client.get(f"/modules/{module.slug}/article")
    assert "Reading without credit so far" in page.text
    send(client, f"/modules/{module.slug}/start", {})
    assert "Reading without credit so far" not in client.get(f"/modules/{module.slug}/article").text


@pytest.mark.parametrize("state", ["closed", "withdrawn"])
def test_reading_stays_possible_after_the_end(web_app: Flask, clock: time_machine.Traveller, state: str) -> None:
    clock.move_to(CLOSES if state == "closed" else NOW)
    module = new_module(web_app)
    client, person_id = new_learner(web_app)
    if state == "withdrawn":
        write(web_app, lambda session: withdraw_release(session, module.release_id, "Unsafe.", by=None, now=NOW))
    page = client.get(f"/modules/{module.slug}/article")
    assert "Words about two." in page.main
    said = {"closed": "stopped awarding credit at the end of 9 August 2027", "withdrawn": "was withdrawn"}
    assert said[state] in page.text
    report(client, module, {"section": ["s-one"], "active_seconds": "20"})
    found = reading(web_app, person_id)
    assert found is not None
    assert found.sections == ["s-one"]


def test_the_script_reports_sections_place_and_seconds_until_all_is_read(
    app: Flask, clock: time_machine.Traveller
) -> None:
    module = new_module(app)
    client, person_id = new_learner(app)
    send(client, f"/modules/{module.slug}/start", {})
    report(client, module, {"section": ["s-one"], "position": "p-one", "active_seconds": "40"})
    found = reading(app, person_id)
    assert found is not None
    assert (found.sections, found.position, found.active_seconds, found.read_at) == (["s-one"], "p-one", 40, None)
    page = client.get(f"/modules/{module.slug}/article")
    assert page.css("[data-resume]")[0].get("data-resume") == "#p-one"
    assert page.link("Resume where you stopped") == "#p-one"
    assert "1 of 2 sections" in page.text
    clock.shift(timedelta(minutes=2))
    report(client, module, {"section": ["s-one", "s-two"], "position": "p-two", "active_seconds": "30"})
    found = reading(app, person_id)
    assert found is not None
    assert (found.sections, found.position, found.active_seconds) == (["s-one", "s-two"], "p-two", 70)
    assert (found.read_at, found.read_how) == (NOW + timedelta(minutes=2), "sections")


REPORTS = {
    "nothing": ({}, 0),
    "unknown sections": ({"section": ["s-none", "", "references", "<b>"]}, 0),
    "NUL": ({"section": ["s-one\0"], "position": "p-one\0x"}, 0),
    "negative seconds": ({"active_seconds": "-100"}, 0),
    "a day in one report": ({"active_seconds": "86400"}, 60),
    "a number without end": ({"active_seconds": "9" * 5000}, 0),
    "a large number": ({"active_seconds": "9" * 30}, 60),
    "no number": ({"active_seconds": "NaN"}, 0),
    "unknown place": ({"position": "p-none"}, 0),
    "long place": ({"position": "p" * 5000}, 0),
    "many sections": ({"section": ["s-none"] * 450}, 0),
}


@pytest.mark.parametrize(("data", "seconds"), REPORTS.values(), ids=REPORTS.keys())
def test_whatever_a_script_reports_nothing_is_invented(app: Flask, data: dict[str, object], seconds: int) -> None:
    module = new_module(app)
    client, person_id = new_learner(app)
    report(client, module, data)
    found = reading(app, person_id)
    assert found is not None
    assert (found.sections, found.position, found.read_at) == ([], None, None)
    assert found.active_seconds == seconds


@pytest.mark.parametrize("extra", [{"read_at": "2020-01-01"}, {"now": "0"}, {"zone": "Pacific/Kiritimati"}], ids=str)
def test_a_report_cannot_choose_its_own_time(web_app: Flask, extra: dict[str, str]) -> None:
    module = new_module(web_app)
    client, person_id = new_learner(web_app)
    report(client, module, {"section": ["s-one", "s-two"], **extra})
    found = reading(web_app, person_id)
    assert found is not None
    assert (found.started_at, found.seen_at, found.read_at) == (NOW, NOW, NOW)


def test_a_report_needs_a_token_and_a_sign_in(web_app: Flask, client: Client) -> None:
    module = new_module(web_app)
    learner, _ = new_learner(web_app)
    report(learner, module, {"section": ["s-one"]}, token="x", status=400)
    token = str(client.get("/sign-in").form("/sign-in").fields["csrf_token"])
    response = client.raw.post(
        f"/modules/{module.slug}/progress",
        data={"section": ["s-one"]},
        headers={"X-CSRFToken": token, "Accept": "application/json"},
    )
    assert response.status_code == 401
    assert read(web_app, lambda session: session.scalar(select(func.count()).select_from(Reading))) == 0


def test_the_button_records_the_reading_and_begins_the_quiz_with_one_click(web_app: Flask) -> None:
    module = new_module(web_app)
    client, person_id = new_learner(web_app)
    form = client.get(f"/modules/{module.slug}/article").form("/read")
    page = client.send(form, button=("go", "next"))
    assert page.response.request.path.startswith("/attempts/")
    found = reading(web_app, person_id)
    assert found is not None
    assert (found.read_at, found.read_how) == (NOW, "button")


def test_the_first_reading_counts(web_app: Flask, clock: time_machine.Traveller) -> None:
    module = new_module(web_app)
    client, person_id = new_learner(web_app)
    send(client, f"/modules/{module.slug}/read", {})
    clock.shift(timedelta(hours=1))
    send(client, f"/modules/{module.slug}/read", {})
    found = reading(web_app, person_id)
    assert found is not None
    assert found.read_at == NOW
    assert "You have read this article" in client.get(f"/modules/{module.slug}/article").main


def test_a_withdrawn_module_takes_no_start_of_its_quiz(web_app: Flask) -> None:
    module = new_module(web_app)
    client, _ = new_learner(web_app)
    write(web_app, lambda session: withdraw_release(session, module.release_id, "Unsafe.", by=None, now=NOW))
    page = client.get(f"/modules/{module.slug}/article")
    assert not [form for form in page.tree.forms if (form.get("action") or "").endswith("/read")]
    assert "was withdrawn" in page.main


@pytest.mark.parametrize("what", ["article", "read", "progress", "claim", "start"])
def test_every_door_of_an_unknown_module_is_the_same_404(app: Flask, what: str) -> None:
    client, _ = new_learner(app)
    for slug in ("no-such", "%00"):
        if what in {"article", "claim"}:
            client.get(f"/modules/{slug}/{what}", status=404)
        if what != "article":
            send(client, f"/modules/{slug}/{what}", {"amount": "1.00"}, status=404)


def test_an_article_takes_few_statements(web_app: Flask) -> None:
    module = new_module(web_app)
    client, _ = new_learner(web_app)
    client.get(f"/modules/{module.slug}/article")
    with statements(web_app) as sent:
        client.get(f"/modules/{module.slug}/article")
    assert len(sent) <= 6


@pytest.fixture
def illustrated(app: Flask) -> Module:
    module = new_module(app)
    write(
        app,
        lambda session: session.add(
            Figure(
                revision_id=module.revision_id,
                key="stretch",
                number=1,
                title="The stretch",
                alt="A person leans against a wall.",
                caption_html="Lean <em>forward</em>.",
                description_html="<p>In words.</p>",
                svg='<svg xmlns="http://www.w3.org/2000/svg"><circle r="1"/></svg>',
                digest="cd" * 32,
            )
        ),
    )
    return module


def test_a_figure_has_a_page_with_its_long_description(illustrated: Module, both_client: Client) -> None:
    page = both_client.get(f"/modules/{illustrated.slug}/figures/stretch")
    assert page.h1 == "Figure 1. The stretch"
    assert "In words." in page.main
    (image,) = page.css("main img")
    assert image.get("alt") == "A person leans against a wall."
    assert image.get("src") == f"/modules/{illustrated.slug}/figures/stretch.svg"


def test_a_picture_is_served_so_that_nothing_in_it_can_run(illustrated: Module, both_client: Client) -> None:
    address = f"/modules/{illustrated.slug}/figures/stretch.svg"
    response = both_client.raw.get(address)
    assert response.status_code == 200
    assert response.mimetype == "image/svg+xml"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    again = both_client.raw.get(address, headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304
    assert again.get_data() == b""


@pytest.mark.parametrize("key", ["no-such", "%00", "stretch%00", "..%2Fstretch"])
@pytest.mark.parametrize("ending", ["", ".svg"])
def test_an_unknown_figure_is_not_found(illustrated: Module, both_client: Client, key: str, ending: str) -> None:
    both_client.get(f"/modules/{illustrated.slug}/figures/{key}{ending}", status=404)
