"""Designs of certificates: a folder each, on one shared base; read once, then only from memory."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined, Template
from markupsafe import Markup, escape

from certificates.rules.document import protected_names, words
from certificates.slots import LETTERS, QR, SCHEME, VERIFY_LINK, Filling, Piece

DESIGNS = Path(__file__).resolve().parent / "designs"
BASE = "base"
ASSETS = "asset:"
_KINDS = {".svg": "image/svg+xml"}
# Of the snapshot, only what is the same for everybody reaches the page that is compiled.
_SHARED = ("provider_name", "provider_contact", "title")


@dataclass(frozen=True, slots=True)
class Asset:
    """The bytes of one file and what they are."""

    body: bytes
    kind: str


@dataclass(frozen=True, eq=False)
class Design:
    """A design as it is used: its page, its style sheets in order, its images, and a digest of all of them."""

    name: str
    template: Template
    styles: tuple[str, ...]
    assets: dict[str, Asset]
    digest: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page to compile: the design, and its HTML for each tightness. `inlined` slots are typeset at once."""

    design: Design
    context: dict[str, Any]
    filling: Filling
    inlined: frozenset[str]

    def html(self, tightness: str) -> str:
        return self.design.template.render(**self.context, slot=self._slot, tightness=tightness)

    def _slot(self, name: str) -> Markup:
        text = self.filling.texts.get(name)
        if name not in self.inlined or text is None:
            return Markup('<img class="slot" src="{0}{1}" alt="{0}{1}">').format(SCHEME, name)
        lines = Markup("").join(
            Markup('<span class="line">{}</span>{}').format(Markup("").join(map(_piece, line)), "" if last else " ")
            for line, last in ((line, line is text.lines[-1]) for line in text.lines)
        )
        return Markup('<span class="slot">{}</span>').format(lines)


@cache
def design(name: str) -> Design:
    """The named design. Raises LookupError for a folder that does not exist."""
    folders = [DESIGNS / BASE, DESIGNS / name]
    if name == BASE or not folders[1].is_dir():
        raise LookupError(f"there is no certificate design called {name}")
    files = [path for folder in folders for path in sorted(folder.iterdir()) if path.is_file()]
    texts = {path: path.read_text(encoding="utf-8") for path in files if path.suffix in {".html", ".css"}}
    pages = {f"{path.parent.name}/{path.name}": text for path, text in texts.items() if path.suffix == ".html"}
    images = {path.name: Asset(path.read_bytes(), _KINDS[path.suffix]) for path in files if path.suffix in _KINDS}
    return Design(
        name=name,
        template=_environment(pages).get_template(f"{name}/certificate.html"),
        styles=tuple(text for path, text in texts.items() if path.suffix == ".css"),
        assets={f"{ASSETS}{name}": image for name, image in images.items()},
        digest=_digest(files),
    )


def page_of(snapshot: dict[str, Any], filled: Filling, inlined: Collection[str] = ()) -> Page:
    """The page of this snapshot with its slots open, but for those in `inlined`."""
    context = {
        "certificate": {key: snapshot[key] for key in _SHARED},
        "words": words(snapshot),
        "name_lines": len(filled.name.lines),
        "name_direction": filled.name_direction,
        "letters_apart": LETTERS in filled.texts,
        "verify_link": VERIFY_LINK,
        "verify_base": filled.address.rsplit("/", 1)[0],
    }
    return Page(design(snapshot["design"]), context, filled, frozenset(inlined) - {QR})


def key_of(page: Page, *versions: str) -> str:
    """The name under which the compiled page is kept: everything that can move a letter on it is in there."""
    parts = [page.design.digest, page.html(""), sorted(page.inlined), versions]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _piece(piece: Piece) -> Markup:
    if piece.size is None:
        return escape(piece.text)
    return Markup('<span style="font-size: {}pt">{}</span>').format(piece.size, piece.text)


def _environment(pages: dict[str, str]) -> Environment:
    environment = Environment(
        loader=DictLoader(pages), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["protected"] = protected
    return environment


def protected(text: str) -> Markup:
    """Escaped text in which protected credit names stand in italics with a raised ™."""
    pieces = [
        Markup("<em>{}</em>").format(piece) if italic else _raised(piece) for piece, italic in protected_names(text)
    ]
    return Markup("").join(pieces)


def _raised(text: str) -> Markup:
    return escape(text).replace("™", Markup('<span class="tm">™</span>'))


def _digest(files: list[Path]) -> str:
    whole = hashlib.sha256()
    for path in files:
        whole.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()
