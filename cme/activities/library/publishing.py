"""Publishing what a load has left as drafts: a new release, or a minor revision of the one that runs."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cme.activities.models import Activity, Release
from cme.activities.service import Obstacle, add_minor_revision, publish_release
from cme.articles.service import draft_of, publish_revision
from cme.kernel.refusal import NotFound


def publish_waiting(
    session: Session,
    slug: str,
    *,
    reason: str,
    clinical: bool = False,
    by: int | None,
    now: datetime,
    obstacles: Sequence[Obstacle],
) -> list[str]:
    """Publish the draft release of the module, with its text, or else the draft text as a minor revision.

    A reason speaks of a correction: then the text goes to the release that runs, and a draft release goes on waiting.
    Refuses: NotFound when nothing waits; Invalid with the obstacles, or without a reason for a minor revision.
    """
    activity = session.scalar(select(Activity).where(Activity.slug == slug))
    if activity is None:
        raise NotFound("module_not_found", f"There is no module “{slug}”.")
    latest = session.scalars(
        select(Release).where(Release.activity_id == activity.id).order_by(Release.number.desc()).limit(1)
    ).one()
    draft = draft_of(session, activity.article_id)
    if latest.state == "draft" and not (reason or clinical):
        if draft is not None and latest.revision_id == draft.id:
            publish_revision(session, draft.id, by=by, now=now)
        publish_release(session, latest.id, by=by, now=now, obstacles=obstacles)
        return [f"{slug}: release {latest.number} was published."]
    if draft is None:
        raise NotFound("nothing_waits", f"No draft of “{slug}” is waiting.")
    running = latest if latest.state != "draft" else _running(session, activity.id)
    if running is None:
        raise NotFound("nothing_runs", f"No release of “{slug}” is public yet: publish it first, without a reason.")
    add_minor_revision(session, running.id, draft.id, reason=reason, clinical=clinical, by=by, now=now)
    done = [f"{slug}: revision {draft.number} was published as a minor revision of release {running.number}."]
    return done if running is latest else [*done, f"{slug}: the draft of release {latest.number} still waits."]


def _running(session: Session, activity_id: int) -> Release | None:
    """The newest release that is public."""
    return session.scalars(
        select(Release)
        .where(Release.activity_id == activity_id, Release.state == "published")
        .order_by(Release.number.desc())
        .limit(1)
    ).one_or_none()
