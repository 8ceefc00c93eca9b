"""What the office reads: completions, decisions, ledger and releases, filtered, by page or as a whole."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, select
from sqlalchemy.orm import Session, aliased

from cme.activities.models import Activity, FrontMatterView, MinorRevision, Release
from cme.articles.models import Reading
from cme.credits.models import ClaimDecision, Credit, RequirementMet
from cme.credits.report_rows import (
    Choices,
    CompletionRow,
    CreditRow,
    Decision,
    DecisionRow,
    Numbers,
    OfficeFilter,
    ReleaseRow,
)
from cme.credits.rules import Kind
from cme.kernel.paging import PAGE_SIZE, Page, offset_of, page_of
from cme.people.models import Person

AT_ONCE = 500
"""Rows an export fetches at a time, so that its memory does not grow with the list."""


def numbers(session: Session, *, now: datetime) -> Numbers:
    """Counts of everything, and of modules that award credit now."""

    def of(kind: Kind) -> Any:
        return select(func.count()).where(Credit.kind == kind.value, ~_corrected()).scalar_subquery()

    active = (Release.state == "published", Release.opens_at <= now, Release.closes_at > now)
    row = session.execute(
        select(
            select(func.count()).select_from(RequirementMet).scalar_subquery(),
            of(Kind.CREDIT),
            of(Kind.PARTICIPATION),
            select(func.count()).where(ClaimDecision.outcome == "denied").scalar_subquery(),
            select(func.count(Release.activity_id.distinct())).where(*active).scalar_subquery(),
        )
    ).one()
    return Numbers(*row)


def choices(session: Session) -> Choices:
    """Modules by title, and zones, in one statement."""
    rows = session.execute(
        select(Activity.slug, Activity.title, Release.zone)
        .join(Release, Release.activity_id == Activity.id)
        .where(Release.state != "draft")
        .distinct()
        .order_by(Activity.title, Activity.slug)
    ).all()
    modules = dict.fromkeys((row.slug, row.title) for row in rows)
    return Choices(tuple(modules), tuple(sorted({row.zone for row in rows})))


def completions(session: Session, wanted: OfficeFilter, page: int) -> Page[CompletionRow]:
    """People who have passed, newest pass first."""
    return _page(session, _completions(wanted), CompletionRow, page)


def every_completion(session: Session, wanted: OfficeFilter) -> Iterator[CompletionRow]:
    """All of them, for an export."""
    return _stream(session, _completions(wanted), CompletionRow)


def completions_count(session: Session, wanted: OfficeFilter) -> int:
    """How many an export would hold."""
    return _count(session, _completions(wanted))


def decisions(session: Session, wanted: OfficeFilter, page: int) -> Page[DecisionRow]:
    """Decisions, newest first."""
    return _page(session, _decisions(wanted), DecisionRow, page)


def every_decision(session: Session, wanted: OfficeFilter) -> Iterator[DecisionRow]:
    """All of them, for an export."""
    return _stream(session, _decisions(wanted), DecisionRow)


def decisions_count(session: Session, wanted: OfficeFilter) -> int:
    """How many an export would hold."""
    return _count(session, _decisions(wanted))


def decision(session: Session, decision_id: int) -> Decision | None:
    """One decision in full, or None."""
    found = session.execute(
        _decisions(OfficeFilter())
        .where(ClaimDecision.id == decision_id)
        .join(Credit, Credit.decision_id == ClaimDecision.id, isouter=True)
        .add_columns(ClaimDecision.facts, ClaimDecision.verdicts, ClaimDecision.rules_version, Credit.id)
    ).one_or_none()
    if found is None:
        return None
    *line, facts, verdicts, rules_version, credit_id = found
    return Decision(DecisionRow(*line), dict(facts), list(verdicts), rules_version, credit_id)


def credits(session: Session, wanted: OfficeFilter, page: int) -> Page[CreditRow]:
    """The ledger, newest entry first."""
    return _page(session, _credits(wanted), CreditRow, page)


def every_credit(session: Session, wanted: OfficeFilter) -> Iterator[CreditRow]:
    """All of it, for an export."""
    return _stream(session, _credits(wanted), CreditRow)


def credits_count(session: Session, wanted: OfficeFilter) -> int:
    """How many an export would hold."""
    return _count(session, _credits(wanted))


def releases(session: Session, page: int) -> Page[ReleaseRow]:
    """Every public release, by module, newest first."""
    return _page(session, _releases().order_by(Activity.title, Activity.id, Release.number.desc()), ReleaseRow, page)


def release(session: Session, release_id: int) -> ReleaseRow | None:
    """One of them, or None."""
    found = session.execute(_releases().where(Release.id == release_id)).one_or_none()
    return ReleaseRow(*found) if found else None


def _decisions(wanted: OfficeFilter) -> Select[*tuple[Any, ...]]:
    outcome = [ClaimDecision.outcome == wanted.outcome] if wanted.outcome else []
    return (
        select(
            ClaimDecision.id,
            ClaimDecision.decided_at,
            ClaimDecision.outcome,
            ClaimDecision.code,
            ClaimDecision.sentence,
            Person.name,
            Person.email,
            Activity.slug,
            Activity.title,
            Release.number,
            Release.zone,
        )
        .select_from(ClaimDecision)
        .join(Person, Person.id == ClaimDecision.person_id)
        .join(Release, Release.id == ClaimDecision.release_id)
        .join(Activity, Activity.id == Release.activity_id)
        .where(*_where(wanted, ClaimDecision.decided_at), *outcome)
        .order_by(ClaimDecision.id.desc())
    )


def _credits(wanted: OfficeFilter) -> Select[*tuple[Any, ...]]:
    kind = [Credit.kind == wanted.kind] if wanted.kind else []
    return (
        select(
            Credit.id,
            Credit.entry,
            Credit.kind,
            Credit.granted_at,
            Credit.completed_at,
            Credit.amount_quarters,
            Credit.maximum_quarters,
            Credit.credit_type,
            Credit.decision_id,
            Credit.follows_id,
            Person.email,
            Activity.slug,
            Release.number,
            Release.zone,
            Credit.snapshot,
            _successor(),
        )
        .select_from(Credit)
        .join(Person, Person.id == Credit.person_id)
        .join(Release, Release.id == Credit.release_id)
        .join(Activity, Activity.id == Release.activity_id)
        .where(*_where(wanted, Credit.granted_at), *kind)
        .order_by(Credit.id.desc())
    )


def _completions(wanted: OfficeFilter) -> Select[*tuple[Any, ...]]:
    claimed = {"claimed": [Credit.id.is_not(None)], "open": [Credit.id.is_(None)]}.get(wanted.outcome, [])
    return (
        select(
            Person.id,
            Person.name,
            Person.email,
            Person.profession,
            Activity.slug,
            Activity.title,
            Release.number,
            Release.zone,
            FrontMatterView.seen_at,
            _read_at(),
            RequirementMet.met_at,
            Credit.granted_at,
            _standing_amount(),
        )
        .select_from(RequirementMet)
        .join(Person, Person.id == RequirementMet.person_id)
        .join(Release, Release.id == RequirementMet.release_id)
        .join(Activity, Activity.id == Release.activity_id)
        .join(
            FrontMatterView,
            and_(FrontMatterView.person_id == Person.id, FrontMatterView.release_id == Release.id),
            isouter=True,
        )
        .join(
            Credit,
            and_(Credit.person_id == Person.id, Credit.release_id == Release.id, Credit.entry == "earned"),
            isouter=True,
        )
        .where(*_where(wanted, RequirementMet.met_at), *claimed)
        .order_by(RequirementMet.met_at.desc(), RequirementMet.person_id, RequirementMet.release_id)
    )


def _corrected() -> ColumnElement[bool]:
    """Whether a further entry corrects this one: then that one counts, and this one does not."""
    later = aliased(Credit)
    return exists().where(later.follows_id == Credit.id)


def _successor() -> ColumnElement[Any]:
    """The entry that corrects this one."""
    later = aliased(Credit)
    return select(later.id).where(later.follows_id == Credit.id).correlate(Credit).scalar_subquery()


def _standing_amount() -> ColumnElement[Any]:
    """What the person has for the release as it stands now: of the latest correction, where there is one."""
    entry, later = aliased(Credit), aliased(Credit)
    return (
        select(entry.amount_quarters)
        .where(
            entry.person_id == RequirementMet.person_id,
            entry.release_id == RequirementMet.release_id,
            ~exists().where(later.follows_id == entry.id),
        )
        .correlate(RequirementMet)
        .scalar_subquery()
    )


def _read_at() -> ColumnElement[Any]:
    """When the person first had read the release's revision or a minor one."""
    minor = select(MinorRevision.revision_id).where(MinorRevision.release_id == RequirementMet.release_id)
    return (
        select(func.min(Reading.read_at))
        .where(
            Reading.person_id == RequirementMet.person_id,
            Reading.read_at.is_not(None),
            (Reading.revision_id == Release.revision_id)
            | Reading.revision_id.in_(minor.correlate(RequirementMet).scalar_subquery()),
        )
        .correlate(RequirementMet, Release)
        .scalar_subquery()
    )


