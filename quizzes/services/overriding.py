"""Corrected keys at the moment of grading: a published version never changes, what counts as right may."""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy.orm import Session

from quizzes.queries.corrections import overrides_for
from quizzes.rules.correcting import points_under
from quizzes.rules.grading import Score
from quizzes.rules.item import Item


def with_corrections(
    session: Session,
    score: Score,
    questions: Mapping[int, int],
    chosen: Mapping[int, str | None],
    items: Mapping[int, Item],
) -> Score:
    """The score under the corrections in force; `questions` gives the question at each position. One statement."""
    overrides = overrides_for(session, set(questions.values()))
    if not overrides:
        return score
    points = {
        position: points_under(overrides[question_id], items[question_id], chosen.get(position))
        for position, question_id in questions.items()
        if question_id in overrides
    }
    return replace(score, points={**score.points, **points})
