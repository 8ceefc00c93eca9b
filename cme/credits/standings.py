"""Where many people stand with one release: what a correction needs to know of each, in a few statements."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import Session

from cme.activities.models import FrontMatterView, MinorRevision, Release
from cme.articles.models import Reading
from cme.credits.models import ClaimExtension, Credit, RequirementMet
from cme.people.models import Person

_EXTENSION = select(ClaimExtension.open_until).where(
    ClaimExtension.person_id == bindparam("person"), ClaimExtension.release_id == bindparam("release")
)


@dataclass(frozen=True, slots=True)
class PersonStanding:
    """One person and one release."""

    person_id: int
    name: str
    email: str
    front_matter_seen_at: datetime | None
    read_at: datetime | None
    passed_at: datetime | None
    evidence: str | None
    """Which attempt the recorded pass rests on."""
    credit_id: int | None

    def completed_with(self, passed_at: datetime) -> datetime | None:
        """The instant of completion if the quiz had been passed then; None while reading or front matter is missing."""
        if self.front_matter_seen_at is None or self.read_at is None:
            return None
        return max(self.front_matter_seen_at, self.read_at, passed_at)


def standings_of(session: Session, release_id: int, person_ids: Collection[int]) -> dict[int, PersonStanding]:
    """What is known of each of these people."""
    if not person_ids:
        return {}
    revisions = select(Release.revision_id).where(Release.id == release_id)
    minor = select(MinorRevision.revision_id).where(MinorRevision.release_id == release_id)
    reading = (
        select(Reading.person_id, func.min(Reading.read_at).label("read_at"))
        .where(Reading.revision_id.in_(revisions.union(minor)), Reading.person_id.in_(person_ids))
        .group_by(Reading.person_id)
        .subquery("reading")
    )
    rows: Any = session.execute(
        select(
            Person.id,
            Person.name,
            Person.email,
            FrontMatterView.seen_at,
            reading.c.read_at,
            RequirementMet.met_at,
            RequirementMet.evidence,
            Credit.id,
        )
        .join(
            FrontMatterView,
            and_(FrontMatterView.person_id == Person.id, FrontMatterView.release_id == release_id),
            isouter=True,
        )
        .join(reading, reading.c.person_id == Person.id, isouter=True)
        .join(
            RequirementMet,
            and_(
                RequirementMet.person_id == Person.id,
                RequirementMet.release_id == release_id,
                RequirementMet.requirement == "quiz",
            ),
            isouter=True,
        )
        .join(
            Credit,
            and_(Credit.person_id == Person.id, Credit.release_id == release_id, Credit.entry == "earned"),
            isouter=True,
        )
        .where(Person.id.in_(person_ids))
    )
    return {row[0]: PersonStanding(*row) for row in rows}


def claim_open_until(session: Session, person_id: int, release_id: int) -> datetime | None:
    """The person's own claim deadline for the release, where one was given."""
    return session.execute(_EXTENSION, {"person": person_id, "release": release_id}).scalar_one_or_none()


def passed_of(session: Session, person_id: int, release_ids: Collection[int]) -> dict[int, datetime | None]:
    """Those of the releases whose quiz the person passed, each with a claim deadline of the person's own or None."""
    same = (ClaimExtension.person_id == RequirementMet.person_id) & (
        ClaimExtension.release_id == RequirementMet.release_id
    )
    rows: Any = session.execute(
        select(RequirementMet.release_id, ClaimExtension.open_until)
        .outerjoin(ClaimExtension, same)
        .where(
            RequirementMet.person_id == person_id,
            RequirementMet.release_id.in_(release_ids),
            RequirementMet.requirement == "quiz",
        )
    )
    return dict(rows.all())
