"""Our own YAML: one readable file of questions, or a zip with their pictures; nothing is lost either way."""

import posixpath
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from cme.activities.library.reading import MOST_DEPTH, TAGS, Document, KeyPath
from cme.kernel.refusal import Invalid
from quizzes.interchange.archive import Archive, is_zip, pack
from quizzes.interchange.carrying import Capacity
from quizzes.interchange.entry import Entry, Vignette
from quizzes.interchange.media import MediaBag, files_of, sources_of
from quizzes.interchange.plain import entry_of, to_plain_map, vignette_of
from quizzes.interchange.plain_reader import PlainReader
from quizzes.interchange.reasons import ItemRefused, Losses, Reason
from quizzes.interchange.report import Gathering, Report
from quizzes.interchange.text_file import decode

CAPACITY = Capacity()
FILE = "quiz.yaml"
PICTURES = "pictures/"
FORMAT = 1


def read(data: bytes, name: str) -> Report:
    """A file of questions, a quiz.yaml of the library, or a zip holding one of them."""
    bag = MediaBag()
    if is_zip(data):
        archive = Archive(data)
        file = _main_file(archive)
        bag = MediaBag(sources_of(iter(archive.names), archive.read))
        data = archive.read(file)
        name = file
    document = read_document(decode(data), name)
    if document.problems:
        problem = document.problems[0]
        raise Invalid("import_yaml", f"{problem.place}: {problem.sentence}")
    return _gather(document, bag)


def _main_file(archive: Archive) -> str:
    found = [name for name in archive.names if posixpath.basename(name) in {FILE, "questions.yaml"}]
    if len(found) != 1:
        raise Invalid("import_yaml", f"The zip file must hold one {FILE}.")
    return found[0]


def _gather(document: Document, bag: MediaBag) -> Report:
    gathering = Gathering("yaml")
    top = document.value
    if not isinstance(top, dict) or not isinstance(top.get("items"), list):
        raise Invalid("import_yaml", "The file has no list of questions under “items”.")
    head = top.get("questions")
    if isinstance(head, dict):
        gathering.title = str(head.get("title") or "")[:200]
    elif isinstance(top.get("quiz"), dict):
        gathering.title = str(top["quiz"].get("title") or "")[:200]
    ignored = sorted(str(key) for key in top if key not in {"questions", "vignettes", "items"})
    if ignored:
        gathering.note("parts_not_taken", f"Only questions are imported; not taken: {', '.join(ignored)[:200]}.")
    shared = _vignettes(document, top)
    for index, value in enumerate(top["items"]):
        path: KeyPath = ("items", index)

        def build(losses: Losses, value: Any = value, path: KeyPath = path) -> Entry:
            return _entry(document, value, path, shared, bag, losses)

        label = str(value.get("key", ""))[:80] if isinstance(value, dict) else ""
        gathering.take(document.place(*path), build, label=label)
    return gathering.report(bag.taken)


def _vignettes(document: Document, top: dict[str, Any]) -> dict[str, Vignette]:
    reader = PlainReader(document)
    shared: dict[str, Vignette] = {}
    for value, path in reader.each(top, "vignettes", may_miss=True):
        vignette = vignette_of(reader, value, path)
        if vignette.key in shared:
            document.report(path, f"The vignette “{vignette.key}” stands here twice; keep one.")
        shared[vignette.key] = vignette
    if document.problems:
        problem = document.problems[0]
        raise Invalid("import_yaml", f"{problem.place}: {problem.sentence}")
    return shared


def _entry(
    document: Document, value: Any, path: KeyPath, shared: dict[str, Vignette], bag: MediaBag, losses: Losses
) -> Entry:
    own = Document(document.file, lines=document.lines)
    entry = entry_of(PlainReader(own), value, path, vignettes=shared)
    if own.problems:
        raise ItemRefused(*(Reason("yaml_value", f"{one.place}: {one.sentence}") for one in own.problems))
    for picture in entry.media:
        bag.name_of(PICTURES + picture, losses)
    return entry


def read_document(text: str, file: str) -> Document:
    """Plain values with their lines; aliases, tags, repeated keys and deep nesting are problems."""
    document = Document(file)
    try:
        _refuse_growth(text, document)
        node = None if document.problems else yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        document.lines[()] = mark.line + 1 if mark else 1
        document.report((), f"this is not valid YAML ({error.problem}); mend the syntax.")
        return document
    except (yaml.YAMLError, ValueError):
        document.report((), "this is not valid YAML; mend the syntax.")
        return document
    if node is not None:
        document.value = _plain(node, (), document, yaml.SafeLoader(""))
    elif not document.problems:
        document.report((), "the file is empty.")
    return document


def _refuse_growth(text: str, document: Document) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            document.lines[()] = event.start_mark.line + 1
            document.report((), "anchors and aliases (& and *) are not taken; write the value out.")
            return
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MOST_DEPTH:
                document.lines[()] = event.start_mark.line + 1
                document.report((), f"nested more than {MOST_DEPTH} levels deep; flatten it.")
                return
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _plain(node: yaml.Node, path: KeyPath, document: Document, loader: yaml.SafeLoader) -> Any:
    document.lines.setdefault(path, node.start_mark.line + 1)
    if node.tag.removeprefix("tag:yaml.org,2002:") not in TAGS:
        document.report(path, f"the tag “{node.tag[:60]}” is not taken; write a plain value.")
        return None
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, index), document, loader) for index, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            if key is None or key in values:
                document.lines[(*path, "")] = key_node.start_mark.line + 1
                document.report((*path, ""), "a key stands here twice or is not a plain word; keep one.")
                continue
            document.lines[(*path, key)] = key_node.start_mark.line + 1
            values[key] = _plain(value_node, (*path, key), document, loader)
        return values
    if node.tag.endswith(":float"):
        return str(node.value)  # a decimal number keeps the digits it was written with
    try:
        return loader.construct_object(node)
    except (ValueError, OverflowError, yaml.YAMLError):
        document.report(path, "this is not a valid value; put it in quotation marks if it is text.")
        return None


def write(entries: Sequence[Entry], title: str, media: Mapping[str, bytes] | None = None) -> bytes:
    """The questions as YAML; as a zip when there are pictures to go with them."""
    cases = dict.fromkeys(entry.vignette for entry in entries if entry.vignette)
    keys = [case.key for case in cases]
    shared = {case.key: case for case in cases if keys.count(case.key) == 1}
    value: dict[str, Any] = {"questions": {"format": FORMAT, "title": title}}
    if shared:
        value["vignettes"] = [{"key": one.key, "text": one.text} for one in shared.values()]
    value["items"] = [
        to_plain_map(entry, with_vignette=entry.vignette is None or entry.vignette.key not in shared)
        for entry in entries
    ]
    text = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110, indent=2).encode()
    used = files_of((name for entry in entries for name in entry.media), media or {})
    return pack({FILE: text, **{PICTURES + name: data for name, data in used.items()}}) if used else text


class _Dumper(yaml.CSafeDumper):
    """Long texts as blocks, so that a comparison of two versions shows lines."""


def _text(dumper: yaml.CSafeDumper, value: str) -> yaml.Node:
    style = "|" if "\n" in value else ">" if len(value) > 90 else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)
