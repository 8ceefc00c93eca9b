"""Taking out of a picture what nobody sees: place, device, time, names, thumbnails. Not one pixel is coded anew.

What is not known to be needed for showing the picture is dropped. How it is turned is needed: a camera says so beside
the picture, so exactly that stays, in a block that says nothing else.
"""

import struct
import zlib
from collections.abc import Callable, Mapping

_EXIF = b"Exif\0\0"
_TURNED = struct.Struct("<2sHIHHHIHHI")
_ORIENTATION = 0x0112
_PNG_SHOWN = frozenset(
    {b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"mDCV", b"cLLI", b"sBIT", b"bKGD", b"hIST", b"pHYs"}
)
_WEBP_SHOWN = frozenset({b"ICCP", b"ALPH", b"VP8 ", b"VP8L"})
_WEBP_EXIF, _WEBP_XMP = 0x08, 0x04


def bare(kind: str, data: bytes) -> tuple[bytes, int]:
    """The picture without anything beside it, and how it is turned (1 to 8, as EXIF counts).

    `data` is whole: its outline was judged before. The bare picture made bare again is the same bytes. Raises
    ValueError for a WebP whose parts do not fit together.
    """
    strip = _STRIPPERS.get(kind)
    return strip(data) if strip else (data, 1)


def after_scan(data: bytes, at: int) -> int:
    """Where a JPEG's next marker stands: inside the coded picture 0xFF is followed by 0 or a restart mark."""
    while (at := data.find(b"\xff", at)) != -1:
        follow = data[at + 1] if at + 1 < len(data) else 0xD9
        if follow != 0 and not 0xD0 <= follow <= 0xD7:
            return at
        at += 2
    return len(data)


def _jpeg(data: bytes) -> tuple[bytes, int]:
    head, rest, turned, at = [data[:2]], list[bytes](), 0, 2
    while data[at + 1] != 0xD9:
        mark = data[at + 1]
        if mark == 0xFF:  # fill
            at += 1
            continue
        end = at + 2 + struct.unpack_from(">H", data, at + 2)[0]
        told = data[at + 4 : end]
        if mark == 0xE0 and told.startswith(b"JFIF\0") and len(told) >= 14:
            if len(head) == 1:  # the picture's own; its thumbnail goes
                head.append(b"\xff\xe0\0\x10" + told[:12] + b"\0\0")
        elif mark == 0xE1 and told.startswith(_EXIF):
            turned = turned or _turned(told[len(_EXIF) :])
        elif not (0xE0 <= mark <= 0xEF or mark == 0xFE) or _is_colour(mark, told):
            rest.append(data[at:end])
        at = end
        if mark == 0xDA:
            at = after_scan(data, at)
            rest.append(data[end:at])
    if turned > 1:
        block = _EXIF + _block(turned)
        head.append(struct.pack(">HH", 0xFFE1, len(block) + 2) + block)
    return b"".join([*head, *rest, data[at:]]), turned or 1


def _is_colour(mark: int, told: bytes) -> bool:
    """A colour profile, or Adobe's word on how colours are coded."""
    return (mark == 0xE2 and told.startswith(b"ICC_PROFILE\0")) or (mark == 0xEE and told.startswith(b"Adobe"))


def _png(data: bytes) -> tuple[bytes, int]:
    kept, turned, at = [data[:8]], 0, 8
    while at < len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if name == b"eXIf":
            turned = turned or _turned(data[at + 8 : end - 4])
        elif name in _PNG_SHOWN or not name[0] & 0x20:  # a small first letter: not needed for showing it
            kept.append(data[at:end])
        at = end
    if turned > 1:
        block = _block(turned)
        chunk = b"eXIf" + block
        kept.insert(2, struct.pack(">I", len(block)) + chunk + struct.pack(">I", zlib.crc32(chunk)))
    return b"".join(kept), turned or 1


def _gif(data: bytes) -> tuple[bytes, int]:
    at = 13 + (3 << ((data[10] & 7) + 1) if data[10] & 0x80 else 0)
    kept = [data[:at]]
    while data[at] != 0x3B:
        start, shown = at, data[at] == 0x2C or data[at + 1] == 0xF9  # the picture, or what of it is transparent
        if data[at] == 0x2C:
            own = data[at + 9]
            at += 11 + (3 << ((own & 7) + 1) if own & 0x80 else 0)
        else:
            at += 2
        while data[at]:
            at += 1 + data[at]
        at += 1
        if shown:
            kept.append(data[start:at])
    return b"".join([*kept, data[at:]]), 1


def _webp(data: bytes) -> tuple[bytes, int]:
    flags, kept, turned, at = b"", list[bytes](), 0, 12
    while at < len(data):
        if at + 8 > len(data):
            raise ValueError
        name, length = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        end = at + 8 + length
        if end > len(data):
            raise ValueError
        if name == b"VP8X" and not flags and length >= 10:
            flags = data[at + 8 : at + 18]
        elif name == b"EXIF":
            turned = turned or _turned(data[at + 8 : end].removeprefix(_EXIF))
        elif name in _WEBP_SHOWN:
            kept.append(_riff(name, data[at + 8 : end]))
        at = end + length % 2
    if not any(part.startswith(b"VP8") for part in kept):
        raise ValueError
    if flags:
        told = (flags[0] & ~(_WEBP_EXIF | _WEBP_XMP)) | (_WEBP_EXIF if turned > 1 else 0)
        kept.insert(0, _riff(b"VP8X", bytes([told]) + flags[1:]))
        if turned > 1:
            kept.append(_riff(b"EXIF", _block(turned)))
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(body)) + body, (turned or 1) if flags else 1


def _riff(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def _turned(tiff: bytes) -> int:
    """How an EXIF block says the picture is turned; 0 where it does not say."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None or len(tiff) < 10:
        return 0
    at = struct.unpack_from(order + "I", tiff, 4)[0]
    if at + 2 > len(tiff):
        return 0
    for entry in range(at + 2, at + 2 + 12 * struct.unpack_from(order + "H", tiff, at)[0], 12):
        if entry + 12 > len(tiff):
            return 0
        tag, kind, count, value = struct.unpack_from(order + "HHIH", tiff, entry)
        if tag == _ORIENTATION:
            return value if (kind, count) == (3, 1) and 1 <= value <= 8 else 0
    return 0


def _block(turned: int) -> bytes:
    """An EXIF block that says how the picture is turned, and nothing else."""
    return _TURNED.pack(b"II", 42, 8, 1, _ORIENTATION, 3, 1, turned, 0, 0)


_STRIPPERS: Mapping[str, Callable[[bytes], tuple[bytes, int]]] = {
    "jpg": _jpeg,
    "png": _png,
    "gif": _gif,
    "webp": _webp,
}
