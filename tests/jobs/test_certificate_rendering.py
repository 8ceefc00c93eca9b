"""The printed page: text, fonts, tags, metadata, QR code, the seal around it, determinism."""

import hashlib
import io
import json
import re
import subprocess
import sys
import unicodedata
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pikepdf
import pypdfium2
import pytest
import weasyprint
import zxingcpp
from PIL import Image
from weasyprint.text.ffi import ffi, fontconfig
from weasyprint.urls import FatalURLFetchingError

from certificates import compiling, measuring, picture
from certificates.compiling import RenderError
from certificates.design import design
from certificates.fetching import Asset, SealedFetcher
from certificates.finishing import Attachment
from certificates.rules import document
from certificates.rules.looks import pixels_of
from certificates.shaping import FONTS, NoCoverage
from certificates.slots import filling
from tests.factories.certificates import CODE, SOCIETY, STATEMENTS, make_snapshot
from tests.support.printing import URL, key_text, made
from tests.support.printing import printed as render
from tests.support.serving import faketime_library

ROOT = Path(__file__).resolve().parents[2]
NINETY = "Maximiliana Konstantinopolitanska-Brandenburgerin von und zu Hohenzollern-Sigmaringen XXI"
NAMES = {
    "Vietnamese": ("Nguyễn Thị Minh Khai", "NotoSerif"),
    "Polish": ("Łukasz Ødegård", "NotoSerif"),
    "Cyrillic": ("Дмитрий Иванов", "NotoSerif"),
    "Greek": ("Λαμπρινή Παπαδοπούλου", "NotoSerif"),
    "Arabic": ("محمد عبد الله", "NotoNaskhArabic"),
    "Hebrew": ("יוסף כהן", "NotoSerifHebrew"),
    "Devanagari": ("अमित शर्मा", "NotoSerifDevanagari"),
    "Thai": ("สมชาย ศรีสุข", "NotoSansThai"),
    "apostrophe": ("O’Connor-Smith III", "NotoSerif"),
    "ninety": (NINETY, "NotoSerif"),
    "markup": ("<script>alert(1)</script> {{7*7}} =cmd()", "NotoSerif"),
}


def pdftotext(body: bytes, *options: str) -> str:
    done = subprocess.run(
        ["pdftotext", "-enc", "UTF-8", *options, "-", "-"], input=body, capture_output=True, check=True
    )
    return unicodedata.normalize("NFC", " ".join(done.stdout.decode().split()))


def fonts_in(body: bytes) -> set[str]:
    """Names of embedded fonts; a font that is only named makes this fail."""
    names = set()
    with pikepdf.open(io.BytesIO(body)) as pdf:
        for font in pdf.pages[0].Resources.Font.values():
            (descendant,) = font.DescendantFonts
            assert "/FontFile2" in descendant.FontDescriptor or "/FontFile3" in descendant.FontDescriptor
            names.add(str(font.BaseFont).removeprefix("/").split("+")[-1])
    return names


def glyphs_missing(body: bytes) -> int:
    """Characters that a reader gets out as nothing or as the replacement mark."""
    page = pypdfium2.PdfDocument(body)[0].get_textpage()
    return sum(char in "\ufffe\ufffd\x00" for char in page.get_text_range())


@pytest.fixture(scope="module")
def demonstration() -> bytes:
    return render(make_snapshot(), URL)


def test_the_text_holds_name_title_amount_dates_number_and_code(demonstration: bytes):
    text = pdftotext(demonstration)
    for part in (
        "Jane Doe, MD",
        "Sleep-related leg cramps",
        "enduring material",
        "0.75",
        "1.00",
        "22 November 2026",
        "issued 23 November 2026",
        "9 August 2024 to 9 August 2027",
        "CME-2026-000042",
        CODE,
        "https://cme.example.org/verify",
        "Demonstration – no accredited credit",
        "Demonstration provider",
    ):
        assert part in text
    assert "AMA" not in text


