"""A root of this installation's own: making it, the signers under it, and the list of those that were withdrawn."""

import os
import tempfile
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID, ObjectIdentifier

ROOT, ROOT_KEY, WITHDRAWN = "root.pem", "root-key.pem", "root.crl"
DOCUMENT_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # RFC 9336
ROOT_YEARS, SIGNER_YEARS = 40, 30  # a certificate is shown for decades, and nothing is appended to it later
LIST_DAYS = 400
"""How long a list of withdrawn signers says that it is good; a new one is made long before."""


def make_root(folder: Path, owner: str, now: datetime) -> None:
    """Root, key, first signer and the empty list of withdrawn ones, in a folder that has none. Raises OSError."""
    key = ec.generate_private_key(ec.SECP256R1())
    root = _self_signed(key, owner, now)
    write_new(folder / ROOT_KEY, _pem(key))
    write_new(folder / ROOT, root.public_bytes(Encoding.PEM))
    make_signer(folder, 1, owner, now)
    make_list(folder, (), now)


def make_signer(folder: Path, number: int, owner: str, now: datetime) -> None:
    """A key with a certificate by the root of this folder; the certificate is written last. Raises OSError."""
    root_key, root = _loaded(folder)
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
    write_new(folder / f"signer-{number}-key.pem", _pem(key))
    write_new(folder / f"signer-{number}.pem", certificate.public_bytes(Encoding.PEM))


def make_list(folder: Path, more: Iterable[x509.Certificate], now: datetime) -> x509.CertificateRevocationList:
    """The list of withdrawn signers anew: those that are on it, and `more` from now on. Raises OSError."""
    root_key, root = _loaded(folder)
    before = withdrawn(folder)
    number = 1 if before is None else _number(before) + 1
    start = now.replace(microsecond=0)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(root.subject)
        .last_update(start)
        .next_update(start + timedelta(days=LIST_DAYS))
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
    )
    known = {one.serial_number for one in before or ()}
    for one in before or ():
        builder = builder.add_revoked_certificate(one)
    for certificate in more:
        if certificate.serial_number not in known:
            builder = builder.add_revoked_certificate(_entry(certificate, start))
    made = builder.sign(root_key, SHA256())
    _replace(folder / WITHDRAWN, made.public_bytes(Encoding.PEM))
    return made


def withdrawn(folder: Path) -> x509.CertificateRevocationList | None:
    """The list as it is, or None where there is none yet."""
    try:
        return x509.load_pem_x509_crl((folder / WITHDRAWN).read_bytes())
    except OSError:
        return None


def write_new(path: Path, body: bytes) -> None:
    """A new file that only its owner can read. Raises FileExistsError."""
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())


def _replace(path: Path, body: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    with os.fdopen(handle, "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)


def _loaded(folder: Path) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = load_pem_private_key((folder / ROOT_KEY).read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)  # made here
    return key, x509.load_pem_x509_certificate((folder / ROOT).read_bytes())


def _entry(certificate: x509.Certificate, at: datetime) -> x509.RevokedCertificate:
    return (
        x509.RevokedCertificateBuilder()
        .serial_number(certificate.serial_number)
        .revocation_date(at)
        .add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), critical=False)
        .build()
    )


def _number(before: x509.CertificateRevocationList) -> int:
    return before.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


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


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
