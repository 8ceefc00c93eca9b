"""Typefaces that an installation adds: names in Han, kana, Hangul and emoji; which forms of Han; what is unpacked."""

import hashlib
import io
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pikepdf
import pytest

from certificates import fonts_extra, own_designs, samples, shaping
from certificates.compiled import Shelf
from certificates.design import lettered, opened, page_of, protected
from certificates.fonts_extra import Strange, Wanted, add
from certificates.rendering import render
from certificates.rules import names
from certificates.rules import sheets as wording
from certificates.rules.looks import Paper
from certificates.rules.sheets import Line
from certificates.shaping import NoCoverage
from certificates.sheets import print_sheet
from certificates.slots import NAME, filling
from tests.conftest import NOW
from tests.factories.certificates import make_snapshot
from tests.jobs.test_certificate_stamping import by_pdfium, by_poppler, spoken
from tests.support.printing import URL, printed, signer
from tests.support.typefaces import added, engine_with, make_extra, make_font
from tests.support.verapdf import problems

NAMES = {
    "Chinese": ("王小明", "CN", "NotoSansSC-Regular"),
    "Han in Japan": ("佐藤 太郎", "JP", "NotoSansJP-Regular"),
    "Han in Korea": ("王小明", "KR", "NotoSansKR-Regular"),
    "kana anywhere": ("さとう タロウ", "US", "NotoSansJP-Regular"),
    "Hangul anywhere": ("김민수", "US", "NotoSansKR-Regular"),
    "emoji": ("Zoë 😀 Ray", "US", "NotoEmoji-Regular"),
    "two scripts": ("王小明 (Wang Xiaoming)", "US", "NotoSansSC-Regular"),
}


