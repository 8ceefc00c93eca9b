"""The signature: valid for poppler and pyHanko, over the whole file, allowing no change; time stamps; refusals."""

import hashlib
import io
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

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
from pyhanko.pdf_utils.generic import StreamObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore
from sqlalchemy import select
from time_machine import Traveller

from certificates import issuing, keys, queries, services
from certificates.files import FolderStore
from certificates.finishing import Attachment
from certificates.keys import KeyProblem
from certificates.rendering import render
from certificates.signing import Signer, SigningError, sign
from certificates.timestamps import time_stamper
from cme.credits.models import Credit
from cme.outbox.models import OutboxWork
from cme.outbox.runner import drain_all
from cme.store.database import db
from cme.store.session import transaction
from tests.conftest import NOW
from tests.factories.certificates import make_certificate, make_snapshot
from tests.factories.modules import make_module
from tests.factories.people import make_person
from tests.support.printing import URL, printed, shelf, signer, typeset

ATTACHMENT = Attachment(b'{"type": "VerifiableCredential"}')


def judged(body: bytes, roots: tuple[x509.Certificate, ...] = ()) -> PdfSignatureStatus:
    """pyHanko's opinion, trusting our root only."""
    trusted = [
        asn1_x509.Certificate.load(one.public_bytes(Encoding.DER)) for one in (signer().certificates[-1], *roots)
    ]
    context = ValidationContext(trust_roots=trusted, moment=datetime(2026, 11, 24, tzinfo=UTC), allow_fetching=False)
    (signature,) = PdfFileReader(io.BytesIO(body)).embedded_signatures
    return validate_pdf_signature(signature, context, ts_validation_context=context)


def pdfsig(body: bytes) -> str:
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(body)
        file.flush()
        return subprocess.run(["pdfsig", "-nocert", file.name], capture_output=True, check=False).stdout.decode()


@pytest.fixture(scope="module", params=["stamped", "typeset"])
def body(request: pytest.FixtureRequest) -> bytes:
    snapshot = make_snapshot(name="Nguyễn Thị Minh Khai")
    return printed(snapshot, attachment=ATTACHMENT) if request.param == "stamped" else typeset(snapshot, ATTACHMENT)


def test_pyhanko_says_valid_trusted_whole_and_no_changes_allowed(body: bytes):
    status = judged(body)
    assert status.bottom_line
    assert status.intact
    assert status.valid
    assert status.trusted
    assert status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    assert status.docmdp_ok
    (signature,) = PdfFileReader(io.BytesIO(body)).embedded_signatures
    assert signature.docmdp_level == MDPPerm.NO_CHANGES
    assert signature.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    assert status.signer_reported_dt == datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


def test_poppler_says_valid_and_whole(body: bytes):
    said = pdfsig(body)
    assert "Signature is Valid" in said
    assert "Total document signed" in said
    assert "ETSI.CAdES.detached" in said


def accepted(body: bytes) -> bool:
    """Whether pyHanko takes it; a flipped bit may be in the structure, and then nothing can be read at all."""
    try:
        return judged(body).bottom_line
    except Exception:
        return False


