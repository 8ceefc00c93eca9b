"""Keys: made once, private, rotated without breaking the past; configured ones judged; the commands; the root page."""

import stat
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from flask import Flask

from certificates import authority, issuing, jobs
from certificates.keys import KeyProblem, Keys
from certificates.signing import SigningError
from cme.config import Settings
from cme.kernel.clock import utc_now
from cme.store.session import transaction
from tests.conftest import NOW
from tests.support.checking import chain
from tests.support.papers import make_issuer
from tests.support.printing import key_text


def names(folder: Path) -> set[str]:
    return {path.name for path in (folder / "keys").iterdir()}


def test_the_first_use_makes_a_root_and_a_signer_that_only_their_owner_can_read(tmp_path: Path):
    made = Keys(tmp_path, "", "Office").signer(now=NOW)
    assert names(tmp_path) == {"root.pem", "root-key.pem", "root.crl", "signer-1.pem", "signer-1-key.pem"}
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "keys").iterdir()} == {0o600}
    assert {path.name for path in tmp_path.iterdir()} == {"keys"}
    assert made.self_issued
    assert "self-issued" in made.certificate.subject.rfc4514_string()
    assert "Office" in made.certificate.subject.rfc4514_string()


def test_the_certificates_say_what_they_are_for(tmp_path: Path):
    leaf, root = Keys(tmp_path, "", "Office").signer(now=NOW).certificates
    leaf.verify_directly_issued_by(root)
    root.verify_directly_issued_by(root)
    assert root.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert usage.content_commitment
    assert not usage.key_cert_sign
    assert leaf.not_valid_before_utc <= NOW
    assert leaf.not_valid_after_utc > NOW + timedelta(days=25 * 365)
    assert root.not_valid_after_utc > leaf.not_valid_after_utc


def test_ten_processes_that_start_at_once_agree_on_one_key(tmp_path: Path):
    found: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: found.append(Keys(tmp_path, "", "Office").signer(now=NOW).chain[0]))
        for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 10
    assert len(set(found)) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"keys"}


def test_rotation_signs_with_a_new_key_under_the_same_root_and_keeps_the_old_certificate(tmp_path: Path):
    keys = Keys(tmp_path, "", "Office")
    first = keys.signer(now=NOW)
    assert keys.rotate(now=NOW + timedelta(days=400)) == "signer-2"
    second = keys.signer(now=NOW)
    assert second.certificate != first.certificate
    assert second.certificates[-1] == first.certificates[-1]
    second.certificate.verify_directly_issued_by(first.certificates[-1])
    assert [(one.name, one.current) for one in keys.listed(now=NOW)] == [("signer-1", False), ("signer-2", True)]
    assert keys.listed(now=NOW)[0].certificate == first.certificate
    (tmp_path / "keys" / "signer-1-key.pem").unlink()  # destroyed: today's signing does not need it
    assert keys.signer(now=NOW).certificate == second.certificate


def test_a_lost_key_is_told_in_words_and_rotation_helps(tmp_path: Path):
    keys = Keys(tmp_path, "", "Office")
    keys.make(now=NOW)
    (tmp_path / "keys" / "signer-1-key.pem").unlink()
    with pytest.raises(KeyProblem, match="keys rotate"):
        keys.signer(now=NOW)
    keys.rotate(now=NOW)
    assert keys.signer(now=NOW)


def test_a_configured_key_is_text_or_a_file_and_nothing_is_made(tmp_path: Path):
    text = key_text()
    path = tmp_path / "signer.pem"
    path.write_text(text)
    from_text, from_file = (Keys(tmp_path, given, "Office") for given in (text, str(path)))
    assert from_text.signer(now=NOW).certificates == from_file.signer(now=NOW).certificates
    assert not from_text.signer(now=NOW).self_issued
    assert not (tmp_path / "keys").exists()
    assert from_text.signer(now=NOW) is from_text.signer(now=NOW)  # read once per process
    with pytest.raises(KeyProblem, match="CME_SIGNING_KEY"):
        from_text.rotate(now=NOW)
    (listed,) = from_text.listed(now=NOW)
    assert listed.current
    assert not listed.self_issued
    assert from_text.root(now=NOW) == from_text.signer(now=NOW).certificates[-1].public_bytes(Encoding.PEM)


def test_retiring_destroys_the_key_and_keeps_the_certificate(tmp_path: Path):
    keys = Keys(tmp_path, "", "Office")
    keys.make(now=NOW)
    with pytest.raises(KeyProblem, match="Rotate first"):
        keys.retire("signer-1", compromised=False, now=NOW)
    with pytest.raises(KeyProblem, match="no signer"):
        keys.retire("signer-2", compromised=False, now=NOW)
    with pytest.raises(KeyProblem, match="no signer"):
        keys.retire("../root", compromised=False, now=NOW)
    keys.rotate(now=NOW)
    keys.retire("signer-1", compromised=False, now=NOW)
    assert "signer-1-key.pem" not in names(tmp_path)
    assert [(one.has_key, one.withdrawn) for one in keys.listed(now=NOW)] == [(False, False), (True, False)]
    keys.retire("signer-1", compromised=False, now=NOW)  # twice changes nothing


