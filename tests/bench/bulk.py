"""Ten thousand certificates over a year and all amounts, issued again and zipped: CPU time and memory of one process.

Run alone: python -m tests.bench.bulk [COUNT]
"""

import json
import resource
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

from flask import Flask

from certificates import archive, bulk_jobs, packs
from certificates.packs import REISSUE
from certificates.places import store_of
from cme.credits.report_rows import OfficeFilter
from cme.kernel.clock import utc_now
from cme.store.database import db
from cme.store.session import transaction
from tests.campaign.ground import open_module
from tests.factories.certificates import make_certificate
from tests.factories.people import make_person
from tests.support.serving import Database

COUNT, DAYS, AMOUNTS = 10_000, 365, 16
AT_ONCE = 500


@dataclass(frozen=True)
class Bulk:
    """What it took. Megabytes are the most that the process held at any time (RSS)."""

    certificates: int
    seconds: float
    megabytes: float
    largest: int
    zipped: int


def main() -> int:
    """Everything is made ready first; only issuing again and zipping is measured."""
    count = int(sys.argv[1]) if sys.argv[1:] else COUNT
    with tempfile.TemporaryDirectory(prefix="cme-bulk-") as folder:
        database = Database("sqlite", Path(folder))
        app, pack_id = database.app, ask(database, count)
        before = cpu()
        with app.app_context():
            while not packs.is_finished(db.session(), pack_id):
                db.session.rollback()
                bulk_jobs.work(pack_id)
            zipped = sum(len(piece) for piece in zipping(app, pack_id))
            largest = max(row.size for row in packs.every_packed(db.session(), pack_id))
            done = packs.ready_count(db.session(), pack_id)
        seconds = cpu() - before
        database.close()
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(asdict(Bulk(done, seconds, most, largest, zipped))))
    return 0


def ask(database: Database, count: int) -> int:
    """First revisions, one a learner, their days and amounts spread evenly; and the wish to issue them again."""
    now = utc_now()
    module = open_module(database, now=now, opens_on=now.date() - timedelta(days=DAYS + 30))
    for start in range(0, count, AT_ONCE):
        with database.writing() as session:
            for number in range(start, min(start + AT_ONCE, count)):
                at = now - timedelta(days=number % DAYS, minutes=number % 700)
                person = make_person(session, now=at, name=f"Łukasz Learner {number}")
                amount = 1 + number % AMOUNTS
                make_certificate(session, person, module, now=at, amount=amount, maximum=AMOUNTS)
    with database.writing() as session:
        registrar = make_person(session, now=now, roles=("registrar",)).id
        chosen = packs.standing(OfficeFilter(slug=module.slug), REISSUE)
        return packs.ask(session, chosen, REISSUE, "New letter paper.", by=registrar, now=now).id


def zipping(app: Flask, pack_id: int) -> Iterator[bytes]:
    """The archive as it is sent, with the audit's line."""
    with transaction() as session:
        packs.note_taken(session, pack_id, by=1, now=utc_now())
    store = store_of(app.extensions["settings"])
    return archive.stream(lambda: packs.every_packed(db.session(), pack_id), store, {"issuer": "here"})


def cpu() -> float:
    """Seconds of this process and of those it has waited for: pages may be compiled in one of their own."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


if __name__ == "__main__":
    sys.exit(main())
