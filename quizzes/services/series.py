"""Which wording each published question has: worked out once, when it is published or first counted."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from quizzes.models.quiz import QUESTIONS, QUIZ_VERSIONS
from quizzes.models.statistics import SERIES
from quizzes.queries.versions import items_of
from quizzes.rules.correcting import series_of


def series_by_question(session: Session, quiz_id: int) -> dict[int, tuple[str, str]]:
    """(lineage, series) of every question that learners may have met; what is new is worked out and kept."""
    missing: Any = session.execute(
        select(QUESTIONS.c.version_id, QUESTIONS.c.id)
        .join(QUIZ_VERSIONS, QUIZ_VERSIONS.c.id == QUESTIONS.c.version_id)
        .join(SERIES, SERIES.c.question_id == QUESTIONS.c.id, isouter=True)
        .where(
            QUIZ_VERSIONS.c.quiz_id == quiz_id,
            QUIZ_VERSIONS.c.state.in_(("published", "retired")),
            SERIES.c.question_id.is_(None),
        )
    ).all()
    for version_id in sorted({row[0] for row in missing}):
        rows = [
            {"question_id": number, "quiz_id": quiz_id, "lineage": item.lineage, "series": series_of(item)}
            for number, item in items_of(session, version_id).items()
        ]
        insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
        session.execute(insert(SERIES).on_conflict_do_nothing(), rows)
    known: Any = session.execute(
        select(SERIES.c.question_id, SERIES.c.lineage, SERIES.c.series).where(SERIES.c.quiz_id == quiz_id)
    )
    return {row[0]: (row[1], row[2]) for row in known}
