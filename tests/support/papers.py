"""Small signed certificates made by other tools than ours: WeasyPrint for the page, pyHanko for the signature."""

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import weasyprint
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from certificates.credential import credential_json
from certificates.rules import document

PUBLIC_URL = "https://cme.example.org"
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Issuer:
    """A root, a signer under it, and its seal."""

    root: x509.Certificate
    leaf: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    root_key: ec.EllipticCurvePrivateKey

    @property
    def chain(self) -> tuple[bytes, ...]:
        return self.leaf.public_bytes(Encoding.DER), self.root.public_bytes(Encoding.DER)

    def sign(self, data: bytes) -> bytes:
        value = self.key.sign(data, ec.ECDSA(SHA256(), deterministic_signing=True))
        return b"".join(number.to_bytes(32, "big") for number in decode_dss_signature(value))

    @property
    def roots(self) -> list[bytes]:
        return [self.chain[-1]]

    @property
    def root_pem(self) -> bytes:
        return self.root.public_bytes(Encoding.PEM)


@cache
def make_issuer(name: str = "Test provider") -> Issuer:
    """The same for the same name, within one run."""
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name, leaf_name = _name(f"{name} root"), _name(name)
    root = _certificate(root_name, root_name, root_key, root_key, ca=True)
    return Issuer(root, _certificate(leaf_name, root_name, key, root_key, ca=False), key, root_key)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(subject: x509.Name, issuer: x509.Name, key: Any, signing: Any, *, ca: bool) -> x509.Certificate:
    usage = dict.fromkeys(
        ("key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"), False
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGAN)
        .not_valid_after(BEGAN + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=not ca, content_commitment=not ca, key_cert_sign=ca, crl_sign=ca, **usage),
            critical=True,
        )
        .sign(signing, SHA256())
    )


def make_page(snapshot: dict[str, Any], credential: bytes | None, **shown: str) -> bytes:
    """An unsigned page with the fields of a certificate; `shown` replaces what stands there."""
    words, said = document.words(snapshot), document.summary(snapshot)
    facts = {"name": said.name, "title": said.title, "code": snapshot["code"], "number": snapshot["number"], **shown}
    figures = "".join(f"<p>{one.label}</p><p>{shown.get(one.label, one.value)}</p>" for one in words.figures)
    attachments = [] if credential is None else [_attachment(credential)]
    html = (
        f"<html lang=en><title>Certificate</title><h1>{words.heading}</h1><p>{said.provider}</p>"
        f"<p>{facts['name']}</p><h2>{facts['title']}</h2>{figures}"
        f"<p>Certificate {facts['number']}, issued 23 November 2026</p><p>{facts['code']}</p></html>"
    )
    body = weasyprint.HTML(string=html).write_pdf(attachments=attachments, uncompressed_pdf=bool(shown.get("plain")))
    assert body is not None
    return body


def _attachment(body: bytes) -> weasyprint.Attachment:
    return weasyprint.Attachment(
        string=body, name="credential.json", description="Credential", created=BEGAN, modified=BEGAN
    )


def signed(body: bytes, issuer: Issuer, *, certify: bool = True) -> bytes:
    """A certification signature over the whole file, no changes allowed: PAdES B-B by pyHanko, in one revision."""
    store = SimpleCertificateStore()
    store.register(asn1_x509.Certificate.load(issuer.chain[1]))
    key = issuer.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    signer = signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(issuer.chain[0]),
        signing_key=asn1_keys.PrivateKeyInfo.load(key),
        cert_registry=store,
    )
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(body)))
    meta = signers.PdfSignatureMetadata(
        field_name="Issuer",
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        certify=certify,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
    )
    # In a thread of its own: pyHanko runs an event loop, and a browser test has one already.
    with ThreadPoolExecutor(1) as other:
        return other.submit(signers.PdfSigner(meta, signer).sign_pdf, writer).result().getvalue()


def updated(body: bytes) -> bytes:
    """The file with an incremental update appended: it opens in another way."""
    writer = IncrementalPdfFileWriter(io.BytesIO(body), strict=False)
    writer.root["/PageMode"] = generic.NameObject("/UseThumbs")
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def make_paper(snapshot: dict[str, Any], issuer: Issuer, status_number: int = 1, **shown: str) -> bytes:
    """A signed certificate with its embedded credential."""
    credential = credential_json(snapshot, status_number, PUBLIC_URL, issuer)
    return signed(make_page(snapshot, credential, **shown), issuer)
