"""HTML from other programs as our Markdown: an allow-list first, then words and structure; whatever goes is said."""

import re
from collections.abc import Callable
from html import unescape
from urllib.parse import quote

import nh3

from quizzes.interchange.escaping import collapse, escape, guard_line, plain_to_markdown
from quizzes.interchange.html_out import to_line
from quizzes.interchange.limits import MOST_HTML, MOST_HTML_DEPTH
from quizzes.interchange.reasons import Losses, refuse
from quizzes.interchange.tables import Table
from quizzes.interchange.xml_file import Element, etree

Picture = Callable[[str, Losses], str | None]

_ACTIVE = {
    "script",
    "object",
    "embed",
    "applet",
    "form",
    "input",
    "button",
    "select",
    "textarea",
    "base",
    "link",
    "meta",
}
_GONE = {
    "iframe": ("frame", "An embedded page was removed."),
    "audio": ("audio", "A sound was removed; add it by hand."),
    "math": ("formula", "A formula in MathML was removed; write it anew or add it as a picture."),
    "svg": ("drawing", "A drawing (SVG) was removed; add it as a picture."),
    "canvas": ("drawing", "A drawing area was removed."),
}
_DROPPED = {"style", "title", "noscript", "template", *_ACTIVE, *_GONE} - {
    "meta",
    "link",
    "base",
    "input",
    "embed",
    "form",
}
_INLINE = {
    "a",
    "abbr",
    "b",
    "br",
    "cite",
    "code",
    "em",
    "i",
    "img",
    "kbd",
    "q",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "var",
}
_BLOCK = {
    "article", "blockquote", "caption", "center", "dd", "div", "dl", "dt", "figcaption", "figure", "h1", "h2", "h3",
    "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "section", "table", "tbody", "td", "tfoot", "th", "thead", "tr",
    "ul",
}  # fmt: skip
_FILM = {"video", "source", "track"}
_KNOWN = _INLINE | _BLOCK | _FILM | {"html", "body", "head", "col", "colgroup", "wbr", "nobr", "bdi", "o:p"}
_DRESS = {"u", "s", "strike", "del", "ins", "font", "mark", "big"}
_REDUCED = {"style", "title", "noscript", "template", "tt", "samp", "source", *_DRESS}
_CLEANER = nh3.Cleaner(
    tags=_INLINE | _BLOCK | _FILM,
    clean_content_tags=_DROPPED,
    attributes={
        "a": {"href"},
        "img": {"src", "alt"},
        "video": {"src", "title", "aria-label"},
        "source": {"src"},
        "ol": {"start"},
        "td": {"colspan", "rowspan"},
        "th": {"colspan", "rowspan"},
    },
    url_schemes={"http", "https", "mailto", "data"},
    link_rel=None,
    strip_comments=True,
)  # fmt: skip

_ENTITY = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|[a-zA-Z]+\d*);")
_TEX = re.compile(r"\\\(.+?\\\)|\\\[.+?\\\]|\$\$.+?\$\$|\[tex\].+?\[/tex\]", re.DOTALL)
_TAG_NAME = re.compile(r"<([a-zA-Z][a-zA-Z0-9:-]*)")
_ANY_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*)")
_WHOLE_TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9:-]*)(?:\s*/?>|\s+[a-zA-Z:-]+\s*=[^<>]*>)")
# Elements that close themselves: they nest only inside others that are counted.
_SELF_CLOSING = {
    "p", "li", "dt", "dd", "tr", "td", "th", "tbody", "thead", "tfoot", "colgroup", "col", "option", "br", "img", "hr",
    "wbr", "input", "meta", "link", "base", "source", "track", "area", "embed", "param",
}  # fmt: skip
_HANDLER = re.compile(r"<[a-z][^<>]*[\s/\"']on[a-z]+\s*=", re.IGNORECASE)
_SCRIPT_ADDRESS = re.compile(r"(?:href|src|action|data)\s*=[\s\"']*(?:javascript|vbscript|data:text)", re.IGNORECASE)
_COLOUR = re.compile(r"style\s*=\s*[\"'][^\"']*(?:color|background|font|text-decoration)", re.IGNORECASE)
_WEB = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)


def to_markdown(html: str, losses: Losses, picture: Picture | None = None) -> str:
    """The text as Markdown; pictures are asked for by their address."""
    note_formulas(html, losses)
    if "<" not in html and "&" not in html:
        return plain_to_markdown(collapse(html))
    if len(html) > MOST_HTML:
        raise refuse("html_too_long", f"A text is longer than {MOST_HTML} characters of HTML.")
    _check_depth(html)
    _note_losses(html, losses)
    root = _parse(_CLEANER.clean(html))
    walker = _Walker(losses, picture or _no_picture)
    markdown = walker.text(root)
    if walker.emphasised:
        # Emphasis that touches letters or punctuation the wrong way would print its stars: better without.
        bare = _Walker(Losses(), picture or _no_picture, emphasis=False).text(root)
        if to_line(markdown) != to_line(bare):
            losses.add("formatting", "Bold or italic letters inside a word were taken as plain ones.")
            return bare
    return markdown


