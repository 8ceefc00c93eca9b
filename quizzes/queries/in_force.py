"""Corrections in force by the wording that they are about: a draft that reads the same is meant by them as well."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from quizzes.models.correction import OVERRIDES
from quizzes.models.statistics import SERIES
from quizzes.rules.correcting import Change, Treatment, corrected, series_of
from quizzes.rules.item import Item

InForce = Mapping[tuple[str, str], Change]
"""By lineage and series."""


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
    rows: Any = session.execute(wanted)
    return {(row[0], row[1]): Change(Treatment(row[2]), tuple(row[3])) for row in rows}


def change_for(item: Item, known: InForce) -> Change | None:
    """How this very wording is graded otherwise than it says."""
    if not any(lineage == item.lineage for lineage, _series in known):
        return None
    return known.get((item.lineage, series_of(item)))


def said(item: Item, known: InForce) -> Item:
    """The item with the key that counts, where one choice or set of choices is the key."""
    change = change_for(item, known)
    return corrected(item, change) if change is not None and change.treatment is Treatment.KEY else item
