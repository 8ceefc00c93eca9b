"""Names in many scripts, typed into the profile: printed right on the certificate, or refused with a sentence."""

import re
import subprocess
import unicodedata
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Opener
from tests.browser.road import TITLE
from tests.browser.site import Site

NAMES = (
    "Nguyễn Thị Minh Khai",
    "Łukasz Ødegård",
    "Дмитрий Иванов",
    "Λαμπρινή Παπαδοπούλου",
    "محمد عبد الله",
    "王小明",
    "O’Connor-Smith III",
    "Maximiliana Wilhelmina Konstantinopolska-Featherstonehaugh van den Bergh-Þórðardóttir IV",
)
LONG = NAMES[-1] + " " + "x" * (90 - len(NAMES[-1]) - 1)
REFUSED = {"王小明"}
DIRECTIONS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def as_printed(text: str) -> str:
    """One line, compatibility forms resolved, without marks that only steer the direction."""
    return " ".join(DIRECTIONS.sub("", unicodedata.normalize("NFKC", text)).split())


def says(text: str, name: str) -> bool:
    """Whether the page's text holds the name. Letters written from right to left may come out in visual order."""
    printed, wanted = as_printed(text), as_printed(name)
    return wanted in printed or wanted[::-1] in printed or wanted.replace(" ", "") in printed.replace(" ", "")


@pytest.mark.parametrize("name", [*NAMES[:-1], LONG], ids=lambda name: str(len(name)) + " " + name.split()[0])
def test_name(site: Site, visit: Opener, tmp_path: Path, name: str) -> None:
    person = site.person(name="Before Change")
    page, _watch = visit(site, person)
    page.goto("/account/profile")
    page.locator("#name").fill(name)
    page.locator("main").get_by_role("button", name="Save").click()
    if name in REFUSED:
        expect(page.locator(".error-summary")).to_contain_text("王")
        expect(page.locator(".error-summary")).to_contain_text("Latin letters")
        expect(page.locator("#name")).to_have_value(name)
        return
    expect(page.locator("main")).to_contain_text(name)
    code = site.earn(person)
    page.goto(f"/certificates/{code}")
    expect(page.get_by_role("link", name="Download the PDF")).to_be_visible(timeout=30_000)
    answer = page.context.request.get(f"{site.url}/certificates/{code}.pdf")
    path = tmp_path / "certificate.pdf"
    path.write_bytes(answer.body())
    text = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout
    assert says(text, name), text
    assert says(text, TITLE)
    assert "\ufffd" not in text
    pages = subprocess.run(["pdfinfo", str(path)], capture_output=True, text=True, check=True).stdout
    assert re.search(r"^Pages:\s+1$", pages, re.MULTILINE)
    page.goto(f"/verify/{code}")
    expect(page.locator("main")).to_contain_text(name)
