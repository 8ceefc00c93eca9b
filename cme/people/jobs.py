"""The outbox work of accounts."""

from collections.abc import Callable, Mapping
from datetime import datetime

from cme.kernel.clock import utc_now
from cme.people.rules import Purpose
from cme.people.services import mailbox
from cme.store.session import transaction


def mail_link(purpose: str, key: str, asked_at: str) -> None:
    """Mail a link that somebody asked for, where there is an account that can use it."""
    with transaction() as session:
        mailbox.mail_link(session, Purpose(purpose), key, datetime.fromisoformat(asked_at), now=utc_now())


JOBS: Mapping[str, Callable[..., None]] = {mailbox.LINK_JOB: mail_link}
