"""Which texts the shipped typefaces can print, in which direction, and what to say when they cannot."""

import json
import unicodedata
from bisect import bisect_right
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise

FAMILIES: dict[str, str] = {
    "NotoSerif-Regular": "Noto Serif",
    "NotoNaskhArabic-Regular": "Noto Naskh Arabic",
    "NotoSerifHebrew-Regular": "Noto Serif Hebrew",
    "NotoSerifDevanagari-Regular": "Noto Serif Devanagari",
    "NotoSansThai-Regular": "Noto Sans Thai",
    "NotoSans-Regular": "Noto Sans",
}
"""Fonts in which running text is set, in the order in which they are tried."""

EXTRA_FAMILIES: dict[str, str] = {
    "NotoSansSC-Regular": "Noto Sans SC",
    "NotoSansJP-Regular": "Noto Sans JP",
    "NotoSansKR-Regular": "Noto Sans KR",
    "NotoEmoji-Regular": "Noto Emoji",
}
"""Fonts that an installation may add (`script/fonts-cjk`)."""
CHINESE, JAPANESE, KOREAN = "SC", "JP", "KR"
LANGUAGES = {"NotoSansSC-Regular": "zh-Hans", "NotoSansJP-Regular": "ja", "NotoSansKR-Regular": "ko"}
"""What a page says of the letters that these draw: the same character is another picture in each."""
_HAN_BY_COUNTRY = {"JP": JAPANESE, "KR": KOREAN, "KP": KOREAN}
_FOLDER = files("certificates.fonts")
_IGNORED = {"\u200c", "\u200d"}  # joiners: they steer shaping and leave no mark of their own
_MARKS = {"Mn", "Mc", "Me"}
_RIGHT_TO_LEFT = {"R", "AL"}


@cache
def extra_folder() -> Traversable:
    """Where added fonts and their table lie."""
    return _FOLDER.joinpath("extra")


@cache
def _table() -> dict[str, list[list[int]]]:
    """Which characters each font has, the added ones included."""
    shipped: dict[str, list[list[int]]] = json.loads(_FOLDER.joinpath("coverage.json").read_text(encoding="ascii"))
    added = extra_folder().joinpath("coverage.json")
    return {**shipped, **json.loads(added.read_text(encoding="ascii"))} if added.is_file() else shipped


@cache
def fonts(han: str = "") -> tuple[str, ...]:
    """The fonts of this installation in the order in which they are tried. `han` says whose forms of Han go first."""
    added = [font for font in EXTRA_FAMILIES if font in _table()]
    added.sort(key=lambda font: not (han and font.startswith(f"NotoSans{han}")))
    return (*FAMILIES, *added)


def has(font: str, char: str) -> bool:
    """Whether the font draws the character."""
    runs = _table()[font]
    place = bisect_right(runs, [ord(char), 0x10FFFF]) - 1
    return place >= 0 and runs[place][0] <= ord(char) <= runs[place][1]


def clusters(text: str) -> list[str]:
    """Characters with the marks that belong to them: a mark is drawn by its letter's font or not at all."""
    starts = [
        place
        for place, char in enumerate(text)
        if place == 0 or (unicodedata.category(char) not in _MARKS and char not in _IGNORED)
    ]
    return [text[start:end] for start, end in pairwise([*starts, len(text)])]


def font_of(cluster: str, han: str = "") -> str | None:
    """The font that draws the cluster: the first that has its letter, and it must have the letter's marks as well."""
    drawn = [char for char in cluster if char not in _IGNORED]
    font = next((font for font in fonts(han) if not drawn or has(font, drawn[0])), None)
    return font if font is not None and all(has(font, char) for char in drawn) else None


@lru_cache(maxsize=2048)
def han_of(name: str, country: str) -> str:
    """Whose forms of Han a name is written in: one character looks different in each. Empty for a name without any.

    Kana and Hangul tell by themselves; where there is Han only, the country does.
    """
    kinds = {unicodedata.name(char, "").split(" ")[0] for char in name}
    if kinds & {"HIRAGANA", "KATAKANA"}:
        return JAPANESE
    if "HANGUL" in kinds:
        return KOREAN
    return _HAN_BY_COUNTRY.get(country, CHINESE) if "CJK" in kinds else ""


@lru_cache(maxsize=2048)
def pieces(text: str, han: str = "") -> tuple[tuple[str, str], ...]:
    """The text in pieces, each with the added font that draws it, or "" for what the shipped ones draw.

    A space belongs to the word before it, unless a shipped font goes on after it: as the stamper has it.
    Remembered, because every certificate of a release asks about the same texts.
    """
    if text.isascii() or len(fonts()) == len(FAMILIES):
        return ((text, ""),) if text else ()
    found: list[list[str]] = []
    for cluster in clusters(text):
        font = font_of(cluster, han) or ""
        font = font if font in EXTRA_FAMILIES else ""
        if found and (font == found[-1][1] or cluster.isspace()):
            found[-1][0] += cluster
            continue
        space = ""
        if found and not font:
            kept = found[-1][0].rstrip()
            space, found[-1][0] = found[-1][0][len(kept) :], kept
        found.append([space + cluster, font])
    return tuple((piece, font) for piece, font in found)


def unprintable(text: str) -> str | None:
    """The first cluster that no shipped font draws, or None when everything can be printed."""
    normal = unicodedata.normalize("NFC", text)
    return next((cluster for cluster in clusters(normal) if font_of(cluster) is None), None)


def name_problem(name: str) -> str | None:
    """A sentence that names the character no font has, or None. For names, credentials and every other printed text."""
    cluster = unprintable(name)
    if cluster is None:
        return None
    return (
        f"Certificates cannot print the character “{cluster}” ({described(cluster)}) yet. "
        "Write the name as it is spelled in Latin letters, for example as in your passport."
    )


def described(cluster: str) -> str:
    """What a cluster is called: its character's Unicode name, or its number."""
    char = next((char for char in cluster if unicodedata.category(char) not in _MARKS), cluster[0])
    name = unicodedata.name(char, "")
    number = f"U+{ord(char):04X}"
    return f"{name.lower()}, {number}" if name and not name.endswith(number[2:]) else number


def direction(text: str) -> str:
    """ "rtl" when the first strong character is written from right to left, else "ltr"."""
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind == "L":
            return "ltr"
        if kind in _RIGHT_TO_LEFT:
            return "rtl"
    return "ltr"
