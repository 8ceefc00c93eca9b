"""Every page, for everybody who may open it: axe without a finding, nothing wider than a narrow screen."""

import pytest

from tests.browser.axe import in_both_schemes
from tests.browser.conftest import DESK, PHONE, Opener
from tests.browser.pages import NO_PAGES, PAGES, endpoints_with_get, pages_of
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
    ("administrator", "/desk/questions/{draft_question}"),
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
        expected = {404, 403} if address.startswith(("/nothing-here", "/desk/quizzes/999999")) else {200}
        expected = {410} if "used-up" in address else {404} if "/verify/0000" in address else expected
        if name == "signed out" and address.startswith("/desk"):
            expected = {200}  # the sign-in form
        if answer.status not in expected:
            problems.append(f"{address} answered {answer.status}")
            continue
        problems += [f"{address}: {line}" for line in in_both_schemes(page)]
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        problems += fits(page)
    assert not problems, "\n".join(problems)


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
        summary.wait_for()
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
