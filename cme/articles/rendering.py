"""From Markdown and its companions to a finished revision: numbered, addressable, sanitised HTML."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from cme.articles.blocks import Block, Outline, read_outline
from cme.articles.facts import GlossaryEntry, PassageText, ReferenceEntry, Section
from cme.articles.markdown import build_parser, plain_text, sanitise, tag
from cme.articles.references import FormattedReference, format_reference
from cme.kernel.text import fingerprint

_WORD = re.compile(r"\w[\w'’.\-/%]*")
KEY_POINTS = "s-key-points"
Rule = Callable[[Sequence[Token], int, object, object], str]


@dataclass(frozen=True, slots=True)
class FigureSource:
    """A figure as its files tell it: `caption` and `description` are Markdown, `svg` is already sanitised."""

    key: str
    title: str
    alt: str
    caption: str
    description: str
    svg: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class ArticleSource:
    """Everything an article is made from."""

    slug: str
    markdown: str
    references: Sequence[Mapping[str, Any]]
    glossary: Sequence[Mapping[str, Any]]
    figures: Sequence[FigureSource]
    preview: Sequence[str]
    """Anchors of the level-two sections that everybody may read."""


@dataclass(frozen=True, slots=True)
class RenderedFigure:
    """A figure with its number and its words as HTML."""

    key: str
    number: int
    title: str
    alt: str
    caption_html: str
    description_html: str
    svg: str


@dataclass(frozen=True, slots=True)
class RenderedArticle:
    """A revision in its finished form."""

    html: str
    preview_html: str
    sections: tuple[Section, ...]
    passages: tuple[PassageText, ...]
    references: tuple[tuple[ReferenceEntry, FormattedReference], ...]
    glossary: tuple[GlossaryEntry, ...]
    figures: tuple[RenderedFigure, ...]
    words: int


def judge(source: ArticleSource) -> list[tuple[int, str]]:
    """What keeps the text from being rendered: (line, sentence), in order. Empty means `render` may be called."""
    return sorted(_outline(source)[1].problems)


def render(source: ArticleSource) -> RenderedArticle:
    """The finished revision. `source` has been judged."""
    parser, outline = _outline(source)
    work = _Renderer(parser, outline, source)
    passages = tuple(work.passage(block) for block in outline.passages)
    return RenderedArticle(
        html=sanitise(work.article()),
        preview_html=sanitise(work.preview()),
        sections=outline.sections,
        passages=passages,
        references=_references(source, outline),
        glossary=tuple(GlossaryEntry(one["key"], one["term"], one["definition"]) for one in source.glossary),
        figures=tuple(work.figures[key] for key in outline.figure_numbers),
        words=sum(len(_WORD.findall(passage.text)) for passage in passages if passage.kind != "figure"),
    )


def _outline(source: ArticleSource) -> tuple[MarkdownIt, Outline]:
    parser = build_parser()
    outline = read_outline(
        parser,
        source.markdown,
        references=[entry["key"] for entry in source.references],
        terms={entry["key"] for entry in source.glossary},
        captions={figure.key: figure.caption for figure in source.figures},
    )
    return parser, outline


def _references(source: ArticleSource, outline: Outline) -> tuple[tuple[ReferenceEntry, FormattedReference], ...]:
    entries = {entry["key"]: format_reference(entry) for entry in source.references}
    return tuple(
        (ReferenceEntry(key, number, entries[key].html, entries[key].text), entries[key])
        for key, number in outline.reference_numbers.items()
    )


class _Renderer:
    """Renders blocks in one of three ways.

    full: all links. preview: anchors stay, citations and terms are plain, links only to what the preview holds.
    bare: no anchors and no links into the page, for a passage quoted elsewhere.
    """

    def __init__(self, parser: MarkdownIt, outline: Outline, source: ArticleSource) -> None:
        self.parser = parser
        self.outline = outline
        self.source = source
        self.mode = "full"
        self.citations = 0
        self.open_links: list[bool] = []
        shown = set(source.preview)
        self.preview_blocks = [block for block in outline.blocks if block.section in shown]
        self.preview_anchors = {block.anchor for block in self.preview_blocks}
        rules: dict[str, Rule] = {
            "citation": self._citation,
            "link_open": self._link_open,
            "link_close": self._link_close,
            "th_open": self._cell,
            "td_open": self._cell,
        }
        renderer = RendererHTML()
        renderer.rules = {**renderer.rules, **rules}
        self.renderer = renderer
        self.mode = "bare"
        self.figures = {figure.key: self._figure_words(figure) for figure in source.figures}
        self.mode = "full"

    def article(self) -> str:
        self.mode, self.citations = "full", 0
        return self._sections(self.outline.blocks)

    def preview(self) -> str:
        self.mode = "preview"
        return self._sections(self.preview_blocks)

    def passage(self, block: Block) -> PassageText:
        self.mode = "bare"
        text = self._words(block)
        return PassageText(
            anchor=block.anchor,
            section=block.section,
            kind=block.kind,
            text=text,
            html=sanitise(self._block(block)),
            fingerprint=fingerprint(text),
        )

    def _sections(self, blocks: Sequence[Block]) -> str:
        parts: list[str] = []
        for block in blocks:
            if block.kind == "heading" and block.level == 2:
                if parts:
                    parts.append("</section>\n")
                css = ' class="key-points"' if block.anchor == KEY_POINTS else ""
                name = escape(block.anchor)
                parts.append(f'<section{css} data-section="{name}" aria-labelledby="{name}">\n')
            parts.append(self._block(block))
        return "".join([*parts, "</section>\n"]) if parts else ""

    def _block(self, block: Block) -> str:
        if block.kind == "figure":
            return self._figure(block)
        attributes = self._passage_attributes(block)
        opening = block.tokens[0]
        if block.kind == "table":
            opening.attrs = {}
            return self._table(block, attributes)
        if block.kind == "heading":
            attributes = {"id": block.anchor}
        kept = {key: value for key, value in opening.attrs.items() if key == "start"}
        opening.attrs = {**attributes, **kept}
        return self._html(block.tokens)

    def _passage_attributes(self, block: Block) -> dict[str, str | int | float]:
        return {} if self.mode == "bare" else {"id": block.anchor, "data-passage": ""}

    def _table(self, block: Block, attributes: Mapping[str, Any]) -> str:
        html = self._html(block.tokens).strip()
        caption = f"<caption>{escape(block.caption)}</caption>" if block.caption else ""
        html = html.replace("<table>", f"<table>{caption}", 1)
        wrapper: dict[str, str | None] = {"class": "table-scroll", "role": "region", "tabindex": "0"}
        wrapper["aria-label"] = block.caption or "Table"
        return tag("div", {**wrapper, **attributes}, html) + "\n"

    def _figure(self, block: Block) -> str:
        figure = next(one for one in self.source.figures if one.key == block.figure)
        words = self._figure_words(figure)
        # The article stands at …/<slug>/article, its preview at …/<slug>: both must reach …/<slug>/figures/<key>.
        base = f"{self.source.slug}/figures/{figure.key}" if self.mode == "preview" else f"figures/{figure.key}"
        size = {"width": str(figure.width), "height": str(figure.height)}
        image = f'<img src="{escape(base)}.svg" alt="{escape(figure.alt)}" loading="lazy"'
        image += "".join(f' {key}="{value}"' for key, value in size.items()) + ">"
        link = tag("a", {"href": base, "data-figure": figure.key, "data-zoom": ""}, image)
        title = f"<strong>Figure {words.number}. {escape(figure.title)}.</strong>"
        caption = f"<p>{title} {words.caption_html}</p>"
        details = tag(
            "details",
            {"class": "figure-description"},
            f"<summary>Description</summary>{words.description_html}",
        )
        inner = f"{link if self.mode != 'bare' else image}<figcaption>{caption}{details}</figcaption>"
        return tag("figure", {"class": "figure", **self._passage_attributes(block)}, inner) + "\n"  # type: ignore[dict-item]

    def _figure_words(self, figure: FigureSource) -> RenderedFigure:
        return RenderedFigure(
            key=figure.key,
            number=self.outline.figure_numbers.get(figure.key, 0),
            title=figure.title,
            alt=figure.alt,
            caption_html=sanitise(self._html(self.parser.parseInline(figure.caption))),
            description_html=sanitise(self._html(self.parser.parse(figure.description))),
            svg=figure.svg,
        )

    def _html(self, tokens: Sequence[Token]) -> str:
        return self.renderer.render(tokens, self.parser.options, {})

    def _words(self, block: Block) -> str:
        if block.kind == "figure":
            figure = next(one for one in self.source.figures if one.key == block.figure)
            caption = " ".join(plain_text(one.children or []) for one in self.parser.parseInline(figure.caption))
            return "\n".join([figure.title, caption, figure.description.strip()])
        lines: list[str] = [block.caption] if block.caption else []
        row: list[str] | None = None
        for token in block.tokens:
            if token.type == "tr_open":
                row = []
            elif token.type == "tr_close":
                lines.append(" | ".join(row or []))
                row = None
            elif token.type == "inline":
                (lines if row is None else row).append(plain_text(token.children or []).strip())
        return "\n".join(line for line in lines if line)

    # Rules the parser's renderer calls: (tokens, index, options, env).

    def _citation(self, tokens: Sequence[Token], index: int, _options: object, _env: object) -> str:
        numbers = [(key, self.outline.reference_numbers.get(key)) for key in tokens[index].meta["keys"]]
        known = sorted(((number, key) for key, number in numbers if number is not None))
        if self.mode != "full":
            return f'<span class="cite">{",".join(str(number) for number, _key in known)}</span>'
        links: list[str] = []
        for number, key in known:
            self.citations += 1
            attributes: dict[str, str | None] = {"class": "cite", "role": "doc-noteref", "href": f"#ref-{key}"}
            attributes |= {"id": f"cite-{self.citations}", "data-reference": str(number)}
            attributes["aria-label"] = f"Reference {number}"
            links.append(tag("a", attributes, str(number)))
        return links[0] if len(links) == 1 else f'<span class="cites">{",".join(links)}</span>'

    def _link_open(self, tokens: Sequence[Token], index: int, _options: object, _env: object) -> str:
        target = str(tokens[index].attrs.get("href", ""))
        attributes: dict[str, str] | None = {"href": target}
        if target.startswith("term:"):
            key = target.removeprefix("term:")
            attributes = {"class": "term", "href": f"#term-{key}", "data-term": key} if self.mode == "full" else None
        elif target.startswith("#"):
            reachable = self.mode == "full" or (self.mode == "preview" and target[1:] in self.preview_anchors)
            attributes = attributes if reachable else None
        self.open_links.append(attributes is not None)
        return "" if attributes is None else tag("a", {**attributes}, "").removesuffix("</a>")

    def _link_close(self, _tokens: Sequence[Token], _index: int, _options: object, _env: object) -> str:
        return "</a>" if self.open_links.pop() else ""

    def _cell(self, tokens: Sequence[Token], index: int, _options: object, _env: object) -> str:
        token = tokens[index]
        # The parser writes alignment as a style; the policy of the site forbids inline styles.
        number = ' class="number"' if "right" in str(token.attrs.get("style", "")) else ""
        scope = ' scope="col"' if token.tag == "th" else ""
        return f"<{token.tag}{number}{scope}>"
