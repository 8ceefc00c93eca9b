"""The job: PDF and picture once, whatever happens in between; on both databases."""

import hashlib
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from time_machine import Traveller

from certificates import jobs, queries, services
from certificates.files import Damaged, FolderStore
from certificates.models import CertificateFile
from cme.activities.models import Provider
from cme.audit.models import AuditEvent
from cme.outbox.models import OutboxWork
from cme.outbox.runner import drain_all
from cme.store.database import db
from cme.store.session import transaction
from tests.conftest import NOW
from tests.factories.certificates import make_certificate
from tests.factories.modules import make_module
from tests.factories.people import make_person


def issued(app: Flask, name: str = "Łukasz Ødegård") -> int:
    with app.app_context(), transaction() as session:
        module = make_module(session, now=NOW, title="Sleep-related leg cramps")
        return make_certificate(session, make_person(session, now=NOW, name=name), module, now=NOW).id


def files(app: Flask) -> dict[str, str]:
    with app.app_context():
        return {row.kind: row.sha256 for row in db.session.scalars(select(CertificateFile))}


def folder(app: Flask) -> Path:
    return app.extensions["settings"].files_folder


def letters(app: Flask) -> list[str]:
    """The links to a certificate in the letters that left."""
    texts = [path.read_text() for path in sorted((app.extensions["settings"].instance / "mail").glob("*.txt"))]
    return [line for text in texts for line in text.splitlines() if "/certificates/" in line]


def code_of(certificate_id: int) -> str:
    found = queries.by_id(db.session(), certificate_id)
    assert found is not None
    return found.code


def on_disk(app: Flask) -> set[str]:
    return {path.name for path in folder(app).rglob("*") if path.is_file()}


EVERY_KIND = {"credential", "pdf", "picture"}


def test_the_outbox_makes_credential_pdf_and_picture_and_writes_once(app: Flask):
    certificate_id = issued(app)
    with app.app_context():
        assert drain_all(app.extensions["house"].jobs) == 2
        made = files(app)
        assert set(made) == EVERY_KIND
        assert on_disk(app) == set(made.values())
        store = FolderStore(folder(app))
        assert store.get(made["pdf"]).startswith(b"%PDF-1.7")
        assert store.get(made["picture"]).startswith(b"\x89PNG")
        work = db.session.scalars(select(OutboxWork).order_by(OutboxWork.id)).all()
        assert [one.kind for one in work] == ["certificates.render", "certificates.letter"]
        assert all(one.finished_at is not None and one.payload == {} for one in work)
        assert letters(app) == [f"http://localhost/certificates/{code_of(certificate_id)}"]
        rendered = db.session.scalars(select(AuditEvent).where(AuditEvent.event == "certificate.rendered")).all()
        assert {row.details["kind"] for row in rendered} == EVERY_KIND
        assert {row.subject_id for row in rendered} == {str(certificate_id)}


def test_running_it_again_changes_nothing(app: Flask, clock: Traveller):
    certificate_id = issued(app)
    with app.app_context():
        jobs.render(certificate_id)
        before = files(app), on_disk(app)
        clock.shift(86400)
        jobs.render(certificate_id)
        assert (files(app), on_disk(app)) == before
        assert db.session.scalar(select(func.count()).select_from(CertificateFile)) == 3
        asked = select(func.count()).select_from(OutboxWork).where(OutboxWork.kind == "certificates.letter")
        assert db.session.scalar(asked) == 1


def test_after_a_crash_before_the_record_the_repeat_finishes(app: Flask, monkeypatch: pytest.MonkeyPatch):
    certificate_id = issued(app)

    def crash(*_arguments: object, **_named: object) -> str:
        raise KeyboardInterrupt

    with app.app_context():
        with monkeypatch.context() as patch:
            patch.setattr(services, "record_file", crash)
            with pytest.raises(KeyboardInterrupt):
                jobs.render(certificate_id)
        assert files(app) == {}
        orphan = on_disk(app)
        assert len(orphan) == 1
        jobs.render(certificate_id)
        assert orphan < on_disk(app)
        assert set(files(app).values()) == on_disk(app)