def test_the_reading_order_is_that_of_the_page(demonstration: bytes):
    text = pdftotext(demonstration, "-raw")
    parts = [
        "Demonstration –",
        "Certificate of Credit",
        "This certifies",
        "Jane",
        "Sleep-related",
        "22 November",
        "CME-2026",
    ]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


@pytest.mark.parametrize("kind", ["credit", "participation"])
def test_an_accredited_document_carries_statements_and_the_name_in_italics(kind: str):
    body = render(make_snapshot(kind, mode="accredited"), URL)
    text = pdftotext(body)
    assert SOCIETY in text
    assert STATEMENTS["accreditation_statement"] in text
    own = "designation_statement" if kind == "credit" else "participation_statement"
    assert STATEMENTS[own] in text
    assert "Demonstration" not in text
    assert {"Noto-Serif-Italic", "Noto-Serif"} <= fonts_in(body)


def test_every_participation_document_tells_of_participation():
    text = pdftotext(render(make_snapshot("participation"), URL))
    assert "Certificate of Participation" in text
    assert "has participated in the" in text
    assert "Demonstration – no accredited credit" in text
    assert "award" not in text.lower()


@pytest.mark.parametrize(("name", "family"), NAMES.values(), ids=NAMES)
def test_names_are_printed_in_the_shipped_typefaces(name: str, family: str):
    body = render(make_snapshot(name=name), URL)
    fonts = fonts_in(body)
    plain = {font.replace("-", "") for font in fonts}
    assert any(font.startswith(family) for font in plain), fonts
    assert all(font.startswith("Noto") for font in plain), fonts
    assert glyphs_missing(body) == 0
    if family == "NotoSerif":
        assert name in pdftotext(body)
    with pikepdf.open(io.BytesIO(body)) as pdf:
        assert len(pdf.pages) == 1


@pytest.mark.parametrize("name", ["Jane Doe", NINETY, "W" * 120, "Wilhelmina " * 10, "i" * 120, "محمد عبد الله " * 8])
@pytest.mark.parametrize("mode", ["accredited", "demonstration"])
def test_no_letter_leaves_the_frame(name: str, mode: str):
    snapshot = make_snapshot(
        name=name.strip()[:120], mode=mode, title="A long title about nights, legs and sleep. " * 4
    )
    page = pypdfium2.PdfDocument(render(snapshot, URL))[0]
    text = page.get_textpage()
    boxes = [text.get_charbox(index) for index in range(text.count_chars())]
    boxes = [box for box in boxes if box[2] > box[0]]
    assert min(box[0] for box in boxes) >= 40
    assert max(box[2] for box in boxes) <= 752
    assert min(box[1] for box in boxes) >= 40
    assert max(box[3] for box in boxes) <= 572


