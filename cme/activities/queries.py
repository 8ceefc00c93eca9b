"""Looking up releases and the catalogue."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Row, Table, and_, bindparam, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from cme.activities.facts import CatalogueEntry, ReleaseFacts
from cme.activities.models import Activity, CreditOffer, FrontMatterView, MinorRevision, Release
from cme.activities.rules import OTHER_PROFESSIONS, PHYSICIANS_CREDIT, Term, closing_of
from cme.activities.search import bounded, search_words
from cme.articles.facts import ReadingFacts
from cme.articles.models import ArticleRevision, Reading
from cme.articles.queries import reading_facts
from cme.kernel.paging import Page, offset_of, page_of
from cme.kernel.refusal import NotFound

SHOWN = ("published", "withdrawn")
CATALOGUE_SIZE = 24
CATALOGUE_KEY = "catalogue"
"""Where a release keeps the title, summary, specialties and keywords its activity takes on when it is published."""
ReleaseRow = Any  # a row of _RELEASE_ROWS: every column of the release, and the labelled ones beside them

# Statements that learners' pages run are built once: building costs more than running.
_RELEASES = cast("Table", Release.__table__)
_ACTIVITIES = cast("Table", Activity.__table__)
_OFFERS = cast("Table", CreditOffer.__table__)
_latest_minor = (
    select(MinorRevision.revision_id)
    .join(ArticleRevision, ArticleRevision.id == MinorRevision.revision_id)
    .where(MinorRevision.release_id == _RELEASES.c.id)
    .order_by(ArticleRevision.number.desc())
    .limit(1)
    .correlate(_RELEASES)
    .scalar_subquery()
)
# One row per offer: a release has one or two.
_RELEASE_ROWS = (
    select(
        *_RELEASES.c,
        _ACTIVITIES.c.slug,
        _ACTIVITIES.c.article_id,
        _ACTIVITIES.c.title,
        _ACTIVITIES.c.summary,
        _ACTIVITIES.c.specialties,
        _latest_minor.label("latest_minor"),
        _OFFERS.c.type,
        _OFFERS.c.maximum_quarters,
    )
    .select_from(
        _RELEASES.join(_ACTIVITIES, _ACTIVITIES.c.id == _RELEASES.c.activity_id).outerjoin(
            _OFFERS, _OFFERS.c.release_id == _RELEASES.c.id
        )
    )
    .where(_RELEASES.c.state.in_(SHOWN))
    .order_by(_OFFERS.c.id)
)
_RELEASE = _RELEASE_ROWS.where(_RELEASES.c.id == bindparam("release"))


def _current_first(now: Any) -> tuple[Any, ...]:
    has_opened = Release.opens_at <= now
    return (
        case((has_opened, 0), else_=1),
        case((has_opened, -Release.number), else_=0),
        Release.opens_at,
        Release.number,
    )


_CURRENT_RELEASE = _RELEASE_ROWS.where(
    _RELEASES.c.id
    == select(Release.id)
    .join(Activity, Activity.id == Release.activity_id)
    .where(Activity.slug == bindparam("slug"), Release.state.in_(SHOWN))
    .order_by(*_current_first(bindparam("at")))
    .limit(1)
    .correlate(None)
    .scalar_subquery()
)
_RELEASES_OF = (
    _RELEASE_ROWS.where(_ACTIVITIES.c.slug == bindparam("slug"))
    .order_by(None)
    .order_by(_RELEASES.c.number.desc(), _OFFERS.c.id)
)


def release_by_slug(session: Session, slug: str, *, now: datetime) -> ReleaseFacts | None:
    """The release the module's page is about: the newest one that has opened, else the first that will."""
    return _facts(session.execute(_CURRENT_RELEASE, {"slug": slug, "at": now}).all())


def release_facts(session: Session, release_id: int) -> ReleaseFacts:
    """One release that is or was public. Refuses: NotFound."""
    facts = _facts(session.execute(_RELEASE, {"release": release_id}).all())
    if facts is None:
        raise NotFound("release_not_found", "There is no such module.")
    return facts


def releases_of(session: Session, slug: str) -> list[ReleaseFacts]:
    """Every public release of a module, newest first: for the office."""
    by_release: dict[int, list[ReleaseRow]] = {}
    for row in session.execute(_RELEASES_OF, {"slug": slug}):
        by_release.setdefault(row.id, []).append(row)
    return [facts for group in by_release.values() if (facts := _facts(group)) is not None]


def earlier_release_ids(session: Session, release_id: int) -> list[int]:
    """Public releases of the same activity with a lower number."""
    this = aliased(Release)
    return list(
        session.scalars(
            select(Release.id)
            .join(this, this.activity_id == Release.activity_id)
            .where(this.id == release_id, Release.number < this.number, Release.state.in_(SHOWN))
            .order_by(Release.number)
        )
    )


def revision_ids_of(session: Session, release_id: int) -> list[int]:
    """The release's own revision and its minor ones: reading any of them counts."""
    own = select(Release.revision_id).where(Release.id == release_id)
    minor = select(MinorRevision.revision_id).where(MinorRevision.release_id == release_id)
    return list(session.scalars(own.union(minor)))


def read_for_release(session: Session, person_id: int, release_id: int) -> ReadingFacts | None:
    """The earliest finished reading of any revision of the release, or None."""
    own = select(Release.revision_id).where(Release.id == release_id)
    minor = select(MinorRevision.revision_id).where(MinorRevision.release_id == release_id)
    row = session.scalar(
        select(Reading)
        .where(
            Reading.person_id == person_id,
            Reading.read_at.is_not(None),
            or_(Reading.revision_id.in_(own), Reading.revision_id.in_(minor)),
        )
        .order_by(Reading.read_at)
        .limit(1)
    )
    return None if row is None else reading_facts(row)


