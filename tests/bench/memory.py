"""How much memory a real web process takes after real work."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.campaign.ground import WEB, learners, open_module
from tests.support.serving import Database, Server

PAGES = ("/", "/sign-in", "/transcript", "/account", "/verify")


@dataclass(frozen=True)
class Memory:
    """Megabytes: what it holds (RSS), and its share of what several hold together (PSS)."""

    resident: float
    proportional: float


def web_process(rounds: int = 10) -> list[Memory]:
    """The two web workers of a server on SQLite after `rounds` learners' whole roads and every kind of page."""
    with tempfile.TemporaryDirectory(prefix="cme-bench-") as folder:
        database = Database("sqlite", Path(folder))
        database.app.test_cli_runner().invoke(args=["library", "load-shipped"])
        module = open_module(database)
        with Server(database, processes=2, environment=WEB) as server:
            for learner in learners(server, module.slug, rounds):
                learner.whole_road()
                for page in (*PAGES, "/modules/sleep-related-leg-cramps", "/modules/sleep-related-leg-cramps/article"):
                    learner.visitor.get(page)
            return [_of(worker) for worker in server.workers()]


def _of(pid: int) -> Memory:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    kilobytes = {parts[0]: int(parts[1]) for parts in (line.split() for line in lines[1:]) if parts[1].isdigit()}
    return Memory(kilobytes["Rss:"] / 1024, kilobytes["Pss:"] / 1024)
