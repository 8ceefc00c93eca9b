"""The same site in January 2028: it says that credit is over, and offers everything else."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Opener
from tests.browser.hands import Mouse
from tests.browser.road import TITLE, Traveller
from tests.browser.site import SLUG, Site


def test_visitors_are_told(late_site: Site, visit: Opener) -> None:
    page, _watch = visit(late_site)
    page.goto("/")
    expect(page.locator(".card", has_text=TITLE)).to_contain_text("No longer for credit; the self-test stays open.")
    page.goto(f"/modules/{SLUG}")
    expect(page.locator("main")).to_contain_text("9 August 2027")
    expect(page.locator("main")).to_contain_text(re.compile("closed|ended|expired|over", re.IGNORECASE))
    assert page.get_by_role("button", name="Start").count() == 0


def test_a_self_test_without_credit(late_site: Site, visit: Opener) -> None:
    person = late_site.person()
    page, watch = visit(late_site, person)
    traveller = Traveller(late_site, page, Mouse(page), watch)
    page.goto(f"/modules/{SLUG}")
    expect(page.locator(".start-box")).to_contain_text("Not open for credit")
    assert page.locator("main").get_by_role("button", name="Start", exact=True).count() == 0
    traveller.hand.press(traveller.link("Read the article"))
    expect(page.locator(".article-body")).to_be_visible()
    assert page.locator("[data-passage]").count() > 40
    page.go_back()
    traveller.hand.press(traveller.link("Self-test without credit"))
    traveller.heading("Quiz")
    traveller.hand.press(traveller.button("Start the self-test"))
    traveller.heading("Self-test")
    expect(page.locator("main")).to_contain_text("This attempt gives no credit.")
    traveller.answer_all()
    traveller.submit()
    traveller.expect_score(10, "Passed.")
    expect(page.locator("main")).to_contain_text("No credit for this attempt")
    assert page.locator("main").get_by_role("link", name="Evaluate & claim").count() == 0
    page.goto(f"/modules/{SLUG}/claim")
    expect(page.locator("main")).to_contain_text("Credit cannot be claimed")
    assert page.locator("main form").count() == 0


def test_a_claim_sent_by_hand_is_refused(late_site: Site, visit: Opener) -> None:
    person = late_site.person()
    page, _watch = visit(late_site, person)
    page.goto(f"/modules/{SLUG}/quiz")
    token = page.locator("input[name=csrf_token]").first.get_attribute("value") or ""
    fields = {
        "csrf_token": token,
        "evaluation-objectives-met": "5",
        "evaluation-free-of-bias": "yes",
        "evaluation-change-in-practice": "tests",
        "amount": "1.00",
        "attested": "y",
    }
    answer = page.context.request.post(
        f"{late_site.url}/modules/{SLUG}/claim", form=fields, headers={"Referer": page.url}
    )
    assert answer.status == 422
    assert "Credit cannot be claimed" in answer.text()
    assert late_site.database.one("SELECT count(*) FROM credits WHERE person_id = :id", id=person) == 0
    assert late_site.database.one("SELECT outcome FROM claim_decisions WHERE person_id = :id", id=person) == "denied"
