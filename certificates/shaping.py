"""From text to glyphs: a font per cluster, HarfBuzz shapes each run, and what cannot be set here is refused."""

# uharfbuzz is a compiled module without type information.
# pyright: reportAttributeAccessIssue=false

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby, pairwise
from operator import itemgetter
from pathlib import Path
from typing import Any

import uharfbuzz

from certificates.rules.names import clusters, extra_folder, font_of, fonts, has

hb: Any = uharfbuzz  # its names come from C: type checkers do not know them
FONTS = Path(__file__).resolve().parent / "fonts"
SERIF = "NotoSerif-Regular"
LANGUAGE = "en"
_NO_SCRIPT = {"Zyyy", "Zinh", "Zzzz"}
_LEFT, _RIGHT = {"L"}, {"R", "AL"}
# Arabic and other digits, and the marks that steer direction: what they do to their neighbours is Pango's work.
_TURNING = {"AN", "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


class NotStampable(Exception):  # noqa: N818 - not an error: somebody else sets it
    """Right text that the stamper does not set: WeasyPrint has to. The message says why."""


class NoCoverage(Exception):  # noqa: N818 - it says what is missing
    """A character that no shipped typeface has: such a document is never issued."""

    def __init__(self, cluster: str) -> None:
        super().__init__(f"no shipped typeface has the character “{cluster}”")


@dataclass(frozen=True, slots=True)
class Face:
    """One font file with what is asked of it again and again. Metrics are in em."""

    name: str
    face: Any
    font: Any
    for_subset: Any
    unit: int
    ascent: float
    descent: float


@dataclass(frozen=True, slots=True)
class Glyph:
    """One glyph in drawing order, in font units; `text` is what it stands for. A mute one has none and is drawn as
    lines: its text is told by the letter it belongs to.
    """

    number: int
    advance: int
    dx: int
    dy: int
    text: str


@dataclass(frozen=True, slots=True)
class Run:
    """Glyphs of one font, left to right as they are drawn."""

    font: str
    glyphs: tuple[Glyph, ...]
    width: float
    """In em."""


def file_of(name: str) -> Path:
    """The font's file: shipped, or added by the installation."""
    shipped = FONTS / f"{name}.ttf"
    return shipped if shipped.exists() else Path(str(extra_folder())) / shipped.name


@cache
def face(name: str) -> Face:
    """The font file of that name, mapped once per process."""
    whole = hb.Face(hb.Blob.from_file_path(str(file_of(name))))
    font = hb.Font(whole)
    extents = font.get_font_extents("ltr")
    unit = whole.upem
    prepared = hb.subset_preprocess(whole)
    return Face(name, whole, font, prepared, unit, extents.ascender / unit, -extents.descender / unit)


def direction_of(text: str) -> str:
    """ "ltr" or "rtl" for text that runs one way only. Raises NotStampable for everything else."""
    kinds = {unicodedata.bidirectional(char) for char in text}
    if kinds & _TURNING or (kinds & _RIGHT and kinds & (_LEFT | {"EN"})):
        raise NotStampable("the text runs in two directions")
    return "rtl" if kinds & _RIGHT else "ltr"


@lru_cache(maxsize=1024)
def shape(text: str, first: str = SERIF, han: str = "") -> tuple[Run, ...]:
    """Runs in the order in which they are drawn; `han` says whose forms of Han. Raises NotStampable, NoCoverage."""
    direction = direction_of(text)
    pieces = _pieces(text, first, han)
    return tuple(_shaped(font, piece, script, direction) for font, script, piece in _ordered(pieces, direction))


def width(runs: Sequence[Run]) -> float:
    """Width in em."""
    return sum(run.width for run in runs)


def _ordered(pieces: list[tuple[str, str, str]], direction: str) -> list[tuple[str, str, str]]:
    return pieces[::-1] if direction == "rtl" else pieces


def _pieces(text: str, first: str, han: str) -> list[tuple[str, str, str]]:
    """Font, script and text of each run, in logical order."""
    pieces: list[list[str]] = []
    for cluster in clusters(text):
        font = _font(cluster, first, han)
        script = _script(cluster[0])
        if pieces:
            last = pieces[-1]
            if cluster.isspace() and has(last[0], cluster[0]):
                font = last[0]  # a space belongs to the word before it, as in every other engine
            same = script == last[1] or script in _NO_SCRIPT or last[1] in _NO_SCRIPT
            if font == last[0] and same:
                last[1] = last[1] if script in _NO_SCRIPT else script
                last[2] += cluster
                continue
            pieces.append([font, script, _space_before(last, font, han) + cluster])
            continue
        pieces.append([font, script, cluster])
    return [(font, script, piece) for font, script, piece in pieces if piece]


def _space_before(last: list[str], font: str, han: str) -> str:
    """Spaces before a word in a font that is tried earlier go with that one, as in Pango: an emoji's space is as wide
    as the emoji. They are taken off the piece before.
    """
    order = fonts(han)
    if font not in order or last[0] not in order or order.index(font) >= order.index(last[0]):
        return ""
    kept = last[2].rstrip(" ")
    space, last[2] = last[2][len(kept) :], kept
    return space


@lru_cache(maxsize=8192)
def _font(cluster: str, first: str, han: str) -> str:
    if first != SERIF and all(has(first, char) for char in cluster):
        return first
    font = font_of(cluster, han)
    if font is None:
        raise NoCoverage(cluster)
    return font


@lru_cache(maxsize=4096)
def _script(char: str) -> str:
    buffer = hb.Buffer()
    buffer.add_codepoints([ord(char)])
    buffer.guess_segment_properties()
    return buffer.script or "Zzzz"


def _shaped(font: str, text: str, script: str, direction: str) -> Run:
    used = face(font)
    buffer = hb.Buffer()
    buffer.add_codepoints([ord(char) for char in text])
    buffer.direction = direction
    buffer.script = "Latn" if script in _NO_SCRIPT else script
    buffer.language = LANGUAGE
    hb.shape(used.font, buffer)
    infos, positions = buffer.glyph_infos, buffer.glyph_positions
    told = _told([(info.cluster, place.x_advance) for info, place in zip(infos, positions, strict=True)], text)
    glyphs: list[Glyph] = []
    for info, place, said in zip(infos, positions, told, strict=True):
        if info.codepoint == 0:
            raise NoCoverage(text[info.cluster])
        glyphs.append(Glyph(info.codepoint, place.x_advance, place.x_offset, place.y_offset, said))
    return Run(font, tuple(glyphs), sum(glyph.advance for glyph in glyphs) / used.unit)


def _told(glyphs: list[tuple[int, int]], text: str) -> list[str]:
    """What each glyph, given as cluster and advance, stands for.

    The glyphs of one cluster that take up room share its characters out in logical order, each told once: repeated,
    readers would double letters. Marks above, below and inside a letter, an Arabic letter's dots too, stay mute: told
    apart, every reader makes words of its own of them.
    """
    ends = dict(pairwise([*sorted({start for start, _advance in glyphs}), len(text)]))
    told: list[str] = []
    for start, group in groupby(glyphs, key=itemgetter(0)):
        advances = [advance for _start, advance in group]
        speaking = [place for place, advance in enumerate(advances) if advance] or [0]
        characters = text[start : ends[start]]
        last = len(speaking) - 1
        shares = dict(zip(speaking, [*characters[:last], characters[last:]], strict=False))
        told += [shares.get(place, "") for place in range(len(advances))]
    return told


@lru_cache(maxsize=4096)
def outline(font: str, number: int) -> tuple[tuple[str, tuple[float, ...]], ...]:
    """The lines of a glyph as PDF draws them, in font units: m, l, c and h with their points."""
    drawn: list[tuple[str, tuple[float, ...]]] = []
    face(font).font.draw_glyph(number, _drawing(), drawn)
    return tuple(drawn)


@cache
def _drawing() -> Any:
    def move(x: float, y: float, into: list[tuple[str, tuple[float, ...]]]) -> None:
        into.append(("m", (x, y)))

    def line(x: float, y: float, into: list[tuple[str, tuple[float, ...]]]) -> None:
        into.append(("l", (x, y)))

    def curve(*numbers: float) -> None:
        *points, into = numbers
        into.append(("c", tuple(points)))  # pyright: ignore[reportAttributeAccessIssue]

    def bend(a: float, b: float, x: float, y: float, into: list[tuple[str, tuple[float, ...]]]) -> None:
        from_x, from_y = into[-1][1][-2:]
        first = (from_x + (a - from_x) * 2 / 3, from_y + (b - from_y) * 2 / 3)
        into.append(("c", (*first, x + (a - x) * 2 / 3, y + (b - y) * 2 / 3, x, y)))

    def close(into: list[tuple[str, tuple[float, ...]]]) -> None:
        into.append(("h", ()))

    functions = hb.DrawFuncs()
    functions.set_move_to_func(move)
    functions.set_line_to_func(line)
    functions.set_cubic_to_func(curve)
    functions.set_quadratic_to_func(bend)
    functions.set_close_path_func(close)
    return functions
