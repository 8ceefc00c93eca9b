"""activity.toml: the activity, its release and its front matter, judged by the rules a release must pass."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from cme.activities.library.checks import Checks, report_twice
from cme.activities.library.reading import Document
from cme.activities.rules import FRONT_MATTER_KEYS, ReleaseDraft, known_zone, publish_obstacles

TOP_KEYS = {
    "slug", "title", "summary", "language", "specialties", "keywords", "preview", "provider", "release", "front_matter",
}  # fmt: skip
RELEASE_KEYS = {
    "number", "released_on", "reviewed_on", "opens_on", "expires_on", "zone", "grace_days", "learning_format",
    "estimated_minutes", "estimate_method", "pass_points", "total_points", "repeat_credit", "offers",
}  # fmt: skip
NOTICES = {"accreditation_notice", "designation_notice"}
LONGEST = 6000
FIRST_DAY = date(1, 1, 1)


@dataclass(slots=True)
class ReleaseFile:
    """The release as the file wants it."""

    number: int
    released_on: date
    reviewed_on: date | None
    opens_on: date
    expires_on: date
    zone: str
    grace_days: int
    learning_format: str
    estimated_minutes: int
    estimate_method: str
    pass_points: int
    total_points: int
    repeat_credit: bool
    offers: list[tuple[str, int]] = field(default_factory=list)


@dataclass(slots=True)
class ActivityFile:
    """Everything activity.toml says."""

    slug: str
    title: str
    summary: str
    specialties: list[str]
    keywords: list[str]
    preview: list[str]
    provider: str
    release: ReleaseFile
    front_matter: dict[str, Any]

    @property
    def objectives(self) -> frozenset[str]:
        return frozenset(one["key"] for one in self.front_matter.get("objectives", ()))


def read_activity(document: Document) -> ActivityFile | None:
    """The file's values; problems are noted in the document. None when there is nothing to read."""
    if document.value is None:
        return None
    top = Checks(document, document.value, (), TOP_KEYS)
    top.text("language", 20, needed=False)
    activity = ActivityFile(
        slug=top.slug("slug", 80),
        title=top.text("title", 200),
        summary=top.text("summary", 1000),
        specialties=top.texts("specialties", 80),
        keywords=top.texts("keywords", 80, needed=False),
        preview=top.texts("preview", 80, needed=False),
        provider=top.group("provider", {"key"}).slug("key", 60),
        release=_release(top.group("release", RELEASE_KEYS)),
        front_matter=_front_matter(top.group("front_matter", {*FRONT_MATTER_KEYS, *NOTICES})),
    )
    if not document.problems:
        for sentence in _release_obstacles(activity):
            document.report(("release",), sentence)
    return activity


def _release(checks: Checks) -> ReleaseFile:
    zone = checks.text("zone", 60)
    if zone and not known_zone(zone):
        checks.report("zone", f"“{zone}” is not a time zone; write one such as America/Los_Angeles.")
    release = ReleaseFile(
        number=checks.number("number", 1, 10_000),
        released_on=checks.day("released_on") or FIRST_DAY,
        reviewed_on=checks.day("reviewed_on", needed=False),
        opens_on=checks.day("opens_on") or FIRST_DAY,
        expires_on=checks.day("expires_on") or FIRST_DAY,
        zone=zone,
        grace_days=checks.number("grace_days", 0, 366, needed=False),
        learning_format=checks.text("learning_format", 60),
        estimated_minutes=checks.number("estimated_minutes", 1, 10_000),
        estimate_method=checks.text("estimate_method", LONGEST),
        pass_points=checks.number("pass_points", 1, 1000),
        total_points=checks.number("total_points", 1, 1000),
        repeat_credit=checks.truth("repeat_credit"),
    )
    seen: dict[str, str] = {}
    for offer in checks.each("offers", {"type", "maximum_quarters"}):
        report_twice(offer, "type", seen)
        release.offers.append((offer.slug("type", 40), offer.number("maximum_quarters", 1, 400)))
    return release


def _front_matter(checks: Checks) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key in (*FRONT_MATTER_KEYS, *sorted(NOTICES)):
        if key == "objectives":
            found[key] = _objectives(checks)
        elif isinstance(checks.value.get(key), list):
            found[key] = checks.texts(key, LONGEST)
        elif key in checks.value or key not in NOTICES:
            found[key] = checks.text(key, LONGEST)
    return found


def _objectives(checks: Checks) -> list[dict[str, str]]:
    seen: dict[str, str] = {}
    found: list[dict[str, str]] = []
    for objective in checks.each("objectives", {"key", "text"}):
        report_twice(objective, "key", seen)
        found.append({"key": objective.slug("key", 40), "text": objective.text("text", 400)})
    return found


def _release_obstacles(activity: ActivityFile) -> list[str]:
    """What the rules say of the release. The provider's statements and the article are judged where they are known."""
    release = activity.release
    return publish_obstacles(
        ReleaseDraft(
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
            offers=release.offers,
            front_matter=activity.front_matter,
            provider_mode="",
            accreditation_statement="judged at loading",
            designation_statement="judged at loading",
            has_references=True,
        )
    )
