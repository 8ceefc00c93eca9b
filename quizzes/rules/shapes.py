"""What each kind of item needs before it can be published: choices, keys, parts, reasons."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from quizzes.rules.item import Item, Kind

FEWEST_CHOICES = 4
MOST_CHOICES = 5
TRUTHS = ("true", "false")
# How many choices an item of the kind may have.
RANGES = {
    Kind.SINGLE: (FEWEST_CHOICES, MOST_CHOICES),
    Kind.MULTIPLE: (FEWEST_CHOICES, 10),
    Kind.MATCHING: (3, 10),
    Kind.ORDERING: (3, 10),
    Kind.TRUE_FALSE: (2, 2),
    Kind.NUMERIC: (0, 0),
}
FEWEST_STEMS = 2
MOST_STEMS = 10
MOST_ITEM_POINTS = 20


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing to mend, with the item it is about where there is one."""

    sentence: str
    lineage: str | None = None
    field: str | None = None

    @property
    def full(self) -> str:
        """The sentence with the item's name before it."""
        return f"{self.lineage}: {self.sentence}" if self.lineage else self.sentence


@lru_cache(maxsize=10_000)
def kind_problems(item: Item) -> tuple[Obstacle, ...]:
    """The same, remembered: a bank of thousands is asked again whenever one of its items changes."""
    return tuple(kind_obstacles(item))


def kind_obstacles(item: Item) -> Iterator[Obstacle]:
    """Everything that this item's kind asks for and the item does not have."""
    if not 1 <= item.points <= MOST_ITEM_POINTS:
        yield Obstacle(f"A question gives 1 to {MOST_ITEM_POINTS} points.", item.lineage, "points")
    yield from _choices(item)
    if item.kind is Kind.MATCHING:
        yield from _stems(item)
    if item.kind is Kind.ORDERING and sorted(item.order) != sorted(choice.key for choice in item.choices):
        yield Obstacle("The right order does not name every choice once.", item.lineage, "choices")
    if item.kind is Kind.NUMERIC:
        yield from _numeric(item)
    if item.kind in {Kind.MATCHING, Kind.ORDERING, Kind.NUMERIC} and not item.rationale.strip():
        yield Obstacle("There is no rationale: say why the answer is right.", item.lineage, "rationale")


def _choices(item: Item) -> Iterator[Obstacle]:
    name, choices, (fewest, most) = item.lineage, item.choices, RANGES[item.kind]
    if not fewest <= len(choices) <= most:
        wanted = f"{fewest} or {most}" if most - fewest == 1 else f"{fewest} to {most}" if most > fewest else str(most)
        verb = "are" if len(choices) != 1 else "is"
        noun = "choices" if len(choices) != 1 else "choice"
        yield Obstacle(f"There {verb} {len(choices)} {noun}; {wanted} are needed.", name, "choices")
    yield from _keys(item)
    if item.kind is Kind.TRUE_FALSE and choices and tuple(choice.key for choice in choices) != TRUTHS:
        yield Obstacle("The two choices are called “true” and “false”.", name, "choices")
    for key, times in Counter(choice.key for choice in choices).items():
        if times > 1:
            yield Obstacle(f"Two choices are called “{key}”.", name, "choices")
    for text, times in Counter(" ".join(choice.text.casefold().split()) for choice in choices).items():
        if times > 1 and text:
            yield Obstacle("Two choices have the same text.", name, "choices")
    reasons_wanted = item.kind in {Kind.SINGLE, Kind.MULTIPLE, Kind.TRUE_FALSE}
    for choice in choices:
        if not choice.text.strip():
            yield Obstacle(f"Choice {choice.key.upper()} is empty.", name, "choices")
        if reasons_wanted and not choice.rationale.strip():
            verdict = "right" if choice.correct else "wrong"
            sentence = f"Choice {choice.key.upper()} has no rationale: say why it is {verdict}."
            yield Obstacle(sentence, name, "choices")


def _keys(item: Item) -> Iterator[Obstacle]:
    right = len(item.correct_keys)
    if item.kind.has_one_key and right != 1:
        sentence = f"{right or 'No'} choice{'s are' if right > 1 else ' is'} marked as the key; mark one."
        yield Obstacle(sentence, item.lineage, "choices")
    if item.kind is Kind.MULTIPLE and not 0 < right < len(item.choices):
        sentence = "Mark at least one choice as right and leave at least one wrong."
        yield Obstacle(sentence, item.lineage, "choices")


def _stems(item: Item) -> Iterator[Obstacle]:
    keys = {choice.key for choice in item.choices}
    if not FEWEST_STEMS <= len(item.stems) <= MOST_STEMS:
        sentence = f"There are {len(item.stems)} parts; {FEWEST_STEMS} to {MOST_STEMS} are needed."
        yield Obstacle(sentence, item.lineage, "stems")
    for number, stem in enumerate(item.stems, start=1):
        if not stem.text.strip():
            yield Obstacle(f"Part {number} is empty.", item.lineage, "stems")
        if stem.answer not in keys:
            yield Obstacle(f"Part {number} has no right choice.", item.lineage, "stems")
    if len({stem.key for stem in item.stems}) < len(item.stems):
        yield Obstacle("Two parts have the same name.", item.lineage, "stems")


def _numeric(item: Item) -> Iterator[Obstacle]:
    if item.numeric is None:
        yield Obstacle("The right number is missing.", item.lineage, "number")
    elif item.numeric.tolerance < 0:
        yield Obstacle("The tolerance cannot be below zero.", item.lineage, "tolerance")
