"""Who was certified on which revision of an article, and the notices of corrections they were sent."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.orm import Session

from cme.activities.models import Activity, MinorRevision, Release
from cme.articles.models import ArticleRevision, Reading
from cme.credits.models import CorrectionNotice, Credit, NoticeRecipient
from cme.people.models import Person

MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class Certified:
    """One person's credit and the revision whose reading counted for it."""

    person_id: int
    credit_id: int
    revision_id: int
    name: str
    email: str
    title: str
    slug: str
    completed_at: datetime
    zone: str


@dataclass(frozen=True, slots=True)
class CorrectedText:
    """A minor revision as the office lists it, with its notice where one was sent."""

    release_id: int
    revision_id: int
    number: int
    """Of the revision."""
    article_id: int
    slug: str
    title: str
    release_number: int
    zone: str
    added_at: datetime
    reason: str
    clinical: bool
    notice_id: int | None
    state: str | None


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """A notice with its progress."""

    notice_id: int
    release_id: int
    revision_id: int
    earlier: tuple[int, ...]
    words: str
    state: str
    asked_at: datetime
    asked_by: int | None
    predicted: int
    told: int
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Told:
    """A notice as its recipient sees it."""

    slug: str
    title: str
    words: str
    corrected_at: datetime
    told_at: datetime
    zone: str


def certified_on(
    session: Session, revision_ids: Collection[int], *, most: int, untold: int | None = None
) -> list[Certified]:
    """Credits for which reading one of these revisions counted, by person, the newest first; no closed accounts.

    At most so many; `untold` leaves out whom that notice has told.
    """
    reading = _counted(Person.closed_at.is_(None)).subquery("reading")
    wanted = (
        select(
            reading.c.person_id, reading.c.credit_id, reading.c.revision_id, Person.name, Person.email,
            Activity.title, Activity.slug, Credit.completed_at, Release.zone,
        )
        .join(Credit, Credit.id == reading.c.credit_id)
        .join(Person, Person.id == reading.c.person_id)
        .join(Release, Release.id == Credit.release_id)
        .join(Activity, Activity.id == Release.activity_id)
        .where(reading.c.place == 1, reading.c.revision_id.in_(revision_ids))
        .order_by(reading.c.person_id, Credit.completed_at.desc(), Credit.id.desc())
    )  # fmt: skip
    if untold is not None:
        wanted = wanted.where(~_told(untold, reading.c.person_id))
    rows: Any = session.execute(wanted.limit(most))
    return [Certified(*row) for row in rows]


def count_certified(
    session: Session, article_id: int, *, before: int, untold: int | None = None
) -> list[tuple[int, int, int, int]]:
    """(revision, its number, people to tell, people whose account is closed) of revisions before `before`."""
    reading = _counted().subquery("reading")
    closed = Person.closed_at.is_not(None)
    wanted = (
        select(
            ArticleRevision.id,
            ArticleRevision.number,
            func.count(reading.c.person_id.distinct()).filter(~closed),
            func.count(reading.c.person_id.distinct()).filter(closed),
        )
        .join(reading, and_(reading.c.revision_id == ArticleRevision.id, reading.c.place == 1), isouter=True)
        .join(Person, Person.id == reading.c.person_id, isouter=True)
        .where(
            ArticleRevision.article_id == article_id,
            ArticleRevision.number < before,
            ArticleRevision.state == "published",
        )
        .group_by(ArticleRevision.id, ArticleRevision.number)
        .order_by(ArticleRevision.number)
    )
    if untold is not None:
        wanted = wanted.where(~_told(untold, reading.c.person_id))
    rows: Any = session.execute(wanted)
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def count_people(session: Session, revision_ids: Collection[int], *, untold: int | None = None) -> int:
    """How many people `certified_on` names."""
    reading = _counted(Person.closed_at.is_(None)).subquery("reading")
    wanted = select(func.count(reading.c.person_id.distinct())).where(
        reading.c.place == 1, reading.c.revision_id.in_(revision_ids)
    )
    if untold is not None:
        wanted = wanted.where(~_told(untold, reading.c.person_id))
    return session.execute(wanted).scalar_one()


def corrected_texts(session: Session) -> list[CorrectedText]:
    """The latest minor revisions first."""
    return _texts(session)


