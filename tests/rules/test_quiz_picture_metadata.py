"""What a picture's file says beside the picture is gone, and not one pixel with it."""

import io
import struct
import zlib
from collections.abc import Callable

import pytest
from PIL import Image, ImageOps, PngImagePlugin

from quizzes.rules.media import judge
from quizzes.rules.pictures import MediaError
from tests.factories.media import picture

CANARY = "PATIENT-4711 52.5163N 13.3777E"
TOLD = CANARY.encode()
KINDS = ("JPEG", "PNG", "WEBP")


def lively() -> Image.Image:
    """Every corner differs, so that a turn is seen."""
    image = Image.new("RGB", (24, 16), "teal")
    for at, colour in (((0, 0), "red"), ((16, 0), "gold"), ((0, 8), "navy")):
        image.paste(colour, (*at, at[0] + 8, at[1] + 8))
    return image


def exif_of(turned: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[0x010E], exif[0x0110], exif[0x0112] = CANARY, CANARY, turned
    place = exif.get_ifd(0x8825)
    place[1], place[2], place[29] = "N", (52.0, 30.0, 58.68), "2026:11:28"
    return exif


def saved(kind: str, **more: object) -> bytes:
    out = io.BytesIO()
    lively().save(out, kind, **more)
    return out.getvalue()


def texts() -> PngImagePlugin.PngInfo:
    told = PngImagePlugin.PngInfo()
    told.add_text("Comment", CANARY)
    told.add_itxt("XML:com.adobe.xmp", f"<x>{CANARY}</x>")
    return told


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def segment(mark: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, mark, len(content) + 2) + content


def after(data: bytes, count: int, more: bytes) -> bytes:
    return data[:count] + more + data[count:]


def before_end(data: bytes, count: int, more: bytes) -> bytes:
    return data[:-count] + more + data[-count:]


PLAIN = {kind: saved(kind) for kind in (*KINDS, "GIF")}
TALKING = {
    "jpeg_exif": saved("JPEG", exif=exif_of()),
    "jpeg_comment": saved("JPEG", comment=TOLD),
    "jpeg_xmp": after(PLAIN["JPEG"], 2, segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + TOLD)),
    "jpeg_photoshop": after(PLAIN["JPEG"], 20, segment(0xED, b"Photoshop 3.0\0" + TOLD)),
    "jpeg_thumbnail": after(PLAIN["JPEG"], 20, segment(0xE0, b"JFXX\0\x10" + TOLD)),
    "jpeg_own_thumbnail": PLAIN["JPEG"][:2]
    + segment(0xE0, PLAIN["JPEG"][6:18] + b"\x0a\x01" + TOLD)
    + PLAIN["JPEG"][20:],
    "jpeg_flashpix": after(PLAIN["JPEG"], 20, segment(0xE2, b"FPXR\0" + TOLD)),
    "jpeg_unknown": after(PLAIN["JPEG"], 20, segment(0xEB, TOLD)),
    "jpeg_progressive": saved("JPEG", progressive=True, exif=exif_of(), comment=TOLD),
    "jpeg_late_comment": before_end(PLAIN["JPEG"], 2, segment(0xFE, TOLD)),
    "png_exif": saved("PNG", exif=exif_of()),
    "png_texts": saved("PNG", pnginfo=texts()),
    "png_behind_pixels": before_end(PLAIN["PNG"], 12, chunk(b"tEXt", b"Comment\0" + TOLD)),
    "png_private": after(PLAIN["PNG"], 33, chunk(b"caBX", TOLD)),
    "webp_exif": saved("WEBP", exif=exif_of()),
    "webp_xmp": saved("WEBP", lossless=True, xmp=TOLD),
    "webp_both": saved("WEBP", exif=exif_of(), xmp=TOLD),
    "gif_comment": saved("GIF", comment=TOLD),
    "gif_xmp": before_end(PLAIN["GIF"], 1, b"!\xff\x0bXMP DataXMP" + bytes([len(TOLD)]) + TOLD + b"\0"),
}


def pixels(data: bytes) -> tuple[tuple[int, int], bytes]:
    image = Image.open(io.BytesIO(data))
    return image.size, image.convert("RGBA").tobytes()


