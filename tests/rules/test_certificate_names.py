"""Which names can be printed, and what is said of those that cannot."""

import json
import unicodedata

import pytest

from certificates import fonts_coverage
from certificates.rules.names import clusters, direction, font_of, name_problem

PRINTED = [
    "Nguyễn Thị Minh Khai",
    "Łukasz Ødegård",
    "Дмитрий Иванов",
    "Λαμπρινή Παπαδοπούλου",
    "محمد عبد الله",
    "O’Connor-Smith III",
    "M" * 90,
    "יוסף כהן",
    "अमित शर्मा",
    "สมชาย ศรีสุข",
    "Mehmet ışık ĞÜŞİÖÇ",
    "Z̷o̴e̷",
    "محمد Smith, MD",
    "ʻOkina",
    "<script>alert(1)</script> {{7*7}} =cmd()",
]


@pytest.mark.parametrize("name", PRINTED)
def test_a_name_the_typefaces_cover_is_no_problem(name: str):
    assert name_problem(name) is None
    assert name_problem(unicodedata.normalize("NFD", name)) is None


@pytest.mark.parametrize(
    ("name", "char", "number"),
    [
        ("王小明", "王", "U+738B"),
        ("김민수", "김", "U+AE40"),
        ("Zoë 😀 Ray", "😀", "U+1F600"),
        ("佐藤 太郎", "佐", "U+4F50"),
    ],
)
def test_a_name_outside_them_is_refused_by_naming_the_character(name: str, char: str, number: str):
    sentence = name_problem(name)
    assert sentence is not None
    assert f"“{char}”" in sentence
    assert number in sentence
    assert "Latin letters" in sentence


def test_a_mark_belongs_to_the_font_of_its_letter():
    """Latin letters with an Arabic vowel sign: each font has one of the two, none has both."""
    assert clusters("Pha\u0323m") == ["P", "h", "a\u0323", "m"]
    assert font_of("a\u0323") == "NotoSerif-Regular"
    assert font_of("\u064e") is not None
    assert font_of("a\u064e") is None
    assert name_problem("Ma\u064ery") is not None


def test_joiners_leave_no_mark_of_their_own():
    assert name_problem("می\u200cخواهم") is None
    assert name_problem("क्\u200dष") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Jane", "ltr"),
        ("محمد", "rtl"),
        ("יוסף", "rtl"),
        ("12 محمد", "rtl"),
        ("O’محمد", "ltr"),
        ("12", "ltr"),
        ("", "ltr"),
    ],
)
def test_direction_is_that_of_the_first_strong_letter(text: str, expected: str):
    assert direction(text) == expected


def test_the_table_of_coverage_is_that_of_the_fonts():
    """Run `python -m certificates.fonts_coverage` after changing a font."""
    table = fonts_coverage.coverage()
    assert fonts_coverage.TABLE.read_text(encoding="ascii") == fonts_coverage.text_of(table)
    assert json.loads(fonts_coverage.text_of(table)) == table
    assert len(table) == len(list(fonts_coverage.FONTS.glob("*.ttf"))) == 9


def test_fonts_come_with_their_licence_and_stay_small():
    assert "SIL OPEN FONT LICENSE" in (fonts_coverage.FONTS / "OFL.txt").read_text(encoding="utf-8").upper()
    assert sum(path.stat().st_size for path in fonts_coverage.FONTS.iterdir() if path.is_file()) < 6_000_000
