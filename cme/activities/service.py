"""Releases: what is recorded of front matter, publishing behind its gate, withdrawal, minor revisions."""

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from cme.activities.events import RevisionShown
from cme.activities.facts import ReleaseFacts
from cme.activities.models import Activity, CreditOffer, FrontMatterView, MinorRevision, Provider, Release
from cme.activities.queries import CATALOGUE_KEY
from cme.activities.rules import ReleaseDraft, awarded_offer, publish_obstacles, term_of
from cme.activities.search import search_text
from cme.articles.models import ArticleRevision, Reference
from cme.articles.service import publish_revision
from cme.audit import service as audit
from cme.audit.tags import Event
from cme.kernel.quarters import credits_phrase, format_quarters
from cme.kernel.refusal import Conflict, Invalid, NotFound, Refused
from cme.kernel.text import clean_block
from cme.outbox.announce import announce

Obstacle = Callable[[Session, int], list[str]]
BEFORE_A_NAME = re.compile(r"\[credits\](?=[\s*_]+[A-Z])")
"""“a maximum of [credits] AMA PRA …”: there the name of the credit is the word."""


def record_front_matter(session: Session, person_id: int, release: ReleaseFacts, *, now: datetime) -> None:
    """Note that the person was shown the front matter; only the first time counts."""
    dialect_insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    made = session.execute(
        dialect_insert(FrontMatterView)
        .values(
            person_id=person_id,
            release_id=release.release_id,
            digest=release.front_matter_digest,
            seen_at=now,
        )
        .on_conflict_do_nothing()
        .returning(FrontMatterView.person_id)
    ).first()
    if made is not None:
        audit.record(
            session,
            Event.FRONT_MATTER_SEEN,
            now=now,
            person_id=person_id,
            subject="release",
            subject_id=release.release_id,
            details={"digest": release.front_matter_digest},
        )


def release_obstacles(session: Session, release_id: int, obstacles: Sequence[Obstacle] = ()) -> list[str]:
    """What keeps the release from being published. `obstacles` are the house's: each wing knows its own."""
    release = _release(session, release_id)
    return _obstacles(session, release, obstacles)


def publish_release(
    session: Session, release_id: int, *, by: int | None, now: datetime, obstacles: Sequence[Obstacle] = ()
) -> None:
    """Make a draft release public and final: term, provider and front matter are frozen here.

    Refuses: NotFound; not_a_draft; Invalid with one sentence per obstacle.
    """
    release = _release(session, release_id, lock=True)
    if release.state != "draft":
        raise Refused("not_a_draft", "Only a draft release can be published; this one is public already.")
    found = _obstacles(session, release, obstacles)
    if found:
        raise Invalid("release_obstacles", "The release cannot be published yet.", {"release": found})
    _freeze(session, release)
    _renew_activity(session, release)
    release.state = "published"
    release.published_at = now
    release.published_by = by
    session.flush()
    audit.record(
        session,
        Event.RELEASE_PUBLISHED,
        now=now,
        person_id=by,
        subject="release",
        subject_id=release_id,
        details={"number": release.number, "revision": release.revision_id, "digest": release.front_matter_digest},
    )
    article_id = session.scalars(select(Activity.article_id).where(Activity.id == release.activity_id)).one()
    announce(session, RevisionShown(release_id, article_id, release.revision_id, now))


def withdraw_release(session: Session, release_id: int, reason: str, *, by: int | None, now: datetime) -> None:
    """End a release before its time; earned credit stays. Refuses: NotFound, Invalid without a reason, Conflict."""
    words = clean_block(reason)
    if not words:
        raise Invalid("reason_missing", "Say why the release is withdrawn.", {"reason": ["Give a reason."]})
    release = _release(session, release_id, lock=True)
    if release.state == "draft":
        raise Refused("not_published", "A draft release cannot be withdrawn; it never was public.")
    if release.state == "withdrawn":
        raise Conflict("already_withdrawn", "This release was withdrawn before; its reason stands.")
    release.state = "withdrawn"
    release.withdrawn_at = now
    release.withdrawn_by = by
    release.withdrawal_reason = words
    session.flush()
    audit.record(
        session,
        Event.RELEASE_WITHDRAWN,
        now=now,
        person_id=by,
        subject="release",
        subject_id=release_id,
        details={"number": release.number},
    )


def add_minor_revision(
    session: Session,
    release_id: int,
    revision_id: int,
    *,
    reason: str,
    clinical: bool = False,
    by: int | None,
    now: datetime,
) -> None:
    """Show a small correction of the text while the release runs; the revision is published with it.

    A `clinical` one could matter to a patient: the office is reminded to tell those who were certified before.

    Refuses: NotFound, Invalid without a reason, Conflict when the revision is not newer than the one shown.
    """
    words = clean_block(reason)
    if not words:
        raise Invalid("reason_missing", "Say what was corrected and why.", {"reason": ["Give a reason."]})
    release = _release(session, release_id, lock=True)
    if release.state != "published":
        raise Refused("not_published", "Only a public release takes a minor revision.")
    revision = session.get(ArticleRevision, revision_id)
    activity = session.get(Activity, release.activity_id)
    if revision is None or activity is None or revision.article_id != activity.article_id:
        raise NotFound("revision_not_found", "There is no such revision of this module's article.")
    if revision.number <= _shown_number(session, release):
        raise Conflict("revision_not_newer", "A newer revision of the article is shown already.")
    publish_revision(session, revision_id, by=by, now=now)
    session.add(
        MinorRevision(
            release_id=release_id, revision_id=revision_id, added_at=now, added_by=by, reason=words, clinical=clinical
        )
    )
    session.flush()
    audit.record(
        session,
        Event.RELEASE_REVISED,
        now=now,
        person_id=by,
        subject="release",
        subject_id=release_id,
        details={"revision": revision_id, "clinical": clinical},
    )
    announce(session, RevisionShown(release_id, activity.article_id, revision_id, now))


