"""Item health out of the tallies: a quiz's report, whatever the number of its attempts."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from quizzes.models.quiz import Quiz, QuizVersion
from quizzes.models.statistics import ANSWER_TALLIES, SCORE_TALLIES, HealthSetting
from quizzes.queries.corrections import overrides_for
from quizzes.queries.versions import items_of, published_version_of
from quizzes.rules.correcting import corrected, series_of
from quizzes.rules.item import Item
from quizzes.rules.statistics import Cell, Figure, ItemHealth, health_of, kr20, variance_of


@dataclass(frozen=True, slots=True)
class HealthLine:
    """One item of the published version in its present wording."""

    question_id: int
    item: Item
    series: str
    health: ItemHealth


@dataclass(frozen=True, slots=True)
class HealthReport:
    """A quiz: its items, its scores, how reliable they are."""

    quiz_id: int
    title: str
    number: int
    attempts: int
    lines: tuple[HealthLine, ...]
    scores: tuple[tuple[int, int], ...]
    """(points, first attempts at the published version)."""
    reliability: Figure
    items_per_attempt: int
    holds: bool
    """Whether an alarm holds an item at once."""

    def line(self, lineage: str) -> HealthLine | None:
        """One item."""
        return next((one for one in self.lines if one.item.lineage == lineage), None)


def health_of_quiz(session: Session, quiz_id: int) -> HealthReport | None:
    """The report on the published version; None before the first publishing. Six statements."""
    version_id = published_version_of(session, quiz_id)
    if version_id is None:
        return None
    head = session.execute(
        select(Quiz.title, QuizVersion.number)
        .join(QuizVersion, QuizVersion.quiz_id == Quiz.id)
        .where(QuizVersion.id == version_id)
    ).one()
    items = items_of(session, version_id)
    changes = overrides_for(session, items.keys())
    cells = _cells(session, quiz_id)
    lines: list[HealthLine] = []
    for number, published in items.items():
        item = corrected(published, changes[number]) if number in changes else published
        series = series_of(published)
        choices = [one.key for one in item.choices] if item.kind.has_one_key else []
        health = health_of(
            cells.get((item.lineage, series), ()), full=item.points, choices=choices, keys=item.correct_keys
        )
        lines.append(HealthLine(number, item, series, health))
    scores = _scores(session, version_id)
    setting = session.get(HealthSetting, quiz_id)
    attempts = sum(scores.values())
    return HealthReport(
        quiz_id=quiz_id,
        title=head[0],
        number=head[1],
        attempts=attempts,
        lines=tuple(lines),
        scores=tuple(sorted(scores.items())),
        reliability=_reliability(lines, scores, attempts),
        items_per_attempt=round(sum(one.health.takers for one in lines) / attempts) if attempts else 0,
        holds=setting is not None and setting.holds,
    )


def series_by_question(session: Session, quiz_id: int) -> dict[int, tuple[str, str]]:
    """(lineage, series) of every question of every version that learners may have met."""
    versions = session.scalars(
        select(QuizVersion.id).where(QuizVersion.quiz_id == quiz_id, QuizVersion.state.in_(("published", "retired")))
    ).all()
    return {
        number: (item.lineage, series_of(item))
        for version_id in versions
        for number, item in items_of(session, version_id).items()
    }


def worst_first(lines: Sequence[HealthLine]) -> list[HealthLine]:
    """Suspected wrong keys first, then by how little an item separates; what is hidden comes last."""

    def place(line: HealthLine) -> tuple[bool, float, str]:
        value = line.health.point_biserial.value
        return not line.health.alarms, 2.0 if value is None else value, line.item.lineage

    return sorted(lines, key=place)


def quizzes_with_tallies(session: Session) -> list[tuple[int, str, int]]:
    """(quiz, title, first attempts counted)."""
    rows: Any = session.execute(
        select(Quiz.id, Quiz.title, func.coalesce(func.sum(SCORE_TALLIES.c.takers), 0))
        .join(QuizVersion, QuizVersion.quiz_id == Quiz.id)
        .join(SCORE_TALLIES, SCORE_TALLIES.c.version_id == QuizVersion.id, isouter=True)
        .group_by(Quiz.id, Quiz.title)
        .order_by(Quiz.title)
    )
    return [tuple(row) for row in rows]


def _cells(session: Session, quiz_id: int) -> dict[tuple[str, str], list[Cell]]:
    table = ANSWER_TALLIES.c
    rows: Any = session.execute(
        select(
            table.lineage, table.series, table.rest, table.points, table.chosen, table.certainty, table.takers
        ).where(table.quiz_id == quiz_id)
    )
    found: defaultdict[tuple[str, str], list[Cell]] = defaultdict(list)
    for row in rows:
        found[row[0], row[1]].append(Cell(*row[2:]))
    return found


def _scores(session: Session, version_id: int) -> Counter[int]:
    scores: Counter[int] = Counter()
    for earned, takers in session.execute(
        select(SCORE_TALLIES.c.earned, SCORE_TALLIES.c.takers).where(SCORE_TALLIES.c.version_id == version_id)
    ):
        scores[earned] += takers
    return scores


def _reliability(lines: Sequence[HealthLine], scores: Counter[int], attempts: int) -> Figure:
    """KR-20 where everybody had the same items; a drawn quiz has no single form, so no such figure."""
    asked = [one for one in lines if one.health.takers]
    if any(one.item.points != 1 for one in asked):
        return Figure(None, reason="Some questions give more than one point.")
    if any(one.health.takers != attempts for one in asked):
        return Figure(None, reason="Attempts are drawn: people answered different questions, or wordings changed.")
    return kr20([one.health.right / one.health.takers for one in asked], variance_of(scores))
