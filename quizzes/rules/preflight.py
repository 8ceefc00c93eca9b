"""Preflight: whether a bank satisfies a blueprint, with how much to spare, and how many different attempts it gives."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from math import comb

from quizzes.rules.counting import count_sets
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
    """What each line has to spare, and how many sets of questions differ: counted where that takes a moment only."""
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
    asked_by: dict[str, set[int]] = {}
    for index, pool in enumerate(pools):
        for item in pool:
            asked_by.setdefault(item.lineage, set()).add(index)
    draws = [line.draw for line in blueprint]
    counted = count_sets(draws, {one: frozenset(lines) for one, lines in asked_by.items()}, conflicts)
    attempts = _at_least(draws, pools, first, asked_by, conflicts) if counted is None else counted
    disjoint = _disjoint(blueprint, items)
    return Preflight(lines, possible=True, attempts=attempts, exact=counted is not None, disjoint=disjoint)


def _at_least(
    draws: Sequence[int],
    pools: Sequence[Sequence[Item]],
    first: Sequence[str],
    asked_by: Mapping[str, Set[int]],
    conflicts: Mapping[str, Set[str]],
) -> int:
    """Only items count that nothing else asks for: each may be exchanged freely for the others of its line, so the
    product over the lines is a lower bound. It rests on an attempt that was in fact drawn.
    """
    attempts, start = 1, 0
    for drawn_here, pool in zip(draws, pools, strict=True):
        drawn = first[start : start + drawn_here]
        start += drawn_here
        free = {item.lineage for item in pool if len(asked_by[item.lineage]) == 1 and not conflicts[item.lineage]}
        attempts *= comb(len(free), sum(lineage in free for lineage in drawn))
    return attempts


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