def test_the_picture_shows_the_pdf_that_won(app: Flask):
    """Somebody else stored another file first: it stays, and the picture is made of it."""
    certificate_id, other_id = issued(app), issued(app, name="Somebody Else")
    with app.app_context():
        jobs.render(other_id)
        with db.session() as session:
            other = queries.by_id(session, other_id)
            assert other is not None
            assert other.pdf is not None
        with transaction() as session:
            services.record_file(session, certificate_id, "pdf", other.pdf, 1, "elsewhere", now=NOW)
        jobs.render(certificate_id)
        mine = queries.by_id(db.session(), certificate_id)
        assert mine is not None
        assert (mine.pdf, mine.picture) == (other.pdf, other.picture)


def test_a_tampered_pdf_is_not_pictured(app: Flask):
    certificate_id = issued(app)
    with app.app_context():
        body = b"%PDF-1.7 something else"
        with transaction() as session:
            services.record_file(session, certificate_id, "pdf", hashlib.sha256(b"true").hexdigest(), 4, "x", now=NOW)
        path = folder(app) / "certificates" / hashlib.sha256(b"true").hexdigest()[:2]
        path.mkdir(parents=True)
        (path / hashlib.sha256(b"true").hexdigest()).write_bytes(body)
        with pytest.raises(Damaged):
            jobs.render(certificate_id)
        assert set(files(app)) == {"pdf"}


def test_what_was_printed_stays_whatever_changes_later(app: Flask):
    certificate_id = issued(app)
    with app.app_context():
        from cme.activities.models import Activity
        from cme.people.models import Person

        with transaction() as session:
            session.scalars(select(Person)).one().name = "New Name"
            session.scalars(select(Activity)).one().title = "New title"
        jobs.render(certificate_id)
        made = queries.by_id(db.session(), certificate_id)
        assert made is not None
        assert (made.snapshot["name"], made.snapshot["title"]) == ("Łukasz Ødegård", "Sleep-related leg cramps")


@pytest.mark.parametrize("wanted", [True, False])
def test_the_letter_brings_the_pdf_along_where_the_provider_wants_it(app: Flask, wanted: bool):
    certificate_id = issued(app)
    with app.app_context():
        with transaction() as session:
            session.execute(update(Provider).values(mails_certificate=wanted))
        drain_all(app.extensions["house"].jobs)
        found = queries.by_id(db.session(), certificate_id)
        assert found is not None
        assert found.pdf is not None
        stored = FolderStore(folder(app)).get(found.pdf)
    (mail,) = (app.extensions["settings"].instance / "mail").glob("certificate-*.eml")
    message = message_from_bytes(mail.read_bytes(), policy=default)
    enclosed = [(part.get_filename(), part.get_content()) for part in message.iter_attachments()]
    name = f"CME-certificate_Sleep-related-leg-cramps_2026-11-23_{found.code}.pdf"
    assert enclosed == ([(name, stored)] if wanted else [])
    words = message.get_body(("plain",)).get_content()
    assert ("The PDF is attached." in words) is wanted
    assert f"/verify/{found.code}" in words
    assert letters(app) == [f"http://localhost/certificates/{found.code}"]


def test_a_failed_rendering_is_recorded_and_tried_again(app: Flask, monkeypatch: pytest.MonkeyPatch, clock: Traveller):
    """The fetcher's error is no Exception on purpose; the runner must record it all the same."""
    from weasyprint.urls import FatalURLFetchingError

    from certificates import rendering

    issued(app)

    def refuse(*_arguments: object, **_named: object) -> bytes:
        raise FatalURLFetchingError("the design asked for the moon")

    with app.app_context():
        with monkeypatch.context() as patch:
            patch.setattr(rendering, "render", refuse)
            drain_all(app.extensions["house"].jobs)
        work = db.session.scalars(select(OutboxWork)).one()
        assert work.finished_at is None
        assert "moon" in (work.last_error or "")
        assert set(files(app)) == {"credential"}
        clock.shift(60)
        drain_all(app.extensions["house"].jobs)
        assert set(files(app)) == EVERY_KIND
