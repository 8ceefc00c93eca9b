"""Many certificates at once: the job, its interruptions, and the archive; on both databases."""

import csv
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import time
import tracemalloc
import zipfile
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from certificates import archive, bulk_jobs, making_jobs, packs
from certificates.files import FolderStore
from certificates.models import Certificate, CertificateEvent, CertificateFile, CertificatePack, PackMember
from certificates.packs import DOWNLOAD, REISSUE
from certificates.signing import SigningError
from cme.credits.report_rows import OfficeFilter
from cme.kernel.refusal import Invalid
from cme.outbox.models import OutboxWork
from cme.outbox.runner import drain_all
from cme.store.database import db
from cme.store.session import transaction
from tests.conftest import NOW
from tests.factories.certificates import make_certificate
from tests.factories.issued import issue as issue_one
from tests.factories.issued import revoke, staff
from tests.factories.modules import make_module
from tests.factories.people import make_person

ROOT = Path(__file__).resolve().parents[2]


def many(app: Flask, count: int, **changes: Any) -> str:
    """Certificates of one module; gives its slug."""
    with app.app_context(), transaction() as session:
        module = make_module(session, now=NOW)
        for number in range(count):
            person = make_person(session, now=NOW, name=f"Learner Number {number}")
            make_certificate(session, person, module, now=NOW, **changes)
        return module.slug


def ask(app: Flask, purpose: str = DOWNLOAD, **wanted: Any) -> int:
    registrar, _ = staff(app, "registrar")
    with app.app_context(), transaction() as session:
        chosen = packs.standing(OfficeFilter(**wanted), purpose)
        return packs.ask(session, chosen, purpose, "New letter paper.", by=registrar, now=NOW).id


def work_off(app: Flask) -> None:
    with app.app_context():
        drain_all({packs.WORK: bulk_jobs.work})


def pack(app: Flask, pack_id: int) -> CertificatePack:
    with app.app_context():
        db.session.rollback()
        return db.session.scalars(select(CertificatePack).where(CertificatePack.id == pack_id)).one()


def archived(app: Flask, pack_id: int) -> zipfile.ZipFile:
    store = FolderStore(app.extensions["settings"].files_folder)
    with app.app_context():
        body = b"".join(archive.stream(lambda: packs.every_packed(db.session(), pack_id), store, {"issuer": "here"}))
    found = zipfile.ZipFile(io.BytesIO(body))
    assert found.testzip() is None
    return found


def manifest(found: zipfile.ZipFile) -> list[dict[str, Any]]:
    return json.loads(found.read("manifest.json"))["certificates"]


def test_an_archive_holds_what_was_chosen_and_a_manifest_with_hashes(app: Flask):
    slug, _noise = many(app, 4), many(app, 2)
    pack_id = ask(app, slug=slug)
    work_off(app)
    done = pack(app, pack_id)
    assert (done.total, done.done, done.finished_at) == (4, 4, NOW)
    found = archived(app, pack_id)
    lines = manifest(found)
    names = [name for name in found.namelist() if name.endswith(".pdf")]
    assert sorted(names) == sorted(line["file"] for line in lines)
    assert len(set(names)) == 4
    for line in lines:
        body = found.read(line["file"])
        assert body.startswith(b"%PDF")
        assert (hashlib.sha256(body).hexdigest(), len(body)) == (line["sha256"], line["bytes"])
        assert line["file"].startswith("certificates/CME-certificate_Sleep-related-leg-cramps_2026-11-23_")
        assert line["code"] in line["file"]
        assert (line["state"], line["module"], line["amount"], line["problem"]) == ("valid", slug, "0.75", "")
    assert sorted(line["name"] for line in lines) == [f"Learner Number {number}" for number in range(4)]
    rows = list(csv.DictReader(io.StringIO(found.read("manifest.csv").decode("utf-8-sig"))))
    assert [row["sha256"] for row in rows] == [line["sha256"] for line in lines]
    assert json.loads(found.read("manifest.json"))["issuer"] == "here"


def test_the_choice_is_by_module_day_person_and_kind_and_in_force(app: Flask):
    slug = many(app, 3)
    many(app, 2, kind="participation")
    gone, other = issue_one(app, name="Gone Person", made=False), issue_one(app, name="Zoë Ray", made=False)
    revoke(gone)
    with app.app_context():
        session = db.session()

        def total(purpose: str = DOWNLOAD, **wanted: Any) -> int:
            chosen = packs.matching(packs.standing(OfficeFilter(**wanted), purpose))
            return len(session.execute(chosen).all())

        assert total() == 6
        assert total(slug=slug) == 3
        assert total(kind="participation") == 2
        assert total(person="zoë") == 1
        assert total(person=other.number) == 1
        assert total(person=other.code.lower().replace("-", " ")) == 1
        assert total(outcome="revoked") == 1
        assert total(REISSUE, outcome="revoked") == 6
        assert total(since=NOW, until=NOW + timedelta(days=1)) == 6
        assert total(until=NOW) == 0


