"""The reference list: AMA style (11th edition), as HTML with links and as plain text."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Any
from urllib.parse import quote

from cme.articles.markdown import sanitise
from cme.kernel.days import MONTHS

MOST_AUTHORS = 6
SHOWN_OF_MANY = 3


@dataclass(frozen=True, slots=True)
class FormattedReference:
    """One entry as it is shown and as it is copied."""

    key: str
    html: str
    text: str
    doi: str | None
    pmid: str | None


def format_reference(entry: Mapping[str, Any]) -> FormattedReference:
    """The entry in AMA style. `entry` is one of references.yaml, already judged."""
    parts = [_authors(entry), *_BODIES[entry["type"]](entry), *_locators(entry), _note(entry)]
    shown = [(html, text) for html, text in parts if text]
    return FormattedReference(
        key=entry["key"],
        html=sanitise(" ".join(html for html, _text in shown)),
        text=" ".join(text for _html, text in shown),
        doi=entry.get("doi"),
        pmid=str(entry["pmid"]) if entry.get("pmid") else None,
    )


Piece = tuple[str, str]
NOTHING: Piece = ("", "")


def _plain(text: str) -> Piece:
    return escape(text), text


def _sentence(text: str) -> Piece:
    """With a full stop, unless it ends in a mark of its own."""
    text = text.strip()
    return _plain(text if not text or text[-1] in ".?!" else f"{text}.")


def _italic(text: str) -> Piece:
    html, plain = _sentence(text)
    return (f"<em>{html.removesuffix('.')}</em>" + ("." if html.endswith(".") else ""), plain) if plain else NOTHING


def _authors(entry: Mapping[str, Any]) -> Piece:
    names = list(entry.get("authors", ()))
    more = bool(entry.get("authors_more"))
    if len(names) > MOST_AUTHORS or (more and len(names) > SHOWN_OF_MANY):
        names, more = names[:SHOWN_OF_MANY], True
    if not names:
        return NOTHING
    return _sentence(", ".join(names) + (", et al" if more else ""))


def _journal(entry: Mapping[str, Any]) -> list[Piece]:
    where = str(entry.get("year", ""))
    if entry.get("volume") or entry.get("issue"):
        where += f";{entry.get('volume', '')}"
    if entry.get("issue"):
        where += f"({entry['issue']})"
    if entry.get("pages"):
        where += f":{entry['pages']}"
    return [_sentence(entry["title"]), _italic(entry.get("journal", "")), _sentence(where)]


def _imprint(entry: Mapping[str, Any]) -> Piece:
    return _sentence("; ".join(str(entry[key]) for key in ("publisher", "year") if entry.get(key)))


def _book(entry: Mapping[str, Any]) -> list[Piece]:
    return [_italic(entry["title"]), _imprint(entry)]


def _chapter(entry: Mapping[str, Any]) -> list[Piece]:
    pages = entry.get("pages")
    imprint = "; ".join(str(entry[key]) for key in ("publisher", "year") if entry.get(key))
    return [_sentence(entry["title"]), _sentence(f"{imprint}:{pages}" if pages and imprint else imprint)]


def _web(entry: Mapping[str, Any]) -> list[Piece]:
    pieces = [_sentence(entry["title"]), _sentence(entry.get("publisher", ""))]
    if entry.get("year"):
        pieces.append(_sentence(f"Published {entry['year']}"))
    return pieces


_BODIES = {"journal": _journal, "book": _book, "chapter": _chapter, "report": _book, "web": _web}


def _locators(entry: Mapping[str, Any]) -> list[Piece]:
    pieces: list[Piece] = []
    accessed = entry.get("accessed")
    if isinstance(accessed, date):
        pieces.append(_plain(f"Accessed {MONTHS[accessed.month - 1]} {accessed.day}, {accessed.year}."))
    if doi := entry.get("doi"):
        pieces.append(_link(f"https://doi.org/{quote(doi, safe='/():;')}", f"doi:{doi}"))
    elif url := entry.get("url"):
        pieces.append(_link(url, url))
    if pmid := entry.get("pmid"):
        pieces.append(_link(f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/", f"PMID {pmid}"))
    return pieces


def _link(target: str, words: str) -> Piece:
    return f'<a href="{escape(target)}">{escape(words)}</a>', words


def _note(entry: Mapping[str, Any]) -> Piece:
    return _sentence(entry.get("note", ""))
