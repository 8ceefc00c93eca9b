"""Staleness: which items rest on a passage that reads differently now, or is gone."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

TEXT_PARTS = frozenset(
    {"stem", "choices", "key", "rationale", "passages", "kind", "stems", "order", "numeric", "vignette", "points"}
)
"""Parts of an item by whose change an editor vouches for it anew; a new tag or topic does not."""


class What(StrEnum):
    """What happened to a passage."""

    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Proof:
    """A passage as it read when somebody last vouched for the item."""

    lineage: str
    anchor: str
    fingerprint: str
    revision_id: int


@dataclass(frozen=True, slots=True)
class Moved:
    """A passage that no longer reads as it did; `before` is the revision where the old text stands."""

    anchor: str
    what: What
    before: int


def stale(proofs: Iterable[Proof], fingerprints: Mapping[str, str]) -> dict[str, tuple[Moved, ...]]:
    """Items that rest on a changed or vanished passage, and on which; all others do not appear."""
    found: defaultdict[str, list[Moved]] = defaultdict(list)
    for proof in sorted(proofs, key=lambda one: (one.lineage, one.anchor)):
        now = fingerprints.get(proof.anchor)
        if now is None:
            found[proof.lineage].append(Moved(proof.anchor, What.REMOVED, proof.revision_id))
        elif now != proof.fingerprint:
            found[proof.lineage].append(Moved(proof.anchor, What.CHANGED, proof.revision_id))
    return {lineage: tuple(moved) for lineage, moved in found.items()}


def vouches(parts: Collection[str]) -> bool:
    """Whether an edit of these parts means that the editor has looked at what the item says."""
    return not TEXT_PARTS.isdisjoint(parts)
