"""Fonts of stamped text: the glyphs used, cut out of their file, with what each stands for."""

# uharfbuzz is a compiled module without type information.
# pyright: reportAttributeAccessIssue=false

import hashlib
from functools import cache
from typing import Any

from certificates import writing
from certificates.shaping import Face, Glyph, face, hb
from certificates.writing import Writer

_DROPPED = ("GSUB", "GPOS", "GDEF", "cmap", "name", "post", "OS/2", "DSIG", "gasp", "STAT", "kern", "BASE", "meta")
_TO_UNICODE = (
    "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
    "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n/CMapName /Adobe-Identity-UCS def\n"
    "/CMapType 2 def\n1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n{}endcmap\n"
    "CMapName currentdict /CMap defineresource pop\nend\nend\n"
)
_MOST_IN_BLOCK = 100  # entries of one bfchar block, by the CMap format


class Used:
    """One font of one document. A code is a glyph together with its text: the same shape may stand for two letters."""

    def __init__(self, font: str, name: str) -> None:
        self.face: Face = face(font)
        self.name = name
        self._codes: dict[tuple[int, str], int] = {}

    def code(self, glyph: Glyph) -> int:
        """The code of a glyph, counted from one in the order of use."""
        return self._codes.setdefault((glyph.number, glyph.text), len(self._codes) + 1)

    def embed(self, writer: Writer) -> int:
        """Write the font into the document and give its number."""
        numbers = [number for number, _text in self._codes]
        plan = _plan(self.face, sorted(set(numbers)))
        file = plan.execute().blob.data
        new = plan.old_to_new_glyph_mapping
        to_glyphs = b"\0\0" + b"".join(new[number].to_bytes(2, "big") for number in numbers)
        name = b"/%s+%s" % (self._tag(), self.face.name.encode())
        widths = " ".join(self._per_mille(self.face.font.get_glyph_h_advance(number)) for number in numbers)
        file_number = writer.add(writing.stream(file, {b"Length1": b"%d" % len(file)}))
        descriptor = writer.add(_descriptor(self.face.name) % (name, file_number))
        font = {
            b"Type": b"/Font",
            b"Subtype": b"/CIDFontType2",
            b"BaseFont": name,
            b"CIDSystemInfo": b"<< /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>",
            b"DW": b"0",
            b"W": b"[1 [%s]]" % widths.encode(),
            b"CIDToGIDMap": writing.reference(writer.add(writing.stream(to_glyphs, {}))),
            b"FontDescriptor": writing.reference(descriptor),
        }
        whole = {
            b"Type": b"/Font",
            b"Subtype": b"/Type0",
            b"BaseFont": name,
            b"Encoding": b"/Identity-H",
            b"DescendantFonts": b"[%s]" % writing.reference(writer.add(writing.dictionary(font))),
            b"ToUnicode": writing.reference(writer.add(writing.stream(self._to_unicode(), {}))),
        }
        return writer.add(writing.dictionary(whole))

    def _tag(self) -> bytes:
        """Six letters that tell this subset from others, the same for the same glyphs."""
        number = int.from_bytes(hashlib.sha256(repr(self._codes).encode()).digest()[:8], "big")
        return bytes(65 + number // 26**place % 26 for place in range(6))

    def _per_mille(self, units: int) -> str:
        return f"{units * 1000 / self.face.unit:.6g}"

    def _to_unicode(self) -> bytes:
        said = [(code, text) for (_number, text), code in self._codes.items()]
        blocks = ""
        for start in range(0, len(said), _MOST_IN_BLOCK):
            block = said[start : start + _MOST_IN_BLOCK]
            rows = "".join(f"<{code:04x}> <{text.encode('utf-16-be').hex()}>\n" for code, text in block)
            blocks += f"{len(block)} beginbfchar\n{rows}endbfchar\n"
        return _TO_UNICODE.format(blocks).encode("ascii")


def _plan(used: Face, numbers: list[int]) -> Any:
    wanted = hb.SubsetInput()
    wanted.flags = hb.SubsetFlags.NO_HINTING | hb.SubsetFlags.NO_LAYOUT_CLOSURE
    wanted.glyph_set.update(numbers)
    wanted.drop_table_tag_set.update(_dropped())
    return hb.SubsetPlan(used.for_subset, wanted)


@cache
def _dropped() -> tuple[int, ...]:
    return tuple(int.from_bytes(tag.encode(), "big") for tag in _DROPPED)


@cache
def _descriptor(name: str) -> bytes:
    """The font descriptor with places for the subset's name and its file's number. Metrics in thousandths of an em."""
    used = face(name)
    head = used.face.reference_table("head").data
    box = [int.from_bytes(head[at : at + 2], "big", signed=True) * 1000 // used.unit for at in range(36, 44, 2)]
    italic = -12 if "Italic" in name else 0
    flags = 4 | (2 if "Serif" in name else 0) | (64 if italic else 0)
    entries = {
        b"Type": b"/FontDescriptor",
        b"FontName": b"%s",
        b"Flags": b"%d" % flags,
        b"FontBBox": b"[%d %d %d %d]" % tuple(box),
        b"ItalicAngle": b"%d" % italic,
        b"Ascent": b"%d" % round(used.ascent * 1000),
        b"Descent": b"%d" % round(-used.descent * 1000),
        b"CapHeight": b"714",
        b"StemV": b"80",
        b"FontFile2": b"%d 0 R",
    }
    return writing.dictionary(entries)
