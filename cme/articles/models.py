"""Tables of articles: revisions, passages, references, figures, reading."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from cme.audit.models import RowId
from cme.store.database import Base
from cme.store.types import Instant, Json


class Article(Base):
    """A text that lives on through its revisions."""

    __tablename__ = "articles"
    __table_args__ = (UniqueConstraint("slug", name="uq_articles_slug"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    slug: Mapped[str] = mapped_column(String(80))


class ArticleRevision(Base):
    """One state of an article. Published ones never change; at most one draft waits per article."""

    __tablename__ = "article_revisions"
    __table_args__ = (
        UniqueConstraint("article_id", "number", name="uq_article_revisions_article_id_number"),
        Index(
            "uq_article_revisions_one_draft",
            "article_id",
            unique=True,
            sqlite_where=text("state = 'draft'"),
            postgresql_where=text("state = 'draft'"),
        ),
        CheckConstraint("state IN ('draft', 'published')", name="state_known"),
        CheckConstraint("(state = 'published') = (published_at IS NOT NULL)", name="published_has_instant"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id"))
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(12))
    title: Mapped[str] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(Text)
    """The Markdown it was made from."""
    source_digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 over every file the revision was made from."""
    html: Mapped[str] = mapped_column(Text)
    """The whole article, sanitised, ready to show."""
    preview_html: Mapped[str] = mapped_column(Text)
    sections: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    """In order: {anchor, title, level, last_passage}; level 2 ones count for reading."""
    glossary: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    """{key, term, definition}."""
    words: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Instant)
    published_at: Mapped[datetime | None] = mapped_column(Instant)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))


class Passage(Base):
    """One addressable paragraph, list, table, quotation or figure."""

    __tablename__ = "passages"
    __table_args__ = (UniqueConstraint("revision_id", "anchor", name="uq_passages_revision_id_anchor"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("article_revisions.id"))
    anchor: Mapped[str] = mapped_column(String(80))
    section: Mapped[str] = mapped_column(String(80))
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(String(12))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    fingerprint: Mapped[str] = mapped_column(String(64))


class Reference(Base):
    """A numbered entry of the reference list."""

    __tablename__ = "article_references"
    __table_args__ = (
        UniqueConstraint("revision_id", "number", name="uq_article_references_revision_id_number"),
        UniqueConstraint("revision_id", "key", name="uq_article_references_revision_id_key"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("article_revisions.id"))
    key: Mapped[str] = mapped_column(String(60))
    number: Mapped[int]
    html: Mapped[str] = mapped_column(Text)
    """The entry in AMA style, sanitised."""
    text: Mapped[str] = mapped_column(Text)
    doi: Mapped[str | None] = mapped_column(String(120))
    pmid: Mapped[str | None] = mapped_column(String(12))


class Figure(Base):
    """A picture of a revision with its words."""

    __tablename__ = "figures"
    __table_args__ = (UniqueConstraint("revision_id", "key", name="uq_figures_revision_id_key"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("article_revisions.id"))
    key: Mapped[str] = mapped_column(String(60))
    number: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    alt: Mapped[str] = mapped_column(String(300))
    caption_html: Mapped[str] = mapped_column(Text)
    description_html: Mapped[str] = mapped_column(Text)
    svg: Mapped[str] = mapped_column(Text)
    """Sanitised by an allow-list when it was loaded."""
    digest: Mapped[str] = mapped_column(String(64))


class Reading(Base):
    """How far one person has come in one revision, and when it counted as read."""

    __tablename__ = "readings"
    __table_args__ = (
        CheckConstraint("read_how IN ('sections', 'button')", name="how_known"),
        CheckConstraint("(read_at IS NULL) = (read_how IS NULL)", name="read_has_how"),
        CheckConstraint("active_seconds >= 0", name="seconds_not_negative"),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("article_revisions.id"), primary_key=True)
    sections: Mapped[list[str]] = mapped_column(Json)
    """Anchors of the sections whose last passage was reached."""
    position: Mapped[str | None] = mapped_column(String(80))
    active_seconds: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)
    read_at: Mapped[datetime | None] = mapped_column(Instant)
    read_how: Mapped[str | None] = mapped_column(String(12))
