"""How a finished message leaves: by SMTP, or into a folder and onto the console where there is no mail server."""

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol, TextIO
from urllib.parse import parse_qs, unquote, urlsplit

SECONDS = 20
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Sender(Protocol):
    """Sends one message. Doing it again for the same Message-ID must do no harm."""

    def send(self, message: EmailMessage, key: str) -> None: ...


class UnsafeMail(Exception):  # noqa: N818 - a refusal to send, not a fault
    """The server offers no encryption, and the settings do not say that it need not."""


@dataclass(frozen=True, slots=True)
class SmtpSender:
    """`smtps://user:secret@host:465` speaks TLS at once; `smtp://host:587` asks for STARTTLS.

    A server that does not offer STARTTLS gets no mail, unless it runs on this machine or the address ends in
    `?tls=off`. A password never travels in clear.
    """

    url: str

    def send(self, message: EmailMessage, key: str) -> None:
        parts = urlsplit(self.url)
        host = parts.hostname or "localhost"
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        with self._connect(parts.scheme, host, parts.port) as server:
            secure = parts.scheme == "smtps"
            if not secure:
                server.ehlo()
                if server.has_extn("starttls"):
                    server.starttls(context=ssl.create_default_context())
                    server.ehlo()
                    secure = True
            plain_allowed = parse_qs(parts.query).get("tls") == ["off"] or host in LOOPBACK
            if not secure and (user or not plain_allowed):
                raise UnsafeMail(f"the mail server {host} offers no STARTTLS")
            if user:
                server.login(user, password)
            server.send_message(message)

    def _connect(self, scheme: str, host: str, port: int | None) -> smtplib.SMTP:
        if scheme == "smtps":
            return smtplib.SMTP_SSL(host, port or 465, timeout=SECONDS, context=ssl.create_default_context())
        if scheme != "smtp":
            raise ValueError("CME_SMTP_URL must begin with smtp:// or smtps://")
        return smtplib.SMTP(host, port or 587, timeout=SECONDS)


@dataclass(frozen=True, slots=True)
class FolderSender:
    """Writes each message as .eml and as readable .txt, for its owner only: it may hold a link to an account."""

    folder: Path
    console: TextIO | None = None

    def send(self, message: EmailMessage, key: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        words = message.get_body(preferencelist=("plain",))  # beside it there may be a document
        assert words is not None
        text = f"To: {message['To']}\nSubject: {message['Subject']}\n\n{words.get_content()}"
        self._write(f"{key}.eml", message.as_bytes())
        self._write(f"{key}.txt", text.encode())
        if self.console is not None:
            self.console.write(f"\n----- mail: {self.folder / key}.txt -----\n{text}-----\n")
            self.console.flush()

    def _write(self, name: str, content: bytes) -> None:
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_bytes(content)
