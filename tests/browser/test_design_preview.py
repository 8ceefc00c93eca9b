"""The sample beside a design's form: it follows what is chosen, says what is wrong, and is there without a script too."""

from playwright.sync_api import Page, Request, expect

from tests.browser.axe import in_both_schemes
from tests.browser.conftest import PHONE, Opener
from tests.browser.hands import Keyboard
from tests.browser.site import Site
from tests.browser.watch import fits
from tests.support.designs import picture

PATH = "/office/certificates/designs/new"
SHOWN = "A sample, with invented data and without a signature."


def opened(site: Site, visit: Opener, *, script: bool = True) -> Page:
    page, _watch = visit(site, site.person(roles=("administrator",)), java_script_enabled=script)
    page.goto(PATH)
    return page


def drawn(page: Page) -> str:
    """The address of the sample, once it is there."""
    expect(page.locator("[data-preview-words]")).to_have_text(SHOWN)
    address = page.locator("[data-preview-picture]").get_attribute("src") or ""
    assert address.startswith("data:image/png;base64,")
    return address


def test_the_sample_follows_what_is_chosen(site: Site, visit: Opener) -> None:
    page = opened(site, visit)
    asked: list[Request] = []
    page.on("request", lambda one: asked.append(one) if one.url.endswith("/preview") else None)
    first = drawn(page)
    assert in_both_schemes(page) == []
    asked.clear()
    for letters in ("We certify", "We hereby certify that"):
        page.get_by_label("Opening words").fill(letters)
        page.get_by_label("Opening words").blur()
    expect(page.locator("[data-preview]")).to_have_attribute("data-state", "drawing")
    expect(page.locator("[data-preview]")).to_have_attribute("data-state", "shown")
    assert len(asked) == 1, "one drawing for a pause, not for each change"
    second = drawn(page)
    assert second != first
    page.locator("#logo").set_input_files({"name": "oak.png", "mimeType": "image/png", "buffer": picture()})
    words = page.locator("[data-preview-words]")
    expect(words).to_contain_text("Say in words what the logo shows")
    assert page.locator("[data-preview-picture]").get_attribute("src") == second  # from before, and dimmed
    assert in_both_schemes(page) == []
    page.get_by_label("What the logo shows").fill("An oak")
    page.get_by_label("What the logo shows").blur()
    assert drawn(page) not in {first, second}
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    assert fits(page) == []


def test_by_keyboard_alone(site: Site, visit: Opener) -> None:
    page = opened(site, visit)
    before = drawn(page)
    hands = Keyboard(page)
    hands.choose(page.get_by_label("A4"))
    expect(page.locator("[data-preview]")).to_have_attribute("data-state", "drawing")
    assert drawn(page) != before
    expect(page.get_by_label("A4")).to_be_focused()  # the picture came, and nobody was moved
    page.get_by_label("Name of the design").focus()
    page.keyboard.type("By keyboard")
    hands.press(page.get_by_role("button", name="Save a version"))
    expect(page.locator("h1")).to_have_text("By keyboard")
    assert hands.without_ring == []


def test_the_same_without_a_script(site: Site, visit: Opener) -> None:
    page = opened(site, visit, script=False)
    expect(page.locator("[data-preview-words]")).to_have_text("Press “Preview” to see a sample certificate.")
    page.get_by_label("Opening words").fill("We certify that")
    page.locator("#logo").set_input_files({"name": "oak.png", "mimeType": "image/png", "buffer": picture()})
    page.get_by_label("What the logo shows").fill("An oak")
    page.get_by_role("button", name="Preview", exact=True).click()
    first = drawn(page)
    expect(page.get_by_label("Opening words")).to_have_value("We certify that")
    page.get_by_label("A4").check()
    page.get_by_role("button", name="Preview", exact=True).click()
    assert drawn(page) != first
    page.get_by_label("Name of the design").fill("Without a script")
    page.get_by_role("button", name="Save a version").click()
    expect(page.locator("h1")).to_have_text("Without a script")
