"""Small pictures, videos and captions, made byte by byte or by Pillow."""

import hashlib
import io
import struct
import zlib

from PIL import Image

CAPTIONS = b"WEBVTT\n\n00:00.000 --> 00:02.000\nA foot is pulled up.\n"
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20" width="40" height="20">'
    b'<title>A calf</title><rect x="1" y="1" width="30" height="10" fill="#0b5a5e"/></svg>'
)


def picture(kind: str = "PNG", size: tuple[int, int] = (24, 16), colour: str = "teal", frames: int = 1) -> bytes:
    """A picture of one colour; with several frames it moves."""
    out = io.BytesIO()
    first = Image.new("RGB", size, colour)
    if frames > 1:
        rest = [Image.new("RGB", size, name) for name in ("red", "gold", "navy")[: frames - 1]]
        first.save(out, kind, save_all=True, append_images=rest, duration=200)
    else:
        first.save(out, kind)
    return out.getvalue()


def png_of(width: int, height: int) -> bytes:
    """A PNG that says it is so large; its picture is not that large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 10)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def box(kind: bytes, *content: bytes) -> bytes:
    data = b"".join(content)
    return struct.pack(">I4s", len(data) + 8, kind) + data


def mp4(width: int = 64, height: int = 48, seconds: int = 3, codec: bytes = b"avc1") -> bytes:
    """The skeleton of an MP4 file: boxes as a player looks for them, without a picture to play."""
    mvhd = box(b"mvhd", b"\0" * 12, struct.pack(">II", 1000, seconds * 1000), b"\0" * 80)
    tkhd = box(b"tkhd", b"\0" * 76, struct.pack(">II", width << 16, height << 16))
    moov = box(b"moov", mvhd, box(b"trak", tkhd, box(b"mdia", codec)))
    return box(b"ftyp", b"isom\0\0\0\0isomavc1") + moov + box(b"mdat", b"\0" * 32)


def element(name: int, content: bytes) -> bytes:
    length = len(content)
    size = bytes([0x80 | length]) if length < 127 else struct.pack(">Q", length | 1 << 56)
    return name.to_bytes((name.bit_length() + 7) // 8, "big") + size + content


def webm(width: int = 64, height: int = 48, seconds: float = 3.0, kind: bytes = b"webm") -> bytes:
    """The skeleton of a WebM file."""
    head = element(0x1A45DFA3, element(0x4282, kind))
    info = element(0x1549A966, element(0x2AD7B1, (1_000_000).to_bytes(3, "big")) + _duration(seconds))
    video = element(0xE0, element(0xB0, width.to_bytes(2, "big")) + element(0xBA, height.to_bytes(2, "big")))
    return head + element(0x18538067, info + element(0x1654AE6B, element(0xAE, video)))


def _duration(seconds: float) -> bytes:
    return element(0x4489, struct.pack(">d", seconds * 1000))


class MemoryFiles:
    """Bytes by their digest, gone with the test."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def put(self, body: bytes) -> str:
        digest = hashlib.sha256(body).hexdigest()
        self.kept[digest] = body
        return digest

    def get(self, digest: str) -> bytes:
        return self.kept[digest]
