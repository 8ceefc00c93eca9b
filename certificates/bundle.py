"""What a board can keep: everything needed to check certificates when the issuer is gone, in one signed archive."""

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy.orm import Session

from certificates import authority, check, queries, status
from certificates.credential import Seal, envelope, issuer_id, secured
from cme.config import Settings
from cme.kernel.days import day_phrase

HERE = Path(__file__).resolve().parent
OFFLINE = files("certificates.offline")
NEEDED = ("cryptography", "pypdfium2", "pillow")
SCRIPTS = ("bytes.js", "trust.js", "document.js", "check.js")
"""In this order they are one script."""
EARLIEST = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who the bundle is of, and when it was made."""

    name: str
    address: str
    roots: tuple[bytes, ...]
    """Its roots; where its signers are under somebody else's authority, their own certificates."""
    made_at: datetime
    withdrawn: bytes | None = None
    """The root's list of withdrawn signing keys, DER."""
    above: tuple[bytes, ...] = ()
    """Authorities above its signers, whose lists of withdrawn keys count: nobody is trusted because of them."""


def make_bundle(session: Session, settings: Settings, *, now: datetime) -> bytes:
    """The archive: roots, withdrawn keys, status lists, two checkers, a signed list of it all. Raises KeyProblem."""
    roots = authority.anchors_of(settings, now=now)
    seal = authority.seal_of(settings, now=now)
    withdrawn = authority.withdrawn_of(settings, now=now)
    above = tuple(authority.above_anchors(settings, now=now))
    issuer = Issuer(settings.site_name, settings.public_url, tuple(roots), now, withdrawn, above)
    lists = [
        status.status_list(number, queries.fallen(session, status.numbers_of(number)), issuer.address, seal, now=now)
        for number in range(1, status.status_place(max(queries.highest_number(session), 1))[0] + 1)
    ]
    return packed(contents(issuer, lists), issuer, seal)


def contents(issuer: Issuer, lists: list[str]) -> dict[str, bytes]:
    """Every file of the bundle except its manifest."""
    found = {
        "README.txt": _readme(issuer),
        "check.html": check_page(issuer, lists),
        "root.pem": _pem(issuer.roots),
        "checker/requirements.txt": "".join(f"{name}=={version(name)}\n" for name in NEEDED).encode(),
    }
    if issuer.withdrawn is not None:
        found[check.LIST] = issuer.withdrawn
    if issuer.above:
        found[check.AUTHORITIES] = _pem(issuer.above)
    found |= {f"status/{number}.json": envelope(one) for number, one in enumerate(lists, start=1)}
    return found | {f"checker/certificates/{name}": body for name, body in _program()}


def packed(found: Mapping[str, bytes], issuer: Issuer, seal: Seal) -> bytes:
    """The archive with its manifest, once as it is and once signed."""
    claims = {
        "id": f"{issuer.address}/verify/bundle.zip",
        "validFrom": issuer.made_at.isoformat(timespec="seconds"),
        "files": {name: hashlib.sha256(body).hexdigest() for name, body in sorted(found.items())},
    }
    manifest = json.dumps(claims, indent=1).encode() + b"\n"
    token = secured(claims, seal, issuer_id(issuer.address)).encode("ascii")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in [*sorted(found.items()), ("manifest.json", manifest), ("manifest.jwt", token)]:
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, body)
    return out.getvalue()


def check_page(issuer: Issuer, lists: list[str]) -> bytes:
    """The checker as one HTML file: its policy allows its own script and nothing else, above all no connection."""
    script, style = "\n".join(map(_text, SCRIPTS)), _text("check.css")
    # "<" stays out of the data, so that nothing in it can end the element it stands in.
    data = json.dumps(
        {
            "roots": [base64.b64encode(one).decode() for one in issuer.roots],
            "above": [base64.b64encode(one).decode() for one in issuer.above],
            "lists": lists,
            "withdrawn": [] if issuer.withdrawn is None else [base64.b64encode(issuer.withdrawn).decode()],
        }
    )
    filled = {
        "script-hash": _hash(script),
        "style-hash": _hash(style),
        "issuer": escape(issuer.name),
        "address": escape(issuer.address),
        "made": day_phrase(issuer.made_at.date()),
        "fingerprint": ", ".join(_fingerprints(issuer.roots)),
        "style": style,
        "data": data.replace("<", "\\u003c"),
        "script": script,
    }
    return _filled(_text("check.html"), filled)


def _readme(issuer: Issuer) -> bytes:
    fingerprints = "\n".join(f"  {one}" for one in _fingerprints(issuer.roots))
    filled = {
        "issuer": issuer.name,
        "address": issuer.address,
        "made": issuer.made_at.isoformat(timespec="seconds"),
        "fingerprints": fingerprints,
    }
    return _filled(_text("README.txt"), filled)


def _program() -> Iterable[tuple[str, bytes]]:
    """The Python checker: these files and no others of ours are needed to run it."""
    for path in (HERE / "__init__.py", HERE / "check.py", *sorted((HERE / "checking").glob("*.py"))):
        yield path.relative_to(HERE).as_posix(), path.read_bytes()


def _pem(certificates: Iterable[bytes]) -> bytes:
    return b"".join(_certificate(one).public_bytes(Encoding.PEM) for one in certificates)


def _certificate(der: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(der)


def _fingerprints(roots: Iterable[bytes]) -> list[str]:
    return [hashlib.sha256(one).hexdigest() for one in roots]


def _text(name: str) -> str:
    return OFFLINE.joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


def _filled(template: str, values: Mapping[str, str]) -> bytes:
    """Each @place@ once, from the template only: what is filled in is never read for places again."""
    pieces = template.split("@")
    for place in range(1, len(pieces), 2):
        pieces[place] = values[pieces[place]]
    return "".join(pieces).encode()
