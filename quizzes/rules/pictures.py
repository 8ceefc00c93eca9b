"""Pictures by their bytes: what kind they are, how large, and whether anything else hides in them."""

import struct
import zlib
from dataclasses import dataclass, replace

from cme.articles.svg import SvgError, clean_svg
from quizzes.rules.metadata import after_scan, bare

MOST_SIDE = 8_000
MOST_PIXELS = 40_000_000
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_MOVES = "It moves, and nobody could stop it; add it as a video with captions, or as a picture that stands still."
_MORE = "There are other data behind the picture; save it anew with an image program."
_BROKEN = "It is broken or cut off; save it anew with an image program."


class MediaError(Exception):
    """The file is not taken. `code` is stable, `sentence` is for people and continues “name: …”."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Seen:
    """What a file is. `data` is what to keep: of an SVG the cleaned text, of other pictures what is shown of them, of a
    video the bytes as they came. A picture that its camera calls turned has the width and height it is shown with.
    """

    kind: str
    data: bytes
    width: int
    height: int
    seconds: int | None = None


def picture(data: bytes) -> Seen | None:
    """The picture, without what its file says beside it; None when it is none of the kinds. Refuses: MediaError."""
    seen = _outlined(data)
    if seen is None:
        return None
    try:
        shown, turned = bare(seen.kind, seen.data)
    except ValueError:
        raise MediaError("media_broken", _BROKEN) from None
    if turned >= 5 and seen.kind != "webp":  # lying on its side; Chromium turns no WebP
        return replace(seen, data=shown, width=seen.height, height=seen.width)
    return replace(seen, data=shown)


def _outlined(data: bytes) -> Seen | None:
    if data.startswith(_PNG):
        return _sized("png", data, *_png(data))
    if data.startswith(b"\xff\xd8\xff"):
        return _sized("jpg", data, *_jpeg(data))
    if data[:6] in {b"GIF87a", b"GIF89a"}:
        return _sized("gif", data, *_gif(data))
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _sized("webp", data, *_webp(data))
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith((b"<svg", b"<?xml")) and b"<svg" in data[:8192]:
        return _svg(data)
    return None


def _sized(kind: str, data: bytes, width: int, height: int) -> Seen:
    if width < 1 or height < 1:
        raise MediaError("media_broken", _BROKEN)
    if max(width, height) > MOST_SIDE or width * height > MOST_PIXELS:
        raise MediaError(
            "media_dimensions",
            f"It is {width} by {height} pixels; at most {MOST_SIDE} on a side and {MOST_PIXELS // 1_000_000} million "
            "in all are taken. Make it smaller.",
        )
    return Seen(kind, data, width, height)


def _png(data: bytes) -> tuple[int, int]:
    at, size, moves = len(_PNG), (0, 0), False
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        head = kind == b"IHDR"
        if end > len(data) or head != (at == len(_PNG)):
            break
        if head and zlib.crc32(data[at + 4 : end - 4]) != struct.unpack_from(">I", data, end - 4)[0]:
            break
        if kind == b"IHDR" and length == 13:
            size = struct.unpack_from(">II", data, at + 8)
        moves = moves or kind == b"acTL"
        at = end
        if kind == b"IEND":
            return _whole(size, at, len(data), moves=moves)
    raise MediaError("media_broken", _BROKEN)


def _jpeg(data: bytes) -> tuple[int, int]:
    at, size = 2, (0, 0)
    while at + 2 <= len(data) and data[at] == 0xFF:
        mark = data[at + 1]
        if mark == 0xFF:  # fill
            at += 1
            continue
        if mark == 0xD9:
            return _whole(size, at + 2, len(data))
        if at + 4 > len(data):
            break
        length = struct.unpack_from(">H", data, at + 2)[0]
        if length < 2 or at + 2 + length > len(data):
            break
        if mark in _JPEG_SIZES and length >= 7:
            height, width = struct.unpack_from(">HH", data, at + 5)
            size = (width, height)
        at += 2 + length
        if mark == 0xDA:
            at = after_scan(data, at)
    raise MediaError("media_broken", _BROKEN)


def _gif(data: bytes) -> tuple[int, int]:
    if len(data) < 13:
        raise MediaError("media_broken", _BROKEN)
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    at = 13 + (3 << ((flags & 7) + 1) if flags & 0x80 else 0)
    pictures = 0
    while at < len(data):
        kind = data[at]
        if kind == 0x3B:
            return _whole((width, height), at + 1, len(data), moves=pictures > 1)
        if kind == 0x2C and at + 10 <= len(data):
            pictures += 1
            own = data[at + 9]
            at += 11 + (3 << ((own & 7) + 1) if own & 0x80 else 0)
        elif kind == 0x21:
            at += 2
        else:
            break
        while at < len(data) and data[at]:
            at += 1 + data[at]
        at += 1
    raise MediaError("media_broken", _BROKEN)


def _webp(data: bytes) -> tuple[int, int]:
    declared = struct.unpack_from("<I", data, 4)[0] + 8
    if declared > len(data):
        raise MediaError("media_broken", _BROKEN)
    kind, at = data[12:16], 20
    if len(data) < 30:
        raise MediaError("media_broken", _BROKEN)
    if kind == b"VP8X":
        size = (1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little"))
        return _whole(size, declared, len(data), moves=bool(data[20] & 2))
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", data, at + 1)[0]
        return _whole(((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1), declared, len(data))
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, at + 6)
        return _whole((width & 0x3FFF, height & 0x3FFF), declared, len(data))
    raise MediaError("media_broken", _BROKEN)


def _whole(size: tuple[int, int], end: int, length: int, *, moves: bool = False) -> tuple[int, int]:
    if end != length:
        raise MediaError("media_behind", _MORE)
    if moves:
        raise MediaError("media_moves", _MOVES)
    return size


def _svg(data: bytes) -> Seen:
    try:
        clean = clean_svg(data)
    except SvgError as error:
        line, sentence = error.problems[0] if error.problems else (1, "It cannot be read.")
        raise MediaError("media_svg", f"Line {line} of the drawing: {sentence}") from None
    return _sized("svg", clean.svg.encode(), clean.width, clean.height)
