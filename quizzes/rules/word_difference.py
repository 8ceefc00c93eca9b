"""Two texts word by word: what was taken out of the old one and what was put into the new one."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

_PIECE = re.compile(r"\s+|\w+(?:['’.,-]\w+)*|[^\w\s]")
MOST_PIECES = 4_000
"""Longer texts are shown as wholly changed: comparing them word by word would take too long."""


class Part(StrEnum):
    """What became of a stretch of words."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Words that belong together, with the space around them."""

    part: Part
    words: str


def difference_in_words(before: str, after: str) -> tuple[tuple[Stretch, ...], tuple[Stretch, ...]]:
    """The old text in stretches that stayed or went, and the new one in stretches that stayed or came.

    Joined, each side is its text again, letter by letter.
    """
    old, new = _PIECE.findall(before), _PIECE.findall(after)
    if max(len(old), len(new)) > MOST_PIECES:
        return (Stretch(Part.REMOVED, before),), (Stretch(Part.ADDED, after),)
    left: list[Stretch] = []
    right: list[Stretch] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        same = tag == "equal"
        _add(left, Part.SAME if same else Part.REMOVED, "".join(old[a:b]))
        _add(right, Part.SAME if same else Part.ADDED, "".join(new[c:d]))
    return _without_islands(left, Part.REMOVED), _without_islands(right, Part.ADDED)


def _add(side: list[Stretch], part: Part, words: str) -> None:
    if words:
        side.append(Stretch(part, words))


def _without_islands(side: list[Stretch], changed: Part) -> tuple[Stretch, ...]:
    """A lone space between two changed stretches belongs to the change: nobody reads one word at a time."""
    joined: list[Stretch] = []
    for place, one in enumerate(side):
        between = 0 < place < len(side) - 1 and one.part is Part.SAME and one.words.isspace()
        part = changed if between and side[place - 1].part is side[place + 1].part is changed else one.part
        if joined and joined[-1].part is part:
            joined[-1] = Stretch(part, joined[-1].words + one.words)
        else:
            joined.append(Stretch(part, one.words))
    return tuple(joined)
