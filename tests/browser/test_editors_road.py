"""The editor's whole road by keyboard: a GIFT file imported, mended, anchored, reviewed by somebody else, published."""

from pathlib import Path

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import text

from tests.browser.axe import in_both_schemes
from tests.browser.conftest import Opener
from tests.browser.hands import Keyboard
from tests.browser.site import Site
from tests.browser.test_editor import begin
from tests.factories.modules import Module

GIFT = """
::Cramps and age:: A patient of 70 wakes with a hard, painful calf. Name the finding. {
  =Leg cramp#It is sudden, painful and hard to the touch.
  ~Claudication#It comes with walking.
  ~Restless legs#They urge to move.
  ~All of the above#Only one of them is.
}
"""
OLD = "A patient has finding 2. What is it called?"
NEW = "What is this finding called?"


class Road:
    """One person at the keyboard; every page on the way is looked at by axe."""

    def __init__(self, page: Page) -> None:
        self.page, self.hand = page, Keyboard(page)
        self.faults: list[str] = []

    def look(self, heading: str) -> None:
        """The page has this heading and no fault that axe can find."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)
        self.faults += [f"{self.page.url}: {line}" for line in in_both_schemes(self.page)]

    def link(self, name: str) -> None:
        self.hand.press(self.page.locator("main").get_by_role("link", name=name, exact=True).first)

    def button(self, name: str) -> None:
        self.hand.press(self.page.locator("main").get_by_role("button", name=name, exact=True).first)

    def at(self, selector: str) -> Locator:
        return self.page.locator(selector)

    def pick(self, kind: str, words: str, name: str) -> None:
        """Search, and tick what was found."""
        self.hand.fill(self.at(f"#find_{kind}"), words)
        self.page.keyboard.press("Enter")
        self.hand.choose(self.at(f"#{kind}-found-{name}"))

    def done(self) -> None:
        """Nothing that a keyboard or axe would complain of."""
        assert not self.faults, "\n".join(self.faults)
        assert not self.hand.without_ring, "\n".join(self.hand.without_ring)


def asking_for_approval(site: Site) -> Module:
    """A module whose provider wants one person beside the editors to approve."""
    module = site.small_module(title="A module with a new question")
    with site.database.writing() as session:
        rule = "UPDATE providers SET approvals = 1 WHERE id = (SELECT provider_id FROM releases WHERE id = :id)"
        session.execute(text(rule), {"id": module.release_id})
    return module


def take_in_the_file(road: Road, module: Module, file: Path) -> None:
    road.page.goto(f"/desk/import?quiz={module.quiz_id}")
    road.look("Import questions")
    with road.page.expect_file_chooser() as chooser:
        road.hand.press(road.at("#file"))
    chooser.value.set_files(file)
    road.button("Read the file")
    expect(road.at("main")).to_contain_text("GIFT")
    road.look(road.at("h1").inner_text())
    road.button("Take 1 question into the draft")
    road.look("Imported")
    road.link("Go to the draft")


def mend_and_anchor(road: Road) -> None:
    """Two notes of the linter go away while one types; then topic, objective, passage and reference."""
    row = road.at(
        "tr",
    ).filter(has_text="Name the finding.")
    road.hand.press(row.locator("th a"))
    notes = [road.at(f'[data-code="{code}"]') for code in ("not_a_question", "all_or_none")]
    for note in notes:
        expect(note).to_be_visible()
    road.page.wait_for_load_state()  # from here on the scripts answer
    road.hand.fill(road.at("#stem"), f"A patient of 70 wakes with a hard, painful calf. {NEW}")
    expect(notes[0]).to_have_count(0)
    road.hand.fill(road.at("#choices-3-text"), "Nerve pain")
    road.hand.fill(road.at("#choices-3-rationale"), "It burns, and the muscle is soft.")
    expect(notes[1]).to_have_count(0)
    road.hand.select(road.at("#topic"), "one")
    road.hand.select(road.at("#objective"), "one")
    road.pick("passages", "about two", "p-two")
    road.pick("references", "One", "one2020")
    road.button("Save in the draft")
    expect(road.page.get_by_text("Saved in the draft.")).to_be_visible()
    expect(road.at("main")).to_contain_text("Nothing stands in the way of publishing this question.")
    road.look(road.at("h1").inner_text())


def take_out_by_mistake_and_again(road: Road, module: Module) -> None:
    """Taken out, undone, done again: all named in words."""
    road.page.goto(f"/desk/quizzes/{module.quiz_id}")
    road.link("item-2")
    road.link("Take out")
    road.look("Take out item-2")
    road.button("Take it out")
    road.button("Undo: took out question “item-2”")
    expect(road.page.get_by_text("Taken back: took out question “item-2”.")).to_be_visible()
    road.button("Redo: took out question “item-2”")
    expect(road.page.get_by_text("Done again: took out question “item-2”.")).to_be_visible()
    road.look(road.at("h1").inner_text())


def send(road: Road, module: Module, reviewer: int) -> None:
    road.link("Publish")
    expect(road.at(".lint-notes")).to_contain_text("nobody did yet")
    assert road.at("main").get_by_role("button", name="Publish version 2").count() == 0
    road.page.goto(f"/desk/quizzes/{module.quiz_id}")
    road.link("Review")
    road.look("Review of version 2")
    road.hand.select(road.at("#reviewer"), str(reviewer))
    road.hand.fill(road.at("#send-words"), "Is the new question clear?")
    road.button("Send to review")
    expect(road.page.get_by_text("Sent to review.")).to_be_visible()
    road.look("Review of version 2")


def approve(road: Road) -> None:
    road.page.goto("/desk/reviews")
    road.look("Reviews")
    road.hand.press(road.at(".worklist a").first)
    road.look("Review of version 2")
    expect(road.at("main")).to_contain_text("Is the new question clear?")
    expect(road.at("main")).to_contain_text(NEW)
    road.hand.press(road.at(".review-item summary").first)
    road.hand.fill(road.at(".review-item textarea").first, "Clear, and rightly anchored.")
    road.hand.press(road.at(".review-item form button").first)
    expect(road.page.get_by_text("Your comment is kept.")).to_be_visible()
    road.button("Approve")
    expect(road.page.get_by_text("Approved. The editor is told.")).to_be_visible()
    road.look("Review of version 2")


def test_from_a_gift_file_to_the_next_learner(site: Site, visit: Opener, tmp_path: Path) -> None:
    file = tmp_path / "cramps.gift"
    file.write_text(GIFT, encoding="utf-8")
    module = asking_for_approval(site)
    inside, _watch = visit(site, site.person())
    begin(inside, module.slug)
    reviewer = site.person(roles=("reviewer",), name="Rowan Reviewer")

    page, _watch = visit(site, site.person(roles=("editor",), name="Eli Editor"))
    editor = Road(page)
    take_in_the_file(editor, module, file)
    mend_and_anchor(editor)
    take_out_by_mistake_and_again(editor, module)
    send(editor, module, reviewer)

    page, _watch = visit(site, reviewer)
    second = Road(page)
    approve(second)
    second.done()

    editor.page.goto("/desk")
    editor.look("Desk")
    editor.hand.press(editor.at(".worklist a").filter(has_text="approved").first)
    editor.look("Publish version 2")
    editor.button("Publish version 2")
    expect(editor.page.get_by_text("Published. The next start gets this version")).to_be_visible()
    expect(editor.at("main")).to_contain_text("Rowan Reviewer approved it")
    editor.look(editor.at("h1").inner_text())
    editor.done()

    inside.reload()
    expect(inside.locator("main")).to_contain_text(OLD)
    expect(inside.locator("main")).not_to_contain_text(NEW)
    for number in (1, 2):
        inside.locator(f"#question-{number} input[value=a]").check()
    inside.locator("main").get_by_role("button", name="Submit answers").click()
    expect(inside.locator(".score-sentence")).to_contain_text("Passed")
    for _ in range(3):  # whichever server process answers
        another, _watch = visit(site, site.person())
        begin(another, module.slug)
        expect(another.locator("main")).to_contain_text(NEW)
        expect(another.locator("main")).not_to_contain_text(OLD)
