"""Which texts the shipped typefaces can print, in which direction, and what to say when they cannot."""

import json
import unicodedata
from bisect import bisect_right
from importlib.resources import files
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

_TABLE: dict[str, list[list[int]]] = json.loads(
    files("certificates.fonts").joinpath("coverage.json").read_text(encoding="ascii")
)
_IGNORED = {"\u200c", "\u200d"}  # joiners: they steer shaping and leave no mark of their own
_MARKS = {"Mn", "Mc", "Me"}
_RIGHT_TO_LEFT = {"R", "AL"}


def has(font: str, char: str) -> bool:
    """Whether the font draws the character."""
    runs = _TABLE[font]
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


def font_of(cluster: str) -> str | None:
    """The font that draws the cluster: the first that has its letter, and it must have the letter's marks as well."""
    drawn = [char for char in cluster if char not in _IGNORED]
    font = next((font for font in FAMILIES if not drawn or has(font, drawn[0])), None)
    return font if font is not None and all(has(font, char) for char in drawn) else None


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
