"""Corrected keys at the moment of grading: a published version never changes, what counts as right may."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from quizzes.models.correction import OVERRIDES
from quizzes.models.quiz import QUESTIONS
from quizzes.models.statistics import SERIES
from quizzes.queries.corrections import overrides_for
from quizzes.queries.in_force import change_for, corrections_in_force
from quizzes.queries.versions import placed_items_of, published_version_of
from quizzes.rules.correcting import Treatment, points_under, series_of
from quizzes.rules.grading import Score
from quizzes.rules.item import Item, QuizVersionFacts
from quizzes.rules.shapes import Obstacle


def take_over(session: Session, quiz_id: int, version_id: int) -> None:
    """A version that is being published is graded by the corrections of questions that read the same before."""
    mine, other = SERIES.alias("mine"), SERIES.alias("other")
    rows: Any = session.execute(
        select(mine.c.question_id, OVERRIDES.c.correction_id, OVERRIDES.c.treatment, OVERRIDES.c["keys"])
        .select_from(mine)
        .join(QUESTIONS, QUESTIONS.c.id == mine.c.question_id)
        .join(
            other,
            (other.c.quiz_id == mine.c.quiz_id)
            & (other.c.lineage == mine.c.lineage)
            & (other.c.series == mine.c.series)
            & (other.c.question_id != mine.c.question_id),
        )
        .join(OVERRIDES, OVERRIDES.c.question_id == other.c.question_id)
        .where(mine.c.quiz_id == quiz_id, QUESTIONS.c.version_id == version_id)
        .order_by(OVERRIDES.c.correction_id)
    )
    latest = {row[0]: row for row in rows}
    if latest:
        names = ("question_id", "correction_id", "treatment", "keys")
        session.execute(insert(OVERRIDES), [dict(zip(names, row, strict=True)) for row in latest.values()])


def outdated_keys(session: Session, facts: QuizVersionFacts) -> list[Obstacle]:
    """Questions of a draft that were reworded, and still mark the key that was corrected in what is published."""
    known = corrections_in_force(session, facts.quiz_id)
    published = published_version_of(session, facts.quiz_id) if known and facts.is_draft else None
    if published is None:
        return []
    before, _places = placed_items_of(session, published, lineages=known.keys())
    old = {item.lineage: item for item in before.values()}
    found: list[Obstacle] = []
    for item in facts.items.values():
        then = old.get(item.lineage)
        change = change_for(then, known) if then is not None else None
        if then is None or change is None or change.treatment is not Treatment.KEY:
            continue
        if series_of(item) == series_of(then):
            continue
        if item.correct_keys == then.correct_keys and set(item.correct_keys) != set(change.keys):
            marked, right = (" and ".join(keys).upper() for keys in (item.correct_keys, change.keys))
            sentence = f"Its key was corrected to {right}, but this draft still marks {marked}."
            sentence += f" Mark {right}, or correct the published key back."
            found.append(Obstacle(sentence, item.lineage, "choices"))
    return found


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
