"""Picking what an item rests on: words that are searched for in a list, and the entries that hold them all."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

MOST_FOUND = 12
MOST_SOUGHT = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """Something an item can point to: its name, where it stands, and its words."""

    name: str
    place: str
    words: str


@dataclass(frozen=True, slots=True)
class Picked:
    """What is chosen and what a search found; `more` were found and left off. An entry without words is unknown."""

    sought: str
    chosen: tuple[Entry, ...]
    found: tuple[Entry, ...]
    more: int


def pick(entries: Iterable[Entry], chosen: Collection[str], sought: str) -> Picked:
    """The chosen entries in their order, and of the others the first ones that hold every word of `sought`.

    A word may be part of a longer one and be written in any case; nothing sought finds nothing.
    """
    entries = list(entries)
    known = {entry.name: entry for entry in entries}
    words = sought[:MOST_SOUGHT].casefold().split()
    found = [entry for entry in entries if words and entry.name not in chosen and _holds(entry, words)]
    return Picked(
        sought=sought[:MOST_SOUGHT],
        chosen=tuple(known.get(name, Entry(name, "", "")) for name in chosen),
        found=tuple(found[:MOST_FOUND]),
        more=max(0, len(found) - MOST_FOUND),
    )


def _holds(entry: Entry, words: Iterable[str]) -> bool:
    text = f"{entry.name} {entry.place} {entry.words}".casefold()
    return all(word in text for word in words)
