"""Preflight: whether a bank satisfies a blueprint, with how much to spare, and how many different attempts it gives."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

from quizzes.rules.drawing import DrawError, candidate_of, conflicts_of, draw, pick
from quizzes.rules.item import BlueprintLine, Item


@dataclass(frozen=True, slots=True)
class LineSpare:
    """One line of the blueprint: what it draws, and what it could draw from."""

    line: BlueprintLine
    at_hand: int

    @property
    def spare(self) -> int:
        return self.at_hand - self.line.draw


@dataclass(frozen=True, slots=True)
class Preflight:
    """`attempts` is the number of different sets of questions: exact, or a lower bound that is proven, or 0."""

    lines: tuple[LineSpare, ...]
    possible: bool
    attempts: int
    exact: bool
    disjoint: int
    """How many attempts in a row share no question: a lower bound, found by drawing them."""


MOST_DISJOINT = 20


def preflight_of(blueprint: Sequence[BlueprintLine], items: Sequence[Item]) -> Preflight:
    """Counts by arithmetic: with lines that share no item and items that keep apart from none, the number is exact.

    Else only items are counted that nothing else asks for: each may be exchanged freely for the others of its line, so
    the product over the lines is a lower bound. It rests on an attempt that was in fact drawn.
    """
    items = [item for item in items if item.is_drawn]
    pools = [[item for item in items if line.takes(item.topic, item.tags)] for line in blueprint]
    lines = tuple(LineSpare(line, len(pool)) for line, pool in zip(blueprint, pools, strict=True))
    candidates = [candidate_of(item) for item in items]
    try:
        first = draw(blueprint, candidates, seen={}, seed="preflight") if blueprint else ()
    except DrawError:
        first = ()
    if not first:
        return Preflight(lines, possible=False, attempts=0, exact=True, disjoint=0)
    conflicts = conflicts_of(candidates)
    asked_by: dict[str, int] = {}
    for pool in pools:
        for item in pool:
            asked_by[item.lineage] = asked_by.get(item.lineage, 0) + 1
    exact = all(times == 1 for times in asked_by.values()) and not any(conflicts[one] for one in asked_by)
    attempts, start = 1, 0
    for line, pool in zip(blueprint, pools, strict=True):
        drawn = first[start : start + line.draw]
        start += line.draw
        free = {item.lineage for item in pool if asked_by[item.lineage] == 1 and not conflicts[item.lineage]}
        attempts *= comb(len(free), sum(lineage in free for lineage in drawn))
    return Preflight(lines, possible=True, attempts=attempts, exact=exact, disjoint=_disjoint(blueprint, items))


def _disjoint(blueprint: Sequence[BlueprintLine], items: Sequence[Item]) -> int:
    """Draw one attempt after the other from what is left."""
    left = [candidate_of(item) for item in items]
    for number in range(MOST_DISJOINT):
        found = pick(blueprint, left)
        if found is None:
            return number
        taken = {lineage for line in found for lineage in line}
        left = [item for item in left if item.lineage not in taken]
    return MOST_DISJOINT
