"""Counting first attempts into the tallies, each exactly once, and acting on what the counts say."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from cme.outbox.service import enqueue
from quizzes.models.attempt import ANSWERS, ATTEMPTS
from quizzes.models.hold import HOLDS
from quizzes.models.quiz import QUIZ_VERSIONS
from quizzes.models.statistics import ANSWER_TALLIES, SCORE_TALLIES, TALLIED, HealthSetting
from quizzes.queries.health import health_of_quiz, series_by_question
from quizzes.services.holding import hold

JOB = "quizzes.statistics"
BATCH = 2_000
MOST_QUIZZES = 50
LOUDER = 2
"""An alarm that an editor has answered speaks again when so many times more people have taken the item."""

_WAITING = (
    select(ATTEMPTS.c.id, ATTEMPTS.c.version_id, ATTEMPTS.c.total_points, ATTEMPTS.c.earned_points)
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
    """Count the next attempts of a quiz; True while more may wait."""
    rows = {row[0]: row for row in session.execute(_WAITING, {"quiz": quiz_id})}
    if not rows:
        return False
    insert_into = _insert(session)
    taken = session.scalars(
        insert_into(TALLIED).on_conflict_do_nothing().returning(TALLIED.c.attempt_id),
        [{"attempt_id": number, "quiz_id": quiz_id} for number in rows],
    ).all()  # who counts at the same time has the others
    series = series_by_question(session, quiz_id)
    cells: Counter[tuple[Any, ...]] = Counter()
    for attempt, question, points, chosen, certainty, kind in session.execute(_ANSWERS, {"attempts": list(taken)}):
        lineage, name = series[question]
        earned = points or 0
        one = chosen if chosen and kind in {"single", "true_false"} else ""
        cells[lineage, name, rows[attempt][3] - earned, earned, one, certainty or ""] += 1
    scores = Counter((rows[number][1], rows[number][2], rows[number][3]) for number in taken)
    names = ("lineage", "series", "rest", "points", "chosen", "certainty")
    _add(
        session,
        ANSWER_TALLIES,
        [{"quiz_id": quiz_id, **dict(zip(names, key, strict=True)), "takers": n} for key, n in cells.items()],
    )
    _add(
        session,
        SCORE_TALLIES,
        [{"version_id": key[0], "total": key[1], "earned": key[2], "takers": n} for key, n in scores.items()],
    )
    return len(rows) == BATCH


def forget_tallies(session: Session, quiz_id: int) -> None:
    """Begin anew: points given before were corrected."""
    versions = select(QUIZ_VERSIONS.c.id).where(QUIZ_VERSIONS.c.quiz_id == quiz_id)
    session.execute(delete(ANSWER_TALLIES).where(ANSWER_TALLIES.c.quiz_id == quiz_id))
    session.execute(delete(SCORE_TALLIES).where(SCORE_TALLIES.c.version_id.in_(versions)))
    session.execute(delete(TALLIED).where(TALLIED.c.quiz_id == quiz_id))


def raise_alarms(session: Session, quiz_id: int, *, now: datetime) -> tuple[str, ...]:
    """Make a task of every item whose key may be wrong, or hold it where the quiz is set so; gives their names."""
    setting = session.get(HealthSetting, quiz_id)
    report = health_of_quiz(session, quiz_id)
    if report is None:
        return ()
    answered = _answered(session, quiz_id)
    raised: list[str] = []
    for line in report.lines:
        if not line.health.alarms or line.health.takers < LOUDER * answered.get((line.item.lineage, line.series), 0):
            continue
        details = {
            "sentence": " ".join(line.health.alarms),
            "series": line.series,
            "takers": line.health.takers,
        }
        still_drawn = not (setting is not None and setting.holds)
        if hold(
            session, quiz_id, line.item.lineage, "alarm", details=details, by=None, now=now, still_drawn=still_drawn
        ):
            raised.append(line.item.lineage)
    return tuple(raised)


def set_holding(session: Session, quiz_id: int, *, holds: bool) -> None:
    """Whether a suspected wrong key takes the item out of new attempts at once."""
    session.merge(HealthSetting(quiz_id=quiz_id, holds=holds))
    session.flush()


def _answered(session: Session, quiz_id: int) -> dict[tuple[str, str], int]:
    """How many had taken an item when an editor last confirmed it against an alarm."""
    found: defaultdict[tuple[str, str], int] = defaultdict(int)
    for lineage, details in session.execute(
        select(HOLDS.c.lineage, HOLDS.c.details).where(
            HOLDS.c.quiz_id == quiz_id, HOLDS.c.cause == "alarm", HOLDS.c.outcome == "confirmed"
        )
    ):
        key = lineage, str(details.get("series"))
        found[key] = max(found[key], int(details.get("takers", 0)))
    return found


def _add(session: Session, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Add counts to the rows that are there."""
    if rows:
        wanted = _insert(session)(table)
        keys = [column.name for column in table.primary_key.columns]
        adding = wanted.on_conflict_do_update(
            index_elements=keys, set_={"takers": table.c.takers + wanted.excluded.takers}
        )
        session.execute(adding, rows)


def _insert(session: Session):
    return postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
