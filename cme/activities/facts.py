"""What other rooms learn of a release: a frozen value, no table row."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from cme.activities.rules import Term


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
        return max((quarters for _type, quarters in self.offers), default=0)

    @property
    def withdrawn(self) -> bool:
        return self.state == "withdrawn"

    @property
    def accredited(self) -> bool:
        return self.provider_mode == "accredited"
