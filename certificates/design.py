"""Designs of certificates: a folder each, as it ships or as a version that is kept; read once, then from memory."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup, escape

from certificates import folders
from certificates.placeholders import Placeholders
from certificates.rules.document import protected_names, providers, words
from certificates.rules.names import EXTRA_FAMILIES, LANGUAGES, han_of, pieces
from certificates.slots import LETTERS, QR, SCHEME, VERIFY_LINK, Filling, Piece

DESIGNS = Path(__file__).resolve().parent / "designs"
BASE = "base"
SHIPPED = ("credit", "participation")
ASSETS = "asset:"
UPLOADED = "https://design.invalid/"
"""Where an uploaded design's own files are: an address that leads nowhere but into the table of its files."""
KINDS = {
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".ttf": "font/ttf",
    ".otf": "font/otf",
}
# Of the snapshot, only what is the same for everybody reaches the page that is compiled.
_SHARED = ("provider_contact", "title")
NOTHING_OWN: Mapping[str, Any] = {"logo": "", "logo_alt": "", "certifies": "", "closing": "", "signatures": ()}


class Template(Protocol):
    """What writes a page's HTML."""

    def render(self, **context: Any) -> str: ...


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
    assets: Mapping[str, Asset]
    digest: str
    trusted: bool = True
    """Written by this project: laid out without a process of its own."""
    pages: int = 1
    """Exactly so many; 0: as many as it takes."""
    base_url: str | None = None
    own: Mapping[str, Any] | None = None

    @property
    def uploaded(self) -> bool:
        """Whether its HTML and CSS came from outside."""
        return self.base_url is not None


