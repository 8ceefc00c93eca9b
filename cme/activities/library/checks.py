"""Taking values of the expected shape out of a document and noting, with its place, whatever has another one."""

import re
from collections.abc import Collection, Iterator
from datetime import date, datetime
from typing import Any

from cme.activities.library.reading import Document, Key, KeyPath
from cme.kernel.text import clean_block

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class Checks:
    """Looks at one mapping of a document. Every method gives a usable value, so that one error hides no other."""

    def __init__(self, document: Document, value: Any, path: KeyPath, known: Collection[str]) -> None:
        self.document = document
        self.path = path
        self.value: dict[str, Any] = {}
        if not isinstance(value, dict):
            document.report(path, "a group of keys with values is expected here.")
            self._fall_silent()
            return
        self.value = value
        for key in value:
            if key not in known:
                self.report(key, f"“{key}” is not known here; known are {', '.join(sorted(known))}.")

    def _fall_silent(self) -> None:
        """The whole is missing and that was said: its parts need not be named one by one."""
        self.document = Document(self.document.file)

    def report(self, key: Key, sentence: str) -> None:
        """Note a problem at that key."""
        self.document.report((*self.path, key), sentence)

    def text(self, key: str, most: int, *, needed: bool = True) -> str:
        """A text of at most `most` characters, trimmed."""
        found = self.value.get(key)
        if found is None:
            if needed:
                self.report(key, f"“{key}” is missing; write a text.")
            return ""
        if not isinstance(found, str):
            self.report(key, f"“{key}” must be a text; put it in quotation marks.")
            return ""
        words = clean_block(found)
        if needed and not words:
            self.report(key, f"“{key}” is empty; write a text.")
        if len(words) > most:
            self.report(key, f"“{key}” has {len(words)} characters; {most} are the limit.")
        return words

    def slug(self, key: str, most: int) -> str:
        """A short name in small letters, digits and hyphens."""
        found = self.text(key, most)
        if found and not SLUG.fullmatch(found):
            self.report(key, f"“{found}” does not fit; use small letters, digits and single hyphens.")
        return found

    def one_of(self, key: str, allowed: Collection[str]) -> str:
        """One of the allowed words."""
        found = self.text(key, 80)
        if found and found not in allowed:
            self.report(key, f"“{found}” is not one of {', '.join(allowed)}.")
        return found

    def number(self, key: str, low: int, high: int, *, needed: bool = True, default: int = 0) -> int:
        """A whole number from low to high."""
        found = self.value.get(key)
        if found is None:
            if needed:
                self.report(key, f"“{key}” is missing; write a whole number.")
            return default
        if not isinstance(found, int) or isinstance(found, bool) or not low <= found <= high:
            self.report(key, f"“{key}” must be a whole number from {low} to {high}.")
            return default
        return found

    def truth(self, key: str, *, default: bool = False) -> bool:
        """true or false."""
        found = self.value.get(key, default)
        if not isinstance(found, bool):
            self.report(key, f"“{key}” must be true or false.")
            return default
        return found

    def day(self, key: str, *, needed: bool = True) -> date | None:
        """A calendar day."""
        found = self.value.get(key)
        if found is None:
            if needed:
                self.report(key, f"“{key}” is missing; write a day such as 2027-08-09.")
            return None
        if not isinstance(found, date) or isinstance(found, datetime):
            self.report(key, f"“{key}” must be a day such as 2027-08-09, without quotation marks and without a time.")
            return None
        return found

    def texts(self, key: str, most: int, *, needed: bool = True) -> list[str]:
        """A list of texts."""
        found = self.value.get(key)
        if found is None:
            if needed:
                self.report(key, f"“{key}” is missing; write a list of texts.")
            return []
        if not isinstance(found, list) or not all(isinstance(one, str) and one.strip() for one in found):
            self.report(key, f"“{key}” must be a list of texts.")
            return []
        if needed and not found:
            self.report(key, f"“{key}” is an empty list; write at least one text.")
        if any(len(one) > most for one in found):
            self.report(key, f"One text of “{key}” has more than {most} characters.")
        return [clean_block(one) for one in found]

    def group(self, key: str, known: Collection[str]) -> "Checks":
        """A mapping inside this one."""
        if key not in self.value:
            self.report(key, f"the group “{key}” is missing; add it.")
            inner = Checks(self.document, {}, (*self.path, key), known)
            inner._fall_silent()
            return inner
        return Checks(self.document, self.value[key], (*self.path, key), known)

    def each(self, key: str, known: Collection[str], *, needed: bool = True) -> Iterator["Checks"]:
        """The mappings of a list inside this one."""
        found = self.value.get(key)
        if found is None:
            if needed:
                self.report(key, f"“{key}” is missing; write a list.")
            return
        yield from entries(self.document, found, (*self.path, key), known)


def entries(document: Document, value: Any, path: KeyPath, known: Collection[str]) -> Iterator[Checks]:
    """The mappings of a list."""
    if not isinstance(value, list):
        document.report(path, "a list is expected here, each entry beginning with a hyphen.")
        return
    for index, one in enumerate(value):
        yield Checks(document, one, (*path, index), known)


def report_twice(checks: Checks, key: str, seen: dict[str, str]) -> None:
    """Note that this entry's key was used before; remember it."""
    name = checks.value.get(key)
    if not isinstance(name, str):
        return
    if name in seen:
        checks.report(key, f"“{name}” is already used at {seen[name]}; choose another.")
    else:
        seen[name] = checks.document.place(*checks.path, key)
