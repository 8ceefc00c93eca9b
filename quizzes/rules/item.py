"""What a quiz is made of, as frozen values: choices, items, blueprint lines, one version of a quiz."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

POINTS_PER_ITEM = 1


@dataclass(frozen=True, slots=True)
class ChoiceItem:
    """One option and the reason why it is right or wrong. `key` is its name inside the item, not the letter shown."""

    key: str
    text: str
    correct: bool
    rationale: str


@dataclass(frozen=True, slots=True)
class Item:
    """A single-best-answer question. Texts are Markdown; `lineage` follows it through all versions of its quiz."""

    lineage: str
    topic: str
    objective: str
    stem: str
    choices: tuple[ChoiceItem, ...]
    ordered: bool = False
    """True keeps the choices in their written order."""
    tags: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    """Lineages of items that would give this one away."""
    passages: tuple[str, ...] = ()
    references: tuple[str, ...] = ()

    @property
    def correct_key(self) -> str | None:
        """The key of the right choice; None in a draft that has none yet."""
        return next((choice.key for choice in self.choices if choice.correct), None)

    @property
    def fingerprint(self) -> str:
        """Changes whenever anything about the item changes: how an editor's save knows what it was made from."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class BlueprintLine:
    """How many items an attempt draws from some topics."""

    label: str
    topics: tuple[str, ...]
    draw: int


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as editors and blueprints name it."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class QuizVersionFacts:
    """One version with its items by question number, in their order."""

    version_id: int
    quiz_id: int
    quiz_key: str
    title: str
    number: int
    state: str
    edition: int
    blueprint: tuple[BlueprintLine, ...]
    topics: tuple[Topic, ...]
    items: Mapping[int, Item]

    @property
    def total_points(self) -> int:
        """Points of one attempt."""
        return sum(line.draw for line in self.blueprint) * POINTS_PER_ITEM

    @property
    def is_draft(self) -> bool:
        return self.state == "draft"

    def topic_label(self, key: str) -> str:
        """The topic as people read it."""
        return next((topic.label for topic in self.topics if topic.key == key), key)
