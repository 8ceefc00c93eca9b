"""How many different sets of questions a blueprint can draw, exactly, where that can be counted in a moment.

Only two things of a question matter: which lines may draw it (its type) and which questions it must not meet. Questions
that must not meet form small groups; of each group all choices are counted by how many questions of each type they
take, and the groups are multiplied like polynomials. A choice of so many questions per type can be dealt out to the
lines if no part of the lines is asked to take more than it draws (Hall's theorem).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import combinations
from math import comb, prod

MOST_STEPS = 150_000
MOST_TERMS = 5_000
MOST_SHARING_LINES = 10

Counts = int
"""How many questions of each type, in fields of one number, so that adding two of them is one addition."""
Sums = dict[Counts, int]
"""In how many ways."""


class TooMuch(Exception):  # noqa: N818 - nothing is wrong: the number is not counted
    """Counting would take too long."""


def count_sets(
    draws: Sequence[int], lines_of: Mapping[str, frozenset[int]], conflicts: Mapping[str, Set[str]]
) -> int | None:
    """The number of sets; None where counting would take too long. `lines_of` has whatever some line may draw."""
    types = sorted({tuple(sorted(lines)) for lines in lines_of.values()})
    most = tuple(min(sum(draws[line] for line in one), len(lines_of)) for one in types)
    shared = {line for one in types if len(one) > 1 for line in one}
    if prod(limit + 1 for limit in most) > MOST_TERMS or len(shared) > MOST_SHARING_LINES:
        return None
    place = {lineage: types.index(tuple(sorted(lines))) for lineage, lines in lines_of.items()}
    fields = _Fields(most)
    work = _Work(place, {one: conflicts[one] & lines_of.keys() for one in lines_of}, fields)
    try:
        sums = work.independent(frozenset(lines_of))
    except TooMuch:
        return None
    parts = _parts(range(len(draws)), shared)
    return sum(ways for counts, ways in sums.items() if _dealt(fields.read(counts), types, draws, parts))


def _parts(lines: Iterable[int], shared: Set[int]) -> list[frozenset[int]]:
    """The parts of the lines that can be asked too much: lines that share questions in every combination."""
    alone = [frozenset((line,)) for line in lines if line not in shared]
    groups = [frozenset(part) for size in range(1, len(shared) + 1) for part in combinations(sorted(shared), size)]
    return alone + groups


def _dealt(
    counts: Sequence[int], types: Sequence[tuple[int, ...]], draws: Sequence[int], parts: list[frozenset[int]]
) -> bool:
    if sum(counts) != sum(draws):
        return False
    for part in parts:
        asked = sum(count for count, one in zip(counts, types, strict=True) if part.issuperset(one))
        if asked > sum(draws[line] for line in part):
            return False
    return True


class _Fields:
    """One field for each type, wide enough for twice its limit; what exceeds a limit reaches the field's top bit."""

    def __init__(self, most: Sequence[int]) -> None:
        self.most = tuple(most)
        self._width = (2 * max(most)).bit_length() + 1
        top = 1 << (self._width - 1)
        self.tops = self._packed([top] * len(most))
        self.lifts = self._packed([top - 1 - limit for limit in most])

    def _packed(self, numbers: Sequence[int]) -> Counts:
        return sum(number << (self._width * index) for index, number in enumerate(numbers))

    def single(self, index: int, count: int) -> Counts:
        return count << (self._width * index)

    def read(self, counts: Counts) -> tuple[int, ...]:
        return tuple(counts >> (self._width * index) & ((1 << self._width) - 1) for index in range(len(self.most)))


@dataclass(slots=True)
class _Work:
    place: Mapping[str, int]
    near: Mapping[str, Set[str]]
    fields: _Fields
    steps: int = 0
    known: dict[frozenset[str], Sums] = field(default_factory=dict[frozenset[str], Sums])

    def independent(self, members: frozenset[str]) -> Sums:
        """All choices among these in which nobody meets whom it must not meet."""
        free = frozenset(one for one in members if not self.near[one] & members)
        found = self._free(free)
        left = set(members - free)
        while left:
            group = _group(next(iter(left)), left, self.near)
            left -= group
            found = self._times(found, self._tied(group))
        return found

    def _free(self, members: frozenset[str]) -> Sums:
        """Of each type any number, for nothing stands between them."""
        found: Sums = {0: 1}
        at = Counter(self.place[one] for one in members)
        for place, count in at.items():
            most = min(count, self.fields.most[place])
            one = {self.fields.single(place, taken): comb(count, taken) for taken in range(most + 1)}
            found = self._times(found, one)
        return found

    def _tied(self, group: frozenset[str]) -> Sums:
        """Without the question that stands between the most others, and with it but without those."""
        found = self.known.get(group)
        if found is None:
            middle = max(sorted(group), key=lambda one: len(self.near[one] & group))
            found = dict(self.independent(group - {middle}))
            kept = self.independent(group - {middle} - self.near[middle])
            for counts, ways in self._times(kept, {self.fields.single(self.place[middle], 1): 1}).items():
                found[counts] = found.get(counts, 0) + ways
            self.known[group] = found
        return found

    def _times(self, left: Sums, right: Sums) -> Sums:
        self.steps += len(left) * len(right)
        if self.steps > MOST_STEPS:
            raise TooMuch
        found: Sums = {}
        tops, lifts = self.fields.tops, self.fields.lifts
        for one, ways in left.items():
            lifted = one + lifts
            for other, more in right.items():
                if not (lifted + other) & tops:
                    found[one + other] = found.get(one + other, 0) + ways * more
        return found


def _group(start: str, among: Set[str], near: Mapping[str, Set[str]]) -> frozenset[str]:
    """Everything that hangs together with this one."""
    found, ahead = {start}, [start]
    while ahead:
        fresh = (near[ahead.pop()] & among) - found
        found |= fresh
        ahead += fresh
    return frozenset(found)