def test_a_compromised_signer_is_on_the_roots_list_for_good(tmp_path: Path):
    keys = Keys(tmp_path, "", "Office")
    keys.make(now=NOW)
    first = keys.withdrawn(now=NOW)
    assert first is not None
    assert list(first) == []
    keys.rotate(now=NOW)
    keys.retire("signer-1", compromised=True, now=NOW)
    fallen = keys.listed(now=NOW)[0]
    later = keys.withdrawn(now=NOW + timedelta(days=2))
    assert later is not None
    assert fallen.withdrawn
    assert [one.serial_number for one in later] == [fallen.certificate.serial_number]
    assert next(iter(later)).revocation_date_utc == NOW
    assert later.last_update_utc == NOW + timedelta(days=2)
    assert later.is_signature_valid(keys.signer(now=NOW).certificates[-1].public_key())  # type: ignore[arg-type]
    numbers = [one.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number for one in (first, later)]
    assert numbers[0] < numbers[1]
    (tmp_path / "keys" / "root-key.pem").unlink()  # kept offline: the list stays as it is
    same = keys.withdrawn(now=NOW + timedelta(days=90))
    assert same is not None
    assert same.last_update_utc == later.last_update_utc
    with pytest.raises(KeyProblem, match="root key"):
        keys.rotate(now=NOW)


def test_an_imported_key_signs_next_under_a_root_of_its_own(tmp_path: Path):
    keys = Keys(tmp_path, "", "Office")
    keys.make(now=NOW)
    assert keys.take(key_text(), now=NOW) == "signer-2"
    taken = keys.signer(now=NOW)
    assert "".join(one.public_bytes(Encoding.PEM).decode() for one in taken.certificates) == certificates()
    assert not taken.self_issued
    assert stat.S_IMODE((tmp_path / "keys" / "signer-2-key.pem").stat().st_mode) == 0o600
    settings = Settings.from_env({"CME_MODE": "test", "CME_INSTANCE": str(tmp_path)})
    keys.rotate(now=NOW)
    roots = authority.roots_of(settings, now=NOW)
    own = x509.load_pem_x509_certificate((tmp_path / "keys" / "root.pem").read_bytes())
    assert roots == [own.public_bytes(Encoding.DER), taken.chain[-1]]
    assert [one.self_issued for one in keys.listed(now=NOW)] == [True, False, True]
    with pytest.raises(KeyProblem, match="another authority"):
        keys.retire("signer-2", compromised=True, now=NOW)


def test_boards_trust_of_a_public_authority_our_signers_alone(tmp_path: Path):
    ours = chain(ec.generate_private_key(ec.SECP256R1()))
    private = ours.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()  # type: ignore[union-attr]
    text = private + "".join(one.public_bytes(Encoding.PEM).decode() for one in ours.certificates)
    leaf, between, top = ours.chain
    settings = Settings.from_env({"CME_MODE": "test", "CME_INSTANCE": str(tmp_path), "CME_SIGNING_KEY": text})
    assert authority.roots_of(settings, now=NOW) == [top]
    assert authority.anchors_of(settings, now=NOW) == [leaf]
    assert authority.above_anchors(settings, now=NOW) == [between, top]
    plain = Settings.from_env({"CME_MODE": "test", "CME_INSTANCE": str(tmp_path / "plain")})
    keys = Keys(tmp_path / "plain", "", "Office")
    keys.make(now=NOW)
    own = keys.signer(now=NOW).chain[-1]
    assert authority.anchors_of(plain, now=NOW) == authority.roots_of(plain, now=NOW) == [own]
    assert authority.above_anchors(plain, now=NOW) == []
    keys.take(text, now=NOW)  # what it signed is found again after the next change as well
    keys.rotate(now=NOW)
    assert authority.anchors_of(plain, now=NOW) == [own, leaf]
    assert authority.roots_of(plain, now=NOW) == [own, top]


def test_a_root_alone_is_trusted_from_now_on(tmp_path: Path):
    configured = Keys(tmp_path, key_text(), "Office")
    old = make_issuer("Earlier")
    name = configured.take(old.root_pem.decode(), now=NOW)
    assert configured.take(old.root_pem.decode(), now=NOW) == name
    settings = Settings.from_env({"CME_MODE": "test", "CME_INSTANCE": str(tmp_path), "CME_SIGNING_KEY": key_text()})
    roots = authority.roots_of(settings, now=NOW)
    assert roots == [configured.signer(now=NOW).chain[-1], old.chain[-1]]
    with pytest.raises(KeyProblem, match="CME_SIGNING_KEY"):
        configured.take(key_text(), now=NOW)
    with pytest.raises(KeyProblem, match="those above it"):
        Keys(tmp_path, "", "Office").take(
            key_text().split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n", now=NOW
        )