def provider_snapshot(provider: Provider, learning_format: str, maximum_quarters: int) -> dict[str, Any]:
    """The provider as a release freezes it, with [provider], [joint provider], [format] and [credits] filled in.

    [number of credits], as the AMA writes it, is the amount alone.
    """
    number = format_quarters(maximum_quarters)
    words = {
        "[provider]": provider.name,
        "[joint provider]": provider.joint_with,
        "[format]": learning_format,
        "[number of credits]": number,
        "[credits]": credits_phrase(maximum_quarters),
    }

    def worded(statement: str) -> str:
        statement = BEFORE_A_NAME.sub(number, statement)
        for mark, value in words.items():
            statement = statement.replace(mark, value)
        return statement

    return {
        "key": provider.key,
        "name": provider.name,
        "mode": provider.mode,
        "joint_with": provider.joint_with,
        "accreditation_statement": worded(provider.accreditation_statement),
        "designation_statement": worded(provider.designation_statement),
        "participation_statement": worded(provider.participation_statement),
        "contact": provider.contact,
    }


def front_matter_digest(release: Release, offers: Sequence[tuple[str, int]]) -> str:
    """SHA-256 over everything the front matter page shows, so that a record of having seen it names what was seen."""
    shown = {
        "front_matter": release.front_matter,
        "provider": release.provider_snapshot,
        "dates": [
            day.isoformat() if day else None
            for day in (release.released_on, release.reviewed_on, release.opens_on, release.expires_on)
        ],
        "zone": release.zone,
        "grace_days": release.grace_days,
        "format": release.learning_format,
        "minutes": release.estimated_minutes,
        "points": [release.pass_points, release.total_points],
        "offers": [list(offer) for offer in offers],
    }
    written = json.dumps(shown, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()


def _release(session: Session, release_id: int, *, lock: bool = False) -> Release:
    release = session.get(Release, release_id, with_for_update=True if lock else None, populate_existing=lock)
    if release is None:
        raise NotFound("release_not_found", "There is no such release.")
    return release


def _offers(session: Session, release_id: int) -> list[tuple[str, int]]:
    rows = session.execute(
        select(CreditOffer.type, CreditOffer.maximum_quarters)
        .where(CreditOffer.release_id == release_id)
        .order_by(CreditOffer.type)
    )
    return [(row.type, row.maximum_quarters) for row in rows]


def _freeze(session: Session, release: Release) -> None:
    provider = session.get_one(Provider, release.provider_id)
    term = term_of(release.opens_on, release.expires_on, release.zone, release.grace_days)
    offers = _offers(session, release.id)
    release.opens_at = term.opens_at
    release.closes_at = term.closes_at
    release.claims_close_at = term.claims_close_at
    release.provider_mode = provider.mode
    release.provider_snapshot = provider_snapshot(provider, release.learning_format, awarded_offer(offers)[1])
    release.front_matter_digest = front_matter_digest(release, offers)


def _renew_activity(session: Session, release: Release) -> None:
    words = release.front_matter.get(CATALOGUE_KEY)
    if not words:
        return
    activity = session.get_one(Activity, release.activity_id)
    activity.title, activity.summary = words["title"], words["summary"]
    activity.specialties, activity.keywords = words["specialties"], words["keywords"]
    activity.search_text = search_text(activity.title, activity.summary, activity.specialties, activity.keywords)


def _obstacles(session: Session, release: Release, obstacles: Sequence[Obstacle]) -> list[str]:
    provider = session.get_one(Provider, release.provider_id)
    revision = session.get_one(ArticleRevision, release.revision_id)
    extra = [sentence for check in obstacles for sentence in check(session, release.id)]
    if revision.state != "published":
        extra.insert(0, "The article revision of this release is still a draft; publish it first.")
    draft = ReleaseDraft(
        released_on=release.released_on,
        reviewed_on=release.reviewed_on,
        opens_on=release.opens_on,
        expires_on=release.expires_on,
        zone=release.zone,
        grace_days=release.grace_days,
        learning_format=release.learning_format,
        estimated_minutes=release.estimated_minutes,
        estimate_method=release.estimate_method,
        pass_points=release.pass_points,
        total_points=release.total_points,
        offers=_offers(session, release.id),
        front_matter=release.front_matter,
        provider_mode=provider.mode,
        accreditation_statement=provider.accreditation_statement,
        designation_statement=provider.designation_statement,
        has_references=bool(session.scalar(select(exists().where(Reference.revision_id == release.revision_id)))),
        extra=extra,
    )
    return publish_obstacles(draft)


def _shown_number(session: Session, release: Release) -> int:
    numbers = select(ArticleRevision.number).where(
        (ArticleRevision.id == release.revision_id)
        | ArticleRevision.id.in_(select(MinorRevision.revision_id).where(MinorRevision.release_id == release.id))
    )
    return max(session.scalars(numbers))
