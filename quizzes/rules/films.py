"""Short videos and their captions by their bytes: kind, size, length; nothing is decoded."""

import re
import struct
from collections.abc import Iterator
from math import ceil

from quizzes.rules.pictures import MediaError, Seen

MOST_SECONDS = 600
MOST_CUES = 2_000
DEFAULT_LANGUAGE = "en"
"""Of captions that say nothing else; the platform speaks it."""
_BROKEN = "It is broken or cut off; export it anew."
_MP4_BOXES = frozenset(
    {"ftyp", "moov", "mdat", "free", "skip", "wide", "uuid", "moof", "mfra", "sidx", "styp", "meta", "pdin", "emsg"}
)
_CODECS = (b"avc1", b"avc3", b"hvc1", b"hev1", b"av01", b"vp09", b"mp4v")
_EBML = b"\x1a\x45\xdf\xa3"
_SEGMENT, _INFO, _TRACKS, _ENTRY, _VIDEO = 0x18538067, 0x1549A966, 0x1654AE6B, 0xAE, 0xE0
_LANGUAGE = re.compile(r"^Language:[ \t]*([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,7}){0,2})[ \t]*\n", re.M)
_TIMING = re.compile(
    r"^(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})[ \t]+-->[ \t]+(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})(?:[ \t].*)?$"
)


def film(data: bytes) -> Seen | None:
    """The video; None when it is neither MP4 nor WebM. Refuses: MediaError."""
    try:
        if data[4:8] == b"ftyp":
            return _judged("mp4", data, *_mp4(data))
        if data.startswith(_EBML):
            return _judged("webm", data, *_webm(data))
    except (struct.error, IndexError):
        raise MediaError("media_broken", _BROKEN) from None
    return None