def corrected_text(session: Session, release_id: int, revision_id: int) -> CorrectedText | None:
    """One minor revision."""
    found = _texts(session, MinorRevision.release_id == release_id, MinorRevision.revision_id == revision_id)
    return next(iter(found), None)


def notice_facts(session: Session, notice_id: int) -> NoticeFacts | None:
    """One notice."""
    row = session.get(CorrectionNotice, notice_id)
    if row is None:
        return None
    told = select(func.count()).where(NoticeRecipient.notice_id == notice_id)
    return NoticeFacts(
        notice_id=row.id,
        release_id=row.release_id,
        revision_id=row.revision_id,
        earlier=tuple(row.earlier),
        words=row.words,
        state=row.state,
        asked_at=row.asked_at,
        asked_by=row.asked_by,
        predicted=row.predicted,
        told=session.execute(told).scalar_one(),
        finished_at=row.finished_at,
    )


def told_of(session: Session, person_id: int, *, slug: str | None = None) -> list[Told]:
    """The notices a person was sent, of one module where `slug` names it, the latest first."""
    wanted = (
        select(
            Activity.slug, Activity.title, CorrectionNotice.words, MinorRevision.added_at, NoticeRecipient.told_at,
            Release.zone,
        )
        .join(CorrectionNotice, CorrectionNotice.id == NoticeRecipient.notice_id)
        .join(
            MinorRevision,
            and_(
                MinorRevision.release_id == CorrectionNotice.release_id,
                MinorRevision.revision_id == CorrectionNotice.revision_id,
            ),
        )
        .join(Release, Release.id == CorrectionNotice.release_id)
        .join(Activity, Activity.id == Release.activity_id)
        .where(NoticeRecipient.person_id == person_id)
        .order_by(NoticeRecipient.told_at.desc(), NoticeRecipient.notice_id.desc())
    )  # fmt: skip
    if slug is not None:
        wanted = wanted.where(Activity.slug == slug)
    rows: Any = session.execute(wanted)
    return [Told(*row) for row in rows]


def exported_notices(session: Session, person_id: int) -> list[dict[str, str]]:
    """The same as plain data."""
    return [
        {"module": one.slug, "words": one.words, "told_at": one.told_at.isoformat()}
        for one in told_of(session, person_id)
    ]


def _counted(*conditions: ColumnElement[bool]) -> Select[Any, Any, Any, Any]:
    """Of each earned credit the readings that could count for it; the first one to be finished, `place` 1, did."""
    minor = exists().where(
        MinorRevision.release_id == Credit.release_id, MinorRevision.revision_id == Reading.revision_id
    )
    place = func.row_number().over(partition_by=Credit.id, order_by=(Reading.read_at, Reading.revision_id))
    return (
        select(Credit.person_id, Credit.id.label("credit_id"), Reading.revision_id, place.label("place"))
        .join(Release, Release.id == Credit.release_id)
        .join(Person, Person.id == Credit.person_id)
        .join(Reading, and_(Reading.person_id == Credit.person_id, Reading.read_at.is_not(None)))
        .where(Credit.entry == "earned", (Reading.revision_id == Release.revision_id) | minor, *conditions)
    )


def _told(notice_id: int, person_id: Any) -> ColumnElement[bool]:
    return exists().where(NoticeRecipient.notice_id == notice_id, NoticeRecipient.person_id == person_id)


def _texts(session: Session, *conditions: ColumnElement[bool]) -> list[CorrectedText]:
    rows: Any = session.execute(
        select(
            MinorRevision.release_id, MinorRevision.revision_id, ArticleRevision.number, ArticleRevision.article_id,
            Activity.slug, Activity.title, Release.number, Release.zone, MinorRevision.added_at, MinorRevision.reason,
            MinorRevision.clinical, CorrectionNotice.id, CorrectionNotice.state,
        )
        .join(ArticleRevision, ArticleRevision.id == MinorRevision.revision_id)
        .join(Release, Release.id == MinorRevision.release_id)
        .join(Activity, Activity.id == Release.activity_id)
        .join(CorrectionNotice, CorrectionNotice.revision_id == MinorRevision.revision_id, isouter=True)
        .where(*conditions)
        .order_by(MinorRevision.added_at.desc(), MinorRevision.revision_id.desc())
        .limit(MOST_LISTED)
    )  # fmt: skip
    return [CorrectedText(*row) for row in rows]
