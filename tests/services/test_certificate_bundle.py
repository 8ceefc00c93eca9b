"""What a board keeps: complete, signed, and checking without this project, its database or a network."""

import base64
import hashlib
import io
import json
import re
import subprocess
import sys
import venv
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from flask import Flask

from certificates.bundle import Issuer, check_page, contents, make_bundle
from certificates.checking import jose
from certificates.checking.withdrawing import withdrawn_by
from certificates.keys import Keys
from cme.config import Settings
from cme.kernel.days import day_phrase
from cme.store.database import db
from tests.conftest import NOW
from tests.factories.issued import Issued, issue, revoke
from tests.support.client import Client

MADE = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


@pytest.fixture
def issued(web_app: Flask) -> Issued:
    return issue(web_app)


def bundled(app: Flask) -> zipfile.ZipFile:
    with app.app_context():
        body = make_bundle(db.session(), app.extensions["settings"], now=NOW)
    found = zipfile.ZipFile(io.BytesIO(body))
    assert found.testzip() is None
    return found


def test_the_manifest_names_every_file_and_is_signed(issued: Issued):
    found = bundled(issued.app)
    listed = json.loads(found.read("manifest.json"))["files"]
    names = set(found.namelist())
    assert names == {*listed, "manifest.json", "manifest.jwt"}
    assert {"README.txt", "check.html", "root.pem", "root.crl", "status/1.json"} <= names
    for name, digest in listed.items():
        assert hashlib.sha256(found.read(name)).hexdigest() == digest
    roots = [one.public_bytes(Encoding.DER) for one in x509.load_pem_x509_certificates(found.read("root.pem"))]
    token = jose.read(found.read("manifest.jwt").decode(), roots)
    assert token.vouched
    assert token.claims["files"] == listed


def test_the_list_of_withdrawn_keys_is_trusted_from_the_root_alone(issued: Issued):
    """And says of a key that was withdrawn since when; of those that were merely retired it says nothing."""
    settings: Settings = issued.app.extensions["settings"]
    office = Keys(settings.instance, "", settings.site_name)
    office.make(now=NOW)
    signers = [office.signer(now=NOW).chain]
    for compromised in (False, True):
        name = office.listed(now=NOW)[-1].name
        office.rotate(now=NOW)
        office.retire(name, compromised=compromised, now=NOW)
        signers.append(office.signer(now=NOW).chain)
    found = bundled(issued.app)
    roots = [one.public_bytes(Encoding.DER) for one in x509.load_pem_x509_certificates(found.read("root.pem"))]
    withdrawn = withdrawn_by([found.read("root.crl")], roots)
    assert [withdrawn.day_of(chain) for chain in signers] == ["", day_phrase(NOW.date()), ""]
    data = re.search(r'id="data">(.*?)</script>', found.read("check.html").decode())
    assert data is not None
    assert [base64.b64decode(one) for one in json.loads(data.group(1))["withdrawn"]] == [found.read("root.crl")]
    assert not Issuer("x", "https://x", tuple(roots), MADE).withdrawn
    assert "root.crl" not in contents(Issuer("x", "https://x", tuple(roots), MADE), [])


def test_it_holds_no_personal_data_and_no_key(issued: Issued):
    found = bundled(issued.app)
    for name in found.namelist():
        body = found.read(name)
        assert b"Jane" not in body, name
        assert issued.code.encode() not in body
        assert b"PRIVATE KEY" not in body


def test_the_page_reaches_for_nothing(issued: Issued):
    page = bundled(issued.app).read("check.html").decode()
    assert not re.search(r"""(src|href|action)\s*=\s*["']?\s*(https?:|//)""", page)
    assert "default-src 'none'" in page
    assert "connect-src" not in page
    for element, kind in (("script", "script"), ("style", "style")):
        inner = re.search(rf"<{element}>(.*?)</{element}>", page, re.DOTALL)
        assert inner is not None
        digest = base64.b64encode(hashlib.sha256(inner.group(1).encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in page
    assert "innerHTML" not in page


def test_names_with_markup_stay_text():
    issuer = Issuer("</script><b>@data@", "https://x/<i>", (issuer_root(),), MADE)
    page = check_page(issuer, ["</script><script>alert(1)</script>"]).decode()
    assert "<b>" not in page
    assert "<i>" not in page
    assert "<script>alert" not in page
    assert "&lt;/script&gt;&lt;b&gt;@data@" in page


def issuer_root() -> bytes:
    from tests.support.papers import make_issuer

    return make_issuer().chain[-1]


def test_the_python_checker_runs_from_the_archive_alone(issued: Issued, tmp_path: Path):
    """In a folder of its own, in an interpreter that sees the two libraries and nothing of this project."""
    other = issue(issued.app, name="Zoë Ray")
    revoke(other)
    bundled(issued.app).extractall(tmp_path)
    checker = tmp_path / "checker"
    venv.create(tmp_path / "venv", symlinks=True)
    site = next((tmp_path / "venv").glob("lib/python*/site-packages"))
    packages = next(Path(one) for one in sys.path if one.endswith("site-packages"))
    wanted = ("cryptography", "cffi", "_cffi_backend", "pypdfium2", "PIL", "pillow")
    for path in packages.iterdir():
        if path.name.startswith(wanted):
            (site / path.name).symlink_to(path)
    needed = (checker / "requirements.txt").read_text().split()
    assert [line.split("==")[0] for line in needed] == ["cryptography", "pypdfium2", "pillow"]
    for one, expected, words in ((issued, 0, "as it was issued, and it stood"), (other, 1, "REVOKED or REPLACED")):
        file = tmp_path / "file.pdf"
        file.write_bytes(one.file())
        done = subprocess.run(
            [tmp_path / "venv/bin/python", "-m", "certificates.check", file, "--root", tmp_path / "root.pem",
             "--status", tmp_path / "status/1.json"],
            cwd=checker, capture_output=True, text=True, env={}, check=False,
        )  # fmt: skip
        assert (done.returncode, words in done.stdout) == (expected, True), done.stdout + done.stderr


def test_the_command_writes_it(issued: Issued, tmp_path: Path):
    file = tmp_path / "bundle.zip"
    done = issued.app.test_cli_runner().invoke(args=["certificates", "bundle", str(file)])
    assert done.exit_code == 0, done.output
    assert "check.html" in zipfile.ZipFile(file).namelist()
    done = issued.app.test_cli_runner().invoke(args=["certificates", "bundle", str(tmp_path / "no" / "where.zip")])
    assert done.exit_code == 1
    assert "No such file" in done.output


def test_anybody_may_take_it_from_the_page(issued: Issued):
    client = Client(issued.app)
    answer = client.raw.get(client.get("/verify").link("a checker that needs no network"))
    assert answer.mimetype == "application/zip"
    found = zipfile.ZipFile(io.BytesIO(answer.data))
    assert found.read("root.pem") == bundled(issued.app).read("root.pem")


def test_the_readme_says_how(issued: Issued):
    text = bundled(issued.app).read("README.txt").decode()
    assert "python -m certificates.check" in text
    assert "@" not in text
    root = x509.load_pem_x509_certificates(bundled(issued.app).read("root.pem"))[0]
    assert hashlib.sha256(root.public_bytes(Encoding.DER)).hexdigest() in text
    assert contents(Issuer("x", "https://x", (issuer_root(),), MADE), [])["README.txt"]
