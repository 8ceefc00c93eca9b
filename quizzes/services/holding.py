"""Holding items back: when a passage they rest on changes, or an alarm speaks; and letting them go again."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy import insert as plain_insert
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from cme.activities.events import RevisionShown
from cme.audit import service as audit
from cme.audit.tags import Event
from cme.kernel.refusal import Conflict
from quizzes.models.hold import HOLDS, PROOFS, ItemHold
from quizzes.queries.holds import (
    HoldLine,
    articles_of_quiz,
    fingerprints_of,
    held_anew_at,
    hold_of,
    open_holds,
    proofs_of,
)
from quizzes.queries.versions import items_of, published_version_of, quiz_of_release
from quizzes.rules.editing import Difference
from quizzes.rules.item import Item
from quizzes.rules.staleness import Moved, stale, vouches
from quizzes.services.remembering import reworded_since


def on_revision_shown(session: Session, event: RevisionShown) -> None:
    """Readers get another text: hold exactly the items that rest on what changed or vanished in it."""
    quiz_id = quiz_of_release(session, event.release_id)
    if quiz_id is not None:
        compare(session, quiz_id, event.article_id, event.revision_id, now=event.at)


def compare(session: Session, quiz_id: int, article_id: int, revision_id: int, *, now: datetime) -> tuple[str, ...]:
    """Hold the items of the published version whose passages read differently in this revision; gives their names.

    An item held for a change that is undone is let go again. An item nobody vouched for yet takes this text as its own.
    """
    version_id = published_version_of(session, quiz_id)
    if version_id is None:
        return ()
    items = {item.lineage: item for item in items_of(session, version_id).values()}
    proofs = [one for one in proofs_of(session, quiz_id, article_id) if one.lineage in items]
    proofs = [one for one in proofs if one.anchor in items[one.lineage].passages]
    fingerprints = fingerprints_of(session, revision_id)
    known = {(one.lineage, one.anchor) for one in proofs}
    _write(
        session,
        quiz_id,
        article_id,
        revision_id,
        {
            (item.lineage, anchor): fingerprints[anchor]
            for item in items.values()
            for anchor in item.passages
            if anchor in fingerprints and (item.lineage, anchor) not in known
        },
        now,
    )
    found = stale(proofs, fingerprints)
    standing = {row[1]: row[0] for row in open_holds(session, quiz_id, list(items)) if row[2] == "passage"}
    for lineage, moved in found.items():
        details = _details(article_id, revision_id, moved, now)
        if lineage in standing:
            session.execute(update(HOLDS).where(HOLDS.c.id == standing[lineage]).values(details=details))
        else:
            hold(session, quiz_id, lineage, "passage", details=details, by=None, now=now)
    for lineage, hold_id in standing.items():
        if lineage not in found and _of_article(session, hold_id, article_id):
            _release(session, hold_id, quiz_id, lineage, "gone", by=None, now=now)
    return tuple(found)


def hold(
    session: Session,
    quiz_id: int,
    lineage: str,
    cause: str,
    *,
    details: dict[str, Any],
    by: int | None,
    now: datetime,
    still_drawn: bool = False,
) -> bool:
    """Hold an item for one cause; False when it is held for that cause already. `still_drawn` makes it a task only."""
    insert = _insert(session)
    made = session.execute(
        insert(HOLDS)
        .values(
            quiz_id=quiz_id,
            lineage=lineage,
            cause=cause,
            details=details,
            still_drawn=still_drawn,
            opened_at=now,
            opened_by=by,
        )
        .on_conflict_do_nothing()
        .returning(HOLDS.c.id)
    ).scalar_one_or_none()
    if made is None:
        return False
    _record(session, Event.QUIZ_ITEM_HELD, quiz_id, {"hold": made, "question": lineage, "cause": cause}, by, now)
    return True


def confirm(session: Session, hold_id: int, *, by: int, now: datetime) -> HoldLine:
    """The item is right as it is: it may be drawn again, and rests on the text of today. Refuses: Conflict."""
    line = hold_of(session, hold_id)
    if line is None:
        raise Conflict("hold_released", "This question was released meanwhile; nothing is left to confirm.")
    _release(session, hold_id, line.quiz_id, line.lineage, "confirmed", by=by, now=now)
    if line.cause == "passage":
        version_id = published_version_of(session, line.quiz_id)
        items = items_of(session, version_id).values() if version_id is not None else ()
        vouch(session, line.quiz_id, [one for one in items if one.lineage == line.lineage], now=now)
    return line


def vouch(session: Session, quiz_id: int, items: Iterable[Item], *, now: datetime) -> None:
    """Let items rest on what the articles of the quiz say now; a passage that is gone proves nothing any more."""
    items = list(items)
    if not items:
        return
    session.execute(
        delete(PROOFS).where(PROOFS.c.quiz_id == quiz_id, PROOFS.c.lineage.in_([one.lineage for one in items]))
    )
    for article_id, revision_id in articles_of_quiz(session, quiz_id).items():
        fingerprints = fingerprints_of(session, revision_id)
        wanted = {
            (one.lineage, anchor): fingerprints[anchor]
            for one in items
            for anchor in one.passages
            if anchor in fingerprints
        }
        _write(session, quiz_id, article_id, revision_id, wanted, now)


def after_publishing(
    session: Session,
    quiz_id: int,
    version_id: int,
    items: Iterable[Item],
    changed: Difference,
    *,
    by: int | None,
    now: datetime,
) -> None:
    """New and edited items rest on the text of today and are free; items taken out need no hold.

    An item that was edited before its passage changed or it was dropped, and not since, stays held: its editor did not
    know.
    """
    edited = {lineage for lineage, parts in changed.changed if vouches(parts)}
    moved = held_anew_at(session, quiz_id, edited)
    edited -= moved.keys() - reworded_since(session, version_id, moved) if moved else set()
    fresh = edited | set(changed.added)
    vouch(session, quiz_id, [one for one in items if one.lineage in fresh], now=now)
    for lineages, outcome in ((fresh, "edited"), (set(changed.removed), "gone")):
        if lineages:
            for hold_id, lineage, _cause in open_holds(session, quiz_id, lineages):
                _release(session, hold_id, quiz_id, lineage, outcome, by=by, now=now)


def _write(
    session: Session,
    quiz_id: int,
    article_id: int,
    revision_id: int,
    fingerprints: Mapping[tuple[str, str], str],
    now: datetime,
) -> None:
    rows = [
        {
            "quiz_id": quiz_id,
            "lineage": lineage,
            "article_id": article_id,
            "anchor": anchor,
            "fingerprint": value,
            "revision_id": revision_id,
            "vouched_at": now,
        }
        for (lineage, anchor), value in fingerprints.items()
    ]
    if rows:
        session.execute(plain_insert(PROOFS), rows)


def _release(
    session: Session, hold_id: int, quiz_id: int, lineage: str, outcome: str, *, by: int | None, now: datetime
) -> None:
    session.execute(
        update(HOLDS)
        .where(HOLDS.c.id == hold_id, HOLDS.c.released_at.is_(None))
        .values(released_at=now, released_by=by, outcome=outcome)
    )
    details = {"hold": hold_id, "question": lineage, "outcome": outcome}
    _record(session, Event.QUIZ_ITEM_RELEASED, quiz_id, details, by, now)


def _details(article_id: int, revision_id: int, moved: tuple[Moved, ...], now: datetime) -> dict[str, Any]:
    return {
        "moved_at": now.isoformat(),
        "passages": [
            {
                "article": article_id,
                "anchor": one.anchor,
                "what": one.what.value,
                "before": one.before,
                "after": revision_id,
            }
            for one in moved
        ],
    }


def _of_article(session: Session, hold_id: int, article_id: int) -> bool:
    row = session.get_one(ItemHold, hold_id)
    return all(one["article"] == article_id for one in row.details.get("passages", []))


def _insert(session: Session):
    return postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert


def _record(
    session: Session, event: Event, quiz_id: int, details: dict[str, Any], by: int | None, now: datetime
) -> None:
    audit.record(session, event, now=now, person_id=by, subject="quiz", subject_id=quiz_id, details=details)
