"""Markdown of questions as HTML that is safe to show: raw HTML is text, and only an allow-list of tags comes out."""

from dataclasses import dataclass, field

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

from quizzes.rules.item import Item, Kind

TAGS = {
    "p", "br", "em", "strong", "code", "sub", "sup", "ul", "ol", "li", "blockquote",
    "table", "thead", "tbody", "tr", "th", "td", "a",
}  # fmt: skip
INLINE_TAGS = {"em", "strong", "code", "sub", "sup", "br"}
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = {"http", "https"}
NO_WORDS = Markup()


@dataclass(frozen=True, slots=True)
class ItemWords:
    """The item's texts ready to show; choices and rationales by choice key."""

    stem: Markup
    choices: dict[str, Markup]
    rationales: dict[str, Markup]
    kind: Kind = Kind.SINGLE
    stems: dict[str, Markup] = field(default_factory=dict)
    stem_rationales: dict[str, Markup] = field(default_factory=dict)
    unit: str = ""
    rationale: Markup = NO_WORDS


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
        kind=item.kind,
        stems={stem.key: line(stem.text) for stem in item.stems},
        stem_rationales={stem.key: line(stem.rationale) for stem in item.stems},
        unit=item.numeric.unit if item.numeric else "",
        rationale=block(item.rationale) if item.rationale else NO_WORDS,
    )


def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "typographer": False}).enable("table")
