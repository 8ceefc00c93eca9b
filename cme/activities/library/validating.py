"""Judging a whole library folder: every file, every problem, nothing written."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from cme.activities.facts import FolderFacts
from cme.activities.library.activity_file import ActivityFile, read_activity
from cme.activities.library.article_files import (
    ARTICLE,
    read_article,
    read_figures,
    read_glossary,
    read_references,
    report_later_sources,
)
from cme.activities.library.reading import Document, Problem, read_toml, read_yaml
from cme.articles.markdown import build_parser
from cme.articles.rendering import ArticleSource

ACTIVITY = "activity.toml"
REFERENCES = "references.yaml"
GLOSSARY = "glossary.yaml"
FIGURES = "figures.yaml"
OWN_FILES = (ACTIVITY, ARTICLE, REFERENCES, GLOSSARY, FIGURES)


class FileLoader(Protocol):
    """How another part judges and takes in its own file of the folder."""

    @property
    def validate(self) -> Callable[[Path, Any], list[str]]: ...
    @property
    def load(self) -> Callable[..., list[str]]: ...


@dataclass(slots=True)
class Folder:
    """A library folder as read. `activity` and `source` are there when `problems` is empty."""

    path: Path
    digests: dict[str, str] = field(default_factory=dict)
    activity: ActivityFile | None = None
    source: ArticleSource | None = None
    facts: FolderFacts | None = None
    problems: list[Problem] = field(default_factory=list)

    @property
    def article_digest(self) -> str:
        """SHA-256 over everything the revision is made from."""
        assert self.activity is not None
        parts = {name: digest for name, digest in self.digests.items() if is_article_file(name)}
        made = {"files": parts, "title": self.activity.title, "preview": self.activity.preview}
        return hashlib.sha256(json.dumps(made, sort_keys=True).encode()).hexdigest()


def is_article_file(name: str) -> bool:
    """Whether a change of this file changes the article's text."""
    return name in {ARTICLE, REFERENCES, GLOSSARY, FIGURES} or name.startswith("figures/")


def digests_of(path: Path, others: Iterable[str]) -> dict[str, str]:
    """SHA-256 by file name, of every file that belongs to the folder and is there."""
    names = [*OWN_FILES, *others, *(f"figures/{one.name}" for one in sorted((path / "figures").glob("*.svg")))]
    return {name: hashlib.sha256((path / name).read_bytes()).hexdigest() for name in names if (path / name).is_file()}


def validate_folder(path: Path, loaders: Mapping[str, FileLoader]) -> Folder:
    """Read and judge everything; `folder.problems` names all that is wrong, each with its place.

    Where a file cannot be read at all, what refers to it is not judged: one sentence instead of a hundred.
    """
    folder = Folder(path)
    if not path.is_dir():
        folder.problems.append(Problem(str(path), "", "this is not a folder; give the module's folder."))
        return folder
    folder.digests = digests_of(path, loaders)
    toml = read_toml(path / ACTIVITY)
    companions = [read_yaml(path / name) for name in (REFERENCES, GLOSSARY, FIGURES)]
    references_file, glossary_file, figures_file = companions
    activity = folder.activity = read_activity(toml)
    references = read_references(references_file)
    pictures: list[Problem] = []
    folder.source, text_problems = read_article(
        path,
        slug=activity.slug if activity else "",
        references=[entry for entry in references if entry["key"]],
        glossary=read_glossary(glossary_file),
        figures=read_figures(figures_file, path, pictures),
        preview=activity.preview if activity else [],
    )
    passages, sections = _anchors(folder.source)
    if activity is not None:
        _report_preview(toml, activity, sections if folder.source else set(activity.preview))
        released, reviewed = activity.release.released_on, activity.release.reviewed_on
        report_later_sources(references_file, references, max(released, reviewed or released))
    for document in (toml, *companions):
        folder.problems += document.problems
    if all(document.value is not None for document in companions) or folder.source is None:
        folder.problems += [*pictures, *text_problems]
    if activity is not None:
        folder.facts = FolderFacts(
            slug=activity.slug,
            anchors=frozenset(passages),
            references=frozenset(entry["key"] for entry in references),
            objectives=activity.objectives,
            total_points=activity.release.total_points,
            pass_points=activity.release.pass_points,
        )
    readable = folder.source is not None and references_file.value is not None
    for name, loader in loaders.items():
        folder.problems += _ask(path, name, loader, folder.facts if readable else None)
    return folder


def _report_preview(document: Document, activity: ActivityFile, sections: set[str]) -> None:
    for index, anchor in enumerate(activity.preview):
        if anchor not in sections:
            document.report(("preview", index), f"the article has no ## section with the anchor “{anchor}”.")


def _ask(path: Path, name: str, loader: FileLoader, facts: FolderFacts | None) -> list[Problem]:
    if not (path / name).is_file():
        return [Problem(name, "", "this file is missing; add it to the folder.")]
    if facts is None:
        return []
    return [
        Problem(name, "", sentence.removeprefix(f"{name}: ").removeprefix(f"{path / name}: "))
        for sentence in loader.validate(path / name, facts)
    ]


def _anchors(source: ArticleSource | None) -> tuple[set[str], set[str]]:
    """Anchors of the passages, and of the level-two sections."""
    passages: set[str] = set()
    sections: set[str] = set()
    for token in build_parser().parse(source.markdown) if source else ():
        anchor = str(token.attrs.get("id", ""))
        if anchor and token.level == 0 and token.nesting >= 0:
            if token.type != "heading_open":
                passages.add(anchor)
            elif token.tag == "h2":
                sections.add(anchor)
    return passages, sections
