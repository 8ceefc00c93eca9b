"""What a learner's page needs of a module: one object, read once per request."""

from dataclasses import dataclass
from datetime import datetime

from flask import current_app, request, url_for
from flask_login import current_user

from cme.activities import queries as activities
from cme.activities.facts import ReleaseFacts
from cme.activities.rules import Closing, closing_of
from cme.credits import queries as credits
from cme.credits.rules import NOTHING_YET, MayNotStart, Progress, claim_deadline, may_start
from cme.credits.standings import passed_of
from cme.kernel.refusal import NotFound
from cme.part import House, Step
from cme.store.session import Session


@dataclass(frozen=True, slots=True)
class Shown:
    """A module as one person meets it now."""

    release: ReleaseFacts
    closing: Closing
    progress: Progress
    refusal: MayNotStart | None

    @property
    def can_start(self) -> bool:
        return self.refusal is None


def release_of(session: Session, slug: str, number: int | None = None, *, now: datetime) -> ReleaseFacts:
    """The module's present release, or the one of that number. Refuses: NotFound."""
    if "\0" in slug:  # PostgreSQL compares no text with it
        raise NotFound("no_module", "There is no module under that address.")
    if number is None:
        release = activities.release_by_slug(session, slug, now=now)
    else:
        found = activities.releases_of(session, slug)
        release = next((candidate for candidate in found if candidate.number == number), None)
    if release is None:
        raise NotFound("no_module", "There is no module under that address.")
    return release


def asked_number() -> int | None:
    """The release in the address: an earlier one may be finished and claimed while its own deadline runs."""
    return request.args.get("release", type=int)


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """An earlier release that can still lead to this person's credit, though a newer one has opened meanwhile."""

    release: ReleaseFacts
    progress: Progress
    deadline: datetime


def unclaimed_earlier(session: Session, release: ReleaseFacts, *, now: datetime) -> Unclaimed | None:
    """The newest earlier release whose quiz this person passed: to be claimed, or read first while its term runs."""
    if release.number == 1 or not current_user.is_authenticated:
        return None
    releases = activities.releases_of(session, release.slug)
    before = {one.release_id: one for one in releases if one.number < release.number and not one.withdrawn}
    passed = passed_of(session, current_user.person_id, before.keys())
    for earlier in (one for one in before.values() if one.release_id in passed):
        deadline = claim_deadline(earlier.term.claims_close_at, passed[earlier.release_id])
        if now >= deadline:
            continue
        progress = credits.progress_of(session, current_user.person_id, earlier)
        if progress.front_matter_seen_at is None or progress.claimed_at is not None:
            continue
        if progress.read_at is None and now >= earlier.term.closes_at:
            continue
        if not credits.credited_later(session, current_user.person_id, earlier):
            return Unclaimed(earlier, progress, deadline)
    return None


def show(session: Session, slug: str, number: int | None = None, *, now: datetime, sections_total: int = 0) -> Shown:
    """The module of that address with this visitor's progress. Refuses: NotFound."""
    release = release_of(session, slug, number, now=now)
    return shown_of(session, release, now=now, sections_total=sections_total)


def shown_of(session: Session, release: ReleaseFacts, *, now: datetime, sections_total: int = 0) -> Shown:
    """The same for a release that is already at hand."""
    progress, before = NOTHING_YET, False
    if current_user.is_authenticated:
        progress = credits.progress_of(session, current_user.person_id, release, sections_total)
        if release.number > 1 and not release.repeat_credit:
            before = credits.credited_before(session, current_user.person_id, release)
    verdict = may_start(credits.rule_of(release), credited_before=before, now=now)
    return Shown(
        release=release,
        closing=closing_of(
            release.term, withdrawn=release.withdrawn, estimated_minutes=release.estimated_minutes, now=now
        ),
        progress=progress,
        refusal=verdict if isinstance(verdict, MayNotStart) else None,
    )


def step_after(key: str) -> Step | None:
    """The rail's next step; None after the last."""
    house: House = current_app.extensions["house"]
    keys = [step.key for step in house.steps]
    position = keys.index(key) + 1
    return house.steps[position] if position < len(keys) else None


def step_address(key: str, slug: str) -> str:
    """Where a step of that module is."""
    house: House = current_app.extensions["house"]
    step = next(step for step in house.steps if step.key == key)
    return url_for(step.endpoint, slug=slug)
