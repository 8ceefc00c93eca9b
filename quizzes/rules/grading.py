"""Grading: whole points for single-best-answer items; the order in which choices were shown plays no part."""

from collections.abc import Mapping
from dataclasses import dataclass

from quizzes.rules.item import POINTS_PER_ITEM


@dataclass(frozen=True, slots=True)
class AnswerSheet:
    """What was chosen: position in the attempt (1-based) to choice key. A position that is missing was left open."""

    chosen: Mapping[int, str]

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


def grade(keys: Mapping[int, str], sheet: AnswerSheet) -> Score:
    """Compare each position's choice with its key. What is left open gives nothing; what was never asked is ignored."""
    points = {
        position: POINTS_PER_ITEM if sheet.chosen.get(position) == key else 0 for position, key in sorted(keys.items())
    }
    return Score(points=points, total=len(keys) * POINTS_PER_ITEM)
