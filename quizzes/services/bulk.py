"""Doing the same to many questions of one or several quizzes: what it would do, then all of it or nothing."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from cme.kernel.refusal import Conflict, Invalid
from quizzes.models.quiz import Question
from quizzes.queries.uploads import base_of
from quizzes.queries.versions import version_facts
from quizzes.rules.bulk import Bulk
from quizzes.rules.item import Item, QuizVersionFacts
from quizzes.services.authoring import open_draft
from quizzes.services.drafts import Draft, lock, note_change, same_edition
from quizzes.services.remembering import remember


@dataclass(frozen=True, slots=True)
class Effect:
    """What a bulk act would do in one quiz; names of questions."""

    quiz_id: int
    title: str
    base: tuple[int, int]
    """Version and edition that was looked at."""
    opens_draft: bool
    changes: tuple[str, ...]
    same: tuple[str, ...]
    refused: Mapping[str, str]


def effect_of(facts: QuizVersionFacts, lineages: Collection[str], bulk: Bulk) -> Effect:
    """What the act would do to these questions of the version, which is the quiz's draft or its published one."""
    topics = {topic.key for topic in facts.topics}
    changes: list[str] = []
    same: list[str] = []
    refused: dict[str, str] = {}
    for item in facts.items.values():
        if item.lineage not in lineages:
            continue
        reason = bulk.refusal(item, topics)
        if reason:
            refused[item.lineage] = reason
        else:
            (same if bulk.done_to(item) == item else changes).append(item.lineage)
    return Effect(
        quiz_id=facts.quiz_id,
        title=facts.title,
        base=(facts.version_id, facts.edition),
        opens_draft=bool(changes) and not facts.is_draft,
        changes=tuple(changes),
        same=tuple(same),
        refused=refused,
    )


def change_many(
    session: Session,
    chosen: Mapping[int, tuple[tuple[int, int], Collection[str]]],
    bulk: Bulk,
    *,
    editor: int,
    now: datetime,
) -> int:
    """Do it in the drafts of these quizzes, opening those that are not open; gives how many questions changed.

    `chosen` has for each quiz the base that was looked at and the names of questions. One change per draft, so one
    Undo takes it back. Refuses: Invalid for an act that says too little; Conflict when one of the quizzes moved on.
    """
    if bulk.problem:
        raise Invalid("bulk_invalid", bulk.problem)
    changed = 0
    for quiz_id in sorted(chosen):
        base, lineages = chosen[quiz_id]
        if base_of(session, quiz_id) != base:
            raise Conflict(
                "draft_changed", "One of these quizzes changed meanwhile. Look at the effect once more, then try again."
            )
        seen = version_facts(session, base[0])
        assert seen is not None  # base_of has just found it
        if effect_of(seen, lineages, bulk).changes:
            draft = lock(session, open_draft(session, quiz_id, editor=editor, now=now))
            same_edition(draft, base[1] if seen.is_draft else 1)
            changed += _change(session, draft, lineages, bulk, editor, now)
    return changed


def _change(session: Session, draft: Draft, lineages: Collection[str], bulk: Bulk, editor: int, now: datetime) -> int:
    version_id = draft.version_id
    facts = version_facts(session, version_id)
    assert facts is not None  # its row is locked
    wanted = set(effect_of(facts, lineages, bulk).changes)
    numbers = {number: item for number, item in facts.items.items() if item.lineage in wanted}
    before = remember(session, version_id, questions=list(numbers))
    session.execute(update(Question), [_columns(number, bulk.done_to(item)) for number, item in numbers.items()])
    note_change(session, draft, editor, {"words": bulk.words(len(numbers))}, before=before, now=now)
    return len(numbers)


def _columns(number: int, item: Item) -> dict[str, object]:
    """All that a bulk act may touch."""
    return {
        "id": number,
        "topic": item.topic,
        "objective": item.objective,
        "tags": list(item.tags),
        "status": item.status.value,
    }