def test_the_longest_texts_a_release_may_have_do_fit():
    statements = "The society is accredited to provide education. " * 40
    provider = {
        "key": "long",
        "name": "Society for the Advancement of Everything " * 4,
        "mode": "accredited",
        "accreditation_statement": statements[: document.LONGEST_STATEMENTS // 2],
        "designation_statement": statements[: document.LONGEST_STATEMENTS // 2],
        "participation_statement": statements[: document.LONGEST_STATEMENTS // 2],
        "contact": ("Office of Education, 12 Long Street, Springfield. " * 9)[: document.LONGEST_CONTACT],
    }
    assert document.texts_too_long(provider) == []
    title = ("Nights, legs and the sleep of patients and of their physicians. " * 4)[:200]
    assert render(make_snapshot(mode="accredited", provider=provider, title=title, name="W" * 120), URL)


def test_a_text_that_fits_nowhere_is_an_error_not_an_overlap():
    with pytest.raises(RenderError, match="do not fit"):
        render(make_snapshot(title="Everything about sleep and legs. " * 60), URL)


def test_a_character_without_a_typeface_is_an_error_not_a_box():
    with pytest.raises(NoCoverage, match="王"):
        render(make_snapshot(title="王 and others"), URL)


def test_tags_language_title_and_dates_are_set(demonstration: bytes):
    with pikepdf.open(io.BytesIO(demonstration)) as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang) == "en"
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        assert pdf.docinfo["/Title"] == "Certificate of Credit: Sleep-related leg cramps, Jane Doe, CME-2026-000042"
        assert pdf.docinfo["/Author"] == "Demonstration provider"
        assert str(pdf.docinfo["/CreationDate"]).startswith("D:20261123150000")
        assert str(pdf.docinfo["/ModDate"]).startswith("D:20261123150000")
        with pdf.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
            assert metadata["dc:title"].startswith("Certificate of Credit")
        kinds = list(structure(pdf.Root.StructTreeRoot.K))
        assert kinds.count("/H1") == 1
        assert kinds.count("/H2") == 1
        figures = [str(element.Alt) for element in elements(pdf.Root.StructTreeRoot.K) if element.S == "/Figure"]
        assert figures == ["Seal: four quarters of a credit", f"QR code of the verification address {URL}"]
        assert "/JavaScript" not in str(pdf.Root.keys())
        assert "/EmbeddedFiles" not in pdf.Root.get("/Names", {})


def elements(node: pikepdf.Object):
    if isinstance(node, pikepdf.Array):
        for child in node:
            yield from elements(child)
    elif isinstance(node, pikepdf.Dictionary) and "/S" in node:
        yield node
        yield from elements(node.get("/K", pikepdf.Array([])))


def structure(node: pikepdf.Object):
    return (str(element.S) for element in elements(node))


@pytest.mark.parametrize("kind", ["credit", "participation"])
def test_the_qr_code_of_the_picture_leads_to_verification(kind: str):
    body = picture.picture_of(render(make_snapshot(kind), URL))
    image = Image.open(io.BytesIO(body))
    assert image.size == pixels_of("letter")
    assert [found.text for found in zxingcpp.read_barcodes(image.convert("RGB"))] == [URL]
    assert len(body) < 300_000


def test_a_small_grey_print_still_scans(demonstration: bytes):
    image = Image.open(io.BytesIO(picture.picture_of(demonstration))).convert("L").resize((1100, 850))
    assert [found.text for found in zxingcpp.read_barcodes(image)] == [URL]


def test_the_same_inputs_give_the_same_bytes_in_another_process_two_days_later(demonstration: bytes, tmp_path: Path):
    code = (
        "import hashlib, json, sys, datetime, pathlib\n"
        "from certificates import compiled, finishing, keys, rendering\n"
        "given = json.load(sys.stdin)\n"
        "now = datetime.datetime.now(datetime.UTC)\n"
        "signer = keys.Keys(pathlib.Path('/nonexistent'), given['key'], '').signer(now=now)\n"
        "shelf = compiled.Shelf(pathlib.Path(given['shelf']))\n"
        "def print_(snapshot, file):\n"
        "    attachment = finishing.Attachment(file.encode()) if file else None\n"
        "    made = rendering.render(snapshot, given['url'], shelf=shelf, signer=signer, attachment=attachment)\n"
        "    print(hashlib.sha256(made.body).hexdigest(), end=' ')\n"
        "print_(given['other'], '')\n"  # whatever was printed before must not matter
        "print_(given['snapshot'], '')\n"
        "print_(given['mixed'], '{}')\n"
        "print(now.date())\n"
    )
    mixed = make_snapshot(name="محمد Smith")
    given = {"snapshot": make_snapshot(), "other": make_snapshot(name="Дмитрий"), "mixed": mixed, "url": URL}
    given |= {"key": key_text(), "shelf": str(tmp_path)}
    later = (datetime.now(UTC) + timedelta(days=2)).replace(hour=12)
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={
            "PYTHONHASHSEED": "7",
            "PATH": "/usr/bin:/bin",
            "TZ": TOKYO.key,
            "FONTCONFIG_FILE": "/nonexistent",
            **clock_at(later),
        },
    )
    first, second, third, day = done.stdout.split()
    assert second == hashlib.sha256(demonstration).hexdigest()
    assert third == hashlib.sha256(render(mixed, attachment=Attachment(b"{}"))).hexdigest()
    assert first not in {second, third}
    assert day == later.date().isoformat()


TOKYO = ZoneInfo("Asia/Tokyo")


def clock_at(instant: datetime) -> dict[str, str]:
    """The environment of a process whose clock, read in Tokyo, begins at this instant whatever the machine's own says."""
    library = faketime_library()
    if library is None:
        pytest.skip("no libfaketime here; `sh script/test` installs it")
    begins = f"@{instant.astimezone(TOKYO):%Y-%m-%d %H:%M:%S}"
    return {"LD_PRELOAD": str(library), "FAKETIME": begins, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def test_another_name_gives_other_bytes_and_no_trace_of_the_first(demonstration: bytes):
    other = render(make_snapshot(name="Somebody Else"), URL.replace("7Q2M", "9999"))
    assert other != demonstration
    assert "Jane" not in pdftotext(other)
    image = Image.open(io.BytesIO(picture.picture_of(other))).convert("RGB")
    assert [found.text for found in zxingcpp.read_barcodes(image)] == [URL.replace("7Q2M", "9999")]


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:9/x",
        "https://example.org/x.png",
        "file:///etc/passwd",
        "data:image/svg+xml,<svg/>",
        "ftp://example.org/",
        "asset:nothing.svg",
        "asset:../credit/seal.svg",
        "//example.org/x",
    ],
)
def test_the_fetcher_serves_its_table_and_nothing_else(address: str):
    fetcher = SealedFetcher({"asset:seal.svg": Asset(b"<svg/>", "image/svg+xml")})
    assert fetcher("asset:seal.svg").read() == b"<svg/>"
    with pytest.raises(FatalURLFetchingError):
        fetcher.fetch(address)
    with pytest.raises(FatalURLFetchingError):
        fetcher.open(address)


