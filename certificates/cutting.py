"""Opens the slots of a laid-out PDF: its content is cut at each placeholder, which becomes an empty stream."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pikepdf
from pikepdf import Array, Name, Stream

from certificates.compiled import Compiled, Slot
from certificates.slots import QR, SCHEME

_SCALE = 0.75  # CSS pixels to points
_NEAR = 1e-3
_Matrix = tuple[float, float, float, float, float, float]
_TURNED = "it is turned, scaled or moved by a transformation"


class NotPlain(Exception):
    """The page was not drawn in the way in which slots can be opened."""


@dataclass(frozen=True, slots=True)
class _Cut:
    """Content in pieces, still and open ones in turn; which slots are the open ones; which of them are transformed."""

    pieces: list[bytes]
    order: list[int]
    turned: set[int]


def cut(body: bytes, slots: Mapping[str, Slot], link: str, engine: str) -> Compiled:
    """The PDF with an empty stream for each slot, in its place. Raises NotPlain."""
    with pikepdf.open(io.BytesIO(body)) as pdf:
        (page,) = pdf.pages
        elements = {name: element for element in _figures(pdf) if (name := _slot_name(element)) in slots}
        marks = {int(element.K[0]): name for name, element in elements.items()}
        parts = _pieces(page, marks)
        for name, element in elements.items():
            _prepare(element, name)
        _leave_out(pdf)
        page.Contents = Array([pdf.make_indirect(Stream(pdf, piece)) for piece in parts.pieces])
        page.Resources.Font = pdf.make_indirect(page.Resources.Font)
        saved = io.BytesIO()
        pdf.save(saved, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    turned = {marks[mark] for mark in parts.turned}
    given = {name: replace(slot, obstacle=_TURNED) if name in turned else slot for name, slot in slots.items()}
    return _numbered(saved.getvalue(), given, {marks[mark]: mark for mark in parts.order}, link, engine)


def _figures(pdf: pikepdf.Pdf) -> Iterator[Any]:
    return (element for element in _elements(pdf.Root.StructTreeRoot.K) if "/Alt" in element)


def _elements(node: Any) -> Iterator[Any]:
    if isinstance(node, Array):
        for child in node:  # pyright: ignore[reportGeneralTypeIssues] - an array gives its items
            yield from _elements(child)
    elif isinstance(node, pikepdf.Dictionary) and "/S" in node:
        yield node
        yield from _elements(node.get("/K"))


def _slot_name(element: Any) -> str:
    return str(element.Alt).removeprefix(SCHEME) if str(element.Alt).startswith(SCHEME) else ""


def _prepare(element: Any, name: str) -> None:
    """A placeholder is a figure; what comes into it is text, but for the QR code."""
    del element.Alt
    if name != QR:
        element.S = Name.Span
        del element.A


def _leave_out(pdf: pikepdf.Pdf) -> None:
    """Metadata are written when the page is stamped."""
    for key in ("/Metadata", "/Outlines"):
        if key in pdf.Root:
            del pdf.Root[key]
    if "/Info" in pdf.trailer:
        del pdf.trailer.Info


def _pieces(page: pikepdf.Page, marks: Mapping[int, str]) -> _Cut:
    upright: _Matrix = (_SCALE, 0, 0, -_SCALE, 0, float(page.MediaBox[3]))
    still: list[Any] = []
    found = _Cut([], [], set())
    matrix: _Matrix = (1, 0, 0, 1, 0, 0)
    stack: list[_Matrix] = []
    depth = 0  # of marked content inside a placeholder
    for instruction in pikepdf.parse_content_stream(page):
        operator = str(instruction.operator)
        if depth:
            depth += {"BDC": 1, "BMC": 1, "EMC": -1}.get(operator, 0)
            continue
        mark = _mark(instruction) if operator == "BDC" else None
        if mark in marks:
            depth = 1
            _unclip(still)
            found.pieces.extend([pikepdf.unparse_content_stream(still), b""])
            found.order.append(mark)
            still = []
            if any(abs(have - want) > _NEAR for have, want in zip(matrix, upright, strict=True)):
                found.turned.add(mark)
            continue
        if operator == "q":
            stack.append(matrix)
        elif operator == "Q":
            matrix = stack.pop()
        elif operator == "cm":
            matrix = _times(tuple(float(number) for number in instruction.operands), matrix)
        still.append(instruction)
    found.pieces.append(pikepdf.unparse_content_stream(still))
    if missing := [name for mark, name in marks.items() if mark not in found.order]:
        raise NotPlain(f"these places are drawn in a group, with opacity or the like: {', '.join(missing)}")
    return found


def _mark(instruction: Any) -> int | None:
    properties = instruction.operands[1]
    number = properties.get("/MCID") if isinstance(properties, pikepdf.Dictionary) else None
    return None if number is None else int(number)


def _unclip(still: list[Any]) -> None:
    """An image is clipped to its box; a letter's tail may hang out of it."""
    if [str(instruction.operator) for instruction in still[-3:]] == ["re", "W", "n"]:
        del still[-3:]


def _times(first: Any, then: _Matrix) -> _Matrix:
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m)


def _numbered(body: bytes, slots: Mapping[str, Slot], order: Mapping[str, int], link: str, engine: str) -> Compiled:
    """The numbers that its objects got when the file was written."""
    with pikepdf.open(io.BytesIO(body)) as pdf:
        (page,) = pdf.pages
        owners = {
            int(element.K[0]): element.objgen[0]
            for element in _elements(pdf.Root.StructTreeRoot.K)
            if isinstance(element.get("/K"), Array) and len(element.K) == 1 and isinstance(element.K[0], int)
        }
        streams = [stream.objgen[0] for stream in page.Contents][1::2]  # pyright: ignore[reportGeneralTypeIssues]
        links = [
            annotation.objgen[0]
            for annotation in page.get("/Annots", [])
            if "/A" in annotation and str(annotation.A.get("/URI", "")) == link
        ]
        return Compiled(
            pdf=body,
            slots={
                name: replace(slots[name], mark=mark, stream=stream, element=owners[mark])
                for (name, mark), stream in zip(order.items(), streams, strict=True)
            },
            page=page.objgen[0],
            fonts=page.Resources.Font.objgen[0],
            links=tuple(links),
            engine=engine,
        )
