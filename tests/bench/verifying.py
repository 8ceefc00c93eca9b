"""What the page costs that anybody may open for a certificate's code: CPU time and statements, page and JSON.

Run alone (python -m tests.bench.verifying), as a server's process is: beside the layout engine and pyHanko, whose objects
no web process has, the same page takes half as long again.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from flask import Flask
from sqlalchemy import event
from werkzeug.test import EnvironBuilder, run_wsgi_app

from cme.kernel.clock import utc_now
from cme.store.database import db
from tests.campaign.ground import open_module
from tests.factories.certificates import make_certificate
from tests.factories.people import make_person
from tests.support.serving import Database

CERTIFICATES, ROUNDS, REPEATS = 50, 5, 15


@dataclass(frozen=True)
class Verified:
    """One kind of answer: milliseconds of CPU (best round) and the most statements that any took."""

    milliseconds: float
    statements: int


def verifying() -> dict[str, Verified]:
    """Each kind of answer, measured in a process of its own."""
    done = subprocess.run([sys.executable, "-m", "tests.bench.verifying"], capture_output=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    return {name: Verified(**one) for name, one in found.items()}


def measured() -> dict[str, Verified]:
    """Each answer by many callers, so that nobody is asked to wait."""
    with tempfile.TemporaryDirectory(prefix="cme-bench-") as folder:
        database = Database("sqlite", Path(folder))
        codes = _codes(database)
        found = {
            "page": _measured(database.app, "/verify/", codes),
            "JSON": _measured(database.app, "/api/v1/certificates/", codes),
        }
        database.close()
    return found


def _codes(database: Database) -> list[str]:
    now = utc_now()
    module = open_module(database, now=now)
    with database.writing() as session:
        return [
            make_certificate(session, make_person(session, now=now), module, now=now).code for _ in range(CERTIFICATES)
        ]


def _measured(app: Flask, path: str, codes: list[str]) -> Verified:
    asked, best, most = 0, float("inf"), 0
    for _ in range(ROUNDS):
        seconds = 0.0
        for number in range(REPEATS):
            asked += 1
            caller = {"REMOTE_ADDR": f"10.{asked // 200}.{len(path)}.{1 + asked % 200}"}
            environment = EnvironBuilder(path=path + codes[number % len(codes)], environ_base=caller).get_environ()
            with _statements(app) as counted:
                began = time.process_time()
                answer = run_wsgi_app(app.wsgi_app, environment)
                seconds += time.process_time() - began
            assert answer[1].startswith("200"), answer[1]
            most = max(most, len(counted))
        best = min(best, seconds * 1000 / REPEATS)
    return Verified(best, most)


@contextmanager
def _statements(app: Flask) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


if __name__ == "__main__":
    result = measured()
    assert "weasyprint" not in sys.modules
    assert "pyhanko" not in sys.modules
    print(json.dumps({name: asdict(one) for name, one in result.items()}))