def test_nothing_chosen_is_said_so(app: Flask):
    with pytest.raises(Invalid), app.app_context(), transaction() as session:
        packs.ask(session, OfficeFilter(slug="nowhere"), DOWNLOAD, "", by=1, now=NOW)
    many(app, 1)
    with pytest.raises(Invalid), app.app_context(), transaction() as session:
        packs.ask(session, OfficeFilter(), REISSUE, " ", by=1, now=NOW)
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(CertificatePack)) == 0


def test_issuing_again_makes_one_revision_of_each(app: Flask):
    slug = many(app, 3)
    work_off(app)
    pack_id = ask(app, REISSUE, slug=slug)
    work_off(app)
    work_off(app)
    found = archived(app, pack_id)
    lines = manifest(found)
    assert [line["revision"] for line in lines] == [2, 2, 2]
    assert all(line["replaces"] and line["replaces"] != line["code"] for line in lines)
    with app.app_context():
        revisions = Counter(db.session.scalars(select(Certificate.revision)))
        events = Counter(db.session.scalars(select(CertificateEvent.event)))
    assert revisions == {1: 3, 2: 3}
    assert events == {"issued": 6, "replaced": 3}


@pytest.mark.parametrize("where", ["reserve", "make_documents", "settle", "go_on"])
@pytest.mark.parametrize("purpose", [DOWNLOAD, REISSUE])
def test_an_interruption_anywhere_loses_and_doubles_nothing(
    app: Flask, monkeypatch: pytest.MonkeyPatch, where: str, purpose: str
):
    """As a killed process leaves it: what was committed stays, the piece of work is taken again."""
    slug = many(app, 7)
    pack_id = ask(app, purpose, slug=slug)
    monkeypatch.setattr(bulk_jobs, "AT_ONCE", 2)
    monkeypatch.setattr(bulk_jobs, "SLICE_SECONDS", 0.05)
    home = making_jobs if where == "make_documents" else packs
    real, calls = getattr(home, where), 0
    fatal = 1 if where == "go_on" else 2  # a quick machine asks to go on only once

    def dies(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == fatal:
            raise KeyboardInterrupt
        return real(*arguments, **named)

    with app.app_context():
        monkeypatch.setattr(home, where, dies)
        for _ in range(20):
            try:
                bulk_jobs.work(pack_id)
            except KeyboardInterrupt:
                continue
            if pack(app, pack_id).finished_at:
                break
    done = pack(app, pack_id)
    assert (done.total, done.done) == (7, 7)
    assert calls >= fatal
    lines = manifest(archived(app, pack_id))
    assert len({line["code"] for line in lines}) == len(lines) == 7
    with app.app_context():
        expected = {1: 7} if purpose == DOWNLOAD else {1: 7, 2: 7}
        assert Counter(db.session.scalars(select(Certificate.revision))) == expected


def test_one_that_cannot_be_made_is_left_out_and_told_of(app: Flask, monkeypatch: pytest.MonkeyPatch):
    slug = many(app, 3)
    pack_id = ask(app, slug=slug)
    real = making_jobs._made

    def choosy(certificate: Any, *rest: Any) -> Any:
        if certificate.snapshot["name"].endswith("1"):
            raise RuntimeError("no such glyph")
        return real(certificate, *rest)

    monkeypatch.setattr(making_jobs, "_made", choosy)
    work_off(app)
    assert pack(app, pack_id).finished_at is not None
    assert [line["name"] for line in manifest(archived(app, pack_id))] == ["Learner Number 0", "Learner Number 2"]
    with app.app_context():
        assert packs.ready_count(db.session(), pack_id) == 2


def test_while_nobody_can_sign_nothing_is_left_out_and_all_is_tried_again(app: Flask, monkeypatch: pytest.MonkeyPatch):
    slug = many(app, 3)
    pack_id = ask(app, REISSUE, slug=slug)
    real, calls = making_jobs._made, 0

    def away(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise SigningError("the token was pulled out")
        return real(*arguments)

    monkeypatch.setattr(making_jobs, "_made", away)
    with app.app_context():
        with pytest.raises(SigningError):
            bulk_jobs.work(pack_id)
        assert pack(app, pack_id).done == 0
        bulk_jobs.work(pack_id)
    done = pack(app, pack_id)
    assert (done.done, bool(done.finished_at)) == (3, True)
    assert [line["revision"] for line in manifest(archived(app, pack_id))] == [2, 2, 2]


def test_a_damaged_file_is_named_in_the_manifest_and_not_handed_out(app: Flask):
    slug = many(app, 2)
    pack_id = ask(app, slug=slug)
    work_off(app)
    with app.app_context():
        digest = db.session.scalars(select(CertificateFile.sha256).where(CertificateFile.kind == "pdf")).first()
    assert digest is not None
    (path,) = app.extensions["settings"].files_folder.rglob(digest)
    path.write_bytes(b"%PDF-1.7 something else")
    found = archived(app, pack_id)
    problems = {line["sha256"]: line["problem"] for line in manifest(found)}
    assert len([name for name in found.namelist() if name.endswith(".pdf")]) == 1
    assert "does not match its record" in problems[digest]
    assert sorted(map(bool, problems.values())) == [False, True]


def test_a_spreadsheet_runs_nothing_of_a_manifest(app: Flask):
    issued = issue_one(app, name="=HYPERLINK(1)", made=False)
    pack_id = ask(app, person=issued.number)
    work_off(app)
    rows = list(csv.DictReader(io.StringIO(archived(app, pack_id).read("manifest.csv").decode("utf-8-sig"))))
    assert [row["name"] for row in rows] == ["'=HYPERLINK(1)"]


def test_work_that_was_given_up_is_asked_for_again(app: Flask):
    pack_id = ask(app, slug=many(app, 1))
    with app.app_context(), transaction() as session:
        session.execute(OutboxWork.__table__.update().values(failed_at=NOW))
    with app.app_context(), transaction() as session:
        packs.without_work(session, now=NOW)
        packs.without_work(session, now=NOW)
    work_off(app)
    assert pack(app, pack_id).finished_at is not None


def test_the_memory_of_an_archive_does_not_grow_with_it(tmp_path: Path):
    """4,000 documents of 50 KB: 200 MB pass through, a few stay."""
    store = FolderStore(tmp_path)
    body = os.urandom(50_000)
    digest = store.put(body)
    from tests.factories.certificates import make_snapshot

    printed = make_snapshot()

    def rows() -> Any:
        for number in range(4000):
            yield packs.Packed(
                number, "N", 1, f"{number}", {**printed, "code": str(number)}, "issued", digest, 50_000, ""
            )

    tracemalloc.start()
    size = sum(len(piece) for piece in archive.stream(rows, store, {"issuer": "x"}))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 200_000_000
    assert peak < 12_000_000


KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from certificates import bulk_jobs
from tests.support.stores import settings_for
from wsgi import create_app
app = create_app(settings_for({url!r}, Path({instance!r})))
bulk_jobs.AT_ONCE = 5
with app.app_context():
    print("begun", flush=True)
    bulk_jobs.work({pack_id})
"""


@pytest.mark.campaign
def test_killed_in_the_middle_and_resumed_each_is_there_exactly_once(app: Flask):
    """kill -9 while it issues again; twice, wherever it happens to be."""
    count = 60
    slug = many(app, count)
    pack_id = ask(app, REISSUE, slug=slug)
    settings = app.extensions["settings"]
    code = KILLED.format(root=str(ROOT), url=settings.database_url, instance=str(settings.instance), pack_id=pack_id)
    middles = 0
    for _ in range(2):
        child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT, text=True)
        assert child.stdout is not None
        assert child.stdout.readline() == "begun\n"
        before = pack(app, pack_id).done
        ends = time.monotonic() + 60
        while pack(app, pack_id).done in (before, 0) and time.monotonic() < ends:
            time.sleep(0.02)
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        middles += 0 < pack(app, pack_id).done < count
    assert middles >= 1, "it was never killed in the middle"
    with app.app_context():
        bulk_jobs.work(pack_id)
    done = pack(app, pack_id)
    assert (done.done, done.total, bool(done.finished_at)) == (count, count, True)
    lines = manifest(archived(app, pack_id))
    assert len({line["code"] for line in lines}) == len(lines) == count
    assert {line["revision"] for line in lines} == {2}
    with app.app_context():
        assert Counter(db.session.scalars(select(Certificate.revision))) == {1: count, 2: count}
        left = select(func.count()).select_from(PackMember).where(PackMember.done_at.is_(None))
        assert db.session.scalar(left) == 0
