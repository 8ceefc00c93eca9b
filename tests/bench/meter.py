"""CPU time of this process and of the database beside it, and the statements between the two."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine, event

Result = TypeVar("Result")
FRAME = ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA")


@dataclass(frozen=True)
class Cost:
    """Milliseconds of CPU here and in the database's processes, and statements sent."""

    web: float
    database: float
    statements: int

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.web + other.web, self.database + other.database, self.statements + other.statements)


NOTHING = Cost(0, 0, 0)


class Meter:
    """Measures one call at a time; the process must do nothing else meanwhile."""

    def __init__(self, engine: Engine, postmaster: int | None) -> None:
        self._postmaster = postmaster
        self.statements: list[str] = []
        event.listen(engine, "before_cursor_execute", self._note)

    def _note(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(FRAME):
            self.statements.append(statement)

    def measure(self, function: Callable[[], Result]) -> tuple[Result, Cost]:
        """The function's result and what it cost."""
        self.statements.clear()
        database = self._database()
        began = time.process_time_ns()
        result = function()
        web = time.process_time_ns() - began
        return result, Cost(web / 1e6, (self._database() - database) / 1e6, len(self.statements))

    def _database(self) -> int:
        """Nanoseconds on a processor of PostgreSQL's processes. SQLite runs in this process: nothing beside it."""
        return 0 if self._postmaster is None else sum(map(_nanoseconds, _family(self._postmaster)))


def median(costs: list[Cost]) -> Cost:
    """The middle of each figure."""
    return Cost(
        statistics.median(cost.web for cost in costs),
        statistics.median(cost.database for cost in costs),
        statistics.median_high(cost.statements for cost in costs),
    )


def best(rounds: list[Cost]) -> Cost:
    """The round in which this process was disturbed least."""
    return Cost(
        min(cost.web for cost in rounds),
        min(cost.database for cost in rounds),
        max(cost.statements for cost in rounds),
    )


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except FileNotFoundError:
        return []
    return [pid, *map(int, children)]


def _nanoseconds(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0])
    except (FileNotFoundError, ProcessLookupError):
        return 0
