"""What a corrected key does to one attempt and its owner: the same for the dry run and for the act."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from cme.activities.facts import ReleaseFacts
from cme.activities.models import Provider, Release
from cme.activities.queries import release_facts
from cme.credits import rules as credit_rules
from cme.credits.extending import Met
from cme.credits.queries import rule_of
from cme.credits.standings import PersonStanding, standings_of
from cme.kernel.days import end_instant, local_day
from quizzes.queries.corrections import TouchedAttempt
from quizzes.rules.correcting import Change, Regraded, Standing, regrade
from quizzes.rules.item import Item


@dataclass(frozen=True, slots=True)
class Ground:
    """A release and how long its provider keeps claims open after a correction."""

    release: ReleaseFacts
    days: int


@dataclass(slots=True)
class Grounds:
    """What stays the same for all attempts of one correction."""

    item: Item
    change: Change
    asked_at: datetime
    releases: dict[int, Ground] = field(default_factory=dict)

    def of(self, session: Session, release_id: int) -> Ground:
        """The release, read once."""
        if release_id not in self.releases:
            days = session.execute(
                select(Provider.correction_days)
                .join(Release, Release.provider_id == Provider.id)
                .where(Release.id == release_id)
            ).scalar_one()
            self.releases[release_id] = Ground(release_facts(session, release_id), days)
        return self.releases[release_id]


@dataclass(frozen=True, slots=True)
class Effect:
    """One attempt before and after, and what follows for its owner."""

    attempt: TouchedAttempt
    regraded: Regraded
    counted_after: bool
    person: PersonStanding | None
    met: Met | None
    """A pass towards credit that was not recorded before."""
    completed_at: datetime | None
    """When the module was completed, if it is now, inside the term."""
    open_until: datetime | None
    """The owner's own claim deadline, where the release's comes too early."""
    closed_meanwhile: bool
    claim_until: datetime | None
    """Until when the owner can evaluate and claim, if that follows."""
    title: str
    zone: str

    @property
    def raised(self) -> bool:
        return self.regraded.after.passed and not self.regraded.before.passed

    @property
    def lowered(self) -> bool:
        return self.regraded.before.passed and not self.regraded.after.passed

    @property
    def writes(self) -> bool:
        """Whether anything is to be stored."""
        return self.regraded.changed or self.regraded.points != self.attempt.points

    @property
    def credit_id(self) -> int | None:
        return self.person.credit_id if self.person else None

    @property
    def may_claim(self) -> bool:
        return self.claim_until is not None

    @property
    def reported_year(self) -> int | None:
        """The calendar year, in the module's zone, to whose report the new completion belongs."""
        return None if self.completed_at is None else local_day(self.completed_at, self.zone).year


def effects_of(session: Session, grounds: Grounds, rows: Sequence[TouchedAttempt], *, now: datetime) -> list[Effect]:
    """The attempts of one batch, in their order; people are looked up only where a verdict changes."""
    regraded = [(row, _regraded(grounds, row, grounds.of(session, row.release_id).release)) for row in rows]
    wanted: defaultdict[int, set[int]] = defaultdict(set)
    for row, result in regraded:
        if result.before.passed != result.after.passed:
            wanted[row.release_id].add(row.person_id)
    people = {release_id: standings_of(session, release_id, who) for release_id, who in wanted.items()}
    return [
        _effect(
            grounds.of(session, row.release_id), row, result, people.get(row.release_id, {}).get(row.person_id), now
        )
        for row, result in regraded
    ]


def _regraded(grounds: Grounds, row: TouchedAttempt, release: ReleaseFacts) -> Regraded:
    return regrade(
        grounds.change,
        grounds.item,
        Standing(row.earned, row.total, row.needed),
        chosen=row.chosen,
        points=row.points,
        over=row.submitted_at < grounds.asked_at,
        promised=Standing(0, release.total_points, release.pass_points),
    )


def _effect(
    ground: Ground, row: TouchedAttempt, result: Regraded, person: PersonStanding | None, now: datetime
) -> Effect:
    raised = result.after.passed and not result.before.passed
    counted = row.counted and result.after.passed
    met, completed_at, open_until, claim_until, closed = None, None, None, None, False
    if raised and row.for_credit:
        rule = rule_of(ground.release)
        counted = isinstance(credit_rules.may_count(rule, now=row.submitted_at), credit_rules.MayStart)
        if counted and person is not None and person.passed_at is None:
            met = Met(row.person_id, row.release_id, row.submitted_at, f"attempt:{row.attempt_id}")
            term = ground.release.term
            completed = person.completed_with(row.submitted_at)
            if completed is not None and term.opens_at <= completed < term.closes_at:
                completed_at = completed
            # A withdrawn release grants nothing any more, so no days are given either.
            if completed_at is not None and person.credit_id is None and not ground.release.withdrawn:
                closed = term.claims_close_at <= now
                until = end_instant(local_day(now + timedelta(days=ground.days), term.zone), term.zone)
                open_until = until if until > term.claims_close_at else None
                claim_until = open_until or term.claims_close_at
    title, zone = ground.release.title, ground.release.zone
    return Effect(row, result, counted, person, met, completed_at, open_until, closed, claim_until, title, zone)
