"""Item statistics out of counted answers: figures with intervals, and the reason where a figure stays hidden.

Sources: difficulty, discrimination by the upper and lower 27 % and distractor efficiency as in classical test theory;
Wilson's interval (1927); Fisher's z for correlations; Kuder-Richardson formula 20; Kendall's tau-b for certainty.
Integers are summed exactly, and divided once. People with the same score share its places in equal parts.
"""

import itertools
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Z95 = 1.959963984540054
FEWEST_TAKERS = 30
FEWEST_ITEMS = 3
GROUP = 27
"""Per cent of the takers in the upper and in the lower group."""
FUNCTIONAL = 5
"""Per cent of the takers that a distractor must attract."""
CERTAINTIES = ("low", "middle", "high")


@dataclass(frozen=True, slots=True)
class Cell:
    """So many takers answered this way with so many points on the rest of the quiz."""

    rest: int
    points: int
    chosen: str
    certainty: str
    takers: int

    @property
    def taken(self) -> tuple[str, ...]:
        """The choices taken; "" stands for an answer left open."""
        return tuple(self.chosen.split()) or ("",)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its 95 % interval (of a median: its quartiles), or the reason why it is not shown."""

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str = ""


def wilson(right: int, takers: int) -> tuple[float, float]:
    """Wilson's score interval for a proportion."""
    share, square = right / takers, Z95 * Z95
    middle = share + square / (2 * takers)
    spread = Z95 * math.sqrt(share * (1 - share) / takers + square / (4 * takers * takers))
    low, high = (middle - spread) / (1 + square / takers), (middle + spread) / (1 + square / takers)
    return max(low, 0.0), min(high, 1.0)  # the last digit of a float is no share below nothing


def fisher(correlation: float, takers: int) -> tuple[float, float]:
    """The interval of a correlation by Fisher's z; at least four takers."""
    if abs(correlation) >= 1:
        return correlation, correlation
    spread = Z95 / math.sqrt(takers - 3)
    return math.tanh(math.atanh(correlation) - spread), math.tanh(math.atanh(correlation) + spread)


def proportion(right: int, takers: int) -> Figure:
    """A share with its interval."""
    if not takers:
        return Figure(None, reason="Nobody has answered yet.")
    return Figure(right / takers, *wilson(right, takers))


def point_biserial(cells: Sequence[Cell], full: int) -> Figure:
    """Correlation of right and wrong with the points on the rest of the quiz."""
    takers = sum(cell.takers for cell in cells)
    if takers < FEWEST_TAKERS:
        return Figure(None, reason=too_few(takers))
    right = sum(cell.takers for cell in cells if cell.points == full)
    if right in {0, takers}:
        return Figure(None, reason="Everybody was right." if right else "Nobody was right.")
    rest = sum(cell.takers * cell.rest for cell in cells)
    squares = sum(cell.takers * cell.rest * cell.rest for cell in cells)
    both = sum(cell.takers * cell.rest for cell in cells if cell.points == full)
    spread = takers * squares - rest * rest
    if spread == 0:
        return Figure(None, reason="Everybody has the same score on the rest of the quiz.")
    value = (takers * both - right * rest) / math.sqrt((takers * right - right * right) * spread)
    value = max(-1.0, min(1.0, value))
    return Figure(value, *fisher(value, takers))


def discrimination(cells: Sequence[Cell], full: int) -> Figure:
    """Share right in the upper 27 % of scores less the share right in the lower 27 %."""
    takers = sum(cell.takers for cell in cells)
    if takers < FEWEST_TAKERS:
        return Figure(None, reason=too_few(takers))
    size = (takers * GROUP + 50) // 100
    lower, _middle, upper = _shares(cells, [0, size, takers - size, takers])
    high, low = (sum(count for cell, count in part if cell.points == full) for part in (upper, lower))
    return Figure((high - low) / size)


def by_quintile(cells: Sequence[Cell]) -> tuple[Mapping[str, float], ...]:
    """Share of each choice in each fifth of the scores, the lowest first."""
    takers = sum(cell.takers for cell in cells)
    if takers < FEWEST_TAKERS:
        return ()
    found: list[Mapping[str, float]] = []
    for counts in _shares(cells, [takers * fifth / 5 for fifth in range(6)]):
        by_choice: defaultdict[str, float] = defaultdict(float)
        for cell, count in counts:
            for choice in cell.taken:
                by_choice[choice] += count
        total = sum(count for _cell, count in counts)
        found.append({chosen: count / total for chosen, count in sorted(by_choice.items())})
    return tuple(found)


