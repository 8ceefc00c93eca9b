"""Doing the same to many questions: tag, move to another topic or objective, retire."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from enum import StrEnum

from quizzes.rules.item import Item, Status
from quizzes.rules.limits import MOST_NAMES, MOST_SHORT_NAME, NAME


class Act(StrEnum):
    """What can be done to many questions at once."""

    TAG = "tag"
    UNTAG = "untag"
    TOPIC = "topic"
    OBJECTIVE = "objective"
    RETIRE = "retire"
    READY = "ready"
    DRAFT = "draft"

    @property
    def label(self) -> str:
        """As editors read it."""
        return _LABELS[self]

    @property
    def asks(self) -> bool:
        """Whether it needs a name: of a tag, a topic or an objective."""
        return self in {Act.TAG, Act.UNTAG, Act.TOPIC, Act.OBJECTIVE}


_LABELS = {
    Act.TAG: "Add a tag",
    Act.UNTAG: "Take a tag off",
    Act.TOPIC: "Move to a topic",
    Act.OBJECTIVE: "Move to a learning objective",
    Act.RETIRE: "Retire",
    Act.READY: "Make ready again",
    Act.DRAFT: "Set aside as not ready",
}


@dataclass(frozen=True, slots=True)
class Bulk:
    """One act with its name, if it needs one."""

    act: Act
    name: str = ""

    @property
    def problem(self) -> str:
        """Why this cannot be asked for at all; empty when it can."""
        most = MOST_SHORT_NAME if self.act in {Act.TOPIC, Act.OBJECTIVE} else 80
        if not self.act.asks:
            return ""
        if not self.name:
            return "Say which tag, topic or objective."
        if len(self.name) > most or not NAME.fullmatch(self.name):
            return f"Use lower-case letters, digits and hyphens, at most {most}."
        return ""

    def words(self, count: int) -> str:
        """What was done to so many questions, as the end of a sentence."""
        several = f"{count} question{'' if count == 1 else 's'}"
        return {
            Act.TAG: f"tagged {several} “{self.name}”",
            Act.UNTAG: f"took the tag “{self.name}” off {several}",
            Act.TOPIC: f"moved {several} to the topic “{self.name}”",
            Act.OBJECTIVE: f"moved {several} to the objective “{self.name}”",
            Act.RETIRE: f"retired {several}",
            Act.READY: f"made {several} ready",
            Act.DRAFT: f"set {several} aside as not ready",
        }[self.act]

    def refusal(self, item: Item, topics: Collection[str]) -> str:
        """Why it cannot be done to this item of a quiz with these topics; empty when it can."""
        if self.act is Act.TOPIC and self.name not in topics:
            return f"Its quiz has no topic “{self.name}”."
        if self.act is Act.TAG and self.name not in item.tags and len(item.tags) >= MOST_NAMES:
            return f"It has {MOST_NAMES} tags already."
        return ""

    def done_to(self, item: Item) -> Item:
        """The item afterwards; an equal one where there is nothing to do."""
        return _WAYS[self.act](item, self.name)


def _tagged(item: Item, name: str) -> Item:
    return item if name in item.tags else replace(item, tags=(*item.tags, name))


def _untagged(item: Item, name: str) -> Item:
    return replace(item, tags=tuple(tag for tag in item.tags if tag != name))


_WAYS: dict[Act, Callable[[Item, str], Item]] = {
    Act.TAG: _tagged,
    Act.UNTAG: _untagged,
    Act.TOPIC: lambda item, name: replace(item, topic=name),
    Act.OBJECTIVE: lambda item, name: replace(item, objective=name),
    Act.RETIRE: lambda item, _name: replace(item, status=Status.RETIRED),
    Act.READY: lambda item, _name: replace(item, status=Status.READY),
    Act.DRAFT: lambda item, _name: replace(item, status=Status.DRAFT),
}
