"""The learner's road through the pages, step by step, with whichever hand operates them."""

import csv
import io
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from cme.kernel.days import day_phrase, local_day
from tests.browser.hands import Mouse
from tests.browser.site import SLUG, Site, words_only
from tests.browser.watch import Watch

TITLE = "Sleep-related leg cramps"
PASSWORD = "walnut lantern over quiet water"


@dataclass
class Traveller:
    """One person on the road: their page, how they operate it, and what the browser says meanwhile."""

    site: Site
    page: Page
    hand: Mouse
    watch: Watch
    name: str = "Żaneta Brontë-Nguyễn"
    email: str = "zaneta@example.org"

    def heading(self, text: str | re.Pattern[str]) -> None:
        """The page is the one with this heading."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(text)

    def button(self, name: str) -> Locator:
        return self.page.locator("main").get_by_role("button", name=name, exact=True)

    def link(self, name: str) -> Locator:
        return self.page.locator("main").get_by_role("link", name=name, exact=True)

    # The account ------------------------------------------------------------------------------------------------

    def register(self) -> None:
        self.page.goto(f"{self.site.url}/register")
        self.hand.fill(self.page.get_by_label("Name", exact=False).first, self.name)
        self.hand.fill(self.page.locator("#credentials"), "MD, PhD")
        self.hand.select(self.page.locator("#profession"), "physician")
        self.hand.select(self.page.locator("#country"), "PL")
        self.hand.fill(self.page.locator("#email"), self.email)
        self.hand.fill(self.page.locator("#password"), PASSWORD)
        self.hand.press(self.button("Create account"))
        self.heading("Check your mail")

    def confirm(self) -> None:
        """Follow the link in the letter."""
        self.page.goto(self.site.link_to(self.email, "/confirm/"))
        expect(self.page.locator("main")).to_contain_text(self.email)
        self.hand.press(self.button("Yes, confirm it"))
        expect(self.page.get_by_text("Your e-mail address is confirmed.")).to_be_visible()

    def sign_in(self) -> None:
        """From wherever the form stands."""
        if "/sign-in" not in self.page.url:
            self.page.goto(f"{self.site.url}/sign-in")
        self.hand.fill(self.page.locator("#email"), self.email)
        self.hand.fill(self.page.locator("#password"), PASSWORD)
        self.hand.press(self.button("Sign in"))
        self.heading(re.compile(r"^(?!Sign in)"))

    # The module -------------------------------------------------------------------------------------------------

    def open_module(self) -> None:
        self.heading("Modules")
        self.hand.press(self.link(TITLE))
        self.heading(TITLE)

    def start(self) -> None:
        expect(self.page.get_by_text("Learning objectives")).to_be_visible()
        self.hand.press(self.page.locator(".start-box").get_by_role("button", name="Start"))
        expect(self.page.locator(".article-body")).to_be_visible()
        assert self.page.locator(".article-body figure").count() >= 5

    def finish_reading(self) -> None:
        self.hand.press(self.button("I have read the article: start the quiz"))
        self.heading("Quiz")

    # The quiz ---------------------------------------------------------------------------------------------------

    def answer(self, question: Locator, *, right: bool, turn: int) -> None:
        """Choose the key, or the first choice that is not."""
        stem = question.locator(".question-stem").inner_text()
        number = question.locator(".question-number").inner_text()
        key, others = self.site.right[words_only(stem.replace(number, "", 1))]
        texts = [words_only(text) for text in question.locator(".option-text").all_inner_texts()]
        assert sorted(texts) == sorted([key, *others]), "the choices shown are not those of the quiz"
        index = next(place for place, text in enumerate(texts) if (text == key) is right)
        self.hand.answer(question.locator("input[type=radio]"), index, turn)

    def answer_all(self, *, wrong: int = 0) -> None:
        """Everything on the page, the first `wrong` ones wrongly; where there is a script each is saved at once."""
        questions = self.page.locator(".question")
        for turn in range(questions.count()):
            self.answer(questions.nth(turn), right=turn >= wrong, turn=turn)

    def submit(self) -> None:
        self.hand.press(self.button("Submit answers"))
        self.heading("Your result")

    def expect_score(self, earned: int, sentence: str) -> None:
        expect(self.page.locator(".score-figure")).to_have_text(f"{earned} of 10")
        expect(self.page.locator(".score-sentence")).to_contain_text(sentence)

    # The claim --------------------------------------------------------------------------------------------------

    def open_claim(self) -> None:
        self.hand.press(self.page.locator(".start-box").get_by_role("link", name="Evaluate & claim"))
        self.heading("Evaluate and claim")
        assert self.page.locator("input[name=amount]:checked").count() == 0, "an amount was chosen beforehand"

    def evaluate_and_claim(self, amount: str = "0.75") -> None:
        """The three questions that must be answered, the amount, the statement, one button."""
        expect(self.page.locator(".printed")).to_contain_text(f"{self.name}, MD, PhD")
        for key, value in (("objectives-met", "5"), ("free-of-bias", "yes"), ("change-in-practice", "tests")):
            self.hand.choose(self.page.locator(f"input[name='evaluation-{key}'][value='{value}']"))
        self.hand.choose(self.page.locator(f"input[name=amount][value='{amount}']"))
        self.hand.choose(self.page.locator("input[name=attested]"))
        self.hand.press(self.button("Claim credit"))
        self.heading(re.compile(TITLE))

    # The certificate --------------------------------------------------------------------------------------------

    def verify_link(self) -> str:
        return self.page.locator("#verify-url").input_value()

    def download(self, folder: Path) -> str:
        """The PDF, by its button; gives its text."""
        link = self.link("Download the PDF")
        expect(link).to_be_visible(timeout=30_000)
        with self.page.expect_download() as waiting:
            self.hand.press(link)
        path = folder / "certificate.pdf"
        waiting.value.save_as(path)
        return text_of_pdf(path)

    def expect_certificate(self, text: str, amount: str) -> None:
        """Everything the certificate must say."""
        code = self.verify_link().rsplit("/", 1)[-1]
        day = day_phrase(local_day(self.site.server.now(), "America/Los_Angeles"))
        for wanted in (self.name, TITLE, amount, day, code):
            assert words_only(wanted) in words_only(text), f"the certificate does not say {wanted}:\n{text}"
        assert "demonstration" in text.lower()

    def verify(self, amount: str) -> None:
        self.page.goto(self.verify_link())
        self.heading(re.compile("^Valid .*certificate"))
        for wanted in (self.name, TITLE, amount):
            expect(self.page.locator("main")).to_contain_text(wanted)
        assert self.email not in self.page.content()

    def read_transcript(self, amount: str) -> list[list[str]]:
        """The page, then the CSV by its button; gives its rows."""
        self.page.goto(f"{self.site.url}/transcript")
        row = self.page.locator("tbody tr", has_text=TITLE)
        expect(row).to_contain_text(amount)
        with self.page.expect_download() as waiting:
            self.hand.press(self.link("Download CSV"))
        return list(csv.reader(io.StringIO(waiting.value.path().read_text(encoding="utf-8-sig"))))


def article_address(site: Site) -> str:
    return f"{site.url}/modules/{SLUG}/article"


def text_of_pdf(path: Path) -> str:
    """What is written on its one page."""
    facts = subprocess.run(["pdfinfo", str(path)], capture_output=True, text=True, check=True).stdout
    assert re.search(r"^Pages:\s+1$", facts, re.MULTILINE), facts
    return subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout
