"""What programs fetch: the JSON of a certificate, the signed status list, the issuer's keys, the credential."""

import base64
import gzip
import json
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from flask import Flask

from certificates.checking.jose import unb64
from cme.store.session import transaction
from tests.conftest import NOW
from tests.factories.certificates import make_certificate
from tests.factories.issued import Issued, correct, issue, revoke
from tests.factories.modules import make_module
from tests.factories.people import PASSWORD, make_person
from tests.support.client import Client


@pytest.fixture
def issued(web_app: Flask) -> Issued:
    return issue(web_app)


def opened(token: str, keys: dict[str, Any]) -> dict[str, Any]:
    """The claims of a token, verified with a published key and nothing of ours but base64."""
    head, body, value = token.split(".")
    header = json.loads(unb64(head))
    assert (header["alg"], header["typ"]) == ("ES256", "vc+jwt")
    (jwk,) = [key["publicKeyJwk"] for key in keys["verificationMethod"] if key["id"] == header["kid"]]
    x, y = (int.from_bytes(unb64(jwk[name])) for name in ("x", "y"))
    signature = unb64(value)
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    key.verify(encode_dss_signature(r, s), f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256()))
    return json.loads(unb64(body))


def envelope(body: bytes) -> str:
    wrapped = json.loads(body)
    assert wrapped["type"] == "EnvelopedVerifiableCredential"
    return wrapped["id"].removeprefix("data:application/vc+jwt,")


