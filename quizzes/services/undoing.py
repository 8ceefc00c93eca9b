"""Taking back the latest change of a draft, step by step, and doing it again."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from cme.kernel.refusal import Refused
from quizzes.models.quiz import QUESTIONS, Question
from quizzes.queries.draft_changes import ChangeLine, Steps, before_image_of, steps_of
from quizzes.rules.undoing import Step
from quizzes.services.drafts import Draft, lock, note_change, same_edition, set_columns
from quizzes.services.remembering import CHOICES, Before, remember
from quizzes.services.writing import in_parts, remove_items


def undo(session: Session, version_id: int, *, edition: int, editor: int, now: datetime) -> ChangeLine:
    """Take back the latest change, whoever made it; gives that change.

    `edition` is the draft's as the editor saw it: the button names one change, and only that one is taken back.
    Refuses: Conflict when the draft moved on; nothing to take back; a version that is no draft.
    """
    return _reverse(session, version_id, lambda steps: steps.undo, Step.UNDONE, edition, editor, now)


def redo(session: Session, version_id: int, *, edition: int, editor: int, now: datetime) -> ChangeLine:
    """Do the change again that was taken back last; gives it. Refuses as `undo` does."""
    return _reverse(session, version_id, lambda steps: steps.redo, Step.REDONE, edition, editor, now)


def _reverse(
    session: Session,
    version_id: int,
    choose: Callable[[Steps], ChangeLine | None],
    step: Step,
    edition: int,
    editor: int,
    now: datetime,
) -> ChangeLine:
    draft = lock(session, version_id)
    same_edition(draft, edition)
    change = choose(steps_of(session, version_id))
    if change is None:
        verb = "taken back" if step is Step.UNDONE else "done again"
        raise Refused("nothing_to_reverse", f"There is no change of this draft that could be {verb}.")
    before = _restore(session, draft, change.change_id)
    note_change(session, draft, editor, dict(change.what), before=before, now=now, step=step, reverses=change.change_id)
    return change


def _restore(session: Session, draft: Draft, change_id: int) -> Before:
    """Bring back what the change replaced; gives what stood there until now."""
    surroundings, questions = before_image_of(session, change_id)
    present = _numbers(session, draft.version_id, [one[0] for one in questions])
    gone = [present[lineage] for lineage, position, _content in questions if position is None and lineage in present]
    whole = [row for row in questions if row[1] is not None and row[2]]
    places = {present[one[0]]: one[1] for one in questions if one[1] is not None and not one[2]}
    written_over = [present[lineage] for lineage, _position, _content in whole if lineage in present]
    before = remember(
        session,
        draft.version_id,
        questions=[*gone, *written_over],
        moved=list(places),
        added=[lineage for lineage, _position, _content in whole if lineage not in present],
        surroundings=list(surroundings),
    )
    if surroundings:
        set_columns(session, draft.version_id, **surroundings)
    remove_items(session, gone)
    if places:
        session.execute(update(Question), [{"id": one, "position": place} for one, place in places.items()])
    _write(session, draft.version_id, present, whole)
    return before


def _numbers(session: Session, version_id: int, lineages: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in in_parts(lineages):
        rows: Any = session.execute(
            select(QUESTIONS.c.lineage, QUESTIONS.c.id).where(
                QUESTIONS.c.version_id == version_id, QUESTIONS.c.lineage.in_(part)
            )
        )
        found |= {row[0]: row[1] for row in rows}
    return found


def _write(
    session: Session, version_id: int, present: Mapping[str, int], whole: Sequence[tuple[str, Any, Any]]
) -> None:
    """Write questions in full, with their choices: over those that are there, the others anew."""
    if not whole:
        return
    rows = [
        {"lineage": lineage, "position": position, **_known(content["question"], QUESTIONS)}
        for lineage, position, content in whole
    ]
    there = [{**row, "number": present[row["lineage"]]} for row in rows if row["lineage"] in present]
    if there:
        session.execute(update(QUESTIONS).where(QUESTIONS.c.id == bindparam("number")), there)
        for part in in_parts([row["number"] for row in there]):
            session.execute(delete(CHOICES).where(CHOICES.c.question_id.in_(part)))
    fresh = [{**row, "version_id": version_id} for row in rows if row["lineage"] not in present]
    if fresh:
        session.execute(insert(QUESTIONS), fresh)
    numbers = _numbers(session, version_id, [lineage for lineage, _position, _content in whole])
    choices = [
        {"question_id": numbers[lineage], **_known(choice, CHOICES)}
        for lineage, _position, content in whole
        for choice in content["choices"]
    ]
    if choices:
        session.execute(insert(CHOICES), choices)


def _known(values: Mapping[str, Any], table: Table) -> dict[str, Any]:
    """Without columns that the table has lost since."""
    return {name: value for name, value in values.items() if name in table.c}
