"""The editor's desk: a change reaches the next start, never a learner inside an attempt."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Opener
from tests.browser.site import Site

BEFORE = "A patient has finding 1. What is it called?"
AFTER = "A patient has finding one, at last. What is it called?"


def press(page: Page, name: str) -> None:
    page.locator("main").get_by_role("button", name=name, exact=True).click()


def follow(page: Page, name: str) -> None:
    page.locator("main").get_by_role("link", name=name, exact=True).first.click()


def begin(page: Page, slug: str) -> None:
    page.goto(f"/modules/{slug}/quiz")
    page.locator("main").locator(".start-box button").click()
    expect(page.locator(".question")).to_have_count(2)


def test_publishing_while_a_learner_is_inside_an_attempt(site: Site, visit: Opener) -> None:
    module = site.small_module(title="A module that is edited")
    learner, _watch = visit(site, site.person())
    begin(learner, module.slug)
    expect(learner.locator("main")).to_contain_text(BEFORE)

    editor, _watch = visit(site, site.person(roles=("editor",)))
    editor.goto(f"/desk/quizzes/{module.quiz_id}")
    press(editor, "Open a draft")
    follow(editor, "item-1")
    expect(editor.locator("#stem")).to_have_value(BEFORE)
    editor.locator("#stem").fill(AFTER)
    press(editor, "Show the learner's view")
    expect(editor.locator(".preview-pane")).to_contain_text(AFTER)
    expect(editor.locator("#stem")).to_have_value(AFTER)
    press(editor, "Save in the draft")
    expect(editor.locator("main")).to_contain_text("Changed: stem.")
    learner.reload()
    expect(learner.locator("main")).to_contain_text(BEFORE)

    editor.goto(f"/desk/quizzes/{module.quiz_id}")
    follow(editor, "See it as a learner")
    expect(editor.locator("main")).to_contain_text(AFTER)
    editor.go_back()
    follow(editor, "Publish")
    expect(editor.locator("main")).to_contain_text("stem changed")
    press(editor, "Publish version 2")
    expect(editor.get_by_text("Published. The next start gets this version")).to_be_visible()

    learner.reload()
    expect(learner.locator("main")).to_contain_text(BEFORE)
    for number in (1, 2):
        learner.locator(f"#question-{number} input[value=a]").check()
    learner.locator("main").get_by_role("button", name="Submit answers").click()
    expect(learner.locator(".score-sentence")).to_contain_text("Passed")
    expect(learner.locator("main")).to_contain_text(BEFORE)

    for _ in range(3):  # whichever server process answers
        another, _watch = visit(site, site.person())
        begin(another, module.slug)
        expect(another.locator("main")).to_contain_text(AFTER)
    begin(learner, module.slug)
    expect(learner.locator("main")).to_contain_text(AFTER)


def test_discarding_a_draft(site: Site, visit: Opener) -> None:
    module = site.small_module(title="A module whose draft is discarded")
    editor, _watch = visit(site, site.person(roles=("editor",)))
    editor.goto(f"/desk/quizzes/{module.quiz_id}")
    press(editor, "Open a draft")
    follow(editor, "item-2")
    editor.locator("#stem").fill("Something that nobody shall ever see?")
    editor.locator("input[name=correct]").nth(1).check()
    press(editor, "Save in the draft")
    expect(editor.locator("main")).to_contain_text("Changed: stem, key.")
    editor.goto(f"/desk/quizzes/{module.quiz_id}")
    follow(editor, "Discard the draft")
    expect(editor.locator("main")).to_contain_text("item-2")
    press(editor, "Discard")
    expect(editor.get_by_text("The draft is discarded.")).to_be_visible()
    learner, _watch = visit(site, site.person())
    begin(learner, module.slug)
    expect(learner.locator("main")).to_contain_text("A patient has finding 2.")
    expect(learner.locator("main")).not_to_contain_text("nobody shall ever see")


def test_the_order_of_questions_and_an_incomplete_draft(site: Site, visit: Opener) -> None:
    """A draft that cannot be published says what to mend, and has no button."""
    module = site.small_module(title="A module with a hole")
    editor, _watch = visit(site, site.person(roles=("editor",)))
    editor.goto(f"/desk/quizzes/{module.quiz_id}")
    press(editor, "Open a draft")
    editor.locator("button[value=down]").first.click()
    expect(editor.locator("tbody th a").filter(has_text="item-").first).to_have_text("item-2")
    follow(editor, "item-1")
    editor.locator("#choices-2-rationale").fill("")
    press(editor, "Save in the draft")
    expect(editor.locator("main")).to_contain_text("has no rationale")
    editor.goto(f"/desk/quizzes/{module.quiz_id}")
    follow(editor, "Publish")
    expect(editor.locator(".lint-notes")).to_contain_text("has no rationale")
    assert editor.locator("main").get_by_role("button", name="Publish version 2").count() == 0


def test_learners_have_no_desk(site: Site, visit: Opener) -> None:
    module = site.small_module(title="A module nobody may touch")
    learner, _watch = visit(site, site.person())
    for address in ("/desk", f"/desk/quizzes/{module.quiz_id}", "/office/", "/office/people/"):
        answer = learner.goto(address)
        assert answer is not None
        assert answer.status == 403
    assert learner.get_by_role("link", name="Desk").count() == 0
