"""The search behind the draw: fill every pool without two members that conflict, using as few costly ones as possible.

Depth first with look-ahead: the tightest pool is filled next, and a branch is left as soon as some pool cannot be
filled. The search is complete; a step limit keeps a bank built to be hard from holding a process for ever.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

STEPS_PER_BUDGET = 20_000
STEPS_AT_LAST = 1_000_000


@dataclass(frozen=True, slots=True)
class Pool:
    """Members in order of preference (the costly ones last), and how many are needed."""

    need: int
    members: tuple[str, ...]


def search(
    pools: Sequence[Pool], *, conflicts: Mapping[str, Set[str]], costly: Set[str]
) -> tuple[tuple[str, ...], ...] | None:
    """One choice per pool, no member twice; None when there is none (or none within the step limit)."""
    total = sum(pool.need for pool in pools)
    for budget in range(total + 1):
        limit = STEPS_AT_LAST if budget == total else STEPS_PER_BUDGET
        found = _Search(pools, conflicts, costly, budget, limit).run()
        if found is not None:
            return found
    return None


class _Search:
    """One depth-first run that may use at most `budget` costly members."""

    def __init__(
        self, pools: Sequence[Pool], conflicts: Mapping[str, Set[str]], costly: Set[str], budget: int, limit: int
    ) -> None:
        self.pools = pools
        self.conflicts = conflicts
        self.costly = costly
        self.budget = budget
        self.steps_left = limit
        self.chosen: list[list[str]] = [[] for _ in pools]
        self.start = [0 for _ in pools]
        self.blocked: dict[str, int] = {}
        self.pools_of: dict[str, list[int]] = {}
        for index, pool in enumerate(pools):
            for member in pool.members:
                self.pools_of.setdefault(member, []).append(index)
        self.free = [len(pool.members) for pool in pools]
        self.free_cheap = [sum(member not in costly for member in pool.members) for pool in pools]

    def run(self) -> tuple[tuple[str, ...], ...] | None:
        return tuple(tuple(line) for line in self.chosen) if self._fill() else None

    def _missing(self, index: int) -> int:
        return self.pools[index].need - len(self.chosen[index])

    def _hopeless(self) -> bool:
        forced = 0
        for index in range(len(self.pools)):
            missing = self._missing(index)
            if self.free[index] < missing:
                return True
            forced += max(0, missing - self.free_cheap[index])
        return forced > self.budget

    def _fill(self) -> bool:
        waiting = [index for index in range(len(self.pools)) if self._missing(index) > 0]
        if not waiting:
            return True
        if self._hopeless():
            return False
        index = min(waiting, key=lambda one: (self.free[one] - self._missing(one), one))
        members, first = self.pools[index].members, self.start[index]
        for place in range(first, len(members) - self._missing(index) + 1):
            member = members[place]
            if member in self.blocked:
                continue
            cost = int(member in self.costly)
            if cost > self.budget:
                break  # costly members come last: nothing cheaper follows
            self.steps_left -= 1
            if self.steps_left < 0:
                return False
            self._take(index, member, cost)
            self.start[index] = place + 1
            if self._fill():
                return True
            self.start[index] = first
            self._give_back(index, member, cost)
        return False

    def _take(self, index: int, member: str, cost: int) -> None:
        self.chosen[index].append(member)
        self.budget -= cost
        for one in (member, *self.conflicts.get(member, ())):
            self.blocked[one] = self.blocked.get(one, 0) + 1
            if self.blocked[one] == 1:
                self._count(one, -1)

    def _give_back(self, index: int, member: str, cost: int) -> None:
        self.chosen[index].pop()
        self.budget += cost
        for one in (member, *self.conflicts.get(member, ())):
            self.blocked[one] -= 1
            if self.blocked[one] == 0:
                del self.blocked[one]
                self._count(one, 1)

    def _count(self, member: str, change: int) -> None:
        cheap = member not in self.costly
        for index in self.pools_of.get(member, ()):
            self.free[index] += change
            if cheap:
                self.free_cheap[index] += change
