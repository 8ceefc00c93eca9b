"""Making the figures of item health from the tallies: only of the items whose answers were counted since."""

from collections import defaultdict
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from quizzes.models.quiz import QUESTIONS
from quizzes.models.statistics import ANSWER_TALLIES, FIGURES, SERIES, TIME_TALLIES
from quizzes.queries.corrections import overrides_for
from quizzes.queries.versions import items_of
from quizzes.rules.correcting import Change, Treatment, corrected
from quizzes.rules.item import Item, Kind
from quizzes.rules.item_health import ItemHealth, health_of, to_plain
from quizzes.rules.statistics import Cell

ITEMS = 200
"""Figures made in one transaction."""
Key = tuple[str, str]

_STORE = (
    update(FIGURES)
    .where(
        FIGURES.c.quiz_id == bindparam("quiz"),
        FIGURES.c.lineage == bindparam("item"),
        FIGURES.c.series == bindparam("wording"),
    )
    .values(
        stale=False,
        takers=bindparam("answered"),
        right_takers=bindparam("rightly"),
        correlation=bindparam("separates"),
        alarmed=bindparam("alarm"),
        figures=bindparam("made"),
    )
)


def refresh_figures(session: Session, quiz_id: int) -> bool:
    """Make the figures of some stale items of a quiz; True while more may be stale."""
    rows: Any = session.execute(
        select(FIGURES.c.lineage, FIGURES.c.series)
        .where(FIGURES.c.quiz_id == quiz_id, FIGURES.c.stale.is_(True))
        .order_by(FIGURES.c.lineage, FIGURES.c.series)
        .limit(ITEMS)
        .with_for_update()
    ).all()
    keys: list[Key] = [(row[0], row[1]) for row in rows]
    if not keys:
        return False
    items = _items(session, quiz_id, keys)
    cells, seconds = _cells(session, quiz_id, keys), _seconds(session, quiz_id, keys)
    made = {key: figures_of(*items[key], cells.get(key, []), seconds.get(key, {})) for key in keys}
    session.execute(
        _STORE,
        [
            {
                "quiz": quiz_id,
                "item": key[0],
                "wording": key[1],
                "answered": health.takers,
                "rightly": health.right,
                "separates": health.point_biserial.value,
                "alarm": bool(health.alarms),
                "made": to_plain(health),
            }
            for key, health in made.items()
        ],
    )
    return len(keys) == ITEMS


def figures_of(published: Item, change: Change | None, cells: list[Cell], seconds: dict[int, int]) -> ItemHealth:
    """All figures of an item as it is graded today."""
    item = corrected(published, change) if change is not None else published
    takes_choices = item.kind.has_one_key or item.kind is Kind.MULTIPLE
    free = change is not None and change.treatment in {Treatment.EVERYONE, Treatment.DROP}  # no key is left to be wrong
    health = health_of(
        cells,
        full=item.points,
        choices=[one.key for one in item.choices] if takes_choices else [],
        keys=() if free else item.correct_keys,
        all_keys=item.kind is Kind.MULTIPLE,
        seconds=seconds,
    )
    return replace(health, alarms=()) if free else health


def _items(session: Session, quiz_id: int, keys: list[Key]) -> dict[Key, tuple[Item, Change | None]]:
    """The newest question of each wording, and how its key was corrected."""
    newest = (
        select(func.max(SERIES.c.question_id))
        .where(SERIES.c.quiz_id == quiz_id, _among(SERIES, keys))
        .group_by(SERIES.c.lineage, SERIES.c.series)
    )
    rows: Any = session.execute(
        select(QUESTIONS.c.version_id, SERIES.c.question_id, SERIES.c.lineage, SERIES.c.series)
        .join(SERIES, SERIES.c.question_id == QUESTIONS.c.id)
        .where(QUESTIONS.c.id.in_(newest))
    ).all()
    by_version: defaultdict[int, list[int]] = defaultdict(list)
    for version_id, question_id, _lineage, _series in rows:
        by_version[version_id].append(question_id)
    items: dict[int, Item] = {}
    for version_id, questions in by_version.items():
        items |= items_of(session, version_id, only=questions)
    changes = overrides_for(session, items.keys())
    return {(row[2], row[3]): (items[row[1]], changes.get(row[1])) for row in rows}


def _cells(session: Session, quiz_id: int, keys: list[Key]) -> dict[Key, list[Cell]]:
    table = ANSWER_TALLIES.c
    rows: Any = session.execute(
        select(
            table.lineage, table.series, table.rest, table.points, table.chosen, table.certainty, table.takers
        ).where(table.quiz_id == quiz_id, _among(ANSWER_TALLIES, keys))
    )
    found: defaultdict[Key, list[Cell]] = defaultdict(list)
    for row in rows:
        found[row[0], row[1]].append(Cell(*row[2:]))
    return found


def _seconds(session: Session, quiz_id: int, keys: list[Key]) -> dict[Key, dict[int, int]]:
    table = TIME_TALLIES.c
    rows: Any = session.execute(
        select(table.lineage, table.series, table.seconds, table.takers).where(
            table.quiz_id == quiz_id, _among(TIME_TALLIES, keys)
        )
    )
    found: defaultdict[Key, dict[int, int]] = defaultdict(dict)
    for lineage, series, seconds, takers in rows:
        found[lineage, series][seconds] = takers
    return found


def _among(table: Any, keys: list[Key]) -> Any:
    # By item only, which an index finds on both databases; other wordings of these items are few, and left aside.
    return table.c.lineage.in_({lineage for lineage, _series in keys})
