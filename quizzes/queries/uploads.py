"""Files of questions that wait between the two steps of an import, as their owner sees them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from quizzes.models.quiz import Quiz, QuizVersion
from quizzes.models.upload import UPLOADS


@dataclass(frozen=True, slots=True)
class UploadRow:
    """One upload without its bytes."""

    upload_id: int
    quiz_id: int
    quiz_title: str
    file_name: str
    format: str
    size: int
    report: dict[str, Any]
    base: tuple[int, int]
    """Version and edition with which the report compared the file."""
    uploaded_at: datetime
    expires_at: datetime
    taken_at: datetime | None
    result: dict[str, Any] | None


def upload_of(session: Session, upload_id: int, person_id: int, *, now: datetime) -> UploadRow | None:
    """The person's own upload, while it is kept."""
    row: Any = session.execute(
        select(
            UPLOADS.c.id,
            UPLOADS.c.quiz_id,
            Quiz.title,
            UPLOADS.c.file_name,
            UPLOADS.c.format,
            UPLOADS.c.size,
            UPLOADS.c.report,
            UPLOADS.c.base_version_id,
            UPLOADS.c.base_edition,
            UPLOADS.c.uploaded_at,
            UPLOADS.c.expires_at,
            UPLOADS.c.taken_at,
            UPLOADS.c.result,
        )
        .join(Quiz, Quiz.id == UPLOADS.c.quiz_id)
        .where(UPLOADS.c.id == upload_id, UPLOADS.c.person_id == person_id, UPLOADS.c.expires_at > now)
    ).one_or_none()
    if row is None:
        return None
    return UploadRow(
        upload_id=row[0],
        quiz_id=row[1],
        quiz_title=row[2],
        file_name=row[3],
        format=row[4],
        size=row[5],
        report=row[6],
        base=(row[7], row[8]),
        uploaded_at=row[9],
        expires_at=row[10],
        taken_at=row[11],
        result=row[12],
    )


def bytes_of(session: Session, upload_id: int, person_id: int) -> bytes | None:
    """What came; None once it was taken."""
    return session.scalar(select(UPLOADS.c.data).where(UPLOADS.c.id == upload_id, UPLOADS.c.person_id == person_id))


def base_of(session: Session, quiz_id: int) -> tuple[int, int] | None:
    """Version and edition that an import would start from: the draft's, else those of the published version."""
    row = session.execute(
        select(QuizVersion.id, QuizVersion.edition)
        .where(QuizVersion.quiz_id == quiz_id, QuizVersion.state.in_(("draft", "published")))
        .order_by(QuizVersion.state)
        .limit(1)
    ).one_or_none()
    return (row[0], row[1]) if row is not None else None
