"""Looking up articles: finished pages, passages, figures, and how far somebody has read."""

import threading
from collections import OrderedDict
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from cme.articles.facts import (
    ArticlePage,
    FigureFile,
    GlossaryEntry,
    PassageText,
    ReadingFacts,
    ReferenceEntry,
    Section,
)
from cme.articles.models import ArticleRevision, Figure, Passage, Reading, Reference
from cme.kernel.refusal import NotFound
from cme.store.types import MOST_ROW

PAGES_KEPT = 64
ARTICLE_PAGES = "article_pages"


class ArticlePages:
    """Published pages a process has shown lately.

    Sound because a published revision never changes: there is nothing to invalidate, only an upper bound. Two
    conditions keep it so: drafts are never kept, and nothing is kept that a writing transaction has read (it may still
    roll back, and its row number be given out again). One object belongs to one application, thus to one database.
    """

    def __init__(self, most: int = PAGES_KEPT) -> None:
        self._most = most
        self._kept: OrderedDict[int, ArticlePage] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, session: Session, revision_id: int) -> ArticlePage:
        """The revision's page. Refuses: NotFound."""
        with self._lock:
            page = self._kept.get(revision_id)
            if page is not None:
                self._kept.move_to_end(revision_id)
                return page
        page = _load_page(session, revision_id)
        if page.published_at is not None and not _is_writing(session):
            with self._lock:
                self._kept[revision_id] = page
                while len(self._kept) > self._most:
                    self._kept.popitem(last=False)
        return page

    def forget(self) -> None:
        """Start empty: for a database that was replaced under a running process (restore, tests)."""
        with self._lock:
            self._kept.clear()


def article_page(session: Session, revision_id: int) -> ArticlePage:
    """The revision ready to be shown, from the application's pages where the session carries them.

    Refuses: NotFound.
    """
    pages = session.info.get(ARTICLE_PAGES)
    return pages.get(session, revision_id) if isinstance(pages, ArticlePages) else _load_page(session, revision_id)


def passages_of(session: Session, revision_id: int) -> dict[str, PassageText]:
    """Every passage of the revision by anchor, in reading order."""
    rows = session.scalars(select(Passage).where(Passage.revision_id == revision_id).order_by(Passage.position))
    return {
        row.anchor: PassageText(row.anchor, row.section, row.kind, row.text, row.html, row.fingerprint) for row in rows
    }


def references_of(session: Session, revision_id: int) -> dict[str, ReferenceEntry]:
    """Every reference of the revision by key, in the order of its numbers."""
    rows = session.execute(
        select(Reference.key, Reference.number, Reference.html, Reference.text)
        .where(Reference.revision_id == revision_id)
        .order_by(Reference.number)
    )
    return {row.key: ReferenceEntry(row.key, row.number, row.html, row.text) for row in rows}


def figure_of(session: Session, revision_id: int, key: str, *, earlier: int | None = None) -> FigureFile:
    """One figure with its picture. Refuses: NotFound.

    `earlier` names the article where an older text may still be open: a figure it has lost since is found there.
    """
    row = session.scalar(select(Figure).where(Figure.revision_id == revision_id, Figure.key == key))
    if row is None and earlier is not None:
        row = session.scalar(
            select(Figure)
            .join(ArticleRevision, ArticleRevision.id == Figure.revision_id)
            .where(
                ArticleRevision.article_id == earlier,
                ArticleRevision.state == "published",
                ArticleRevision.id < revision_id,
                Figure.key == key,
            )
            .order_by(ArticleRevision.number.desc())
            .limit(1)
        )
    if row is None:
        raise NotFound("figure_not_found", "This article has no such figure.")
    return FigureFile(
        key=row.key,
        number=row.number,
        title=row.title,
        alt=row.alt,
        caption_html=row.caption_html,
        description_html=row.description_html,
        svg=row.svg,
        digest=row.digest,
    )


def reading_of(session: Session, person_id: int, revision_id: int) -> ReadingFacts | None:
    """How far the person has come in this revision; None before the first sign of reading."""
    row = session.scalar(select(Reading).where(Reading.person_id == person_id, Reading.revision_id == revision_id))
    return None if row is None else reading_facts(row)


def read_revision_of(session: Session, person_id: int, revision_ids: Collection[int]) -> ReadingFacts | None:
    """The earliest finished reading of any of these revisions, or None."""
    row = session.scalar(
        select(Reading)
        .where(Reading.person_id == person_id, Reading.revision_id.in_(revision_ids), Reading.read_at.is_not(None))
        .order_by(Reading.read_at)
        .limit(1)
    )
    return None if row is None else reading_facts(row)


def reading_facts(row: Reading) -> ReadingFacts:
    """The row as other rooms see it."""
    return ReadingFacts(frozenset(row.sections), row.position, row.active_seconds, row.read_at, row.read_how)


def is_published(session: Session, article_id: int, revision_id: int) -> bool:
    """Whether the article has such a revision and readers have been shown it."""
    if not 0 < revision_id <= MOST_ROW:
        return False
    state = session.scalar(
        select(ArticleRevision.state).where(ArticleRevision.id == revision_id, ArticleRevision.article_id == article_id)
    )
    return state == "published"


def sections_of(session: Session, revision_id: int) -> tuple[Section, ...]:
    """The revision's headings without its text. Refuses: NotFound."""
    sections = session.scalar(select(ArticleRevision.sections).where(ArticleRevision.id == revision_id))
    if sections is None:
        raise NotFound("revision_not_found", "There is no such article.")
    return tuple(Section(**section) for section in sections)


def _is_writing(session: Session) -> bool:
    return bool(session.connection().get_execution_options().get("writes", False))


def _load_page(session: Session, revision_id: int) -> ArticlePage:
    row = session.execute(
        select(
            ArticleRevision.number,
            ArticleRevision.title,
            ArticleRevision.html,
            ArticleRevision.preview_html,
            ArticleRevision.sections,
            ArticleRevision.glossary,
            ArticleRevision.words,
            ArticleRevision.published_at,
        ).where(ArticleRevision.id == revision_id)
    ).one_or_none()
    if row is None:
        raise NotFound("revision_not_found", "There is no such article.")
    return ArticlePage(
        revision_id=revision_id,
        number=row.number,
        title=row.title,
        html=row.html,
        preview_html=row.preview_html,
        sections=tuple(Section(**section) for section in row.sections),
        references=tuple(references_of(session, revision_id).values()),
        glossary=tuple(GlossaryEntry(**entry) for entry in row.glossary),
        words=row.words,
        published_at=row.published_at,
    )
