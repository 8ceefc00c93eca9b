"""Rules of releases: the term, how long it may be, what keeps a release from being published, how its end is announced.

Sources: ACCME enduring-material policy (termination date = last valid day; review at least every three years); AMA PRA
(quarter-hour steps; minimum performance level shown before the start).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from cme.kernel.days import add_years, closing_phrase, day_phrase, end_instant, first_instant, instant_phrase

MOST_YEARS = 3
PHYSICIANS_CREDIT = "ama-pra-category-1"
PHYSICIANS_NAME = "AMA PRA Category 1 Credit"
OTHER_PROFESSIONS = frozenset({"aapa-category-1", "acpe-contact-hour", "ancc-contact-hour"})
"""Types that are credit for physician assistants, pharmacists and nurses only."""
DEMONSTRATION_CREDIT = "demonstration"
"""What a release of a provider that is not accredited gives, whatever it would offer if it were."""
Offer = tuple[str, int]
"""A type of credit, and the most that may be claimed of it in quarters."""
SOON = timedelta(days=30)
VERY_SOON = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Term:
    """When a release awards credit: `[opens_at, closes_at)`, whole local days; claims end at `claims_close_at`."""

    opens_at: datetime
    closes_at: datetime
    claims_close_at: datetime
    zone: str


def term_of(opens_on: date, expires_on: date, zone: str, grace_days: int = 0) -> Term:
    """The term as instants. Both days are included; grace moves the claim deadline by whole local days."""
    return Term(
        opens_at=first_instant(opens_on, zone),
        closes_at=end_instant(expires_on, zone),
        claims_close_at=end_instant(expires_on + timedelta(days=grace_days), zone),
        zone=zone,
    )


def latest_expiry(released_on: date, reviewed_on: date | None) -> date:
    """The last day a term may have: three years after the later of release and review."""
    return add_years(max(released_on, reviewed_on or released_on), MOST_YEARS)


@dataclass(frozen=True, slots=True)
class ReleaseDraft:
    """What is about to be published, as plain values."""

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
    offers: Sequence[Offer]
    front_matter: dict[str, Any]
    provider_mode: str
    accreditation_statement: str
    designation_statement: str
    has_references: bool
    extra: Sequence[str] = field(default_factory=tuple)


def awarded_offer(offers: Sequence[Offer]) -> Offer:
    """The one type that claims are granted in. Raises ValueError when nothing is offered.

    Physicians earn AMA PRA Category 1 Credit wherever it is offered, however much another profession could claim of its
    own; a release without it awards the type with the largest maximum, the first of them by name, and a type that is
    only for another profession last. Other types are named on the documents.
    """
    return min(
        offers,
        key=lambda offer: (offer[0] != PHYSICIANS_CREDIT, offer[0] in OTHER_PROFESSIONS, -offer[1], offer[0]),
    )


def is_physicians(credit_type: str) -> bool:
    """Whether a physician who claims this type has earned credit, not only taken part."""
    return credit_type not in OTHER_PROFESSIONS


FRONT_MATTER_KEYS = (
    "purpose",
    "audience",
    "objectives",
    "method",
    "faculty",
    "disclosures",
    "commercial_support",
    "medium",
    "requirements",
    "contact",
    "fees",
    "privacy",
    "disclaimer",
    "bibliography",
)


def publish_obstacles(draft: ReleaseDraft) -> list[str]:
    """Sentences that say what must be mended before this release may be published; empty means it may."""
    found = [*_date_obstacles(draft), *_credit_obstacles(draft), *_text_obstacles(draft)]
    return [*found, *draft.extra]


def _date_obstacles(draft: ReleaseDraft) -> list[str]:
    found: list[str] = []
    if not known_zone(draft.zone):
        found.append(f"“{draft.zone}” is not a time zone; write one such as America/Los_Angeles.")
    if draft.reviewed_on is not None and draft.reviewed_on < draft.released_on:
        found.append("The review date lies before the release date.")
    if draft.opens_on < max(draft.released_on, draft.reviewed_on or draft.released_on):
        found.append("Credit cannot open before the day of the release or of the latest review.")
    if draft.expires_on < draft.opens_on:
        found.append("The term ends before it begins.")
    limit = latest_expiry(draft.released_on, draft.reviewed_on)
    if draft.expires_on > limit:
        found.append(
            f"The term may last until {day_phrase(limit)} at the latest: three years after the later of release "
            "and review."
        )
    if not 0 <= draft.grace_days <= 366:
        found.append("Days of grace must be between 0 and 366.")
    return found


def _credit_obstacles(draft: ReleaseDraft) -> list[str]:
    found: list[str] = []
    if not draft.offers:
        found.append("No credit is offered: name at least one credit type with its maximum.")
    if any(quarters < 1 for _type, quarters in draft.offers):
        found.append("A credit maximum must be at least a quarter of a credit.")
    if not 1 <= draft.pass_points <= draft.total_points:
        found.append("The pass mark must lie between one point and the points of the quiz.")
    if draft.estimated_minutes < 1:
        found.append("State the estimated time in minutes.")
    if draft.offers:
        _type, most = awarded_offer(draft.offers)
        found += _naming_obstacles(draft)
        if abs(draft.estimated_minutes - most * 15) > 7:
            found.append(
                f"The estimated time ({draft.estimated_minutes} minutes) does not match the credit "
                f"({most * 15} minutes, to the nearest quarter hour)."
            )
    return found


def _naming_obstacles(draft: ReleaseDraft) -> list[str]:
    """The statement that everybody reads and the type that is granted have to speak of the same credit."""
    if draft.provider_mode != "accredited":
        return []
    names = PHYSICIANS_NAME.casefold() in " ".join(draft.designation_statement.casefold().replace("*", "").split())
    offers = any(kind == PHYSICIANS_CREDIT for kind, _most in draft.offers)
    if names and not offers:
        sentence = f"The designation statement names {PHYSICIANS_NAME}, but the release does not offer it: add an offer"
        return [f"{sentence} of the type “{PHYSICIANS_CREDIT}”."]
    if offers and not names:
        sentence = f"The release offers {PHYSICIANS_NAME}, but the provider's designation statement does not name it"
        return [f"{sentence}; the AMA asks for its own wording."]
    return []


def _text_obstacles(draft: ReleaseDraft) -> list[str]:
    found = [
        f"The front matter lacks “{key.replace('_', ' ')}”."
        for key in FRONT_MATTER_KEYS
        if not draft.front_matter.get(key)
    ]
    if not draft.estimate_method.strip():
        found.append("Say how the estimated time was found.")
    if not draft.learning_format.strip():
        found.append("Name the learning format.")
    if not draft.accreditation_statement.strip() or not draft.designation_statement.strip():
        found.append("The provider's accreditation and designation statements are missing.")
    if not draft.has_references:
        found.append("The article has no reference.")
    return found


def known_zone(zone: str) -> bool:
    """Whether the name is an IANA zone this machine knows."""
    return zone in available_timezones()


class ClosingState(StrEnum):
    """How near the end is; pages choose their tone by it."""

    NOT_YET = "not-yet"
    OPEN = "open"
    SOON = "soon"
    HOURS = "hours"
    GRACE = "grace"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Closing:
    """The state of the term and a sentence about it."""

    state: ClosingState
    sentence: str
    deadline: datetime

    @property
    def can_start(self) -> bool:
        """Whether credit can be started now."""
        return self.state in (ClosingState.OPEN, ClosingState.SOON, ClosingState.HOURS)


def closing_of(term: Term, *, withdrawn: bool, estimated_minutes: int, now: datetime) -> Closing:
    """Where `now` stands in the term, worded for people, always with the zone."""
    last = closing_phrase(term.closes_at, term.zone)
    if withdrawn:
        return Closing(
            ClosingState.WITHDRAWN,
            "This module was withdrawn and no longer gives credit. Credit earned before stays valid.",
            term.closes_at,
        )
    if now < term.opens_at:
        opens = instant_phrase(term.opens_at, term.zone)
        return Closing(ClosingState.NOT_YET, f"Credit opens on {opens}.", term.opens_at)
    if now >= term.closes_at:
        end = _local_end_day(term)
        if now < term.claims_close_at:
            grace = closing_phrase(term.claims_close_at, term.zone)
            sentence = (
                f"This module stopped awarding credit at the end of {end}. If you had read it and passed its quiz by "
                f"then, you can evaluate and claim until {grace}."
            )
            return Closing(ClosingState.GRACE, sentence, term.claims_close_at)
        return Closing(
            ClosingState.CLOSED,
            f"This module stopped awarding credit at the end of {end}. "
            "You can read it and test yourself without credit.",
            term.closes_at,
        )
    left = term.closes_at - now
    if left < VERY_SOON:
        sentence = f"Credit closes in {_left(left)}, on {last}."
        if left < timedelta(minutes=estimated_minutes):
            takes = f"this module takes about {estimated_minutes} minutes"
            sentence = f"Credit closes in {_left(left)}; {takes}. It closes on {last}."
        return Closing(ClosingState.HOURS, sentence, term.closes_at)
    if left < SOON:
        return Closing(ClosingState.SOON, f"Credit closes in {_left(left)}, on {last}.", term.closes_at)
    return Closing(ClosingState.OPEN, f"Credit can be earned until {last}.", term.closes_at)


def _local_end_day(term: Term) -> str:
    day = (term.closes_at - timedelta(seconds=1)).astimezone(ZoneInfo(term.zone)).date()
    zone = "UTC" if term.zone == "UTC" else term.zone.rsplit("/", 1)[-1].replace("_", " ") + " time"
    return f"{day_phrase(day)}, {zone}"


def _left(left: timedelta) -> str:
    minutes = int(left.total_seconds() // 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 120:
        return f"{minutes} minute{'' if minutes == 1 else 's'}"
    if minutes < 48 * 60:
        return f"{minutes // 60} hours"
    return f"{minutes // (24 * 60)} days"
