"""Stamped text: the right letters in the right order for people, programs and screen readers; small; refusals."""

import io
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest

from certificates import shaping
from certificates.compiled import Shelf
from certificates.compiling import compile_page
from certificates.design import page_of
from certificates.embedding import Used
from certificates.finishing import Attachment
from certificates.rendering import render
from certificates.shaping import NoCoverage, NotStampable, Run, direction_of, shape
from certificates.slots import NAME, Piece, Text, filling
from certificates.stamping import plan
from tests.factories.certificates import make_snapshot
from tests.jobs.test_certificate_rendering import pdftotext
from tests.jobs.test_certificate_standards import NAMES
from tests.support.printing import URL, made, printed, signer, typeset

ONE_WAY = {key: name for key, name in NAMES.items() if key != "two directions"}
DROPPED = ("\u202a", "\u202b", "\u202c", "\u200e", "\u200f")  # poppler adds marks of direction to what it prints


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def by_pdfium(body: bytes) -> str:
    page = pypdfium2.PdfDocument(body)[0].get_textpage()
    return " ".join(page.get_text_range().split())


def by_poppler(body: bytes) -> str:
    text = pdftotext(body)
    return "".join(char for char in text if char not in DROPPED)


@pytest.mark.parametrize("name", ONE_WAY.values(), ids=ONE_WAY)
def test_the_name_is_read_in_logical_order_by_two_programs(name: str):
    body = printed(make_snapshot(name=name))
    for text in (by_pdfium(body), by_poppler(body)):
        assert nfc(name).replace(" ", "") in text.replace(" ", "")
    assert by_pdfium(body).index("This certifies") < by_pdfium(body).index(nfc(name)[:1])


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_what_stands_on_the_page_stands_in_its_order(name: str):
    raw = pdftotext(printed(make_snapshot(name=name, mode="accredited")), "-raw")
    parts = ["Certificate of Credit", "This certifies", "has completed", "Credit claimed", "0.75", "AMA PRA", "Date"]
    parts += [
        "22 November 2026",
        "Los Angeles",
        "Maximum",
        "1.00",
        "accredited",
        "Certificate CME-2026",
        "Term",
        "7Q2M",
    ]
    places = [raw.index(part) for part in parts]
    assert places == sorted(places)


def elements(node: Any):
    if isinstance(node, pikepdf.Array):
        for child in node:
            yield from elements(child)
    elif isinstance(node, pikepdf.Dictionary) and "/S" in node:
        yield node
        yield from elements(node.get("/K"))


def spoken(body: bytes) -> list[str]:
    with pikepdf.open(io.BytesIO(body)) as pdf:
        return [str(one.ActualText) for one in elements(pdf.Root.StructTreeRoot.K) if "/ActualText" in one]


def test_a_screen_reader_gets_names_beyond_ascii_in_logical_order():
    assert spoken(printed(make_snapshot(name="محمد عبد الله"))) == ["محمد عبد الله"]
    assert spoken(printed(make_snapshot(name="José Phạm"))) == ["José Phạm, MD"]
    assert spoken(printed(make_snapshot(name="Jane Doe"))) == []


def test_text_slots_are_text_and_the_code_is_a_figure_inside_their_paragraphs():
    with pikepdf.open(io.BytesIO(printed(make_snapshot()))) as pdf:
        found = list(elements(pdf.Root.StructTreeRoot.K))
        figures = [str(one.Alt) for one in found if one.S == "/Figure"]
        assert figures[-1] == f"QR code of the verification address {URL}"
        assert len(figures) == 2
        assert not any("slot:" in str(one.get("/Alt", "")) for one in found)
        spans = [one for one in found if one.S == "/Span" and one.P.S == "/P"]
        assert len(spans) > 12
        (link,) = [one for one in pdf.pages[0].Annots if one.Subtype == "/Link"]
        assert str(link.A.URI) == URL
        assert URL in str(link.Contents)


def test_a_kerned_pair_is_kerned():
    def width(text: str) -> float:
        return shaping.width(shape(text))

    assert width("AVATAR") < sum(width(char) for char in "AVATAR") - 0.05


def test_fonts_change_per_character_and_a_space_stays_with_its_word():
    fonts = [run.font for run in shape("Jane Дмитрий สมชาย ศรี")]
    assert fonts == ["NotoSerif-Regular", "NotoSerif-Regular", "NotoSansThai-Regular"]
    assert len({run.font for run in shape("محمد عبد الله")}) == 1


def test_arabic_letters_are_joined_and_their_dots_told_with_the_letter():
    (run,) = shape("عبد")
    assert "".join(glyph.text for glyph in run.glyphs) == "دبع"  # in drawing order, left to right
    assert [glyph.text for glyph in run.glyphs].count("") == 1
    alone = {glyph.number for char in "عبد" for glyph in shape(char)[0].glyphs}
    assert {glyph.number for glyph in run.glyphs} - alone  # joined forms, not the isolated ones


@pytest.mark.parametrize("text", ["محمد Smith", "محمد 3", "Jane \u202eevil", "Jane \u2067محمد\u2069", "١٢"])
def test_two_directions_are_left_to_weasyprint(text: str):
    with pytest.raises(NotStampable, match="two directions"):
        direction_of(text)


