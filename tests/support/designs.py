"""Designs as somebody may upload them: one that is well made, and a way to spoil it."""

import io
import zipfile
from collections.abc import Mapping

from PIL import Image

PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Ours</title></head>
<body>
<div class="sheet">
  <p class="band">{{ demonstration }}</p>
  <p class="logo"><img src="oak.png" alt="An oak"></p>
  <p class="small">{{ provider }}</p>
  <h1>{{ heading }}</h1>
  <p>{{ certifies }}</p>
  <div>{{ name }}</div>
  <div>{{ letters }}</div>
  <p>{{ did }}</p>
  <h2>{{ title }}</h2>
  <table><tr>
    <td>{{ amount_label }} {{ amount }} {{ amount_note }}</td>
    <td>{{ completed_label }} {{ completed }} {{ completed_note }}</td>
    <td>{{ maximum_label }} {{ maximum }} {{ maximum_note }}</td>
  </tr></table>
  <p class="small">{{ others }}</p>
  <div class="small">{{ statements }}</div>
</div>
<div class="foot small">
  <div class="left">{{ issued }}<p>{{ term }}</p><p>{{ released }}</p><p>{{ contact }}</p></div>
  <div class="right"><p><a href="verify">{{ address }}</a></p>{{ code }}</div>
  <div class="qr">{{ qr }}</div>
</div>
</body>
</html>
"""
STYLE = """/* A plain design of somebody's own. */
@page { margin: 0; background: url(frame.svg) no-repeat 0 0 / 100% 100% }
h1 { font-size: 3em; color: #7a1f3d }
h2 { font-size: 1.9em; font-weight: 700 }
.band { background: #8a3b00; color: #ffffff; font-weight: 700 }
.sheet { position: absolute; top: 36pt; left: 60pt; right: 60pt; text-align: center }
.logo img { height: 24pt }
table { width: 100%; margin-top: .6em }
td { width: 33%; font-size: 1.1em; vertical-align: top }
.small { font-size: .82em }
.foot { position: absolute; left: 60pt; right: 60pt; bottom: 34pt; height: 91pt }
.left { position: absolute; left: 0; bottom: 0; width: 260pt }
.right { position: absolute; right: 100pt; bottom: 0; width: 222pt; text-align: right }
.qr { position: absolute; right: 0; bottom: 0 }
"""
FRAME = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 792 612" preserveAspectRatio="none">
<rect x="18" y="18" width="756" height="576" fill="none" stroke="#7a1f3d" stroke-width="2"/></svg>"""


def picture(width: int = 60, height: int = 40, kind: str = "PNG") -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (width, height), (40, 90, 60)).save(drawn, format=kind)
    return drawn.getvalue()


def good() -> dict[str, bytes]:
    """The files of a design that is taken."""
    return {
        "certificate.html": PAGE.encode(),
        "certificate.css": STYLE.encode(),
        "frame.svg": FRAME.encode(),
        "oak.png": picture(),
    }


def zipped(files: Mapping[str, bytes], folder: str = "") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(f"{folder}{name}", body)
    return packed.getvalue()


def with_html(text: str) -> dict[str, bytes]:
    """The good design with something more at the end of its page."""
    files = good()
    return {**files, "certificate.html": PAGE.replace("</body>", f"{text}</body>").encode()}


def with_css(text: str) -> dict[str, bytes]:
    """The good design with something more at the end of its style sheet."""
    return {**good(), "certificate.css": (STYLE + text).encode()}
