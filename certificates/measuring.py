"""How wide a name is in the shipped typefaces, and into how many lines at which size it goes."""

from dataclasses import dataclass
from itertools import combinations, pairwise

from certificates import shaping
from certificates.rules.names import clusters

CREDENTIALS_SIZE = 0.58  # of the name's size
NAME_ROOM = 600.0  # points
SPACE = 0.26  # em, of Noto Serif
SAFETY = 1.005  # rounding, here and in the engines
# For one, two and three lines: the largest size, and the smallest before one more line is tried. Points.
LARGEST = (36.0, 26.0, 19.0)
SMALLEST = (22.0, 15.0, 8.0)


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
