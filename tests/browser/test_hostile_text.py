"""Script, template language, line ends and formulas in every field a person can type: shown as text, harmless."""

import csv
import email
import email.policy
import io
import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from tests.browser.conftest import Opener
from tests.browser.site import Site
from tests.support import journeys

TAGS = "<script>window.broken=1</script><img src=x onerror=alert(1)>{{7*7}}{% raw %}"
NAME = "=1+1 <script>window.broken=1</script>{{7*7}}"
CREDENTIALS = "@SUM(A1) <b onclick=alert(1)>{{7*7}}"
LINES = "=cmd|' /C calc'!A0\r\nBcc: victim@example.org\r\n\r\n" + TAGS
STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def unharmed(page: Page) -> None:
    """Nothing of it ran, and no element came of it."""
    assert page.evaluate("typeof window.broken") == "undefined"
    assert page.locator("img[src='x'], [onclick], [onerror], script:not([nonce])").count() == 0
    assert page.locator("a[href^='javascript:' i], a[href^='data:' i]").count() == 0


def token(page: Page) -> str:
    return page.locator("input[name=csrf_token]").first.get_attribute("value") or ""


def press(page: Page, name: str) -> None:
    page.locator("main").get_by_role("button", name=name, exact=True).first.click()


def shows(page: Page, *texts: str) -> None:
    """Each is there as text, to be read."""
    unharmed(page)
    words = " ".join(page.locator("main").inner_text().split())
    for wanted in texts:
        assert " ".join(wanted.split()) in words, f"{page.url} does not show {wanted}: {words[:1500]}"


def harmless_csv(page: Page, address: str) -> str:
    """No cell that a spreadsheet would run; gives the whole text."""
    answer = page.context.request.get(address)
    assert answer.ok
    assert answer.headers["content-type"].startswith("text/csv")
    cells = [cell for row in csv.reader(io.StringIO(answer.text().lstrip("\ufeff"))) for cell in row]
    assert not [cell for cell in cells if cell.startswith(STARTS_A_FORMULA)]
    return answer.text()


@pytest.fixture(scope="module")
def victim(site: Site) -> int:
    """Somebody with a hostile name who has earned credit for a small module."""
    person = site.person(name=NAME, credentials=CREDENTIALS, email="hostile@example.org")
    module = site.small_module(title="A module for hostile words")
    with site.database.writing() as session:
        journeys.earn(session, person, module.release_id, now=site.server.now())
    return person


def test_a_hostile_name_on_every_page(site: Site, visit: Opener, victim: int, tmp_path: Path) -> None:
    page, _watch = visit(site, victim)
    page.goto("/account")
    shows(page, NAME, CREDENTIALS)
    code = site.certificate_of(victim)
    page.goto(f"/certificates/{code}")
    expect(page.get_by_role("link", name="Download the PDF")).to_be_visible(timeout=30_000)
    shows(page, NAME)
    pdf = tmp_path / "certificate.pdf"
    pdf.write_bytes(page.context.request.get(f"{site.url}/certificates/{code}.pdf").body())
    printed = subprocess.run(["pdftotext", str(pdf), "-"], capture_output=True, text=True, check=True).stdout
    assert "{{7*7}}" in printed
    assert "<script>" in printed
    assert b"/JavaScript" not in pdf.read_bytes()
    page.goto(f"/verify/{code}")
    shows(page, NAME)
    harmless_csv(page, f"{site.url}/transcript.csv")
    office, _watch = visit(site, site.person(roles=("administrator",)))
    for address in ("/office/completions", "/office/decisions", "/office/credits"):
        office.goto(f"{address}?person=hostile")
        shows(office, NAME)
        assert "{{7*7}}" in harmless_csv(office, f"{site.url}{address}.csv?person=hostile")
    office.goto("/office/people/?q=hostile")
    shows(office, NAME)
    office.get_by_role("link", name=NAME).click()
    shows(office, NAME)


def test_a_registration_with_line_ends(site: Site, visit: Opener) -> None:
    """What no form field would send: line ends in a name and in an address. The letter stays one letter."""
    page, _watch = visit(site)
    page.goto("/register")
    fields = {
        "csrf_token": token(page),
        "name": f"Eve\r\nBcc: victim@example.org {TAGS[:40]}",
        "credentials": "MD\r\nX: y",
        "profession": "physician",
        "country": "US",
        "email": "eve@example.org",
        "password": "walnut lantern over quiet water",
    }
    sent = page.context.request.post(f"{site.url}/register", form=fields, headers={"Referer": page.url})
    assert sent.status == 200
    refused = {**fields, "email": "eve@example.org\r\nBcc: victim@example.org"}
    assert page.context.request.post(f"{site.url}/register", form=refused, headers={"Referer": page.url}).status == 422
    site.letter_to("eve@example.org", "/confirm/")
    page.goto("/forgot")
    page.locator("#email").fill("eve@example.org")
    press(page, "Send the link")
    letter = site.letter_to("eve@example.org", "/reset/")
    assert "Hello Eve Bcc: victim@example.org <script>" in letter
    for path in site.mail_folder.glob("*.eml"):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        assert "Bcc" not in message
        assert "victim" not in str(message["To"])
        assert "\n" not in str(message["Subject"])


