"""What a quiz page needs of the module around it."""

from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from flask_login import current_user

from cme.activities import queries as activities
from cme.activities.facts import ReleaseFacts
from cme.activities.rules import Closing, closing_of
from cme.articles.facts import ArticlePage
from cme.credits import queries as credits_read
from cme.credits.rules import MayNotStart, Progress, may_start
from cme.kernel.refusal import NotFound
from cme.part import House, Step
from cme.store.session import Session
from quizzes.services.versions import VERSIONS, VersionCache


@dataclass(frozen=True, slots=True)
class Shown:
    """The module as this person meets it now."""

    release: ReleaseFacts
    closing: Closing
    progress: Progress
    refusal: MayNotStart | None
    """Why a start now could not lead to credit."""
    page: ArticlePage


def versions() -> VersionCache:
    """The published versions this process holds."""
    return current_app.extensions[VERSIONS]


def current_release(session: Session, slug: str, *, now: datetime) -> ReleaseFacts:
    """The release the module's pages are about. Refuses: NotFound."""
    release = activities.release_by_slug(session, slug, now=now)
    if release is None:
        raise NotFound("no_module", "There is no module under that address.")
    return release


def shown_of(session: Session, release: ReleaseFacts, *, now: datetime) -> Shown:
    """Rail, term and progress for the signed-in person."""
    page: ArticlePage = current_app.extensions["article_pages"].get(session, release.revision_id)
    before = False
    if release.number > 1 and not release.repeat_credit:
        before = credits_read.credited_before(session, current_user.person_id, release)
    verdict = may_start(credits_read.rule_of(release), credited_before=before, now=now)
    return Shown(
        release=release,
        closing=closing_of(
            release.term, withdrawn=release.withdrawn, estimated_minutes=release.estimated_minutes, now=now
        ),
        progress=credits_read.progress_of(session, current_user.person_id, release, len(page.reading_sections)),
        refusal=verdict if isinstance(verdict, MayNotStart) else None,
        page=page,
    )


def step(key: str) -> Step | None:
    """A station of the rail."""
    house: House = current_app.extensions["house"]
    return next((one for one in house.steps if one.key == key), None)
