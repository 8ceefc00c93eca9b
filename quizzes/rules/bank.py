"""The bank as editors look through it: one line per question, found by words and properties, in a wanted order."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from quizzes.rules.item import Item, Status
from quizzes.rules.linting import lint

MOST_KEPT = 20_000


@dataclass(frozen=True)
class BankLine:
    """One question of one quiz as it is now: in its draft, else in its published version."""

    question_id: int
    quiz_id: int
    version_id: int
    version_number: int
    quiz_title: str
    in_draft: bool
    in_review: bool
    topic_label: str
    item: Item
    held: frozenset[str]
    """Causes of its open holds."""

    @cached_property
    def words(self) -> str:
        """Everything that is searched."""
        return words_of_item(self.item)

    @cached_property
    def notes(self) -> tuple[int, int]:
        """Notes of the linter: to mend, and advice."""
        return count_notes(self.item)

    @cached_property
    def state(self) -> str:
        """One word for where it stands: held before everything else, then retired, then what waits for a reviewer."""
        if self.held:
            return "held"
        if self.item.status is not Status.READY:
            return self.item.status.value
        return "in_review" if self.in_review else "ready"


STATES = {"draft": "Draft", "in_review": "In review", "ready": "Ready", "held": "Held", "retired": "Retired"}
NOTES = {"blocking": "With notes to mend", "any": "With any note", "none": "Without notes"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for; empty parts ask for nothing."""

    words: str = ""
    quiz_id: int | None = None
    topic: str = ""
    objective: str = ""
    tag: str = ""
    kind: str = ""
    state: str = ""
    notes: str = ""
    alarm: bool = False

    def fits(self, line: BankLine) -> bool:
        """Whether the line has everything that is asked for; what costs most is asked last."""
        item = line.item
        return (
            (self.quiz_id is None or line.quiz_id == self.quiz_id)
            and (not self.topic or item.topic == self.topic)
            and (not self.objective or item.objective == self.objective)
            and (not self.tag or self.tag in item.tags)
            and (not self.kind or item.kind.value == self.kind)
            and (not self.state or line.state == self.state)
            and (not self.alarm or "alarm" in line.held)
            and (not self.words or all(word in line.words for word in self.words.casefold().split()))
            and (not self.notes or _has_notes(line.notes, self.notes))
        )


@dataclass(frozen=True, slots=True)
class Offered:
    """What the lines of a bank can be filtered by."""

    topics: tuple[str, ...] = ()
    objectives: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, for whoever types one."""
        return tuple(sorted({*self.topics, *self.objectives, *self.tags}))


@lru_cache(maxsize=MOST_KEPT)
def words_of_item(item: Item) -> str:
    """Everything of an item that is searched, without regard to case."""
    parts = [item.lineage, item.stem, item.rationale, *item.tags]
    for one in (*item.choices, *item.stems):
        parts += [one.text, one.rationale]
    return "\n".join(parts).casefold()


def offered(lines: Iterable[BankLine]) -> Offered:
    """The values that occur, each once, in order."""
    items = [line.item for line in lines]
    return Offered(
        topics=tuple(sorted({item.topic for item in items if item.topic})),
        objectives=tuple(sorted({item.objective for item in items if item.objective})),
        tags=tuple(sorted({tag for item in items for tag in item.tags})),
    )


def count_notes(item: Item) -> tuple[int, int]:
    """Notes of the linter: to mend, and advice."""
    notes = lint(item)
    blocking = sum(note.blocks for note in notes)
    return blocking, len(notes) - blocking


def _has_notes(notes: tuple[int, int], wanted: str) -> bool:
    blocking, advice = notes
    return {"blocking": blocking > 0, "any": blocking + advice > 0, "none": blocking + advice == 0}.get(wanted, True)


ORDERS: dict[str, Callable[[BankLine], Any]] = {
    "name": lambda line: line.item.lineage,
    "quiz": lambda line: (line.quiz_title.casefold(), line.quiz_id),
    "topic": lambda line: line.topic_label.casefold(),
    "kind": lambda line: line.item.kind.value,
    "state": lambda line: list(STATES).index(line.state),
    "notes": lambda line: line.notes,
}


def in_order(lines: Sequence[BankLine], order: str, *, down: bool) -> list[BankLine]:
    """Sorted by one property; what is equal there stays in the order of its quiz."""
    return sorted(lines, key=ORDERS[order], reverse=down) if order in ORDERS else list(lines)
