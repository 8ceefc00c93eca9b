"""Fills the open slots of a compiled page: shaped text, the QR code as lines, what readers and screen readers hear."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from certificates import qr, writing
from certificates.compiled import Compiled, Slot
from certificates.embedding import Used
from certificates.shaping import NotStampable, Run, face, outline, shape, width
from certificates.slots import QR, Filling, Piece, Text
from certificates.writing import Writer

QUIET_ZONE = 4  # modules
QR_COLOUR = "0.067 0.067 0.067 rg"
LEAST_SCALE = 0.55  # of the size the design gives; smaller would no longer be read
_NEAR = 0.005
_DARK = re.compile(rb"\x01+")
_LEAST_MOVE = 0.01  # thousandths of an em


@dataclass(frozen=True, slots=True)
class _Set:
    """One piece, shaped: its runs and its size in CSS pixels."""

    runs: tuple[Run, ...]
    size: float
    width: float


@dataclass(frozen=True, slots=True)
class Plan:
    """The texts of one document, set; and which slots only WeasyPrint can set, with the reason."""

    lines: Mapping[str, list[list[_Set]]]
    refused: Mapping[str, str]


class Fonts:
    """The fonts of one document, each with the name that its content uses."""

    def __init__(self) -> None:
        self.used: dict[str, Used] = {}

    def of(self, font: str) -> Used:
        found = self.used.get(font)
        if found is None:
            found = self.used[font] = Used(font, f"S{len(self.used)}")
        return found


def plan(page: Compiled, filled: Filling) -> Plan:
    """Every text of the page, set. What the stamper cannot set is named in the plan. Raises NoCoverage."""
    lines: dict[str, list[list[_Set]]] = {}
    refused: dict[str, str] = {}
    for name, slot in page.slots.items():
        if name == QR:
            if slot.obstacle:
                refused[name] = slot.obstacle
            continue
        try:
            lines[name] = _lines(slot, filled.texts[name], filled.han)
        except NotStampable as reason:
            refused[name] = str(reason)
    return Plan(lines, refused)


def stamp(writer: Writer, page: Compiled, filled: Filling, planned: Plan) -> None:
    """Write a learner's text into the open page."""
    assert not planned.refused
    fonts = Fonts()
    for name, slot in page.slots.items():
        element = page.opened[f"element:{name}"]
        if name == QR:
            content = _qr(slot, filled.address)
            said = b" /Alt %s" % writing.text(f"QR code of the verification address {filled.address}")
        else:
            content = _text(slot, planned.lines[name], fonts)
            text = filled.texts[name]
            # On the element and not on the marked content: there poppler would turn right-to-left text around.
            simple = text.plain.isascii() and not text.broken
            said = b"" if simple else b" /ActualText %s" % writing.text(text.plain)
        writer.put(page.opened[f"stream:{name}"].number, writing.stream(content, {}))
        writer.put(element.number, b"%s%s >>" % (element.source, said))
    fonts_of_page = page.opened["fonts"]
    entries = b"".join(b" /%s %d 0 R" % (used.name.encode(), used.embed(writer)) for used in fonts.used.values())
    writer.put(fonts_of_page.number, b"%s%s >>" % (fonts_of_page.source, entries))
    action = b" /A << /Type /Action /S /URI /URI %s >> /Contents %s >>" % (
        writing.text(filled.address),
        writing.text(f"Verify this certificate at {filled.address}"),
    )
    for role, link in page.opened.items():
        if role.startswith("link:"):
            writer.put(link.number, link.source + action)


def _lines(slot: Slot, text: Text, han: str) -> list[list[_Set]]:
    if slot.obstacle:
        raise NotStampable(slot.obstacle)
    lines = [_shrunk([_set(piece, slot, han) for piece in line], slot) for line in text.lines]
    return [[piece for piece in line if piece.runs] for line in lines]


def _set(piece: Piece, slot: Slot, han: str) -> _Set:
    runs = shape(piece.text, slot.font, han)
    size = slot.size if piece.size is None else piece.size / 0.75
    return _Set(runs, size, width(runs) * size)


def _shrunk(line: list[_Set], slot: Slot) -> list[_Set]:
    whole = sum(piece.width for piece in line)
    if whole <= slot.width + _NEAR:
        return line
    scale = slot.width / whole
    if scale < LEAST_SCALE:
        raise NotStampable("the text is too long for its place")
    return [_Set(piece.runs, piece.size * scale, piece.width * scale) for piece in line]


