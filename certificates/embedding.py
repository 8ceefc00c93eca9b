"""Fonts of stamped text: the glyphs used, cut out of their file, with what each stands for."""

import hashlib
from functools import cache

import pikepdf
import uharfbuzz as hb
from pikepdf import Array, Dictionary, Name, Stream

from certificates.shaping import Face, Glyph, face

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

    def embed(self, pdf: pikepdf.Pdf) -> pikepdf.Object:
        """The font as an object of the document."""
        numbers = [number for number, _text in self._codes]
        plan = _plan(self.face, sorted(set(numbers)))
        file = plan.execute().blob.data
        new = plan.old_to_new_glyph_mapping
        to_glyphs = b"\0\0" + b"".join(new[number].to_bytes(2, "big") for number in numbers)
        name = Name(f"/{self._tag()}+{self.face.name}")
        advances = [self.face.font.get_glyph_h_advance(number) for number in numbers]
        font = Dictionary(
            Type=Name.Font,
            Subtype=Name.CIDFontType2,
            BaseFont=name,
            CIDSystemInfo=Dictionary(Registry=pikepdf.String("Adobe"), Ordering=pikepdf.String("Identity"), Supplement=0),
            DW=0,
            W=pikepdf.Object.parse(f"[1 [{' '.join(self._per_mille(one) for one in advances)}]]".encode()),
            CIDToGIDMap=pdf.make_indirect(Stream(pdf, to_glyphs)),
            FontDescriptor=pdf.make_indirect(self._descriptor(pdf, name, file)),
        )
        return pdf.make_indirect(
            Dictionary(
                Type=Name.Font,
                Subtype=Name.Type0,
                BaseFont=name,
                Encoding=Name("/Identity-H"),
                DescendantFonts=Array([pdf.make_indirect(font)]),
                ToUnicode=pdf.make_indirect(Stream(pdf, self._to_unicode())),
            )
        )

    def _tag(self) -> str:
        """Six letters that tell this subset from others, the same for the same glyphs."""
        number = int.from_bytes(hashlib.sha256(repr(self._codes).encode()).digest()[:8], "big")
        letters = ""
        for _ in range(6):
            number, rest = divmod(number, 26)
            letters += chr(65 + rest)
        return letters

    def _per_mille(self, units: int) -> str:
        return f"{units * 1000 / self.face.unit:.6g}"

    def _descriptor(self, pdf: pikepdf.Pdf, name: Name, file: bytes) -> Dictionary:
        ascent, descent, box, italic, flags = _metrics(self.face.name)
        return Dictionary(
            Type=Name.FontDescriptor,
            FontName=name,
            Flags=flags,
            FontBBox=Array(box),
            ItalicAngle=italic,
            Ascent=ascent,
            Descent=descent,
            CapHeight=714,
            StemV=80,
            FontFile2=pdf.make_indirect(Stream(pdf, file, Length1=len(file))),
        )

    def _to_unicode(self) -> bytes:
        said = [(code, text) for (_number, text), code in self._codes.items()]
        blocks = ""
        for start in range(0, len(said), _MOST_IN_BLOCK):
            block = said[start : start + _MOST_IN_BLOCK]
            rows = "".join(f"<{code:04x}> <{text.encode('utf-16-be').hex()}>\n" for code, text in block)
            blocks += f"{len(block)} beginbfchar\n{rows}endbfchar\n"
        return _TO_UNICODE.format(blocks).encode("ascii")


def _plan(used: Face, numbers: list[int]) -> hb.SubsetPlan:
    wanted = hb.SubsetInput()
    wanted.flags = hb.SubsetFlags.NO_HINTING | hb.SubsetFlags.NO_LAYOUT_CLOSURE
    wanted.glyph_set.update(numbers)
    wanted.drop_table_tag_set.update(_dropped())
    return hb.SubsetPlan(used.for_subset, wanted)


@cache
def _dropped() -> tuple[int, ...]:
    return tuple(int.from_bytes(tag.encode(), "big") for tag in _DROPPED)


@cache
def _metrics(name: str) -> tuple[int, int, list[int], int, int]:
    """Ascent, descent, bounding box, italic angle and flags of the font descriptor, in thousandths of an em."""
    used = face(name)
    head = used.face.reference_table("head").data
    box = [int.from_bytes(head[at : at + 2], "big", signed=True) * 1000 // used.unit for at in range(36, 44, 2)]
    italic = -12 if "Italic" in name else 0
    flags = 4 | (2 if "Serif" in name else 0) | (64 if italic else 0)
    return round(used.ascent * 1000), round(-used.descent * 1000), box, italic, flags
