"""What other rooms learn of a ledger entry: a frozen value, no table row."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class CreditFacts:
    """One entry of the ledger. Amounts are quarters of a credit."""

    credit_id: int
    kind: str
    person_id: int
    release_id: int
    completed_at: datetime
    granted_at: datetime
    amount_quarters: int
    maximum_quarters: int
    credit_type: str
    snapshot: dict[str, Any]
    revoked: bool = False
    """Its document was revoked: it is listed, and counts for nothing any more. Told by transcripts only."""

    @property
    def title(self) -> str:
        return str(self.snapshot["title"])

    @property
    def accredited(self) -> bool:
        """Anything that is not marked as accredited is a demonstration."""
        return self.snapshot["provider_mode"] == "accredited"

    @property
    def zone(self) -> str:
        return str(self.snapshot["zone"])
