"""Keys at the bank: they move, choose and open, never while somebody types, and not where they are switched off."""

from playwright.sync_api import Page, expect

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
