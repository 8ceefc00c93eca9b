"""From a signer's certificate up to a root that the checker was given."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

LONGEST = 3


def roots_from_pem(text: bytes) -> list[bytes]:
    """Every certificate of a PEM file, as DER."""
    return [one.public_bytes(Encoding.DER) for one in x509.load_pem_x509_certificates(text)]


def certificate_of(der: bytes) -> tuple[x509.Certificate, object]:
    """A certificate from outside, and its public key. Refuses (ValueError) whatever the library cannot read."""
    try:
        found = x509.load_der_x509_certificate(der)
        return found, found.public_key()
    except Exception as error:
        raise ValueError("not a certificate that can be read") from error


def vouched(leaf: bytes, others: Sequence[bytes], roots: Iterable[bytes], at: datetime | None) -> bool:
    """Whether the leaf leads to one of the roots, and whether nothing came along that does not belong to that way.

    `at` is when the signature says it was made: the signer's certificate must not have run out before, whatever the day
    is today. Keys are changed now and then, and what an old key has signed stays signed. A certificate that is younger
    than the signature's instant is accepted: a document bears the instant of the grant, and may be drawn later.
    """
    try:
        known = list(roots)
        # A signer that is known itself needs nobody above it; what came along must be those above it all the same.
        way = _upwards(leaf, others) if leaf in known else _way(leaf, others, known)
        if way is None or any(one not in way for one in others):
            return False
        certificate, _key = certificate_of(leaf)
        return at is None or at <= certificate.not_valid_after_utc
    except Exception:  # noqa: BLE001 - as above: what cannot be followed is not vouched for
        return False


def _way(leaf: bytes, others: Sequence[bytes], roots: list[bytes]) -> list[bytes] | None:
    """The certificates from the leaf to a root, or None."""
    way = [leaf]
    while len(way) <= LONGEST:
        last = way[-1]
        for root in roots:
            if _issued(last, root):
                return [*way, root]
        upper = next((one for one in others if one not in way and one not in roots and _issued(last, one)), None)
        if upper is None:
            return None
        way.append(upper)
    return None


def _upwards(leaf: bytes, others: Sequence[bytes]) -> list[bytes]:
    """The leaf and those of the others that stand above it, each above the one before; the last may be a root, and
    then it has signed itself.
    """
    way = [leaf]
    while len(way) <= LONGEST:
        upper = next((one for one in others if one not in way and _issued(way[-1], one)), None)
        if upper is None:
            break
        way.append(upper)
    top, _key = certificate_of(way[-1])
    return way if len(way) == 1 or top.issuer != top.subject or _issued(way[-1], way[-1]) else way[:-1]


def _issued(lower: bytes, upper: bytes) -> bool:
    (below, _), (above, _) = certificate_of(lower), certificate_of(upper)
    try:
        below.verify_directly_issued_by(above)
        return above.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except Exception:  # noqa: BLE001 - a signature that does not fit, or that cannot even be tried
        return False
