"""What the pages say now: the operator's words, or the text that ships."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from cme.articles.markdown import fragment
from cme.kernel.refusal import NotFound
from cme.pages.models import SitePage
from cme.pages.rules import KEYS, split_title

TEXTS = Path(__file__).with_name("texts")


@dataclass(frozen=True, slots=True)
class PageText:
    """One page. Edition 0 is the text that ships; `html` has passed our sanitiser."""

    key: str
    title: str
    source: str
    html: str
    edition: int
    changed_at: datetime | None = None

    @property
    def shipped(self) -> bool:
        return self.edition == 0


def page(session: Session, key: str) -> PageText:
    """The page of that key. Refuses (NotFound) a key there is no page for."""
    if key not in KEYS:
        raise NotFound("page_unknown", "There is no such page.")
    row = session.get(SitePage, key)
    return _text_of(row) if row else _shipped(key)


def pages(session: Session) -> list[PageText]:
    """All pages in their order."""
    rows = {row.key: row for row in session.scalars(select(SitePage))}
    return [_text_of(rows[key]) if key in rows else _shipped(key) for key in KEYS]


def _text_of(row: SitePage) -> PageText:
    return PageText(row.key, row.title, row.source, row.html, row.edition, row.changed_at)


def _shipped(key: str) -> PageText:
    words = split_title((TEXTS / f"{key}.md").read_text(encoding="utf-8"))
    return PageText(key, words.title, words.source, fragment(words.source), 0)
