"""Designs of certificates: a folder each, on one shared base; read once, then only from memory."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import DictLoader, Environment, StrictUndefined, Template
from markupsafe import Markup, escape

from certificates.fetching import SCHEME, Asset
from certificates.rules.document import protected_names

DESIGNS = Path(__file__).resolve().parent / "designs"
BASE = "base"
_KINDS = {".svg": "image/svg+xml"}


@dataclass(frozen=True)
class Design:
    """A design as it is used: its page, its style sheets in order, its images, and a digest of all of them."""

    name: str
    page: Template
    styles: tuple[str, ...]
    assets: dict[str, Asset]
    digest: str


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
        page=_environment(pages).get_template(f"{name}/certificate.html"),
        styles=tuple(text for path, text in texts.items() if path.suffix == ".css"),
        assets={f"{SCHEME}{name}": image for name, image in images.items()},
        digest=_digest(files),
    )


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
