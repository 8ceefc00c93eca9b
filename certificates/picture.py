"""A picture of the first page, made from the stored bytes and so showing exactly what is downloaded."""

import io

import pypdfium2
from PIL import Image

_SCALE = 150 / 72 - 1e-6  # pdfium rounds up: a hair less gives whole pixels, as certificates.rules.looks says
_COLOURS = 128


def picture_of(pdf: bytes) -> bytes:
    """PNG of page one."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        page = document[0].render(scale=_SCALE)  # pyright: ignore[reportArgumentType] - any number will do
        image = page.to_pil().convert("RGB")
    finally:
        document.close()
    drawn = io.BytesIO()
    # Few colours on white: a palette makes the file a third as large and nobody sees a difference. This way to choose
    # it, and this level, take a quarter of the time of Pillow's defaults with "optimize", for a file of the same size.
    palette = image.quantize(colors=_COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    palette.save(drawn, format="PNG", compress_level=6)
    return drawn.getvalue()


def engine() -> str:
    """What made the picture."""
    return f"pdfium {pypdfium2.PDFIUM_INFO}, pypdfium2 {pypdfium2.PYPDFIUM_INFO}"[:120]
