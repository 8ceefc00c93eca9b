"""What a quiz is made of, as frozen values: choices, items, blueprint lines, one version of a quiz."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from enum import StrEnum

from quizzes.rules.delivery import TODAY, DeliveryRules

POINTS_PER_ITEM = 1


class Kind(StrEnum):
    """What a learner is asked to do."""

    SINGLE = "single"
    MULTIPLE = "multiple"
    MATCHING = "matching"
    ORDERING = "ordering"
    NUMERIC = "numeric"
    TRUE_FALSE = "true_false"

    @property
    def label(self) -> str:
        """As editors read it."""
        return _LABELS[self]

    @property
    def has_one_key(self) -> bool:
        """Whether exactly one choice is right."""
        return self in {Kind.SINGLE, Kind.TRUE_FALSE}


_LABELS = {
    Kind.SINGLE: "Single best answer",
    Kind.MULTIPLE: "Multiple response",
    Kind.MATCHING: "Extended matching",
    Kind.ORDERING: "Ordering",
    Kind.NUMERIC: "Number",
    Kind.TRUE_FALSE: "True or false",
}


class Status(StrEnum):
    """Where an item stands in its bank; only a ready one is drawn. Held and in review are told by rows beside it."""

    DRAFT = "draft"
    READY = "ready"
    RETIRED = "retired"

    @property
    def label(self) -> str:
        """As editors read it."""
        return self.value.capitalize()


@dataclass(frozen=True, slots=True)
class ChoiceItem:
    """One option and the reason why it is right or wrong. `key` is its name inside the item, not the letter shown."""

    key: str
    text: str
    correct: bool
    rationale: str


@dataclass(frozen=True, slots=True)
class StemItem:
    """One of several questions that share an option list; `answer` is the key of its choice."""

    key: str
    text: str
    answer: str
    rationale: str = ""


@dataclass(frozen=True, slots=True)
class Numeric:
    """The number asked for: right is whatever differs by no more than the tolerance."""

    value: Decimal
    tolerance: Decimal = Decimal(0)
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A question of any kind. Texts are Markdown; `lineage` follows it through all versions of its quiz."""

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
    kind: Kind = Kind.SINGLE
    points: int = POINTS_PER_ITEM
    """What a fully right answer gives."""
    partial: bool = False
    """True gives part of the points for part of the answer (several choices, matching, ordering)."""
    stems: tuple[StemItem, ...] = ()
    order: tuple[str, ...] = ()
    """Keys of the choices in the right sequence (ordering)."""
    numeric: Numeric | None = None
    vignette: str = ""
    """The key of a case that several questions share; its text belongs to the version."""
    rationale: str = ""
    """What explains the whole question, beside the rationale of each choice."""
    status: Status = Status.READY

    @property
    def is_drawn(self) -> bool:
        """Whether new attempts may get it, and publishing asks that it be complete."""
        return self.status is Status.READY

    @property
    def correct_keys(self) -> tuple[str, ...]:
        """Keys of the right choices, as written."""
        return tuple(choice.key for choice in self.choices if choice.correct)

    @property
    def correct_key(self) -> str | None:
        """The key of the right choice; None in a draft that has none yet."""
        return next((choice.key for choice in self.choices if choice.correct), None)

    @property
    def texts(self) -> tuple[str, ...]:
        """Every Markdown text of the item."""
        parts = (*self.choices, *self.stems)
        return (self.stem, self.rationale, *(one.text for one in parts), *(one.rationale for one in parts))

    @property
    def fingerprint(self) -> str:
        """Changes whenever anything about the item changes: how an editor's save knows what it was made from."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True, default=str).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class BlueprintLine:
    """How many items an attempt draws from some topics; with tags, only items that carry one of them."""

    label: str
    topics: tuple[str, ...]
    draw: int
    tags: tuple[str, ...] = ()
    points: int = POINTS_PER_ITEM
    """What each of its items gives, so that every attempt has the same total."""

    def takes(self, topic: str, tags: tuple[str, ...]) -> bool:
        """Whether an item of this topic with these tags may be drawn here."""
        return topic in self.topics and (not self.tags or any(tag in tags for tag in self.tags))


def points_of(blueprint: tuple[BlueprintLine, ...]) -> int:
    """Points of one attempt."""
    return sum(line.draw * line.points for line in blueprint)


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
    delivery: DeliveryRules = TODAY
    vignettes: Mapping[str, str] = field(default_factory=dict[str, str])
    """Cases that several items share, by key."""

    @property
    def total_points(self) -> int:
        """Points of one attempt."""
        return points_of(self.blueprint)

    @property
    def is_draft(self) -> bool:
        return self.state == "draft"

    def topic_label(self, key: str) -> str:
        """The topic as people read it."""
        return next((topic.label for topic in self.topics if topic.key == key), key)
