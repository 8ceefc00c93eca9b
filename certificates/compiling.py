"""From a page with open slots to a compiled PDF: WeasyPrint lays it out once, and each slot's place is noted.

This module loads WeasyPrint and Pango. It belongs to the background process; web processes never import it.
"""

import logging
import os
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import Any

import weasyprint
from weasyprint.text.ffi import pango
from weasyprint.text.fonts import FontConfiguration

from certificates import placing
from certificates.compiled import Compiled, RenderError, Slot
from certificates.cutting import NotPlain, cut
from certificates.design import Asset, Design, Laid
from certificates.fetching import SealedFetcher
from certificates.shaping import FONTS
from certificates.slots import ALL, QR, SCHEME, VERIFY_LINK

VARIANT = "pdf/a-3a"
TIGHTER = ("fit-0", "fit-1", "fit-2", "fit-3", "fit-4", "fit-5")
EDGES = {"upper-end", "lower", "foot", "small-print"}
LEAST_GAP = 10.0  # CSS pixels
LEAST_WIDTH, LEAST_QR = 60.0, 80.0  # CSS pixels: narrower, and nothing sensible can be put there
# Nothing to see, as large as the style sheet says. The title keeps WeasyPrint from calling it unlabelled.
_EMPTY = Asset(b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>', "image/svg+xml")
_FILES = {
    ("Noto Serif", 400, "normal"): "NotoSerif-Regular",
    ("Noto Serif", 400, "italic"): "NotoSerif-Italic",
    ("Noto Serif", 700, "normal"): "NotoSerif-Bold",
    ("Noto Sans", 400, "normal"): "NotoSans-Regular",
    ("Noto Sans", 700, "normal"): "NotoSans-Bold",
}
_MISSING = re.compile(r'\.notdef glyph rendered for Unicode string unsupported by fonts: (".+)', re.DOTALL)
_ALIGN = {"left": "left", "start": "left", "center": "center", "right": "right", "end": "right"}


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
        missing = dict.fromkeys(found.group(1) for one in handler.messages if (found := _MISSING.search(one)))
        if missing:
            raise RenderError(f"no typeface has {'these characters' if len(missing) > 1 else 'the character'}: "
                              f"{', '.join(missing)}")  # fmt: skip
        raise RenderError("WeasyPrint complained: " + "; ".join(handler.messages))


class Press:
    """One design ready to print: fonts, parsed style sheets and the design's own images are made once per process."""

    def __init__(self, chosen: Design, fonts: FontConfiguration) -> None:
        self.fonts = fonts
        self.fetcher = SealedFetcher({**chosen.assets, **{f"{SCHEME}{name}": _EMPTY for name in ALL}})
        self.images: dict[str, Any] = {}
        with no_complaints():
            self.styles = [
                weasyprint.CSS(string=text, url_fetcher=self.fetcher, font_config=fonts, base_url=chosen.base_url)
                for text in chosen.styles
            ]

    def lay_out(self, page: Laid) -> weasyprint.Document:
        """The page in the first tightness in which it fits. Raises RenderError when it fits in none."""
        said = ""
        for tightness in TIGHTER:
            document = weasyprint.HTML(
                string=page.html(tightness), url_fetcher=self.fetcher, base_url=page.design.base_url
            ).render(stylesheets=self.styles, font_config=self.fonts, cache=self.images, pdf_variant=VARIANT)
            said = self._why_not(document, page.design)
            if not said:
                return document
        raise RenderError(said)

    def _why_not(self, document: weasyprint.Document, chosen: Design) -> str:
        """Why this tightness will not do; empty when it will."""
        if not chosen.pages:
            return ""
        if len(document.pages) != chosen.pages:
            pages = "one page" if chosen.pages == 1 else f"{chosen.pages} pages"
            return f"the texts of this certificate do not fit on {pages}; they take {len(document.pages)}"
        if chosen.uploaded:
            return placing.why_not(document)
        return "" if _clear(document.pages[0].anchors) else "the texts of this certificate do not fit on one page"


def compile_page(page: Laid, must_say: Iterable[str] = ()) -> Compiled:
    """The page with its open slots. `must_say` are sentences that have to be seen on it.

    Raises RenderError (too many pages, a slot out of place, a sentence that is not to be seen, a complaint).
    """
    with no_complaints():
        document = _press(page.design).lay_out(page)
        body = document.write_pdf(pdf_variant=VARIANT)
    assert body is not None  # no target was given, so the bytes come back
    if must_say and (silent := placing.unsaid(document, must_say)):
        raise RenderError(f"this text is not to be seen on the page: “{silent[:60]}”")
    boxes = _boxes(document)
    if missing := sorted(page.wanted - boxes.keys()):
        raise RenderError(_where_not(document, missing))
    slots = {name: _slot(name, box, document.pages[0]) for name, box in boxes.items() if name in page.wanted}
    if page.design.uploaded and (pair := placing.overlapping(slots.values())):
        raise RenderError(f"the places for {pair[0]} and {pair[1]} lie over each other")
    try:
        return cut(body, slots, VERIFY_LINK, engine(page.design))
    except NotPlain as error:
        raise RenderError(str(error)) from error


def engine(chosen: Design) -> str:
    """What lays pages out."""
    assert pango is not None  # the import of WeasyPrint fails without it
    number = pango.pango_version()
    version = f"{number // 10000}.{number // 100 % 100}.{number % 100}"
    return f"weasyprint {weasyprint.__version__}, pango {version}, {chosen.name} {chosen.digest[:12]}"


@cache
def _fonts() -> FontConfiguration:
    return OwnFonts()


@lru_cache(maxsize=32)
def _press(chosen: Design) -> Press:
    return Press(chosen, _fonts())


def _clear(anchors: Mapping[str, tuple[float, ...]]) -> bool:
    """Whether the texts keep their distance: their edges are marked, and WeasyPrint tells where they came to lie."""
    top = {name: corners[1] for name, corners in anchors.items()}
    if not top.keys() >= EDGES:  # pushed off the page
        return False
    return top["upper-end"] + LEAST_GAP <= top["lower"] and top["foot"] <= top["small-print"]


def _boxes(document: weasyprint.Document) -> dict[str, Any]:
    """The image boxes of slots by name: those of the first page. Raises RenderError when one is there twice."""
    found: dict[str, Any] = {}
    for name, box in _slots_on(document.pages[0]):
        if name in found:
            raise RenderError(f"the design has more than one place for: {name}")
        found[name] = box
    return found


def _slots_on(page: weasyprint.Page) -> Iterator[tuple[str, Any]]:
    for box in placing.descendants(page._page_box):
        source = box.element.get("src", "") if box.element_tag == "img" and box.element is not None else ""
        if source.startswith(SCHEME):
            yield source.removeprefix(SCHEME), box


def _where_not(document: weasyprint.Document, missing: Sequence[str]) -> str:
    """A place on a later page is none, and whoever made the design is told that this is why."""
    for number, page in enumerate(document.pages[1:], start=2):
        if late := sorted({name for name, _box in _slots_on(page)}.intersection(missing)):
            return (
                f"the place for {', '.join(late)} is on page {number}; what differs from person to person has its "
                "place on the first page"
            )
    return f"the design has no place for: {', '.join(missing)}"


def _slot(name: str, box: Any, page: weasyprint.Page) -> Slot:
    x, y = float(box.content_box_x()), float(box.content_box_y())
    width, height = float(box.width), float(box.height)
    if x < 0 or y < 0 or x + width > page.width or y + height > page.height:
        raise RenderError(f"the place for {name} is not on the page")
    if width < (LEAST_QR if name == QR else LEAST_WIDTH) or height < 1 or (name == QR and abs(width - height) > 0.01):
        raise RenderError(f"the place for {name} is too small, or has the wrong shape")
    style = box.style
    families = [family for family in style["font_family"] if family]
    font = _FILES.get((families[0] if families else "", int(style["font_weight"]), style["font_style"]), "")
    align = _ALIGN.get(style["text_align_all"], "")
    colour = style["color"].to("srgb")
    spaced = style["letter_spacing"] != "normal" or style["word_spacing"] != 0
    obstacle = ""
    if name != QR and (not font or not align or spaced or colour.alpha != 1):
        obstacle = "its typeface, alignment, spacing or colour is set in a way that only WeasyPrint draws"
    size = float(style["font_size"])
    red, green, blue = (round(float(part), 6) for part in colour.coordinates)
    return Slot(name, x, y, width, height, size, (red, green, blue), align, font, 0, obstacle)
