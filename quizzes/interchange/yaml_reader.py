"""Values of the expected shape out of a YAML document; whatever has another one is reported at its line."""

from decimal import Decimal, InvalidOperation
from typing import Any

from cme.activities.library.reading import Document, KeyPath
from cme.kernel.text import clean_block, clean_line
from quizzes.rules.limits import NAME

NAME_RULE = "use lower-case letters, digits and hyphens"


MOST_NUMBER = Decimal(10) ** 15


class FolderReader:
    """Takes values of the expected shape out of the document and notes whatever has another one."""

    def __init__(self, document: Document) -> None:
        self.document = document

    def mapping(self, value: Any, path: KeyPath, known: set[str]) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.document.report(path, f"{_named(path)} must be a group of “key: value” lines.")
            return {}
        for key in value:
            if key not in known:
                self.document.report(
                    (*path, key), f"“{key}” is not known here; the known ones are {', '.join(sorted(known))}."
                )
        return value

    def each(
        self, entry: dict[str, Any], key: str, path: KeyPath = (), *, may_miss: bool = False
    ) -> list[tuple[Any, KeyPath]]:
        value = entry.get(key)
        if value is None and may_miss:
            return []
        if not isinstance(value, list) or not value:
            self.document.report((*path, key), f"“{key}” is missing or empty; write a list.")
            return []
        return [(one, (*path, key, index)) for index, one in enumerate(value)]

    def text(self, entry: dict[str, Any], path: KeyPath, key: str, *, most: int, block: bool = False) -> str:
        value = entry.get(key)
        if value is None:
            if entry:
                self.document.report((*path, key), f"“{key}” is missing; write it.")
            return ""
        if not isinstance(value, str):
            self.document.report((*path, key), f"“{key}” must be text; put it in quotation marks.")
            return ""
        text = clean_block(value) if block else clean_line(value)
        if len(text) > most:
            self.document.report((*path, key), f"“{key}” is longer than {most} characters; shorten it.")
        return text[:most]

    def name(self, entry: dict[str, Any], path: KeyPath, key: str, *, most: int = 80) -> str:
        text = self.text(entry, path, key, most=most)
        if text and not NAME.fullmatch(text):
            self.document.report((*path, key), f"“{text}” cannot be a {key}; {NAME_RULE}.")
        return text

    def names(self, entry: dict[str, Any], path: KeyPath, key: str) -> tuple[str, ...]:
        value = entry.get(key, [])
        if not isinstance(value, list):
            self.document.report((*path, key), f"“{key}” must be a list, such as [one, two].")
            return ()
        found: list[str] = []
        for index, one in enumerate(value):
            if not isinstance(one, str) or not NAME.fullmatch(one):
                self.document.report((*path, key, index), f"an entry of “{key}” is not a name; {NAME_RULE}.")
            elif one in found:
                self.document.report((*path, key, index), f"“{one}” stands twice in “{key}”; keep one.")
            else:
                found.append(one)
        return tuple(found)

    def number(self, entry: dict[str, Any], path: KeyPath, key: str) -> int:
        value = entry.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            if entry:
                self.document.report((*path, key), f"“{key}” must be a whole number.")
            return 0
        return value

    def decimal(self, entry: dict[str, Any], path: KeyPath, key: str, *, usual: str | None = None) -> Decimal:
        value = entry.get(key, usual)
        try:
            found = (
                Decimal(str(value)) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else None
            )
        except InvalidOperation:
            found = None
        if found is None or not found.is_finite() or abs(found) >= MOST_NUMBER:
            self.document.report((*path, key), f"“{key}” must be a number, such as 2.5.")
            return Decimal(0)
        return found

    def truth(self, entry: dict[str, Any], path: KeyPath, key: str) -> bool:
        value = entry.get(key, False)
        if not isinstance(value, bool):
            self.document.report((*path, key), f"“{key}” must be true or false.")
            return False
        return value


def _named(path: KeyPath) -> str:
    words = [str(part) for part in path if isinstance(part, str)]
    return f"“{words[-1]}”" if words else "the file"