def _releases() -> Select[*tuple[Any, ...]]:
    earned = (
        select(func.count())
        .where(Credit.release_id == Release.id, Credit.entry == "earned")
        .correlate(Release)
        .scalar_subquery()
    )
    return (
        select(
            Release.id,
            Activity.slug,
            Activity.title,
            Release.number,
            Release.state,
            Release.provider_snapshot["name"].as_string(),
            Release.provider_mode,
            Release.opens_on,
            Release.expires_on,
            Release.opens_at,
            Release.closes_at,
            Release.zone,
            Release.withdrawn_at,
            Release.withdrawal_reason,
            earned,
        )
        .join(Activity, Activity.id == Release.activity_id)
        .where(Release.state != "draft")
    )


def _where(wanted: OfficeFilter, instant: Any) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = []
    if wanted.slug:
        clauses.append(Activity.slug == wanted.slug)
    if wanted.person:
        named = Person.name.icontains(wanted.person, autoescape=True)
        clauses.append(named | Person.email.icontains(wanted.person, autoescape=True))
    if wanted.since:
        clauses.append(instant >= wanted.since)
    if wanted.until:
        clauses.append(instant < wanted.until)
    return clauses


def _page(session: Session, statement: Select[*tuple[Any, ...]], row_class: Any, number: int) -> Page[Any]:
    rows = session.execute(statement.limit(PAGE_SIZE + 1).offset(offset_of(number)))
    return page_of([row_class(*row) for row in rows], number)


def _stream(session: Session, statement: Select[*tuple[Any, ...]], row_class: Any) -> Iterator[Any]:
    row: Row[Any]
    for row in session.execute(statement.execution_options(yield_per=AT_ONCE)):
        yield row_class(*row)


def _count(session: Session, statement: Select[*tuple[Any, ...]]) -> int:
    return session.scalar(statement.with_only_columns(func.count(), maintain_column_froms=True).order_by(None)) or 0
