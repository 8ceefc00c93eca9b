"""quiz.yaml of a library folder: plain values with positions become a quiz, every problem with its line."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cme.activities.library.reading import Document, KeyPath, read_yaml
from cme.kernel.text import clean_block, clean_line
from quizzes.rules.editing import Obstacle
from quizzes.rules.item import BlueprintLine, ChoiceItem, Item, Topic
from quizzes.rules.limits import CHOICE_KEY, MOST_LINE, MOST_SHORT_NAME, MOST_TEXT, MOST_TITLE, NAME

TOP_KEYS = {"quiz", "blueprint", "topics", "items"}
QUIZ_KEYS = {"key", "title", "pass_points"}
LINE_KEYS = {"label", "topics", "draw"}
TOPIC_KEYS = {"key", "label"}
ITEM_KEYS = {
    "key", "topic", "objective", "tags", "apart", "stem", "ordered", "choices", "passages", "references",
}  # fmt: skip
CHOICE_KEYS = {"key", "text", "correct", "rationale"}
NAME_RULE = "use lower-case letters, digits and hyphens"


@dataclass(slots=True)
class QuizFile:
    """What the file says, as far as it could be read; `document` holds the problems and the lines."""

    document: Document
    key: str = ""
    title: str = ""
    pass_points: int = 0
    blueprint: tuple[BlueprintLine, ...] = ()
    topics: tuple[Topic, ...] = ()
    items: tuple[Item, ...] = ()
    places: dict[str, KeyPath] = field(default_factory=dict)
    """Where each item begins."""

    def report(self, obstacle: Obstacle) -> None:
        """Note an obstacle at its line."""
        path: KeyPath = self.places.get(obstacle.lineage or "", ())
        if obstacle.field and (*path, obstacle.field) in self.document.lines:
            path = (*path, obstacle.field)
        self.document.report(path, obstacle.full)


def read_quiz(path: Path) -> QuizFile:
    """Read the file. Never raises for what the file holds: look at `document.problems`."""
    document = read_yaml(path)
    quiz = QuizFile(document)
    if document.value is None:
        return quiz
    reader = _Reader(document)
    top = reader.mapping(document.value, (), TOP_KEYS)
    head = reader.mapping(top.get("quiz"), ("quiz",), QUIZ_KEYS)
    quiz.key = reader.name(head, ("quiz",), "key")
    quiz.title = reader.text(head, ("quiz",), "title", most=MOST_TITLE)
    quiz.pass_points = reader.number(head, ("quiz",), "pass_points")
    quiz.topics = tuple(_topic(reader, value, path) for value, path in reader.each(top, "topics"))
    quiz.blueprint = tuple(_line(reader, value, path) for value, path in reader.each(top, "blueprint"))
    items: list[Item] = []
    for value, place in reader.each(top, "items"):
        item = _item(reader, value, place)
        quiz.places.setdefault(item.lineage, place)
        items.append(item)
    quiz.items = tuple(items)
    return quiz


def _topic(reader: "_Reader", value: Any, path: KeyPath) -> Topic:
    entry = reader.mapping(value, path, TOPIC_KEYS)
    return Topic(
        key=reader.name(entry, path, "key", most=MOST_SHORT_NAME),
        label=reader.text(entry, path, "label", most=MOST_LINE),
    )


def _line(reader: "_Reader", value: Any, path: KeyPath) -> BlueprintLine:
    entry = reader.mapping(value, path, LINE_KEYS)
    return BlueprintLine(
        label=reader.text(entry, path, "label", most=MOST_LINE),
        topics=reader.names(entry, path, "topics"),
        draw=reader.number(entry, path, "draw"),
    )


def _item(reader: "_Reader", value: Any, path: KeyPath) -> Item:
    entry = reader.mapping(value, path, ITEM_KEYS)
    choices = [_choice(reader, one, place) for one, place in reader.each(entry, "choices", path)]
    return Item(
        lineage=reader.name(entry, path, "key"),
        topic=reader.name(entry, path, "topic", most=MOST_SHORT_NAME),
        objective=reader.name(entry, path, "objective", most=MOST_SHORT_NAME),
        stem=reader.text(entry, path, "stem", most=MOST_TEXT, block=True),
        ordered=reader.truth(entry, path, "ordered"),
        choices=tuple(choices),
        tags=reader.names(entry, path, "tags"),
        apart=reader.names(entry, path, "apart"),
        passages=reader.names(entry, path, "passages"),
        references=reader.names(entry, path, "references"),
    )


def _choice(reader: "_Reader", value: Any, path: KeyPath) -> ChoiceItem:
    entry = reader.mapping(value, path, CHOICE_KEYS)
    key = reader.text(entry, path, "key", most=8)
    if key and not CHOICE_KEY.fullmatch(key):
        reader.document.report((*path, "key"), f"“{key}” cannot be a choice's key; use a short one such as a or b.")
    return ChoiceItem(
        key=key,
        text=reader.text(entry, path, "text", most=MOST_TEXT, block=True),
        correct=reader.truth(entry, path, "correct"),
        rationale=reader.text(entry, path, "rationale", most=MOST_TEXT, block=True),
    )


class _Reader:
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

    def each(self, entry: dict[str, Any], key: str, path: KeyPath = ()) -> list[tuple[Any, KeyPath]]:
        value = entry.get(key)
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

    def truth(self, entry: dict[str, Any], path: KeyPath, key: str) -> bool:
        value = entry.get(key, False)
        if not isinstance(value, bool):
            self.document.report((*path, key), f"“{key}” must be true or false.")
            return False
        return value


def _named(path: KeyPath) -> str:
    words = [str(part) for part in path if isinstance(part, str)]
    return f"“{words[-1]}”" if words else "the file"
