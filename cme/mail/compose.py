"""Putting a message together so that nothing a person typed can become a header."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from hashlib import sha256
from typing import Any

from cme.kernel.text import clean_block, clean_line
from cme.mail.messages import Letter

Render = Callable[..., str]


def writer(render: Render, *, site_name: str, public_url: str) -> Callable[..., Letter]:
    """The `write` that message functions get. Links always stand on the configured public address."""

    def write(template: str, subject: str, *, path: str | None = None, **words: Any) -> Letter:
        link = None if path is None else public_url.rstrip("/") + path
        lines = {key: clean_line(value) if isinstance(value, str) else value for key, value in words.items()}
        body = render(f"mail/{template}.txt", site_name=site_name, site_url=public_url, link=link, **lines)
        return Letter(subject=f"{clean_line(subject)} · {clean_line(site_name)}", body=clean_block(body) + "\n")

    return write


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A PDF that goes along with a letter."""

    name: str
    body: bytes


def compose(
    letter: Letter, *, sender: str, to: str, key: str, asked_at: datetime, enclosure: Enclosure | None = None
) -> EmailMessage:
    """The message. Its identity comes from the outbox key, so a repeated sending is recognised as the same message."""
    name, address = parseaddr(sender)
    message = EmailMessage()
    message["From"] = Address(display_name=clean_line(name), addr_spec=address)
    message["To"] = Address(addr_spec=to)
    message["Subject"] = clean_line(letter.subject)
    message["Date"] = format_datetime(asked_at)
    message["Message-ID"] = f"<{sha256(key.encode()).hexdigest()[:40]}@{address.rsplit('@', 1)[-1] or 'localhost'}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.body)
    if enclosure is not None:
        message.add_attachment(enclosure.body, maintype="application", subtype="pdf", filename=enclosure.name)
    return message
