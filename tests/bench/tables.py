"""The tables that are printed: what was measured, with the aims beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.bench.meter import Cost

AIMS: dict[str, tuple[float | None, int | None]] = {
    "article": (2.5, 6),
    "sign-in": (30, None),
    "whole attempt": (25, None),
    "claim": (10, None),
    "whole journey": (130, None),
}
"""Milliseconds of web process and database together, and statements; None where there is no aim."""
MEGABYTES = 150


@dataclass(frozen=True)
class Size:
    """How much there is besides what is measured."""

    activities: int
    attempts: int

    def __str__(self) -> str:
        return f"{self.activities:,} / {self.attempts:,}"


Results = Mapping[Size, Mapping[str, Cost]]


def table(dialect: str, results: Results) -> str:
    """Markdown: one row per operation, three columns per size, the aims last."""
    sizes = list(results)
    heads = ["operation"]
    for size in sizes:
        heads += [f"web ms at {size}", "database ms", "statements"]
    heads += ["aim", ""]
    rows = [heads, ["---", *["---:"] * (len(heads) - 2), "---"]]
    for name in results[sizes[-1]]:
        row = [name]
        for size in sizes:
            cost = results[size][name]
            beside = f"{cost.database:.2f}" if dialect == "postgresql" else "in web"
            row += [f"{cost.web:.2f}", beside, str(cost.statements)]
        rows.append([*row, _aim(name), "; ".join(judged(name, [results[size][name] for size in sizes]))])
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([f"### {dialect} (activities / attempts beside the measured ones)", "", *lines])


def judged(name: str, costs: Sequence[Cost]) -> list[str]:
    """What is wrong with an operation, in words; empty when nothing is."""
    found = []
    milliseconds, statements = AIMS.get(name, (None, None))
    most = max(cost.web + cost.database for cost in costs)
    if milliseconds is not None and most > milliseconds:
        found.append(f"{most:.1f} ms, over the aim")
    if statements is not None and max(cost.statements for cost in costs) > statements:
        found.append("too many statements")
    if len({cost.statements for cost in costs}) > 1:
        found.append("STATEMENTS GROW")
    return found


def _aim(name: str) -> str:
    milliseconds, statements = AIMS.get(name, (None, None))
    parts = [f"{milliseconds:g} ms" if milliseconds else "", f"{statements} statements" if statements else ""]
    return ", ".join(part for part in parts if part)
