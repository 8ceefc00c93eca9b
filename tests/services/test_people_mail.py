"""Mail: composed without headers from people, sent once per key, by SMTP or into a folder."""

import email
import email.policy
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from cme.mail import jobs, service
from cme.mail.compose import compose, writer
from cme.mail.messages import MESSAGES, Letter
from cme.mail.senders import FolderSender, SmtpSender, UnsafeMail
from cme.outbox.models import OutboxWork
from tests.support.postgres import free_port

AT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
HOSTILE = "Eve\r\nBcc: all@example.org\r\n\r\n<script>{{7*7}} =cmd()"


def message(letter: Letter | None = None, key: str = "k1") -> EmailMessage:
    wanted = letter or Letter("Subject", "Body ünïcode\n")
    return compose(wanted, sender="Open CME <no-reply@cme.example>", to="anna@example.org", key=key, asked_at=AT)


def test_nothing_typed_becomes_a_header():
    made = message(Letter(HOSTILE, HOSTILE))
    parsed = email.message_from_bytes(made.as_bytes(), policy=email.policy.default)
    assert set(parsed.keys()) >= {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"}
    assert "Bcc" not in parsed
    assert parsed["Subject"] == "Eve Bcc: all@example.org <script>{{7*7}} =cmd()"


def test_a_receiver_with_a_line_end_is_refused():
    with pytest.raises(ValueError):
        compose(Letter("s", "b"), sender="a@b.example", to="x@y.org\r\nBcc: z@y.org", key="k", asked_at=AT)


def test_the_identity_comes_from_the_key():
    first, again, other = message(key="k1"), message(key="k1"), message(key="k2")
    assert first["Message-ID"] == again["Message-ID"] != other["Message-ID"]
    assert first.as_bytes() == again.as_bytes()
    assert first["Message-ID"].endswith("@cme.example>")


@pytest.mark.parametrize("kind", sorted(MESSAGES))
def test_every_message_renders_with_site_name_and_public_links_only(web_app: Flask, kind: str):
    needs: dict[str, Any] = {"name": HOSTILE, "path": "/x/token", "title": HOSTILE, "sentence": "You passed."}
    needs |= {"completed": "23 November 2026", "words": HOSTILE}
    names = MESSAGES[kind].__code__.co_varnames[: MESSAGES[kind].__code__.co_kwonlyargcount + 1]
    context = {name: value for name, value in needs.items() if name in names}
    with web_app.app_context():
        write = writer(
            jobs._render,
            site_name="Open CME",
            public_url="https://cme.example/",
        )
        letter = MESSAGES[kind](write, **context)
    assert letter.subject.endswith("· Open CME")
    assert "\r" not in letter.body
    assert ("https://cme.example/x/token" in letter.body) is ("path" in context)
    assert "localhost" not in letter.body
    if "name" in context:
        assert "Eve Bcc: all@example.org <script>{{7*7}} =cmd()," in letter.body, "typed text stays text, on one line"


def test_asking_for_an_unknown_message_fails_at_once(session: Session, now: datetime):
    with pytest.raises(LookupError):
        service.send(session, "no_such_message", "a@example.org", {}, now=now)


def test_two_messages_to_one_person_are_two_pieces_of_work(session: Session, now: datetime):
    for _ in range(2):
        service.send(session, "address_in_use", "a@example.org", {"name": "A"}, now=now)
    keys = session.scalars(select(OutboxWork.key)).all()
    assert len(set(keys)) == 2
    assert all(len(key) <= 120 for key in keys)


def test_the_folder_gets_each_message_once_and_for_its_owner_only(web_app: Flask):
    payload = {
        "key": "20261123T150000-x-1",
        "kind": "address_in_use",
        "to": "a@example.org",
        "context": {"name": "Łucja"},
    }
    with web_app.app_context():
        for _ in range(2):
            jobs.send(**payload, asked_at=AT.isoformat())
    folder = Path(web_app.extensions["settings"].instance) / "mail"
    assert sorted(path.name for path in folder.iterdir()) == ["20261123T150000-x-1.eml", "20261123T150000-x-1.txt"]
    assert "Hello Łucja," in (folder / "20261123T150000-x-1.txt").read_text(encoding="utf-8")
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


class _Settings:
    def __init__(self, mode: str, smtp_url: str | None) -> None:
        self.mode, self.smtp_url, self.instance = mode, smtp_url, Path("somewhere")


@pytest.mark.parametrize(
    ("mode", "url", "kind"),
    [
        ("production", "smtp://h", SmtpSender),
        ("demonstration", "smtp://h", SmtpSender),
        ("demonstration", None, FolderSender),
        ("test", None, FolderSender),
    ],
)
def test_the_sender_follows_the_settings(mode: str, url: str | None, kind: type):
    assert isinstance(jobs.sender_for(_Settings(mode, url)), kind)


def test_production_without_a_mail_server_keeps_the_work_instead_of_losing_it():
    with pytest.raises(LookupError):
        jobs.sender_for(_Settings("production", None))


class _Box(Message):
    def __init__(self) -> None:
        super().__init__()
        self.got: list[Any] = []

    def handle_message(self, message: Any) -> None:
        self.got.append(message)


@pytest.fixture
def box() -> Iterator[tuple[_Box, int]]:
    handler, port = _Box(), free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, port
    controller.stop()


def test_smtp_on_this_machine_needs_no_encryption(box: tuple[_Box, int]):
    handler, port = box
    SmtpSender(f"smtp://127.0.0.1:{port}").send(message(), "k1")
    (got,) = handler.got
    assert (got["To"], got["X-MailFrom"]) == ("anna@example.org", "no-reply@cme.example")
    assert "ünïcode" in got.get_payload(decode=True).decode()


@pytest.mark.parametrize("url", ["smtp://user:secret@127.0.0.1:{port}", "smtp://user:secret@127.0.0.1:{port}?tls=off"])
def test_a_password_never_travels_in_clear(box: tuple[_Box, int], url: str):
    handler, port = box
    with pytest.raises(UnsafeMail):
        SmtpSender(url.format(port=port)).send(message(), "k1")
    assert handler.got == []


def test_another_scheme_is_refused():
    with pytest.raises(ValueError):
        SmtpSender("http://mail.example").send(message(), "k1")