class Laid(Protocol):
    """What is compiled: a design, its HTML for each tightness, and the slots that have to be found in it."""

    @property
    def design(self) -> Design: ...

    @property
    def wanted(self) -> frozenset[str]: ...

    def html(self, tightness: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Page:
    """One page to compile: the design, and its HTML for each tightness. `inlined` slots are typeset at once."""

    design: Design
    context: dict[str, Any]
    filling: Filling
    inlined: frozenset[str]

    @property
    def wanted(self) -> frozenset[str]:
        """The slots that have to be found on it."""
        return frozenset({*self.filling.texts, QR} - self.inlined)

    def html(self, tightness: str) -> str:
        return self.design.template.render(**self.context, slot=self._slot, tightness=tightness)

    def _slot(self, name: str) -> Markup:
        text = self.filling.texts.get(name)
        if name not in self.inlined or text is None:
            return Markup('<img class="slot" src="{0}{1}" alt="{0}{1}">').format(SCHEME, name)
        lines = Markup("").join(
            Markup('<span class="line">{}</span>{}').format(self._set(line), gap)
            for line, gap in zip(text.lines, text.gaps, strict=True)
        )
        return Markup('<span class="slot">{}</span>').format(lines)

    def _set(self, line: Sequence[Piece]) -> Markup:
        return Markup("").join(_piece(piece, self.filling.han) for piece in line)


@cache
def design(name: str) -> Design:
    """The design of that name which ships. Raises LookupError for a folder that does not exist."""
    return opened(shipped(name))


@cache
def shipped(name: str) -> bytes:
    """A design that ships, as one file, with the base it stands on. Raises LookupError."""
    if name not in SHIPPED:
        raise LookupError(f"there is no certificate design called {name}")
    return folders.pack(shipped_files(name), {"source": "shipped", "name": name})


def shipped_files(name: str) -> dict[str, bytes]:
    """The files of a design that ships and of its base, by folder and name."""
    paths = [path for folder in (BASE, name) for path in sorted((DESIGNS / folder).iterdir()) if path.is_file()]
    return {f"{path.parent.name}/{path.name}": path.read_bytes() for path in paths}


def opened(packed: bytes) -> Design:
    """A design out of its file. The file was written by this program: what an uploader sent was judged before."""
    files, about = folders.unpack(packed)
    digest = folders.digest(packed)
    if about["source"] == "upload":
        return _uploaded(files, about, digest)
    name = about["name"]
    pages = {path: body.decode() for path, body in files.items() if path.endswith(".html")}
    styles = [path for folder in (BASE, name, "own") for path in files if path == f"{folder}/certificate.css"]
    return Design(
        name=name,
        template=environment(pages).get_template(f"{name}/certificate.html"),
        styles=tuple(files[path].decode() for path in styles),
        assets={f"{ASSETS}{Path(path).name}": asset for path, asset in _assets(files).items()},
        digest=digest,
        trusted=about["source"] == "shipped",
        own=about.get("own"),
    )


def _uploaded(files: Mapping[str, bytes], about: Mapping[str, Any], digest: str) -> Design:
    sheets = [body.decode() for path, body in sorted(files.items()) if path.endswith(".css")]
    return Design(
        name="upload",
        template=Placeholders(files["certificate.html"].decode()),
        styles=(about["first"], *sheets, about["last"]),
        assets={f"{UPLOADED}{path}": asset for path, asset in _assets(files).items()},
        digest=digest,
        trusted=False,
        pages=about["pages"],
        base_url=UPLOADED,
    )


def _assets(files: Mapping[str, bytes]) -> dict[str, Asset]:
    return {path: Asset(body, KINDS[kind]) for path, body in files.items() if (kind := Path(path).suffix) in KINDS}


def page_of(
    snapshot: dict[str, Any], filled: Filling, inlined: Collection[str] = (), chosen: Design | None = None
) -> Page:
    """The page of this snapshot with its slots open, but for those in `inlined`; without `chosen` as it ships."""
    used = chosen or design(snapshot["design"])
    context = {
        "certificate": {key: snapshot[key] for key in _SHARED},
        "paper": snapshot.get("paper", "letter"),
        "providers": providers(snapshot),
        "words": words(snapshot),
        "own": {**NOTHING_OWN, **(used.own or {})},
        "name_lines": len(filled.name.lines),
        "name_direction": filled.name_direction,
        "letters_apart": LETTERS in filled.texts,
        "verify_link": VERIFY_LINK,
        "verify_base": filled.address.rsplit("/", 1)[0],
        "protected": protected,
    }
    return Page(used, context, filled, frozenset(inlined) - {QR})


def key_of(page: Page, *versions: str) -> str:
    """The name under which the compiled page is kept: everything that can move a letter on it is in there."""
    parts = [page.design.digest, page.html(""), sorted(page.inlined), versions]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _piece(piece: Piece, han: str) -> Markup:
    text = lettered(piece.text, han)
    return text if piece.size is None else Markup('<span style="font-size: {}pt">{}</span>').format(piece.size, text)


def lettered(text: str, han: str = "") -> Markup:
    """Escaped text in which the letters of added typefaces name theirs, and whose forms of Han they are: what the
    engine would choose by itself depends on what is there. `han` as the name it was frozen with; else by the letters.
    """
    if text.isascii():
        return escape(text)
    return Markup("").join(_lettered(piece, font) for piece, font in pieces(text, han or han_of(text, "")))


def _lettered(piece: str, font: str) -> Markup:
    if not font:
        return escape(piece)
    language = Markup(' lang="{}"').format(LANGUAGES[font]) if font in LANGUAGES else ""
    # The line stays as high as its own typeface makes it.
    return Markup('<span{} style="font-family: {}; line-height: 0">{}</span>').format(
        language, EXTRA_FAMILIES[font], piece
    )


def environment(pages: dict[str, str]) -> Environment:
    """What renders pages that this project wrote: escaping, and strict about what is missing."""
    environment = Environment(
        loader=DictLoader(pages), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["protected"] = protected
    environment.filters["lettered"] = lettered
    return environment


def protected(text: str, han: str = "") -> Markup:
    """Escaped text in which protected credit names stand in italics with a raised ™. `han` as for `lettered`."""
    return Markup("").join(
        Markup("<em>{}</em>").format(piece) if italic else _raised(piece, han)
        for piece, italic in protected_names(text)
    )


def _raised(text: str, han: str) -> Markup:
    return lettered(text, han).replace("™", Markup('<span class="tm">™</span>'))
