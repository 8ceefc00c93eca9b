"""The outline of an article: its blocks with anchors, what they refer to, and what is wrong with them, by line."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

from cme.articles.facts import Section
from cme.articles.markdown import PASSAGE_ANCHOR, SECTION_ANCHOR, figure_key, is_safe_link, plain_text

_KINDS = {
    "paragraph_open": "paragraph",
    "bullet_list_open": "list",
    "ordered_list_open": "list",
    "table_open": "table",
    "blockquote_open": "quote",
    "heading_open": "heading",
}
_REFUSED = {
    "hr": "A line across the page",
    "fence": "A code block",
    "code_block": "An indented code block",
}
_HTML = re.compile(r"</?[a-zA-Z][^<>]*>|<!--")
_AUTOLINK = re.compile(r"<(?:https?|mailto):[^<>\s]*>|`[^`]*`", re.IGNORECASE)
LONGEST_ANCHOR = 80


@dataclass(slots=True)
class Block:
    """A heading or a passage with the tokens it is made of."""

    kind: str
    anchor: str
    line: int
    tokens: list[Token]
    section: str = ""
    level: int = 0
    caption: str = ""
    figure: str = ""
    title: str = ""


@dataclass(slots=True)
class Outline:
    """What was found; `problems` are (line, sentence)."""

    blocks: list[Block] = field(default_factory=list)
    reference_numbers: dict[str, int] = field(default_factory=dict)
    figure_numbers: dict[str, int] = field(default_factory=dict)
    problems: list[tuple[int, str]] = field(default_factory=list)

    @property
    def passages(self) -> list[Block]:
        return [block for block in self.blocks if block.kind != "heading"]

    @property
    def sections(self) -> tuple[Section, ...]:
        return tuple(
            Section(block.anchor, block.title, block.level, self._last_passage(index))
            for index, block in enumerate(self.blocks)
            if block.kind == "heading"
        )

    def _last_passage(self, index: int) -> str | None:
        last: str | None = None
        for block in self.blocks[index + 1 :]:
            if block.kind == "heading" and block.level <= self.blocks[index].level:
                break
            if block.kind != "heading":
                last = block.anchor
        return last


def read_outline(
    parser: MarkdownIt,
    markdown: str,
    *,
    references: Sequence[str],
    terms: Collection[str],
    captions: Mapping[str, str],
) -> Outline:
    """Read the text and judge it. `captions` are the figures' captions by key: they may cite."""
    outline = Outline()
    reader = _Reader(parser, outline, set(references), set(terms), captions)
    for tokens in _top_level(parser.parse(markdown)):
        reader.take(tokens)
    reader.finish(references)
    return outline


def _top_level(tokens: Sequence[Token]) -> list[list[Token]]:
    groups: list[list[Token]] = []
    for token in tokens:
        if token.level == 0 and token.nesting >= 0:
            groups.append([])
        groups[-1].append(token)
    return groups


