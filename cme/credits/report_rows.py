"""Rows and filters of the office's lists: frozen values, in the order in which the queries select them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class OfficeFilter:
    """What a list is narrowed by; empty values do not narrow. `until` is exclusive."""

    slug: str = ""
    person: str = ""
    since: datetime | None = None
    until: datetime | None = None
    outcome: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class CompletionRow:
    """Somebody who has passed the quiz of a release, with what came before and after. Amounts are quarters."""

    person_id: int
    name: str
    email: str
    profession: str
    slug: str
    title: str
    number: int
    """Of the release."""
    zone: str
    seen_at: datetime | None
    read_at: datetime | None
    met_at: datetime
    """When the quiz was passed."""
    granted_at: datetime | None
    amount_quarters: int | None

    @property
    def completed_at(self) -> datetime | None:
        """As for credit: the latest of the three, or None while one is missing."""
        if self.seen_at is None or self.read_at is None:
            return None
        return max(self.seen_at, self.read_at, self.met_at)


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision about a claim, as a line."""

    decision_id: int
    decided_at: datetime
    outcome: str
    code: str
    sentence: str
    name: str
    email: str
    slug: str
    title: str
    number: int
    zone: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision in full: the facts that were seen, every rule asked, each verdict."""

    line: DecisionRow
    facts: dict[str, Any]
    verdicts: list[dict[str, Any]]
    rules_version: str
    credit_id: int | None


@dataclass(frozen=True, slots=True)
class CreditRow:
    """An entry of the ledger. Name, profession and title are those frozen at the grant."""

    credit_id: int
    entry: str
    kind: str
    granted_at: datetime
    completed_at: datetime
    amount_quarters: int
    maximum_quarters: int
    credit_type: str
    decision_id: int
    follows_id: int | None
    email: str
    slug: str
    number: int
    zone: str
    snapshot: dict[str, Any]
    corrected_by: int | None
    """The entry that corrects this one, which then no longer counts."""


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """A release as the office lists it."""

    release_id: int
    slug: str
    title: str
    number: int
    state: str
    provider: str
    provider_mode: str
    opens_on: date
    expires_on: date
    opens_at: datetime
    closes_at: datetime
    zone: str
    withdrawn_at: datetime | None
    withdrawal_reason: str | None
    credits: int
    """Ledger entries earned with it, credit and participation together."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """The office's first page, out of one statement. Of a corrected entry its last correction is counted."""

    completions: int
    credits: int
    participations: int
    denied: int
    modules: int


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters offer: modules as (slug, title), and the zones their releases use."""

    modules: tuple[tuple[str, str], ...]
    zones: tuple[str, ...]
