"""quiz.yaml of a library folder: plain values with positions become a quiz, every problem with its line."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cme.activities.library.reading import Document, KeyPath, read_yaml
from quizzes.interchange.delivery_file import delivery_of
from quizzes.interchange.yaml_reader import FolderReader
from quizzes.rules.delivery import TODAY, DeliveryRules
from quizzes.rules.editing import Obstacle
from quizzes.rules.item import POINTS_PER_ITEM, BlueprintLine, ChoiceItem, Item, Kind, Numeric, Status, StemItem, Topic
from quizzes.rules.limits import CHOICE_KEY, MOST_LINE, MOST_SHORT_NAME, MOST_TEXT, MOST_TITLE

TOP_KEYS = {"quiz", "blueprint", "topics", "items", "delivery", "vignettes"}
QUIZ_KEYS = {"key", "title", "pass_points"}
LINE_KEYS = {"label", "topics", "draw", "tags", "points"}
TOPIC_KEYS = {"key", "label"}
ITEM_KEYS = {
    "key", "topic", "objective", "tags", "apart", "stem", "ordered", "choices", "passages", "references",
    "kind", "points", "partial", "stems", "order", "number", "vignette", "rationale", "status",
}  # fmt: skip
STEM_KEYS = {"key", "text", "answer", "rationale"}
NUMBER_KEYS = {"value", "tolerance", "unit"}
VIGNETTE_KEYS = {"key", "text"}
KINDS = [kind.value for kind in Kind]
CHOICE_KEYS = {"key", "text", "correct", "rationale"}


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
    delivery: DeliveryRules = TODAY
    vignettes: dict[str, str] = field(default_factory=dict)
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
    reader = FolderReader(document)
    top = reader.mapping(document.value, (), TOP_KEYS)
    head = reader.mapping(top.get("quiz"), ("quiz",), QUIZ_KEYS)
    quiz.key = reader.name(head, ("quiz",), "key")
    quiz.title = reader.text(head, ("quiz",), "title", most=MOST_TITLE)
    quiz.pass_points = reader.number(head, ("quiz",), "pass_points")
    quiz.topics = tuple(_topic(reader, value, path) for value, path in reader.each(top, "topics"))
    quiz.blueprint = tuple(_line(reader, value, path) for value, path in reader.each(top, "blueprint"))
    quiz.delivery = delivery_of(reader, top)
    quiz.vignettes = dict(_vignette(reader, one, place) for one, place in reader.each(top, "vignettes", may_miss=True))
    items: list[Item] = []
    for value, place in reader.each(top, "items"):
        item = _item(reader, value, place)
        quiz.places.setdefault(item.lineage, place)
        items.append(item)
    quiz.items = tuple(items)
    return quiz


def _topic(reader: FolderReader, value: Any, path: KeyPath) -> Topic:
    entry = reader.mapping(value, path, TOPIC_KEYS)
    return Topic(
        key=reader.name(entry, path, "key", most=MOST_SHORT_NAME),
        label=reader.text(entry, path, "label", most=MOST_LINE),
    )


def _line(reader: FolderReader, value: Any, path: KeyPath) -> BlueprintLine:
    entry = reader.mapping(value, path, LINE_KEYS)
    return BlueprintLine(
        label=reader.text(entry, path, "label", most=MOST_LINE),
        topics=reader.names(entry, path, "topics"),
        draw=reader.number(entry, path, "draw"),
        tags=reader.names(entry, path, "tags"),
        points=reader.number(entry, path, "points") if "points" in entry else POINTS_PER_ITEM,
    )


def _item(reader: FolderReader, value: Any, path: KeyPath) -> Item:
    entry = reader.mapping(value, path, ITEM_KEYS)
    kind = _kind(reader, entry, path)
    found = reader.each(entry, "choices", path, may_miss=kind is Kind.NUMERIC)
    choices = [_choice(reader, one, place) for one, place in found]
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
        kind=kind,
        points=reader.number(entry, path, "points") if "points" in entry else POINTS_PER_ITEM,
        partial=reader.truth(entry, path, "partial"),
        stems=tuple(_stem(reader, one, place) for one, place in reader.each(entry, "stems", path, may_miss=True)),
        order=reader.names(entry, path, "order"),
        numeric=_numeric(reader, entry["number"], (*path, "number")) if "number" in entry else None,
        vignette=reader.name(entry, path, "vignette", most=MOST_SHORT_NAME) if "vignette" in entry else "",
        rationale=_optional(reader, entry, path, "rationale"),
        status=_status(reader, entry, path),
    )


def _status(reader: FolderReader, entry: dict[str, Any], path: KeyPath) -> Status:
    value = entry.get("status", Status.READY.value)
    known = [one.value for one in Status]
    if value not in known:
        reader.document.report((*path, "status"), f"“{value}” is no status; there are {', '.join(known)}.")
        return Status.READY
    return Status(value)


def _kind(reader: FolderReader, entry: dict[str, Any], path: KeyPath) -> Kind:
    value = entry.get("kind", Kind.SINGLE.value)
    if value not in KINDS:
        reader.document.report((*path, "kind"), f"“{value}” is no kind of question; the kinds are {', '.join(KINDS)}.")
        return Kind.SINGLE
    return Kind(value)


def _optional(reader: FolderReader, entry: dict[str, Any], path: KeyPath, key: str) -> str:
    return reader.text(entry, path, key, most=MOST_TEXT, block=True) if key in entry else ""


def _stem(reader: FolderReader, value: Any, path: KeyPath) -> StemItem:
    entry = reader.mapping(value, path, STEM_KEYS)
    return StemItem(
        key=_choice_key(reader, entry, path, "key"),
        text=reader.text(entry, path, "text", most=MOST_TEXT, block=True),
        answer=_choice_key(reader, entry, path, "answer"),
        rationale=_optional(reader, entry, path, "rationale"),
    )


def _numeric(reader: FolderReader, value: Any, path: KeyPath) -> Numeric:
    entry = reader.mapping(value, path, NUMBER_KEYS)
    return Numeric(
        value=reader.decimal(entry, path, "value"),
        tolerance=reader.decimal(entry, path, "tolerance", usual="0"),
        unit=reader.text(entry, path, "unit", most=MOST_SHORT_NAME) if "unit" in entry else "",
    )


def _vignette(reader: FolderReader, value: Any, path: KeyPath) -> tuple[str, str]:
    entry = reader.mapping(value, path, VIGNETTE_KEYS)
    key = reader.name(entry, path, "key", most=MOST_SHORT_NAME)
    return key, reader.text(entry, path, "text", most=MOST_TEXT, block=True)


def _choice_key(reader: FolderReader, entry: dict[str, Any], path: KeyPath, name: str) -> str:
    key = reader.text(entry, path, name, most=8)
    if key and not CHOICE_KEY.fullmatch(key):
        reader.document.report((*path, name), f"“{key}” cannot be a choice's key; use a short one such as a or b.")
    return key


def _choice(reader: FolderReader, value: Any, path: KeyPath) -> ChoiceItem:
    entry = reader.mapping(value, path, CHOICE_KEYS)
    return ChoiceItem(
        key=_choice_key(reader, entry, path, "key"),
        text=reader.text(entry, path, "text", most=MOST_TEXT, block=True),
        correct=reader.truth(entry, path, "correct"),
        rationale=reader.text(entry, path, "rationale", most=MOST_TEXT, block=True),
    )