@pytest.fixture(scope="module")
def extra(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = make_extra(tmp_path_factory.mktemp("fonts") / "extra")
    with added(folder):
        yield folder


def fonts_of(body: bytes) -> set[str]:
    with pikepdf.open(io.BytesIO(body)) as pdf:
        found = pdf.pages[0].Resources.Font.values()
        return {str(font.BaseFont).split("+")[-1] for font in found}


@pytest.mark.parametrize(("name", "country", "font"), NAMES.values(), ids=NAMES)
def test_the_name_is_set_in_the_added_typeface_and_read_in_order(extra: Path, name: str, country: str, font: str):
    assert names.name_problem(name) is None
    body = printed(make_snapshot(name=name, country=country))
    assert font in fonts_of(body)
    assert len(fonts_of(body) & set(names.EXTRA_FAMILIES)) == 1
    for text in (by_pdfium(body), by_poppler(body)):
        assert name.replace(" ", "") in text.replace(" ", "")
    assert spoken(body) == [f"{name}, MD"]
    assert problems(body) == []
    assert len(body) <= 60_000


@pytest.mark.parametrize(("name", "country", "font"), NAMES.values(), ids=NAMES)
def test_without_them_the_character_is_named_and_nothing_is_printed(name: str, country: str, font: str):
    with added(None):
        problem = names.name_problem(name)
        assert problem is not None
        assert any(char in problem for char in name if ord(char) > 0x2E80)
        with pytest.raises(NoCoverage):
            printed(make_snapshot(name=name, country=country))


def test_which_forms_of_han_is_frozen_with_the_certificate():
    assert [names.han_of(name, country) for name, country, _ in NAMES.values()] == [
        "SC", "JP", "KR", "JP", "KR", "", "SC",
    ]  # fmt: skip
    assert make_snapshot(name="王小明", country="JP")["han"] == "JP"
    assert "country" not in make_snapshot(country="JP")


def test_what_ships_goes_first_and_the_countrys_forms_before_the_others(extra: Path):
    shipped = tuple(names.FAMILIES)
    assert names.fonts()[: len(shipped)] == shipped
    assert [font[8:10] for font in names.fonts("KR")[len(shipped) :]] == ["KR", "SC", "JP", "i-"]
    assert names.font_of("a", "JP") == "NotoSerif-Regular"
    assert names.font_of("민", "SC") == "NotoSansKR-Regular"  # only that one has it


def test_the_space_before_a_latin_word_is_that_words(extra: Path):
    runs = [(run.font, "".join(glyph.text for glyph in run.glyphs)) for run in shaping.shape("Zoë 😀 Ray")]
    assert runs == [("NotoSerif-Regular", "Zoë "), ("NotoEmoji-Regular", "😀"), ("NotoSerif-Regular", " Ray")]
    assert ["".join(glyph.text for glyph in run.glyphs) for run in shaping.shape("佐藤 太郎")] == ["佐藤 太郎"]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The layout engine with the added typefaces."""
    folder = tmp_path_factory.mktemp("engine")
    with engine_with(make_extra(folder / "extra"), folder / "fonts"):
        yield


IN_PRINT = {"CN": "Noto-Sans-SC", "JP": "Noto-Sans-JP", "KR": "Noto-Sans-KR"}


def faces(body: bytes) -> set[str]:
    """The added typefaces that the engine has put into a document."""
    with pikepdf.open(io.BytesIO(body)) as pdf:
        fonts = [font for page in pdf.pages for font in page.Resources.get("/Font", {}).values()]
        found = {str(font.BaseFont).split("+")[-1] for font in fonts}
    return {name for name in found for face in ("SC", "JP", "KR", "Emoji") if face in name}


def earned(name: str, country: str, title: str = "Leg cramps") -> Line:
    snapshot = samples.sample("credit", Paper.A4, title=title, name=name, credentials="MD")
    return Line(snapshot | {"han": names.han_of(name, country)}, "valid", "7Q2M-8XKD-94PZ-T3NB-V6WR-0HJA-C5EG")


def transcript_of(name: str, country: str, title: str = "Leg cramps") -> bytes:
    sheet = wording.transcript(
        [earned("Jane Doe", "US", title)], name=name, credentials="MD", country=country, site="Open CME",
        verify_base="https://cme.example.org/verify", on=date(2026, 11, 28),
    )  # fmt: skip
    return print_sheet(sheet, Paper.A4, signer=signer(), at=NOW)


def cover_of(*lines: Line) -> bytes:
    sheet = wording.cover(
        lines, site="Open CME", choice="All.", verify_base="https://cme.example.org/verify", on=date(2026, 11, 28)
    )
    return print_sheet(sheet, Paper.A4, signer=signer(), at=NOW)


@pytest.mark.parametrize("country", IN_PRINT)
def test_a_name_in_han_on_a_transcript_and_a_cover_takes_the_forms_of_its_country(engine: None, country: str):
    for body in (transcript_of("王小明", country), cover_of(earned("王小明", country), earned("Jane Doe", "US"))):
        assert [name for name in faces(body) if not name.startswith(IN_PRINT[country])] == []
        assert faces(body)
        assert "王小明, MD" in by_poppler(body)
        assert problems(body) == []


def test_each_row_of_a_cover_has_its_own_forms(engine: None):
    """Two people of one name, and a title that says itself what it is."""
    found = faces(cover_of(earned("王小明", "CN"), earned("王小明", "JP"), earned("Jane Doe", "US", "김민수")))
    assert {name[:12] for name in found} == set(IN_PRINT.values())
    assert {name[:12] for name in faces(transcript_of("Jane Doe", "JP", "王小明"))} == {"Noto-Sans-SC"}


@pytest.mark.parametrize("country", IN_PRINT)
def test_a_name_in_two_directions_has_the_right_forms_and_says_so(engine: None, country: str):
    snapshot = make_snapshot(name="محمد 王小明", country=country)
    body = printed(snapshot)
    assert {name[:12] for name in faces(body)} == {IN_PRINT[country]}
    assert problems(body) == []
    html = page_of(snapshot, filling(snapshot, URL), {NAME}).html("")
    assert f'lang="{ {"CN": "zh-Hans", "JP": "ja", "KR": "ko"}[country] }"' in html


@pytest.mark.parametrize(("words", "face"), [("さとう", "JP"), ("김민수", "KR"), ("王小明", "SC"), ("佐藤さ", "JP")])
def test_words_of_a_design_of_ones_own_have_the_forms_of_their_language(
    engine: None, tmp_path: Path, words: str, face: str
):
    chosen = own_designs.Choices("credit", "#0b5a5e", "#b8903f", words, words, signatures=((words, words),))
    made = opened(own_designs.packed(chosen, {}))
    body = render(make_snapshot(), URL, shelf=Shelf(tmp_path), signer=signer(), chosen=made).body
    assert {name[:12] for name in faces(body)} == {f"Noto-Sans-{face}"}
    assert problems(body) == []


@pytest.mark.parametrize(
    ("text", "han", "pieces"),
    [
        ("Jane Doe", "", [("Jane Doe", "")]),
        ("佐藤 太郎", "JP", [("佐藤 太郎", "NotoSansJP-Regular")]),
        ("王小明 (Wang)", "KR", [("王小明", "NotoSansKR-Regular"), (" (Wang)", "")]),
        ("Dr. 王", "", [("Dr. ", ""), ("王", "NotoSansSC-Regular")]),
        ("Zoë 😀 Ray", "", [("Zoë ", ""), ("😀", "NotoEmoji-Regular"), (" Ray", "")]),
        ("", "", []),
    ],
)
def test_text_falls_into_pieces_by_typeface_as_the_stamper_has_it(extra: Path, text: str, han: str, pieces: list):
    assert list(names.pieces(text, han)) == pieces
    assert "".join(piece for piece, _font in names.pieces(text, han)) == text


def test_without_added_typefaces_a_page_is_written_as_before():
    with added(None):
        assert lettered("Nguyễn & 王") == "Nguyễn &amp; 王"
        assert protected("AMA PRA Category 1 Credit™") == '<em>AMA PRA Category 1 Credit</em><span class="tm">™</span>'


def archive(folder: Path, name: str, members: dict[str, bytes]) -> str:
    with tarfile.open(folder / name, "w:gz") as file:
        for member, body in members.items():
            entry = tarfile.TarInfo(member)
            entry.size = len(body)
            file.addfile(entry, io.BytesIO(body))
    return name


@pytest.fixture
def fetched(tmp_path: Path) -> tuple[Path, tuple[Wanted, ...]]:
    make_font(tmp_path / "one.ttf", "NotoSansSC-Regular", "王")
    body, licence = (tmp_path / "one.ttf").read_bytes(), b"SIL OPEN FONT LICENSE"
    name = archive(tmp_path, "one.tgz", {"package/one.ttf": body, "package/LICENSE_FONT": licence})
    wanted = (
        Wanted(name, "package/one.ttf", "NotoSansSC-Regular.ttf", hashlib.sha256(body).hexdigest()),
        Wanted(name, "package/LICENSE_FONT", "OFL.txt", hashlib.sha256(licence).hexdigest()),
    )
    return tmp_path, wanted


def test_fetched_archives_are_unpacked_compared_and_listed(fetched: tuple[Path, tuple[Wanted, ...]]):
    folder, wanted = fetched
    target = folder / "fonts" / "extra"
    target.parent.mkdir()
    for _ in range(2):  # adding again replaces what is there
        assert add(folder, wanted, target) == ["NotoSansSC-Regular.ttf", "OFL.txt", "coverage.json"]
    assert [path.name for path in target.parent.iterdir()] == ["extra"]
    with added(target):
        assert names.name_problem("王") is None
        assert names.name_problem("小") is not None


@pytest.mark.parametrize("trouble", ["another hash", "no archive", "no member", "no archive at all"])
def test_what_is_not_as_expected_changes_nothing(fetched: tuple[Path, tuple[Wanted, ...]], trouble: str):
    folder, wanted = fetched
    target = folder / "fonts" / "extra"
    target.mkdir(parents=True)
    (target / "kept").write_text("x")
    changes = {
        "another hash": {"sha256": "0" * 64},
        "no archive": {"archive": "two.tgz"},
        "no member": {"member": "package/two.ttf"},
        "no archive at all": {"archive": "one.ttf"},
    }
    with pytest.raises(Strange):
        add(folder, (wanted[1], replace(wanted[0], **changes[trouble])), target)
    assert [path.name for path in target.iterdir()] == ["kept"]
    assert [path.name for path in target.parent.iterdir()] == ["extra"]


def test_every_file_that_is_fetched_is_pinned():
    assert {one.name.removesuffix(".ttf") for one in fonts_extra.WANTED} == {*names.EXTRA_FAMILIES, "OFL.txt"}
    assert all(len(one.sha256) == 64 for one in fonts_extra.WANTED)
    script = (Path(__file__).resolve().parents[2] / "script/fonts-cjk").read_text(encoding="utf-8")
    for one in fonts_extra.WANTED:
        package, _, version = one.archive.removeprefix("expo-google-fonts-").removesuffix(".tgz").rpartition("-")
        assert f"fetch {package} {version}\n" in script
