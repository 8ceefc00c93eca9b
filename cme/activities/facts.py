"""What other rooms learn of a release: a frozen value, no table row."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from cme.activities.rules import Closing, ClosingState, Term, awarded_offer


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """A published (or withdrawn) release with its activity and offers. Amounts are quarters of a credit."""

    release_id: int
    activity_id: int
    article_id: int
    slug: str
    title: str
    summary: str
    specialties: tuple[str, ...]
    number: int
    state: str
    revision_id: int
    """The revision shown now: the release's own or its latest minor one."""
    provider_mode: str
    provider: dict[str, Any]
    released_on: date
    reviewed_on: date | None
    opens_on: date
    expires_on: date
    grace_days: int
    term: Term
    learning_format: str
    estimated_minutes: int
    estimate_method: str
    pass_points: int
    total_points: int
    repeat_credit: bool
    front_matter: dict[str, Any]
    front_matter_digest: str
    offers: tuple[tuple[str, int], ...]
    """(credit type, maximum quarters)."""
    withdrawn_at: datetime | None
    withdrawal_reason: str | None

    @property
    def zone(self) -> str:
        return self.term.zone

    @property
    def maximum_quarters(self) -> int:
        """Of the type that is awarded; nought when nothing is offered."""
        return awarded_offer(self.offers)[1] if self.offers else 0

    @property
    def providers(self) -> str:
        """Who provides it: a joint provider stands after the one that awards credit, as on the certificates."""
        joint = self.provider.get("joint_with")
        return f"{self.provider['name']} and {joint}" if joint else str(self.provider["name"])

    @property
    def credit_type(self) -> str:
        """The type that is awarded if the provider is accredited; empty when nothing is offered."""
        return awarded_offer(self.offers)[0] if self.offers else ""

    @property
    def withdrawn(self) -> bool:
        return self.state == "withdrawn"

    @property
    def accredited(self) -> bool:
        return self.provider_mode == "accredited"


@dataclass(frozen=True, slots=True)
class FolderFacts:
    """What the files of a library folder may refer to: given to every loader that judges one of them."""

    slug: str
    anchors: frozenset[str]
    """Passages of the article: "p-…"."""
    references: frozenset[str]
    objectives: frozenset[str]
    total_points: int
    pass_points: int


@dataclass(frozen=True, slots=True)
class LoadedRelease:
    """What a library folder has just become, or already was: given to every loader that writes.

    `changed` is False when the file itself is as it was and the loader is called only because there is a new release to
    attach its things to.
    """

    slug: str
    release_id: int
    activity_id: int
    article_id: int
    revision_id: int
    changed: bool = True


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One module as the catalogue shows it. Amounts are quarters of a credit."""

    slug: str
    title: str
    summary: str
    specialties: tuple[str, ...]
    release_id: int
    state: str
    released_on: date
    reviewed_on: date | None
    expires_on: date
    term: Term
    estimated_minutes: int
    maximum_quarters: int
    provider_mode: str
    closing: Closing

    @property
    def closed(self) -> bool:
        """No longer for credit, by time or by withdrawal."""
        return self.closing.state in (ClosingState.CLOSED, ClosingState.GRACE, ClosingState.WITHDRAWN)
