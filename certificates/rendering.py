"""From a frozen snapshot to the bytes of a PDF: one page, tagged, the same bytes for the same inputs.

This module loads WeasyPrint and Pango. It belongs to the background process; web processes never import it.
"""

import io
import logging
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any

import segno
import weasyprint
from weasyprint.text.ffi import pango
from weasyprint.text.fonts import FontConfiguration

from certificates.design import Design, design
from certificates.fetching import SCHEME, Asset, SealedFetcher
from certificates.measuring import CREDENTIALS_SIZE, FONTS, set_name
from certificates.rules.document import document_title, printed_texts, words
from certificates.rules.names import direction, unprintable

VARIANT = "pdf/ua-1"
NAME_ROOM = 600.0
TIGHTER = ("fit-0", "fit-1", "fit-2", "fit-3", "fit-4", "fit-5")
LEAST_GAP = 10.0  # CSS pixels
QR = f"{SCHEME}qr.svg"


class RenderError(Exception):
    """The document cannot be made as it has to be; the message says what is wrong."""


class OwnFonts(FontConfiguration):
    """The shipped typefaces and nothing that is installed on the machine."""

    def __init__(self) -> None:
        # Fontconfig takes its configuration from the environment of the process, and only from there. putenv sets it
        # for the C libraries below; what Python code reads of the environment stays as it was.
        os.putenv("FONTCONFIG_FILE", str(FONTS / "fonts.conf"))
        super().__init__()


class _Complaints(logging.Handler):
    """Collects what WeasyPrint logs in this thread."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []
        self.thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self.thread:
            self.messages.append(record.getMessage())


@contextmanager
def no_complaints() -> Iterator[None]:
    """WeasyPrint logs a missing image and goes on; here it is an error: none leaves without its seal."""
    handler = _Complaints()
    logger = logging.getLogger("weasyprint")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
    if handler.messages:
        raise RenderError("WeasyPrint complained: " + "; ".join(handler.messages))


class Press:
    """One design ready to print: fonts, parsed style sheets and the design's own images are made once per process."""

    def __init__(self, chosen: Design, fonts: FontConfiguration) -> None:
        self.design = chosen
        self.fonts = fonts
        fetcher = SealedFetcher(chosen.assets)
        with no_complaints():
            self.styles = [
                weasyprint.CSS(string=text, url_fetcher=fetcher, font_config=fonts) for text in chosen.styles
            ]
        self.images: dict[str, Any] = {}

    def print(self, snapshot: dict[str, Any], verify_url: str) -> bytes:
        """The PDF. Refuses: RenderError (no font for a character, more than one page, a complaint of WeasyPrint)."""
        with no_complaints():
            document = self._one_page(snapshot, verify_url)
            body = document.write_pdf(pdf_variant=VARIANT)
        assert body is not None  # no target was given, so the bytes come back
        return body

    def _one_page(self, snapshot: dict[str, Any], verify_url: str) -> weasyprint.Document:
        fetcher = SealedFetcher({**self.design.assets, QR: _qr_code(verify_url)})
        # A copy for each document: a shared one would keep every learner's QR code for ever.
        images = dict(self.images)
        for tightness in TIGHTER:
            html = self.design.page.render(**_context(snapshot, verify_url), tightness=tightness)
            document = weasyprint.HTML(string=html, url_fetcher=fetcher).render(
                stylesheets=self.styles, font_config=self.fonts, cache=images, pdf_variant=VARIANT
            )
            if len(document.pages) == 1 and _clear(document.pages[0].anchors):
                self.images = {url: image for url, image in images.items() if QR not in url}
                return document
        raise RenderError("the texts of this certificate do not fit on one page")


def render(snapshot: dict[str, Any], verify_url: str) -> bytes:
    """The certificate of this snapshot."""
    for text in [*printed_texts(snapshot), verify_url]:
        if (cluster := unprintable(text)) is not None:
            raise RenderError(f"no shipped typeface has the character “{cluster}”")
    return _press(snapshot["design"]).print(snapshot, verify_url)


def engine(name: str) -> str:
    """What made the file, in at most 120 characters."""
    assert pango is not None  # the import of WeasyPrint fails without it
    number = pango.pango_version()
    version = f"{number // 10000}.{number // 100 % 100}.{number % 100}"
    return f"weasyprint {weasyprint.__version__}, pango {version}, design {name} {design(name).digest[:12]}"


@cache
def _fonts() -> FontConfiguration:
    return OwnFonts()


@cache
def _press(name: str) -> Press:
    return Press(design(name), _fonts())


def _clear(anchors: Mapping[str, tuple[float, ...]]) -> bool:
    """Whether the texts keep their distance: their edges are marked, and WeasyPrint tells where they came to lie."""
    top = {name: corners[1] for name, corners in anchors.items()}
    return top["upper-end"] + LEAST_GAP <= top["lower"] and top["foot"] <= top["small-print"]


def _context(snapshot: dict[str, Any], verify_url: str) -> dict[str, Any]:
    side = direction(snapshot["name"])
    apart = side == "rtl"  # letters after a right-to-left name stand below it: a comma between would change sides
    name = set_name(snapshot["name"], "" if apart else snapshot["credentials"], NAME_ROOM)
    return {
        "certificate": snapshot,
        "words": words(snapshot),
        "name": name,
        "name_direction": side,
        "credentials_apart": apart,
        "credentials_size": round(name.size * CREDENTIALS_SIZE, 2),
        "issued_at": datetime.fromisoformat(snapshot["issued_at"]).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "document_title": document_title(snapshot),
        "verify_url": verify_url,
        "verify_base": verify_url.rsplit("/", 1)[0],
    }


def _qr_code(address: str) -> Asset:
    """The address as a vector code with its quiet zone of four modules. The mask is fixed: trying all takes longer."""
    svg = io.BytesIO()
    code = segno.make(address, error="m", mask=3, micro=False)
    code.save(svg, kind="svg", border=4, dark="#111111", xmldecl=False, omitsize=True)
    return Asset(svg.getvalue(), "image/svg+xml")
