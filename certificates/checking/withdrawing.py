"""Signing keys that were withdrawn, by the root's own list (a CRL): whatever they have signed proves nothing by itself.

A merely retired key is on no list. One that a stranger may have is, and then the instant inside a paper is whatever the
stranger wrote there: so everything such a key has signed is refused, and the issuer's records decide.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from certificates.checking.facts import MONTHS
from certificates.checking.trust import certificate_of

BEGIN = b"-----BEGIN X509 CRL-----"
LARGEST = 4 * 1024 * 1024


class NotTrusted(ValueError):  # noqa: N818 - a verdict about data
    """A list that none of the known roots has signed, or that cannot be read."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """By issuer and serial number, since when. `known`: whether there was a list at all."""

    since: Mapping[tuple[x509.Name, int], datetime] = field(default_factory=dict)
    known: bool = False

    def day_of(self, chain: Sequence[bytes]) -> str:
        """The day (UTC) on which the first withdrawn certificate of a chain was withdrawn; empty when none was."""
        for der in chain:
            certificate, _key = certificate_of(der)
            at = self.since.get((certificate.issuer, certificate.serial_number))
            if at is not None:
                return f"{at.day} {MONTHS[at.month - 1]} {at.year}"
        return ""


NONE_WITHDRAWN = Withdrawn()


def withdrawn_by(lists: Iterable[bytes], roots: Sequence[bytes]) -> Withdrawn:
    """What the lists (DER or PEM) say together; nothing leaves them again. Refuses: NotTrusted."""
    since: dict[tuple[x509.Name, int], datetime] = {}
    known = False
    for body in lists:
        found = _read(body, roots)
        known = True
        for one in found:
            key = found.issuer, one.serial_number
            since[key] = min(one.revocation_date_utc, since.get(key, one.revocation_date_utc))
    return Withdrawn(since, known)


def _read(body: bytes, roots: Sequence[bytes]) -> x509.CertificateRevocationList:
    try:
        if len(body) > LARGEST:
            raise NotTrusted("the list of withdrawn keys is too large")
        found = x509.load_pem_x509_crl(body) if BEGIN in body else x509.load_der_x509_crl(body)
        if any(_signed(found, root) for root in roots):
            return found
    except NotTrusted:
        raise
    except Exception as error:
        raise NotTrusted("the list of withdrawn keys cannot be read") from error
    raise NotTrusted("the list of withdrawn keys is not signed by this issuer's root")


def _signed(found: x509.CertificateRevocationList, root: bytes) -> bool:
    certificate, key = certificate_of(root)
    if certificate.subject != found.issuer or not isinstance(key, (ec.EllipticCurvePublicKey, rsa.RSAPublicKey)):
        return False
    try:
        return found.is_signature_valid(key)
    except InvalidSignature:
        return False
