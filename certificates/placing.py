"""Whether everything on a page laid out by WeasyPrint lies where somebody can read it; for designs from outside."""

from collections.abc import Iterable, Iterator
from typing import Any

import weasyprint

from certificates.compiled import Slot

_NEAR = 1.0  # CSS pixels: a letter's edge may stand out by that much
LEAST_SIZE = 6.0  # CSS pixels, 4.5 points: smaller is not read by anybody


def why_not(document: weasyprint.Document) -> str:
    """A sentence about the first text or picture that is off its page; empty when there is none."""
    for page in document.pages:
        for box in descendants(page._page_box):
            text = getattr(box, "text", "") if type(box).__name__ == "TextBox" else ""
            if not text.strip() and box.element_tag != "img":
                continue
            shown = f"“{text.strip()[:40]}”" if text else "a picture"
            x, y = float(box.position_x), float(box.position_y)
            right, bottom = x + float(box.margin_width()), y + float(box.margin_height())
            if x < -_NEAR or y < -_NEAR or right > page.width + _NEAR or bottom > page.height + _NEAR:
                return f"{shown} does not fit on the page"
    return ""


def texts(document: weasyprint.Document) -> str:
    """All words that somebody can see, without the spaces between them."""
    parts = [
        box.text
        for page in document.pages
        for box in descendants(page._page_box)
        if type(box).__name__ == "TextBox" and seen(box)
    ]
    return bare("".join(parts))


def unsaid(document: weasyprint.Document, sentences: Iterable[str]) -> str:
    """The first of the sentences that nobody can see; empty when all are there."""
    shown = texts(document)
    return next((sentence for sentence in sentences if bare(sentence) not in shown), "")


def bare(text: str) -> str:
    """A text as it is compared: without spaces, and without the small raised mark of a protected name."""
    return "".join(text.replace("™", "").split())


def seen(box: Any) -> bool:
    """Whether a text is large and dark enough to be seen at all."""
    style = box.style
    if float(style["font_size"]) < LEAST_SIZE or style["visibility"] != "visible":
        return False
    return style["color"].to("srgb").alpha > 0.5


def overlapping(slots: Iterable[Slot]) -> tuple[str, str] | None:
    """The names of two places that cover each other, None when all are apart."""
    every = sorted(slots, key=lambda slot: slot.name)
    for place, one in enumerate(every):
        for other in every[place + 1 :]:
            apart = (
                one.x + one.width <= other.x + _NEAR
                or other.x + other.width <= one.x + _NEAR
                or one.y + one.height <= other.y + _NEAR
                or other.y + other.height <= one.y + _NEAR
            )
            if not apart:
                return one.name, other.name
    return None


def descendants(box: Any) -> Iterator[Any]:
    """The box and all boxes within it."""
    stack = [box]
    while stack:
        found = stack.pop()
        yield found
        stack.extend(reversed(getattr(found, "children", ())))
