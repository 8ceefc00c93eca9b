"""The signature of a PDF: a CMS structure of exactly one shape, so that no byte of it can change unnoticed.

Accepted is what PAdES baseline asks for and nothing beside it: SignedData version 1, SHA-256, one signer, detached
content, ECDSA on P-256, signed attributes with content type, digest and signing certificate. A time stamp of the
signature may follow; nothing else unsigned may.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from certificates.checking.der import INTEGER, NULL, OCTETS, OID, SEQUENCE, SET, Malformed, Node, read, read_first
from certificates.checking.trust import certificate_of

SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
DATA = bytes.fromhex("2a864886f70d010701")
SHA256 = bytes.fromhex("608648016503040201")
ECDSA_SHA256 = bytes.fromhex("2a8648ce3d040302")
CONTENT_TYPE = bytes.fromhex("2a864886f70d010903")
MESSAGE_DIGEST = bytes.fromhex("2a864886f70d010904")
SIGNING_TIME = bytes.fromhex("2a864886f70d010905")
SIGNING_CERTIFICATE = bytes.fromhex("2a864886f70d010910022f")
TIME_STAMP = bytes.fromhex("2a864886f70d010910020e")


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature that holds: who made it (certificates as DER, the signer's first), and when they say they did."""

    leaf: bytes
    others: tuple[bytes, ...]
    signed_at: datetime | None
    time_stamped: bool


class Broken(Exception):  # noqa: N818 - it is a verdict
    """The signature does not hold; the code says in what way."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def judge(hole: bytes, digest: bytes) -> Signed:
    """Read the structure that fills the hole in the file and hold it against the file's digest. Refuses: Broken."""
    try:
        whole, rest = read_first(hole)
        if rest.strip(b"\0"):
            raise Broken("signature_malformed")
        return _signed_data(whole, digest)
    except Broken:
        raise
    except (ValueError, TypeError, LookupError, OverflowError) as error:  # Malformed is a ValueError
        raise Broken("signature_malformed") from error


def _signed_data(whole: Node, digest: bytes) -> Signed:
    if whole.tag != SEQUENCE:
        raise Malformed("not signed data")
    kind, wrapped = whole.expect(OID, 0xA0)
    (body,) = wrapped.expect(SEQUENCE)
    version, algorithms, content, certificates, signers = body.expect(INTEGER, SET, SEQUENCE, 0xA0, SET)
    (algorithm,) = algorithms.expect(SEQUENCE)
    (inner,) = content.expect(OID)
    if kind.content != SIGNED_DATA or version.unsigned() != 1 or inner.content != DATA:
        raise Malformed("not signed data")
    _algorithm(algorithm, SHA256)
    (signer,) = signers.expect(SEQUENCE)
    return _signer(signer, [part.raw for part in certificates.children()], digest)


def _signer(signer: Node, certificates: list[bytes], digest: bytes) -> Signed:
    parts = signer.children()
    stamped = len(parts) == 7 and parts[6].tag == 0xA1
    if [part.tag for part in parts[:6]] != [INTEGER, SEQUENCE, SEQUENCE, 0xA0, SEQUENCE, OCTETS]:
        raise Malformed("a signer has other parts than it should")
    if len(parts) != (7 if stamped else 6) or parts[0].unsigned() != 1:
        raise Malformed("a signer has other parts than it should")
    _algorithm(parts[2], SHA256)
    leaf = _named(parts[1], certificates)
    attributes = _attributes(parts[3])
    signed_at = _judge_attributes(attributes, leaf, digest)
    _judge_value(leaf, parts[4], parts[5].content, b"\x31" + parts[3].raw[1:])
    if stamped:
        _judge_stamp(parts[6], parts[5].content)
    others = tuple(one for one in certificates if one != leaf)
    return Signed(leaf, others, signed_at, stamped)


def _named(identifier: Node, certificates: list[bytes]) -> bytes:
    """The certificate that the signer says is theirs."""
    issuer, serial = identifier.expect(SEQUENCE, INTEGER)
    for der in certificates:
        certificate, _key = certificate_of(der)
        if certificate.serial_number == serial.unsigned() and certificate.issuer.public_bytes() == issuer.raw:
            return der
    raise Malformed("the signer's certificate is missing")


def _attributes(node: Node) -> dict[bytes, Node]:
    found: dict[bytes, Node] = {}
    for one in node.children():
        name, values = one.expect(OID, SET)
        (value,) = values.children()
        if name.content in found:
            raise Malformed("an attribute stands twice")
        found[name.content] = value
    return found


def _judge_attributes(attributes: dict[bytes, Node], leaf: bytes, digest: bytes) -> datetime | None:
    kind, said = attributes.get(CONTENT_TYPE), attributes.get(MESSAGE_DIGEST)
    named = attributes.get(SIGNING_CERTIFICATE)
    if kind is None or said is None or named is None or kind.content != DATA or said.tag != OCTETS:
        raise Malformed("a signed attribute is missing")
    if said.content != digest:
        raise Broken("content_changed")
    if hashlib.sha256(leaf).digest() not in named.raw:
        raise Broken("signer_swapped")
    moment = attributes.get(SIGNING_TIME)
    return None if moment is None else _moment(moment)


def _moment(node: Node) -> datetime:
    text = node.content.decode("ascii")
    text = ("20" + text) if node.tag == 0x17 else text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _algorithm(node: Node, allowed: bytes) -> None:
    parts = node.children()
    if parts[0].tag != OID or parts[0].content != allowed:
        raise Malformed("an algorithm that is not accepted")
    if len(parts) > 2 or (len(parts) == 2 and (parts[1].tag != NULL or parts[1].content)):
        raise Malformed("an algorithm with parameters")


def _judge_value(leaf: bytes, algorithm: Node, value: bytes, signed: bytes) -> None:
    _certificate, key = certificate_of(leaf)
    _algorithm(algorithm, ECDSA_SHA256)
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise Malformed("a key that is not accepted")
    for number in read(value).expect(INTEGER, INTEGER):
        number.unsigned()
    try:
        key.verify(value, signed, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise Broken("signature_forged") from None


def _judge_stamp(node: Node, value: bytes) -> None:
    """The only unsigned attribute that may follow, and it must be about this signature. Whose clock it was is not
    judged here: the stamp says how late a document may be, and nothing in a verdict rests on that.
    """
    for one in node.children():
        name, values = one.expect(OID, SET)
        if name.content != TIME_STAMP or hashlib.sha256(value).digest() not in values.raw:
            raise Malformed("an unsigned attribute that is not accepted")
