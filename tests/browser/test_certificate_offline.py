"""The checker of the bundle in a real browser: from a file, without any connection."""

import os
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from playwright.sync_api import Browser, Page, expect

from certificates import check as program
from certificates.bundle import Issuer, check_page
from certificates.credential import credential_json
from certificates.finishing import Attachment
from certificates.status import status_list
from certificates.timestamps import time_stamper
from tests.browser.axe import violations
from tests.conftest import NOW
from tests.factories.certificates import make_snapshot
from tests.jobs.test_certificate_long_term import Service, running, signer_of
from tests.support import checking, printing
from tests.support.papers import PUBLIC_URL, make_issuer, make_paper, updated
from tests.support.tokens import make_token, paper_of

MUTATIONS = 60


def genuine() -> bytes:
    snapshot = make_snapshot(name="Nguyễn Thị Minh Khai")
    body = credential_json(snapshot, 1, PUBLIC_URL, printing.signer())
    return printing.printed(snapshot, url=f"{PUBLIC_URL}/verify/{snapshot['code']}", attachment=Attachment(body))


def written(folder: Path, fallen: list[int], made_at: datetime = NOW) -> str:
    signer = printing.signer()
    issuer = Issuer("Test provider", PUBLIC_URL, (signer.chain[-1],), made_at)
    file = folder / "check.html"
    file.write_bytes(check_page(issuer, [status_list(1, fallen, PUBLIC_URL, signer, now=made_at)]))
    return file.as_uri()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    asked: list[str] = []
    troubles: list[str] = []
    context = chromium.new_context(offline=True)
    one = context.new_page()
    one.on("request", lambda request: asked.append(request.url))
    one.on("pageerror", lambda error: troubles.append(str(error)))
    one.on("console", lambda message: troubles.append(message.text))
    yield one
    context.close()
    assert [url for url in asked if not url.startswith("file:")] == []
    assert troubles == []


def check(page: Page, body: bytes, name: str = "certificate.pdf") -> str:
    """Hand the file in and read the heading of the verdict."""
    page.evaluate("document.getElementById('verdict').hidden = true")
    page.set_input_files("#file", {"name": name, "mimeType": "application/pdf", "buffer": body})
    page.get_by_role("button", name="Check the file").click()
    expect(page.locator("#verdict")).to_be_visible()
    return page.locator("#verdict h2").inner_text()


def test_a_genuine_certificate_passes_and_shows_its_facts(page: Page, tmp_path: Path) -> None:
    page.goto(written(tmp_path, []))
    assert check(page, genuine()) == "As it was issued"
    for words in ("Nguyễn Thị Minh Khai", "0.75", "22 November 2026", "CME-2026-000042"):
        expect(page.locator("#facts")).to_contain_text(words)
    expect(page.locator("#about")).to_contain_text("Demonstration")
    assert page.evaluate("document.activeElement.id") == "verdict"
    assert violations(page) == []


def test_a_revoked_one_is_told_and_a_newer_list_wins(page: Page, tmp_path: Path) -> None:
    page.goto(written(tmp_path, [1]))
    assert check(page, genuine()) == "Revoked or replaced"
    page.goto(written(tmp_path, []))
    newer = status_list(1, [1], PUBLIC_URL, printing.signer(), now=NOW)
    page.set_input_files("#list", {"name": "1.json", "mimeType": "application/json", "buffer": newer.encode()})
    assert check(page, genuine()) == "Revoked or replaced"
    page.goto(written(tmp_path, [1]))
    older = status_list(1, [], PUBLIC_URL, printing.signer(), now=NOW - timedelta(days=1))
    for body in (older, status_list(1, [], PUBLIC_URL, printing.signer(), now=NOW + timedelta(days=1))):
        page.set_input_files("#list", {"name": "1.json", "mimeType": "application/json", "buffer": body.encode()})
        assert check(page, genuine()) == "Revoked or replaced"  # what fell never stands again
        expect(page.locator("#verdict")).to_contain_text("By the status list of 23 November 2026, 15:00 UTC.")
    forged = status_list(1, [], PUBLIC_URL, make_issuer("Forger"), now=NOW)
    page.set_input_files("#list", {"name": "1.json", "mimeType": "application/json", "buffer": forged.encode()})
    assert check(page, genuine()) == "Could not be checked"


def test_a_list_from_before_the_certificate_says_nothing_of_it(page: Page, tmp_path: Path) -> None:
    page.goto(written(tmp_path, [], NOW - timedelta(days=30)))
    assert check(page, genuine()) == "As it was issued"
    expect(page.locator("#verdict")).to_contain_text("not known: the status list here is older than the certificate")
    newer = status_list(1, [], PUBLIC_URL, printing.signer(), now=NOW)
    page.set_input_files("#list", {"name": "1.json", "mimeType": "application/json", "buffer": newer.encode()})
    assert check(page, genuine()) == "As it was issued"
    expect(page.locator("#verdict")).to_contain_text("It stood when the status list was made: 23 November 2026, 15:00")


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, checking.Case]]:
    folder = tmp_path_factory.mktemp("cases")
    with running(Service()) as service:
        stamp = time_stamper(service.url)
        yield checking.cases(folder, stamp, lambda _signer: signer_of(folder / "office", service))