@pytest.mark.parametrize("data", TALKING.values(), ids=TALKING)
def test_what_it_says_is_gone_and_every_pixel_is_there(data: bytes) -> None:
    assert TOLD in data
    seen = judge(data)
    assert TOLD not in seen.data
    assert b"2026:11:28" not in seen.data
    assert not Image.open(io.BytesIO(seen.data)).getexif()
    assert pixels(seen.data) == pixels(data)
    assert judge(seen.data) == seen


def test_compressed_words_and_the_time_go_too() -> None:
    told = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(TOLD)) + chunk(b"tIME", b"\x07\xea\x0b\x1c\0\0\0")
    assert judge(after(PLAIN["PNG"], 33, told)).data == PLAIN["PNG"]


@pytest.mark.parametrize("kind", [*KINDS, "GIF"])
def test_a_picture_that_says_nothing_stays_as_it_is(kind: str) -> None:
    assert judge(PLAIN[kind]).data == PLAIN[kind]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("turned", range(1, 9))
def test_it_is_shown_as_it_was_turned_and_says_nothing_else(kind: str, turned: int) -> None:
    data = saved(kind, exif=exif_of(turned))
    seen = judge(data)
    assert TOLD not in seen.data
    told = dict(Image.open(io.BytesIO(seen.data)).getexif())
    assert told == ({0x0112: turned} if turned > 1 else {})
    assert _shown(seen.data) == _shown(data)
    assert (seen.width, seen.height) == ((24, 16) if kind == "WEBP" else _shown(data)[0])
    assert judge(seen.data) == seen


def _shown(data: bytes) -> tuple[tuple[int, int], bytes]:
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    return image.size, image.convert("RGBA").tobytes()


@pytest.mark.parametrize(
    "tiff",
    [
        b"",
        b"II*\0",
        b"II*\0\xff\xff\xff\xff",
        b"II*\0\x08\0\0\0\xff\xff",
        b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x09\0\0",
        b"II*\0\x08\0\0\0\x01\0\x12\x01\x04\0\x01\0\0\0\x06\0\0\0",
        b"XX*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0",
    ],
)
def test_a_turn_that_cannot_be_read_is_none(tiff: bytes) -> None:
    assert judge(after(PLAIN["JPEG"], 2, segment(0xE1, b"Exif\0\0" + tiff))).data == PLAIN["JPEG"]


def test_a_turn_in_the_other_byte_order_is_read() -> None:
    tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    seen = judge(after(PLAIN["JPEG"], 2, segment(0xE1, b"Exif\0\0" + tiff)))
    assert (seen.width, seen.height) == (16, 24)


@pytest.mark.parametrize("kind", KINDS)
def test_colours_stay_what_they_are(kind: str) -> None:
    profile = b"\0\0\2\0" + b"colours" * 60
    data = saved(kind, icc_profile=profile, exif=exif_of())
    assert Image.open(io.BytesIO(judge(data).data)).info["icc_profile"] == profile


def test_a_transparent_picture_stays_transparent() -> None:
    for kind in ("PNG", "WEBP", "GIF"):
        out = io.BytesIO()
        image = Image.new("P", (8, 8), 0) if kind == "GIF" else Image.new("RGBA", (8, 8), (9, 9, 9, 40))
        more = {"transparency": 0} if kind == "GIF" else {"exif": exif_of()}
        image.save(out, kind, **more)
        assert pixels(judge(out.getvalue()).data) == pixels(out.getvalue())


@pytest.mark.parametrize(
    "make",
    [
        lambda data: data + b"EXIF",
        lambda data: data + b"EXIF\xff\xff\xff\xffx",
        lambda data: data[:12] + b"VP8X\x0a\0\0\0" + b"\0" * 10 + b"EXIF\0\0\0\0",
    ],
)
def test_a_webp_whose_parts_do_not_fit_is_broken(make: Callable[[bytes], bytes]) -> None:
    data = make(picture("WEBP"))
    data = data[:4] + struct.pack("<I", len(data) - 8) + data[8:]
    with pytest.raises(MediaError, match="broken"):
        judge(data)
