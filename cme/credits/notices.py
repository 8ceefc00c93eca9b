"""Telling those who were certified on an earlier revision that its text was corrected: each of them once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from cme.activities.models import MinorRevision
from cme.audit import service as audit
from cme.audit.tags import Event
from cme.credits.certified import (
    Certified,
    CorrectedText,
    certified_on,
    corrected_text,
    count_certified,
    count_people,
    notice_facts,
)
from cme.credits.models import CorrectionNotice, NoticeRecipient
from cme.kernel.days import day_phrase, local_day
from cme.kernel.refusal import Conflict, Invalid, NotFound
from cme.kernel.text import clean_line
from cme.mail.service import send
from cme.outbox.service import enqueue

JOB = "credits.notice"
BATCH = 300
MOST_WORDS = 1_500


@dataclass(frozen=True, slots=True)
class Forecast:
    """What sending would do now."""

    text: CorrectedText
    earlier: tuple[tuple[int, int, int, int], ...]
    """(revision, its number, people to tell, people whose account is closed) of every earlier revision."""
    chosen: tuple[int, ...]
    people: int
    example: dict[str, str] | None
    """The words of the first letter; None where nobody would get one."""

    @property
    def closed(self) -> int:
        """People who cannot be told: their accounts are closed."""
        return sum(row[3] for row in self.earlier if row[0] in self.chosen)


def forecast(session: Session, release_id: int, revision_id: int, *, words: str, earlier: Collection[int]) -> Forecast:
    """The dry run: reads, writes nothing. Refuses: NotFound; Invalid without words or without an earlier revision."""
    text = corrected_text(session, release_id, revision_id)
    if text is None:
        raise NotFound("revision_not_found", "There is no such correction of a text.")
    known = count_certified(session, text.article_id, before=text.number)
    chosen = _judged(words, earlier, [row[0] for row in known])
    first = next(iter(certified_on(session, chosen, most=1)), None)
    return Forecast(
        text=text,
        earlier=tuple(known),
        chosen=chosen,
        people=count_people(session, chosen),
        example=None if first is None else letter_words(first, words),
    )


def letter_words(one: Certified, words: str) -> dict[str, str]:
    """What the letter to this person is filled with."""
    return {
        "name": one.name,
        "title": one.title,
        "completed": day_phrase(local_day(one.completed_at, one.zone)),
        "words": clean_line(words),
        "path": f"/modules/{one.slug}/article",
    }


def digest(words: str) -> str:
    """Names a text, so that a dry run can be recognised."""
    return sha256(clean_line(words).encode()).hexdigest()[:16]


def send_notice(
    session: Session,
    release_id: int,
    revision_id: int,
    *,
    words: str,
    earlier: Collection[int],
    by: int | None,
    now: datetime,
) -> int:
    """Decide it; the letters follow in the background. Gives the notice's number; asked again, that of the first.

    Marks the revision as a clinical correction. Refuses as `forecast` does; Conflict when a notice with other words or
    for other revisions was sent before.
    """
    seen = forecast(session, release_id, revision_id, words=words, earlier=earlier)
    said = clean_line(words)
    insert = _insert(session)
    made = session.execute(
        insert(CorrectionNotice)
        .values(
            release_id=release_id,
            revision_id=revision_id,
            earlier=list(seen.chosen),
            words=said,
            state="running",
            asked_at=now,
            asked_by=by,
            predicted=seen.people,
        )
        .on_conflict_do_nothing(index_elements=["revision_id"])
        .returning(CorrectionNotice.id)
    ).scalar_one_or_none()
    if made is None:
        first = session.scalars(select(CorrectionNotice).where(CorrectionNotice.revision_id == revision_id)).one()
        if (first.words, list(first.earlier)) != (said, list(seen.chosen)):
            raise Conflict("notice_sent", "A notice of this correction was sent before, with other words.")
        return first.id
    session.execute(
        update(MinorRevision)
        .where(MinorRevision.release_id == release_id, MinorRevision.revision_id == revision_id)
        .values(clinical=True)
    )
    details: dict[str, Any] = {
        "notice": made,
        "revision": revision_id,
        "earlier": list(seen.chosen),
        "people": seen.people,
    }
    _record(session, Event.NOTICE_ASKED, release_id, details, by=by, now=now)
    enqueue(session, JOB, str(made), {"notice_id": made}, now=now)
    return made


def tell_the_rest(session: Session, notice_id: int, *, by: int | None, now: datetime) -> int:
    """Tell those who were certified on the wrong text since the notice was sent; gives how many they are.

    Refuses: NotFound; Conflict while the notice is still being sent.
    """
    row = session.scalar(select(CorrectionNotice).where(CorrectionNotice.id == notice_id).with_for_update())
    if row is None:
        raise NotFound
    if row.state == "running":
        raise Conflict("notice_running", "This notice is being sent at the moment.")
    people = count_people(session, row.earlier, untold=notice_id)
    if people:
        row.state, row.finished_at = "running", None
        session.flush()
        details: dict[str, Any] = {"notice": notice_id, "revision": row.revision_id, "people": people}
        _record(session, Event.NOTICE_ASKED, row.release_id, details, by=by, now=now)
        enqueue(session, JOB, str(notice_id), {"notice_id": notice_id}, now=now)
    return people


def notice_batch(session: Session, notice_id: int, *, now: datetime) -> bool:
    """Write and queue the next letters; True while more people are left. Twice does nothing more. Refuses: NotFound."""
    row = session.scalar(select(CorrectionNotice).where(CorrectionNotice.id == notice_id).with_for_update())
    if row is None:
        raise NotFound
    if row.state == "finished":
        return False
    found = certified_on(session, row.earlier, most=BATCH, untold=notice_id)
    people: dict[int, Certified] = {}
    for one in found:
        people.setdefault(one.person_id, one)
    if people:
        _tell(session, row, people, now)
    if len(found) == BATCH:
        return True
    row.state, row.finished_at = "finished", now
    session.flush()
    facts = notice_facts(session, notice_id)
    assert facts is not None  # the row is locked
    details: dict[str, Any] = {"notice": notice_id, "revision": row.revision_id, "told": facts.told}
    _record(session, Event.NOTICE_SENT, row.release_id, details, by=row.asked_by, now=now)
    return False


def _tell(session: Session, notice: CorrectionNotice, people: dict[int, Certified], now: datetime) -> None:
    rows = [
        {
            "notice_id": notice.id,
            "person_id": one.person_id,
            "credit_id": one.credit_id,
            "revision_id": one.revision_id,
            "told_at": now,
        }
        for one in people.values()
    ]
    insert = _insert(session)
    told = session.scalars(
        insert(NoticeRecipient).on_conflict_do_nothing().returning(NoticeRecipient.person_id), rows
    ).all()  # whom the table holds already has the letter
    for person_id in told:
        one = people[person_id]
        send(session, "text_corrected", one.email, letter_words(one, notice.words), now=now)


def _judged(words: str, earlier: Collection[int], known: Collection[int]) -> tuple[int, ...]:
    problems: dict[str, list[str]] = {}
    if not clean_line(words):
        problems["words"] = ["Say what was wrong and what is right."]
    elif len(clean_line(words)) > MOST_WORDS:
        problems["words"] = [f"This is longer than {MOST_WORDS} characters."]
    chosen = tuple(sorted(set(earlier)))
    if not chosen or not set(chosen) <= set(known):
        problems["earlier"] = ["Choose at least one of the earlier revisions."]
    if problems:
        raise Invalid("notice_invalid", "The notice cannot be sent like this.", problems)
    return chosen


def _record(
    session: Session, event: Event, release_id: int, details: dict[str, Any], *, by: int | None, now: datetime
) -> None:
    audit.record(session, event, now=now, person_id=by, subject="release", subject_id=release_id, details=details)


def _insert(session: Session):
    return postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
