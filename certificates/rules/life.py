"""What may become of a certificate, and how it is told: grounds, corrections, states. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cme.kernel.professions import Profession
from cme.kernel.quarters import format_quarters


class State(StrEnum):
    """As it stands in the last event, and as everybody is told."""

    ISSUED = "issued"
    REPLACED = "replaced"
    REVOKED = "revoked"

    @property
    def word(self) -> str:
        """What programs are told."""
        return "valid" if self is State.ISSUED else self.value


class Ground(StrEnum):
    """Why a certificate is revoked, in words that everybody may read."""

    ISSUED_IN_ERROR = "issued-in-error"
    REQUIREMENTS = "requirements"
    IDENTITY = "identity"
    PROVIDER = "provider"

    @property
    def sentence(self) -> str:
        return _GROUNDS[self]


_GROUNDS = {
    Ground.ISSUED_IN_ERROR: "It was issued in error.",
    Ground.REQUIREMENTS: "The requirements for credit were not met.",
    Ground.IDENTITY: "The person named on it did not take part.",
    Ground.PROVIDER: "The accredited provider withdrew the credit.",
}


class Letter(StrEnum):
    """What the owner is written."""

    READY = "ready"
    REVOKED = "revoked"
    DECLINED = "declined"


SAME_FACTS = "same-facts"
FIELDS = {
    "name": "name",
    "credentials": "letters after the name",
    "profession": "profession",
    "amount_quarters": "amount",
}
"""What a correction can change, with the words for it."""
LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """One field of a correction: as it is and as it should be."""

    label: str
    before: str
    after: str


def changed_fields(present: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Which fields a correction changes, in their usual order."""
    return [field for field in FIELDS if field in wanted and wanted[field] != present[field]]


def ground_of(fields: list[str]) -> str:
    """What an event keeps of a correction: the names of the fields, never their contents."""
    return ",".join(fields) or SAME_FACTS


def ground_sentence(event: str, ground: str) -> str:
    """Why, as everybody may read it; empty when nothing is known."""
    if event == State.REVOKED:
        return Ground(ground).sentence if ground in set(Ground) else ""
    if event != State.REPLACED or not ground:
        return ""
    if ground == SAME_FACTS:
        return "It was issued again with the same facts."
    names = [FIELDS[field] for field in ground.split(",") if field in FIELDS]
    return f"Corrected: {', '.join(names)}." if names else ""


def successor_word(ground: str) -> str:
    """What the one is called that has replaced a certificate on this ground: with the same facts, nothing was wrong."""
    return "new" if ground == SAME_FACTS else "corrected"


def lines(present: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[Line]:
    """A correction field by field, in words."""
    return [
        Line(FIELDS[field].capitalize(), _said(field, present[field]), _said(field, wanted[field]))
        for field in changed_fields(present, wanted)
    ]


def reason_problem(reason: str) -> str | None:
    """Why a (cleaned) reason cannot be taken, or None."""
    if len(reason) < 3:
        return "Give a reason; it stays on the record."
    if len(reason) > LONGEST_REASON:
        return f"A reason can have at most {LONGEST_REASON} characters."
    return None


def _said(field: str, value: Any) -> str:
    if field == "amount_quarters":
        return format_quarters(value)
    if field == "profession":
        return Profession(value).label
    return str(value) or "none"
