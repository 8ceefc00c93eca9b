"""The credential as a pure function of the frozen facts, checked with libraries that are not ours."""

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from certificates import status
from certificates.checking import jose, statuses
from certificates.checking.facts import LABELS, facts_of
from certificates.credential import LIST_LENGTH, credential, credential_json, issuer_id, status_place
from certificates.rules.document import summary
from tests.conftest import NOW
from tests.factories.certificates import make_snapshot
from tests.support.papers import PUBLIC_URL, make_issuer

ROOT = Path(__file__).resolve().parents[2]
ACHIEVEMENT = {"id", "type", "name", "description", "criteria"}


def made(**changes: Any) -> dict[str, Any]:
    return credential(make_snapshot(**changes), 7, PUBLIC_URL)


def test_it_has_what_open_badges_requires():
    said = made()
    assert set(said) >= {"@context", "id", "type", "name", "credentialSubject", "issuer", "validFrom"}
    assert said["@context"] == [
        "https://www.w3.org/ns/credentials/v2",
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    ]
    assert said["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert set(said["issuer"]) == {"id", "type", "name"}
    subject = said["credentialSubject"]
    assert subject["type"] == ["AchievementSubject"]
    assert set(subject["achievement"]) >= ACHIEVEMENT
    assert all(set(one) == {"type", "hashed", "identityHash", "identityType"} for one in subject["identifier"])
    entry = said["credentialStatus"]
    assert (entry["type"], entry["statusPurpose"], entry["statusListIndex"]) == (
        "BitstringStatusListEntry", "revocation", "6",
    )  # fmt: skip
    assert entry["id"] == f"{entry['statusListCredential']}#6"


@pytest.mark.parametrize("kind", ["credit", "participation"])
@pytest.mark.parametrize("mode", ["demonstration", "accredited"])
def test_the_term_of_the_activity_is_nowhere_in_it(kind: str, mode: str):
    text = json.dumps(made(kind=kind, mode=mode))
    for word in ("validUntil", "expirationDate", "expires", "2027"):
        assert word not in text


def test_participation_awards_nothing_and_a_demonstration_says_so():
    text = made(kind="participation")["description"]
    assert text.startswith("Demonstration – no accredited credit.")
    assert "No credit was awarded" in text
    real = made(mode="accredited")
    assert "AMA PRA Category 1 Credit™" in real["description"]
    assert "Demonstration" not in json.dumps(real, ensure_ascii=False)


@pytest.mark.parametrize(("quarters", "earned"), [(1, 0.25), (2, 0.5), (3, 0.75), (4, 1.0)])
def test_amounts_are_exact(quarters: int, earned: float):
    subject = made(amount=quarters)["credentialSubject"]
    assert (subject["creditsEarned"], subject["achievement"]["creditsAvailable"]) == (earned, 1.0)


def test_the_day_of_completion_is_the_local_one():
    subject = made()["credentialSubject"]
    assert subject["activityEndDate"] == "2026-11-22T21:00:00-08:00"
    assert facts_of(made())["completed"] == "22 November 2026"


@pytest.mark.parametrize("name", ["Jane Doe", "محمد عبد الله", "Nguyễn Thị Minh Khai", 'O’Connor "X" <b>&'])
def test_every_fact_of_the_page_can_be_read_back(name: str):
    snapshot = make_snapshot(name=name)
    facts, said = facts_of(credential(snapshot, 7, PUBLIC_URL)), summary(snapshot)
    assert set(facts) <= set(LABELS)
    assert f"{facts['name']}, {facts['credentials']}" == said.name
    assert (facts["title"], facts["provider"], facts["kind"]) == (said.title, said.provider, said.heading)
    assert (facts["code"], facts["number"]) == (snapshot["code"], snapshot["number"])


def test_an_independent_library_verifies_it():
    issuer = make_issuer()
    token = jose.token_in(credential_json(make_snapshot(), 7, PUBLIC_URL, issuer))
    header = jwt.get_unverified_header(token)
    assert (header["typ"], header["cty"]) == ("vc+jwt", "vc")
    assert header["kid"].startswith(f"{issuer_id(PUBLIC_URL)}#")
    key = x509.load_der_x509_certificate(issuer.chain[0]).public_key()
    claims = jwt.decode(token, key, algorithms=["ES256"], issuer=issuer_id(PUBLIC_URL), options={"verify_nbf": False})  # type: ignore[arg-type]
    assert claims["jti"] == claims["id"]
    assert claims["credentialSubject"]["licenseNumber"] == "CME-2026-000042"
    place = len(token) - 40
    altered = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(altered, key, algorithms=["ES256"])  # type: ignore[arg-type]


def test_another_process_makes_the_same_bytes(tmp_path: Path):
    from tests.support import printing

    pem = tmp_path / "key.pem"
    pem.write_text(printing.key_text())
    code = (
        "import sys, hashlib\n"
        "from datetime import UTC, datetime\n"
        "from pathlib import Path\n"
        "from certificates.keys import Keys\n"
        "from certificates.credential import credential_json\n"
        "from tests.factories.certificates import make_snapshot\n"
        "signer = Keys(Path(sys.argv[2]), sys.argv[1], 'x').signer(now=datetime(2026, 11, 25, tzinfo=UTC))\n"
        f"body = credential_json(make_snapshot(), 7, {PUBLIC_URL!r}, signer)\n"
        "print(hashlib.sha256(body).hexdigest())\n"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code, str(pem), str(tmp_path)],
            cwd=ROOT, capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(digests) == 1


@given(st.sets(st.integers(1, LIST_LENGTH), max_size=50), st.integers(1, LIST_LENGTH))
def test_a_list_tells_the_fallen_from_the_others(fallen: set[int], asked: int):
    issuer = make_issuer()
    listed = status.status_list(1, fallen, PUBLIC_URL, issuer, now=NOW).encode()
    claims = credential(make_snapshot(), asked, PUBLIC_URL)
    found = statuses.standing([listed], claims, issuer.roots)
    assert found is not None
    assert (found.fell, found.at) == (asked in fallen, NOW)


def test_lists_follow_each_other():
    assert [status_place(number) for number in (1, LIST_LENGTH, LIST_LENGTH + 1)] == [
        (1, 0), (1, LIST_LENGTH - 1), (2, 0),
    ]  # fmt: skip
    assert LIST_LENGTH in status.numbers_of(1)
    assert LIST_LENGTH + 1 in status.numbers_of(2)
    with pytest.raises(ValueError, match="another list"):
        status.encoded(1, [LIST_LENGTH + 1])
    issuer = make_issuer()
    second = status.status_list(2, [LIST_LENGTH + 1], PUBLIC_URL, issuer, now=NOW).encode()
    found = statuses.standing([second], credential(make_snapshot(), LIST_LENGTH + 1, PUBLIC_URL), issuer.roots)
    assert found is not None
    assert found.fell
    assert statuses.standing([second], credential(make_snapshot(), 1, PUBLIC_URL), issuer.roots) is None


def test_what_fell_stays_fallen_and_an_old_list_knows_nothing_of_what_came_later():
    issuer, claims = make_issuer(), credential(make_snapshot(), 1, PUBLIC_URL)
    issued = datetime.fromisoformat(claims["validFrom"])
    moments = {"before": issued - timedelta(seconds=1), "at": issued, "later": issued + timedelta(days=9)}

    def told(*lists: tuple[str, bool]) -> tuple[bool, datetime] | None:
        bodies = [
            status.status_list(1, [1] if fell else [], PUBLIC_URL, issuer, now=moments[when]).encode()
            for when, fell in lists
        ]
        found = statuses.standing(bodies, claims, issuer.roots)
        return None if found is None else (found.fell, found.at)

    assert told() is None
    assert told(("before", False)) is None
    assert told(("at", False)) == (False, moments["at"])
    assert told(("later", False), ("before", False)) == told(("before", False), ("later", False))
    assert told(("before", False), ("later", False)) == (False, moments["later"])
    assert told(("later", True), ("at", False)) == told(("at", False), ("later", True)) == (True, moments["later"])
    assert told(("at", True), ("later", False)) == (True, moments["at"])
