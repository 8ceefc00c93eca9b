"""Answers survive a closed lid, another device, a restarted server and a sign-in that ran out."""

import re

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Opener, Visitors
from tests.browser.site import Site
from tests.factories.people import PASSWORD

SAVED = re.compile(r"^Saved \d\d:\d\d$")


def begun(site: Site) -> tuple[int, str]:
    person = site.person()
    site.start_module(person)
    return person, site.begin_quiz(person)


def choose(page: Page, question: int, option: int) -> str:
    """Choose an option; gives its value."""
    radio = page.locator(f"#question-{question} input[type=radio]").nth(option)
    radio.check()
    return radio.get_attribute("value") or ""


def chosen(page: Page) -> dict[str, str]:
    return dict(
        page.evaluate("[...document.querySelectorAll('.question input:checked')].map((one) => [one.name, one.value])")
    )


def state(page: Page) -> str:
    return page.locator("[data-save-state]").inner_text()


def sign_in(page: Page, site: Site, person: int) -> None:
    page.locator("#email").fill(str(site.email_of(person)))
    page.locator("#password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Sign in").click()
    expect(page).not_to_have_url(re.compile("/sign-in"))


def test_closing_the_browser_and_going_on_elsewhere(site: Site, visit: Opener) -> None:
    person, code = begun(site)
    page, _watch = visit(site, person)
    page.goto(f"/attempts/{code}")
    given = {f"q-{number}": choose(page, number, number % 4) for number in range(1, 5)}
    expect(page.locator("[data-save-state]")).to_have_text(SAVED)
    expect(page.locator(".quiz-progress .is-answered")).to_have_count(4)
    page.context.close()

    elsewhere, _watch = visit(site)
    elsewhere.goto("/modules/sleep-related-leg-cramps/quiz")
    sign_in(elsewhere, site, person)
    elsewhere.locator("main").get_by_role("button", name="Resume").click()
    expect(elsewhere).to_have_url(re.compile(code))
    assert chosen(elsewhere) == given


def test_a_choice_made_just_before_leaving_the_page(site: Site, visit: Opener) -> None:
    """Nobody waits for the word "Saved"."""
    person, code = begun(site)
    page, _watch = visit(site, person)
    page.goto(f"/attempts/{code}")
    given = choose(page, 7, 2)
    page.goto("/")
    page.goto(f"/attempts/{code}")
    assert chosen(page) == {"q-7": given}


def test_the_server_is_restarted_meanwhile(site: Site, visit: Opener) -> None:
    person, code = begun(site)
    page, watch = visit(site, person)
    page.goto(f"/attempts/{code}")
    given = {"q-1": choose(page, 1, 1)}
    expect(page.locator("[data-save-state]")).to_have_text(SAVED)
    watch.offline = True
    site.stop()
    try:
        given |= {"q-2": choose(page, 2, 2), "q-3": choose(page, 3, 0)}
        expect(page.locator("[data-save-state]")).to_contain_text("Not saved yet")
    finally:
        site.start()
    expect(page.locator("[data-save-state]")).to_have_text(SAVED, timeout=30_000)
    watch.offline = False
    page.reload()
    assert chosen(page) == given


def test_the_sign_in_runs_out_meanwhile(site: Site, visit: Opener) -> None:
    """The page says so, keeps the choice, and saves it by itself after a sign-in in another tab."""
    person, code = begun(site)
    page, _watch = visit(site, person)
    page.goto(f"/attempts/{code}")
    given = {"q-1": choose(page, 1, 1)}
    expect(page.locator("[data-save-state]")).to_have_text(SAVED)
    end_sign_ins(site, person)
    given["q-2"] = choose(page, 2, 3)
    expect(page.locator("[data-save-state]")).to_contain_text("signed out")
    tab = page.context.new_page()
    tab.goto("/sign-in")
    sign_in(tab, site, person)
    expect(page.locator("[data-save-state]")).to_have_text(SAVED, timeout=30_000)
    tab.goto(f"/attempts/{code}")
    assert chosen(tab) == given


