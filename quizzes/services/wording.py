"""Markdown of questions as HTML that is safe to show: raw HTML is text, and only an allow-list of tags comes out.

Beside CommonMark and tables: `H~2~O` and `10^3^` for letters below and above the line, and `![words](name.png)` for a
picture or a short video of the quiz, whose captions come with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from mdit_py_plugins.subscript import sub_plugin
from mdit_py_plugins.superscript import superscript_plugin

from quizzes.rules.item import Item, Kind
from quizzes.rules.media import ADDRESS, MEDIA_TYPES, Medium

MEDIA_TAGS = {"img", "video", "source", "track"}
TAGS = {
    "p", "br", "em", "strong", "code", "sub", "sup", "ul", "ol", "li", "blockquote",
    "table", "thead", "tbody", "tr", "th", "td", "a", *MEDIA_TAGS,
}  # fmt: skip
INLINE_TAGS = {"em", "strong", "code", "sub", "sup", "br", "img"}
ATTRIBUTES: dict[str, set[str]] = {
    "a": {"href", "title"},
    "ol": {"start"},
    "img": {"src", "alt", "width", "height", "loading"},
    "video": {"controls", "preload", "playsinline", "width", "height", "aria-label"},
    "source": {"src", "type"},
    "track": {"kind", "src", "srclang", "label", "default"},
}
SCHEMES = {"http", "https"}
NO_WORDS = Markup()
NO_MEDIA: Mapping[str, Medium] = {}
LANGUAGES = {"en": "English", "de": "Deutsch", "es": "Español", "fr": "Français", "it": "Italiano", "pt": "Português"}


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
    broad: frozenset[str] = frozenset()
    """Keys of choices and parts that hold lists, tables or several paragraphs: they cannot stand inside a label."""


def block(source: str, media: Mapping[str, Medium] = NO_MEDIA) -> Markup:
    """Paragraphs, lists and tables."""
    return _clean(_parser().render(source, {"media": media, "films": True}), TAGS)


def line(source: str, media: Mapping[str, Medium] = NO_MEDIA) -> Markup:
    """One line without links and videos: it may stand inside a label."""
    return _clean(_parser().renderInline(source, {"media": media, "films": False}), INLINE_TAGS)


def passage(source: str, media: Mapping[str, Medium] = NO_MEDIA) -> Markup:
    """A rationale: one line where it is one, else paragraphs, lists and tables."""
    if is_broad(source):
        return block(source, media)
    return _clean(_parser().renderInline(source, {"media": media, "films": True}), TAGS)


def is_broad(source: str) -> bool:
    """Whether the text is more than one paragraph."""
    if "\n" not in source and source[:1].isalnum() and not source[:1].isdigit():
        return False
    tokens = _parser().parse(source)
    return bool(tokens) and [token.type for token in tokens] != ["paragraph_open", "inline", "paragraph_close"]


def words_of(item: Item, media: Mapping[str, Medium] = NO_MEDIA) -> ItemWords:
    """All texts of an item. `media` are the pictures and videos of its quiz."""
    broad = frozenset(one.key for one in (*item.choices, *item.stems) if is_broad(one.text))

    def shown(key: str, text: str) -> Markup:
        return block(text, media) if key in broad else line(text, media)

    return ItemWords(
        stem=block(item.stem, media),
        choices={choice.key: shown(choice.key, choice.text) for choice in item.choices},
        rationales={choice.key: passage(choice.rationale, media) for choice in item.choices},
        kind=item.kind,
        stems={stem.key: shown(stem.key, stem.text) for stem in item.stems},
        stem_rationales={stem.key: passage(stem.rationale, media) for stem in item.stems},
        unit=item.numeric.unit if item.numeric else "",
        rationale=block(item.rationale, media) if item.rationale else NO_WORDS,
        broad=broad,
    )


def shows_media(item: Item) -> bool:
    """Whether a text of the item may show a picture or a video."""
    return any("![" in text for text in item.texts)


def _clean(html: str, tags: set[str]) -> Markup:
    wanted = {tag: names for tag, names in ATTRIBUTES.items() if tag in tags}
    if "src=" not in html:  # nothing to look at one by one
        return Markup(nh3.clean(html, tags=tags, attributes=wanted, url_schemes=SCHEMES))  # noqa: S704
    cleaned = nh3.clean(html, tags=tags, attributes=wanted, url_schemes=SCHEMES, attribute_filter=_only_ours)
    return Markup(cleaned)  # noqa: S704


def _only_ours(tag: str, attribute: str, value: str) -> str | None:
    """Pictures and videos come from this site's own address for them, whatever a text says."""
    if attribute == "src" and tag in MEDIA_TAGS and not ADDRESS.fullmatch(value):
        return None
    return value


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "typographer": False}).enable("table")
    parser.use(sub_plugin).use(superscript_plugin)
    parser.add_render_rule("image", _picture)
    return parser


def _picture(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: Mapping[str, Any]) -> str:
    token = tokens[index]
    medium: Medium | None = env["media"].get(str(token.attrs.get("src", "")))
    words = renderer.renderInlineAsText(token.children or [], options, env).strip() or (medium.alt if medium else "")
    if medium is None or (medium.is_film and not env["films"]):
        return f"<em>[{escape(words or 'picture')}]</em>"
    size = f'width="{medium.width}" height="{medium.height}"'
    if not medium.is_film:
        return f'<img src="{medium.address}" alt="{escape(words)}" {size} loading="lazy">'
    language = escape(medium.language)
    label = escape(LANGUAGES.get(medium.language, medium.language))
    return (
        f'<video controls preload="metadata" playsinline {size} aria-label="{escape(words)}">'
        f'<source src="{medium.address}" type="{MEDIA_TYPES[medium.kind]}">'
        f'<track kind="captions" src="{medium.captions_address}" srclang="{language}" label="{label}" default>'
        f"</video>"
    )
