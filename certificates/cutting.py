"""Opens the slots of a laid-out PDF: its content is cut at each placeholder, which becomes an empty stream."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream, String

from certificates import writing
from certificates.compiled import Compiled, Open, Slot
from certificates.slots import QR, SCHEME

_SCALE = 0.75  # CSS pixels to points
_NEAR = 1e-3
_Matrix = tuple[float, float, float, float, float, float]
_ROLE = "/Role"
_TURNED = "it is turned, scaled or moved by a transformation"


class NotPlain(Exception):  # noqa: N818 - it says what the page is not
    """The page was not drawn in the way in which slots can be opened."""


@dataclass(frozen=True, slots=True)
class _Cut:
    """Content in pieces, still and open ones in turn; which slots are the open ones; which of them are transformed."""

    pieces: list[bytes]
    order: list[int]
    turned: set[int]


def cut(body: bytes, slots: Mapping[str, Slot], link: str, engine: str) -> Compiled:
    """The page with an open place for each slot and for what every document has of its own. Raises NotPlain."""
    with pikepdf.open(io.BytesIO(body)) as pdf:
        page = pdf.pages[0]  # slots stand on the first; a transcript has none and more pages
        elements = {name: element for element in _figures(pdf) if (name := _slot_name(element)) in slots}
        marks = {int(element.K[0]): name for name, element in elements.items()}
        parts = _pieces(page, marks)
        names = iter([marks[mark] for mark in parts.order])
        page.Contents = Array(
            [
                pdf.make_indirect(Stream(pdf, piece)) if place % 2 == 0 else _stub(pdf, f"stream:{next(names)}")
                for place, piece in enumerate(parts.pieces)
            ]
        )
        for name, element in elements.items():
            _prepare(element, name)
            element[_ROLE] = String(f"element:{name}")
        _no_smoothing(pdf)
        page.Resources.Font = pdf.make_indirect(page.Resources.Font)
        page.Resources.Font[_ROLE] = String("fonts")
        _open_links(page, link)
        _open_document(pdf, page)
        saved = io.BytesIO()
        pdf.save(
            saved,
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            fix_metadata_version=False,
        )
    turned = {marks[mark] for mark in parts.turned}
    numbers = {marks[mark]: mark for mark in parts.order}
    given = {
        name: replace(slot, mark=numbers[name], obstacle=_TURNED if name in turned else slot.obstacle)
        for name, slot in slots.items()
    }
    return _taken_apart(saved.getvalue(), given, engine)


def _no_smoothing(pdf: pikepdf.Pdf) -> None:
    """WeasyPrint asks readers to smooth pictures; PDF/A does not allow it."""
    for one in pdf.objects:
        if isinstance(one, Stream) and "/Interpolate" in one:
            del one.stream_dict.Interpolate


def _stub(pdf: pikepdf.Pdf, role: str) -> Any:
    """The place of an object that is written for each document."""
    return pdf.make_indirect(Dictionary({_ROLE: String(role)}))


def _open_links(page: pikepdf.Page, link: str) -> None:
    for number, annotation in enumerate(page.get("/Annots", Array())):  # pyright: ignore[reportArgumentType]
        if "/A" in annotation and str(annotation.A.get("/URI", "")) == link:
            del annotation.A
            if "/Contents" in annotation:
                del annotation.Contents
            annotation[_ROLE] = String(f"link:{number}")


def _open_document(pdf: pikepdf.Pdf, page: pikepdf.Page) -> None:
    """Metadata and signature: their places are the same in every document."""
    for key in ("/Outlines", "/Names"):  # named places are WeasyPrint's, for measuring; nothing leads to them
        if key in pdf.Root:
            del pdf.Root[key]
    field = _stub(pdf, "field")
    annotations = page.get("/Annots", Array())
    annotations.append(field)  # pyright: ignore[reportAttributeAccessIssue]
    page.Annots = annotations
    pdf.Root.Metadata = _stub(pdf, "metadata")
    pdf.Root.AcroForm = Dictionary(SigFlags=3, Fields=Array([field]))
    pdf.Root.Perms = Dictionary(DocMDP=_stub(pdf, "signature"))
    pdf.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
    pdf.Root[_ROLE] = String("catalog")
    page[_ROLE] = String("page")


def _taken_apart(body: bytes, slots: Mapping[str, Slot], engine: str) -> Compiled:
    """The file in two: what stays, packed as small as it goes, and the open objects."""
    opened: dict[str, Open] = {}
    packable: dict[int, bytes] = {}
    with pikepdf.open(io.BytesIO(body)) as pdf:
        head = writing.HEADER
        size = max(one.objgen[0] for one in pdf.objects) + 1
        table = [bytes(writing.ENTRY)] * size
        for one in pdf.objects:
            number = one.objgen[0]
            if isinstance(one, Dictionary) and _ROLE in one:
                role = str(one[_ROLE])
                del one[_ROLE]
                opened[role] = Open(number, one.unparse(resolved=True).removesuffix(b">>").rstrip())
            elif isinstance(one, Stream):
                table[number] = writing.in_file(len(head))
                raw = one.read_raw_bytes()
                source = one.stream_dict.unparse(resolved=True)
                head += b"%d 0 obj\n%s\nstream\n%s\nendstream\nendobj\n" % (number, source, raw)
            else:
                packable[number] = one.unparse(resolved=True)
    table.append(writing.in_file(len(head)))
    index, sources = b"", b""
    for place, (number, source) in enumerate(packable.items()):
        table[number] = writing.packed(size, place)
        index += b"%d %d " % (number, len(sources))
        sources += source + b" "
    kinds = {b"Type": b"/ObjStm", b"N": b"%d" % len(packable), b"First": b"%d" % len(index)}
    head += b"%d 0 obj\n%s\nendobj\n" % (size, writing.stream(index + sources, kinds))
    return Compiled(head, b"".join(table), dict(slots), opened, engine)


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
        if mark is not None and mark in marks:
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
