"""Counting first attempts into the tallies, each exactly once."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from cme.outbox.service import enqueue
from quizzes.models.attempt import ANSWERS, ATTEMPTS
from quizzes.models.quiz import QUIZ_VERSIONS
from quizzes.models.statistics import (
    ANSWER_TALLIES,
    FIGURES,
    MOST_CHOSEN,
    SCORE_TALLIES,
    TALLIED,
    TIME_TALLIES,
)
from quizzes.rules.pace import MOST_SECONDS
from quizzes.services.series import series_by_question

JOB = "quizzes.statistics"
BATCH = 2_000
MOST_QUIZZES = 50
WITH_CHOICES = frozenset({"single", "true_false", "multiple"})
"""Kinds whose answers are choices taken."""

_earlier, _earlier_version = ATTEMPTS.alias("earlier"), QUIZ_VERSIONS.alias("earlier_version")
_met_before = (
    select(_earlier.c.id)
    .join(_earlier_version, _earlier_version.c.id == _earlier.c.version_id)
    .where(
        _earlier.c.person_id == ATTEMPTS.c.person_id,
        _earlier.c.id < ATTEMPTS.c.id,
        _earlier_version.c.quiz_id == QUIZ_VERSIONS.c.quiz_id,
    )
    .exists()
)
# Of a person's attempts for each release the first one waits; for a later release it is noted, and not counted.
_WAITING = (
    select(ATTEMPTS.c.id, ATTEMPTS.c.version_id, ATTEMPTS.c.total_points, ATTEMPTS.c.earned_points, _met_before)
    .join(QUIZ_VERSIONS, QUIZ_VERSIONS.c.id == ATTEMPTS.c.version_id)
    .join(TALLIED, TALLIED.c.attempt_id == ATTEMPTS.c.id, isouter=True)
    .where(
        QUIZ_VERSIONS.c.quiz_id == bindparam("quiz"),
        ATTEMPTS.c.state == "submitted",
        ATTEMPTS.c.number == 1,
        TALLIED.c.attempt_id.is_(None),
    )
    .order_by(ATTEMPTS.c.id)
    .limit(BATCH)
)
_ANSWERS = select(
    ANSWERS.c.attempt_id,
    ANSWERS.c.question_id,
    ANSWERS.c.points,
    ANSWERS.c.chosen,
    ANSWERS.c.certainty,
    ANSWERS.c.kind,
    ANSWERS.c.seconds,
).where(ANSWERS.c.attempt_id.in_(bindparam("attempts", expanding=True)))


def ask_for_tallies(session: Session, *, now: datetime) -> None:
    """The regular duty: ask for the counting of every quiz with attempts that no tally holds."""
    waiting = session.scalars(
        select(QUIZ_VERSIONS.c.quiz_id)
        .distinct()
        .join(ATTEMPTS, ATTEMPTS.c.version_id == QUIZ_VERSIONS.c.id)
        .join(TALLIED, TALLIED.c.attempt_id == ATTEMPTS.c.id, isouter=True)
        .where(ATTEMPTS.c.state == "submitted", ATTEMPTS.c.number == 1, TALLIED.c.attempt_id.is_(None))
        .limit(MOST_QUIZZES)
    )
    for quiz_id in waiting:
        enqueue(session, JOB, str(quiz_id), {"quiz_id": quiz_id}, now=now)


def tally_batch(session: Session, quiz_id: int) -> bool:
    """Count the next attempts of a quiz and mark the figures that rest on them as stale; True while more may wait."""
    series = series_by_question(session, quiz_id)
    rows = {row[0]: row for row in session.execute(_WAITING, {"quiz": quiz_id})}
    if not rows:
        return False
    taken = session.scalars(
        _insert(session)(TALLIED).on_conflict_do_nothing().returning(TALLIED.c.attempt_id),
        [{"attempt_id": number, "quiz_id": quiz_id} for number in rows],
    ).all()  # who counts at the same time has the others
    first = [number for number in taken if not rows[number][4]]
    cells: Counter[tuple[str | int, ...]] = Counter()
    times: Counter[tuple[str | int, ...]] = Counter()
    for attempt, question, points, chosen, certainty, kind, seconds in session.execute(_ANSWERS, {"attempts": first}):
        lineage, name = series[question]
        earned = points or 0
        took = chosen if chosen and kind in WITH_CHOICES and len(chosen) <= MOST_CHOSEN else ""
        cells[lineage, name, rows[attempt][3] - earned, earned, took, certainty or ""] += 1
        if seconds is not None:
            times[lineage, name, min(seconds, MOST_SECONDS)] += 1
    scores = Counter((rows[number][1], rows[number][2], rows[number][3]) for number in first)
    _add(session, ANSWER_TALLIES, cells, quiz_id=quiz_id)
    _add(session, TIME_TALLIES, times, quiz_id=quiz_id)
    _add(session, SCORE_TALLIES, scores)
    _mark_stale(session, quiz_id, sorted({(str(key[0]), str(key[1])) for key in cells}))
    return len(rows) == BATCH


def forget_tallies(session: Session, quiz_id: int) -> None:
    """Begin anew: points given before were corrected."""
    versions = select(QUIZ_VERSIONS.c.id).where(QUIZ_VERSIONS.c.quiz_id == quiz_id)
    for table in (ANSWER_TALLIES, TIME_TALLIES, FIGURES, TALLIED):
        session.execute(delete(table).where(table.c.quiz_id == quiz_id))
    session.execute(delete(SCORE_TALLIES).where(SCORE_TALLIES.c.version_id.in_(versions)))


def _mark_stale(session: Session, quiz_id: int, items: Sequence[tuple[str, str]]) -> None:
    if not items:
        return
    empty = {"stale": True, "takers": 0, "right_takers": 0, "correlation": None, "alarmed": False, "figures": {}}
    wanted = _insert(session)(FIGURES)
    session.execute(
        wanted.on_conflict_do_update(index_elements=["quiz_id", "lineage", "series"], set_={"stale": True}),
        [{"quiz_id": quiz_id, "lineage": lineage, "series": series, **empty} for lineage, series in items],
    )


def _add(session: Session, table: Any, counted: Counter[tuple[Any, ...]], **same: int) -> None:
    """Add counts to the rows that are there; the keys name the table's key columns beside `same`, in their order."""
    if counted:
        wanted = _insert(session)(table)
        keys = [column.name for column in table.primary_key.columns]
        names = [name for name in keys if name not in same]
        adding = wanted.on_conflict_do_update(
            index_elements=keys, set_={"takers": table.c.takers + wanted.excluded.takers}
        )
        rows = [{**same, **dict(zip(names, key, strict=True)), "takers": n} for key, n in sorted(counted.items())]
        session.execute(adding, rows)


def _insert(session: Session):
    return postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
