"""The issuer's signature: PAdES B-B in one pass, put into the hole that the finished file has for it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from certificates.finishing import HOLE, RANGE, Validation
from cme.kernel.refusal import Refused

TimeStamper = Callable[[bytes], bytes]
"""Gives the time-stamp token of a signature's value (RFC 3161), DER."""

TOKEN_ROOM = 8192
SHA256_ALGORITHM = bytes.fromhex("300b0609608648016503040201")  # 2.16.840.1.101.3.4.2.1, without parameters
_DATA, _SIGNED_DATA = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.2"
_CONTENT_TYPE, _MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
_SIGNING_CERTIFICATE, _TIME_STAMP = "1.2.840.113549.1.9.16.2.47", "1.2.840.113549.1.9.16.2.14"
_ECDSA = "1.2.840.10045.4.3.2"
_LONGEST_VALUE = 72  # of an ECDSA signature on P-256, DER


class SignerDown(Refused):
    """Nothing can be signed now. The message is for the office and its log; a visitor reads the sentence."""

    status = 503

    def __init__(self, message: str) -> None:
        super().__init__(
            "signer_down",
            "The issuer's signing key is not at hand at this moment, so nothing that needs its signature can be handed "
            "out. Nothing is lost; please try again soon.",
        )
        self.args = (message,)


class SigningError(SignerDown):
    """The file could not be signed; it must not leave."""


class KeyProblem(SignerDown):
    """The configured key cannot be used; the message says why."""


class Key(Protocol):
    """What signs: a private key in memory, or one in a token."""

    def sign(self, data: bytes, signature_algorithm: ec.EllipticCurveSignatureAlgorithm, /) -> bytes:
        """ECDSA, DER."""
        ...


@dataclass(frozen=True)
class Signer:
    """A private key on P-256 with its certificate and those above it; loaded once per process."""

    key: Key
    certificates: tuple[x509.Certificate, ...]
    """The signer's own first, the root last."""
    self_issued: bool = False
    time_stamper: TimeStamper | None = field(default=None, compare=False)
    validation: Validation | None = field(default=None, compare=False)
    """With time stamps: what goes into the document so that it can be judged for long (B-LT)."""

    @property
    def certificate(self) -> x509.Certificate:
        return self.certificates[0]

    @property
    def chain(self) -> tuple[bytes, ...]:
        """All certificates as DER."""
        return tuple(one.public_bytes(Encoding.DER) for one in self.certificates)

    def sign(self, data: bytes) -> bytes:
        """ECDSA with SHA-256: r and s, 64 bytes, as JSON signatures have it."""
        r, s = decode_dss_signature(self._der(data))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def signing_time(self, issued_at: datetime) -> datetime:
        """The issue; or when the certificate began, where a document was waiting for its key."""
        return max(issued_at, self.certificate.not_valid_before_utc)

    @cached_property
    def room(self) -> int:
        """Bytes that a signature of this signer takes, rounded up. The same for every document."""
        size = len(self._signed_data(bytes(32), bytes(_LONGEST_VALUE), b""))
        return -(-(size + (TOKEN_ROOM if self.time_stamper else 0)) // 64) * 64

    def cms(self, digest: bytes) -> bytes:
        """The detached CMS signature over a SHA-256 digest, with a time stamp when there is a service for it."""
        value = self._der(_der(0x31, _attributes(digest, self.certificate)))
        token = self.time_stamper(value) if self.time_stamper else b""
        if self.validation and not self.validation.covers(token):
            raise SigningError("the time-stamping service signs as somebody else since an hour; it is tried again")
        return self._signed_data(digest, value, token)

    def _der(self, data: bytes) -> bytes:
        # Deterministic (RFC 6979): the same document signed again is the same file.
        return self.key.sign(data, ec.ECDSA(SHA256(), deterministic_signing=True))

    def _signed_data(self, digest: bytes, value: bytes, token: bytes) -> bytes:
        issuer = sequence(self.certificate.issuer.public_bytes(), integer(self.certificate.serial_number))
        stamped = _der(0xA1, _attribute(_TIME_STAMP, token)) if token else b""
        signer = sequence(
            integer(1),
            issuer,
            SHA256_ALGORITHM,
            _der(0xA0, _attributes(digest, self.certificate)),
            sequence(_oid(_ECDSA)),
            octets(value),
            stamped,
        )
        signed = sequence(
            integer(1),
            _der(0x31, SHA256_ALGORITHM),
            sequence(_oid(_DATA)),
            _der(0xA0, b"".join(sorted(self.chain))),
            _der(0x31, signer),
        )
        return sequence(_oid(_SIGNED_DATA), _der(0xA0, signed))


def sign(body: bytes, signer: Signer) -> bytes:
    """The finished file with its signature in the hole. Raises SigningError."""
    start, end = _hole(body, signer.room)
    if body.count(RANGE) != 1:
        raise SigningError("the file has no single open byte range")
    patched = body.replace(RANGE, (b"[0 %d %d %d]" % (start, end, len(body) - end)).ljust(len(RANGE)))
    digest = hashlib.sha256(patched[:start] + patched[end:]).digest()
    signature = signer.cms(digest).hex().encode()
    space = end - start - 2
    if len(signature) > space:
        raise SigningError(f"the signature takes {len(signature) // 2} bytes, there is room for {space // 2}")
    return b"".join((patched[: start + 1], signature.ljust(space, b"0"), patched[end - 1 :]))


def _hole(body: bytes, room: int) -> tuple[int, int]:
    """Where the empty signature stands, with its angle brackets."""
    hole = b"/Contents <" + HOLE.hex().encode() * room + b">"
    start = body.find(hole)
    if start < 0 or body.find(hole, start + 1) >= 0:
        raise SigningError("the file has no single place for a signature")
    return start + len(b"/Contents "), start + len(hole)


def _attributes(digest: bytes, certificate: x509.Certificate) -> bytes:
    identified = sequence(sequence(sequence(octets(certificate.fingerprint(SHA256())))))
    parts = [
        _attribute(_CONTENT_TYPE, _oid(_DATA)),
        _attribute(_MESSAGE_DIGEST, octets(digest)),
        _attribute(_SIGNING_CERTIFICATE, identified),
    ]
    return b"".join(sorted(parts))  # DER orders the members of a set


def _attribute(oid: str, value: bytes) -> bytes:
    return sequence(_oid(oid), _der(0x31, value))


def sequence(*parts: bytes) -> bytes:
    """A sequence, DER."""
    return _der(0x30, b"".join(parts))


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def integer(value: int) -> bytes:
    """A non-negative whole number, DER."""
    return _der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def octets(value: bytes) -> bytes:
    """An octet string, DER."""
    return _der(0x04, value)


def _oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    content = bytes((first * 40 + second,))
    for number in rest:
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.append(0x80 | (number & 0x7F))
        content += bytes(reversed(groups))
    return _der(0x06, content)
