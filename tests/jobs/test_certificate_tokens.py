"""A key that never leaves its device: signing with a PKCS#11 token (SoftHSM2), and what happens when it is away."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from certificates import loading, tokens
from certificates.checking import sandbox
from certificates.checking.judging import judge
from certificates.credential import credential_json
from certificates.finishing import Attachment
from certificates.keys import KeyProblem, Keys
from certificates.rendering import render
from certificates.signing import Signer, SigningError
from cme.config import Settings
from tests.conftest import NOW
from tests.factories.certificates import make_snapshot
from tests.jobs.test_certificate_signing import pdfsig
from tests.support.papers import PUBLIC_URL, Issuer, make_issuer
from tests.support.printing import shelf
from tests.support.tokens import PIN, Token, make_token

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(
    bool(os.environ.get("CME_TEST_SKIP_SOFTHSM")), reason="no softhsm2 here; `sh script/test` names what is missing"
)


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    return make_issuer("In a token")


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory, issuer: Issuer):
    made = make_token(tmp_path_factory.mktemp("token"), issuer)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(made.configuration))
        yield made


def chain(issuer: Issuer) -> str:
    return b"".join(one.public_bytes(Encoding.PEM) for one in (issuer.leaf, issuer.root)).decode()


def signer_of(tmp_path: Path, address: str, issuer: Issuer) -> Signer:
    return Keys(tmp_path, address, "Office", chain(issuer)).signer(now=NOW)


def test_a_certificate_is_signed_by_the_token(token: Token, issuer: Issuer, tmp_path: Path):
    signer = signer_of(tmp_path, token.address(), issuer)
    assert isinstance(signer.key, tokens.TokenKey)
    snapshot = make_snapshot()
    attachment = Attachment(credential_json(snapshot, 1, PUBLIC_URL, signer))
    url = f"{PUBLIC_URL}/verify/{snapshot['code']}"
    body = render(snapshot, url, shelf=shelf(), signer=signer, attachment=attachment).body
    said = pdfsig(body)
    assert "Signature is Valid" in said
    assert "Total document signed" in said
    assert judge(body, sandbox.look(body), issuer.roots).findings == []
    assert not (tmp_path / "keys").exists()
    assert signer_of(tmp_path, token.address(), issuer) is signer  # loaded once per process


def test_the_pin_may_stand_in_a_file(token: Token, issuer: Issuer, tmp_path: Path):
    pin = tmp_path / "pin"
    pin.write_text(f"{PIN}\n")
    for source in (str(pin), f"file:{pin}"):
        signer = signer_of(tmp_path, token.address(f"pin-source={source}"), issuer)
        issuer.leaf.public_key().verify(signer.key.sign(b"x", ec.ECDSA(SHA256())), b"x", ec.ECDSA(SHA256()))  # type: ignore[union-attr,call-arg,arg-type]
    with pytest.raises(SigningError, match="PIN"):
        signer_of(tmp_path, token.address("pin-source=/nonexistent/pin"), issuer)


@pytest.mark.parametrize(
    "change",
    [{"token": "another"}, {"object": "another"}, {"module-path": "/nonexistent/driver.so"}],
    ids=["no such token", "no such key", "no such driver"],
)
def test_a_token_that_is_not_there_is_told_in_words(
    token: Token, issuer: Issuer, tmp_path: Path, change: dict[str, str]
):
    with pytest.raises(SigningError, match="token"):
        signer_of(tmp_path, token.address(**change), issuer)


def test_a_wrong_pin_is_told_and_not_repeated(token: Token, issuer: Issuer, tmp_path: Path):
    with pytest.raises(SigningError) as told:
        signer_of(tmp_path, token.address("pin-value=9753"), issuer)
    assert "9753" not in str(told.value)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("pkcs11:token=a;object=b", "module-path"),
        ("pkcs11:object=b?module-path=/x", "token"),
        ("pkcs11:token=a?module-path=/x", "object or id"),
        ("pkcs11:token=a;object=b;colour=red?module-path=/x", "colour"),
        ("pkcs11:token=a;token=b;object=b?module-path=/x", "token"),
    ],
)
def test_an_address_that_is_not_understood_is_refused(issuer: Issuer, tmp_path: Path, address: str, said: str):
    with pytest.raises(KeyProblem, match=said):
        signer_of(tmp_path, address, issuer)


def test_the_certificates_must_be_of_the_key(token: Token, tmp_path: Path):
    with pytest.raises(KeyProblem, match="another key"):
        signer_of(tmp_path, token.address(), make_issuer("Somebody else"))
    with pytest.raises(KeyProblem, match="CME_SIGNING_CERTIFICATES"):
        Keys(tmp_path, token.address(), "Office", "/nonexistent").signer(now=NOW)


def test_a_token_pulled_out_refuses_and_signs_again_when_it_is_back(token: Token, issuer: Issuer, tmp_path: Path):
    signer = signer_of(tmp_path, token.address(), issuer)
    algorithm, stored = ec.ECDSA(SHA256()), token.folder / "tokens"
    assert signer.key.sign(b"x", algorithm)
    stored.rename(token.folder / "away")
    try:
        signer.key._key = None  # type: ignore[attr-defined] - as after any error of the conversation
        with pytest.raises(SigningError, match="token"):
            signer.key.sign(b"x", algorithm)
    finally:
        (token.folder / "away").rename(stored)
    assert signer.key.sign(b"x", algorithm)


FORKED = """
import os, sys
from pathlib import Path
from certificates.keys import Keys
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from datetime import datetime, UTC
signer = Keys(Path(sys.argv[1]), sys.argv[2], "Office", sys.argv[3]).signer(now=datetime(2026, 11, 23, tzinfo=UTC))
def signs():
    signer.certificate.public_key().verify(signer.key.sign(b"x", ec.ECDSA(SHA256())), b"x", ec.ECDSA(SHA256()))
signs()
child = os.fork()
if not child:
    signs()
    os._exit(0)
_, status = os.waitpid(child, 0)
signs()
sys.exit(os.waitstatus_to_exitcode(status))
"""


def test_a_forked_worker_opens_a_conversation_of_its_own(token: Token, issuer: Issuer, tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-c", FORKED, str(tmp_path), token.address(), chain(issuer)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_without_the_package_the_setting_says_what_to_install(
    token: Token, issuer: Issuer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def missing(_name: str) -> None:
        raise ImportError

    loading.from_token.cache_clear()
    monkeypatch.setattr(tokens, "import_module", missing)
    with pytest.raises(KeyProblem, match="python-pkcs11"):
        signer_of(tmp_path, token.address(), issuer)


def test_the_settings_carry_address_and_certificates(token: Token, issuer: Issuer, tmp_path: Path):
    from certificates import issuing

    settings = Settings.from_env(
        {
            "CME_MODE": "test",
            "CME_INSTANCE": str(tmp_path),
            "CME_SIGNING_KEY": token.address(),
            "CME_SIGNING_CERTIFICATES": chain(issuer),
        }
    )
    signed = issuing.signer_of(settings, now=NOW).sign(b"x")
    assert len(signed) == 64
