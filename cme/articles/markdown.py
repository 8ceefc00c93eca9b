"""The Markdown this project speaks: one parser, one list of what may come out of it."""

import re
from collections.abc import Sequence
from html import escape

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.attrs import attrs_block_plugin

SECTION_ANCHOR = re.compile(r"s-[a-z0-9]+(?:-[a-z0-9]+)*")
PASSAGE_ANCHOR = re.compile(r"p-[a-z0-9]+(?:-[a-z0-9]+)*")
_CITATION = re.compile(r"\[(@[a-z0-9-]+(?:\s*;\s*@[a-z0-9-]+)*)\]")
_FIGURE = re.compile(r"!\[\[([a-z0-9-]+)\]\]")
_SAFE_LINK = re.compile(r"(?:https?://|mailto:|term:|#)", re.IGNORECASE)

_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "caption", "code", "dd", "details", "div", "dl", "dt", "em", "figcaption",
    "figure", "h2", "h3", "i", "img", "li", "ol", "p", "section", "span", "strong", "sub", "summary", "sup", "table",
    "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "*": {"id", "data-passage"},
    "a": {"href", "role", "aria-label", "data-reference", "data-term", "data-figure", "data-zoom"},
    "div": {"role", "tabindex", "aria-label"},
    "img": {"src", "alt", "width", "height", "loading"},
    "ol": {"start"},
    "section": {"data-section", "aria-labelledby"},
    "th": {"scope"},
}
_CLASSES = {
    "a": {"cite", "term"},
    "div": {"table-scroll"},
    "figure": {"figure"},
    "details": {"figure-description"},
    "section": {"key-points"},
    "span": {"cite", "cites", "nowrap"},
    "td": {"number"},
    "th": {"number"},
}


def sanitise(html: str) -> str:
    """The last word on every piece of HTML this room hands out: an allow-list, whatever the steps before did."""
    return nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags={"script", "style"},
        attributes=_ATTRIBUTES,
        allowed_classes=_CLASSES,
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
        strip_comments=True,
    )


def build_parser() -> MarkdownIt:
    """CommonMark with tables, attribute lines, citations and figures; HTML in the text stays text."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.use(attrs_block_plugin, allowed=("id", "caption"))
    parser.inline.ruler.before("link", "citation", _citation_rule)
    # Every target reaches the renderer, which names the bad ones with their line instead of printing them as text.
    parser.validateLink = lambda _url: True  # type: ignore[method-assign]
    return parser


def figure_key(source: str) -> str | None:
    """The key when a paragraph is exactly a figure: `![[key]]`."""
    match = _FIGURE.fullmatch(source.strip())
    return match.group(1) if match else None


def is_safe_link(target: str) -> bool:
    """Whether a link may point there: the web, mail, this page, the glossary."""
    return _SAFE_LINK.match(target) is not None


def plain_text(tokens: Sequence[Token]) -> str:
    """The words of inline tokens: no marks, no citations."""
    words: list[str] = []
    for token in tokens:
        if token.type in {"text", "code_inline", "text_special"}:
            words.append(token.content)
        elif token.type in {"softbreak", "hardbreak"}:
            words.append(" ")
        elif token.type == "image":
            words.append(token.content)
    return "".join(words)


def fragment(source: str) -> str:
    """A stand-alone piece of Markdown (a stem, a page, a caption) as safe HTML, without citations or anchors."""
    return sanitise(_fragments().render(source))


def inline_fragment(source: str) -> str:
    """As `fragment`, for one line: no paragraph around it."""
    return sanitise(_fragments().renderInline(source))


def _fragments() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def _citation_rule(state: StateInline, silent: bool) -> bool:
    match = _CITATION.match(state.src, state.pos)
    if match is None:
        return False
    if not silent:
        token = state.push("citation", "", 0)
        token.content = match.group(0)
        token.meta = {"keys": [part.strip().removeprefix("@") for part in match.group(1).split(";")]}
    state.pos = match.end()
    return True


def tag(name: str, attributes: dict[str, str | None], inner: str) -> str:
    """An element as text; an attribute of None is left out."""
    written = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items() if value is not None)
    return f"<{name}{written}>{inner}</{name}>"