class _Reader:
    def __init__(
        self,
        parser: MarkdownIt,
        outline: Outline,
        references: set[str],
        terms: set[str],
        captions: Mapping[str, str],
    ) -> None:
        self.parser = parser
        self.outline = outline
        self.references = references
        self.terms = terms
        self.captions = captions
        self.section = ""
        self.links: list[tuple[int, str]] = []
        self.anchors: dict[str, int] = {}

    def take(self, tokens: list[Token]) -> None:
        opening = tokens[0]
        line = (opening.map or [0])[0] + 1
        kind = _KINDS.get(opening.type)
        if kind is None:
            what = _REFUSED.get(opening.type, "This kind of block")
            self._problem(line, f"{what} is not taken; write a paragraph, list, table, quotation or figure.")
            return
        for name in opening.meta.get("insecure_attrs", {}):
            self._problem(line, f"The attribute “{name}” is not taken; only an anchor and a table's caption are.")
        anchor = str(opening.attrs.get("id", ""))
        block = Block(kind, anchor, line, tokens, self.section, caption=str(opening.attrs.get("caption", "")))
        if kind == "heading":
            self._heading(block)
        else:
            self._passage(block)
        self._anchor(block)
        self._content(block)
        self.outline.blocks.append(block)

    def finish(self, references: Sequence[str]) -> None:
        for line, target in self.links:
            if target not in self.anchors:
                self._problem(line, f"The link “#{target}” leads nowhere: no block carries that anchor.")
        for key in references:
            if key not in self.outline.reference_numbers:
                self._problem(0, f"references.yaml lists “{key}”, which is never cited; cite it or take it out.")
        for key in self.captions:
            if key not in self.outline.figure_numbers:
                self._problem(0, f"figures.yaml lists “{key}”, which is never shown; place it with ![[{key}]].")
        if not self.outline.blocks:
            self._problem(1, "The article is empty.")
        for section in self.outline.sections:
            if section.last_passage is None:
                self._problem(self.anchors.get(section.anchor, 0), f"The section “{section.title}” holds no passage.")

    def _heading(self, block: Block) -> None:
        block.level = int(block.tokens[0].tag[1:])
        block.title = plain_text(block.tokens[1].children or [])
        if block.level not in {2, 3}:
            self._problem(block.line, "Headings have two levels, ## and ###; the title stands in activity.toml.")
        if block.level == 2:
            self.section = block.anchor
        elif not self.section:
            self._problem(block.line, "A ### heading needs a ## heading before it.")
        block.section = self.section
        if any(token.type in {"citation", "link_open"} for token in block.tokens[1].children or []):
            self._problem(block.line, "A heading carries neither citations nor links; move them into the text.")

    def _passage(self, block: Block) -> None:
        if not self.section:
            self._problem(block.line, "The text begins before the first ## heading; put a heading above it.")
        figure = figure_key(block.tokens[1].content) if block.kind == "paragraph" else None
        if figure is not None:
            block.kind, block.figure = "figure", figure
            if figure not in self.captions:
                self._problem(block.line, f"There is no figure “{figure}” in figures.yaml.")
            elif figure in self.outline.figure_numbers:
                self._problem(block.line, f"The figure “{figure}” is shown twice; keep one place.")
            else:
                self.outline.figure_numbers[figure] = len(self.outline.figure_numbers) + 1
        if block.caption and block.kind != "table":
            self._problem(block.line, "Only a table takes a caption here; a figure's stands in figures.yaml.")
        if block.kind == "table" and not block.caption:
            self._problem(block.line, 'The table needs a caption: {#p-name caption="What it shows"}.')

    def _anchor(self, block: Block) -> None:
        wanted = SECTION_ANCHOR if block.kind == "heading" else PASSAGE_ANCHOR
        example = "{#s-name}" if block.kind == "heading" else "{#p-name}"
        if not block.anchor:
            self._problem(
                block.line, f"This {block.kind} has no anchor; write {example} on the line directly above it."
            )
        elif not wanted.fullmatch(block.anchor) or len(block.anchor) > LONGEST_ANCHOR:
            self._problem(
                block.line,
                f"The anchor “{block.anchor}” does not fit; write {example} in small letters, digits and hyphens.",
            )
        elif block.anchor in self.anchors:
            self._problem(
                block.line,
                f"The anchor “{block.anchor}” is already taken by line {self.anchors[block.anchor]}; choose another.",
            )
        else:
            self.anchors[block.anchor] = block.line

    def _content(self, block: Block) -> None:
        line = block.line
        for token in block.tokens[1:]:
            line = token.map[0] + 1 if token.map else line
            if token.attrs.get("id") or token.attrs.get("caption"):
                self._problem(line, "Only whole blocks carry an anchor; take the attribute line out of the block.")
            if token.type in _REFUSED:
                self._problem(line, f"{_REFUSED[token.type]} is not taken inside a passage.")
            if token.type == "heading_open":
                self._problem(line, "A heading cannot stand inside a list or quotation.")
            if token.type == "inline" and block.kind != "figure":
                self._inline(token, line)
        if block.figure and block.figure in self.captions:
            for token in self.parser.parseInline(self.captions[block.figure]):
                self._inline(token, block.line, where=f"The caption of “{block.figure}”: ")

    def _inline(self, token: Token, line: int, where: str = "") -> None:
        if _HTML.search(_AUTOLINK.sub("", token.content)):
            self._problem(line, f"{where}HTML is not taken; write Markdown.")
        for child in token.children or []:
            if child.type in {"softbreak", "hardbreak"}:
                line += 1 if not where else 0
            elif child.type == "citation":
                self._cite(child, line, where)
            elif child.type == "link_open":
                self._link(str(child.attrs.get("href", "")), line, where)
            elif child.type == "image":
                self._problem(line, f"{where}A picture is placed with ![[key]] and described in figures.yaml.")
            elif child.type == "text" and "[@" in child.content:
                self._problem(line, f"{where}A citation cannot be read; write [@key] or [@key; @other].")
            elif child.type == "text" and "![[" in child.content:
                self._problem(line, f"{where}A figure needs a paragraph of its own.")

    def _cite(self, token: Token, line: int, where: str) -> None:
        for key in token.meta["keys"]:
            if key not in self.references:
                self._problem(line, f"{where}“{key}” is cited but does not stand in references.yaml.")
            else:
                self.outline.reference_numbers.setdefault(key, len(self.outline.reference_numbers) + 1)

    def _link(self, target: str, line: int, where: str) -> None:
        if not is_safe_link(target):
            self._problem(line, f"{where}A link may begin with https:, mailto:, term: or #; “{target[:60]}” does not.")
        elif target.startswith("term:") and target.removeprefix("term:") not in self.terms:
            self._problem(line, f"{where}“{target.removeprefix('term:')}” does not stand in glossary.yaml.")
        elif target.startswith("#"):
            self.links.append((line, target[1:]))

    def _problem(self, line: int, sentence: str) -> None:
        self.outline.problems.append((line, sentence))