def front_matter_seen(session: Session, person_id: int, release_id: int) -> tuple[str, datetime] | None:
    """Which front matter the person saw first, and when."""
    row = session.execute(
        select(FrontMatterView.digest, FrontMatterView.seen_at).where(
            FrontMatterView.person_id == person_id, FrontMatterView.release_id == release_id
        )
    ).one_or_none()
    return None if row is None else (row.digest, row.seen_at)


def catalogue(
    session: Session, *, search: str = "", specialty: str = "", page: int = 1, now: datetime
) -> Page[CatalogueEntry]:
    """Modules with their current release, those that give credit now first. One statement, whatever the number."""
    place = func.row_number().over(partition_by=Release.activity_id, order_by=_current_first(now)).label("place")
    ranked = select(Release.id.label("release_id"), place).where(Release.state.in_(SHOWN)).subquery()
    maximum = (  # as rules.awarded_offer chooses
        select(CreditOffer.maximum_quarters)
        .where(CreditOffer.release_id == Release.id)
        .order_by(
            case((CreditOffer.type == PHYSICIANS_CREDIT, 0), (CreditOffer.type.in_(OTHER_PROFESSIONS), 2), else_=1),
            CreditOffer.maximum_quarters.desc(),
        )
        .limit(1)
        .scalar_subquery()
        .label("maximum")
    )
    open_now = and_(Release.state == "published", Release.opens_at <= now, Release.closes_at > now)
    statement = (
        select(Activity, Release, maximum)
        .join(ranked, and_(ranked.c.release_id == Release.id, ranked.c.place == 1))
        .join(Activity, Activity.id == Release.activity_id)
        .where(*_matches(search, specialty))
        .order_by(case((open_now, 0), else_=1), Release.opens_on.desc(), Activity.title, Activity.id)
        .offset(offset_of(page, CATALOGUE_SIZE))
        .limit(CATALOGUE_SIZE + 1)
    )
    entries = [_entry(row, now) for row in session.execute(statement)]
    return page_of(entries, page, CATALOGUE_SIZE)


def catalogue_specialties(session: Session) -> list[str]:
    """Every specialty of a public module, for the catalogue's filter."""
    public = select(Release.activity_id).where(Release.state.in_(SHOWN))
    lists = session.scalars(select(Activity.specialties).where(Activity.id.in_(public)).distinct())
    return sorted({name for names in lists for name in names})


def _matches(search: str, specialty: str) -> list[Any]:
    conditions: list[Any] = [Activity.search_text.contains(word, autoescape=True) for word in search_words(search)]
    if specialty:
        conditions.append(Activity.search_text.contains(bounded(specialty), autoescape=True))
    return conditions


def _facts(rows: Sequence[ReleaseRow]) -> ReleaseFacts | None:
    if not rows:
        return None
    release = rows[0]
    own = _own_words(release)
    return ReleaseFacts(
        release_id=release.id,
        activity_id=release.activity_id,
        article_id=release.article_id,
        slug=release.slug,
        title=own.get("title", release.title),
        summary=own.get("summary", release.summary),
        specialties=tuple(own.get("specialties", release.specialties)),
        number=release.number,
        state=release.state,
        revision_id=release.latest_minor or release.revision_id,
        provider_mode=release.provider_mode,
        provider=dict(release.provider_snapshot),
        released_on=release.released_on,
        reviewed_on=release.reviewed_on,
        opens_on=release.opens_on,
        expires_on=release.expires_on,
        grace_days=release.grace_days,
        term=_term(release),
        learning_format=release.learning_format,
        estimated_minutes=release.estimated_minutes,
        estimate_method=release.estimate_method,
        pass_points=release.pass_points,
        total_points=release.total_points,
        repeat_credit=release.repeat_credit,
        front_matter=dict(release.front_matter),
        front_matter_digest=release.front_matter_digest,
        offers=tuple((row.type, row.maximum_quarters) for row in rows if row.type is not None),
        withdrawn_at=release.withdrawn_at,
        withdrawal_reason=release.withdrawal_reason,
    )


def _own_words(release: Any) -> dict[str, Any]:
    """Title, summary and specialties as the release froze them: a later one may have renamed the activity since."""
    return release.front_matter.get(CATALOGUE_KEY) or {}


def _term(release: Any) -> Term:
    return Term(release.opens_at, release.closes_at, release.claims_close_at, release.zone)


def _entry(row: Row[Activity, Release, int], now: datetime) -> CatalogueEntry:
    activity: Activity = row[0]
    release: Release = row[1]
    own = _own_words(release)
    return CatalogueEntry(
        slug=activity.slug,
        title=own.get("title", activity.title),
        summary=own.get("summary", activity.summary),
        specialties=tuple(own.get("specialties", activity.specialties)),
        release_id=release.id,
        state=release.state,
        released_on=release.released_on,
        reviewed_on=release.reviewed_on,
        expires_on=release.expires_on,
        term=_term(release),
        estimated_minutes=release.estimated_minutes,
        maximum_quarters=row.maximum or 0,
        provider_mode=release.provider_mode,
        closing=closing_of(
            _term(release),
            withdrawn=release.state == "withdrawn",
            estimated_minutes=release.estimated_minutes,
            now=now,
        ),
    )
