"""The two steps of an import: keep a file with its report, then take its questions into the draft."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from cme.kernel.refusal import Conflict, Invalid, NotFound
from quizzes.interchange.forecast import Line, forecast
from quizzes.interchange.report import Report
from quizzes.interchange.settling import settled
from quizzes.models.upload import MOST_UPLOAD, UPLOADS
from quizzes.queries.media import digests_of
from quizzes.queries.uploads import base_of
from quizzes.queries.versions import version_facts
from quizzes.rules.item import QuizVersionFacts
from quizzes.services import authoring, importing
from quizzes.services.media import Files

KEPT_FOR = timedelta(hours=24)
MOST_WAITING = 10
"""Files of one person; the oldest go first."""


def look_ahead(session: Session, quiz_id: int, report: Report) -> tuple[QuizVersionFacts, tuple[Line, ...]]:
    """What the quiz has now, and what the file would do to it. Refuses: NotFound."""
    base = base_of(session, quiz_id)
    facts = version_facts(session, base[0]) if base is not None else None
    if facts is None:
        raise NotFound
    report = settled(report, digests_of(session, quiz_id))
    return facts, forecast(list(facts.items.values()), report, facts.vignettes)


def keep(
    session: Session,
    file_name: str,
    data: bytes,
    report: Report,
    seen: tuple[QuizVersionFacts, Sequence[Line]],
    *,
    owner: int,
    now: datetime,
) -> int:
    """Keep a file that was read, with its report; gives its number. The quiz is not touched."""
    if not 0 < len(data) <= MOST_UPLOAD:
        raise Invalid("import_too_large", "The file is empty or too large.")
    waiting = session.scalars(
        select(UPLOADS.c.id).where(UPLOADS.c.person_id == owner).order_by(UPLOADS.c.id.desc()).offset(MOST_WAITING - 1)
    ).all()
    if waiting:
        session.execute(delete(UPLOADS).where(UPLOADS.c.id.in_(waiting)))
    facts, lines = seen
    made = session.execute(
        insert(UPLOADS)
        .values(
            quiz_id=facts.quiz_id,
            person_id=owner,
            file_name="".join(char for char in file_name if char.isprintable())[-200:] or "file",
            format=report.format,
            size=len(data),
            data=data,
            uploaded_at=now,
            expires_at=now + KEPT_FOR,
            **_report(report, facts, lines),
        )
        .returning(UPLOADS.c.id)
    )
    return made.scalar_one()


def renew(
    session: Session, upload_id: int, report: Report, seen: tuple[QuizVersionFacts, Sequence[Line]], *, owner: int
) -> None:
    """Write the report anew, against what the quiz has now. Refuses: NotFound, also for a file that was taken."""
    values = _report(report, *seen)
    mine = (UPLOADS.c.id == upload_id, UPLOADS.c.person_id == owner, UPLOADS.c.taken_at.is_(None))
    if session.execute(update(UPLOADS).where(*mine).values(**values).returning(UPLOADS.c.id)).one_or_none() is None:
        raise NotFound


def take(session: Session, upload_id: int, report: Report | None, *, files: Files, owner: int, now: datetime) -> None:
    """Take the questions into the quiz's draft, opening one where none is open. A second time changes nothing.

    `report` is the file read again; None once it was taken. Refuses: NotFound; Conflict when the quiz is not any more
    what the editor's report compared the file with.
    """
    row: Any = session.execute(
        select(UPLOADS.c.quiz_id, UPLOADS.c.base_version_id, UPLOADS.c.base_edition, UPLOADS.c.taken_at)
        .where(UPLOADS.c.id == upload_id, UPLOADS.c.person_id == owner, UPLOADS.c.expires_at > now)
        .with_for_update()
    ).one_or_none()
    if row is None or (row.taken_at is None and report is None):
        raise NotFound
    if row.taken_at is not None or report is None:
        return
    if base_of(session, row.quiz_id) != (row.base_version_id, row.base_edition):
        raise Conflict(
            "draft_changed", "The quiz changed since this report was made. The report is made anew; look at it again."
        )
    version_id = authoring.open_draft(session, row.quiz_id, editor=owner, now=now)
    taken = importing.take_in(session, version_id, report, files=files, editor=owner, now=now)
    session.execute(
        update(UPLOADS).where(UPLOADS.c.id == upload_id).values(data=None, taken_at=now, result=asdict(taken))
    )


def drop(session: Session, upload_id: int, *, owner: int) -> None:
    """Throw a file away."""
    session.execute(delete(UPLOADS).where(UPLOADS.c.id == upload_id, UPLOADS.c.person_id == owner))


def forget_uploads(session: Session, *, now: datetime) -> None:
    """The regular duty: files that nobody took in time go."""
    session.execute(delete(UPLOADS).where(UPLOADS.c.expires_at <= now))


def _report(report: Report, facts: QuizVersionFacts, lines: Sequence[Line]) -> dict[str, Any]:
    return {
        "report": {
            "title": report.title[:200],
            "notes": [note.sentence for note in report.notes],
            "lines": [asdict(line) for line in lines],
        },
        "base_version_id": facts.version_id,
        "base_edition": facts.edition,
    }
