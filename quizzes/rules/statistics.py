"""Item statistics out of counted answers: figures with intervals, and the reason where a figure stays hidden.

Sources: difficulty, discrimination by the upper and lower 27 % and distractor efficiency as in classical test theory;
Wilson's interval (1927); Fisher's z for correlations; Kuder-Richardson formula 20. Integers are summed exactly, and
divided once. People with the same score share the places of their score in equal parts.
"""

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
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


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its 95 % interval, or the reason why it is not shown."""

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ItemHealth:
    """Everything known of one item in one wording."""

    takers: int
    right: int
    difficulty: Figure
    point_biserial: Figure
    discrimination: Figure
    distractors: Figure
    """Share of the distractors that attract takers."""
    choices: tuple[tuple[str, int], ...]
    """How often each choice was taken; "" is an answer left open."""
    quintiles: tuple[Mapping[str, float], ...]
    """Share of each choice from the lowest fifth of scores to the highest; empty when hidden."""
    certainty: Mapping[str, tuple[int, Figure]]
    """Takers and share right by how sure they were."""
    alarms: tuple[str, ...]
    """Sentences that say why the key may be wrong."""


def wilson(right: int, takers: int) -> tuple[float, float]:
    """Wilson's score interval for a proportion."""
    share, square = right / takers, Z95 * Z95
    middle = share + square / (2 * takers)
    spread = Z95 * math.sqrt(share * (1 - share) / takers + square / (4 * takers * takers))
    return (middle - spread) / (1 + square / takers), (middle + spread) / (1 + square / takers)


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
        return Figure(None, reason=_too_few(takers))
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
        return Figure(None, reason=_too_few(takers))
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
            by_choice[cell.chosen] += count
        total = sum(by_choice.values())
        found.append({chosen: count / total for chosen, count in sorted(by_choice.items())})
    return tuple(found)


def kr20(shares: Sequence[float], variance: float) -> Figure:
    """Reliability of a quiz: shares right of its items, population variance of its scores."""
    items = len(shares)
    if items < FEWEST_ITEMS:
        return Figure(None, reason=f"Fewer than {FEWEST_ITEMS} questions.")
    if variance <= 0:
        return Figure(None, reason="Everybody has the same score.")
    return Figure(items / (items - 1) * (1 - sum(share * (1 - share) for share in shares) / variance))


def variance_of(scores: Mapping[int, int]) -> float:
    """Population variance of scores, given how many takers have each."""
    takers = sum(scores.values())
    if not takers:
        return 0.0
    total = sum(score * count for score, count in scores.items())
    squares = sum(score * score * count for score, count in scores.items())
    return (takers * squares - total * total) / (takers * takers)


def health_of(cells: Sequence[Cell], *, full: int, choices: Sequence[str], keys: Iterable[str]) -> ItemHealth:
    """All figures of one item. `choices` and `keys` are empty where an answer is no single choice."""
    keys = frozenset(keys)
    takers = sum(cell.takers for cell in cells)
    right = sum(cell.takers for cell in cells if cell.points == full)
    chosen: Counter[str] = Counter()
    for cell in cells:
        chosen[cell.chosen] += cell.takers
    quintiles = by_quintile(cells) if choices else ()
    correlation = point_biserial(cells, full)
    return ItemHealth(
        takers=takers,
        right=right,
        difficulty=proportion(right, takers),
        point_biserial=correlation,
        discrimination=discrimination(cells, full),
        distractors=_efficiency(chosen, [one for one in choices if one not in keys], takers),
        choices=tuple((one, chosen[one]) for one in (*choices, "")) if choices else (),
        quintiles=quintiles,
        certainty=_certainty(cells, full),
        alarms=tuple(_alarms(correlation, quintiles, keys)),
    )


def _efficiency(chosen: Mapping[str, int], distractors: Sequence[str], takers: int) -> Figure:
    if takers < FEWEST_TAKERS:
        return Figure(None, reason=_too_few(takers))
    if not distractors:
        return Figure(None, reason="This kind of question has no distractors.")
    working = sum(chosen.get(one, 0) * 100 >= takers * FUNCTIONAL for one in distractors)
    return Figure(working / len(distractors))


def _certainty(cells: Sequence[Cell], full: int) -> dict[str, tuple[int, Figure]]:
    found: dict[str, tuple[int, Figure]] = {}
    for level in CERTAINTIES:
        takers = sum(cell.takers for cell in cells if cell.certainty == level)
        right = sum(cell.takers for cell in cells if cell.certainty == level and cell.points == full)
        if takers:
            found[level] = takers, proportion(right, takers)
    return found


def _alarms(correlation: Figure, quintiles: Sequence[Mapping[str, float]], keys: frozenset[str]) -> Iterable[str]:
    if correlation.value is not None and correlation.value < 0:
        yield "Those who do well on the rest of the quiz are wrong here more often than the others."
    if quintiles and keys:
        top = quintiles[-1]
        best = max((top.get(key, 0.0) for key in keys), default=0.0)
        for choice, share in top.items():
            if choice and choice not in keys and share > best:
                yield f"Among the best fifth, choice {choice.upper()} was taken more often than the key."


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


def _too_few(takers: int) -> str:
    return f"{takers} of {FEWEST_TAKERS} takers needed."
