"""Every kind of question in Chromium: saved by the script as it is given, accessible, and all on the result."""

import re

from playwright.sync_api import expect

from tests.browser.axe import in_both_schemes
from tests.browser.conftest import Opener
from tests.browser.site import Site
from tests.factories.items import RIGHT, make_module_of_kinds

SAVED = re.compile(r"^Saved \d\d:\d\d$")


def test_every_kind_is_saved_as_it_is_given(site: Site, visit: Opener) -> None:
    person = site.person()
    with site.database.writing() as session:
        slug = make_module_of_kinds(session, now=site.server.now()).slug
    page, _watch = visit(site, person)
    page.goto(f"/modules/{slug}/quiz")
    page.locator("main").get_by_role("button", name="Start the quiz").click()
    expect(page).to_have_url(re.compile("/attempts/"))
    for lineage, answer in RIGHT.items():
        question = page.locator(".question", has_text=f"What about {lineage}?")
        if lineage in {"matching", "ordering"}:
            for part, value in (one.split("=") for one in answer.split()):
                question.locator(f"select[name$='-{part}']").select_option(value)
        elif lineage == "numeric":
            question.locator("input[type=text]").fill(answer)
            question.locator("input[type=text]").blur()
        else:
            for key in answer.split():
                question.locator(f"input[value={key}]").check()
        expect(page.locator("[data-save-state]")).to_have_text(SAVED)
    expect(page.locator(".quiz-progress .is-answered")).to_have_count(len(RIGHT))
    assert in_both_schemes(page) == []
    page.reload()
    expect(page.locator(".quiz-progress .is-answered")).to_have_count(len(RIGHT))
    page.get_by_role("button", name="Submit answers").click()
    expect(page.locator(".score-figure")).to_have_text("8 of 8")
    assert in_both_schemes(page) == []


def test_a_box_that_is_unchecked_again_is_saved_as_open(site: Site, visit: Opener) -> None:
    person = site.person()
    with site.database.writing() as session:
        slug = make_module_of_kinds(session, now=site.server.now()).slug
    page, _watch = visit(site, person)
    page.goto(f"/modules/{slug}/quiz")
    page.locator("main").get_by_role("button", name="Start the quiz").click()
    box = page.locator(".question", has_text="What about multiple?").locator("input[type=checkbox]").first
    box.check()
    expect(page.locator(".quiz-progress .is-answered")).to_have_count(1)
    box.uncheck()
    expect(page.locator(".quiz-progress .is-answered")).to_have_count(0)
    expect(page.locator("[data-save-state]")).to_have_text(SAVED)
    page.reload()
    expect(page.locator(".quiz-progress .is-answered")).to_have_count(0)
