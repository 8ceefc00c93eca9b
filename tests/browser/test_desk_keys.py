"""Keys at the bank: they move, choose and open, never while somebody types, and not where they are switched off."""

import re

from playwright.sync_api import Page, expect

from quizzes.queries.versions import version_facts
from quizzes.services.authoring import open_draft
from tests.browser.axe import in_both_schemes
from tests.browser.conftest import Opener
from tests.browser.site import Site


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent.trim()"))


def test_keys_move_choose_search_and_can_be_switched_off(site: Site, visit: Opener) -> None:
    module = site.small_module(title="A module for the keyboard")
    page, _watch = visit(site, site.person(roles=("editor",)))
    page.goto(f"/desk/bank?quiz={module.quiz_id}&sort=name")
    expect(page.locator("[data-key-help]")).to_be_visible()
    page.keyboard.press("j")
    assert focused(page) == "item-1"
    page.keyboard.press("j")
    assert focused(page) == "item-2"
    page.keyboard.press("x")
    expect(page.locator("tbody tr").nth(1).locator("input[type=checkbox]")).to_be_checked()
    page.keyboard.press("k")
    assert focused(page) == "item-1"

    page.keyboard.press("/")
    page.keyboard.type("jxk?n/p")
    expect(page.locator("#q")).to_have_value("jxk?n/p")
    page.locator("#q").blur()
    page.keyboard.press("Control+j")
    page.keyboard.press("?")
    expect(page.locator("[data-key-help]")).to_have_attribute("open", "")

    page.locator("[data-key-switch]").uncheck()
    page.reload()
    page.keyboard.press("j")
    assert focused(page) != "item-1"
    page.locator("[data-key-help] summary").click()
    page.locator("[data-key-switch]").check()
    page.locator("h1").click()
    page.keyboard.press("j")
    assert focused(page) == "item-1"
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("item-1")


def test_keys_of_a_question_save_move_on_and_leave_fields_alone(site: Site, visit: Opener) -> None:
    module = site.small_module(title="A module for the keys of a question")
    editor = site.person(roles=("editor",))
    with site.database.writing() as session:
        version = open_draft(session, module.quiz_id, editor=editor, now=site.server.now())
        facts = version_facts(session, version)
        assert facts is not None
        first, second = list(facts.items)[:2]
    page, _watch = visit(site, editor)
    page.goto(f"/desk/questions/{first}")
    expect(page.locator("[data-key-help]")).to_be_visible()
    page.keyboard.press("j")
    expect(page).to_have_url(re.compile(f"/questions/{second}$"))
    expect(page.locator("[data-key-help]")).to_be_visible()
    page.keyboard.press("k")
    expect(page).to_have_url(re.compile(f"/questions/{first}$"))
    expect(page.locator("[data-key-help]")).to_be_visible()

    stem = page.locator("#stem")
    page.keyboard.press("e")
    expect(stem).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("jkesv/? Which one is it?")
    expect(stem).to_have_value("jkesv/? Which one is it?")
    expect(page).to_have_url(re.compile(f"/questions/{first}$"))
    page.keyboard.press("Control+Enter")
    expect(page.locator("main")).to_contain_text("Question 1 of")
    expect(page.locator(".notice-success")).to_contain_text("Saved in the draft")
    expect(stem).to_have_value("jkesv/? Which one is it?")

    page.keyboard.press("/")
    expect(page.locator("input[type=search]").first).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("v")
    expect(page.locator(".editor-aside")).to_be_focused()
    page.keyboard.press("e")
    page.keyboard.press("End")
    page.keyboard.type(" Now?")
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    expect(stem).to_have_value("jkesv/? Which one is it? Now?")
    expect(page.locator(".notice-success")).to_contain_text("Saved in the draft")

    page.keyboard.press("?")
    expect(page.locator("[data-key-help]")).to_have_attribute("open", "")
    assert in_both_schemes(page) == []
    page.locator("[data-key-switch]").uncheck()
    page.locator("h1").click()
    page.keyboard.press("j")
    expect(page).to_have_url(re.compile(f"/questions/{first}$"))


def test_the_bank_changes_many_without_a_script(site: Site, visit: Opener) -> None:
    module = site.small_module(title="A module for bulk work")
    page, _watch = visit(site, site.person(roles=("editor",)), java_script_enabled=False)
    page.goto(f"/desk/bank?quiz={module.quiz_id}")
    expect(page.locator("[data-key-help]")).to_be_hidden()
    page.locator("#act").select_option("tag")
    page.locator("#name").fill("by-hand")
    page.locator("main").get_by_role("button", name="… on all").click()
    expect(page.locator("main")).to_contain_text("2 questions would change")
    page.locator("main").get_by_role("button", name="Change 2 questions").click()
    expect(page.locator("main")).to_contain_text("by-hand")
