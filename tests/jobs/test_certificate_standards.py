"""PDF/A-3a and PDF/UA-1 by the veraPDF engine: each design, each way of making, each class of name; bad files fail."""

import io
import re
import unicodedata
from collections.abc import Callable

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Stream, String

from certificates import samples
from certificates.finishing import Attachment
from certificates.rules.looks import Paper
from tests.factories.certificates import make_snapshot
from tests.support import verapdf
from tests.support.printing import printed, typeset

ATTACHMENT = Attachment(b'{"type": "VerifiableCredential"}')
NAMES = {
    "Latin": "Jane Doe",
    "Vietnamese": "Nguyễn Thị Minh Khai",
    "Polish": "Łukasz Ødegård",
    "Cyrillic": "Дмитрий Иванов",
    "Greek": "Λαμπρινή Παπαδοπούλου",
    "Arabic": "محمد عبد الله",
    "Hebrew": "יוסף כהן",
    "Devanagari": "अमित शर्मा",
    "Thai": "สมชาย ศรีสุข",
    "two directions": "محمد Smith",
    "two scripts": "Jane Дмитрий",
    "combining marks": "Z̷o̴e̷ Ray",
    "decomposed": unicodedata.normalize("NFD", "José Phạm"),
    "ninety": "Maximiliana Konstantinopolitanska-Brandenburgerin von und zu Hohenzollern-Sigmaringen XXI",
    "one hundred and twenty": "W" * 120,
    "markup": '<b>Bobby</b> & "Tables" =cmd()',
}
WAYS = {"stamped": printed, "typeset": typeset}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("way", WAYS)
def test_every_class_of_name_keeps_both_standards(name: str, way: str):
    snapshot = make_snapshot(name=name, mode="accredited")
    body = WAYS[way](snapshot, attachment=ATTACHMENT)
    assert verapdf.problems(body) == []
    assert len(body) <= 60_000


@pytest.mark.parametrize("mode", ["accredited", "demonstration"])
@pytest.mark.parametrize("kind", ["credit", "participation"])
@pytest.mark.parametrize("attachment", [ATTACHMENT, None], ids=["with credential", "without"])
def test_every_design_keeps_both_standards(kind: str, mode: str, attachment: Attachment | None):
    assert verapdf.problems(printed(make_snapshot(kind, mode=mode), attachment=attachment)) == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("paper", list(Paper))
@pytest.mark.parametrize("kind", ["credit", "participation"])
@pytest.mark.parametrize("texts", samples.EVERY, ids=lambda texts: texts.__name__)
def test_every_design_on_every_paper_keeps_both_standards(texts: Callable, kind: str, paper: Paper, way: str):
    body = WAYS[way](texts(kind, paper), attachment=ATTACHMENT)
    assert verapdf.problems(body) == []
    with pikepdf.open(io.BytesIO(body)) as pdf:
        (page,) = pdf.pages
        width = {Paper.LETTER: 792, Paper.A4: 841.89}[paper]
        assert float(page.MediaBox[2]) == pytest.approx(width, abs=0.01)


def test_the_engine_makes_hundreds_of_checks():
    body = printed(make_snapshot())
    assert verapdf.judge(body, verapdf.A3A).checks > 1000
    assert verapdf.judge(body, verapdf.UA1).checks > 300


def changed(change: Callable[[pikepdf.Pdf], None]) -> bytes:
    """Without its signature, which any change breaks, and PDF/A wants a signature to be right."""
    with pikepdf.open(io.BytesIO(printed(make_snapshot(), attachment=ATTACHMENT))) as pdf:
        del pdf.Root.AcroForm, pdf.Root.Perms
        page = pdf.pages[0]
        page.Annots = Array([one for one in page.Annots if one.Subtype != Name.Widget])
        change(pdf)
        written = io.BytesIO()
        pdf.save(written)
    return written.getvalue()


def figures(pdf: pikepdf.Pdf) -> list[pikepdf.Object]:
    return [one for one in pdf.objects if isinstance(one, Dictionary) and one.get("/S") == Name.Figure]


def test_a_signature_that_does_not_cover_the_file_breaks_the_standard_too():
    body = printed(make_snapshot())
    (found,) = re.findall(rb"/ByteRange \[0 \d+ \d+ (\d+)\]", body)
    shorter = body.replace(b" %s]" % found, b" %d]" % (int(found) - 100))
    assert len(shorter) == len(body)
    assert [line for line in verapdf.problems(shorter) if "6.4.3-1" in line]


def no_alternative(pdf: pikepdf.Pdf) -> None:
    for figure in figures(pdf):
        del figure.Alt


def no_language(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.Lang


def no_metadata(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.Metadata


def no_accessibility_claim(pdf: pikepdf.Pdf) -> None:
    xmp = pdf.Root.Metadata.read_bytes().replace(b'pdfuaid:part="1"', b"")
    pdf.Root.Metadata = pdf.make_indirect(Stream(pdf, xmp, Type=Name.Metadata, Subtype=Name.XML))


def no_output_intent(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.OutputIntents


def no_relationship(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.AF[0].AFRelationship


def a_font_that_is_only_named(pdf: pikepdf.Pdf) -> None:
    for font in pdf.pages[0].Resources.Font.values():
        del font.DescendantFonts[0].FontDescriptor.FontFile2


def letters_without_meaning(pdf: pikepdf.Pdf) -> None:
    for font in pdf.pages[0].Resources.Font.values():
        del font.ToUnicode


def untagged_text(pdf: pikepdf.Pdf) -> None:
    page = pdf.pages[0]
    (font, *_others) = page.Resources.Font
    page.contents_add(Stream(pdf, f"BT {font} 12 Tf 1 0 0 1 50 50 Tm <0001> Tj ET".encode()))


def a_script(pdf: pikepdf.Pdf) -> None:
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))


def tags_taken_away(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.StructTreeRoot


BAD = {
    no_alternative: verapdf.UA1,
    no_language: verapdf.UA1,
    no_metadata: verapdf.A3A,
    no_accessibility_claim: verapdf.UA1,
    no_output_intent: verapdf.A3A,
    no_relationship: verapdf.A3A,
    a_font_that_is_only_named: verapdf.A3A,
    letters_without_meaning: verapdf.A3A,
    untagged_text: verapdf.UA1,
    a_script: verapdf.A3A,
    tags_taken_away: verapdf.UA1,
}


@pytest.mark.parametrize("change", BAD, ids=lambda change: change.__name__)
def test_the_check_can_fail(change: Callable[[pikepdf.Pdf], None]):
    verdict = verapdf.judge(changed(change), BAD[change])
    assert not verdict.passes


def test_a_file_that_is_saved_anew_unchanged_still_passes():
    """So what fails above fails because of the one change."""
    assert verapdf.problems(changed(lambda pdf: None)) == []
