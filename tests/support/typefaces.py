"""Typefaces that an installation may add: none, or small ones made here, whose letters are squares."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

from certificates import apart, compiling, embedding, fonts_coverage, rendering, shaping
from certificates.rules import names

_KEPT = (
    names._table,
    names.fonts,
    names.pieces,
    shaping._font,
    shaping.shape,
    shaping.outline,
    shaping.face,
    embedding._descriptor,
    rendering._unprintable,
)
HAN, KANA, HANGUL, EMOJI = "王小明佐藤太郎", "さとうタロウ", "김민수", "😀"


@contextmanager
def added(folder: Path | None) -> Iterator[None]:
    """With the typefaces of that folder beside the shipped ones; with None only those that ship."""
    there = folder or Path("/nonexistent")
    with pytest.MonkeyPatch.context() as patch:
        for home in (names, shaping):
            patch.setattr(home, "extra_folder", lambda: there)
        _forget()
        try:
            yield
        finally:
            _forget()


@contextmanager
def engine_with(extra: Path, folder: Path) -> Iterator[None]:
    """WeasyPrint with these typefaces beside the shipped ones, in `folder`; what a child would lay out, it does here."""
    folder.mkdir()
    for path in shaping.FONTS.iterdir():
        if path.suffix in {".ttf", ".conf"}:
            (folder / path.name).symlink_to(path)
    (folder / "fonts.conf").unlink()
    shutil.copy(shaping.FONTS / "fonts.conf", folder / "fonts.conf")  # its folder is where the file really is
    shutil.copytree(extra, folder / "extra")
    with pytest.MonkeyPatch.context() as patch, added(extra):
        patch.setattr(compiling, "FONTS", folder)
        patch.setattr(apart, "compile_all", lambda pages: [compiling.compile_page(page) for page in pages])
        _other_engine()
        try:
            yield
        finally:
            _other_engine()


def _other_engine() -> None:
    compiling._fonts.cache_clear()
    compiling._press.cache_clear()


def _forget() -> None:
    for one in _KEPT:
        one.cache_clear()


def make_extra(folder: Path) -> Path:
    """A folder as `script/fonts-cjk` leaves it, with tiny fonts under the names of the real ones."""
    folder.mkdir(parents=True)
    for name, letters in (
        ("NotoSansSC-Regular", HAN),
        ("NotoSansJP-Regular", HAN + KANA),
        ("NotoSansKR-Regular", HAN + HANGUL),
        ("NotoEmoji-Regular", EMOJI),
    ):
        make_font(folder / f"{name}.ttf", name, letters)
    table = fonts_coverage.text_of(fonts_coverage.coverage(folder))
    (folder / "coverage.json").write_text(table, encoding="ascii")
    return folder


def make_font(path: Path, name: str, letters: str) -> None:
    """A TrueType font with a square for each letter, and a space."""
    square, empty = TTGlyphPen(None), TTGlyphPen(None)
    square.moveTo((100, 0))
    for point in ((100, 800), (900, 800), (900, 0)):
        square.lineTo(point)
    square.closePath()
    glyphs = {f"u{ord(letter):X}": square.glyph() for letter in letters}
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "space", *glyphs])
    builder.setupCharacterMap({32: "space", **{ord(letter): f"u{ord(letter):X}" for letter in letters}})
    builder.setupGlyf({".notdef": square.glyph(), "space": empty.glyph(), **glyphs})
    builder.setupHorizontalMetrics({".notdef": (1000, 0), "space": (250, 0), **dict.fromkeys(glyphs, (1000, 100))})
    builder.setupHorizontalHeader(ascent=880, descent=-120)
    family = names.EXTRA_FAMILIES.get(name, name)
    builder.setupNameTable({"familyName": family, "styleName": "Regular", "psName": name})
    builder.setupOS2(sTypoAscender=880, sTypoDescender=-120, usWinAscent=880, usWinDescent=120)
    builder.setupPost()
    builder.save(path)
