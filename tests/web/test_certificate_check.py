"""The altered-copy check on the page: a file is handed in, the page names what differs. Works without script."""

import io
import json
import threading

import pikepdf
import pypdfium2
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from certificates.checking import jose, sandbox
from certificates.web import turns
from certificates.web.limits import CHECKING
from tests.factories.issued import Issued, correct, issue, revoke
from tests.factories.people import PASSWORD
from tests.support.client import Client, Page
from tests.support.papers import make_issuer, make_page, make_paper, updated


@pytest.fixture
def issued(web_app: Flask) -> Issued:
    return issue(web_app)


BOUNDARY = "a-boundary-that-no-file-holds"


def sent(client: Client, token: object, body: bytes | None, name: str = "certificate.pdf") -> TestResponse:
    """As a browser sends it; put together here, because Werkzeug's test client keeps temporary files open."""
    parts = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n'.encode()]
    if body is not None:
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        parts += [head.encode(), body, b"\r\n"]
    parts.append(f"--{BOUNDARY}--\r\n".encode())
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    return client.raw.post("/verify/check", data=b"".join(parts), content_type=kind)


def token_of(client: Client) -> object:
    return client.get("/verify/check").form("/verify/check").fields["csrf_token"]


def hand_in(client: Client, body: bytes | None, name: str = "certificate.pdf", status: int = 200) -> Page:
    """Through the form of the page."""
    response = sent(client, token_of(client), body, name)
    assert response.status_code == status, response.get_data(as_text=True)[:500]
    assert response.headers["X-Robots-Tag"] == "noindex, nofollow"
    return Page(response)


def told(page: Page) -> dict[str, str]:
    """Finding by finding, the field it names."""
    return {one.get("data-finding"): one.get("data-field") or "" for one in page.css("[data-finding]")}


def test_the_issued_file_is_recognised(client: Client, issued: Issued):
    page = hand_in(client, issued.file())
    assert page.h1 == "The document is as it was issued"
    assert "Jane Doe, MD" in page.main
    assert "is valid" in page.main
    assert told(page) == {}


def test_a_revoked_or_replaced_file_is_never_called_valid(client: Client, issued: Issued):
    other = issue(client.app, name="Somebody Else")
    body, old = issued.file(), other.file()
    revoke(issued)
    page = hand_in(client, body)
    assert page.h1 == "As it was issued, but revoked since"
    assert "is valid" not in page.main
    assert "The person named on it did not take part." in page.main
    assert "private" not in page.body
    code = correct(other, name="Somebody New")
    page = hand_in(client, old)
    assert page.h1 == "As it was issued, but replaced since"
    assert "is valid" not in page.main
    assert page.link("See the certificate that replaced it") == f"/verify/{code}"


def changed_character(body: bytes) -> bytes:
    """The signed page rebuilt with one drawn text taken away."""
    with pikepdf.open(io.BytesIO(body)) as pdf:
        for page in pdf.pages:
            streams = page.Contents if isinstance(page.Contents, pikepdf.Array) else [page.Contents]
            for stream in streams:
                drawn = stream.read_bytes()
                if b"TJ" in drawn or b"Tj" in drawn:
                    stream.write(drawn.replace(b"Tj", b"Ts", 1) if b"Tj" in drawn else drawn.replace(b"TJ", b"Ts", 1))
        out = io.BytesIO()
        pdf.save(out)
        return out.getvalue()


ALTERED = {
    "appended": (updated, "update_appended"),
    "flipped": (lambda body: body[:2000] + bytes([body[2000] ^ 4]) + body[2001:], "bytes"),
    "cut": (lambda body: body[:-1], "content_changed"),
    "rebuilt": (changed_character, "bytes"),
}


@pytest.mark.parametrize("way", ALTERED)
def test_an_altered_copy_is_found_out(client: Client, issued: Issued, way: str):
    alter, finding = ALTERED[way]
    page = hand_in(client, alter(issued.file()))
    assert page.h1 == "This is not the document that was issued"
    assert finding in told(page)
    assert "Do not rely on this file" in page.main
    assert "is valid" not in page.main


def test_the_field_that_differs_is_named(client: Client, issued: Issued):
    """The same page drawn anew with another amount and the genuine credential."""
    snapshot, genuine = issued.facts.snapshot, issued.file("credential")
    forged = make_paper(snapshot, make_issuer("Forger"), **{"Credit claimed": "1.00"})
    page = hand_in(client, forged)
    assert told(page)["field"] == "amount"
    assert "The amount differs: the record says “0.75”, the document shows “1.00”." in page.main
    assert {"signer_swapped", "credential_forged"} <= set(told(page))
    unsigned = make_page(snapshot, genuine, name="Jane Roe, MD")
    page = hand_in(client, unsigned)
    assert "The name differs: the record says “Jane Doe”" in page.main
    assert "signature_missing" in told(page)


def test_a_document_of_nobody_is_not_from_here(client: Client, issued: Issued):
    from tests.factories.certificates import make_snapshot

    page = hand_in(client, make_paper(make_snapshot(), make_issuer("Forger")))
    assert page.h1 == "This document was not issued here"
    assert "unrecorded" in told(page)
    assert "What is on record" not in page.main