def test_certificates_may_stand_in_a_setting_of_their_own(tmp_path: Path):
    text = key_text()
    key, chain = text[: text.index("-----BEGIN CERTIFICATE")], certificates()
    apart = Keys(tmp_path, key, "Office", chain).signer(now=NOW)
    assert apart.certificates == Keys(tmp_path, text, "Office").signer(now=NOW).certificates
    with pytest.raises(KeyProblem, match="CME_SIGNING_CERTIFICATES"):
        Keys(tmp_path, key, "Office", "/nonexistent").signer(now=NOW)


def pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def certificates() -> str:
    text = key_text()
    return text[text.index("-----BEGIN CERTIFICATE") :]


@pytest.mark.parametrize(
    ("configured", "said"),
    [
        (lambda: "/nonexistent/key.pem", "cannot be read"),
        (lambda: "-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----", "PEM"),
        (lambda: pem(ec.generate_private_key(ec.SECP256R1())), "PEM"),
        (lambda: pem(ec.generate_private_key(ec.SECP256R1())) + certificates(), "another key"),
        (lambda: pem(ec.generate_private_key(ec.SECP384R1())) + certificates(), "P-256"),
        (lambda: pem(rsa.generate_private_key(public_exponent=65537, key_size=2048)) + certificates(), "P-256"),
        (lambda: key_text().replace(certificates(), certificates() + certificates()), "no chain"),
    ],
)
def test_a_key_that_cannot_be_used_is_refused_in_words(configured, said: str, tmp_path: Path):
    with pytest.raises(KeyProblem, match=said):
        Keys(tmp_path, configured(), "Office").signer(now=NOW)


def test_the_commands_list_make_rotate_retire_and_export_the_root(web_app: Flask, tmp_path: Path):
    runner = web_app.test_cli_runner()
    issuing.keys_of(web_app.extensions["settings"]).make(now=utc_now())
    assert "nothing was made" in runner.invoke(args=["certificates", "keys", "make"]).output
    before = runner.invoke(args=["certificates", "keys", "list"]).output.splitlines()
    assert "self-issued" in before[-1]
    assert "\tcurrent\t" in before[-1]
    root = runner.invoke(args=["certificates", "keys", "export-root"]).output
    rotated = runner.invoke(args=["certificates", "keys", "rotate"])
    assert rotated.exit_code == 0
    after = runner.invoke(args=["certificates", "keys", "list"]).output.splitlines()
    assert len(after) == len(before) + 1
    assert "\tformer\t" in after[-2]
    assert after[-2].split("\t")[4:] == before[-1].split("\t")[4:]
    assert runner.invoke(args=["certificates", "keys", "export-root"]).output == root
    assert root.startswith("-----BEGIN CERTIFICATE-----")
    file = tmp_path / "root.pem"
    assert "1 root certificates" in runner.invoke(args=["certificates", "keys", "export-root", str(file)]).output
    assert file.read_text() == root
    name = after[-2].split("\t")[0]
    assert "destroyed" in runner.invoke(args=["certificates", "keys", "retire", name]).output
    assert "\tretired\t" in runner.invoke(args=["certificates", "keys", "list"]).output.splitlines()[-2]
    current = runner.invoke(args=["certificates", "keys", "retire", after[-1].split("\t")[0]])
    assert (current.exit_code, "Rotate first" in current.output) == (1, True)
    file.write_text("nothing")
    refused = runner.invoke(args=["certificates", "keys", "import", str(file)])
    assert (refused.exit_code, "no certificate" in refused.output) == (1, True)


def test_everybody_may_have_the_root_certificate(web_app: Flask):
    response = web_app.test_client().get("/certificates/root.pem")
    assert response.status_code == 200
    assert "root.pem" in response.headers["Content-Disposition"]
    assert b"PRIVATE" not in response.data
    root = x509.load_pem_x509_certificates(response.data)[0]
    root.verify_directly_issued_by(root)
    settings: Settings = web_app.extensions["settings"]
    assert issuing.signer_of(settings, now=utc_now()).certificates[-1] == root


def test_a_time_stamping_service_that_is_no_web_address_is_told(tmp_path: Path):
    settings = Settings.from_env({"CME_MODE": "test", "CME_INSTANCE": str(tmp_path), "CME_TSA_URL": "ftp://x"})
    with pytest.raises(SigningError, match="CME_TSA_URL"):
        issuing.signer_of(settings, now=datetime(2026, 1, 1, tzinfo=UTC))


def test_the_first_start_makes_the_keys(tmp_path: Path, web_app: Flask, monkeypatch: pytest.MonkeyPatch):
    own = replace(web_app.extensions["settings"], instance=tmp_path)
    monkeypatch.setitem(web_app.extensions, "settings", own)
    assert jobs.keep_keys in web_app.extensions["house"].sweeps
    with web_app.app_context(), transaction() as session:
        jobs.keep_keys(session, now=utc_now())
        jobs.keep_keys(session, now=utc_now())
    assert "signer-1.pem" in names(tmp_path)
    monkeypatch.setitem(web_app.extensions, "settings", replace(own, signing_key="/nonexistent"))
    with web_app.app_context(), transaction() as session, pytest.raises(KeyProblem):
        jobs.keep_keys(session, now=utc_now())
