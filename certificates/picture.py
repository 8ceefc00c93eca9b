"""A picture of the first page, made from the stored bytes and so showing exactly what is downloaded."""

import io

import pypdfium2
from PIL import Image

_SCALE = 150 / 72 - 1e-6  # pdfium rounds up: a hair less gives whole pixels, as certificates.rules.looks says
_COLOURS = 128
_FOURTH = 4


def picture_of(pdf: bytes) -> bytes:
    """PNG of page one."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        page = document[0].render(scale=_SCALE)  # pyright: ignore[reportArgumentType] - any number will do
        image = page.to_pil()  # a copy in RGB: pdfium draws on white, without transparency
    finally:
        document.close()
    drawn = io.BytesIO()
    # Few colours on white: a palette makes the file a third as large and nobody sees a difference. Chosen of every
    # fourth pixel it takes a fifth of the time; a higher level takes twice as long and makes a fifth less.
    few = image.resize((image.width // _FOURTH, image.height // _FOURTH), Image.Resampling.NEAREST)
    palette = few.quantize(colors=_COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    image.quantize(palette=palette, dither=Image.Dither.NONE).save(drawn, format="PNG", compress_level=3)
    return drawn.getvalue()


def engine() -> str:
    """What made the picture."""
    return f"pdfium {pypdfium2.PDFIUM_INFO}, pypdfium2 {pypdfium2.PYPDFIUM_INFO}"[:120]
