"""Taking planned questions into a draft: new ones are added, changed ones written over, the same ones left alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from quizzes.interchange.convert import to_item, vignettes_of
from quizzes.interchange.media import files_of
from quizzes.interchange.planning import Planned, State, plan_import
from quizzes.interchange.report import Report
from quizzes.interchange.settling import settled
from quizzes.queries.media import digests_of
from quizzes.queries.versions import next_position, version_facts
from quizzes.rules.limits import storage_problems
from quizzes.services import media
from quizzes.services.drafts import lock, note_change, set_columns
from quizzes.services.media import Files
from quizzes.services.remembering import remember
from quizzes.services.writing import add_items, replace_item


@dataclass(frozen=True, slots=True)
class Taken:
    """What an import did: names of questions."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    same: tuple[str, ...]
    refused: Mapping[str, Sequence[str]]
    """Questions that a draft cannot hold, and why."""
    media: tuple[str, ...] = ()
    """Pictures and videos that the quiz did not have."""


def take_in(session: Session, version_id: int, report: Report, *, files: Files, editor: int, now: datetime) -> Taken:
    """Write the questions into a draft in one go, with their pictures and videos; the same file twice changes nothing.

    Refuses: a version that is no draft.
    """
    draft = lock(session, version_id)
    facts = version_facts(session, version_id)
    assert facts is not None  # its row is locked
    report = settled(report, digests_of(session, draft.quiz_id))
    numbers = {item.lineage: number for number, item in facts.items.items()}
    names: dict[State, list[str]] = {state: [] for state in State}
    refused: dict[str, Sequence[str]] = {}
    kept: list[Planned] = []
    for one in plan_import(facts.items.values(), report.entries, facts.vignettes, keeps=report.keeps):
        problems = storage_problems(to_item(one.entry))
        if problems:
            refused[one.entry.lineage] = [sentence for sentences in problems.values() for sentence in sentences]
            continue
        names[one.state].append(one.entry.lineage)
        if one.state is not State.SAME:
            kept.append(one)
    fresh = [to_item(one.entry) for one in kept if one.state is State.NEW]
    cases = vignettes_of(one.entry for one in kept)
    before = remember(
        session,
        version_id,
        questions=[numbers[one.entry.lineage] for one in kept if one.state is State.CHANGED],
        added=[item.lineage for item in fresh],
        surroundings=["vignettes"] if cases else [],
    )
    add_items(session, version_id, fresh, first_position=next_position(session, version_id))
    for one in kept:
        if one.state is State.CHANGED:
            replace_item(session, numbers[one.entry.lineage], to_item(one.entry))
    shown = files_of((name for one in kept for name in one.entry.media), report.media)
    brought = media.add_all(session, draft.quiz_id, shown, files=files, by=editor, now=now)
    if kept:
        if cases:
            set_columns(session, version_id, vignettes={**facts.vignettes, **cases})
        details: dict[str, object] = {
            "imported": report.format,
            "added": len(names[State.NEW]),
            "changed": len(names[State.CHANGED]),
        }
        note_change(session, draft, editor, details, before=before, now=now)
    return Taken(tuple(names[State.NEW]), tuple(names[State.CHANGED]), tuple(names[State.SAME]), refused, brought)
