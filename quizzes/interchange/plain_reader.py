"""The folder's reader with what only exchanged questions hold: optional words, keys, percentages, choices of words."""

import re
from enum import StrEnum
from typing import Any, TypeVar

from cme.activities.library.reading import KeyPath
from quizzes.interchange.yaml_reader import NAME_RULE, FolderReader
from quizzes.rules.limits import CHOICE_KEY

_Word = TypeVar("_Word", bound=StrEnum)


class PlainReader(FolderReader):
    """Every method gives a usable value back; what was wrong stands in the document."""

    def optional(self, entry: dict[str, Any], path: KeyPath, key: str, *, most: int, block: bool = False) -> str:
        """Words that need not be there."""
        return self.text(entry, path, key, most=most, block=block) if entry.get(key) is not None else ""

    def optional_name(self, entry: dict[str, Any], path: KeyPath, key: str, *, most: int) -> str:
        """A name that need not be there."""
        return self.name(entry, path, key, most=most) if entry.get(key) is not None else ""

    def words(self, entry: dict[str, Any], path: KeyPath, key: str, shape: re.Pattern[str]) -> tuple[str, ...]:
        """A list of words of one shape, each once."""
        value = entry.get(key, [])
        if not isinstance(value, list):
            self.document.report((*path, key), f"“{key}” must be a list, such as [one, two].")
            return ()
        found: list[str] = []
        for index, one in enumerate(value):
            if not isinstance(one, str) or not shape.fullmatch(one) or one in found:
                self.document.report((*path, key, index), f"an entry of “{key}” cannot stand there; {NAME_RULE}.")
            else:
                found.append(one)
        return tuple(found)

    def key(self, entry: dict[str, Any], path: KeyPath, key: str, what: str) -> str:
        """The short key of a part."""
        text = self.text(entry, path, key, most=8)
        if text and not CHOICE_KEY.fullmatch(text):
            self.document.report((*path, key), f"“{text}” cannot be {what}; use a short one such as a or b.")
        return text

    def percent(self, entry: dict[str, Any], path: KeyPath, key: str) -> int | None:
        """A whole percentage, or nothing."""
        value = entry.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 100:
            self.document.report((*path, key), f"“{key}” must be a whole number of percent from -100 to 100.")
            return None
        return value

    def one_of(self, entry: dict[str, Any], path: KeyPath, key: str, words: tuple[_Word, ...], usual: _Word) -> _Word:
        """One of some words; the usual one when not said."""
        value = entry.get(key)
        if value is None:
            return usual
        found = next((word for word in words if word.value == value), None)
        if found is None:
            self.document.report((*path, key), f"“{key}” must be one of {', '.join(word.value for word in words)}.")
            return usual
        return found
