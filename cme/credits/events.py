"""What the ledger announces inside the transaction that made it true."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class CreditGranted:
    """A granted claim became a ledger entry. `snapshot` is the entry's self-contained copy."""

    credit_id: int
    person_id: int
    release_id: int
    kind: str
    amount_quarters: int
    maximum_quarters: int
    credit_type: str
    completed_at: datetime
    granted_at: datetime
    snapshot: dict[str, Any]
