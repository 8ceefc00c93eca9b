"""Correcting a key: how an answer is graded from now on, and what that does to an attempt that is over."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from quizzes.rules.grading import points_for
from quizzes.rules.item import Item, Kind


class Treatment(StrEnum):
    """What is to be done with the item."""

    KEY = "key"
    """Another key is the right one."""
    ACCEPT = "accept"
    """Any of several choices is right."""
    EVERYONE = "everyone"
    """Everybody gets the points, whatever was answered."""
    DROP = "drop"
    """The item does not count: attempts have so many points less, and need fewer in proportion."""


class Policy(StrEnum):
    """Who may lose by it."""

    NEVER_LOWER = "never_lower"
    """An attempt that would come out worse stays as it is."""
    RESCORE_ALL = "rescore_all"
    """Every attempt is scored anew; credit that was granted is not touched."""


@dataclass(frozen=True, slots=True)
class Change:
    """The act itself."""

    treatment: Treatment
    keys: tuple[str, ...] = ()
    policy: Policy = Policy.NEVER_LOWER


@dataclass(frozen=True, slots=True)
class Standing:
    """An attempt's score."""

    earned: int
    total: int
    needed: int

    @property
    def passed(self) -> bool:
        return self.earned >= self.needed

    def needed_of(self, total: int) -> int:
        """How many of fewer points are the same share as the points needed of these, rounded up."""
        return max(1, -(-self.needed * total // self.total))

    def worse_than(self, other: "Standing") -> bool:
        """A pass lost, or a smaller share of the points; shares are compared without dividing."""
        return (other.passed and not self.passed) or self.earned * other.total < other.earned * self.total


@dataclass(frozen=True, slots=True)
class Regraded:
    """The attempt after the correction, and the points its answer gives now; `kept` says the policy left it alone."""

    before: Standing
    after: Standing
    points: int
    kept: bool

    @property
    def changed(self) -> bool:
        return self.before != self.after


def problem_of(item: Item, change: Change, in_force: Change | None = None) -> str | None:
    """Why the item cannot be corrected that way; None when it can. After a correction that is `in_force` the published
    key may be made the right one again."""
    known = {choice.key for choice in item.choices}
    if change.treatment in {Treatment.EVERYONE, Treatment.DROP}:
        return None
    if not item.kind.has_one_key and not (item.kind is Kind.MULTIPLE and change.treatment is Treatment.KEY):
        return "A question of this kind has no single key. Give everyone the points, or drop it."
    if not change.keys or not set(change.keys) <= known:
        return "Choose one of the question's own choices."
    if change.treatment is Treatment.ACCEPT and len(change.keys) < 2:
        return "Choose at least two choices to accept."
    if change.treatment is Treatment.KEY and item.kind.has_one_key and len(change.keys) != 1:
        return "Choose one choice as the new key."
    if change.treatment is Treatment.KEY and in_force is None and set(change.keys) == set(item.correct_keys):
        return "That is the key already."
    return None


def points_under(change: Change, item: Item, chosen: str | None) -> int:
    """What an answer gives from now on. A dropped item, met in an attempt that was open, gives everybody its points."""
    if change.treatment in {Treatment.EVERYONE, Treatment.DROP}:
        return item.points
    if change.treatment is Treatment.ACCEPT:
        return item.points if chosen in change.keys else 0
    return points_for(corrected(item, change), chosen)


def corrected(item: Item, change: Change) -> Item:
    """The item as its feedback should show it: with the new key, or all accepted ones, marked."""
    if change.treatment not in {Treatment.KEY, Treatment.ACCEPT}:
        return item
    choices = tuple(replace(choice, correct=choice.key in change.keys) for choice in item.choices)
    return replace(item, choices=choices)


def regrade(
    change: Change,
    item: Item,
    before: Standing,
    *,
    chosen: str | None,
    points: int,
    over: bool = True,
    promised: Standing | None = None,
) -> Regraded:
    """An attempt under the correction. `over` is False for one submitted after it, which is graded strictly anew.

    `promised` are the points that the release asks for: when a second item is dropped, the share is taken of them, lest
    what was rounded up once be rounded up again.
    """
    if change.treatment is Treatment.DROP and over and before.total > item.points:
        total = before.total - item.points
        whole = promised if promised is not None and promised.total >= before.total else before
        after = Standing(before.earned - points, total, whole.needed_of(total))
        new_points = 0
    else:
        new_points = points_under(change, item, chosen)
        after = Standing(before.earned - points + new_points, before.total, before.needed)
    if over and change.policy is Policy.NEVER_LOWER and after.worse_than(before):
        return Regraded(before, before, points, kept=True)
    return Regraded(before, after, new_points, kept=False)


def series_of(item: Item) -> str:
    """Names the wording of an item: a changed stem, choice or key begins a new series."""
    said: Sequence[object] = (
        item.kind.value,
        item.stem,
        item.points,
        item.partial,
        [(choice.key, choice.text, choice.correct) for choice in item.choices],
        [(one.key, one.text, one.answer) for one in item.stems],
        list(item.order),
        [str(item.numeric.value), str(item.numeric.tolerance), item.numeric.unit] if item.numeric else None,
    )
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]
