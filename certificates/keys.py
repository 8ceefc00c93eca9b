"""The issuer's keys: given by the installation, or made on first use and named as self-issued."""

import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID, ObjectIdentifier

from certificates.signing import Signer

FOLDER = "keys"
ROOT, ROOT_KEY = "root.pem", "root-key.pem"
DOCUMENT_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # RFC 9336
ROOT_YEARS, SIGNER_YEARS = 40, 30  # a certificate is shown for decades, and nothing is appended to it later
_BEGIN_KEY = "PRIVATE KEY-----"


class KeyProblem(Exception):  # noqa: N818 - told to people as it is
    """The configured key cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One signing certificate of this installation."""

    name: str
    current: bool
    certificate: x509.Certificate
    self_issued: bool


class Keys:
    """Where this installation's signing key comes from.

    `configured` is the setting: PEM text, or the path of a PEM file, with the private key and its certificates, the
    signer's first. Without it, a root and a signer of our own are made in the instance's folder.
    """

    def __init__(self, instance: Path, configured: str, owner: str) -> None:
        self._folder = instance / FOLDER
        self._configured = configured
        self._owner = owner

    @property
    def is_configured(self) -> bool:
        return bool(self._configured)

    def signer(self, *, now: datetime) -> Signer:
        """The key that signs today. Raises KeyProblem."""
        if self._configured:
            return _from_pem(_text_of(self._configured), self_issued=False)
        self.make(now=now)
        paths = (*self._numbered(self._newest()), self._folder / ROOT)
        try:
            text = "\n".join(map(_read, paths))
        except OSError as error:
            raise KeyProblem(
                f"A signing key cannot be read: {error}. `flask certificates keys rotate` makes a new one."
            ) from None
        return _from_pem(text, self_issued=True)

    def root(self, *, now: datetime) -> bytes:
        """The certificate to trust, PEM: the last of the configured chain, or our own root. Raises KeyProblem."""
        return self.signer(now=now).certificates[-1].public_bytes(Encoding.PEM)

    def listed(self, *, now: datetime) -> list[Listed]:
        """Every signing certificate, the oldest first: old ones stay, because they signed what people hold."""
        if self._configured:
            return [Listed("configured", True, self.signer(now=now).certificate, False)]
        self.make(now=now)
        newest = self._newest()
        return [
            Listed(
                f"signer-{number}",
                number == newest,
                x509.load_pem_x509_certificate(self._numbered(number)[1].read_bytes()),
                True,
            )
            for number in range(1, newest + 1)
        ]

    def make(self, *, now: datetime) -> bool:
        """Make root and first signer unless they are there; two processes at once agree on one. Gives whether made."""
        if (self._folder / ROOT).exists():
            return False
        self._folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = Path(tempfile.mkdtemp(dir=self._folder.parent, prefix=".keys-"))
        try:
            root_key = ec.generate_private_key(ec.SECP256R1())
            root = _self_signed(root_key, self._owner, now)
            _write(fresh / ROOT_KEY, _pem(root_key))
            _write(fresh / ROOT, root.public_bytes(Encoding.PEM))
            _make_signer(fresh, 1, root_key, root, self._owner, now)
            try:
                fresh.rename(self._folder)  # whole or not at all; an existing folder with files in it stays
            except OSError:
                if not (self._folder / ROOT).exists():
                    raise
                return False
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        return True

    def rotate(self, *, now: datetime) -> str:
        """A new signer under the same root; what was signed before stays valid.

        Refuses a configured key (KeyProblem).
        """
        if self._configured:
            raise KeyProblem("The signing key is configured (CME_SIGNING_KEY); replace it there.")
        self.make(now=now)
        root_key = load_pem_private_key((self._folder / ROOT_KEY).read_bytes(), None)
        assert isinstance(root_key, ec.EllipticCurvePrivateKey)  # made above
        root = x509.load_pem_x509_certificate((self._folder / ROOT).read_bytes())
        number = self._newest() + 1
        _make_signer(self._folder, number, root_key, root, self._owner, now)
        return f"signer-{number}"

    def _newest(self) -> int:
        """A signer counts when both its files are there; the certificate is written last."""
        number = 1
        while self._numbered(number + 1)[1].exists():
            number += 1
        return number

    def _numbered(self, number: int) -> tuple[Path, Path]:
        return self._folder / f"signer-{number}-key.pem", self._folder / f"signer-{number}.pem"


def _text_of(configured: str) -> str:
    if _BEGIN_KEY in configured:
        return configured
    try:
        return _read(Path(configured))
    except OSError as error:
        raise KeyProblem(f"CME_SIGNING_KEY names a file that cannot be read: {error.strerror}.") from None


def _read(path: Path) -> str:
    return path.read_text(encoding="ascii")


@lru_cache(maxsize=8)
def _from_pem(text: str, *, self_issued: bool) -> Signer:
    """Parsed once per process and text: loading a key costs more than a thousand signatures."""
    try:
        key = load_pem_private_key(text.encode(), None)
        certificates = x509.load_pem_x509_certificates(text.encode())
    except (ValueError, TypeError) as error:
        raise KeyProblem(
            "The signing key must be PEM without a password: the private key, its certificate and those above it. "
            f"({error})"
        ) from None
    return Signer(_usable(key, certificates), tuple(certificates), self_issued)


def _usable(key: object, certificates: list[x509.Certificate]) -> ec.EllipticCurvePrivateKey:
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise KeyProblem("The signing key must be an ECDSA key on the curve P-256.")
    if key.public_key() != certificates[0].public_key():
        raise KeyProblem("The first certificate beside the signing key belongs to another key.")
    for below, above in pairwise(certificates):
        try:
            below.verify_directly_issued_by(above)
        except (ValueError, TypeError, InvalidSignature):
            raise KeyProblem("The certificates beside the signing key are no chain, each issued by the next.") from None
    return key


def _name(owner: str, what: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, owner[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{what} (self-issued)"),
        ]
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, years: int
) -> x509.CertificateBuilder:
    start = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365 * years))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_documents: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs_documents,
        content_commitment=signs_documents,
        key_cert_sign=not signs_documents,
        crl_sign=not signs_documents,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _self_signed(key: ec.EllipticCurvePrivateKey, owner: str, now: datetime) -> x509.Certificate:
    name = _name(owner, "Certificate root")
    return (
        _builder(name, name, key, now, ROOT_YEARS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_documents=False), critical=True)
        .sign(key, SHA256())
    )


def _make_signer(
    folder: Path, number: int, root_key: ec.EllipticCurvePrivateKey, root: x509.Certificate, owner: str, now: datetime
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
    certificate = (
        _builder(_name(owner, f"Certificate signer {number}"), root.subject, key, now, SIGNER_YEARS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_documents=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([DOCUMENT_SIGNING]), critical=False)
        .add_extension(authority, critical=False)
        .sign(root_key, SHA256())
    )
    _write(folder / f"signer-{number}-key.pem", _pem(key))
    _write(folder / f"signer-{number}.pem", certificate.public_bytes(Encoding.PEM))


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, body: bytes) -> None:
    """A new file that only its owner can read. Raises FileExistsError."""
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