def bit(client: Client, keys: dict[str, Any], index: int, number: int = 1) -> int:
    answer = client.raw.get(f"/status/{number}.json")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    claims = opened(envelope(answer.data), keys)
    packed = claims["credentialSubject"]["encodedList"]
    assert packed[0] == "u"
    bits = gzip.decompress(unb64(packed[1:]))
    assert len(bits) == 16384
    return bits[index // 8] >> (7 - index % 8) & 1


def keys_of(client: Client) -> dict[str, Any]:
    answer = client.raw.get("/issuer.json")
    assert answer.status_code == 200
    return answer.json


def test_the_json_says_what_the_page_says(both_client: Client):
    issued = issue(both_client.app, name="Nguyễn Thị Minh Khai")
    answer = both_client.raw.get(f"/api/v1/certificates/{issued.code.lower()}")
    assert answer.status_code == 200
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert answer.headers["Cache-Control"] == "no-store"
    said = answer.json
    assert (said["status"], said["replaced_by"], said["status_reason"]) == ("valid", None, None)
    assert (said["name"], said["amount"], said["maximum"]) == ("Nguyễn Thị Minh Khai", "0.75", "1.00")
    assert (said["number"], said["completed_on"]) == (issued.number, "2026-11-23")
    assert said["pdf_sha256"] == issued.facts.pdf
    assert said["demonstration"] is True
    assert "@example.org" not in answer.get_data(as_text=True)


def test_the_json_tells_of_replacement_and_revocation_at_once(client: Client, issued: Issued):
    code = correct(issued, name="Jane Roe")
    said = client.raw.get(f"/api/v1/certificates/{issued.code}").json
    assert (said["status"], said["name"]) == ("replaced", "Jane Doe")
    assert said["replaced_by"] == {"code": code, "url": f"http://localhost/verify/{code}"}
    assert said["status_reason"] == "Corrected: name."
    other = issue(client.app)
    revoke(other, "requirements")
    said = client.raw.get(f"/api/v1/certificates/{other.code}").json
    assert (said["status"], said["replaced_by"]) == ("revoked", None)
    assert said["status_reason"] == "The requirements for credit were not met."
    assert "private" not in json.dumps(said)


def test_unknown_malformed_and_foreign_codes_are_one_answer(client: Client, issued: Issued):
    answers = [
        client.raw.get(f"/api/v1/certificates/{code}")
        for code in ("0000-" * 6 + "0000", "x", "%3Cscript%3E", "1" * 400)
    ]
    assert {(answer.status_code, answer.data) for answer in answers} == {(404, answers[0].data)}
    assert answers[0].json["error"]["code"] == "certificate_unknown"


def test_page_and_json_share_one_limit(client: Client, issued: Issued):
    for path in ("/verify/", "/api/v1/certificates/") * 30:
        assert client.raw.get(f"{path}{issued.code}").status_code == 200
    answer = client.raw.get(f"/api/v1/certificates/{issued.code}")
    assert answer.status_code == 429
    assert answer.json["error"]["code"] == "too_many_tries"
    assert int(answer.headers["Retry-After"]) > 0


def test_the_credential_is_an_open_badge_that_never_expires(client: Client, issued: Issued):
    client.sign_in(issued.email, PASSWORD)
    answer = client.raw.get(f"/certificates/{issued.code}.json")
    assert answer.status_code == 200
    assert answer.mimetype == "application/vc"
    assert answer.headers["Content-Disposition"].endswith(f'_{issued.code}.json"')
    assert answer.data == issued.file("credential")
    token = envelope(answer.data)
    assert client.raw.get(f"/certificates/{issued.code}.jwt").get_data(as_text=True) == token
    said = opened(token, keys_of(client))
    assert said["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    assert {"VerifiableCredential", "OpenBadgeCredential"} <= set(said["type"])
    subject = said["credentialSubject"]
    assert (subject["creditsEarned"], subject["achievement"]["creditsAvailable"]) == (0.75, 1.0)
    assert subject["achievement"]["achievementType"] == "CertificateOfCompletion"
    assert subject["identifier"][0]["identityHash"] == "Jane Doe"
    assert said["evidence"][0]["id"] == f"http://localhost/verify/{issued.code}"
    assert said["validFrom"] == NOW.isoformat()
    assert "validUntil" not in json.dumps(said)
    assert "exp" not in said
    assert "2027" not in json.dumps(said)


def test_the_status_list_flips_with_the_revocation(client: Client, issued: Issued):
    other, third = issue(client.app), issue(client.app)
    keys = keys_of(client)
    places = {}
    for one in (issued, other, third):
        entry = opened(envelope(one.file("credential")), keys)["credentialStatus"]
        assert entry["statusListCredential"] == "http://localhost/status/1.json"
        places[one.code] = int(entry["statusListIndex"])
    assert [bit(client, keys, place) for place in places.values()] == [0, 0, 0]
    revoke(issued)
    correct(other, name="Jane Roe")
    assert [bit(client, keys, place) for place in places.values()] == [1, 1, 0]


def test_no_cache_may_keep_what_can_change(client: Client, issued: Issued):
    """A kept page would go on saying valid: neither browsers nor proxies may keep one, and no condition revives it."""
    for path in (f"/verify/{issued.code}", f"/api/v1/certificates/{issued.code}", "/status/1.json"):
        before = client.raw.get(path)
        assert before.headers["Cache-Control"] == "no-store", path
        assert not {"ETag", "Last-Modified", "Expires"} & set(before.headers.keys()), path
        kept = {"If-Modified-Since": "Mon, 23 Nov 2026 15:00:00 GMT", "If-None-Match": "*"}
        assert client.raw.get(path, headers=kept).status_code == 200, path


@pytest.mark.parametrize("path", ["/status/1.json", "/issuer.json"])
def test_verifiers_in_other_pages_may_read_them(client: Client, issued: Issued, path: str):
    assert client.raw.get(path).headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in client.raw.get(f"/verify/{issued.code}").headers


def test_who_asks_for_a_token_gets_one(client: Client, issued: Issued):
    answer = client.raw.get("/status/1.json", headers={"Accept": "application/vc+jwt"})
    assert answer.mimetype == "application/vc+jwt"
    assert opened(answer.get_data(as_text=True), keys_of(client))["credentialSubject"]["type"] == "BitstringStatusList"


@pytest.mark.parametrize("number", ["0", "2", "10000", "10001", "x", "-1"])
def test_there_is_no_list_before_its_first_certificate(client: Client, issued: Issued, number: str):
    assert client.raw.get(f"/status/{number}.json").status_code == 404


def test_the_issuer_shows_keys_that_sign_no_more(client: Client, issued: Issued):
    from certificates.issuing import keys_of as installation

    before = keys_of(client)
    installation(client.app.extensions["settings"]).rotate(now=NOW)
    after = keys_of(client)
    assert [key["id"] for key in before["verificationMethod"]] == [after["verificationMethod"][0]["id"]]
    assert len(after["verificationMethod"]) == 2
    opened(envelope(issued.file("credential")), after)
    fresh = issue(client.app)
    opened(envelope(fresh.file("credential")), after)
    chain = after["verificationMethod"][1]["publicKeyJwk"]["x5c"]
    assert x509.load_der_x509_certificate(base64.b64decode(chain[0]))


def test_nobody_else_gets_the_credential(client: Client, issued: Issued):
    assert client.raw.get(f"/certificates/{issued.code}.json").status_code == 302
    with client.app.app_context(), transaction() as session:
        email = make_person(session, now=NOW, roles=("administrator",)).email
        make_certificate(session, make_person(session, now=NOW), make_module(session, now=NOW), now=NOW)
    client.sign_in(email, PASSWORD)
    for ending in ("json", "jwt"):
        assert client.raw.get(f"/certificates/{issued.code}.{ending}").status_code == 404


def test_the_same_credential_comes_out_of_another_process(issued: Issued):
    """Deterministic: made again from the frozen facts, it is the stored one."""
    from certificates.authority import seal_of
    from certificates.credential import credential_json

    settings = issued.app.extensions["settings"]
    with issued.app.app_context():
        seal = seal_of(settings, now=NOW)
    again = credential_json(issued.facts.snapshot, issued.id, settings.public_url, seal)
    assert again == issued.file("credential")
