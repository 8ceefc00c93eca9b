"""What a quiz has of pictures and videos, and who may see them."""

from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from quizzes.models.attempt import ATTEMPTS
from quizzes.models.media import MEDIA
from quizzes.models.quiz import QUIZ_VERSIONS
from quizzes.rules.media import Medium


def media_of(session: Session, quiz_id: int) -> dict[str, Medium]:
    """Every picture and video of the quiz by its name, the newest first; one statement."""
    columns = MEDIA.c
    rows: Any = session.execute(
        select(
            columns.quiz_id,
            columns.name,
            columns.kind,
            columns.sha256,
            columns.width,
            columns.height,
            columns.alt,
            columns.captions,
            columns.language,
        )
        .where(columns.quiz_id == quiz_id)
        .order_by(columns.id.desc())
    )
    return {row[1]: Medium(*row) for row in rows}


def digests_of(session: Session, quiz_id: int) -> dict[str, str]:
    """What each name means already."""
    rows: Any = session.execute(select(MEDIA.c.name, MEDIA.c.sha256).where(MEDIA.c.quiz_id == quiz_id))
    return {row[0]: row[1] for row in rows}


def holds_file(session: Session, quiz_id: int, digest: str, kind: str) -> bool:
    """Whether the quiz has this very file."""
    is_it = MEDIA.c.captions == digest if kind == "vtt" else (MEDIA.c.sha256 == digest) & (MEDIA.c.kind == kind)
    return bool(session.execute(select(exists().where(MEDIA.c.quiz_id == quiz_id, is_it))).scalar())


def has_attempted(session: Session, person_id: int, quiz_id: int) -> bool:
    """Whether the person has met the quiz: whoever has may see its pictures."""
    joined = ATTEMPTS.join(QUIZ_VERSIONS, QUIZ_VERSIONS.c.id == ATTEMPTS.c.version_id)
    return bool(
        session.execute(
            select(
                exists(
                    select(ATTEMPTS.c.id)
                    .select_from(joined)
                    .where(ATTEMPTS.c.person_id == person_id, QUIZ_VERSIONS.c.quiz_id == quiz_id)
                )
            )
        ).scalar()
    )
