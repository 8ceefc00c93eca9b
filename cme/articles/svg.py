"""Pictures: SVG is read against an allow-list and written anew, so that only shapes and words come through."""

import re
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

SVG = "http://www.w3.org/2000/svg"
MOST_BYTES = 512 * 1024
MOST_ELEMENTS = 20_000
MOST_DEPTH = 40

_ELEMENTS = {
    "svg", "g", "defs", "title", "desc", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text",
    "tspan", "marker", "linearGradient", "radialGradient", "stop", "clipPath",
}  # fmt: skip
_ATTRIBUTES = {
    "id", "class", "role", "aria-label", "aria-labelledby", "aria-describedby", "aria-hidden", "lang", "viewBox",
    "width", "height", "x", "y", "x1", "y1", "x2", "y2", "dx", "dy", "cx", "cy", "r", "rx", "ry", "fx", "fy", "d",
    "points", "transform", "fill", "fill-opacity", "fill-rule", "clip-rule", "stroke", "stroke-width",
    "stroke-opacity", "stroke-linecap", "stroke-linejoin", "stroke-dasharray", "stroke-dashoffset",
    "stroke-miterlimit", "opacity", "color", "font-family", "font-size", "font-style", "font-weight", "text-anchor",
    "dominant-baseline", "alignment-baseline", "baseline-shift", "letter-spacing", "word-spacing", "text-decoration",
    "paint-order", "vector-effect", "marker-start", "marker-mid", "marker-end", "markerWidth", "markerHeight",
    "markerUnits", "orient", "refX", "refY", "offset", "stop-color", "stop-opacity", "gradientUnits",
    "gradientTransform", "spreadMethod", "clipPathUnits", "clip-path", "preserveAspectRatio", "version", "textLength",
    "lengthAdjust",
}  # fmt: skip
_LOCAL_URL = re.compile(r"url\(#[A-Za-z][\w.-]*\)")
_NUMBER = re.compile(r"-?(?:\d+(?:\.\d*)?|\.\d+)")


@dataclass(frozen=True, slots=True)
class Picture:
    """A clean picture with its size in pixels."""

    svg: str
    width: int
    height: int


class SvgError(Exception):
    """The picture is not taken; `problems` are (line, sentence)."""

    def __init__(self, problems: list[tuple[int, str]]) -> None:
        super().__init__("; ".join(f"line {line}: {sentence}" for line, sentence in problems))
        self.problems = problems


@dataclass(slots=True)
class _Reader:
    parser: expat.XMLParserType
    parts: list[str] = field(default_factory=list)
    stack: list[str] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)
    size: tuple[int, int] | None = None
    count: int = 0

    def problem(self, sentence: str) -> None:
        self.problems.append((self.parser.CurrentLineNumber, sentence))

    def refuse(self, sentence: str) -> None:
        """Stop reading at once."""
        self.problem(sentence)
        raise SvgError(self.problems)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if self.count > MOST_ELEMENTS or len(self.stack) >= MOST_DEPTH:
            self.refuse("The picture has too many or too deeply nested elements; simplify it.")
        space, _, local = name.rpartition(" ")
        if space != SVG:
            self.problem(f'<{local}> is not an SVG element; the root needs xmlns="{SVG}".')
        elif local not in _ELEMENTS:
            self.problem(f"<{local}> is not taken; use shapes, paths and text only.")
        if (local == "svg") != (not self.stack):
            self.problem("There is one <svg>, and it is the outermost element.")
        written = "".join(self._attribute(key, value) for key, value in attributes.items())
        if not self.stack:
            self._size(attributes)
            written = f' xmlns="{SVG}"{written}'
        self.stack.append(local)
        self.parts.append(f"<{local}{written}>")

    def end(self, _name: str) -> None:
        self.parts.append(f"</{self.stack.pop()}>")

    def text(self, words: str) -> None:
        self.parts.append(escape(words))

    def _attribute(self, key: str, value: str) -> str:
        if key not in _ATTRIBUTES:
            shown = key.rpartition(" ")[2]
            self.problem(f"The attribute “{shown}” is not taken; write plain presentation attributes.")
            return ""
        bare = _LOCAL_URL.sub("", value).lower()
        if "url(" in bare or "javascript:" in bare or "\\" in bare:
            self.problem(f"“{key}” points outside the picture; only url(#name) of the picture itself is taken.")
            return ""
        return f" {key}={quoteattr(value)}"

    def _size(self, attributes: dict[str, str]) -> None:
        numbers = _NUMBER.findall(attributes.get("viewBox", ""))
        if len(numbers) != 4 or float(numbers[2]) < 1 or float(numbers[3]) < 1:
            self.problem('The picture needs viewBox="0 0 width height" with a positive size.')
            return
        self.size = (round(float(numbers[2])), round(float(numbers[3])))


def clean_svg(raw: bytes) -> Picture:
    """The picture, written anew. Refuses (SvgError) everything that could run, load or grow, each with its line."""
    if len(raw) > MOST_BYTES:
        raise SvgError([(1, "The picture is larger than 512 kB; simplify it.")])
    parser = expat.ParserCreate(namespace_separator=" ")
    reader = _Reader(parser)
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    # Refused as soon as it begins, hence before any entity could be declared or expanded.
    parser.StartDoctypeDeclHandler = lambda *_args: reader.refuse("A DOCTYPE is not taken; remove it.")
    parser.ProcessingInstructionHandler = lambda *_args: reader.refuse("A processing instruction is not taken.")
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as error:
        words = expat.errors.messages[error.code] if error.code in expat.errors.messages else str(error)
        raise SvgError([*reader.problems, (error.lineno, f"This is not well-formed XML ({words}).")]) from None
    except (ValueError, LookupError) as error:
        raise SvgError([*reader.problems, (1, f"This is not readable as UTF-8 XML ({error}).")]) from None
    if reader.problems or reader.size is None:
        raise SvgError(reader.problems)
    return Picture("".join(reader.parts), *reader.size)
