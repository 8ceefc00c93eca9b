"""Changing a site page."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from cme.articles.markdown import fragment
from cme.audit.service import record
from cme.audit.tags import Event
from cme.kernel.refusal import Conflict, Invalid, NotFound
from cme.pages.models import SitePage
from cme.pages.rules import KEYS, Wording


def change_page(session: Session, key: str, words: Wording, *, edition: int, by: int, now: datetime) -> int:
    """Save the page and give its new edition. `edition` is the one the writer started from; 0 is the text that ships.

    Refuses: NotFound; Invalid with problems by field; Conflict when somebody saved the page meanwhile.
    """
    if key not in KEYS:
        raise NotFound("page_unknown", "There is no such page.")
    if words.problems:
        raise Invalid("page_words", "The page cannot be saved like this.", words.problems)
    html = fragment(words.source)
    saved = _insert(session, key, words, html, by, now) if edition == 0 else None
    if saved is None:
        saved = _update(session, key, words, html, edition, by, now)
    record(
        session,
        Event.PAGE_CHANGED,
        now=now,
        person_id=by,
        subject="page",
        subject_id=key,
        details={"edition": saved, "characters": len(words.source)},
    )
    return saved


def _insert(session: Session, key: str, words: Wording, html: str, by: int, now: datetime) -> int | None:
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    return session.scalar(
        insert(SitePage)
        .values(key=key, title=words.title, source=words.source, html=html, edition=1, changed_at=now, changed_by=by)
        .on_conflict_do_nothing()
        .returning(SitePage.edition)
    )


def _update(session: Session, key: str, words: Wording, html: str, edition: int, by: int, now: datetime) -> int:
    row = session.scalar(select(SitePage).where(SitePage.key == key).with_for_update())
    if row is None or row.edition != edition:
        raise Conflict("page_changed", "Somebody else saved this page while you were writing. Both texts are shown.")
    row.title, row.source, row.html = words.title, words.source, html
    row.edition, row.changed_at, row.changed_by = edition + 1, now, by
    session.flush()
    return row.edition
