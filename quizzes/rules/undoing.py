"""Undoing: which change of a draft can be taken back or done again, and what a change is called."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Step(StrEnum):
    """What kind of change a draft saw."""

    DONE = "done"
    UNDONE = "undone"
    REDONE = "redone"
    SEALED = "sealed"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a draft; `reversed` says that a later one took it back."""

    change_id: int
    step: Step
    reversed: bool = False


def to_undo(changes: Sequence[Change]) -> Change | None:
    """The latest change that still stands; None after a change of which nothing was kept. Oldest first."""
    standing = (one for one in reversed(changes) if not one.reversed and one.step is not Step.UNDONE)
    found = next(standing, None)
    return found if found and found.step is not Step.SEALED else None


def to_redo(changes: Sequence[Change]) -> Change | None:
    """The latest undoing that stands, as long as nothing new was done after it. Oldest first."""
    for one in reversed(changes):
        if one.step in {Step.DONE, Step.SEALED}:
            return None
        if one.step is Step.UNDONE and not one.reversed:
            return one
    return None


def in_words(what: Mapping[str, Any]) -> str:
    """What a change did, as the end of a sentence: “took out question “x””.

    `words` says it outright; the other shapes are those of the services that edit one thing.
    """
    if "words" in what:
        return str(what["words"])
    if "imported" in what:
        counts = f"{what.get('added', 0)} added, {what.get('changed', 0)} changed"
        return f"imported a {str(what['imported']).upper()} file: {counts}"
    if "question" in what:
        parts = ", ".join(what.get("parts", ()))
        return f"edited question “{what['question']}”" + (f" ({parts})" if parts else "")
    for name, verb in (("added", "added"), ("removed", "took out"), ("moved", "moved")):
        if name in what:
            return f"{verb} question “{what[name]}”"
    if "rules" in what:
        return f"changed the {', '.join(what['rules'])}"
    return "changed the draft"
