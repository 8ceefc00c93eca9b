"""The outbox work of the mail room."""

import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import current_app

from cme.mail.compose import compose, writer
from cme.mail.messages import MESSAGES
from cme.mail.senders import FolderSender, Sender, SmtpSender
from cme.mail.service import JOB


def send(key: str, kind: str, to: str, context: dict[str, Any], asked_at: str) -> None:
    """Render and send one message. A second run sends the same Message-ID, or writes the same file again."""
    settings = current_app.extensions["settings"]
    write = writer(_render, site_name=settings.site_name, public_url=settings.public_url)
    letter = MESSAGES[kind](write, **context)
    message = compose(letter, sender=settings.mail_from, to=to, key=key, asked_at=datetime.fromisoformat(asked_at))
    sender_for(settings).send(message, key)


def _render(template: str, **words: Any) -> str:
    # Not Flask's render_template: a letter has no visitor, menu or address bar to take context from.
    return current_app.jinja_env.get_template(template).render(**words)


def sender_for(settings: Any) -> Sender:
    """SMTP where it is configured; otherwise a folder, which production refuses: nobody would read the mail."""
    if settings.smtp_url:
        return SmtpSender(settings.smtp_url)
    if settings.mode == "production":
        raise LookupError("CME_SMTP_URL is not set: mail cannot leave")
    console = sys.stdout if settings.mode == "demonstration" else None
    return FolderSender(Path(settings.instance) / "mail", console)


JOBS: Mapping[str, Callable[..., None]] = {JOB: send}
