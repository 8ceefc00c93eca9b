"""The article's own files: references.yaml, glossary.yaml, figures.yaml with its pictures, article.md."""

from datetime import date
from pathlib import Path
from typing import Any

from cme.activities.library.checks import SLUG, Checks, entries, report_twice
from cme.activities.library.reading import Document, Problem, read_text
from cme.articles.rendering import ArticleSource, FigureSource, judge
from cme.articles.svg import SvgError, clean_svg

REFERENCE_TYPES = ("journal", "book", "chapter", "web", "report")
REFERENCE_KEYS = {
    "key", "type", "authors", "authors_more", "title", "journal", "year", "volume", "issue", "pages", "doi", "pmid",
    "publisher", "url", "accessed", "note",
}  # fmt: skip
GLOSSARY_KEYS = {"key", "term", "definition", "aliases"}
FIGURE_KEYS = {"key", "file", "title", "alt", "caption", "description"}
ARTICLE = "article.md"


def read_references(document: Document) -> list[dict[str, Any]]:
    """The entries, each in the shape the formatter takes."""
    seen: dict[str, str] = {}
    found: list[dict[str, Any]] = []
    if document.value is None:
        return found
    for checks in entries(document, document.value, (), REFERENCE_KEYS):
        report_twice(checks, "key", seen)
        found.append(_reference(checks))
    if not found and not document.problems:
        document.report((), "there is no reference; an article offered for credit needs at least one.")
    return found


def _reference(checks: Checks) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "key": checks.slug("key", 60),
        "type": checks.one_of("type", REFERENCE_TYPES),
        "title": checks.text("title", 600),
        "authors": checks.texts("authors", 120, needed=False),
        "authors_more": checks.truth("authors_more"),
    }
    for key in ("journal", "volume", "issue", "pages", "publisher", "note"):
        if key in checks.value:
            entry[key] = checks.text(key, 400, needed=False)
    if "year" in checks.value:
        entry["year"] = checks.number("year", 1500, 2200)
    if "accessed" in checks.value:
        entry["accessed"] = checks.day("accessed")
    _locators(checks, entry)
    if not any(entry.get(key) for key in ("journal", "publisher", "doi", "pmid", "url")):
        checks.report("key", "nobody could find this source; give journal, publisher, doi, pmid or url.")
    return entry


def _locators(checks: Checks, entry: dict[str, Any]) -> None:
    if "doi" in checks.value:
        entry["doi"] = checks.text("doi", 120)
        if entry["doi"] and not entry["doi"].startswith("10."):
            checks.report("doi", "a DOI begins with 10.; leave out “https://doi.org/”.")
    if "pmid" in checks.value:
        entry["pmid"] = checks.text("pmid", 12)
        if entry["pmid"] and not (entry["pmid"].isascii() and entry["pmid"].isdigit()):
            checks.report("pmid", "a PMID is digits only, in quotation marks.")
    if "url" in checks.value:
        entry["url"] = checks.text("url", 600)
        if entry["url"] and not entry["url"].startswith(("https://", "http://")):
            checks.report("url", "an address begins with https:// or http://.")


def read_glossary(document: Document) -> list[dict[str, Any]]:
    """The terms."""
    seen: dict[str, str] = {}
    found: list[dict[str, Any]] = []
    if document.value is None:
        return found
    for checks in entries(document, document.value, (), GLOSSARY_KEYS):
        report_twice(checks, "key", seen)
        checks.texts("aliases", 120, needed=False)
        found.append(
            {
                "key": checks.slug("key", 80),
                "term": checks.text("term", 120),
                "definition": checks.text("definition", 1200),
            }
        )
    return found


def read_figures(document: Document, folder: Path, problems: list[Problem]) -> list[FigureSource]:
    """The figures with their pictures; what is wrong with a picture goes to `problems` under its own name."""
    seen: dict[str, str] = {}
    found: list[FigureSource] = []
    if document.value is None:
        return found
    for checks in entries(document, document.value, (), FIGURE_KEYS):
        report_twice(checks, "key", seen)
        figure = _figure(checks, folder, problems)
        if figure is not None:
            found.append(figure)
    known = {f"{figure.key}.svg" for figure in found} | {f"{key}.svg" for key in seen}
    for path in sorted((folder / "figures").glob("*.svg")):
        if path.name not in known:
            problems.append(
                Problem(f"figures/{path.name}", "", "this picture is not in figures.yaml; add it there or remove it.")
            )
    return found


def _figure(checks: Checks, folder: Path, problems: list[Problem]) -> FigureSource | None:
    key = checks.slug("key", 60)
    words = {
        "title": checks.text("title", 200),
        "alt": checks.text("alt", 200),
        "caption": checks.text("caption", 2000),
        "description": checks.text("description", 6000),
    }
    file = checks.text("file", 80)
    if not key or not SLUG.fullmatch(key):
        return None
    if file != f"figures/{key}.svg":
        checks.report("file", f"“file” must be figures/{key}.svg, named like the key.")
        return None
    try:
        picture = clean_svg((folder / file).read_bytes())
    except SvgError as error:
        problems.extend(Problem(file, f"line {line}", sentence) for line, sentence in error.problems)
        return FigureSource(key=key, svg="", width=1, height=1, **words)
    except OSError:
        checks.report("file", f"the picture {file} is missing or cannot be read; add it to the folder.")
        return FigureSource(key=key, svg="", width=1, height=1, **words)
    return FigureSource(key=key, svg=picture.svg, width=picture.width, height=picture.height, **words)


def read_article(
    folder: Path,
    *,
    slug: str,
    references: list[dict[str, Any]],
    glossary: list[dict[str, Any]],
    figures: list[FigureSource],
    preview: list[str],
) -> tuple[ArticleSource | None, list[Problem]]:
    """The text with everything it refers to, and what is wrong with it by line."""
    document = Document(ARTICLE)
    text = read_text(folder / ARTICLE, document)
    if text is None:
        return None, document.problems
    source = ArticleSource(slug, text, references, glossary, figures, preview)
    problems = [Problem(ARTICLE, f"line {line}" if line else "", sentence) for line, sentence in judge(source)]
    return source, problems


def report_later_sources(document: Document, references: list[dict[str, Any]], last: date) -> None:
    """Note references published in a year after the text was last reviewed: it cannot rest on them."""
    for index, entry in enumerate(references):
        if (entry.get("year") or 0) > last.year:
            document.report(
                (index, "year"), f"{entry['year']} lies after the article's review in {last.year}; correct one of them."
            )
