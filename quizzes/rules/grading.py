"""Grading: whole points per item; the order in which choices were shown plays no part.

Partial credit is `points * share`, rounded down, so that half an answer to a one-point question gives nothing. The
share of several choices is (right ones chosen - wrong ones chosen) of all right ones, never below nothing; of matching
and ordering it is the stems, or places, that are right.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from quizzes.rules.answers import parts_of, readings
from quizzes.rules.item import POINTS_PER_ITEM, Item, Kind


@dataclass(frozen=True, slots=True)
class AnswerSheet:
    """What was chosen: position in the attempt (1-based) to choice key. A position that is missing was left open."""

    chosen: Mapping[int, str]
    certainty: Mapping[int, str] = field(default_factory=dict[int, str])
    """How sure the learner is, where the quiz asks: it never changes a point."""

    def unanswered(self, positions: range) -> tuple[int, ...]:
        """Positions that are still open."""
        return tuple(position for position in positions if position not in self.chosen)


@dataclass(frozen=True, slots=True)
class Score:
    """Points per position, and their sums."""

    points: Mapping[int, int]
    total: int

    @property
    def earned(self) -> int:
        return sum(self.points.values())

    def passed(self, pass_points: int) -> bool:
        """Points are compared with points; no percentage is ever rounded."""
        return self.earned >= pass_points


def grade(keys: Mapping[int, str | Item], sheet: AnswerSheet) -> Score:
    """Grade each position by its item; a plain key stands for a single-best-answer item of one point.

    What is left open gives nothing; what was never asked is ignored.
    """
    points: dict[int, int] = {}
    total = 0
    for position, key in sorted(keys.items()):
        chosen = sheet.chosen.get(position)
        if isinstance(key, Item):
            points[position] = points_for(key, chosen)
            total += key.points
        else:
            points[position] = POINTS_PER_ITEM if chosen == key else 0
            total += POINTS_PER_ITEM
    return Score(points=points, total=total)


def points_for(item: Item, chosen: str | None) -> int:
    """Whole points that an answer, in its canonical text, gives."""
    got, of = share(item, chosen)
    if got >= of > 0:
        return item.points
    return item.points * got // of if item.partial and of else 0


def share(item: Item, chosen: str | None) -> tuple[int, int]:
    """How much of the answer is right, as a fraction of whole numbers; nothing chosen is nothing right."""
    return _SHARES[item.kind](item, chosen)


def _one_key(item: Item, chosen: str | None) -> tuple[int, int]:
    return int(chosen is not None and chosen == item.correct_key), 1


def _several_keys(item: Item, chosen: str | None) -> tuple[int, int]:
    right, said = set(item.correct_keys), set((chosen or "").split())
    return max(0, len(said & right) - len(said - right)), len(right)


def _matching(item: Item, chosen: str | None) -> tuple[int, int]:
    said = parts_of(chosen)
    return sum(said.get(stem.key) == stem.answer for stem in item.stems), len(item.stems)


def _ordering(item: Item, chosen: str | None) -> tuple[int, int]:
    said = parts_of(chosen)
    if len(set(said.values())) < len(said):
        return 0, len(item.order)  # two in the same place are no order
    return sum(said.get(key) == str(place) for place, key in enumerate(item.order, start=1)), len(item.order)


def _numeric(item: Item, chosen: str | None) -> tuple[int, int]:
    wanted = item.numeric
    if wanted is None:
        return 0, 1
    said = readings(chosen, wanted.unit)
    return int(any(abs(one - wanted.value) <= wanted.tolerance for one in said)), 1


_SHARES = {
    Kind.SINGLE: _one_key,
    Kind.TRUE_FALSE: _one_key,
    Kind.MULTIPLE: _several_keys,
    Kind.MATCHING: _matching,
    Kind.ORDERING: _ordering,
    Kind.NUMERIC: _numeric,
}
