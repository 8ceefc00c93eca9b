"""Asking for a message: it leaves after the commit of the fact that asked for it, through the outbox."""

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from cme.mail.messages import MESSAGES
from cme.outbox.service import enqueue

JOB = "mail.send"
NOBODY = "closed.invalid"
"""The domain of the addresses that closed accounts are left with: a name that can never receive mail (RFC 2606)."""


def send(session: Session, kind: str, to: str, context: dict[str, Any], *, now: datetime) -> None:
    """Queue the message `kind` (a function of cme.mail.messages) to one address; `context` holds its words.

    A closed account has no address any more, and gets none.
    """
    if kind not in MESSAGES:
        raise LookupError(f"no message is called {kind}")
    if to.endswith(f"@{NOBODY}"):
        return
    key = f"{now:%Y%m%dT%H%M%S}-{kind.replace('_', '-')}-{secrets.token_hex(8)}"
    payload = {"key": key, "kind": kind, "to": to, "context": context, "asked_at": now.isoformat()}
    enqueue(session, JOB, key, payload, now=now)
