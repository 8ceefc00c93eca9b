"""Judges the files of an uploaded design against allow-lists, in sentences, and writes the page anew."""

import io
from collections.abc import Mapping
from pathlib import PurePosixPath

import uharfbuzz
from PIL import Image

from certificates.pressing import judging_css, judging_html
from certificates.rules.uploads import MOST_PIXELS, TEMPLATE
from cme.articles.svg import SvgError, clean_svg

_FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}
_FONTS = (b"\0\1\0\0", b"true", b"OTTO")
MOST_SAID = 12


def judge(files: Mapping[str, bytes], *, page: bool) -> tuple[list[str], dict[str, bytes]]:
    """Problems, and the clean files when there are none. `page`: whether there has to be one."""
    problems: list[str] = []
    clean: dict[str, bytes] = {}
    names = frozenset(files)
    for name, body in sorted(files.items()):
        found, written = _one(name, body, names)
        problems += [f"{name}: {sentence}" for sentence in found]
        clean[name] = written
    if page and TEMPLATE not in files:
        problems.insert(0, f"The folder has no {TEMPLATE}.")
    if len(problems) > MOST_SAID:
        problems = [*problems[:MOST_SAID], f"… and {len(problems) - MOST_SAID} more."]
    return problems, {} if problems else clean


def _one(name: str, body: bytes, names: frozenset[str]) -> tuple[list[str], bytes]:
    kind = PurePosixPath(name).suffix.lower()
    if kind in {".html", ".css"}:
        try:
            text = body.decode("utf-8-sig")
        except UnicodeDecodeError:
            return ["It is not written in UTF-8."], b""
        if "\0" in text:
            return ["It holds a character that is not text."], b""
        if kind == ".html":
            found, page = judging_html.judge(text, names)
            return found, page.encode()
        return judging_css.judge(text, names), text.encode()
    if kind == ".svg":
        try:
            return [], clean_svg(body).svg.encode()
        except SvgError as error:
            return [f"line {line}: {sentence}" for line, sentence in error.problems[:3]], b""
    if kind in _FORMATS:
        return _picture(body, _FORMATS[kind])
    return _font(body), body


def _picture(body: bytes, wanted: str) -> tuple[list[str], bytes]:
    """Written anew from its pixels: what else was in the file stays behind."""
    try:
        with Image.open(io.BytesIO(body), formats=(wanted,)) as image:
            if image.width * image.height > MOST_PIXELS:
                size = f"{image.width} by {image.height} pixels"
                return [f"The picture has {size}; {MOST_PIXELS // 1_000_000} million pixels are the most."], b""
            plain = image.convert("RGB" if wanted == "JPEG" else "RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return [f"It cannot be read as a {wanted} picture."], b""
    written = io.BytesIO()
    plain.save(written, format=wanted, **({"quality": 92} if wanted == "JPEG" else {"optimize": True}))
    return [], written.getvalue()


def _font(body: bytes) -> list[str]:
    if not body.startswith(_FONTS):
        return ["It is not a TrueType or OpenType font."]
    face = uharfbuzz.Face(body)  # pyright: ignore[reportAttributeAccessIssue] - a compiled module
    return [] if 0 < face.glyph_count < 65_535 and face.upem else ["The font cannot be read."]
