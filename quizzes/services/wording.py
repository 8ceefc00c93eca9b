"""Markdown of questions as HTML that is safe to show: raw HTML is text, and only an allow-list of tags comes out."""

from dataclasses import dataclass

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

from quizzes.rules.item import Item

TAGS = {
    "p", "br", "em", "strong", "code", "sub", "sup", "ul", "ol", "li", "blockquote",
    "table", "thead", "tbody", "tr", "th", "td", "a",
}  # fmt: skip
INLINE_TAGS = {"em", "strong", "code", "sub", "sup", "br"}
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = {"http", "https"}


@dataclass(frozen=True, slots=True)
class ItemWords:
    """The item's texts ready to show; choices and rationales by choice key."""

    stem: Markup
    choices: dict[str, Markup]
    rationales: dict[str, Markup]


def block(source: str) -> Markup:
    """Paragraphs, lists and tables."""
    return Markup(nh3.clean(_parser().render(source), tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES))  # noqa: S704


def line(source: str) -> Markup:
    """One line without links: it may stand inside a label."""
    return Markup(nh3.clean(_parser().renderInline(source), tags=INLINE_TAGS, attributes={}))  # noqa: S704


def words_of(item: Item) -> ItemWords:
    """All texts of an item."""
    return ItemWords(
        stem=block(item.stem),
        choices={choice.key: line(choice.text) for choice in item.choices},
        rationales={choice.key: line(choice.rationale) for choice in item.choices},
    )


def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "typographer": False}).enable("table")