def test_two_directions_are_printed_all_the_same():
    body = printed(make_snapshot(name="محمد Smith"))
    text = by_poppler(body)
    assert "محمد" in text
    assert "Smith" in text
    assert body == printed(make_snapshot(name="محمد Smith"))


@pytest.mark.parametrize("text", ["王小明", "김민수", "Zoë 😀", "\u0531"])
def test_a_character_without_a_typeface_is_never_printed(text: str):
    with pytest.raises(NoCoverage):
        shape(text)
    with pytest.raises(NoCoverage):
        printed(make_snapshot(name=text))


def test_no_glyph_is_the_empty_box():
    for name in ONE_WAY.values():
        assert all(glyph.number for run in shape(nfc(name)) for glyph in run.glyphs)


def test_a_text_too_long_for_its_place_becomes_smaller_and_then_goes_to_weasyprint():
    snapshot = make_snapshot()
    filled = filling(snapshot, URL)
    page = compile_page(page_of(snapshot, filled))  # its own: what other tests left on the shelf has other places
    for length, fits in ((20, True), (50, True), (400, False)):
        texts = {**filled.texts, NAME: Text(((Piece("W" * length, 20.0),),))}
        planned = plan(page, replace(filled, texts=texts))
        assert (NAME not in planned.refused) is fits
        if fits:
            (line,) = planned.lines[NAME]
            assert sum(piece.width for piece in line) <= page.slots[NAME].width + 0.01


def fonts(body: bytes) -> dict[str, Any]:
    with pikepdf.open(io.BytesIO(body)) as pdf:
        return {
            str(font.BaseFont): len(font.DescendantFonts[0].FontDescriptor.FontFile2.read_bytes())
            for key, font in pdf.pages[0].Resources.Font.items()
            if key[1] == "S" and key[2:].isdigit()  # WeasyPrint's own fonts have names of six letters
        }


def test_only_the_glyphs_used_are_inside():
    sizes = fonts(printed(make_snapshot()))
    assert {name.split("+")[1] for name in sizes} == {"NotoSerif-Regular", "NotoSans-Regular"}
    assert all(size < 8000 for size in sizes.values())
    assert all(name[1:7].isupper() and name[7] == "+" for name in sizes)


def test_the_same_shape_under_two_letters_keeps_both_meanings():
    """Latin A and Greek Alpha may be one glyph: each keeps its own character."""
    used = Used("NotoSerif-Regular", "S0")
    (glyph,) = shape("A")[0].glyphs
    other = type(glyph)(glyph.number, glyph.advance, 0, 0, "Α")
    assert used.code(glyph) != used.code(other)
    assert used.code(glyph) == used.code(glyph)


@pytest.mark.parametrize("kind", ["credit", "participation"])
@pytest.mark.parametrize("way", [printed, typeset])
def test_a_certificate_with_its_credential_takes_at_most_sixty_kilobytes(kind: str, way: Any):
    body = way(make_snapshot(kind, mode="accredited"), attachment=Attachment(b"x" * 4000))
    assert len(body) <= 60_000


def test_the_attachment_is_associated_dated_with_the_issue_and_listed_once():
    body = printed(make_snapshot(), attachment=Attachment(b'{"a": 1}'))
    with pikepdf.open(io.BytesIO(body)) as pdf:
        (entry,) = pdf.Root.AF
        assert entry.AFRelationship == "/Data"
        assert entry.EF.F.read_bytes() == b'{"a": 1}'
        assert str(entry.EF.F.Params.ModDate) == "D:20261123150000Z"
        assert str(entry.UF) == "credential.json"
        assert [str(key) for key in pdf.attachments] == ["credential.json"]


@pytest.mark.parametrize("title", ["Legs & <nights>", "]]> &amp; “quotes”", "Ünïcode ™ title", "a" * 200])
def test_metadata_survive_any_title(title: str):
    with pikepdf.open(io.BytesIO(printed(make_snapshot(title=title)))) as pdf, pdf.open_metadata() as metadata:
        assert title in str(pdf.docinfo["/Title"])
        assert metadata["dc:title"] == str(pdf.docinfo["/Title"])
        assert metadata["pdfaid:part"] == "3"
        assert metadata["pdfaid:conformance"] == "A"
        assert metadata["pdfuaid:part"] == "1"
        assert metadata["xmp:CreateDate"].startswith("2026-11-23T15:00:00")


def test_memory_stays_flat_over_many_learners(tmp_path: Path):
    """Caches are bounded: after they are full, a thousand more learners add nothing."""

    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    kept = Shelf(tmp_path)
    key = signer()

    def issue(number: int) -> None:
        snapshot = make_snapshot(name=f"Learner {number:05d} Nguyễn")
        render(snapshot, f"{URL}{number}", shelf=kept, signer=key, attachment=Attachment(b"{}" * 500))

    for number in range(300):
        issue(number)
    before = resident()
    for number in range(300, 700):
        issue(number)
    assert resident() - before < 6_000_000


def test_the_engine_is_written_down():
    assert "uharfbuzz" in made(make_snapshot()).engine


def test_runs_are_plain_data():
    assert all(isinstance(run, Run) for run in shape("Jane"))
