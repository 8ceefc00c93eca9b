"""What stands against a question, as its editor reads it: each note with a way to the field that it means."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from quizzes.rules.item import Item
from quizzes.rules.linting import STANDARD, Policy, lint
from quizzes.rules.shapes import Obstacle

LETTERS = "abcdefghij"
_FIELDS = {"choices": "choices-0-text", "stems": "stems-0-text"}


@dataclass(frozen=True, slots=True)
class ShownNote:
    """One note; `at` is the id of the field, empty where the page has no form."""

    code: str
    place: str
    words: str
    sentence: str
    mend: str
    blocks: bool
    at: str


def notes_on(item: Item, rows: Mapping[str, int], *, in_form: bool, policy: Policy = STANDARD) -> list[ShownNote]:
    """The linter's notes, those that block first. Choices are called by the letters of their rows in the form."""
    return [
        ShownNote(
            code=note.code.value,
            place=note.place,
            words=note.words,
            sentence=note.sentence,
            mend=note.mend,
            blocks=note.blocks,
            at=_field(note.code.value, note.place) if in_form else "",
        )
        for note in lint(lettered(item, rows), policy)
    ]


def obstacles_beside(notes: Sequence[ShownNote], obstacles: Iterable[Obstacle]) -> list[tuple[str, str]]:
    """(sentence, id of its field) of the obstacles that no note of the linter says already, with how to mend it."""
    said = {note.sentence for note in notes if note.blocks}
    reasons = any(note.code == "rationale_missing" for note in notes)
    return [
        (one.sentence, field_id(one.field))
        for one in obstacles
        if one.sentence not in said and not (reasons and "no rationale" in one.sentence)
    ]


def summary_of(notes: Sequence[ShownNote], obstacles: Sequence[tuple[str, str]]) -> str:
    """One sentence for those who hear the page."""
    to_mend = sum(note.blocks for note in notes) + len(obstacles)
    advice = sum(not note.blocks for note in notes)
    if not to_mend and not advice:
        return "Nothing to mend."
    return f"{to_mend or 'Nothing'} to mend, {advice or 'no'} {'piece' if advice == 1 else 'pieces'} of advice."


def lettered(item: Item, rows: Mapping[str, int]) -> Item:
    """The item with its choices named by their rows: an editor sees "Choice B", whatever its lasting key is."""
    names = {choice.key: LETTERS[rows.get(choice.key, place)] for place, choice in enumerate(item.choices)}
    return replace(
        item,
        choices=tuple(replace(choice, key=names[choice.key]) for choice in item.choices),
        stems=tuple(replace(stem, answer=names.get(stem.answer, "")) for stem in item.stems),
        order=tuple(names.get(key, key) for key in item.order),
    )


def field_id(field: str | None) -> str:
    """The id of the form's field of that name."""
    return _FIELDS.get(field or "", field or "")


def _field(code: str, place: str) -> str:
    part, _, letter = place.partition(" ")
    if part == "choice":
        return f"choices-{LETTERS.index(letter.lower())}-text"
    if part == "rationale":
        return f"choices-{LETTERS.index(letter.lower())}-rationale"
    if part == "item":
        missing = {"passage_missing": "passages", "reference_missing": "references", "objective_missing": "objective"}
        return missing.get(code, "rationale" if code == "rationale_missing" else "stem")
    return part
