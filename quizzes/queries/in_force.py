"""Corrections in force by the wording that they are about: a draft that reads the same is meant by them as well."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from quizzes.models.correction import OVERRIDES
from quizzes.models.statistics import SERIES
from quizzes.rules.correcting import Change, Treatment, corrected, series_of
from quizzes.rules.item import Item

InForce = Mapping[str, Mapping[str, Change]]
"""By lineage, then by series."""


def corrections_in_force(session: Session, quiz_id: int, *, lineage: str | None = None) -> InForce:
    """Of a quiz, or of one item of it, in one statement."""
    wanted = (
        select(SERIES.c.lineage, SERIES.c.series, OVERRIDES.c.treatment, OVERRIDES.c["keys"])
        .join(SERIES, SERIES.c.question_id == OVERRIDES.c.question_id)
        .where(SERIES.c.quiz_id == quiz_id)
        .order_by(OVERRIDES.c.correction_id)
    )
    if lineage is not None:
        wanted = wanted.where(SERIES.c.lineage == lineage)
    found: dict[str, dict[str, Change]] = {}
    rows: Any = session.execute(wanted)
    for of_lineage, series, treatment, keys in rows:
        found.setdefault(of_lineage, {})[series] = Change(Treatment(treatment), tuple(keys))
    return found


def change_for(item: Item, known: InForce) -> Change | None:
    """How this very wording is graded otherwise than it says."""
    by_series = known.get(item.lineage)
    return by_series.get(series_of(item)) if by_series else None


def said(item: Item, known: InForce) -> Item:
    """The item with the key that counts, where one choice or set of choices is the key."""
    change = change_for(item, known)
    return corrected(item, change) if change is not None and change.treatment is Treatment.KEY else item