def test_page_and_program_say_the_same(
    page: Page, cases: dict[str, checking.Case], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Keys withdrawn, retired, replaced; time stamps; other authorities; lists that do not count."""
    for name, case in cases.items():
        by_program(case, name, tmp_path, capsys)
        by_page(case, name, tmp_path, page)


@pytest.mark.skipif(bool(os.environ.get("CME_TEST_SKIP_SOFTHSM")), reason="no softhsm2 here; `sh script/test` names it")
def test_both_know_a_key_that_lies_in_a_token(page: Page, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    issuer = make_issuer("In a token")
    cases = checking.in_a_token(paper_of(make_token(tmp_path, issuer), issuer), issuer)
    for name, case in cases.items():
        by_program(case, name, tmp_path, capsys)
        by_page(case, name, tmp_path, page)


def test_of_an_authoritys_customers_only_the_issuer_counts(
    page: Page, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, case in checking.customers_of_one_authority().items():
        by_program(case, name, tmp_path, capsys)
        by_page(case, name, tmp_path, page)


def test_every_byte_of_a_known_signers_chain_counts(
    page: Page, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of what came along with the signature, the root included, nothing can be changed."""
    case = checking.customers_of_one_authority()["the issuer among the customers"]
    hole = case.body.index(b"/Contents <") + len(b"/Contents <")
    for one in case.above:
        der = one.public_bytes(Encoding.DER).hex().encode()
        start = case.body.lower().find(der, hole)
        if start < 0:
            continue  # roots need not come along
        for place in (start + 60, start + len(der) // 2, start + len(der) - 9):
            body = bytearray(case.body)
            body[place] = ord("1") if body[place] != ord("1") else ord("2")
            changed = replace(case, said=checking.BAD, body=bytes(body), words="")
            by_program(changed, str(place), tmp_path, capsys)
            by_page(changed, str(place), tmp_path, page)


def statuses_of(case: checking.Case) -> list[str]:
    return [status_list(1, [], PUBLIC_URL, case.status_by, now=NOW)] if case.status_by else []


def by_program(case: checking.Case, name: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, pem = folder / "file.pdf", folder / "root.pem"
    file.write_bytes(case.body)
    pem.write_bytes(case.root.public_bytes(Encoding.PEM))
    (folder / program.AUTHORITIES).write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in case.above))
    if not case.above:
        (folder / program.AUTHORITIES).unlink()
    arguments = [str(file), "--root", str(pem)]
    for number, body in enumerate(case.lists):
        (folder / f"{number}.crl").write_bytes(body)
        arguments += ["--withdrawn", str(folder / f"{number}.crl")]
    for text in statuses_of(case):
        (folder / "status").write_text(text)
        arguments += ["--status", str(folder / "status")]
    code = program.main(arguments)
    said = capsys.readouterr().out
    assert (code, checking.SAID[case.said][1] in said) == (checking.SAID[case.said][0], True), (name, said)
    assert case.words in said, (name, said)


def ders(certificates: tuple[x509.Certificate, ...]) -> tuple[bytes, ...]:
    return tuple(one.public_bytes(Encoding.DER) for one in certificates)


def by_page(case: checking.Case, name: str, folder: Path, page: Page) -> None:
    issuer = Issuer("Test provider", PUBLIC_URL, ders((case.root,)), NOW, above=ders(case.above))
    embedded = replace(issuer, withdrawn=case.lists[0]) if len(case.lists) > 1 else issuer
    (folder / "check.html").write_bytes(check_page(embedded, statuses_of(case)))
    page.goto((folder / "check.html").as_uri())
    for body in case.lists[-1:]:
        page.set_input_files("#withdrawn", {"name": "x.crl", "mimeType": "application/pkix-crl", "buffer": body})
    assert check(page, case.body) == case.said, (name, page.locator("#verdict").inner_text())
    assert case.words in page.locator("#verdict").inner_text(), name
    if case.said != checking.GOOD:
        expect(page.locator("#said")).to_be_hidden()


def test_the_list_in_the_archive_is_enough(page: Page, cases: dict[str, checking.Case], tmp_path: Path) -> None:
    case = cases["a key that was withdrawn"]
    issuer = Issuer("Test provider", PUBLIC_URL, (case.root.public_bytes(Encoding.DER),), NOW, case.lists[0])
    (tmp_path / "check.html").write_bytes(check_page(issuer, []))
    page.goto((tmp_path / "check.html").as_uri())
    assert check(page, case.body) == "Not proven"
    expect(page.locator("#verdict")).to_contain_text("7Q2M-8XKD-94PZ-T3NB-V6WR-0HJA-C5EG")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == []
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_altered_files_and_other_signers_are_refused(page: Page, tmp_path: Path) -> None:
    page.goto(written(tmp_path, []))
    body = genuine()
    for altered, words in (
        (body + b"\n", "Something was added"),
        (updated(body), "Something was added"),
        (body[:900] + bytes([body[900] ^ 1]) + body[901:], "changed after it was signed"),
        (make_paper(make_snapshot(), make_issuer("Forger")), "signed by somebody else"),
        (b"%PDF-1.7 nothing", "carries no signature"),
        (b"Dear board,", "not a PDF"),
        (body[:-300], "does not cover"),
    ):
        assert check(page, altered) == "Not as it was issued"
        expect(page.locator("#verdict")).to_contain_text(words)
        expect(page.locator("#said")).to_be_hidden()


def test_no_random_mutation_is_accepted(page: Page, tmp_path: Path) -> None:
    page.goto(written(tmp_path, []))
    body, chance = genuine(), random.Random(7)
    hole = body.index(b"/Contents <")
    for number in range(MUTATIONS):
        changed = bytearray(body)
        place = hole + 11 + chance.randrange(2700) if number % 2 else chance.randrange(len(body))
        while changed[place] == body[place]:
            changed[place] = ord(chance.choice("0123456789abcdef")) if number % 2 else chance.randrange(256)
        assert check(page, bytes(changed)) == "Not as it was issued", (number, place)
