"""Our Markdown as HTML for other programs, and as plain words for those that take no markup."""

import re
from collections.abc import Sequence
from functools import lru_cache
from html import escape

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.subscript import sub_plugin
from mdit_py_plugins.superscript import superscript_plugin

from quizzes.interchange.escaping import collapse, plain_to_markdown
from quizzes.interchange.media import NAME, captions_name, is_film

_ONE_PARAGRAPH = re.compile(r"<p>((?:(?!</?p>).)*)</p>\n?", re.DOTALL)


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "xhtmlOut": True}).enable("table")
    return parser.use(sub_plugin).use(superscript_plugin)


def to_html(markdown: str, *, pictures: str = "", inline: bool = False) -> str:
    """Well-formed HTML. `pictures` goes before each picture's name; `inline` takes the paragraph off a single one."""
    if not markdown:
        return ""
    parser = _parser()
    tokens = parser.parse(markdown)
    _settle(tokens, pictures)
    html = parser.renderer.render(tokens, parser.options, {}).strip()
    alone = _ONE_PARAGRAPH.fullmatch(html) if inline else None
    return alone.group(1) if alone else html


def _settle(tokens: Sequence[Token], pictures: str) -> None:
    for token in tokens:
        token.attrs.pop("style", None)  # column alignment; not part of every format's HTML
        if token.type == "image":
            source = str(token.attrs.get("src", ""))
            if NAME.fullmatch(source):
                token.attrs["src"] = pictures + source
                if is_film(source):
                    _film(token, pictures)
        if token.children:
            _settle(token.children, pictures)


def _film(token: Token, pictures: str) -> None:
    """A video as HTML knows it, with its captions; other programs that show it show them."""
    source = str(token.attrs["src"])
    words = escape(_words(token.children or []))
    captions = escape(pictures + captions_name(source.removeprefix(pictures)))
    token.type = "html_inline"
    token.content = (
        f'<video src="{escape(source)}" controls="controls" title="{words}">'
        f'<track kind="captions" src="{captions}" /></video>'
    )
    token.children = None


def to_plain(markdown: str) -> str:
    """The words alone: one line per paragraph, list entry or table row."""
    if not markdown:
        return ""
    lines: list[str] = []
    row: list[str] | None = None
    for token in _parser().parse(markdown):
        if token.type == "tr_open":
            row = []
        elif token.type == "tr_close" and row is not None:
            lines.append(" | ".join(row))
            row = None
        elif token.type == "inline":
            words = _words(token.children or [])
            if row is not None:
                row.append(words)
            else:
                lines.append(words)
        elif token.type in {"fence", "code_block"}:
            lines.append(collapse(token.content).strip())
    return "\n".join(line for line in lines if line)


def to_line(markdown: str) -> str:
    """The words alone, in one line."""
    return " ".join(to_plain(markdown).split())


def _words(tokens: Sequence[Token]) -> str:
    words: list[str] = []
    for token in tokens:
        if token.type in {"text", "code_inline", "text_special"}:
            words.append(token.content)
        elif token.type in {"softbreak", "hardbreak"}:
            words.append(" ")
        elif token.type == "image":
            words.append(token.content)
    return collapse("".join(words)).strip()


def is_plain(markdown: str) -> bool:
    """Whether nothing is lost when only the words of the text are kept, in one line."""
    return plain_to_markdown(to_line(markdown)) == markdown
