"""What was worked out about the questions of a version: after a change only the changed ones are asked again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from quizzes.rules.item import Item

Value = TypeVar("Value")


class Memory(Protocol):
    """Remembers, or does not; what it gives is the same either way."""

    def each(self, name: str, about: Any, work_out: Callable[[int, Item], Value]) -> Mapping[int, Value]:
        """Something about every question by its number, in order. It depends on the question and `about` alone."""
        ...

    def same(self, name: str, about: Any, work_out: Callable[[], Value]) -> Value:
        """Something about the version that depends on `about` alone."""
        ...


@dataclass(frozen=True, slots=True)
class NoMemory:
    """Works out everything anew: for whoever decides, not shows."""

    items: Mapping[int, Item]

    def each(self, name: str, about: Any, work_out: Callable[[int, Item], Value]) -> Mapping[int, Value]:
        del name, about
        return {number: work_out(number, item) for number, item in self.items.items()}

    def same(self, name: str, about: Any, work_out: Callable[[], Value]) -> Value:
        del name, about
        return work_out()


@dataclass(frozen=True, slots=True)
class _Known:
    about: Any
    items: Mapping[int, Item]
    found: Any


class LastingMemory:
    """Keeps the latest answer under each name through all editions of a version.

    An answer about a question holds for this very object: a question that was read again is asked again. Two threads
    may look at two editions at once; each then compares with whatever the other left, and both are right.
    """

    def __init__(self) -> None:
        self._kept: dict[str, _Known] = {}

    def each(
        self, name: str, about: Any, items: Mapping[int, Item], work_out: Callable[[int, Item], Value]
    ) -> Mapping[int, Value]:
        """Of these items; see `Memory`."""
        last = self._kept.get(name)
        if last is None or last.about != about:
            found = {number: work_out(number, item) for number, item in items.items()}
        elif last.items is items:
            return last.found
        else:
            before, old = last.items, last.found
            found = {
                number: old[number] if before.get(number) is item else work_out(number, item)
                for number, item in items.items()
            }
        self._kept[name] = _Known(about, items, found)
        return found

    def same(self, name: str, about: Any, work_out: Callable[[], Value]) -> Value:
        """See `Memory`."""
        last = self._kept.get(name)
        if last is not None and last.about == about:
            return last.found
        found = work_out()
        self._kept[name] = _Known(about, {}, found)
        return found
