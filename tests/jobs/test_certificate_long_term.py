"""B-LT: what verifiers need for long is inside the signed bytes; nothing is appended; without all of it nothing leaves."""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pikepdf
import pytest
from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from asn1crypto.keys import PrivateKeyInfo
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from flask import Flask
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko.sign.validation import DocumentSecurityStore, EmbeddedPdfSignature, validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from certificates import issuing
from certificates.checking import sandbox
from certificates.checking.judging import judge
from certificates.credential import credential_json
from certificates.finishing import Attachment
from certificates.keys import Keys
from certificates.rendering import render
from certificates.signing import Signer, SigningError
from certificates.timestamps import time_stamper
from certificates.validation import Gatherer, gather
from cme.config import Settings, SettingsError
from tests.conftest import NOW
from tests.factories.certificates import make_snapshot
from tests.jobs.test_certificate_signing import pdfsig
from tests.support.papers import PUBLIC_URL, updated
from tests.support.printing import shelf
from tests.support.verapdf import problems

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
LATER = datetime(2026, 11, 23, 15, 0, 5, tzinfo=UTC)


@dataclass
class Service:
    """A time-stamping authority on this machine with a root of its own, which also hands out its list."""

    withdrawn: bool = False
    list_until: datetime = NOW + timedelta(days=7)
    forged_list: bool = False
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                service.asked.append("stamp")
                question = tsp.TimeStampReq.load(self.rfile.read(int(self.headers["Content-Length"])))
                self._say(service.stamper.request_tsa_response(question).dump())

            def do_GET(self) -> None:
                service.asked.append("list")
                self._say(service.list())

            def _say(self, body: bytes) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        self.root_key = ec.generate_private_key(ec.SECP256R1())
        self.root = self._certificate("Time root", self.root_key.public_key(), ca=True)
        self.change()

    def change(self) -> None:
        """From now on another key stamps."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.certificate = self._certificate("Time", key.public_key(), ca=False)
        store = SimpleCertificateStore()
        store.register(asn1_x509.Certificate.load(self.root.public_bytes(Encoding.DER)))
        self.stamper = DummyTimeStamper(
            asn1_x509.Certificate.load(self.certificate.public_bytes(Encoding.DER)),
            PrivateKeyInfo.load(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())),
            store,
            fixed_dt=LATER,
        )

    def list(self) -> bytes:
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.root.subject)
            .last_update(NOW - timedelta(days=1))
            .next_update(self.list_until)
        )
        if self.withdrawn:
            entry = x509.RevokedCertificateBuilder().serial_number(self.certificate.serial_number)
            builder = builder.add_revoked_certificate(entry.revocation_date(BEGAN).build())
        key = ec.generate_private_key(ec.SECP256R1()) if self.forged_list else self.root_key
        return builder.sign(key, SHA256()).public_bytes(Encoding.DER)

    def _certificate(self, name: str, key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey, *, ca: bool):
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        root = subject if ca else self.root.subject
        usage = dict.fromkeys(
            (
                "key_encipherment",
                "data_encipherment",
                "key_agreement",
                "encipher_only",
                "decipher_only",
                "content_commitment",
            ),
            False,
        )
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(root)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(BEGAN)
            .not_valid_after(BEGAN + timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(
                x509.KeyUsage(digital_signature=not ca, key_cert_sign=ca, crl_sign=ca, **usage), critical=True
            )
        )
        if not ca:
            point = x509.DistributionPoint([x509.UniformResourceIdentifier(f"{self.url}root.crl")], None, None, None)
            builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False).add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True
            )
        return builder.sign(self.root_key, SHA256())


@contextmanager
def running(made: Service) -> Iterator[Service]:
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture
def service() -> Iterator[Service]:
    with running(Service()) as made:
        yield made


def signer_of(folder: Path, service: Service, gatherer: Gatherer | None = None) -> Signer:
    keys, stamp = Keys(folder, "", "Office"), time_stamper(service.url)
    plain = keys.signer(now=NOW)
    found = (gatherer or Gatherer()).of(plain.certificates, keys.withdrawn(now=NOW), stamp, now=NOW)
    return replace(plain, time_stamper=stamp, validation=found)


def paper(signer: Signer) -> bytes:
    snapshot = make_snapshot()
    attachment = Attachment(credential_json(snapshot, 1, PUBLIC_URL, signer))
    url = f"{PUBLIC_URL}/verify/{snapshot['code']}"
    return render(snapshot, url, shelf=shelf(), signer=signer, attachment=attachment).body


def asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


def trusted(signature: EmbeddedPdfSignature, context: ValidationContext) -> bool:
    try:
        return validate_pdf_signature(signature, context).trusted
    except SignatureValidationError:
        return False


def test_it_is_valid_for_long_with_nothing_fetched_and_nothing_appended(service: Service, tmp_path: Path):
    signer = signer_of(tmp_path, service)
    body = paper(signer)
    reader = PdfFileReader(io.BytesIO(body))
    (signature,) = reader.embedded_signatures
    roots = [asn1(signer.certificates[-1]), asn1(service.root)]
    wanted = {"trust_roots": roots, "allow_fetching": False, "revocation_mode": "require", "moment": LATER}
    assert not trusted(
        signature, ValidationContext(crls=[], ocsps=[], **wanted)
    )  # the control: what is inside is what makes it so
    context = DocumentSecurityStore.read_dss(reader).as_validation_context(wanted)
    status = validate_pdf_signature(signature, context, ts_validation_context=context)
    assert status.bottom_line
    assert status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    assert status.timestamp_validity is not None
    assert status.timestamp_validity.trusted
    said = pdfsig(body)
    assert "Signature is Valid" in said
    assert "Total document signed" in said
    with pikepdf.open(io.BytesIO(body)) as pdf:
        store = pdf.Root.DSS
        certificates = {bytes(one.read_bytes()) for one in store.Certs}
        lists = [x509.load_der_x509_crl(bytes(one.read_bytes())) for one in store.CRLs]
    stamping = {one.public_bytes(Encoding.DER) for one in (service.root, service.certificate)}
    assert certificates == set(signer.chain) | stamping
    assert {one.issuer for one in lists} == {signer.certificates[-1].subject, service.root.subject}


def test_it_keeps_both_standards(service: Service, tmp_path: Path):
    assert problems(paper(signer_of(tmp_path, service))) == []


def test_the_check_accepts_exactly_this_form_and_no_update(service: Service, tmp_path: Path):
    signer = signer_of(tmp_path, service)
    body = paper(signer)
    roots = [signer.chain[-1]]
    assert judge(body, sandbox.look(body), roots).findings == []
    for changed in (updated(body), body + b"\n"):
        assert "update_appended" in {one.code for one in judge(changed, sandbox.look(changed), roots).findings}
    start = body.index(b"/DSS ")
    stripped = body[:start] + b"/DSX " + body[start + 5 :]
    assert judge(stripped, sandbox.look(stripped), roots).findings


def test_it_is_gathered_once_and_again_when_somebody_else_stamps(service: Service, tmp_path: Path):
    gatherer = Gatherer()
    first = signer_of(tmp_path, service, gatherer)
    assert paper(first)
    assert signer_of(tmp_path, service, gatherer).validation is first.validation
    assert service.asked == ["stamp", "list", "stamp"]
    service.change()
    with pytest.raises(SigningError, match="somebody else"):
        paper(first)
    again = signer_of(tmp_path, service, gatherer)
    assert again.validation is not first.validation
    assert paper(again)


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ({"withdrawn": True}, "was withdrawn"),
        ({"list_until": NOW - timedelta(hours=1)}, "run out"),
        ({"forged_list": True}, "not by its issuer"),
    ],
)
def test_without_good_lists_nothing_is_signed(service: Service, tmp_path: Path, trouble: dict[str, object], said: str):
    for name, value in trouble.items():
        setattr(service, name, value)
    with pytest.raises(SigningError, match=said):
        signer_of(tmp_path, service)


def test_our_own_withdrawn_signer_signs_no_more(service: Service, tmp_path: Path):
    keys = Keys(tmp_path, "", "Office")
    first = keys.signer(now=NOW)
    keys.rotate(now=NOW)
    keys.retire("signer-1", compromised=True, now=NOW)
    with pytest.raises(SigningError, match="withdrawn"):
        gather(first.certificates, keys.withdrawn(now=NOW), time_stamper(service.url), now=NOW)
    second = keys.signer(now=NOW)
    assert gather(second.certificates, keys.withdrawn(now=NOW), time_stamper(service.url), now=NOW)


def test_a_key_without_any_list_is_not_signed_with(service: Service, tmp_path: Path):
    keys = Keys(tmp_path, "", "Office")
    with pytest.raises(SigningError, match="names no address"):
        gather(keys.signer(now=NOW).certificates, None, time_stamper(service.url), now=NOW)


def test_the_level_is_a_setting(service: Service, tmp_path: Path):
    base = {"CME_MODE": "test", "CME_INSTANCE": str(tmp_path), "CME_TSA_URL": service.url}
    assert issuing.signer_of(Settings.from_env(base), now=NOW).validation is None
    wanted = issuing.signer_of(Settings.from_env({**base, "CME_TSA_LEVEL": "lt"}), now=NOW)
    assert wanted.validation is not None
    assert pdfsig(paper(wanted)).count("Signature is Valid") == 1
    with pytest.raises(SettingsError, match="CME_TSA_LEVEL"):
        Settings.from_env({**base, "CME_TSA_LEVEL": "lta"})


def test_everybody_may_have_the_list_of_withdrawn_signers(web_app: Flask):
    response = web_app.test_client().get("/certificates/root.crl")
    assert (response.status_code, response.mimetype) == (200, "application/pkix-crl")
    found = x509.load_der_x509_crl(response.data)
    root = issuing.keys_of(web_app.extensions["settings"]).root(now=NOW)
    assert found.is_signature_valid(x509.load_pem_x509_certificate(root).public_key())  # type: ignore[arg-type]