@pytest.mark.parametrize(
    "markup",
    [
        "<img alt=x src='http://127.0.0.1:9/x.png'>",
        "<link rel=stylesheet href='file:///etc/passwd'>",
        "<link rel=attachment href='file:///etc/passwd'>",
        "<style>@import url(https://example.org/x.css);</style>",
        "<div style='background: url(http://127.0.0.1:9/)'>x</div>",
        "<object data='file:///etc/passwd'></object>",
        "<embed src='file:///etc/passwd'>",
    ],
)
def test_a_page_that_asks_for_more_is_not_printed(markup: str):
    document = weasyprint.HTML(string=f"<html lang=en><title>x</title>{markup}", url_fetcher=SealedFetcher({}))
    with pytest.raises(FatalURLFetchingError):
        document.write_pdf(pdf_variant=compiling.VARIANT)


@pytest.mark.parametrize("markup", ["<img src='asset:seal.svg'>", "<img alt=x src='relative.png'>"])
def test_what_weasyprint_only_logs_is_an_error_here(markup: str):
    fetcher = SealedFetcher({"asset:seal.svg": design("credit").assets["asset:seal.svg"]})
    with pytest.raises(RenderError, match="WeasyPrint complained"), compiling.no_complaints():
        weasyprint.HTML(string=f"<html lang=en><title>x</title>{markup}", url_fetcher=fetcher).write_pdf(
            pdf_variant=compiling.VARIANT
        )


def test_no_font_of_the_machine_is_known():
    fonts = fontconfig.FcConfigGetFonts(compiling.OwnFonts()._config, fontconfig.FcSetSystem)
    found, answer = set(), ffi.new("FcChar8 **")
    for index in range(fonts.nfont):
        fontconfig.FcPatternGetString(fonts.fonts[index], b"file", 0, answer)
        found.add(Path(ffi.string(answer[0]).decode()).name)
    assert found == {path.name for path in FONTS.rglob("*.ttf")}