def test_choosing_before_the_scripts_have_arrived(site: Site, visit: Opener) -> None:
    """On a slow line the questions can be answered before anything listens."""
    person, code = begun(site)
    page, _watch = visit(site, person)
    held: list[Route] = []
    page.route("**/js/autosave.js*", lambda route: held.append(route))  # noqa: PLW0108 - a method of a list takes no marks
    page.goto(f"/attempts/{code}", wait_until="commit")
    expect(page.locator("#question-10")).to_be_visible()
    given = {"q-1": choose(page, 1, 2), "q-2": choose(page, 2, 0)}
    assert len(held) == 1, "the script was asked for, and is still on its way"
    held[0].continue_()
    expect(page.locator("[data-save-state]")).to_have_text(SAVED)
    expect(page.locator(".quiz-progress .is-answered")).to_have_count(2)
    page.unroute("**/js/autosave.js*")
    page.reload()
    assert chosen(page) == given


def test_submitting_after_the_sign_in_ran_out(site: Site, visit: Opener) -> None:
    """What was saved is there after signing in again, and the submission waits in the page; without scripts, too, where
    nothing had been saved yet."""
    for scripts in (True, False):
        person, code = begun(site)
        page, _watch = visit(site, person, java_script_enabled=scripts)
        page.goto(f"/attempts/{code}?view=all")
        for number in range(1, 11):
            choose(page, number, 0)
        if scripts:
            expect(page.locator(".quiz-progress .is-answered")).to_have_count(10)
            expect(page.locator("[data-save-state]")).to_have_text(SAVED)
        end_sign_ins(site, person)
        page.locator("main").get_by_role("button", name="Submit answers").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
        page.locator("#email").fill(str(site.email_of(person)))
        page.locator("#password").fill(PASSWORD)
        page.locator("main").get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("You are signed in again")
        page.locator("main").get_by_role("button", name="Send it now").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Your result")
        expect(page.locator(".answer-open")).to_have_count(0)


def test_unanswered_questions_are_named_before_submitting(site: Site, visit: Opener) -> None:
    person, code = begun(site)
    for scripts in (True, False):
        page, _watch = visit(site, person, java_script_enabled=scripts)
        page.goto(f"/attempts/{code}?view=all")
        for number in (1, 2, 3, 5, 6, 7, 8, 10):
            choose(page, number, 0)
        page.locator("main").get_by_role("button", name="Submit answers", exact=True).click()
        warning = page.locator("main .notice", has_text="Not submitted yet")
        expect(warning).to_contain_text("Question 4")
        expect(warning).to_contain_text("Question 9")
        expect(warning.get_by_role("link")).to_have_count(2)
        assert len(chosen(page)) == 8
        warning.get_by_role("link", name="Question 9").click()
        expect(page.locator("#question-9")).to_be_in_viewport()
    page.locator("main").get_by_role("button", name="Submit all the same").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your result")
    assert page.locator(".answer-open").count() == 2


def test_the_learners_own_clock_does_not_matter(site: Site, visitors: Visitors) -> None:
    """A browser in Kiritimati whose clock is years off sees the same term and can go on."""
    person, code = begun(site)
    page, _watch = visitors.open(site, person, timezone_id="Pacific/Kiritimati")
    page.clock.set_fixed_time("2031-05-05T05:05:05Z")
    page.goto(f"/attempts/{code}")
    choose(page, 1, 1)
    expect(page.locator("[data-save-state]")).to_have_text(SAVED)
    page.goto("/modules/sleep-related-leg-cramps")
    expect(page.locator("main")).to_contain_text("9 August 2027, 11:59 pm Los Angeles time")
    expect(page.locator("main").get_by_role("link", name="Continue")).to_be_visible()


def end_sign_ins(site: Site, person: int) -> None:
    from sqlalchemy import text

    with site.database.writing() as session:
        session.execute(text("DELETE FROM sign_in_sessions WHERE person_id = :id"), {"id": person})