def captions(data: bytes) -> bytes:
    """The WebVTT file as UTF-8 with plain line ends. Refuses: MediaError."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise MediaError("captions_encoding", "The captions file is not UTF-8; save it as UTF-8.") from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not re.match(r"WEBVTT(?:[ \t\n]|\Z)", text) or "\0" in text:
        raise MediaError("captions_kind", "The captions file is not WebVTT: its first line must be WEBVTT.")
    cues = 0
    for number, line in enumerate(text.split("\n"), start=1):
        if "-->" not in line:
            continue
        found = _TIMING.match(line.strip())
        if not found:
            raise MediaError(
                "captions_time", f"Line {number} of the captions is no time; write 00:01.000 --> 00:04.000."
            )
        if _instant(found.groups()[4:]) <= _instant(found.groups()[:4]):
            raise MediaError("captions_time", f"Line {number} of the captions ends before it begins.")
        cues += 1
    if not cues:
        raise MediaError("captions_empty", "The captions file holds no caption.")
    if cues > MOST_CUES:
        raise MediaError("captions_many", f"The captions file holds more than {MOST_CUES} captions.")
    return text.encode()


def told_language(words: bytes) -> str:
    """The language that captions name in their head (`Language: de`), as many programs write it; else nothing."""
    found = _LANGUAGE.search(_head(words))
    return found[1] if found else ""


def in_language(words: bytes, language: str) -> bytes:
    """The captions naming this language in their head, so that it goes wherever the file goes."""
    head = _head(words)
    if (told_language(words) or DEFAULT_LANGUAGE) == language:
        return words
    first, _end, rest = _LANGUAGE.sub("", head).partition("\n")
    return f"{first}\nLanguage: {language}\n{rest}".encode() + words[len(head.encode()) :]


def _head(words: bytes) -> str:
    """The lines before the first empty one and the first caption."""
    lines = words.decode().split("\n")
    end = next((at for at, line in enumerate(lines) if not line or "-->" in line), len(lines))
    return "".join(f"{line}\n" for line in lines[:end])


def _instant(parts: tuple[str | None, ...]) -> int:
    hours, minutes, seconds, thousandths = (int(part or 0) for part in parts)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + thousandths


def _judged(kind: str, data: bytes, width: int, height: int, seconds: int) -> Seen:
    if not 1 <= width <= 4096 or not 1 <= height <= 4096:
        raise MediaError(
            "media_dimensions", f"The picture of the video is {width} by {height}; at most 4096 on a side."
        )
    if seconds > MOST_SECONDS:
        raise MediaError("media_long", f"It lasts longer than {MOST_SECONDS // 60} minutes; cut it.")
    return Seen(kind, data, width, height, seconds)


def _mp4(data: bytes) -> tuple[int, int, int]:
    names = [kind for kind, _start, _end in _boxes(data, 0, len(data))]
    if "moov" not in names or not {"mdat", "moof"} & set(names):
        raise MediaError("media_broken", _BROKEN)
    if set(names) - _MP4_BOXES:
        raise MediaError("media_behind", "There are other data in the video file; export it anew.")
    start, end = next((start, end) for kind, start, end in _boxes(data, 0, len(data)) if kind == "moov")
    if not any(codec in data[start:end] for codec in _CODECS):
        raise MediaError("media_codec", "It holds no video that browsers play; export it as H.264.")
    seconds, size = 0, (0, 0)
    for kind, begin, stop in _boxes(data, start, end):
        if kind == "mvhd":
            seconds = _length(data, begin)
        if kind == "trak":
            for inner, at, until in _boxes(data, begin, stop):
                if inner == "tkhd" and until - at >= 8:
                    width, height = (one >> 16 for one in struct.unpack_from(">II", data, until - 8))
                    size = max(size, (width, height))
    return *size, seconds


def _length(data: bytes, at: int) -> int:
    if data[at] == 1:
        scale, duration = struct.unpack_from(">IQ", data, at + 20)
    else:
        scale, duration = struct.unpack_from(">II", data, at + 12)
    return -(-duration // scale) if scale else 0


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[str, int, int]]:
    """(kind, where its content begins, where it ends). The sizes must fill the space exactly."""
    while at < end:
        size, kind = struct.unpack_from(">I4s", data, at)
        begin = at + 8
        if size == 1:
            size = struct.unpack_from(">Q", data, begin)[0]
            begin += 8
        elif size == 0:
            size = end - at
        if size < begin - at or at + size > end:
            raise MediaError("media_broken", _BROKEN)
        yield kind.decode("latin-1"), begin, at + size
        at += size


def _webm(data: bytes) -> tuple[int, int, int]:
    parts = list(_elements(data, 0, len(data)))
    kind = next(
        (data[at:until] for name, at, until in _elements(data, parts[0][1], parts[0][2]) if name == 0x4282), b""
    )
    if kind.rstrip(b"\0") != b"webm":
        raise MediaError("media_kind", "It is a Matroska file but no WebM; export it as WebM or MP4.")
    if [name for name, _at, _until in parts[1:]] != [_SEGMENT]:
        raise MediaError("media_behind", "There are other data in the video file; export it anew.")
    scale, length, size = 1_000_000, 0.0, (0, 0)
    for name, at, until in _elements(data, parts[1][1], parts[1][2], loose=True):
        if name == _INFO:
            for field, begin, stop in _elements(data, at, until):
                if field == 0x2AD7B1:
                    scale = int.from_bytes(data[begin:stop], "big")
                if field == 0x4489:
                    length = struct.unpack(">d" if stop - begin == 8 else ">f", data[begin:stop])[0]
        if name == _TRACKS:
            size = max([size, *_track_sizes(data, at, until)])
    seconds = length * scale / 1_000_000_000
    if not 0 <= seconds <= MOST_SECONDS:  # nor is what is no number at all
        return *size, MOST_SECONDS + 1
    return *size, ceil(seconds)


def _track_sizes(data: bytes, at: int, until: int) -> Iterator[tuple[int, int]]:
    for entry, begin, stop in _elements(data, at, until):
        if entry != _ENTRY:
            continue
        for field, start, end in _elements(data, begin, stop):
            if field == _VIDEO:
                found = {name: int.from_bytes(data[a:b], "big") for name, a, b in _elements(data, start, end)}
                yield found.get(0xB0, 0), found.get(0xBA, 0)


def _elements(data: bytes, at: int, end: int, *, loose: bool = False) -> Iterator[tuple[int, int, int]]:
    """(id, where its content begins, where it ends). `loose` stops quietly at an element of unknown length."""
    while at < end:
        id_length = 9 - data[at].bit_length()
        name = int.from_bytes(data[at : at + id_length], "big")
        size_at = at + id_length
        size_length = 9 - data[size_at].bit_length()
        if id_length > 4 or size_length > 8:
            raise MediaError("media_broken", _BROKEN)
        size = int.from_bytes(data[size_at : size_at + size_length], "big") & ((1 << 7 * size_length) - 1)
        begin = size_at + size_length
        unknown = size == (1 << 7 * size_length) - 1
        if unknown and loose:
            return
        until = end if unknown else begin + size
        if until > end:
            raise MediaError("media_broken", _BROKEN)
        yield name, begin, until
        at = until
