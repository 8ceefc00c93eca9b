"""Certificates printed in a test: one key and one shelf of compiled pages for the whole run."""

import tempfile
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Any

from certificates.compiled import Shelf
from certificates.finishing import Attachment
from certificates.keys import Keys
from certificates.rendering import Made, render
from certificates.signing import Signer
from certificates.slots import ALL, QR
from tests.conftest import NOW
from tests.factories.certificates import CODE

URL = f"https://cme.example.org/verify/{CODE}"


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="cme-printing-")


@cache
def shelf() -> Shelf:
    return Shelf(Path(_folder().name) / "compiled")


@cache
def keys() -> Keys:
    return Keys(Path(_folder().name), "", "Test")


@cache
def signer() -> Signer:
    return keys().signer(now=NOW)


def key_text() -> str:
    """The key with its certificates, as an installation may configure it."""
    folder = Path(_folder().name) / "keys"
    signer()
    return "".join((folder / name).read_text() for name in ("signer-1-key.pem", "signer-1.pem", "root.pem"))


def made(
    snapshot: dict[str, Any], url: str = URL, attachment: Attachment | None = None, typeset: Collection[str] = ()
) -> Made:
    """The signed certificate with what made it."""
    return render(snapshot, url, shelf=shelf(), signer=signer(), attachment=attachment, typeset=typeset)


def typeset(snapshot: dict[str, Any], attachment: Attachment | None = None) -> bytes:
    """The same with every text set by WeasyPrint and none stamped."""
    return made(snapshot, attachment=attachment, typeset=set(ALL) - {QR}).body


def printed(snapshot: dict[str, Any], url: str = URL, attachment: Attachment | None = None) -> bytes:
    """The signed certificate."""
    return made(snapshot, url, attachment).body
