"""Taking a judged library folder in: the first time published, later as drafts, in the caller's one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cme.activities.facts import LoadedRelease
from cme.activities.library.activity_file import ActivityFile, ReleaseFile
from cme.activities.library.providers import provider_for
from cme.activities.library.reading import Problem
from cme.activities.library.validating import ACTIVITY, FileLoader, Folder, is_article_file
from cme.activities.models import Activity, CreditOffer, LibraryDigest, Provider, Release
from cme.activities.queries import CATALOGUE_KEY
from cme.activities.rules import awarded_offer, term_of
from cme.activities.search import search_text
from cme.activities.service import (
    Obstacle,
    front_matter_digest,
    provider_snapshot,
    publish_release,
    release_obstacles,
)
from cme.articles.models import ArticleRevision
from cme.articles.service import article_for, draft_of, make_draft, publish_revision
from cme.audit import service as audit
from cme.audit.tags import Event
from cme.kernel.refusal import Conflict, Invalid, Waits


@dataclass(slots=True)
class _Load:
    """One load on its way."""

    session: Session
    folder: Folder
    activity: ActivityFile
    loaders: Mapping[str, FileLoader]
    now: datetime
    changed: set[str]
    done: list[str] = field(default_factory=list)
    left: set[str] = field(default_factory=set)
    """Changed files that were not taken in and must be reported again next time."""


def unchanged(session: Session, slug: str, digests: Mapping[str, str]) -> bool:
    """Whether the folder is exactly as it was when it was last loaded."""
    return bool(digests) and _stored(session, slug) == dict(digests)


def load_folder(
    session: Session,
    folder: Folder,
    loaders: Mapping[str, FileLoader],
    obstacles: Sequence[Obstacle],
    *,
    now: datetime,
) -> list[str]:
    """Take the folder in and say, one sentence each, what was done.

    A new module is published, or waits as a draft where people have to approve of a part first. A changed article
    becomes a draft revision, a changed activity.toml a draft release; files of other parts are theirs to handle.
    Refuses (Invalid): problems of the folder, a changed activity.toml without a higher release number, obstacles to
    publishing. Refuses (Conflict): another load at the same time.
    """
    if folder.problems or folder.activity is None or folder.source is None:
        raise Invalid("library_invalid", "The folder has problems.", {"": [str(one) for one in folder.problems]})
    stored = _stored(session, folder.activity.slug)
    changed = {name for name in {*stored, *folder.digests} if stored.get(name) != folder.digests.get(name)}
    if not changed:
        return [f"{folder.activity.slug}: nothing has changed since it was last loaded."]
    work = _Load(session, folder, folder.activity, loaders, now, changed)
    activity = session.scalar(select(Activity).where(Activity.slug == folder.activity.slug))
    try:
        loaded = _first_time(work, obstacles) if activity is None else _again(work, activity)
        _remember(work)
    except IntegrityError:  # two commands at once: every table here has a unique key that only the first can take
        raise Conflict("library_busy", "The same module was being loaded elsewhere; run the command again.") from None
    audit.record(
        session,
        Event.LIBRARY_LOADED,
        now=now,
        person_id=None,
        subject="activity",
        subject_id=loaded.activity_id,
        details={"files": sorted(changed - work.left), "release": loaded.release_id},
    )
    return [f"{folder.activity.slug}: {sentence}" for sentence in work.done]


def _first_time(work: _Load, obstacles: Sequence[Obstacle]) -> LoadedRelease:
    session, wanted = work.session, work.activity
    revision = _draft_revision(work, article_for(session, wanted.slug))
    publish_revision(session, revision.id, by=None, now=work.now)
    activity = Activity(
        slug=wanted.slug,
        article_id=revision.article_id,
        title=wanted.title,
        summary=wanted.summary,
        specialties=wanted.specialties,
        keywords=wanted.keywords,
        search_text=search_text(wanted.title, wanted.summary, wanted.specialties, wanted.keywords),
    )
    session.add(activity)
    session.flush()
    release = _draft_release(work, activity.id, revision.id, None)
    loaded = LoadedRelease(wanted.slug, release.id, activity.id, revision.article_id, revision.id)
    _call_loaders(work, loaded, everything=True)
    found = release_obstacles(session, release.id, obstacles)
    if found and all(isinstance(sentence, Waits) for sentence in found):
        work.done.insert(0, f"revision {revision.number} of the article was published; release {release.number} waits.")
        work.done += [*found, f"Then `flask library publish {wanted.slug}` publishes the release."]
        return loaded
    publish_release(session, release.id, by=None, now=work.now, obstacles=obstacles)
    work.done.insert(0, f"revision {revision.number} of the article and release {release.number} were published.")
    return loaded


def _again(work: _Load, activity: Activity) -> LoadedRelease:
    session = work.session
    latest = session.scalars(
        select(Release).where(Release.activity_id == activity.id).order_by(Release.number.desc()).limit(1)
    ).one()
    revision = _changed_article(work, activity, latest)
    release, is_new = latest, False
    if ACTIVITY in work.changed:
        release, is_new = _changed_activity(work, activity, latest, revision)
    elif revision is not None and latest.state == "draft":
        latest.revision_id = revision.id
        session.flush()
    loaded = LoadedRelease(activity.slug, release.id, activity.id, activity.article_id, release.revision_id)
    _call_loaders(work, loaded, everything=is_new)
    return loaded


def _changed_article(work: _Load, activity: Activity, latest: Release) -> ArticleRevision | None:
    files = {name for name in work.changed if is_article_file(name)}
    if not files and not (ACTIVITY in work.changed and _looks_different(work, activity)):
        return None
    waiting = draft_of(work.session, activity.article_id)
    if waiting is not None and waiting.created_by is not None:
        work.left |= files
        work.done.append(
            f"an editor's draft (revision {waiting.number}) is waiting, so the changed article was not taken in. "
            "Publish or discard the draft, then load again."
        )
        return None
    revision = _draft_revision(work, activity.article_id)
    option = "" if latest.state == "draft" or ACTIVITY in work.changed else " --reason …"
    work.done.append(
        f"revision {revision.number} of the article was made as a draft; "
        f"`flask library publish {activity.slug}{option}` publishes it."
    )
    return revision


def _looks_different(work: _Load, activity: Activity) -> bool:
    """Whether a changed title or preview makes another page out of the same text."""
    newest = work.session.scalars(
        select(ArticleRevision.source_digest)
        .where(ArticleRevision.article_id == activity.article_id)
        .order_by(ArticleRevision.number.desc())
        .limit(1)
    ).one()
    return newest != work.folder.article_digest


def _changed_activity(
    work: _Load, activity: Activity, latest: Release, revision: ArticleRevision | None
) -> tuple[Release, bool]:
    wanted = work.activity.release
    public = latest.state != "draft"
    if public and wanted.number <= latest.number:
        raise _refusal(
            "release.number",
            f"release {latest.number} is public and never changes; set [release].number to {latest.number + 1} "
            "to make a new release.",
        )
    if not public and wanted.number != latest.number:
        raise _refusal(
            "release.number",
            f"a draft of release {latest.number} is waiting; publish it first, or keep the number {latest.number} "
            "to change that draft.",
        )
    shown = revision.id if revision is not None else _text_of(work.session, activity.article_id, latest)
    release = _draft_release(work, activity.id, shown, None if public else latest)
    verb = "made" if public else "renewed"
    work.done.append(
        f"release {release.number} was {verb} as a draft; `flask library publish {activity.slug}` publishes it."
    )
    return release, public


def _refusal(key: str, sentence: str) -> Invalid:
    problem = Problem(ACTIVITY, key, sentence)
    return Invalid("library_invalid", "The folder has problems.", {"": [str(problem)]})


def _draft_revision(work: _Load, article_id: int) -> ArticleRevision:
    assert work.folder.source is not None
    return make_draft(
        work.session,
        article_id,
        work.folder.source,
        title=work.activity.title,
        digest=work.folder.article_digest,
        created_by=None,
        now=work.now,
    )


def _draft_release(work: _Load, activity_id: int, revision_id: int, release: Release | None) -> Release:
    session, wanted = work.session, work.activity.release
    provider = _provider(work)
    if release is None:
        release = Release(activity_id=activity_id, number=wanted.number, state="draft", created_at=work.now)
        session.add(release)
    _fill(release, work.activity, wanted, provider)
    release.revision_id = revision_id
    session.flush()
    session.execute(delete(CreditOffer).where(CreditOffer.release_id == release.id))
    session.add_all(
        CreditOffer(release_id=release.id, type=kind, maximum_quarters=most) for kind, most in wanted.offers
    )
    session.flush()
    return release


def _fill(release: Release, activity: ActivityFile, wanted: ReleaseFile, provider: Provider) -> None:
    term = term_of(wanted.opens_on, wanted.expires_on, wanted.zone, wanted.grace_days)
    release.opens_at, release.closes_at, release.claims_close_at = term.opens_at, term.closes_at, term.claims_close_at
    for name in (
        "released_on", "reviewed_on", "opens_on", "expires_on", "zone", "grace_days", "learning_format",
        "estimated_minutes", "estimate_method", "pass_points", "total_points", "repeat_credit",
    ):  # fmt: skip
        setattr(release, name, getattr(wanted, name))
    release.provider_id = provider.id
    release.provider_mode = provider.mode
    _type, most = awarded_offer(wanted.offers)
    release.provider_snapshot = provider_snapshot(provider, wanted.learning_format, most)
    catalogue = {
        "title": activity.title,
        "summary": activity.summary,
        "specialties": activity.specialties,
        "keywords": activity.keywords,
    }
    release.front_matter = {**activity.front_matter, CATALOGUE_KEY: catalogue}
    release.front_matter_digest = front_matter_digest(release, wanted.offers)


def _provider(work: _Load) -> Provider:
    provider = provider_for(work.session, work.activity.provider, now=work.now)
    if provider is None:
        raise _refusal(
            "provider.key",
            f"there is no provider “{work.activity.provider}”; enter it first or use “demonstration”.",
        )
    return provider


def _text_of(session: Session, article_id: int, latest: Release) -> int:
    """The revision a draft release keeps, or the newest published one for a new release."""
    if latest.state == "draft":
        return latest.revision_id
    return session.scalars(
        select(ArticleRevision.id)
        .where(ArticleRevision.article_id == article_id, ArticleRevision.state == "published")
        .order_by(ArticleRevision.number.desc())
        .limit(1)
    ).one()


def _call_loaders(work: _Load, loaded: LoadedRelease, *, everything: bool) -> None:
    for name, loader in work.loaders.items():
        changed = name in work.changed
        if changed or everything:
            context = LoadedRelease(
                loaded.slug, loaded.release_id, loaded.activity_id, loaded.article_id, loaded.revision_id, changed
            )
            work.done += loader.load(work.session, work.folder.path / name, context, now=work.now)


def _stored(session: Session, slug: str) -> dict[str, str]:
    rows = session.execute(select(LibraryDigest.file, LibraryDigest.digest).where(LibraryDigest.slug == slug))
    return {row.file: row.digest for row in rows}


def _remember(work: _Load) -> None:
    """What was taken in; a file left aside keeps its old digest, so that the next load speaks of it again."""
    session, slug = work.session, work.activity.slug
    taken = work.changed - work.left
    session.execute(delete(LibraryDigest).where(LibraryDigest.slug == slug, LibraryDigest.file.in_(taken)))
    session.add_all(
        LibraryDigest(slug=slug, file=name, digest=work.folder.digests[name], loaded_at=work.now)
        for name in taken
        if name in work.folder.digests
    )
    session.flush()