def _text(slot: Slot, lines: list[list[_Set]], fonts: Fonts) -> bytes:
    """Marked content in CSS pixels, as the page is drawn in: y runs down."""
    high = slot.height / len(lines)
    letters: list[str] = []
    marks: list[str] = []
    for index, line in enumerate(lines):
        x = slot.x + _indent(slot, sum(piece.width for piece in line))
        y = slot.y + high * index + _baseline(slot, line, high)
        for piece in line:
            for run in piece.runs:
                letters.append(_letters(run, piece.size, x, y, fonts))
                marks.append(_marks(run, piece.size, x, y))
                x += run.width * piece.size
    colour = " ".join(map(_number, slot.colour))
    parts = (f"/Span <</MCID {slot.mark}>> BDC\nq\n{colour} rg\nBT\n", *letters, "ET\n", *marks, "Q\nEMC\n")
    return "".join(parts).encode("ascii")


def _indent(slot: Slot, whole: float) -> float:
    room = slot.width - whole
    return {"left": 0.0, "center": room / 2, "right": room}[slot.align]


def _baseline(slot: Slot, line: Sequence[_Set], high: float) -> float:
    """Where WeasyPrint puts the baseline of such a line: half the leading above, and the slot's own font counts."""
    own = face(slot.font)
    ways = [(high + (own.ascent - own.descent) * slot.size) / 2]
    for piece in line:
        faces = [face(run.font) for run in piece.runs]
        ascent = max(one.ascent for one in faces) * piece.size
        descent = max(one.descent for one in faces) * piece.size
        ways.append((high + ascent - descent) / 2)
    return max(ways)


def _letters(run: Run, size: float, x: float, y: float, fonts: Fonts) -> str:
    """The glyphs of a run with their adjustments: sideways inside the array, up and down as a text rise."""
    used = fonts.of(run.font)
    unit = used.face.unit
    parts = [f"/{used.name} {_number(size)} Tf\n1 0 0 -1 {_number(x)} {_number(y)} Tm\n"]
    pending = 0.0  # thousandths of an em still to move right
    risen = 0
    row = ""
    for glyph in run.glyphs:
        if not glyph.text:
            pending += glyph.advance * 1000 / unit
            continue
        if glyph.dy != risen:
            parts.append(f"[{row}] TJ\n{_number(glyph.dy * size / unit)} Ts\n")
            row, risen = "", glyph.dy
        move = pending + glyph.dx * 1000 / unit
        if abs(move) > _LEAST_MOVE:
            row += _number(-move)
        row += f"<{used.code(glyph):04x}>"
        natural = used.face.font.get_glyph_h_advance(glyph.number)
        pending = (glyph.advance - glyph.dx - natural) * 1000 / unit
    parts.append(f"[{row}] TJ\n")
    if risen:
        parts.append("0 Ts\n")
    return "".join(parts)


def _marks(run: Run, size: float, x: float, y: float) -> str:
    """The mute glyphs of a run, as lines."""
    if all(glyph.text for glyph in run.glyphs):
        return ""
    scale = size / face(run.font).unit
    parts: list[str] = []
    for glyph in run.glyphs:
        if not glyph.text:
            left, base = x + glyph.dx * scale, y - glyph.dy * scale
            for operator, points in outline(run.font, glyph.number):
                pairs = zip(points[::2], points[1::2], strict=True)
                numbers = (f"{_number(left + a * scale)} {_number(base - b * scale)} " for a, b in pairs)
                parts.append(f"{''.join(numbers)}{operator}\n")
        x += glyph.advance * scale
    return "".join([*parts, "f\n"]) if parts else ""


def _qr(slot: Slot, address: str) -> bytes:
    """The address as rectangles, one for each run of dark modules."""
    rows = qr.rows(address)
    module = slot.width / (len(rows) + 2 * QUIET_ZONE)
    parts = [
        f"/Figure <</MCID {slot.mark}>> BDC\nq\n{QR_COLOUR}\n",
        f"{_number(module)} 0 0 {_number(module)} {_number(slot.x)} {_number(slot.y)} cm\n",
    ]
    for y, row in enumerate(rows, start=QUIET_ZONE):
        for dark in _DARK.finditer(row):
            parts.append(f"{dark.start() + QUIET_ZONE} {y} {dark.end() - dark.start()} 1 re\n")
    parts.append("f\nQ\nEMC\n")
    return "".join(parts).encode("ascii")


def _number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".") if value else "0"
