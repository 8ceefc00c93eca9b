"""Opens the slots of a laid-out PDF: its content is cut at each placeholder, which becomes an empty stream."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pikepdf
from pikepdf import Array, Name, Stream

from certificates.compiled import Compiled, Slot
from certificates.slots import QR, SCHEME

_SCALE = 0.75  # CSS pixels to points
_Matrix = tuple[float, float, float, float, float, float]
_PLAIN: _Matrix = (1, 0, 0, 1, 0, 0)


class NotPlain(Exception):
    """The page was not drawn in the way in which slots can be opened."""


def cut(body: bytes, slots: Mapping[str, Slot], link: str, engine: str) -> Compiled:
    """The PDF with an empty stream for each slot, in its place. Raises NotPlain."""
    with pikepdf.open(io.BytesIO(body)) as pdf:
        (page,) = pdf.pages
        elements = _elements(pdf.Root.StructTreeRoot.K)
        places = {name: _place(elements, name) for name in slots}
        marks = {mark: name for name, mark in places.items()}
        height = float(page.MediaBox[3])
        pieces, transformed = _pieces(page, marks, height)
        page.Contents = Array([pdf.make_indirect(Stream(pdf, piece)) for piece in pieces])
        order = [name for name in marks.values()] if not pieces else _order(pieces)
        for element in elements:
            _prepare(element, marks)
        _tidy(pdf)
        saved = io.BytesIO()
        pdf.save(saved, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return _numbered(saved.getvalue(), slots, places, order, transformed, link, engine)