def is_markup(text: str) -> bool:
    """Whether words hold HTML: an entity or an element that is known; “a<b and c>d” is none."""
    names = {name.lower() for name in _WHOLE_TAG.findall(text)} if "<" in text and ">" in text else set[str]()
    return bool(names & (_KNOWN | _ACTIVE | _GONE.keys() | _REDUCED)) or _ENTITY.search(text) is not None


def note_markup(markdown: str, losses: Losses) -> None:
    """HTML inside Markdown, which a page shows as it is written."""
    bare = markdown.replace("\\<", "").replace("&", "")
    if "<" in bare and is_markup(bare):
        losses.add("html_in_markdown", "HTML inside Markdown is shown as it is written, not as markup.")


def note_formulas(text: str, losses: Losses) -> None:
    """Formulas that other programs set with TeX."""
    if ("\\" in text or "$$" in text or "[tex]" in text) and _TEX.search(text):
        losses.add("formula", "A formula in TeX is shown as it is written; write it anew or add it as a picture.")


def _no_picture(_source: str, losses: Losses) -> str | None:
    losses.add("picture_unknown", "A picture was left out: this format carries none.")
    return None


def _note_losses(html: str, losses: Losses) -> None:
    names = {name.lower() for name in _TAG_NAME.findall(html)}
    if names & _ACTIVE or _HANDLER.search(html) or _SCRIPT_ADDRESS.search(_flat(html)):
        losses.add("script", "Script or another active part was removed from the text.")
    for name in sorted(names & _GONE.keys()):
        losses.add(*_GONE[name])
    if names & _DRESS or _COLOUR.search(html):
        losses.add("formatting", "Colours, fonts, underlining or the like were removed.")
    strange = sorted(names - _KNOWN - _ACTIVE - _GONE.keys() - _DRESS)
    strange = [name for name in strange if name not in _REDUCED]
    if strange:
        losses.add(
            "unknown_element", f"Elements that are not known were reduced to their words: {', '.join(strange[:5])}."
        )


def _check_depth(html: str) -> None:
    """Before any parser: none of them is quick on a tree that goes tens of thousands of levels down."""
    open_tags: dict[str, int] = {}
    depth = 0
    for end, name in _ANY_TAG.findall(html):
        tag = name.lower()
        if tag in _SELF_CLOSING:
            continue
        if not end:
            open_tags[tag] = open_tags.get(tag, 0) + 1
            depth += 1
            if depth > MOST_HTML_DEPTH:
                raise refuse("html_depth", "The HTML of a text is nested too deeply.")
        elif open_tags.get(tag):
            open_tags[tag] -= 1
            depth -= 1


def _flat(html: str) -> str:
    """As a browser reads an address: entities resolved, tabs and line ends ignored."""
    return unescape(html).translate({9: None, 10: None, 13: None})


def _parse(clean: str) -> Element:
    parser = etree.HTMLParser(no_network=True, huge_tree=False, remove_comments=True, remove_pis=True, encoding="utf-8")
    root = etree.fromstring(f"<html><body>{clean}</body></html>".encode("utf-8", "replace"), parser)
    deepest, stack = 0, [(root, 0)]
    while stack:
        element, depth = stack.pop()
        deepest = max(deepest, depth)
        if deepest > MOST_HTML_DEPTH:
            raise refuse("html_depth", "The HTML of a text is nested too deeply.")
        stack += [(child, depth + 1) for child in element]
    body = root.find("body")
    return body if body is not None else root


