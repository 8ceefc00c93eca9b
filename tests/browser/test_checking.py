"""Checking answers during an attempt in Chromium: by keyboard, without JavaScript, and beside a tab that knows less."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from quizzes.rules.delivery import DeliveryRules, Review
from tests.browser.axe import in_both_schemes
from tests.browser.conftest import PHONE, Opener
from tests.browser.hands import Keyboard, Mouse
from tests.browser.site import Site
from tests.browser.watch import fits
from tests.factories.items import RIGHT, WRONG, make_module_of_kinds

EVERYTHING = DeliveryRules(during=Review(True, True, True, rationales=True, references=True))
FOCUSED = "() => document.activeElement.id"


def begun(site: Site, visit: Opener, rules: DeliveryRules = EVERYTHING, **options: object) -> Page:
    person = site.person()
    with site.database.writing() as session:
        slug = make_module_of_kinds(session, now=site.server.now(), delivery=rules).slug
    page, _watch = visit(site, person, **options)
    page.goto(f"/modules/{slug}/quiz")
    expect(page.locator("main")).to_contain_text("A checked answer is final")
    page.locator("main").get_by_role("button", name="Start the quiz").click()
    expect(page).to_have_url(re.compile("/attempts/"))
    return page


def question(page: Page, lineage: str) -> Locator:
    return page.locator(".question", has_text=f"What about {lineage}?")


def answer(hand: Mouse, page: Page, lineage: str, given: str) -> None:
    place = question(page, lineage)
    if lineage in {"matching", "ordering"}:
        for part, value in (one.split("=") for one in given.split()):
            hand.select(place.locator(f"select[name$='-{part}']"), value)
    elif lineage == "numeric":
        hand.fill(place.locator("input[type=text]"), given)
    else:
        for key in given.split():
            hand.choose(place.locator(f"input[value={key}]"))


def check(hand: Mouse, page: Page, lineage: str) -> Locator:
    """Press the question's button; gives its feedback, on which the focus has landed."""
    place = question(page, lineage).get_attribute("id") or ""
    hand.press(question(page, lineage).get_by_role("button", name="Check this answer to question"))
    feedback = page.locator(f"section#{place}")
    expect(feedback).to_be_focused()
    expect(feedback).to_be_in_viewport()
    return feedback


@pytest.mark.parametrize("way", ["by keyboard", "without JavaScript"])
def test_every_kind_is_checked_with_focus_on_its_feedback(site: Site, visit: Opener, way: str) -> None:
    page = begun(site, visit, **({"java_script_enabled": False} if way == "without JavaScript" else {}))
    hand = Keyboard(page) if way == "by keyboard" else Mouse(page)
    for lineage, right in RIGHT.items():
        wrong = lineage in {"single", "ordering"}
        answer(hand, page, lineage, WRONG[lineage] if wrong else right)
        feedback = check(hand, page, lineage)
        expect(feedback.locator(".answer-verdict")).to_contain_text(": wrong" if wrong else ": right")
        expect(feedback).to_contain_text("This answer is final for this attempt")
        assert feedback.locator("input, select, button").count() == 0
    if isinstance(hand, Keyboard):
        assert hand.without_ring == []
        assert in_both_schemes(page) == []
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        assert fits(page) == []
    hand.press(page.get_by_role("button", name="Submit answers"))
    expect(page.locator(".score-figure")).to_have_text("6 of 8")


def test_an_open_question_says_so_where_the_focus_is_and_enter_in_a_field_only_saves(site: Site, visit: Opener) -> None:
    page = begun(site, visit)
    field = question(page, "numeric").locator("input[type=text]")
    field.fill("2.5")
    field.press("Enter")
    expect(page.locator(".quiz-progress .is-answered")).to_have_count(1)
    expect(page.locator("section.answer")).to_have_count(0)
    matching = question(page, "matching")
    matching.get_by_role("button", name="Check this answer").click()
    said = matching.locator(".field-error")
    expect(said).to_contain_text("has no complete answer yet, so it was not checked")
    expect(said).to_be_focused()
    assert in_both_schemes(page) == []
    expect(question(page, "numeric").locator("input[type=text]")).to_have_value("2.5")


def test_a_tab_that_knows_less_is_told_and_loses_nothing(site: Site, visit: Opener) -> None:
    page = begun(site, visit)
    page.wait_for_load_state("load")
    other = page.context.new_page()
    other.goto(page.url)
    question(other, "single").locator("input[value=b]").check()
    check(Mouse(other), other, "single")
    question(page, "single").locator("input[value=a]").check()
    state = page.locator("[data-save-state]")
    expect(state).to_contain_text("was checked before, so its answer is final")
    question(page, "truth").locator("input[value=true]").check()
    expect(state).to_have_text(re.compile(r"^Saved \d\d:\d\d$"))
    page.reload()
    expect(page.locator("section.answer")).to_contain_text("Your answer")
    expect(question(page, "truth").locator("input[value=true]")).to_be_checked()
