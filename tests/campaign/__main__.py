"""The command: runs every arm on both databases and prints what each one did and found."""

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.campaign.correcting import corrected_under_fire
from tests.campaign.crowd import Report
from tests.campaign.ground import WEB, database_in
from tests.campaign.killing import killed_workers
from tests.campaign.many import many_learners
from tests.campaign.naive import naive_control
from tests.campaign.reissuing import reissuing
from tests.campaign.revoking import revoking
from tests.campaign.simultaneous import many_clicks
from tests.support import postgres
from tests.support.serving import Database, Server

DIALECTS = ("sqlite", "postgresql")


def clicks(database: Database, size: float) -> Report:
    """50 submits, then 50 claims, of one learner at the same instant."""
    with Server(database, processes=3, environment=WEB) as server:
        return many_clicks(server, clicks=max(2, int(50 * size)))


def crowd(database: Database, size: float) -> Report:
    """500 learners at once, from the module's page to the claim."""
    with Server(database, processes=3, environment=WEB) as server:
        return many_learners(server, number=max(2, int(500 * size)), documents=True)


def kill(database: Database, size: float) -> Report:
    """kill -9 of a web worker, 20 times in 2,000 submissions."""
    with Server(database, processes=3, environment=WEB) as server:
        return killed_workers(server, submissions=max(50, int(2000 * size)), kills=max(1, int(20 * size)))


def revoke(database: Database, size: float) -> Report:
    """500 verifications while 100 certificates are revoked."""
    with Server(database, processes=3, environment=WEB) as server:
        return revoking(server, verifications=max(20, int(500 * size)), revocations=max(5, int(100 * size)))


def reissue(database: Database, size: float) -> Report:
    """kill -9, 5 times, of the process that issues 2,000 certificates again."""
    return reissuing(database, certificates=max(60, int(2000 * size)), kills=max(2, int(5 * size)))


def correct(database: Database, size: float) -> Report:
    """1,000 attempts, one key flipped; the process that grades them again is killed 20 times."""
    return corrected_under_fire(database, attempts=max(200, int(1000 * size)), kills=max(3, int(20 * size)))


def naive(database: Database, size: float) -> Report:
    """Control: without the constraint the same clicks give two credits."""
    return naive_control(database, clicks=max(10, int(50 * size)))


ARMS: dict[str, Callable[[Database, float], Report]] = {
    "naive": naive,
    "clicks": clicks,
    "kill": kill,
    "revoke": revoke,
    "reissue": reissue,
    "correct": correct,
    "crowd": crowd,
}


def main() -> int:
    """Exit code 0 only when every arm held and every control broke."""
    arms = "; ".join(f"{name}: {function.__doc__}" for name, function in ARMS.items())
    parser = argparse.ArgumentParser(prog="script/campaign", description="Load and fault campaigns.", epilog=arms)
    parser.add_argument("--only", choices=list(ARMS), action="append", help="this arm only; may be repeated")
    parser.add_argument("--database", choices=DIALECTS, action="append", help="this database only; may be repeated")
    parser.add_argument("--size", type=float, default=1.0, help="a share of the full counts, such as 0.1")
    wanted = parser.parse_args()
    dialects = wanted.database or DIALECTS
    server = postgres.start_server(durable=True) if "postgresql" in dialects else None
    failed = 0
    try:
        for name in wanted.only or list(ARMS):
            for dialect in dialects:
                failed += not run(ARMS[name], dialect, server.url() if server else None, wanted.size)
    finally:
        if server:
            server.remove()
    print(f"\n{failed} failed" if failed else "\nEverything held.")
    return 1 if failed else 0


def run(arm: Callable[[Database, float], Report], dialect: str, postgres_url: str | None, size: float) -> bool:
    """One arm on one fresh database; True when nothing was wrong."""
    with tempfile.TemporaryDirectory(prefix="cme-campaign-") as folder:
        with database_in(Path(folder), dialect, postgres_url) as database:
            report = arm(database, size)
        show(report)
    return not report.problems


def show(report: Report) -> None:
    """A block of lines per arm."""
    print(f"\n{report.arm}, {report.dialect}: {'BROKEN' if report.problems else 'held'}")
    for name, count in report.counts.items():
        print(f"  {name:<42} {count}")
    for problem in report.problems:
        print(f"  ! {problem}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
