"""From what is configured to a signer: PEM with its chain, or a key in a token; judged before it signs anything."""

from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from certificates.signing import KeyProblem, Signer
from certificates.tokens import Address, TokenKey

BEGIN_KEY, BEGIN_CERTIFICATE = "PRIVATE KEY-----", "-----BEGIN CERTIFICATE-----"


def text_of(configured: str, setting: str) -> str:
    """The setting itself, or what stands in the file that it names. Raises KeyProblem."""
    if BEGIN_KEY in configured or BEGIN_CERTIFICATE in configured:
        return configured
    try:
        return Path(configured).read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no PEM text"
        raise KeyProblem(f"{setting} names a file that cannot be read: {reason}.") from None


@lru_cache(maxsize=8)
def from_pem(text: str, *, self_issued: bool) -> Signer:
    """Parsed once per process and text: loading a key costs more than a thousand signatures. Raises KeyProblem."""
    try:
        key = load_pem_private_key(text.encode(), None)
        certificates = x509.load_pem_x509_certificates(text.encode())
    except (ValueError, TypeError) as error:
        raise KeyProblem(
            "The signing key must be PEM without a password: the private key, its certificate and those above it. "
            f"({error})"
        ) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise KeyProblem("The signing key must be an ECDSA key on the curve P-256.")
    if key.public_key() != certificates[0].public_key():
        raise KeyProblem("The first certificate beside the signing key belongs to another key.")
    return Signer(key, _chain(certificates), self_issued)


@lru_cache(maxsize=8)
def from_token(address: str, text: str) -> Signer:
    """The key is tried once: a certificate of another key would make documents that nobody can verify.

    Raises KeyProblem, SigningError.
    """
    certificates = _chain(certificates_in(text))
    public = certificates[0].public_key()
    if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256R1):
        raise KeyProblem("The signing key must be an ECDSA key on the curve P-256.")
    signer = Signer(TokenKey(Address.read(address)), certificates)
    sample, algorithm = b"which key is this", ec.ECDSA(SHA256())
    try:
        public.verify(signer.key.sign(sample, algorithm), sample, algorithm)
    except InvalidSignature:
        raise KeyProblem("The first certificate in CME_SIGNING_CERTIFICATES belongs to another key.") from None
    return signer


def certificates_in(text: str) -> list[x509.Certificate]:
    """Every certificate of a text. Raises KeyProblem."""
    try:
        return x509.load_pem_x509_certificates(text.encode())
    except ValueError as error:
        raise KeyProblem(f"There is no certificate in it that can be read as PEM. ({error})") from None


def _chain(certificates: list[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    for below, above in pairwise(certificates):
        try:
            below.verify_directly_issued_by(above)
        except (ValueError, TypeError, InvalidSignature):
            raise KeyProblem("The certificates beside the signing key are no chain, each issued by the next.") from None
    return tuple(certificates)
