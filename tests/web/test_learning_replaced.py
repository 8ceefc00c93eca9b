"""A correction or a new release comes while somebody has a page of the old one open, or is halfway through it."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from cme.activities.models import FrontMatterView, MinorRevision
from cme.articles.models import ArticleRevision, Figure, Reading
from cme.credits.models import Credit
from quizzes.models.attempt import Attempt
from tests.conftest import NOW
from tests.factories.modules import Module, make_revision
from tests.support import journeys
from tests.support.client import Client, Page
from tests.support.learning_pages import COMPLETE, csrf, new_learner, new_module, read, send, statements, write

NEW_DAY = date(2026, 11, 22)


@pytest.fixture
def module(web_app: Flask) -> Module:
    return new_module(web_app)


@pytest.fixture
def learner(web_app: Flask) -> tuple[Client, int]:
    return new_learner(web_app)


def rows(app: Flask, column: Any, person_id: int, table: Any) -> list[Any]:
    return read(app, lambda session: list(session.scalars(select(column).where(table.person_id == person_id))))


def renew(app: Flask, module: Module, **changes: Any) -> int:
    """A second release with another text; it is the current one."""
    return write(app, lambda session: journeys.successor(session, module, now=NOW, opens_on=NEW_DAY, **changes))


def correct_text(app: Flask, module: Module) -> int:
    """A minor revision, shown from now on."""

    def work(session: Session) -> int:
        number = make_revision(session, module.article_id, now=NOW, title="Corrected", number=2)
        session.add(
            MinorRevision(release_id=module.release_id, revision_id=number, added_at=NOW, added_by=None, reason="Dose.")
        )
        return number

    return write(app, work)


def pass_quiz(app: Flask, person_id: int, module: Module) -> None:
    write(app, lambda session: journeys.pass_quiz(session, person_id, module.release_id, now=NOW))


def start(app: Flask, person_id: int, module: Module) -> None:
    write(app, lambda session: journeys.start(session, person_id, module.release_id, now=NOW))


def test_start_records_the_front_matter_that_the_page_showed(
    web_app: Flask, module: Module, learner: tuple[Client, int]
) -> None:
    client, person_id = learner
    form = client.get(f"/modules/{module.slug}").form("/start")
    later = renew(web_app, module, front_matter_digest="1" * 64)
    page = client.send(form)
    assert "The objectives and disclosures were renewed while you read them" in page.text
    assert rows(web_app, FrontMatterView.release_id, person_id, FrontMatterView) == []
    client.send(page.form("/start"))
    assert rows(web_app, FrontMatterView.release_id, person_id, FrontMatterView) == [later]


def by_button(client: Client, page: Page, module: Module) -> None:
    client.send(page.form("/read"), status=303, follow=False)


def by_sections(client: Client, page: Page, module: Module) -> None:
    (layout,) = page.css("[data-progress-url]")
    data = {"section": ["s-one", "s-two"], "revision": layout.get("data-revision"), "csrf_token": csrf(client)}
    assert client.raw.post(layout.get("data-progress-url"), data=data).status_code == 204


@pytest.mark.parametrize("finish", [by_button, by_sections])
def test_what_counts_as_read_is_the_text_that_was_open(
    web_app: Flask, module: Module, learner: tuple[Client, int], finish: Callable[[Client, Page, Module], None]
) -> None:
    """Else the letter about a wrong dose would not reach somebody who read the wrong dose."""
    client, person_id = learner
    page = client.get(f"/modules/{module.slug}/article")
    correct_text(web_app, module)
    finish(client, page, module)
    assert rows(web_app, Reading.revision_id, person_id, Reading) == [module.revision_id]


@pytest.mark.parametrize("named", ["", "0", "-1", "x", "9" * 30, "stranger", "draft"])
def test_a_page_that_names_no_text_of_the_module_means_the_present_one(
    web_app: Flask, module: Module, learner: tuple[Client, int], named: str
) -> None:
    client, person_id = learner
    if named == "stranger":
        named = str(new_module(web_app).revision_id)
    if named == "draft":

        def draft(session: Session) -> int:
            number = make_revision(session, module.article_id, now=NOW, title="Draft", number=2)
            revision = session.get_one(ArticleRevision, number)
            revision.state, revision.published_at = "draft", None
            return number

        named = str(write(web_app, draft))
    send(client, f"/modules/{module.slug}/read", {"revision": named})
    assert rows(web_app, Reading.revision_id, person_id, Reading) == [module.revision_id]


def test_a_claim_belongs_to_the_release_whose_form_was_filled_in(
    web_app: Flask, module: Module, learner: tuple[Client, int]
) -> None:
    client, person_id = learner
    write(web_app, lambda session: journeys.complete(session, person_id, module.release_id, now=NOW))
    form = client.get(f"/modules/{module.slug}/claim").form("/claim")
    for name, value in COMPLETE.items():
        form[name] = value
    renew(web_app, module)
    client.send(form, status=303, follow=False)
    assert rows(web_app, Credit.release_id, person_id, Credit) == [module.release_id]


def test_an_attempt_that_began_before_leads_on_to_its_own_release(
    web_app: Flask, module: Module, learner: tuple[Client, int]
) -> None:
    client, person_id = learner
    start(web_app, person_id, module)
    write(web_app, lambda session: journeys.read(session, person_id, module.release_id, now=NOW))
    client.send(client.get(f"/modules/{module.slug}/quiz").form("/quiz"))
    renew(web_app, module)
    (code,) = rows(web_app, Attempt.code, person_id, Attempt)
    write(web_app, lambda session: journeys.submit_quiz(session, person_id, module.release_id, code, now=NOW))
    result = client.get(f"/attempts/{code}/result")
    assert "Passed." in result.main
    claim = client.get(result.css(".start-box a")[0].get("href"))
    filled = claim.form("/claim")
    for name, value in COMPLETE.items():
        filled[name] = value
    client.send(filled, status=303, follow=False)
    assert rows(web_app, Credit.release_id, person_id, Credit) == [module.release_id]


def test_an_attempt_that_was_left_open_is_found_again_while_it_can_count(
    web_app: Flask, learner: tuple[Client, int], clock: time_machine.Traveller
) -> None:
    client, person_id = learner
    module = new_module(web_app, expires_on=date(2026, 11, 30))
    start(web_app, person_id, module)
    client.send(client.get(f"/modules/{module.slug}/quiz").form("/quiz"))
    assert "earlier release" not in client.get(f"/modules/{module.slug}/quiz").main
    renew(web_app, module)
    page = client.get(f"/modules/{module.slug}/quiz")
    assert "It counts for that release until 30 November 2026, 11:59 pm Los Angeles time" in page.main
    (code,) = rows(web_app, Attempt.code, person_id, Attempt)
    assert page.link("Go on with that attempt") == f"/attempts/{code}"
    clock.move_to(NOW + timedelta(days=10))
    assert "Go on with that attempt" not in client.get(f"/modules/{module.slug}/quiz").main


def test_who_passed_before_reading_finishes_the_old_text_and_claims(
    web_app: Flask, module: Module, learner: tuple[Client, int]
) -> None:
    client, person_id = learner
    start(web_app, person_id, module)
    pass_quiz(web_app, person_id, module)
    renew(web_app, module)
    page = client.get(f"/modules/{module.slug}")
    assert "Its article is left to read, until 9 August 2027" in page.main
    article = client.get(page.link("Read the article of that release"))
    claim = client.send(article.form("/read"), button=("go", "next"))
    assert claim.h1 == "Evaluate and claim"
    assert rows(web_app, Reading.revision_id, person_id, Reading) == [module.revision_id]
    assert len(rows(web_app, Attempt.code, person_id, Attempt)) == 1
    assert claim.form("/claim").action.endswith("?release=1")


def test_an_old_release_that_is_over_offers_no_reading(
    web_app: Flask, learner: tuple[Client, int], clock: time_machine.Traveller
) -> None:
    client, person_id = learner
    module = new_module(web_app, expires_on=date(2026, 11, 30), grace_days=90)
    start(web_app, person_id, module)
    pass_quiz(web_app, person_id, module)
    renew(web_app, module)
    clock.move_to(NOW + timedelta(days=10))
    assert "You can still claim" not in client.get(f"/modules/{module.slug}").main


def test_earlier_releases_cost_no_statements_of_their_own(
    web_app: Flask, module: Module, learner: tuple[Client, int]
) -> None:
    client, person_id = learner
    start(web_app, person_id, module)
    pass_quiz(web_app, person_id, module)
    address = f"/modules/{module.slug}"
    renew(web_app, module)
    client.get(address)
    with statements(web_app) as few:
        assert "Its article is left to read" in client.get(address).main
    for number in range(3, 8):
        renew(web_app, module, number=number)
    client.get(address)
    with statements(web_app) as many:
        assert "Its article is left to read" in client.get(address).main
    assert len(many) == len(few)


def test_who_passed_before_reading_goes_from_the_text_to_the_claim(
    web_app: Flask, module: Module, learner: tuple[Client, int]
) -> None:
    """Not into another attempt, which could only be a self-test."""
    client, person_id = learner
    start(web_app, person_id, module)
    pass_quiz(web_app, person_id, module)
    page = client.get(f"/modules/{module.slug}/article")
    assert "I have read the article: evaluate and claim" in page.main
    assert client.send(page.form("/read"), button=("go", "next")).h1 == "Evaluate and claim"
    assert len(rows(web_app, Attempt.code, person_id, Attempt)) == 1


def test_a_figure_of_the_older_text_is_still_drawn_in_a_page_that_shows_it(
    web_app: Flask, module: Module, learner: tuple[Client, int]
) -> None:
    client, _ = learner
    words = dict.fromkeys(("title", "alt", "caption_html", "description_html"), "Words.")

    def add(session: Session, revision_id: int, key: str) -> None:
        session.add(Figure(revision_id=revision_id, key=key, number=1, svg="<svg/>", digest=key, **words))

    write(web_app, lambda session: add(session, module.revision_id, "old"))
    renew(web_app, module)
    assert client.raw.get(f"/modules/{module.slug}/figures/old.svg").status_code == 200
    assert client.get(f"/modules/{module.slug}/figures/old").status == 200
    assert client.raw.get(f"/modules/{module.slug}/figures/none.svg").status_code == 404


def test_an_article_of_a_release_that_does_not_exist_is_not_found(module: Module, learner: tuple[Client, int]) -> None:
    client, _ = learner
    for number in ("2", "0", "9" * 40, "-1"):
        client.get(f"/modules/{module.slug}/article?release={number}", status=404)