def test_a_transcript_is_ours_and_no_certificate(client: Client, issued: Issued):
    """It names certificates, and must not be taken for an altered copy of the first of them."""
    owner = Client(client.app)
    owner.sign_in(issued.email, PASSWORD)
    body = owner.raw.get("/transcript.pdf").get_data()
    page = hand_in(client, body)
    assert page.h1 == "A document of this issuer, but no certificate"
    assert page.link(issued.code) == f"/verify/{issued.code}"
    assert "is valid" not in page.main
    page = hand_in(client, body[:2000] + bytes([body[2000] ^ 4]) + body[2001:])
    assert page.h1 == "This is not the document that was issued"
    assert hand_in(client, updated(body)).h1 == "This is not the document that was issued"


def test_a_picture_leads_to_the_record_by_its_qr_code(client: Client, issued: Issued):
    document = pypdfium2.PdfDocument(issued.file())
    drawn = io.BytesIO()
    document[0].render(scale=2).to_pil().convert("RGB").save(drawn, "JPEG", quality=80)
    page = hand_in(client, drawn.getvalue(), "photo.jpg")
    assert page.h1 == "The picture leads to a certificate"
    assert "A picture proves nothing by itself" in page.main
    assert "Jane Doe, MD" in page.main


def test_a_picture_whose_code_leads_elsewhere_is_told_of(client: Client, issued: Issued):
    import segno

    drawn = io.BytesIO()
    segno.make(f"https://cme.example.net/verify/{issued.code}").save(drawn, kind="png", scale=6)
    page = hand_in(client, drawn.getvalue(), "photo.png")
    assert "leads to cme.example.net, not to localhost" in page.main


@pytest.mark.parametrize("text", ["http://[", "http://[::1/verify", "//", "\x00", "CME \u202e", "http://a]b/"])
def test_a_code_that_is_no_address_leads_nowhere(client: Client, text: str):
    import segno

    drawn = io.BytesIO()
    segno.make(text, micro=False).save(drawn, kind="png", scale=6)
    assert hand_in(client, drawn.getvalue(), "photo.png").h1 == "No certificate was found by this picture"


ODD = {
    "creditsEarned": 10**400,
    "activityEndDate": [1],
    "licenseNumber": "\ud800",
    "identifier": [{"identityType": "name", "identityHash": "J" * 100_000}],
}


@pytest.mark.parametrize("field", ODD)
def test_a_credential_full_of_nonsense_is_a_forged_one(client: Client, issued: Issued, field: str):
    """Signed by nobody, with the code of a real certificate: the page says what is wrong and stands."""
    envelope = json.loads(issued.file("credential"))
    head, claims, value = envelope["id"].removeprefix(jose.ENVELOPE).split(".")
    said = json.loads(jose.unb64(claims))
    said["credentialSubject"][field] = ODD[field]
    token = ".".join((head, jose.b64(json.dumps(said).encode()), value))
    forged = json.dumps({**envelope, "id": jose.ENVELOPE + token}).encode()
    page = hand_in(client, make_page(issued.facts.snapshot, forged))
    assert page.h1 == "This is not the document that was issued"
    assert "credential_forged" in told(page)
    assert len(page.body) < 60_000


def test_a_picture_without_a_code_finds_nothing(client: Client, issued: Issued):
    from PIL import Image

    drawn = io.BytesIO()
    Image.new("RGB", (300, 300), "white").save(drawn, "PNG")
    assert hand_in(client, drawn.getvalue(), "photo.png").h1 == "No certificate was found by this picture"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (None, "Choose the file"),
        (b"", "Choose the file"),
        (b"Dear board, this is a letter.", "neither a PDF nor a picture"),
        (b"%PDF-1.7" + b"x" * 2_000_001, "larger than 2 MB"),
    ],
)
def test_what_cannot_be_checked_is_said_in_words(client: Client, body: bytes | None, words: str):
    assert words in hand_in(client, body, status=422).main


def test_far_too_much_is_not_even_read(client: Client):
    assert sent(client, token_of(client), b"%PDF-" + b"x" * 3_000_000).status_code == 413


def test_a_broken_pdf_is_not_from_here(client: Client):
    page = hand_in(client, b"%PDF-1.7\n1 0 obj << >> nonsense")
    assert page.h1 == "This document was not issued here"
    assert "unreadable" in told(page)


def test_a_file_that_breaks_the_limits_is_said_so(client: Client, monkeypatch: pytest.MonkeyPatch):
    def dead(*_arguments: object, **_named: object) -> object:
        raise sandbox.CannotLook

    monkeypatch.setattr(sandbox, "look", dead)
    assert "within our limits" in hand_in(client, b"%PDF-1.7", status=422).main


def test_checks_are_limited_per_address_and_at_once(client: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(turns, "WAIT_SECONDS", 0)
    free: threading.BoundedSemaphore = client.app.extensions[turns.PLACES]
    for _ in range(turns.AT_ONCE):
        assert free.acquire(timeout=0)
    token = token_of(client)

    def send() -> TestResponse:
        return sent(client, token, b"%PDF-1.7")

    try:
        assert send().status_code == 429
    finally:
        for _ in range(turns.AT_ONCE):
            free.release()
    monkeypatch.setattr(sandbox, "look", lambda *_a, **_n: {"readable": False})
    answers = [send().status_code for _ in range(CHECKING[0].most)]
    assert answers == [200] * (CHECKING[0].most - 1) + [429]


def test_the_file_is_not_kept(client: Client, issued: Issued):
    folder = client.app.extensions["settings"].files_folder
    before = sorted(path.name for path in folder.rglob("*") if path.is_file())
    hand_in(client, updated(issued.file()))
    assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == before
