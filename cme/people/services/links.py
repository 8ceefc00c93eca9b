"""Links sent by mail: made, used once, and put out of use."""

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from cme.kernel.codes import new_token, token_digest
from cme.kernel.refusal import Refused
from cme.people.models import MailedLink
from cme.people.rules import Purpose


class LinkOver(Refused):
    """The link was used, is too old, or never was one: all alike from outside."""

    status = 410

    def __init__(self) -> None:
        super().__init__("link_over", "This link has been used already, or it is too old. Ask for a new one.")


def make(
    session: Session, purpose: Purpose, person_id: int, email: str, *, now: datetime, lasts: timedelta | None = None
) -> str:
    """A new link to the address; gives its path. Only the digest of its token is kept."""
    token = new_token()
    session.add(
        MailedLink(
            token_digest=token_digest(token),
            purpose=purpose.value,
            person_id=person_id,
            email=email,
            made_at=now,
            ends_at=now + (lasts or purpose.lasts),
        )
    )
    session.flush()
    return purpose.path(token)


def use(session: Session, purpose: Purpose, token: str, *, now: datetime) -> tuple[int, str]:
    """Spend the link: person and address. Of two uses at once one wins. Refuses (LinkOver) the other."""
    row = session.execute(
        update(MailedLink)
        .where(
            MailedLink.token_digest == token_digest(token),
            MailedLink.purpose == purpose.value,
            MailedLink.used_at.is_(None),
            MailedLink.ends_at > now,
        )
        .values(used_at=now)
        .returning(MailedLink.person_id, MailedLink.email)
    ).one_or_none()
    if row is None:
        raise LinkOver
    return row[0], row[1]


def drop_all(session: Session, person_id: int, *, now: datetime) -> None:
    """Whatever links are still out for this person stop working: after a new password or address."""
    session.execute(
        update(MailedLink).where(MailedLink.person_id == person_id, MailedLink.used_at.is_(None)).values(used_at=now)
    )
