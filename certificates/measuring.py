"""How wide a name is in the shipped typefaces, and into how many lines at which size it goes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from operator import itemgetter

from certificates import shaping
from certificates.rules.names import clusters

CREDENTIALS_SIZE = 0.58  # of the name's size
NAME_ROOM = 600.0  # points
SPACE = 0.26  # em, of Noto Serif
SAFETY = 1.005  # rounding, here and in the engines
# For one, two and three lines: the largest size, and the smallest before one more line is tried. Points.
LARGEST = (36.0, 26.0, 19.0)
SMALLEST = (22.0, 15.0, 8.0)
EVEN = 1.4  # times the width that all lines would have if they were equal
LEAST = 15.0  # points: at this size a line of whole words is still better than a broken word
_AT_SPACES = re.compile(r"\S+\s*")
_AT_HYPHENS = re.compile(r"[^\s\-\u2010]+[\-\u2010]*\s*|[\-\u2010]+\s*")


@dataclass(frozen=True, slots=True)
class SetName:
    """A name as it is set: its lines and their size in points."""

    lines: tuple[str, ...]
    size: float


def width(text: str) -> float:
    """Width of one line in em. Text in two directions is measured piece by piece; without a font it is one em."""
    try:
        return shaping.width(shaping.shape(text))
    except (shaping.NotStampable, shaping.NoCoverage):
        return sum(map(_alone, clusters(text)))


def _alone(cluster: str) -> float:
    try:
        return shaping.width(shaping.shape(cluster))
    except (shaping.NotStampable, shaping.NoCoverage):
        return 1.0


def set_name(name: str, credentials: str, room: float) -> SetName:
    """The name in as few lines as stay readable, none wider than `room` points. Credentials end the last line."""
    tail = CREDENTIALS_SIZE * width(f", {credentials}") if credentials else 0.0
    best = SetName((name,), 0.0)
    for count, (largest, smallest) in enumerate(zip(LARGEST, SMALLEST, strict=True), start=1):
        lines = _balanced(name, count)
        widths = [width(line) for line in lines]
        widths[-1] += tail
        size = min(largest, room / (max(widths) * SAFETY))
        if size > best.size * 1.15:
            best = SetName(lines, int(size * 100) / 100)
        if best.size >= smallest:
            break
    return best


def _balanced(name: str, count: int) -> tuple[str, ...]:
    """The name in `count` lines of like width: broken at spaces where that will do, else also after hyphens.

    A word is broken only where it could not be read otherwise: in two pieces it is another name.
    """
    if count == 1:
        return (name,)
    layouts = [_laid(parts, count) for way in (_AT_SPACES, _AT_HYPHENS) if len(parts := way.findall(name)) >= count]
    even = EVEN * width(name) / count
    for lines, widest in layouts:
        if widest < even or widest * LARGEST[count - 1] <= NAME_ROOM:
            return lines
    if layouts:
        lines, widest = min(layouts, key=itemgetter(1))
        if widest * LEAST <= NAME_ROOM:
            return lines
    parts = clusters(name)
    step = -(-len(parts) // count)
    return tuple("".join(parts[start : start + step]).strip() for start in range(0, len(parts), step))


def _laid(parts: list[str], count: int) -> tuple[tuple[str, ...], float]:
    """The parts in lines whose widest is as narrow as can be, and how wide that is."""
    widths = [width(part.strip()) for part in parts]
    after = [SPACE if part[-1].isspace() else 0.0 for part in parts]

    def widest(edges: Sequence[int]) -> float:
        return max(sum(widths[start:end]) + sum(after[start : end - 1]) for start, end in pairwise(edges))

    cuts = ((0, *cut, len(parts)) for cut in combinations(range(1, len(parts)), count - 1))
    best = min(cuts, key=widest)
    return tuple("".join(parts[start:end]).strip() for start, end in pairwise(best)), widest(best)
