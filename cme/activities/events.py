"""What the room of activities announces inside the transaction that made it true."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RevisionShown:
    """Readers of a release get this revision of its article from now on."""

    release_id: int
    article_id: int
    revision_id: int
    at: datetime
