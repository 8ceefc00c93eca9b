"""Transcripts and covers in print: several pages, both standards, signed; and the learner's entrance to them."""

import io
import subprocess
import zipfile
from datetime import date
from pathlib import Path

import pikepdf
import pytest
from flask import Flask

from certificates import bulk_jobs, samples
from certificates.rules.looks import Paper
from certificates.rules.sheets import Line, Sheet, cover, transcript
from certificates.shaping import NoCoverage
from certificates.sheets import print_sheet
from tests.conftest import NOW
from tests.factories.issued import Issued, issue, revoke
from tests.factories.people import PASSWORD
from tests.support.client import Client
from tests.support.office_pages import signed_in
from tests.support.printing import signer
from tests.support.verapdf import problems

VERIFY = "https://cme.example.org/verify"
TITLES = (
    "Sleep-related leg cramps",
    "Restless legs in dialysis: diagnosis, differential diagnosis and treatment in primary care",
)


def lines(many: int) -> list[Line]:
    return [
        Line(
            samples.sample(
                "participation" if number % 4 == 0 else "credit",
                Paper.A4,
                title=TITLES[number % 2],
                completed_on=f"{2026 - number // 20}-0{1 + number % 9}-11",
            ),
            "revoked" if number == 3 else "valid",
            f"7Q2M-8XKD-94PZ-T3NB-V6WR-0HJA-{number:04d}",
        )
        for number in range(many)
    ]


def written(many: int, name: str = "Nguyễn Thị Minh Khai") -> Sheet:
    return transcript(
        lines(many),
        name=name,
        credentials="MD",
        country="US",
        site="Open CME",
        verify_base=VERIFY,
        on=date(2026, 11, 28),
    )


def printed(sheet: Sheet, paper: Paper) -> bytes:
    return print_sheet(sheet, paper, signer=signer(), at=NOW)


def text_of(body: bytes) -> str:
    done = subprocess.run(["pdftotext", "-raw", "-enc", "UTF-8", "-", "-"], input=body, capture_output=True, check=True)
    return " ".join(done.stdout.decode().split())


@pytest.mark.parametrize("paper", list(Paper))
@pytest.mark.parametrize("many", [1, 60])
def test_a_transcript_keeps_both_standards_and_its_signature_is_valid(paper: Paper, many: int, tmp_path: Path):
    body = printed(written(many), paper)
    assert problems(body) == []
    with pikepdf.open(io.BytesIO(body)) as pdf:
        pages = len(pdf.pages)
        sizes = {tuple(round(float(edge)) for edge in page.MediaBox[2:]) for page in pdf.pages}
    assert sizes == {(612, 792) if paper is Paper.LETTER else (595, 842)}
    assert (pages == 1) == (many == 1)
    assert f"Page {pages} of {pages}" in text_of(body)
    (tmp_path / "transcript.pdf").write_bytes(body)
    said = subprocess.run(
        ["pdfsig", "-nocert", str(tmp_path / "transcript.pdf")], capture_output=True, text=True, check=True
    ).stdout
    assert "Signature is Valid" in said
    assert "Total document signed" in said


@pytest.mark.parametrize("name", ["יוסף כהן", "محمد Smith", "अमित शर्मा", "W" * 120])
def test_names_in_every_script_are_printed(name: str):
    assert problems(printed(written(3, name), Paper.A4)) == []


def test_a_name_that_no_typeface_has_is_not_printed_as_boxes():
    with pytest.raises(NoCoverage):
        printed(written(1, "Zoë \U0001f600"), Paper.A4)


def test_the_same_transcript_is_the_same_file():
    assert printed(written(5), Paper.A4) == printed(written(5), Paper.A4)


def test_a_cover_keeps_both_standards():
    sheet = cover(lines(60), site="Open CME", choice="All.", verify_base=VERIFY, on=date(2026, 11, 28))
    body = printed(sheet, Paper.LETTER)
    assert problems(body) == []
    assert "60 certificates" in text_of(body)


@pytest.fixture
def issued(web_app: Flask) -> Issued:
    return issue(web_app)


def owner_of(issued: Issued) -> Client:
    client = Client(issued.app)
    client.sign_in(issued.email, PASSWORD)
    return client


def test_a_learner_takes_the_transcript(issued: Issued):
    owner = owner_of(issued)
    address = owner.get("/transcript").link("Download PDF")
    answer = owner.raw.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert "CME-transcript.pdf" in answer.headers["Content-Disposition"]
    text = text_of(answer.get_data())
    assert issued.code in text
    assert "Jane Doe" in text
    assert "Demonstration – no accredited credit" in text
    revoke(issued)
    assert "revoked, not counted" in text_of(owner.raw.get(address).get_data())


def test_there_is_no_transcript_without_credit_nor_for_strangers(web_app: Flask, issued: Issued):
    other, _ = signed_in(web_app)
    other.get("/transcript.pdf", status=404)
    assert Client(web_app).raw.get("/transcript.pdf").status_code in {302, 303}


def test_printing_again_and_again_is_limited(issued: Issued):
    owner = owner_of(issued)
    codes = [owner.raw.get("/transcript.pdf").status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]


def test_an_archive_opens_with_its_cover(web_app: Flask, issued: Issued):
    office, _ = signed_in(web_app, "registrar")
    page = office.send(office.get("/office/certificates").form("/packs"))
    with web_app.app_context():
        bulk_jobs.work(1)
    body = office.raw.get(office.get(page.response.request.path).link("Download")).get_data()
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.namelist()[0] == "cover.pdf"
        text = text_of(archive.read("cover.pdf"))
    assert "1 certificate" in text
    assert issued.number in text
