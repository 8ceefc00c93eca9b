"""A program by itself: looks into one untrusted file under hard limits and tells what it saw, as JSON.

It is started by its path, with an empty environment, and imports nothing of this project: whatever a hostile file does
to the libraries that read it happens in here, without keys, database or network addresses at hand.

Input: one line of JSON {"kind": "pdf" | "picture", "size": n, "reference": n}, then the bytes of the file and of the
document it is compared with (may be none).
"""

import contextlib
import ctypes
import json
import sys
from typing import Any

CPU_SECONDS, MEMORY = 8, 1024 * 1024 * 1024
MOST_PAGES, MOST_TEXT, MOST_ATTACHMENT, MOST_SIGNATURE = 5, 40_000, 512 * 1024, 128 * 1024
PICTURE = 600  # pixels of the longer side when two pages are compared
DIFFERENT = 40  # of 255, in one pixel
BROKEN = "\ufffe"  # what pdfium makes of a hyphen at the end of a line


def limit() -> None:
    """Nothing that runs in here may take long, grow large or write."""
    try:
        import resource  # noqa: PLC0415 - there is none on Windows
    except ImportError:
        return
    for what, most in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):  # a lower limit from outside stays
            resource.setrlimit(what, (most, most))


def look_into_pdf(body: bytes, reference: bytes) -> dict[str, Any]:
    """Signatures, attachments, text by page, and how far the pages look different from the reference."""
    import pypdfium2  # noqa: PLC0415 - loaded after the limits are set

    try:
        document = pypdfium2.PdfDocument(body)
        count = len(document)
    except pypdfium2.PdfiumError:
        return {"readable": False}
    seen: dict[str, Any] = {
        "readable": True,
        "pages": count,
        "signatures": signatures(document),
        "attachments": attachments(document),
        "text": [text_of(document, number) for number in range(min(count, MOST_PAGES))],
    }
    if reference:
        original = pypdfium2.PdfDocument(reference)
        seen["original_text"] = [text_of(original, number) for number in range(min(len(original), MOST_PAGES))]
        seen["original_pages"] = len(original)
        seen["different"] = [difference(document, original, number) for number in range(min(count, len(original), 2))]
    return seen


def signatures(document: Any) -> list[dict[str, Any]]:
    from pypdfium2 import raw  # noqa: PLC0415 - as above

    found: list[dict[str, Any]] = []
    count = raw.FPDF_GetSignatureCount(document)
    for number in range(min(max(count, 0), 10)):
        one = raw.FPDF_GetSignatureObject(document, number)
        length = raw.FPDFSignatureObj_GetByteRange(one, None, 0)
        numbers = (ctypes.c_int * max(min(length, 16), 1))()
        if 0 < length <= 16:
            raw.FPDFSignatureObj_GetByteRange(one, numbers, length)
        size = raw.FPDFSignatureObj_GetContents(one, None, 0)
        contents = b""
        if 0 < size <= MOST_SIGNATURE:
            buffer = ctypes.create_string_buffer(size)
            raw.FPDFSignatureObj_GetContents(one, buffer, size)
            contents = buffer.raw
        kind = ctypes.create_string_buffer(64)
        raw.FPDFSignatureObj_GetSubFilter(one, kind, 64)
        found.append(
            {
                "range": [int(value) for value in numbers][: max(length, 0)],
                "contents": contents.hex(),
                "kind": kind.value.decode("ascii", "replace"),
                "permission": int(raw.FPDFSignatureObj_GetDocMDPPermission(one)),
            }
        )
    return found


def attachments(document: Any) -> list[dict[str, str]]:
    from pypdfium2 import raw  # noqa: PLC0415 - as above

    found: list[dict[str, str]] = []
    count = raw.FPDFDoc_GetAttachmentCount(document)
    for number in range(min(max(count, 0), 10)):
        one = raw.FPDFDoc_GetAttachment(document, number)
        if not one:
            continue
        size = raw.FPDFAttachment_GetName(one, None, 0)
        name = ctypes.create_string_buffer(min(max(size, 2), 1024))
        raw.FPDFAttachment_GetName(one, ctypes.cast(name, ctypes.POINTER(raw.FPDF_WCHAR)), len(name))
        length = ctypes.c_ulong(0)
        raw.FPDFAttachment_GetFile(one, None, 0, ctypes.byref(length))
        body = b""
        if 0 < length.value <= MOST_ATTACHMENT:
            buffer = ctypes.create_string_buffer(length.value)
            if raw.FPDFAttachment_GetFile(one, buffer, length.value, ctypes.byref(length)):
                body = buffer.raw[: length.value]
        found.append({"name": name.raw.decode("utf-16-le", "replace").split("\0")[0], "body": body.hex()})
    return found


def text_of(document: Any, number: int) -> str:
    import pypdfium2  # noqa: PLC0415 - as above

    try:
        text = document[number].get_textpage().get_text_range()[:MOST_TEXT]
    except (pypdfium2.PdfiumError, UnicodeDecodeError):
        return ""
    return text.replace(BROKEN, "-")


def difference(one: Any, other: Any, number: int) -> int | None:
    """How many pixels of this page differ visibly, or None when the sizes differ or a page cannot be drawn."""
    from PIL import ImageChops  # noqa: PLC0415 - as above

    pictures = [drawn(document, number) for document in (one, other)]
    if None in pictures or pictures[0].size != pictures[1].size:
        return None
    shades = ImageChops.difference(pictures[0], pictures[1]).convert("L").histogram()
    return sum(shades[DIFFERENT:])


def drawn(document: Any, number: int) -> Any:
    import pypdfium2  # noqa: PLC0415 - as above

    try:
        page = document[number]
        scale = PICTURE / max(*page.get_size(), 1)
        return page.render(scale=scale).to_pil().convert("RGB")
    except (pypdfium2.PdfiumError, ValueError):
        return None


def look_into_picture(body: bytes) -> dict[str, Any]:
    """Texts of the QR codes in a picture. `reader` is False where no reader of such codes is installed."""
    import io  # noqa: PLC0415 - as above

    from PIL import Image  # noqa: PLC0415 - as above

    try:
        import zxingcpp  # noqa: PLC0415 - not everywhere
    except ImportError:
        return {"readable": True, "reader": False, "codes": []}
    try:
        with Image.open(io.BytesIO(body), formats=("PNG", "JPEG", "WEBP", "GIF")) as image:
            if image.width * image.height > 40_000_000:
                return {"readable": False}
            plain = image.convert("L")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return {"readable": False}
    codes = zxingcpp.read_barcodes(plain, formats=zxingcpp.BarcodeFormat.QRCode)  # pyright: ignore[reportArgumentType]
    return {"readable": True, "reader": True, "codes": [code.text[:500] for code in codes[:10]]}


def main() -> None:
    """Read the request, look, answer."""
    limit()
    head = json.loads(sys.stdin.buffer.readline(500))
    body = sys.stdin.buffer.read(int(head["size"]))
    reference = sys.stdin.buffer.read(int(head["reference"]))
    seen = look_into_picture(body) if head["kind"] == "picture" else look_into_pdf(body, reference)
    json.dump(seen, sys.stdout)


if __name__ == "__main__":
    main()
