"""Every page, for everybody who may open it: axe without a finding, nothing wider than a narrow screen."""

import pytest
from playwright.sync_api import expect

from tests.browser.axe import in_both_schemes
from tests.browser.conftest import DESK, PHONE, Opener
from tests.browser.pages import ERRORS, NO_PAGES, PAGES, endpoints_with_get, pages_of
from tests.browser.scene import FINISHED, Scene
from tests.browser.site import Site
from tests.browser.watch import fits

EVERYBODY = ("signed out", *FINISHED, "midway", "fresh")
FORMS_WITH_ERRORS = (
    ("signed out", "/sign-in"),
    ("signed out", "/register"),
    ("signed out", "/forgot"),
    ("midway", "/modules/{slug}/claim"),
    ("learner", "/account/password"),
    ("administrator", "/desk/versions/{draft}/questions/new"),
    ("administrator", "/office/providers/new"),
    ("administrator", "/office/releases/{small_release}"),
)


def test_no_page_is_forgotten(site: Site) -> None:
    """The list holds exactly the addresses that the application answers."""
    assert endpoints_with_get(site) == set(PAGES) | NO_PAGES


@pytest.mark.parametrize("name", EVERYBODY)
def test_page(site: Site, scene: Scene, visit: Opener, name: str) -> None:
    persona = next(one for one in scene.personas if one.name == name)
    page, _watch = visit(site, persona.person_id)
    problems: list[str] = []
    addresses = list(pages_of(site, scene, persona))
    assert len(addresses) >= 10
    for address in addresses:
        page.set_viewport_size(DESK)  # type: ignore[arg-type]
        answer = page.goto(address)
        assert answer is not None
        if answer.status not in expected_status(address, name):
            problems.append(f"{address} answered {answer.status}")
        problems += [f"{address}: {line}" for line in in_both_schemes(page)]
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        problems += fits(page)
    assert not problems, "\n".join(problems)


def expected_status(address: str, name: str) -> set[int]:
    if address in ERRORS:
        return {200} if name == "signed out" and address.startswith("/desk") else {403, 404}  # 200: the sign-in form
    told = {"used-up": 410, "/verify/0000": 404, "until=2026-11-01": 422}
    return {next((status for part, status in told.items() if part in address), 200)}


def test_the_instruments_find_what_is_wrong(site: Site, visit: Opener) -> None:
    """A page with known faults: without findings here the other tests would mean nothing."""
    page, watch = visit(site)
    page.goto("/verify")
    assert in_both_schemes(page) == []
    page.evaluate(
        """() => {
          document.querySelector("main").insertAdjacentHTML("beforeend",
            '<img src="/static/img/logo.svg"><p id="pale">Pale</p><p id="wide">Wide</p>');
          document.querySelector("#pale").style.color = "#888";
          document.querySelector("#wide").style.width = "50rem";
        }"""
    )
    found = " ".join(in_both_schemes(page))
    assert "light: image-alt" in found
    assert "light: color-contrast" in found
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    assert "wide" in " ".join(fits(page))
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<img src=\"http://127.0.0.2/x.png\" onerror=\"alert(1)\">')"
    )
    page.wait_for_timeout(300)
    assert any("Content-Security-Policy" in problem for problem in watch.problems)
    watch.problems.clear()


def test_forms_that_come_back_with_errors(site: Site, scene: Scene, visit: Opener) -> None:
    """Sent empty, each says what is wrong, takes the focus there, and has no finding either."""
    problems: list[str] = []
    for name, address in FORMS_WITH_ERRORS:
        persona = next(one for one in scene.personas if one.name == name)
        page, _watch = visit(site, persona.person_id)
        place = address.format(**scene.places)
        page.goto(place)
        form = page.locator("main form.form")
        for field in form.locator("input[type=text], input[type=email], textarea").all():
            field.fill("")
        form.locator("button.button-primary, button.button-danger").first.click()
        summary = page.locator(".error-summary")
        expect(summary, place).to_be_visible()
        assert page.evaluate("document.activeElement.matches('.error-summary')"), f"{place}: the summary has no focus"
        target = summary.locator("a").first.get_attribute("href") or "#"
        assert page.locator(target).count() == 1, f"{place}: the summary leads to {target}, which is not there"
        problems += [f"{place} with errors: {line}" for line in in_both_schemes(page)]
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        problems += fits(page)
        page.context.close()
    assert not problems, "\n".join(problems)


def test_at_four_hundred_percent_the_menu_is_reachable(site: Site, scene: Scene, visit: Opener) -> None:
    """On a narrow screen the menu is behind a button; it opens, and everything in it can be reached by keyboard."""
    learner = next(one for one in scene.personas if one.name == "administrator")
    page, _watch = visit(site, learner.person_id, viewport=PHONE)
    page.goto("/")
    page.get_by_role("button", name="Menu").press("Enter")
    menu = page.locator("#site-menu")
    menu.get_by_role("link", name="Transcript").wait_for()
    page.keyboard.press("Escape")
    assert not menu.get_by_role("link", name="Transcript").is_visible()
