"""The whole road in a real browser: from an account to a certificate, by every way of operating a page."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, Opener, serve
from tests.browser.hands import Keyboard, Mouse
from tests.browser.road import TITLE, Traveller
from tests.browser.site import Site, keys_and_rationales, words_only
from tests.browser.watch import fits

MOST_LOADS = 7
MOST_CLICKS = 14
FACTS = keys_and_rationales()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of this road's own: other tests add so many modules that the catalogue gets a second page."""
    with serve(tmp_path_factory.mktemp("served")) as found:
        yield found


def whole_road(traveller: Traveller, folder: Path) -> None:
    """Register, confirm, sign in, read, fail, pass, evaluate, claim, download, verify, transcript."""
    page = traveller.page
    traveller.register()
    traveller.confirm()
    traveller.sign_in()
    traveller.open_module()
    traveller.start()
    traveller.finish_reading()
    traveller.answer_all(wrong=5)
    traveller.submit()
    traveller.expect_score(5, "You needed 8. Not passed this time.")
    expect_no_keys(traveller)
    traveller.hand.press(page.locator(".answer-wrong .answer-links a").first)
    expect(page.locator(":target")).to_be_visible()
    page.go_back()
    traveller.hand.press(traveller.button("Try again"))
    traveller.heading("Quiz")
    traveller.answer_all(wrong=1)
    traveller.submit()
    traveller.expect_score(9, "You needed 8. Passed.")
    expect_keys(traveller)
    traveller.open_claim()
    traveller.evaluate_and_claim("0.75")
    text = traveller.download(folder)
    traveller.expect_certificate(text, "0.75")
    traveller.verify("0.75")
    rows = traveller.read_transcript("0.75")
    assert len(rows) == 2
    assert TITLE in rows[1]
    assert "0.75" in rows[1]


def expect_no_keys(traveller: Traveller) -> None:
    """A failed attempt: wrong answers lead to the passage; no key, no reason, no reference."""
    page = traveller.page
    assert page.locator(".answer-wrong").count() == 5
    assert page.locator(".answer-wrong .answer-links a").count() >= 5
    assert page.locator(".is-key, .rationale").count() == 0
    shown = words_only(page.locator("main").inner_text())
    for stem, rationales in FACTS:
        if stem in shown:
            assert not [one for one in rationales if one in shown]


def expect_keys(traveller: Traveller) -> None:
    """After passing everything is explained."""
    page = traveller.page
    assert page.locator(".answer .is-key").count() == 10
    shown = words_only(page.locator("main").inner_text())
    drawn = [rationales for stem, rationales in FACTS if stem in shown]
    assert len(drawn) == 10
    assert all(one in shown for rationales in drawn for one in rationales)
    assert page.locator(".explanation li").count() >= 10


def test_with_the_mouse_on_postgresql(site_on_postgresql: Site, visit: Opener, tmp_path: Path) -> None:
    page, watch = visit(site_on_postgresql)
    whole_road(Traveller(site_on_postgresql, page, Mouse(page), watch), tmp_path)


def test_without_scripts(site: Site, visit: Opener, tmp_path: Path) -> None:
    page, watch = visit(site, java_script_enabled=False)
    whole_road(Traveller(site, page, Mouse(page), watch, email="noscript@example.org"), tmp_path)


def test_by_keyboard_alone(site: Site, visit: Opener, tmp_path: Path) -> None:
    page, watch = visit(site)
    hand = Keyboard(page)
    whole_road(Traveller(site, page, hand, watch, email="keyboard@example.org"), tmp_path)
    assert not hand.without_ring, f"focus cannot be seen: {hand.without_ring}"


def test_on_a_narrow_screen(site: Site, visit: Opener, tmp_path: Path) -> None:
    page, watch = visit(site, viewport=PHONE, has_touch=True)
    wide: list[str] = []
    page.on("load", lambda loaded: wide.extend(fits(loaded)))
    whole_road(Traveller(site, page, Mouse(page), watch, email="narrow@example.org"), tmp_path)
    assert not wide, "\n".join(wide)


def test_pages_and_clicks_of_the_shortest_road(site: Site, visit: Opener, tmp_path: Path) -> None:
    """After sign-in at most seven pages, and at most fourteen clicks beyond the ten answers."""
    page, watch = visit(site)
    hand = Mouse(page)
    traveller = Traveller(site, page, hand, watch, email="shortest@example.org")
    traveller.register()
    traveller.confirm()
    page.goto("/sign-in")
    watch.count_from_here()
    traveller.sign_in()
    hand.presses = 0
    traveller.open_module()
    traveller.start()
    traveller.finish_reading()
    traveller.answer_all()
    traveller.submit()
    traveller.expect_score(10, "Passed.")
    traveller.open_claim()
    traveller.evaluate_and_claim("1.00")
    traveller.download(tmp_path)
    loads = [load for load in watch.loads if not load.endswith(".pdf")]
    assert len(loads) <= MOST_LOADS, loads
    assert hand.presses - 10 <= MOST_CLICKS


def test_one_question_at_a_time_without_scripts(site: Site, visit: Opener) -> None:
    """Each Next saves; Previous shows the answer again."""
    person = site.person()
    site.start_module(person)
    code = site.begin_quiz(person)
    page, watch = visit(site, person, java_script_enabled=False)
    traveller = Traveller(site, page, Mouse(page), watch)
    page.goto(f"/attempts/{code}")
    traveller.hand.press(traveller.link("Show one at a time"))
    for number in range(1, 11):
        expect(page.locator(".quiz-count")).to_have_text(f"Question {number} of 10")
        traveller.answer(page.locator(".question"), right=True, turn=number)
        if number == 3:
            traveller.hand.press(traveller.button("Next"))
            traveller.hand.press(traveller.button("Previous"))
            expect(page.locator(".quiz-count")).to_have_text("Question 3 of 10")
            expect(page.locator(".question input:checked")).to_have_count(1)
        if number < 10:
            traveller.hand.press(traveller.button("Next"))
    assert page.locator(".quiz-progress .is-answered").count() >= 9
    traveller.submit()
    traveller.expect_score(10, "Passed.")


def test_the_article_as_a_page(site: Site, visit: Opener) -> None:
    """Figures open large, references show on focus, the reading place is kept."""
    person = site.person()
    site.start_module(person)
    page, _watch = visit(site, person)
    page.goto("/modules/sleep-related-leg-cramps/article")
    page.locator("a[data-zoom]").first.click()
    expect(page.locator("dialog[open] img")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    cite = page.locator("a.cite").first
    cite.scroll_into_view_if_needed()
    page.keyboard.press("Tab")
    for _ in range(60):
        if page.evaluate("document.activeElement.matches('a.cite')"):
            break
        page.keyboard.press("Tab")
    expect(page.locator("#preview-box")).to_be_visible()
    assert len(page.locator("#preview-box").inner_text()) > 20
    page.keyboard.press("Escape")
    expect(page.locator("#preview-box")).to_be_hidden()
    page.locator("#s-management, [data-section]").nth(6).scroll_into_view_if_needed()
    with page.expect_response(re.compile("/progress$")):
        page.evaluate("window.dispatchEvent(new Event('pagehide'))")
    page.reload()
    assert page.locator("[data-resume-link]").get_attribute("href").startswith("#p-")  # type: ignore[union-attr]
    page.goto("/modules/sleep-related-leg-cramps/article#p-definition")
    assert page.locator("[data-passage]").count() > 40
