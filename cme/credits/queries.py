"""What the room of credits reads."""

from collections.abc import Sequence

from sqlalchemy import and_, bindparam, exists, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from cme.activities.facts import ReleaseFacts
from cme.activities.models import FrontMatterView, MinorRevision, Release
from cme.articles.models import Reading
from cme.credits.facts import CreditFacts
from cme.credits.models import Credit, RequirementMet
from cme.credits.rules import Progress, ReleaseRule
from cme.part import Fallen
from cme.people.models import Person

QUIZ = "quiz"

# Built once, because every page of a module runs it. *Read* counts on any revision of the release.
_revisions = select(Release.revision_id).where(Release.id == bindparam("release"))
_minor = select(MinorRevision.revision_id).where(MinorRevision.release_id == bindparam("release"))
_read_at = (
    select(func.min(Reading.read_at))
    .where(
        Reading.person_id == bindparam("person"),
        Reading.read_at.is_not(None),
        Reading.revision_id.in_(_revisions) | Reading.revision_id.in_(_minor),
    )
    .correlate(None)
    .scalar_subquery()
)
_entry, _later = aliased(Credit), aliased(Credit)
_standing_kind = (  # a correction may have made participation of it
    select(_entry.kind)
    .where(
        _entry.person_id == bindparam("person"),
        _entry.release_id == bindparam("release"),
        ~exists().where(_later.follows_id == _entry.id),
    )
    .correlate(None)
    .scalar_subquery()
)
_PROGRESS = (
    select(
        FrontMatterView.seen_at,
        _read_at.label("read_at"),
        RequirementMet.met_at,
        Credit.granted_at,
        Credit.id,
        Reading.sections,
        Reading.active_seconds,
        _standing_kind.label("kind"),
    )
    .select_from(Person)
    .join(
        FrontMatterView,
        and_(FrontMatterView.person_id == Person.id, FrontMatterView.release_id == bindparam("release")),
        isouter=True,
    )
    .join(
        RequirementMet,
        and_(
            RequirementMet.person_id == Person.id,
            RequirementMet.release_id == bindparam("release"),
            RequirementMet.requirement == QUIZ,
        ),
        isouter=True,
    )
    .join(
        Credit,
        and_(Credit.person_id == Person.id, Credit.release_id == bindparam("release"), Credit.entry == "earned"),
        isouter=True,
    )
    .join(Reading, and_(Reading.person_id == Person.id, Reading.revision_id == bindparam("revision")), isouter=True)
    .where(Person.id == bindparam("person"))
)

_credited = (
    Credit.person_id == bindparam("person"),
    Credit.release_id == Release.id,
    Release.activity_id == bindparam("activity"),
)
_CREDITED_BEFORE = select(exists().where(*_credited, Release.number < bindparam("number")))
_CREDITED_LATER = select(
    exists().where(*_credited, Release.number > bindparam("number"), Release.repeat_credit.is_(False))
)


def rule_of(release: ReleaseFacts) -> ReleaseRule:
    """The part of a release that decisions depend on."""
    return ReleaseRule(
        term=release.term,
        withdrawn_at=release.withdrawn_at if release.withdrawn else None,
        maximum_quarters=release.maximum_quarters,
        repeat_credit=release.repeat_credit,
    )


def progress_of(session: Session, person_id: int, release: ReleaseFacts, sections_total: int = 0) -> Progress:
    """Where the person stands with the release, in one statement.

    *Read* counts on any revision of the release: its own or a minor one added while it ran.
    """
    wanted = {"person": person_id, "release": release.release_id, "revision": release.revision_id}
    row = session.execute(_PROGRESS, wanted).one()
    return Progress(
        front_matter_seen_at=row[0],
        read_at=row[1],
        passed_at=row[2],
        claimed_at=row[3],
        credit_id=row[4],
        sections_reached=len(row[5] or ()),
        sections_total=sections_total,
        active_seconds=row[6] or 0,
        kind=row[7],
    )


def credited_before(session: Session, person_id: int, release: ReleaseFacts) -> bool:
    """Whether the person has credit for another, earlier release of the same activity."""
    if release.number == 1:
        return False
    return bool(session.scalar(_CREDITED_BEFORE, _among(person_id, release)))


def credited_later(session: Session, person_id: int, release: ReleaseFacts) -> bool:
    """Whether the person has credit for a later release of the activity that does not give it again.

    An earlier release can be claimed for as long as its own deadline runs; the order of the claims must not decide.
    """
    return bool(session.scalar(_CREDITED_LATER, _among(person_id, release)))


def _among(person_id: int, release: ReleaseFacts) -> dict[str, int]:
    return {"person": person_id, "activity": release.activity_id, "number": release.number}


def earned_credit(session: Session, person_id: int, release_id: int) -> CreditFacts | None:
    """The person's credit for the release, if there is one."""
    row = session.scalar(
        select(Credit).where(Credit.person_id == person_id, Credit.release_id == release_id, Credit.entry == "earned")
    )
    return _facts(row) if row else None


def credit_facts(session: Session, credit_id: int) -> CreditFacts | None:
    """One ledger entry."""
    row = session.get(Credit, credit_id)
    return _facts(row) if row else None


def transcript(session: Session, person_id: int, fallen: Sequence[Fallen] = ()) -> list[CreditFacts]:
    """Every standing entry of the person, newest completion first; a corrected entry gives way to its correction.

    `fallen` are conditions of other parts by which an entry counts as revoked.
    """
    followed = select(Credit.follows_id).where(Credit.follows_id.is_not(None), Credit.person_id == person_id)
    revoked = or_(false(), *(condition(Credit.__table__.c.id) for condition in fallen))
    rows = session.execute(
        select(Credit, revoked)
        .where(Credit.person_id == person_id, Credit.id.not_in(followed))
        .order_by(Credit.completed_at.desc(), Credit.id.desc())
    )
    return [_facts(row, revoked=bool(fell)) for row, fell in rows]


def _facts(row: Credit, *, revoked: bool = False) -> CreditFacts:
    return CreditFacts(
        credit_id=row.id,
        kind=row.kind,
        person_id=row.person_id,
        release_id=row.release_id,
        completed_at=row.completed_at,
        granted_at=row.granted_at,
        amount_quarters=row.amount_quarters,
        maximum_quarters=row.maximum_quarters,
        credit_type=row.credit_type,
        snapshot=dict(row.snapshot),
        revoked=revoked,
    )
