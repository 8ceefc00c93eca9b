"""Everything known of one item out of its counted answers, the alarm for a wrong key, and all of it as plain values."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from quizzes.rules.statistics import (
    CERTAINTIES,
    FEWEST_TAKERS,
    FUNCTIONAL,
    Cell,
    Figure,
    by_quintile,
    calibration,
    discrimination,
    pace,
    point_biserial,
    proportion,
    too_few,
)


@dataclass(frozen=True, slots=True)
class ItemHealth:
    """Everything known of one item in one wording."""

    takers: int
    right: int
    difficulty: Figure
    point_biserial: Figure
    discrimination: Figure
    distractors: Figure
    """Share of the distractors that attract takers."""
    choices: tuple[tuple[str, int], ...]
    """How often each choice was taken; "" is an answer left open."""
    quintiles: tuple[Mapping[str, float], ...]
    """Share of each choice from the lowest fifth of scores to the highest; empty when hidden."""
    certainty: Mapping[str, tuple[int, Figure]]
    """Takers and share right by how sure they were."""
    calibration: Figure
    """How well certainty goes with being right."""
    pace: Figure
    """Median time in seconds, with its quartiles."""
    alarms: tuple[str, ...]
    """Sentences that say why the key may be wrong."""


def health_of(
    cells: Sequence[Cell],
    *,
    full: int,
    choices: Sequence[str],
    keys: Iterable[str],
    all_keys: bool = False,
    seconds: Mapping[int, int] | None = None,
) -> ItemHealth:
    """All figures of one item. `choices` and `keys` are empty where an answer takes no choices.

    `all_keys` says that every key belongs to the right answer, as in multiple response; else any of them is right.
    """
    keys = frozenset(keys)
    takers = sum(cell.takers for cell in cells)
    right = sum(cell.takers for cell in cells if cell.points == full)
    chosen: Counter[str] = Counter()
    for cell in cells:
        for choice in cell.taken:
            chosen[choice] += cell.takers
    quintiles = by_quintile(cells) if choices else ()
    correlation, groups = point_biserial(cells, full), discrimination(cells, full)
    return ItemHealth(
        takers=takers,
        right=right,
        difficulty=proportion(right, takers),
        point_biserial=correlation,
        discrimination=groups,
        distractors=_efficiency(chosen, [one for one in choices if one not in keys] if keys else [], takers),
        choices=tuple((one, chosen[one]) for one in (*choices, "")) if choices else (),
        quintiles=quintiles,
        certainty=_certainty(cells, full),
        calibration=calibration(cells, full),
        pace=pace(seconds or {}),
        alarms=tuple(_alarms(correlation, groups, quintiles, keys, all_keys=all_keys)),
    )


def to_plain(health: ItemHealth) -> dict[str, Any]:
    """As JSON can keep it."""
    return asdict(health)


def from_plain(stored: Mapping[str, Any]) -> ItemHealth:
    """What `to_plain` gave."""
    figures = ("difficulty", "point_biserial", "discrimination", "distractors", "calibration", "pace")
    return ItemHealth(
        takers=stored["takers"],
        right=stored["right"],
        **{name: Figure(**stored[name]) for name in figures},
        choices=tuple((choice, takers) for choice, takers in stored["choices"]),
        quintiles=tuple(stored["quintiles"]),
        certainty={level: (takers, Figure(**share)) for level, (takers, share) in stored["certainty"].items()},
        alarms=tuple(stored["alarms"]),
    )


def _efficiency(chosen: Mapping[str, int], distractors: Sequence[str], takers: int) -> Figure:
    if takers < FEWEST_TAKERS:
        return Figure(None, reason=too_few(takers))
    if not distractors:
        return Figure(None, reason="There are no distractors.")
    working = sum(chosen.get(one, 0) * 100 >= takers * FUNCTIONAL for one in distractors)
    return Figure(working / len(distractors))


def _certainty(cells: Sequence[Cell], full: int) -> dict[str, tuple[int, Figure]]:
    found: dict[str, tuple[int, Figure]] = {}
    for level in CERTAINTIES:
        takers = sum(cell.takers for cell in cells if cell.certainty == level)
        right = sum(cell.takers for cell in cells if cell.certainty == level and cell.points == full)
        if takers:
            found[level] = takers, proportion(right, takers)
    return found


def _alarms(
    correlation: Figure,
    groups: Figure,
    quintiles: Sequence[Mapping[str, float]],
    keys: frozenset[str],
    *,
    all_keys: bool,
) -> Iterable[str]:
    if correlation.value is not None and correlation.value < 0:
        yield "Those who do well on the rest of the quiz are wrong here more often than the others."
    elif groups.value is not None and groups.value < 0:
        yield "The best 27 % are right here less often than the 27 % with the lowest scores."
    if quintiles and keys:
        top = quintiles[-1]
        shares = [top.get(key, 0.0) for key in keys]
        mark = min(shares) if all_keys else max(shares)
        for choice, share in top.items():
            if choice and choice not in keys and share > mark:
                yield f"Among the best fifth, choice {choice.upper()} was taken more often than the key."


NO_HEALTH = health_of((), full=1, choices=(), keys=())
"""Of an item that nobody has answered."""
