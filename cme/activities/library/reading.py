"""Data files with positions: YAML by line, TOML by key path, both without anything that could run or grow."""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

MOST_BYTES = 2 * 1024 * 1024
MOST_DEPTH = 20
TAGS = {"seq", "map", "str", "int", "float", "bool", "null", "timestamp"}

Key = str | int
KeyPath = tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend: `place` is "line 12" or a key path such as "release.zone"."""

    file: str
    place: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.file}: {self.place}: {self.sentence}" if self.place else f"{self.file}: {self.sentence}"


@dataclass(slots=True)
class Document:
    """A file's plain values, where each of them stands, and what is wrong with them so far."""

    file: str
    value: Any = None
    lines: dict[KeyPath, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, *path: Key) -> str:
        """ "line 12" of the nearest known part, or the key path where there are no lines."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.lines:
                return f"line {self.lines[path[:length]]}"
        return key_path(path)

    def report(self, path: KeyPath, sentence: str) -> None:
        """Note a problem at that part of the document."""
        self.problems.append(Problem(self.file, self.place(*path), sentence))


def key_path(path: KeyPath) -> str:
    """ "release.offers[0].type"."""
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text


def read_text(path: Path, document: Document) -> str | None:
    """The file's text; None with a problem noted when there is none to be had."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        document.problems.append(Problem(document.file, "", "this file is missing; add it to the folder."))
        return None
    except OSError as error:
        document.problems.append(Problem(document.file, "", f"this file cannot be read ({error.strerror})."))
        return None
    if len(raw) > MOST_BYTES:
        document.problems.append(Problem(document.file, "", "this file is larger than 2 MB; split or shorten it."))
        return None
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        document.problems.append(
            Problem(document.file, f"line {line}", "this is not UTF-8 text; save the file as UTF-8.")
        )
        return None


def read_yaml(path: Path, file: str | None = None) -> Document:
    """A YAML file of plain values. Refuses aliases, tags, repeated keys and deep nesting, each with its line."""
    document = Document(file or path.name)
    text = read_text(path, document)
    if text is None:
        return document
    try:
        _refuse_growth(text, document)
        if document.problems:
            return document
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}" if mark else ""
        document.problems.append(
            Problem(document.file, place, f"this is not valid YAML ({error.problem}); mend the syntax.")
        )
        return document
    except yaml.YAMLError as error:
        words = " ".join(str(error).split())
        document.problems.append(Problem(document.file, "", f"this is not valid YAML ({words}); mend the syntax."))
        return document
    if node is None:
        document.problems.append(
            Problem(document.file, "line 1", "the file is empty; write its content, or [] for an empty list.")
        )
        return document
    document.value = _plain(node, (), document, yaml.SafeLoader(""))
    return document


def read_toml(path: Path, file: str | None = None) -> Document:
    """A TOML file. The parser keeps no positions, so problems name the key path."""
    document = Document(file or path.name)
    text = read_text(path, document)
    if text is None:
        return document
    try:
        document.value = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+), column \d+\)", str(error))
        words = re.sub(r"\s*\(at [^)]*\)$", "", str(error))
        place = f"line {found.group(1)}" if found else "end of file"
        document.problems.append(Problem(document.file, place, f"this is not valid TOML ({words}); mend the syntax."))
    return document


def _refuse_growth(text: str, document: Document) -> None:
    """One pass over the events, before anything is built: ten aliases of ten aliases would not fit into memory."""
    depth = 0
    documents = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                document.problems.append(
                    Problem(document.file, f"line {line}", "a second document begins here; keep one.")
                )
                return
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            document.problems.append(
                Problem(
                    document.file, f"line {line}", "anchors and aliases (& and *) are not taken; write the value out."
                )
            )
            return
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MOST_DEPTH:
                document.problems.append(
                    Problem(document.file, f"line {line}", f"nested more than {MOST_DEPTH} levels deep; flatten it.")
                )
                return
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _plain(node: yaml.Node, path: KeyPath, document: Document, loader: yaml.SafeLoader) -> Any:
    document.lines.setdefault(path, node.start_mark.line + 1)
    if node.tag.removeprefix("tag:yaml.org,2002:") not in TAGS:
        document.report(path, f"the tag “{node.tag}” is not taken; write a plain value.")
        return None
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, index), document, loader) for index, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, document, loader)
    return _scalar(node, path, document, loader)


def _mapping(node: yaml.MappingNode, path: KeyPath, document: Document, loader: yaml.SafeLoader) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
        if key is None:
            document.problems.append(Problem(document.file, f"line {line}", "a key must be a plain word."))
            continue
        if key in values:
            document.problems.append(
                Problem(document.file, f"line {line}", f"“{key}” stands here twice; keep one of them.")
            )
            continue
        document.lines[(*path, key)] = line
        values[key] = _plain(value_node, (*path, key), document, loader)
    return values


def _scalar(node: yaml.Node, path: KeyPath, document: Document, loader: yaml.SafeLoader) -> Any:
    try:
        return loader.construct_object(node)
    except (ValueError, yaml.YAMLError):
        document.report(path, f"“{node.value}” is not a valid value here; put it in quotation marks if it is text.")
        return None