@pytest.mark.parametrize("place", [0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_a_flipped_bit_is_seen_by_both(body: bytes, place: float):
    start = body.index(b"/Contents <")
    at = int(len(body) * place)
    if start <= at < body.index(b">", start):
        at = start - 10
    broken = body[:at] + bytes((body[at] ^ 1,)) + body[at + 1 :]
    assert "Signature is Valid" not in pdfsig(broken)
    assert not accepted(broken)


def test_an_update_appended_to_the_file_is_seen():
    body = printed(make_snapshot())
    longer = body + b"\n% more\n"
    assert "Total document signed" not in pdfsig(longer)
    assert judged(longer).coverage != SignatureCoverageLevel.ENTIRE_FILE
    writer = IncrementalPdfFileWriter(io.BytesIO(body))
    page = writer.find_page_for_modification(0)[0].get_object()
    page["/Contents"] = writer.add_object(StreamObject(stream_data=b"BT ET"))
    writer.mark_update(page.container_ref)
    updated = io.BytesIO()
    writer.write(updated)
    assert "Total document signed" not in pdfsig(updated.getvalue())
    assert not judged(updated.getvalue()).docmdp_ok
    assert not judged(updated.getvalue()).bottom_line


def test_the_signature_says_which_certificate_made_it():
    """PAdES wants the certificate's digest signed along, or another of the same key could be put in its place."""
    (signature,) = PdfFileReader(io.BytesIO(printed(make_snapshot()))).embedded_signatures
    (info,) = signature.signed_data["signer_infos"]
    attributes = {one["type"].native: one["values"][0] for one in info["signed_attrs"]}
    named = attributes["signing_certificate_v2"]["certs"][0]["cert_hash"].native
    assert named == signer().certificate.fingerprint(SHA256())
    assert "signing_time" not in attributes  # the claimed time stands in the signature dictionary
    assert {"content_type", "message_digest", "signing_certificate_v2"} == set(attributes)


def test_signing_twice_gives_the_same_bytes():
    assert signer().cms(bytes(32)) == signer().cms(bytes(32))
    assert signer().sign(b"x") == signer().sign(b"x")
    assert len(signer().sign(b"x")) == 64


def test_a_document_older_than_its_key_is_signed_when_the_key_began():
    key = signer()
    began = key.certificate.not_valid_before_utc
    assert key.signing_time(began - timedelta(days=3)) == began
    assert key.signing_time(began + timedelta(days=3)) == began + timedelta(days=3)


@pytest.mark.parametrize("body", [b"%PDF-1.7 nothing", b"/Contents <00> /ByteRange [0 1 2 3]"])
def test_a_file_without_a_place_for_a_signature_is_refused(body: bytes):
    with pytest.raises(SigningError):
        sign(body, signer())


def test_the_same_hole_twice_is_refused():
    hole = b"/Contents <" + b"00" * signer().room + b">"
    ranges = b"/ByteRange [0 9999999999 9999999999 9999999999]"
    assert sign(ranges + hole, signer())
    with pytest.raises(SigningError):
        sign(ranges + hole + hole, signer())
    with pytest.raises(SigningError):
        sign(ranges + ranges + hole, signer())


class Service:
    """A time-stamping service on this machine, which can be told to misbehave."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Time")])
        start = datetime(2026, 1, 1, tzinfo=UTC)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(7)
            .not_valid_before(start)
            .not_valid_after(start + timedelta(days=3650))
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
            .sign(self.key, SHA256())
        )
        certificate = asn1_x509.Certificate.load(self.certificate.public_bytes(Encoding.DER))
        private = PrivateKeyInfo.load(self.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
        self.stamper = DummyTimeStamper(
            certificate, private, SimpleCertificateStore(), fixed_dt=datetime(2026, 11, 23, 15, 0, 5, tzinfo=UTC)
        )
        self.mood = "good"
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                question = self.rfile.read(int(self.headers["Content-Length"]))
                answer = service.answer(question)
                self.send_response(503 if service.mood == "down" else 200)
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_arguments: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def answer(self, question: bytes) -> bytes:
        asked = tsp.TimeStampReq.load(question)
        if self.mood == "other":
            asked["message_imprint"]["hashed_message"] = hashlib.sha256(b"something else").digest()
        if self.mood == "replayed":
            asked["nonce"] = 1
        if self.mood == "nonsense":
            return b"<html>maintenance</html>"
        if self.mood == "refusing":
            return tsp.TimeStampResp({"status": {"status": "rejection"}}).dump()
        return self.stamper.request_tsa_response(asked).dump()


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    made = Service()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def stamped_by(url: str) -> Signer:
    return replace(signer(), time_stamper=time_stamper(url))


def test_a_time_stamp_is_inside_before_the_bytes_are_final(service: Service):
    service.mood = "good"
    made = render(make_snapshot(), URL, shelf=shelf(), signer=stamped_by(service.url))
    status = judged(made.body, (service.certificate,))
    assert status.bottom_line
    assert status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    assert status.timestamp_validity is not None
    assert status.timestamp_validity.valid
    assert status.timestamp_validity.trusted
    assert status.timestamp_validity.timestamp == datetime(2026, 11, 23, 15, 0, 5, tzinfo=UTC)
    assert "Signature is Valid" in pdfsig(made.body)


@pytest.mark.parametrize("mood", ["other", "replayed", "nonsense", "refusing", "down"])
def test_without_a_good_time_stamp_nothing_is_signed(service: Service, mood: str):
    service.mood = mood
    with pytest.raises(SigningError):
        render(make_snapshot(), URL, shelf=shelf(), signer=stamped_by(service.url))


def test_a_service_that_is_away_or_no_web_address_is_an_error(tmp_path: Path):
    with pytest.raises(SigningError, match="does not answer"):
        time_stamper("http://127.0.0.1:9/")(b"x")
    with pytest.raises(SigningError, match="http"):
        time_stamper(f"file://{tmp_path}")


def test_keys_on_another_curve_do_not_fit_the_hole():
    other = replace(signer(), key=ec.generate_private_key(ec.SECP521R1()))
    with pytest.raises(SigningError, match="room"):
        sign(b"/ByteRange [0 9999999999 9999999999 9999999999]/Contents <" + b"00" * other.room + b">", other)


def test_while_the_signer_is_down_nothing_leaves_the_credit_stays_and_it_is_tried_again(
    app: Flask, clock: Traveller, monkeypatch: pytest.MonkeyPatch
):
    def down(*_arguments: object, **_named: object) -> Signer:
        raise KeyProblem("the key is in the safe")

    with app.app_context():
        with transaction() as session:
            module = make_module(session, now=NOW)
            certificate = make_certificate(session, make_person(session, now=NOW), module, now=NOW)
            certificate_id, credit_id = certificate.id, certificate.credit_id
        with monkeypatch.context() as patch:
            patch.setattr(issuing, "signer_of", down)
            patch.setattr(keys.Keys, "signer", down)
            drain_all(app.extensions["house"].jobs)
        with db.session() as session:
            found = queries.by_id(session, certificate_id)
            assert found is not None
            assert (found.pdf, found.picture) == (None, None)
            assert session.get(Credit, credit_id) is not None
            work = session.scalars(select(OutboxWork).where(OutboxWork.kind == services.RENDER)).one()
            assert work.finished_at is None
            assert "safe" in (work.last_error or "")
        clock.shift(120)
        drain_all(app.extensions["house"].jobs)
        with db.session() as session:
            found = queries.by_id(session, certificate_id)
            assert found is not None
            assert found.pdf is not None
            body = FolderStore(app.extensions["settings"].files_folder).get(found.pdf)
        assert "Signature is Valid" in pdfsig(body)
