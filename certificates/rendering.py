"""From a frozen snapshot to a signed certificate: compiled page, stamped, finished, signed; the same bytes each time.

WeasyPrint is loaded only when a page has to be compiled.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from certificates import apart
from certificates.compiled import Compiled, Shelf
from certificates.design import Design, Page, key_of, page_of
from certificates.finishing import Attachment, close, describe, open_signature
from certificates.rules.document import printed_texts
from certificates.rules.names import unprintable
from certificates.shaping import FONTS, NoCoverage, NotStampable
from certificates.signing import Signer, sign
from certificates.slots import Filling, filling
from certificates.stamping import Plan, plan, stamp
from certificates.writing import Writer

PIPELINE = "4"
"""Part of every compiled page's key: raised when what is compiled changes in a way that its inputs do not show."""
LONGEST_ENGINE = 120
TYPEFACES = frozenset({".ttf", ".json", ".conf"})


@dataclass(frozen=True, slots=True)
class Made:
    """The bytes, and what made them."""

    body: bytes
    engine: str


def render(
    snapshot: dict[str, Any],
    verify_url: str,
    *,
    shelf: Shelf,
    signer: Signer,
    attachment: Attachment | None = None,
    typeset: Collection[str] = (),
    chosen: Design | None = None,
) -> Made:
    """The signed certificate of this snapshot. `typeset` names slots that WeasyPrint sets in any case; `chosen` is the
    version of the design that the snapshot names, where that is not the one that ships.

    Raises NoCoverage (a character that no typeface has), RenderError (the design), SigningError.
    """
    for text in [*printed_texts(snapshot), verify_url]:
        if (cluster := _unprintable(text)) is not None:
            raise NoCoverage(cluster)
    filled = filling(snapshot, verify_url)
    compiled, planned = _compiled(snapshot, filled, shelf, typeset, chosen)
    issued_at = datetime.fromisoformat(snapshot["issued_at"]).astimezone(UTC)
    return Made(finished(compiled, filled, planned, issued_at, signer, attachment), _engine(compiled))


def finished(
    compiled: Compiled, filled: Filling, planned: Plan, at: datetime, signer: Signer, attachment: Attachment | None
) -> bytes:
    """The compiled page with its texts, metadata, attachment and signature. Raises SigningError."""
    writer = Writer(compiled.head, compiled.table)
    stamp(writer, compiled, filled, planned)
    open_signature(writer, compiled, signer.signing_time(at), signer.room)
    info = describe(writer, compiled, filled, at)
    root = close(writer, compiled, attachment, at, signer.validation)
    return sign(writer.finish(root, info), signer)


def _compiled(
    snapshot: dict[str, Any], filled: Filling, shelf: Shelf, typeset: Collection[str], chosen: Design | None
) -> tuple[Compiled, Plan]:
    """The page with its open slots; what the stamper refuses is set by WeasyPrint together with the page."""
    page = page_of(snapshot, filled, chosen=chosen)
    found = shelf.get(page_key(page), lambda: _compile(page))
    planned = plan(found, filled)
    if planned.refused or typeset:
        # This page holds a learner's text and serves nobody else, so it is not kept.
        found = _compile(page_of(snapshot, filled, {*planned.refused, *typeset}, chosen))
        planned = plan(found, filled)
    if planned.refused:
        raise NotStampable("; ".join(f"the place for {name}: {reason}" for name, reason in planned.refused.items()))
    return found, planned


def page_key(page: Page) -> str:
    """The name under which this page is kept when it is compiled."""
    return key_of(page, *_versions())


def _compile(page: Page) -> Compiled:
    """WeasyPrint with Pango takes 60 MB and half a second to load: only a process that compiles needs it."""
    if not page.design.trusted:
        return apart.compile_apart(page)
    return import_module("certificates.compiling").compile_page(page)


def _engine(compiled: Compiled) -> str:
    """What made the file, in at most 120 characters."""
    return f"{compiled.engine}, {_stamper()}"[:LONGEST_ENGINE]


@lru_cache(maxsize=1024)
def _unprintable(text: str) -> str | None:
    """Most of a certificate's texts are the same on the next one."""
    return unprintable(text)


@cache
def _versions() -> tuple[str, ...]:
    return (PIPELINE, version("weasyprint"), version("pikepdf"), repr(typefaces(FONTS)))


def typefaces(folder: Path) -> list[tuple[str, int]]:
    """What letters can move with: the fonts, what they cover and how they are chosen; names and sizes, in order.

    Nothing else of the folder counts, least of all what Python itself leaves there on its first start.
    """
    return sorted((path.name, path.stat().st_size) for path in folder.rglob("*.*") if path.suffix in TYPEFACES)


@cache
def _stamper() -> str:
    return f"pikepdf {version('pikepdf')}, uharfbuzz {version('uharfbuzz')}"
