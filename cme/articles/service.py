"""Reading progress, and making and publishing revisions."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete, exists, func, insert, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from cme.articles.facts import ReadingFacts
from cme.articles.models import Article, ArticleRevision, Figure, Passage, Reading, Reference
from cme.articles.queries import reading_facts, sections_of
from cme.articles.rendering import ArticleSource, RenderedArticle, render
from cme.audit import service as audit
from cme.audit.tags import Event
from cme.kernel.refusal import Conflict, NotFound

MOST_SECONDS = 60


def note_progress(
    session: Session,
    person_id: int,
    revision_id: int,
    *,
    sections: Sequence[str],
    position: str | None,
    seconds: int,
    now: datetime,
) -> ReadingFacts:
    """Add what a page reports of somebody's reading; anchors the revision does not have are ignored.

    `seconds` since the last report count up to 60 and never beyond the time that has passed on our own clock. When
    every level-two section is reached the article counts as read, the first time only. Refuses: NotFound.
    """
    wanted = {section.anchor for section in sections_of(session, revision_id) if section.counts}
    row, is_new = _reading(session, person_id, revision_id, now)
    reached = set(row.sections) | (wanted & set(sections))
    if reached != set(row.sections):
        row.sections = sorted(reached)
    if position and position != row.position and _has_anchor(session, revision_id, position):
        row.position = position
    # Rounded up: reports every 15 seconds would otherwise lose a part of a second each time.
    passed = MOST_SECONDS if is_new else math.ceil((now - row.seen_at).total_seconds())
    row.active_seconds += max(0, min(seconds, MOST_SECONDS, passed))
    row.seen_at = max(row.seen_at, now)
    if wanted and reached >= wanted:
        _finish(session, row, "sections", now)
    session.flush()
    return reading_facts(row)


def mark_read(session: Session, person_id: int, revision_id: int, *, now: datetime) -> ReadingFacts:
    """ "I have read the article": counts the first time, and changes nothing afterwards. Refuses: NotFound."""
    sections_of(session, revision_id)
    row, _is_new = _reading(session, person_id, revision_id, now)
    row.seen_at = max(row.seen_at, now)
    _finish(session, row, "button", now)
    session.flush()
    return reading_facts(row)


def article_for(session: Session, slug: str) -> int:
    """The article of that slug, made when there is none yet."""
    article_id = session.scalar(select(Article.id).where(Article.slug == slug))
    if article_id is not None:
        return article_id
    article = Article(slug=slug)
    session.add(article)
    session.flush()
    return article.id


def draft_of(session: Session, article_id: int) -> ArticleRevision | None:
    """The one draft that may wait beside the published revisions."""
    return session.scalar(
        select(ArticleRevision).where(ArticleRevision.article_id == article_id, ArticleRevision.state == "draft")
    )


def make_draft(
    session: Session,
    article_id: int,
    source: ArticleSource,
    *,
    title: str,
    digest: str,
    created_by: int | None,
    now: datetime,
) -> ArticleRevision:
    """A draft revision rendered from the source. An earlier draft made by nobody (a library folder) is renewed.

    Refuses: Conflict where a person's draft is waiting.
    """
    revision = draft_of(session, article_id)
    if revision is not None and revision.created_by is not None:
        raise Conflict("draft_exists", "An editor's draft of this article is waiting; publish or discard it first.")
    if revision is None:
        numbers = select(func.max(ArticleRevision.number)).where(ArticleRevision.article_id == article_id)
        number = (session.scalar(numbers) or 0) + 1
        revision = ArticleRevision(article_id=article_id, number=number, state="draft", published_at=None)
        session.add(revision)
    else:
        for table in (Passage, Reference, Figure):
            session.execute(delete(table).where(table.revision_id == revision.id))
    rendered = render(source)
    revision.title = title
    revision.source = source.markdown
    revision.source_digest = digest
    revision.html = rendered.html
    revision.preview_html = rendered.preview_html
    revision.sections = [asdict(section) for section in rendered.sections]
    revision.glossary = [asdict(entry) for entry in rendered.glossary]
    revision.words = rendered.words
    revision.created_at = now
    revision.created_by = created_by
    session.flush()
    _add_parts(session, revision.id, rendered)
    return revision


def publish_revision(session: Session, revision_id: int, *, by: int | None, now: datetime) -> None:
    """Make a draft final: from now on it never changes. Publishing twice changes nothing. Refuses: NotFound."""
    revision = session.get(ArticleRevision, revision_id, with_for_update=True)
    if revision is None:
        raise NotFound("revision_not_found", "There is no such revision.")
    if revision.state == "published":
        return
    revision.state = "published"
    revision.published_at = now
    session.flush()
    audit.record(
        session,
        Event.REVISION_PUBLISHED,
        now=now,
        person_id=by,
        subject="revision",
        subject_id=revision_id,
        details={"article": revision.article_id, "number": revision.number},
    )


def _reading(session: Session, person_id: int, revision_id: int, now: datetime) -> tuple[Reading, bool]:
    """The row, locked, made first when missing: two tabs may report at once."""
    dialect_insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    made = session.execute(
        dialect_insert(Reading)
        .values(
            person_id=person_id,
            revision_id=revision_id,
            sections=[],
            position=None,
            active_seconds=0,
            started_at=now,
            seen_at=now,
            read_at=None,
            read_how=None,
        )
        .on_conflict_do_nothing()
        .returning(Reading.person_id)
    ).first()
    row = session.scalars(
        select(Reading)
        .where(Reading.person_id == person_id, Reading.revision_id == revision_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    return row, made is not None


def _finish(session: Session, row: Reading, how: str, now: datetime) -> None:
    if row.read_at is not None:
        return
    row.read_at, row.read_how = now, how
    audit.record(
        session,
        Event.ARTICLE_READ,
        now=now,
        person_id=row.person_id,
        subject="revision",
        subject_id=row.revision_id,
        details={"how": how, "seconds": row.active_seconds},
    )


def _has_anchor(session: Session, revision_id: int, anchor: str) -> bool:
    return bool(session.scalar(select(exists().where(Passage.revision_id == revision_id, Passage.anchor == anchor))))


def _add_parts(session: Session, revision_id: int, rendered: RenderedArticle) -> None:
    passages = [
        {**asdict(passage), "revision_id": revision_id, "position": position}
        for position, passage in enumerate(rendered.passages, start=1)
    ]
    references = [
        {**asdict(entry), "revision_id": revision_id, "doi": formatted.doi, "pmid": formatted.pmid}
        for entry, formatted in rendered.references
    ]
    figures = [
        {**asdict(figure), "revision_id": revision_id, "digest": hashlib.sha256(figure.svg.encode()).hexdigest()}
        for figure in rendered.figures
    ]
    for table, rows in ((Passage, passages), (Reference, references), (Figure, figures)):
        if rows:
            session.execute(insert(table), rows)
