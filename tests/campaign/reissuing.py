"""`kill -9` of the process that issues many certificates again: resumed, each is there exactly once, the manifest right."""

import csv
import hashlib
import io
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from certificates import archive, packs
from certificates.packs import REISSUE
from certificates.places import store_of
from cme.credits.report_rows import OfficeFilter
from cme.kernel.clock import utc_now
from cme.store.database import db
from tests.campaign.crowd import Report, counted
from tests.campaign.ground import open_module
from tests.factories.certificates import make_certificate
from tests.factories.people import make_person
from tests.support.serving import PROJECT, Database

WORKER = """
import sys
from pathlib import Path
from certificates import bulk_jobs, packs
from cme.store.database import db
from tests.support.stores import settings_for
from wsgi import create_app
app = create_app(settings_for(sys.argv[1], Path(sys.argv[2])))
with app.app_context():
    print("begun", flush=True)
    while not packs.is_finished(db.session(), int(sys.argv[3])):
        db.session.rollback()
        bulk_jobs.work(int(sys.argv[3]))
"""
PATIENCE = 600.0


def reissuing(database: Database, *, certificates: int, kills: int, seed: int = 1) -> Report:
    """All certificates of a module issued again, by a process that is killed at uneven distances and started anew."""
    report = Report(f"{kills} x kill -9 in {certificates} certificates issued again", database.dialect)
    pack_id = _asked(database, certificates)
    chance, killed, began = random.Random(seed), 0, time.monotonic()
    marks = sorted(chance.sample(range(1, max(2, certificates - 50)), kills))
    while not _done(database, pack_id)[1]:
        worker = _started(database, pack_id)
        if killed < kills:
            killed += _killed(database, pack_id, worker, marks[killed])
        elif worker.wait(PATIENCE):
            report.problems.append(f"the worker ended with {worker.returncode}")
            break
        assert worker.stdout is not None
        worker.stdout.close()
    report.counts["seconds"] = round(time.monotonic() - began, 1)
    report.expect("kills in the middle", killed, kills)
    report.expect("done", _done(database, pack_id)[0], certificates)
    _judge(database, report, certificates)
    _judge_archive(database, report, pack_id, certificates)
    return report


def _asked(database: Database, count: int) -> int:
    now = utc_now()
    module = open_module(database, now=now)
    with database.writing() as session:
        registrar = make_person(session, now=now, roles=("registrar",)).id
        for number in range(count):
            make_certificate(session, make_person(session, now=now, name=f"Learner {number}"), module, now=now)
    with database.writing() as session:
        chosen = packs.standing(OfficeFilter(slug=module.slug), REISSUE)
        return packs.ask(session, chosen, REISSUE, "New letter paper.", by=registrar, now=now).id


def _started(database: Database, pack_id: int) -> "subprocess.Popen[str]":
    folder = database.app.extensions["settings"].instance
    arguments = [sys.executable, "-c", WORKER, database.url, str(folder), str(pack_id)]
    worker = subprocess.Popen(arguments, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    assert worker.stdout.readline() == "begun\n"
    return worker


def _killed(database: Database, pack_id: int, worker: "subprocess.Popen[str]", mark: int) -> bool:
    """Whether it was killed between its first and its last certificate."""
    ends = time.monotonic() + PATIENCE
    while _done(database, pack_id)[0] < mark and worker.poll() is None and time.monotonic() < ends:
        time.sleep(0.02)
    time.sleep(0.05)  # into the next certificates, between two commits
    worker.send_signal(signal.SIGKILL)
    return worker.wait() == -signal.SIGKILL and not _done(database, pack_id)[1]


def _done(database: Database, pack_id: int) -> tuple[int, bool]:
    ((done, finished),) = database.rows(
        "SELECT done, finished_at IS NOT NULL FROM certificate_packs WHERE id = :id", id=pack_id
    )
    return done, bool(finished)


def _judge(database: Database, report: Report, certificates: int) -> None:
    report.expect("first revisions", counted(database, "certificates", "revision = 1"), certificates)
    report.expect("second revisions", counted(database, "certificates", "revision = 2"), certificates)
    report.expect("further revisions", counted(database, "certificates", "revision > 2"), 0)
    report.expect("replaced", counted(database, "certificate_events", "event = 'replaced'"), certificates)
    unfinished = counted(database, "certificate_pack_members", "done_at IS NULL OR result_id IS NULL")
    report.expect("members left", unfinished, 0)
    report.expect("documents", counted(database, "certificate_files", "kind = 'pdf'"), certificates)


def _judge_archive(database: Database, report: Report, pack_id: int, certificates: int) -> None:
    with database.app.app_context(), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pack.zip"
        store = store_of(database.app.extensions["settings"])
        with path.open("wb") as file:
            for piece in archive.stream(lambda: packs.every_packed(db.session(), pack_id), store, {"issuer": "here"}):
                file.write(piece)
        db.session.rollback()
        with zipfile.ZipFile(path) as found:
            lines = json.loads(found.read("manifest.json"))["certificates"]
            table = list(csv.DictReader(io.StringIO(found.read("manifest.csv").decode("utf-8-sig"))))
            right = sum(hashlib.sha256(found.read(line["file"])).hexdigest() == line["sha256"] for line in lines)
            names = [name for name in found.namelist() if name.endswith(".pdf")]
    report.expect("lines of the manifest", len(lines), certificates)
    report.expect("codes in it", len({line["code"] for line in lines}), certificates)
    report.expect("codes they replace", len({line["replaces"] for line in lines}), certificates)
    report.expect("files with the hash that stands there", right, certificates)
    report.expect("files", len(set(names)), certificates)
    report.expect(
        "lines of the table alike", [row["sha256"] for row in table] == [one["sha256"] for one in lines], True
    )
