"""The command: measures every operation on both databases at two sizes, prints the tables and keeps them."""

import argparse
import io
import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import structlog

from cme.web import log
from tests.bench.desk import ATTEMPTS, Line, desk_table, measure_desk
from tests.bench.measuring import NOW, measure, scratch
from tests.bench.memory import Memory, web_process
from tests.bench.meter import Cost
from tests.bench.tables import MEGABYTES, Size, judged, table
from tests.support import postgres
from tests.support.serving import PROJECT, Database

SIZES = (Size(1, 10), Size(1000, 100_000))
QUICK = (Size(1, 10), Size(100, 2_000))
DESK_QUICK = 5_000
PARTS = ("road", "desk")
DIALECTS = ("sqlite", "postgresql")
RESULTS = PROJECT / "bench-results"


def main() -> int:
    """Exit code 1 when a number of statements grows with the data; times only inform."""
    parser = argparse.ArgumentParser(prog="script/bench", description="CPU time and statements of every operation.")
    parser.add_argument("--quick", action="store_true", help="fewer repeats and less data")
    parser.add_argument("--database", choices=DIALECTS, action="append", help="this database only")
    parser.add_argument("--no-memory", action="store_true", help="leave the web process's memory out")
    parser.add_argument("--only", choices=PARTS, action="append", help="this part only; the learner's road or the desk")
    wanted = parser.parse_args()
    repeats, sizes = (7, QUICK) if wanted.quick else (25, SIZES)
    write_logs_to_nowhere()
    kept: dict[str, object] = {}
    lines: list[str] = []
    grows = False
    parts = wanted.only or PARTS
    for dialect in wanted.database or DIALECTS:
        if "desk" in parts:
            found = desk_measured(dialect, repeats, attempts=DESK_QUICK if wanted.quick else ATTEMPTS)
            lines += [desk_table(dialect, found), ""]
            print(lines[-2], end="\n\n", flush=True)
            kept[f"{dialect} desk"] = [asdict(one) for one in found]
        if "road" not in parts:
            continue
        results = measured(dialect, sizes, repeats)
        lines += [table(dialect, results), ""]
        print(lines[-2], end="\n\n", flush=True)
        kept[dialect] = {str(size): {name: asdict(cost) for name, cost in one.items()} for size, one in results.items()}
        grows |= any(
            "STATEMENTS GROW" in judged(name, [one[name] for one in results.values()]) for name in one_of(results)
        )
    if not wanted.no_memory and "road" in parts:
        workers = web_process()
        lines.append(memory_line(workers))
        print(lines[-1])
        kept["memory"] = [asdict(one) for one in workers]
    lines.append(
        f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the end: others at work make every time longer."
    )
    print(lines[-1])
    keep(lines, kept)
    return 1 if grows else 0


class Nowhere(io.TextIOBase):
    """Takes everything and keeps nothing."""

    def write(self, text: str) -> int:
        return len(text)


def write_logs_to_nowhere() -> None:
    """Log lines are made as in production, which costs what it costs, but nobody has to read them here."""
    log.configure("INFO")
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(file=Nowhere()))


def one_of(results: dict[Size, dict[str, Cost]]) -> dict[str, Cost]:
    return next(iter(results.values()))


def measured(dialect: str, sizes: tuple[Size, ...], repeats: int) -> dict[Size, dict[str, Cost]]:
    """Each size on a fresh database."""
    server = postgres.start_server() if dialect == "postgresql" else None
    found: dict[Size, dict[str, Cost]] = {}
    try:
        with tempfile.TemporaryDirectory(prefix="cme-bench-") as folder:
            for size in sizes:
                database = Database(dialect, scratch(Path(folder), dialect, size), server.url() if server else None)
                found[size] = measure(database, size, postmaster_of(server), repeats)
                database.close()
    finally:
        if server:
            server.remove()
    return found


def desk_measured(dialect: str, repeats: int, *, attempts: int) -> list[Line]:
    """The editor's desk on a fresh database."""
    server = postgres.start_server() if dialect == "postgresql" else None
    try:
        with tempfile.TemporaryDirectory(prefix="cme-bench-") as folder:
            database = Database(dialect, Path(folder), server.url() if server else None)
            try:
                return measure_desk(database, postmaster_of(server), repeats, attempts=attempts)
            finally:
                database.close()
    finally:
        if server:
            server.remove()


def postmaster_of(server: postgres.Server | None) -> int | None:
    """The process whose children are the database's backends."""
    if server is None:
        return None
    return int((server.folder / "data" / "postmaster.pid").read_text(encoding="ascii").split()[0])


def memory_line(workers: list[Memory]) -> str:
    most = max(one.resident for one in workers)
    shares = " and ".join(f"{one.proportional:.0f}" for one in workers)
    verdict = "within the aim" if most <= MEGABYTES else "OVER THE AIM"
    return f"Web process: {most:.0f} MB resident ({shares} MB with shared pages shared); {verdict} of {MEGABYTES} MB."


def keep(lines: list[str], kept: dict[str, object]) -> None:
    """The tables for people and the figures for programs; ignored by git."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "latest.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    machine = {"processors": os.cpu_count(), "python": sys.version.split()[0], "clock": NOW.isoformat()}
    (RESULTS / "latest.json").write_text(json.dumps({"machine": machine, **kept}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