def test_search_fields(site: Site, visit: Opener) -> None:
    page, _watch = visit(site, site.person(roles=("administrator",)))
    for address, field in (
        ("/", "q"),
        ("/office/people/", "q"),
        ("/office/credits", "person"),
        ("/office/decisions", "person"),
        ("/desk/quizzes/1", "q"),
    ):
        page.goto(address)
        page.locator(f"main input[name={field}]").fill(TAGS)
        page.locator(f"main input[name={field}]").press("Enter")
        page.wait_for_url(re.compile("script"))
        unharmed(page)
        assert page.locator(f"main input[name={field}]").input_value() == TAGS[:100]
    for address in ("/verify?code=", "/verify/", "/sign-in?next=", "/modules/", "/?specialty=", "/check-mail/"):
        page.goto(address + TAGS.replace("/", "%2F").replace("%}", "%25}").replace("{%", "{%25"))
        unharmed(page)


def test_evaluation_texts(site: Site, visit: Opener) -> None:
    """Typed with the claim; kept as typed, shown nowhere as anything but text."""
    module = site.small_module(title="A module for evaluations")
    person = site.person()
    with site.database.writing() as session:
        journeys.complete(session, person, module.release_id, now=site.server.now())
    page, _watch = visit(site, person)
    page.goto(f"/modules/{module.slug}/claim")
    page.locator("textarea[name=evaluation-comment]").fill(LINES)
    press(page, "Claim credit")
    expect(page.locator(".error-summary")).to_be_visible()
    assert TAGS in page.locator("textarea[name=evaluation-comment]").input_value()
    unharmed(page)
    for name, value in (("objectives", "5"), ("bias", "yes"), ("outcome", "ask")):
        page.locator(f"input[name=evaluation-{name}][value='{value}']").check()
    page.locator("input[name=amount]").first.check()
    page.locator("input[name=attested]").check()
    press(page, "Claim credit")
    expect(page.get_by_role("heading", level=1)).to_contain_text("A module for evaluations")
    unharmed(page)
    kept = site.database.rows("SELECT answers FROM evaluation_responses WHERE person_id = :id", id=person)
    assert "{{7*7}}" in str(kept)


def test_what_an_editor_types(site: Site, visit: Opener) -> None:
    module = site.small_module(title="A module for hostile questions")
    page, _watch = visit(site, site.person(roles=("editor",)))
    page.goto(f"/desk/quizzes/{module.quiz_id}")
    press(page, "Open a draft")
    page.locator("main").get_by_role("link", name="item-1", exact=True).first.click()
    page.locator("#stem").fill(f"{TAGS}\n\n[click](javascript:alert(1)) Which one?")
    for number, letter in enumerate("abcd"):
        page.locator(f"#choices-{number}-text").fill(f"={letter} {TAGS}")
        page.locator(f"#choices-{number}-rationale").fill(f"Reason {letter} {TAGS}")
    press(page, "Show the learner's view")
    unharmed(page)
    expect(page.locator(".preview-pane")).to_contain_text(TAGS)
    press(page, "Save in the draft")
    shows(page, TAGS)
    page.goto(f"/desk/quizzes/{module.quiz_id}")
    unharmed(page)
    page.locator("main").get_by_role("link", name="Publish", exact=True).click()
    unharmed(page)
    press(page, "Publish version 2")
    unharmed(page)
    learner, _watch = visit(site, site.person())
    learner.goto(f"/modules/{module.slug}/quiz")
    learner.locator(".start-box button").click()
    shows(learner, TAGS, f"=a {TAGS}")
    for number in (1, 2):
        learner.locator(f"#question-{number} input[value=a]").check()
    press(learner, "Submit answers")
    expect(learner.get_by_role("heading", level=1)).to_have_text("Your result")
    shows(learner, TAGS, f"Reason a {TAGS}")


def test_page_texts_and_providers(site: Site, visit: Opener) -> None:
    page, _watch = visit(site, site.person(roles=("administrator",)))
    page.goto("/office/pages/contact")
    page.locator("#title").fill(f"Contact {TAGS}")
    page.locator("#source").fill(f"## {TAGS}\n\n{TAGS}\n\n[click](javascript:alert(1)) <b onclick=alert(1)>bold</b>")
    press(page, "Save")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Contact")
    shows(page, f"Contact {TAGS}", "<b onclick=alert(1)>bold</b>")
    for address in ("/office/pages", "/office/pages/contact"):
        page.goto(address)
        unharmed(page)
    page.goto("/office/providers/new")
    page.locator("#key").fill("hostile-provider")
    page.locator("#name").fill(NAME)
    page.locator("input[name=mode][value=demonstration]").check()
    for name in ("accreditation_statement", "designation_statement", "participation_statement", "contact"):
        page.locator(f"#{name}").fill(TAGS)
    page.locator("#correction_days").fill("30")
    press(page, "Save")
    for address in ("/office/providers", "/office/providers/hostile-provider"):
        page.goto(address)
        shows(page, NAME)


def test_the_reason_of_a_withdrawal(site: Site, visit: Opener) -> None:
    module = site.small_module(title="A module that is withdrawn")
    page, _watch = visit(site, site.person(roles=("registrar",)))
    page.goto(f"/office/releases/{module.release_id}")
    page.locator("#reason").fill(LINES)
    page.locator("#understood").check()
    press(page, "Withdraw this release")
    expect(page.get_by_text("The release was withdrawn.")).to_be_visible()
    shows(page, TAGS)
    page.goto("/office/releases")
    unharmed(page)
    learner, _watch = visit(site, site.person())
    learner.goto(f"/modules/{module.slug}")
    unharmed(learner)
    assert learner.locator("main").get_by_role("button", name="Start").count() == 0
    learner.goto("/")
    unharmed(learner)
    with site.database.writing() as session:
        assert session.execute(text("SELECT count(*) FROM releases WHERE state = 'withdrawn'")).scalar()
