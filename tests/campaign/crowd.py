"""Many clients at once: released together, timed, and every outcome kept."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from tests.support.serving import Database

Result = TypeVar("Result")


@dataclass(frozen=True)
class Outcome(Generic[Result]):
    """What came of one client's task."""

    value: Result | None
    error: Exception | None
    seconds: float


@dataclass
class Report:
    """What one arm of a campaign did and found."""

    arm: str
    dialect: str
    counts: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def expect(self, name: str, found: object, wanted: object) -> None:
        """Note a count, and a problem when it is not what it must be."""
        self.counts[name] = found
        if found != wanted:
            self.problems.append(f"{name}: {found} instead of {wanted}")

    def invariants(self, broken: dict[str, list[tuple[Any, ...]]]) -> None:
        """Note what `breaches` found."""
        self.counts["invariants broken"] = len(broken)
        self.problems += [f"{name}: {len(rows)}, such as {rows[0]}" for name, rows in broken.items()]


def together(tasks: Sequence[Callable[[], Result]]) -> list[Outcome[Result]]:
    """Run each task in a thread of its own, all released at the same instant."""
    gate = threading.Barrier(len(tasks))
    outcomes: list[Outcome[Result] | None] = [None] * len(tasks)

    def run(index: int, task: Callable[[], Result]) -> None:
        gate.wait()
        began = time.perf_counter()
        try:
            value, error = task(), None
        except Exception as problem:
            value, error = None, problem
        outcomes[index] = Outcome(value, error, time.perf_counter() - began)

    threads = [threading.Thread(target=run, args=(index, task), daemon=True) for index, task in enumerate(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [outcome for outcome in outcomes if outcome is not None]


def errors(outcomes: Sequence[Outcome[Any]]) -> list[str]:
    """The first words of everything that went wrong."""
    return [f"{type(one.error).__name__}: {one.error}"[:300] for one in outcomes if one.error is not None]


def percentile(seconds: Sequence[float], part: float) -> float:
    """The time that this part of them stayed within."""
    ordered = sorted(seconds)
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)] if ordered else 0.0


def counted(database: Database, table: str, where: str = "1 = 1") -> int:
    """How many rows a table holds."""
    return int(database.one(f"SELECT COUNT(*) FROM {table} WHERE {where}"))
