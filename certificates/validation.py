"""What a verifier needs in thirty years, gathered today (PAdES B-LT): certificates, and lists of the withdrawn ones.

It goes into the document before the signature is made, not behind it: so the signature covers the whole file, nothing
is ever appended, and the check may go on refusing every update. The time-stamping service is asked beforehand,
once an hour, to learn who signs there; a real stamp by somebody else is refused, and the next try gathers anew.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding

from certificates.signing import SigningError, TimeStamper
from certificates.timestamps import certificates_of

KEPT = timedelta(hours=1)
SECONDS = 20
LARGEST_LIST = 512 * 1024
_SAMPLE = b"who stamps here"


@dataclass(slots=True)
class Validation:
    """Certificates and lists as DER, each once. `outdated` is set when a stamp came from somebody else."""

    certificates: tuple[bytes, ...]
    lists: tuple[bytes, ...]
    until: datetime
    outdated: bool = False

    def covers(self, token: bytes) -> bool:
        """Whether whoever has made this time stamp is among them; if not, this is outdated."""
        self.outdated = self.outdated or not set(certificates_of(token)) <= set(self.certificates)
        return not self.outdated


class Gatherer:
    """Gathers once an hour for each signer, not for each document."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[x509.Certificate, ...], Validation] = {}

    def of(
        self,
        chain: tuple[x509.Certificate, ...],
        own: x509.CertificateRevocationList | None,
        stamp: TimeStamper,
        *,
        now: datetime,
    ) -> Validation:
        """For a signer with this chain; `own` is the list of our own root. Raises SigningError."""
        with self._lock:
            kept = self._kept.get(chain)
            if kept is None or kept.outdated or not now < kept.until:
                kept = self._kept[chain] = gather(chain, own, stamp, now=now)
            return kept


def gather(
    chain: Sequence[x509.Certificate],
    own: x509.CertificateRevocationList | None,
    stamp: TimeStamper,
    *,
    now: datetime,
) -> Validation:
    """Everything for the signer and for whoever stamps. Raises SigningError: without all of it, nothing is signed."""
    stamping = [x509.load_der_x509_certificate(one) for one in certificates_of(stamp(_SAMPLE))]
    known = list(dict.fromkeys([*chain, *stamping]))
    lists = [_list_for(one, known, own, now) for one in known if one.issuer != one.subject]
    until = min([now + KEPT, *(one.next_update_utc for one in lists if one.next_update_utc)])
    return Validation(
        tuple(one.public_bytes(Encoding.DER) for one in known),
        tuple(dict.fromkeys(one.public_bytes(Encoding.DER) for one in lists)),
        until,
    )


def _list_for(
    certificate: x509.Certificate,
    known: Sequence[x509.Certificate],
    own: x509.CertificateRevocationList | None,
    now: datetime,
) -> x509.CertificateRevocationList:
    found = own if own is not None and own.issuer == certificate.issuer else _fetched(certificate)
    whose = certificate.subject.rfc4514_string()
    if found.issuer != certificate.issuer or not _signed_by_issuer(found, known):
        raise SigningError(f"the list of withdrawn certificates for {whose} is not by its issuer")
    if found.next_update_utc is not None and found.next_update_utc <= now:
        raise SigningError(f"the list of withdrawn certificates for {whose} has run out")
    if found.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None:
        raise SigningError(f"the certificate of {whose} was withdrawn")
    return found


def _signed_by_issuer(found: x509.CertificateRevocationList, known: Sequence[x509.Certificate]) -> bool:
    """Held against the issuer where it came along; services send all certificates but their root."""
    issuers = [one for one in known if one.subject == found.issuer]
    return not issuers or any(_fits(found, one) for one in issuers)


def _fits(found: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    try:
        return found.is_signature_valid(issuer.public_key())  # pyright: ignore[reportArgumentType] - others: TypeError
    except (TypeError, ValueError, InvalidSignature):
        return False


def _fetched(certificate: x509.Certificate) -> x509.CertificateRevocationList:
    whose = certificate.subject.rfc4514_string()
    reasons = ["it names no address of one"]
    for address in _addresses(certificate):
        try:
            with urlopen(address, timeout=SECONDS) as response:  # noqa: S310 - only http and https come this far
                body: bytes = response.read(LARGEST_LIST + 1)
        except (URLError, OSError) as error:
            reasons.append(str(error))
            continue
        if len(body) > LARGEST_LIST:
            reasons.append("it is too large to be carried in every certificate")
            continue
        try:
            return x509.load_der_x509_crl(body)
        except ValueError as error:
            reasons.append(str(error))
    raise SigningError(f"there is no list of withdrawn certificates for {whose}: {reasons[-1]}")


def _addresses(certificate: x509.Certificate) -> list[str]:
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return []
    names = [name.value for point in points for name in point.full_name or () if hasattr(name, "value")]
    return [name for name in names if isinstance(name, str) and urlsplit(name).scheme in {"http", "https"}]