def test_the_image_cache_does_not_grow_with_learners(demonstration: bytes):
    press = compiling._press(design("credit"))
    render(make_snapshot(name="يوسف Smith"))
    before = set(press.images)
    for number in range(3):
        render(make_snapshot(name=f"محمد Smith {number}"), f"{URL[:-1]}{number}")
    assert set(press.images) == before
    assert {"asset:frame-letter.svg", "asset:seal.svg", "slot:qr"} < before


def test_the_engine_names_versions_and_design():
    said = made(make_snapshot("participation")).engine
    assert re.fullmatch(
        r"weasyprint 70\.\d+, pango \d+\.\d+\.\d+, participation [0-9a-f]{12}, "
        r"pikepdf \d+\.\d+\.\d+, uharfbuzz \d+\.\d+\.\d+",
        said,
    )
    assert len(said) <= 120
    assert len(picture.engine()) <= 120
    assert design("credit").digest != design("participation").digest


def test_a_design_that_does_not_exist_is_not_guessed():
    for name in ("nothing", "base", "../fonts"):
        with pytest.raises((LookupError, RenderError, KeyError)):
            design(name)


@pytest.mark.parametrize(
    ("name", "lines"),
    [("Jane Doe", 1), ("Nguyễn Thị Minh Khai", 1), (NINETY, 2), ("W" * 120, 3), ("a b " * 30, 2)],
)
def test_long_names_take_more_lines_before_they_become_small(name: str, lines: int):
    laid = measuring.set_name(name.strip(), "MD, PhD", 600)
    assert len(laid.lines) == lines
    assert "".join(laid.lines).replace(" ", "") == name.replace(" ", "")
    assert 8 <= laid.size <= measuring.LARGEST[lines - 1]
    assert all(measuring.width(line) * laid.size <= 600 for line in laid.lines)


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("Maximiliana Konstantinopolitanska-Brandenburgerin",
         ("Maximiliana", "Konstantinopolitanska-Brandenburgerin")),
        ("Konstantinopolitanska-Brandenburgerin-Hohenzollern",
         ("Konstantinopolitanska-", "Brandenburgerin-Hohenzollern")),
        ("Jo Venkatanarasimharajuvaripetavenkatasubramaniam", ("Jo Venkatanarasimharajuvaripetavenkatasubramaniam",)),
        ("Maximiliana Konstantinopolitanska-Brandenburgerin von und zu Hohenzollern",
         ("Maximiliana Konstantinopolitanska-Brandenburgerin", "von und zu Hohenzollern")),
    ],
)  # fmt: skip
def test_a_name_is_never_broken_inside_a_word_that_fits(name: str, lines: tuple[str, ...]):
    laid = measuring.set_name(name, "MBBS, FRCPC", 600)
    assert laid.lines == lines
    assert laid.size >= measuring.SMALLEST[1]


@pytest.mark.parametrize("typeset", [set(), {"name"}], ids=["stamped", "typeset"])
@pytest.mark.parametrize("name", ["Konstantinopolitanska-Brandenburgerin-Hohenzollern", "W" * 60 + " " + "M" * 59])
def test_a_broken_name_is_told_whole(name: str, typeset: set[str]):
    """Where a line ends without a space there is none in the name, neither in what is read aloud nor in what is drawn."""
    filled = filling(make_snapshot(name=name), URL)
    assert filled.texts["name"].plain == f"{name}, MD"
    assert filled.texts["name"].broken
    body = made(make_snapshot(name=name), typeset=typeset).body
    with pikepdf.open(io.BytesIO(body)) as pdf:
        told = [
            str(one.ActualText) for one in pdf.objects if isinstance(one, pikepdf.Dictionary) and "/ActualText" in one
        ]
    assert told == ([] if typeset else [f"{name}, MD"])
    drawn = pypdfium2.PdfDocument(body)[0].get_textpage().get_text_range()
    assert name in "".join(drawn.splitlines()).replace("\ufffe", "-")  # so pdfium writes a hyphen at a line's end