def calibration(cells: Sequence[Cell], full: int) -> Figure:
    """Kendall's tau-b between how sure people were and whether they were right: 1 is "sure when right, else not"."""
    right, wrong = ([0] * len(CERTAINTIES) for _verdict in range(2))
    for cell in cells:
        if cell.certainty:
            (right if cell.points == full else wrong)[CERTAINTIES.index(cell.certainty)] += cell.takers
    takers = sum(right) + sum(wrong)
    if takers < FEWEST_TAKERS:
        return Figure(None, reason=f"{takers} of {FEWEST_TAKERS} answers with a certainty needed.")
    if not sum(right) or not sum(wrong):
        return Figure(None, reason="Everybody was right." if sum(right) else "Nobody was right.")
    levels = [sum(pair) for pair in zip(right, wrong, strict=True)]
    untied = takers * takers - sum(level * level for level in levels)
    if not untied:
        return Figure(None, reason="Everybody was equally sure.")
    pairs = itertools.combinations(range(len(levels)), 2)
    excess = sum(right[high] * wrong[low] - right[low] * wrong[high] for low, high in pairs)
    return Figure(excess / math.sqrt(untied / 2 * sum(right) * sum(wrong)))


def quantile(counts: Mapping[int, int], share: float) -> float:
    """The value below which this share of the takers lies, between two values in proportion (as numpy's default)."""
    place = share * (sum(counts.values()) - 1)
    low = math.floor(place)
    first, second = _at_rank(counts, low), _at_rank(counts, math.ceil(place))
    return first + (second - first) * (place - low)


def pace(seconds: Mapping[int, int]) -> Figure:
    """The median time on an item with its quartiles, out of how many took so many seconds."""
    takers = sum(seconds.values())
    if takers < FEWEST_TAKERS:
        return Figure(None, reason=f"{takers} of {FEWEST_TAKERS} measured times needed.")
    return Figure(quantile(seconds, 0.5), quantile(seconds, 0.25), quantile(seconds, 0.75))


def kr20(items: int, spread: float, variance: float) -> Figure:
    """Reliability of a quiz: its items, the sum of p(1-p) over them, the population variance of its scores."""
    if items < FEWEST_ITEMS:
        return Figure(None, reason=f"Fewer than {FEWEST_ITEMS} questions.")
    if variance <= 0:
        return Figure(None, reason="Everybody has the same score.")
    return Figure(items / (items - 1) * (1 - spread / variance))


def variance_of(scores: Mapping[int, int]) -> float:
    """Population variance of scores, given how many takers have each."""
    takers = sum(scores.values())
    if not takers:
        return 0.0
    total = sum(score * count for score, count in scores.items())
    squares = sum(score * score * count for score, count in scores.items())
    return (takers * squares - total * total) / (takers * takers)


def _shares(cells: Sequence[Cell], edges: Sequence[float]) -> list[list[tuple[Cell, float]]]:
    """Takers by total score, cut at these ranks; a score that lies across a cut is shared out in proportion."""
    by_score: defaultdict[int, list[Cell]] = defaultdict(list)
    for cell in cells:
        by_score[cell.rest + cell.points].append(cell)
    slices: list[list[tuple[Cell, float]]] = [[] for _edge in edges[1:]]
    rank = 0
    for score in sorted(by_score):
        count = sum(cell.takers for cell in by_score[score])
        for number, (low, high) in enumerate(itertools.pairwise(edges)):
            overlap = min(high, rank + count) - max(low, rank)
            if overlap > 0:
                slices[number] += [(cell, cell.takers * overlap / count) for cell in by_score[score]]
        rank += count
    return slices


def too_few(takers: int) -> str:
    """Why a figure stays hidden."""
    return f"{takers} of {FEWEST_TAKERS} takers needed."


def _at_rank(counts: Mapping[int, int], rank: int) -> int:
    seen = 0
    for value in sorted(counts):
        seen += counts[value]
        if rank < seen:
            return value
    raise ValueError("no such rank")
