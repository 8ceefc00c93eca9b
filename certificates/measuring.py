"""How wide a name is in the shipped typefaces, and into how many lines at which size it goes."""

from dataclasses import dataclass
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTFont

from certificates.rules.names import clusters, font_of

FONTS = Path(__file__).resolve().parent / "fonts"
CREDENTIALS_SIZE = 0.58  # of the name's size
SPACE = 0.26  # em, of Noto Serif
SAFETY = 1.03  # kerning and shaping move the width a little against the sum of advances
LARGEST = 36.0
# One line as long as it stays large; then two, then three. Points.
SMALLEST = (22.0, 15.0, 8.0)


@dataclass(frozen=True, slots=True)
class SetName:
    """A name as it is set: its lines and their size in points."""

    lines: tuple[str, ...]
    size: float


@cache
def _advances(font: str) -> dict[int, float]:
    """Advance width in em by code point."""
    with TTFont(FONTS / f"{font}.ttf", lazy=True) as file:
        tables: Any = file
        metrics, unit = tables["hmtx"].metrics, tables["head"].unitsPerEm
        return {point: metrics[glyph][0] / unit for point, glyph in (file.getBestCmap() or {}).items()}


def width(text: str) -> float:
    """Width of one line in em: the sum of advances. Characters without a font count as one em."""
    total = 0.0
    for cluster in clusters(text):
        font = font_of(cluster)
        total += sum(_advances(font).get(ord(char), 0.0) for char in cluster) if font else 1.0
    return total


def set_name(name: str, credentials: str, room: float) -> SetName:
    """The name in as few lines as stay readable, none wider than `room` points. Credentials end the last line."""
    tail = CREDENTIALS_SIZE * width(f", {credentials}") if credentials else 0.0
    best = SetName((name,), 0.0)
    for count, smallest in enumerate(SMALLEST, start=1):
        lines = _balanced(name, count)
        widths = [width(line) for line in lines]
        widths[-1] += tail
        size = min(LARGEST, room / (max(widths) * SAFETY))
        if size > best.size * 1.15:
            best = SetName(lines, round(size, 2))
        if best.size >= smallest:
            break
    return best


def _balanced(name: str, count: int) -> tuple[str, ...]:
    """The name in `count` lines of like width, broken at spaces where there are enough of them."""
    if count == 1:
        return (name,)
    words = name.split()
    widths = [width(word) for word in words]
    if len(words) >= count and max(widths) < 1.2 * sum(widths) / count:
        cuts = ((0, *cut, len(words)) for cut in combinations(range(1, len(words)), count - 1))
        best = min(cuts, key=lambda edges: max(_line_width(widths[start:end]) for start, end in pairwise(edges)))
        return tuple(" ".join(words[start:end]) for start, end in pairwise(best))
    parts = clusters(name)
    step = -(-len(parts) // count)
    return tuple("".join(parts[start : start + step]).strip() for start in range(0, len(parts), step))


def _line_width(words: list[float]) -> float:
    return sum(words) + (len(words) - 1) * SPACE
