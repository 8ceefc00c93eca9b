"""Compact JSON Web Signatures: reading one, and saying whose it is. ES256 and nothing else."""

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from certificates.checking.trust import certificate_of, vouched

ENVELOPE = "data:application/vc+jwt,"
LARGEST = 256 * 1024


class Unreadable(ValueError):  # noqa: N818 - a verdict about data
    """Not a signed credential of the kind that is issued here."""


@dataclass(frozen=True, slots=True)
class Token:
    """What a signed token says. `holds`: its signature fits its own key. `vouched`: that key leads to a known root.
    `chain`: the certificates it named, as DER, the signer's first.
    """

    claims: dict[str, Any]
    holds: bool
    vouched: bool
    chain: tuple[bytes, ...] = ()


def b64(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def unb64(text: str) -> bytes:
    """The bytes; refuses (Unreadable) anything but the one spelling of them."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unreadable("not base64") from error
    if b64(data) != text:
        raise Unreadable("not the one spelling in base64")
    return data


def token_in(body: bytes) -> str:
    """The token inside a credential's file: the file is a JSON envelope around it, or the token itself."""
    if len(body) > LARGEST:
        raise Unreadable("too large")
    try:
        text = body.decode("ascii").strip()
        if not text.startswith("{"):
            return text
        envelope = json.loads(text)
        found = envelope["id"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unreadable("no signed credential") from error
    if not isinstance(found, str) or not found.startswith(ENVELOPE):
        raise Unreadable("no signed credential")
    return found.removeprefix(ENVELOPE)


def read(token: str, roots: Iterable[bytes]) -> Token:
    """The claims of a token. Refuses: Unreadable."""
    parts = token.split(".")
    if len(parts) != 3:
        raise Unreadable("not three parts")
    header, claims = _object(parts[0]), _object(parts[1])
    signature = unb64(parts[2])
    chain = header.get("x5c")
    if not isinstance(chain, list) or not 1 <= len(chain) <= 4:
        raise Unreadable("signed in another way")
    try:
        certificates = [base64.b64decode(one, validate=True) for one in chain]
        _certificate, key = certificate_of(certificates[0])
    except (ValueError, TypeError) as error:
        raise Unreadable("signed in another way") from error
    holds = _fits(key, header.get("alg"), signature, f"{parts[0]}.{parts[1]}".encode("ascii"))
    trusted = holds and vouched(certificates[0], certificates[1:], roots, _since(claims))
    return Token(claims, holds, trusted, tuple(certificates))


def _fits(key: object, algorithm: object, signature: bytes, data: bytes) -> bool:
    """Whether the signature is this key's, in the one way that goes with the key: a token cannot choose another."""
    try:
        if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1) and algorithm == "ES256":
            if len(signature) != 64:
                return False
            value = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
            key.verify(value, data, ec.ECDSA(hashes.SHA256()))
        else:
            raise Unreadable("signed in another way")
    except InvalidSignature:
        return False
    return True


def _object(part: str) -> dict[str, Any]:
    try:
        found = json.loads(unb64(part))
    except (ValueError, RecursionError) as error:
        raise Unreadable("no JSON inside") from error
    if not isinstance(found, dict):
        raise Unreadable("no JSON object inside")
    return found


def _since(claims: dict[str, Any]) -> datetime | None:
    try:
        return datetime.fromisoformat(claims["validFrom"])
    except (KeyError, ValueError, TypeError):
        return None