class _Walker:
    """Writes Markdown from a clean tree."""

    def __init__(self, losses: Losses, picture: Picture, *, emphasis: bool = True) -> None:
        self.losses = losses
        self.picture = picture
        self.emphasis = emphasis
        self.emphasised = False

    def text(self, root: Element) -> str:
        return "\n\n".join(self.blocks(root)).strip()

    def blocks(self, element: Element) -> list[str]:
        """The element's content as blocks; inline runs become paragraphs."""
        found: list[str] = []
        run: list[str] = [escape(collapse(element.text or ""))]

        def flush() -> None:
            paragraph = _paragraph("".join(run))
            run.clear()
            if paragraph:
                found.append(paragraph)

        for child in element:
            if child.tag in _BLOCK or self._holds_block(child):
                flush()
                found += self.block(child, found)
            else:
                run.append(self.inline(child))
            run.append(escape(collapse(child.tail or "")))
        flush()
        return found

    def block(self, element: Element, before: list[str]) -> list[str]:
        tag = element.tag
        if tag in {"ul", "ol"}:
            listed = self._list(element, other=bool(before) and before[-1].startswith(("- ", "1. ")))
            return [listed] if listed else []
        if tag == "table":
            return Table(self).markdown(element)
        if tag == "blockquote":
            inner = "\n\n".join(self.blocks(element))
            return ["\n".join(f"> {line}".rstrip() for line in inner.split("\n"))] if inner else []
        if tag == "pre":
            text = plain_to_markdown("".join(str(part) for part in element.itertext()))
            return [text] if text else []
        if tag in {"h1", "h2", "h3", "h4", "h5", "h6"}:
            words = _paragraph("".join(self._inside(element)))
            return [self._mark("**", words)] if words else []
        if tag == "hr":
            return []
        return self.blocks(element)

    def _list(self, element: Element, *, other: bool) -> str:
        lines: list[str] = []
        ordered = element.tag == "ol"
        start = str(element.get("start") or "1")
        number = int(start) if start.isascii() and start.isdigit() and len(start) < 7 else 1
        loose = False
        for child in element:
            if child.tag in {"ul", "ol"}:  # a nested list without its own entry
                nested = self._list(child, other=False)
                lines += ["  " + line for line in nested.split("\n")] if nested and lines else nested.split("\n")
                continue
            blocks = self.blocks(child)
            mark = f"{number}{')' if other else '.'} " if ordered else "+ " if other else "- "
            number += 1
            text = "\n\n".join(blocks) if len(blocks) > 1 and not _tight(blocks) else "\n".join(blocks)
            loose = loose or "\n\n" in text
            pad = " " * len(mark)
            body = text.split("\n")
            lines.append((mark + body[0]).rstrip())
            lines += [pad + line if line else "" for line in body[1:]]
        return "\n".join(lines)

    def inline(self, element: Element) -> str:
        tag = element.tag
        if tag == "br":
            return "\\\n"
        if tag == "img":
            return self._image(element)
        if tag == "video":
            return self._film(element)
        inner = "".join(self._inside(element))
        if tag in {"em", "i", "cite", "var"}:
            return self._mark("*", inner)
        if tag in {"strong", "b"}:
            return self._mark("**", inner)
        if tag in {"sub", "sup"}:
            return self._raised("~" if tag == "sub" else "^", element)
        if tag in {"code", "kbd"}:
            return _code("".join(str(part) for part in element.itertext()))
        if tag == "a":
            return self._link(element, inner)
        if tag == "q":
            return f"“{inner}”"
        return inner

    def _inside(self, element: Element) -> list[str]:
        parts = [escape(collapse(element.text or ""))]
        for child in element:
            parts += [self.inline(child), escape(collapse(child.tail or ""))]
        return parts

    def _holds_block(self, element: Element) -> bool:
        return len(element) > 0 and any(one.tag in _BLOCK for one in element.iterdescendants())

    def _mark(self, mark: str, inner: str) -> str:
        words = inner.strip(" ")
        if not words or not self.emphasis:
            return inner
        self.emphasised = True
        lead, tail = inner[: len(inner) - len(inner.lstrip(" "))], inner[len(inner.rstrip(" ")) :]
        return f"{lead}{mark}{words}{mark}{tail}"

    def _raised(self, mark: str, element: Element) -> str:
        words = collapse("".join(str(part) for part in element.itertext())).strip().replace("\u00a0", " ")
        if not words:
            return ""
        return f"{mark}{escape(words).replace(' ', chr(92) + ' ')}{mark}"

    def _link(self, element: Element, inner: str) -> str:
        address = str(element.get("href") or "").strip()
        if not _WEB.match(address) or "![" in inner:
            if address:
                self.losses.add("link", "A link that leads nowhere outside its old place was taken as plain words.")
            return inner
        safe = _address(address)
        words = inner.strip()
        return f"[{words}]({safe})" if words else f"[{escape(address)}]({safe})"

    def _image(self, element: Element) -> str:
        source = str(element.get("src") or "")
        words = escape(collapse(str(element.get("alt") or "")).strip())
        name = self.picture(source, self.losses) if source else None
        if name:
            return f"![{words}]({name})"
        if _WEB.match(source):
            safe = _address(source)
            return f"[{words or 'Picture'}]({safe})"
        return words

    def _film(self, element: Element) -> str:
        source = str(element.get("src") or next((one.get("src") for one in element.iter("source")), "") or "")
        words = escape(collapse(str(element.get("title") or element.get("aria-label") or "")).strip())
        name = self.picture(source, self.losses) if source and not _WEB.match(source) else None
        if name is None:
            self.losses.add("video", "A video was removed; add it by hand, with its captions.")
            return words
        return f"![{words}]({name})"


def _address(address: str) -> str:
    return re.sub(r"[\s<>()\\\"'`|]", lambda found: quote(found.group(), safe=""), address)


def _tight(blocks: list[str]) -> bool:
    """A line of words with nothing but a nested list below needs no blank line between."""
    return len(blocks) == 2 and "\n" not in blocks[0] and re.match(r"(?:[-+]|\d+[.)]) ", blocks[1]) is not None


def _code(text: str) -> str:
    words = collapse(text).strip()
    if not words:
        return ""
    longest = max((len(run) for run in re.findall(r"`+", words)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if words.startswith("`") or words.endswith("`") else ""
    return f"{fence}{pad}{words}{pad}{fence}"


def _paragraph(run: str) -> str:
    lines = [guard_line(line.strip(" \u00a0")) for line in re.split(r"\\\n", collapse_run(run))]
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    return "\\\n".join(line for line in lines if line)


def collapse_run(run: str) -> str:
    """Spaces that several pieces brought together."""
    return re.sub(r" {2,}", " ", run)
