"""Bytes of certificates in a bucket: the same promises as in a folder, kept against a store that speaks S3."""

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask

from certificates import archive, jobs, packs
from certificates.bucket import BucketStore
from certificates.files import Damaged, FolderStore, Unreachable
from certificates.places import store_of
from certificates.queries import PDF
from cme.config import Settings, SettingsError
from cme.operations import preflight
from cme.store.database import db
from tests.factories.issued import issue
from tests.factories.people import PASSWORD
from tests.jobs.test_certificate_packs import ask, manifest, many, work_off
from tests.support.client import Client
from tests.support.objects import BUCKET, SECRETS, Objects, running
from tests.support.postgres import free_port


@pytest.fixture(scope="module")
def objects() -> Iterator[Objects]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SECRETS.items():
            patch.setenv(name, value)
        with running() as found:
            yield found


@pytest.fixture
def bucket(objects: Objects) -> BucketStore:
    for name in objects.names():
        objects.client.delete_object(Bucket=BUCKET, Key=name)
    return BucketStore(f"{BUCKET}/office", objects.endpoint)


def test_what_is_put_is_what_is_got_under_its_digest(bucket: BucketStore, objects: Objects):
    digest = bucket.put(b"one")
    assert digest == hashlib.sha256(b"one").hexdigest()
    assert bucket.get(digest) == b"one"
    assert objects.names() == [f"office/certificates/{digest[:2]}/{digest}"]


def test_a_bucket_without_a_prefix_is_a_place_too(bucket: BucketStore, objects: Objects):
    digest = BucketStore(BUCKET, objects.endpoint).put(b"one")
    assert objects.names() == [f"certificates/{digest[:2]}/{digest}"]
    with pytest.raises(Damaged):
        bucket.get(digest)


def test_the_first_stored_object_is_never_written_again(bucket: BucketStore, objects: Objects):
    digest = bucket.put(b"one")
    (name,) = objects.names()
    first = objects.client.head_object(Bucket=BUCKET, Key=name)["LastModified"]
    sent: list[dict[str, object]] = []
    bucket._client.meta.events.register("provide-client-params.s3.PutObject", lambda params, **_: sent.append(params))
    assert bucket.put(b"one") == digest
    assert [one.get("IfNoneMatch") for one in sent] == ["*"]  # asked once, and only if nothing is there
    assert objects.client.head_object(Bucket=BUCKET, Key=name)["LastModified"] == first


def test_many_writers_of_the_same_bytes_agree(bucket: BucketStore, objects: Objects):
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(bucket.put(b"one"))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 12
    assert len(set(found)) == len(objects.names()) == 1


@pytest.mark.parametrize("change", [b"on", b"onE", b"one ", b""])
def test_changed_bytes_are_refused_and_mended_by_putting_again(bucket: BucketStore, objects: Objects, change: bytes):
    digest = bucket.put(b"one")
    objects.client.put_object(Bucket=BUCKET, Key=objects.names()[0], Body=change)
    with pytest.raises(Damaged):
        bucket.get(digest)
    assert bucket.put(b"one") == digest
    assert bucket.get(digest) == b"one"


@pytest.mark.parametrize("name", ["0" * 64, "../../etc/passwd", "", "0" * 63, "G" * 64])
def test_what_is_not_there_and_what_is_no_digest_is_refused(bucket: BucketStore, name: str):
    with pytest.raises(Damaged):
        bucket.get(name)


def test_a_store_that_does_not_answer_or_has_no_such_bucket_is_not_called_damage(
    objects: Objects, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("certificates.bucket.TRIES", 1)
    away = BucketStore(BUCKET, f"http://127.0.0.1:{free_port()}")
    elsewhere = BucketStore("nobody", objects.endpoint)
    for store in (away, elsewhere):
        with pytest.raises(Unreachable):
            store.put(b"one")
        with pytest.raises(Unreachable):
            store.get("0" * 64)


def configured(app: Flask, objects: Objects, monkeypatch: pytest.MonkeyPatch) -> Settings:
    settings = replace(app.extensions["settings"], files=f"s3://{BUCKET}/house", s3_endpoint=objects.endpoint)
    monkeypatch.setitem(app.extensions, "settings", settings)
    return settings


def test_an_installation_keeps_its_certificates_in_the_bucket(
    web_app: Flask, bucket: BucketStore, objects: Objects, monkeypatch: pytest.MonkeyPatch
):
    settings = configured(web_app, objects, monkeypatch)
    issued = issue(web_app, made=False)
    with web_app.app_context():
        jobs.render(issued.id)
    digest = issued.facts.digest(PDF)
    assert digest is not None
    assert len(objects.names()) == 3
    assert not list(settings.files_folder.rglob(digest))
    client = Client(web_app)
    client.sign_in(issued.email, PASSWORD)
    response = client.raw.get(f"/certificates/{issued.code}.pdf")
    assert (response.status_code, hashlib.sha256(response.data).hexdigest()) == (200, digest)
    name = f"house/certificates/{digest[:2]}/{digest}"
    objects.client.put_object(Bucket=BUCKET, Key=name, Body=b"%PDF-1.7 another")
    refused = client.raw.get(f"/certificates/{issued.code}.pdf")
    assert (refused.status_code, b"does not match its record" in refused.data) == (500, True)
    monkeypatch.setattr("certificates.bucket.TRIES", 1)
    gone = replace(settings, s3_endpoint=f"http://127.0.0.1:{free_port()}")
    monkeypatch.setitem(web_app.extensions, "settings", gone)
    away = client.raw.get(f"/certificates/{issued.code}.pdf")
    assert (away.status_code, b"Nothing is lost" in away.data) == (503, True)


def test_an_archive_is_packed_out_of_the_bucket(
    web_app: Flask, bucket: BucketStore, objects: Objects, monkeypatch: pytest.MonkeyPatch
):
    settings = configured(web_app, objects, monkeypatch)
    pack_id = ask(web_app, slug=many(web_app, 3))
    work_off(web_app)
    with web_app.app_context():
        lines = archive.stream(lambda: packs.every_packed(db.session(), pack_id), store_of(settings), {"issuer": "x"})
        body = b"".join(lines)
    import io
    import zipfile

    found = zipfile.ZipFile(io.BytesIO(body))
    listed = manifest(found)
    assert len(listed) == 3
    for line in listed:
        assert hashlib.sha256(found.read(line["file"])).hexdigest() == line["sha256"]


def test_settings_name_a_bucket_or_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    base = {"CME_MODE": "test", "CME_INSTANCE": str(tmp_path)}
    plain = Settings.from_env({**base, "CME_FILES": str(tmp_path / "papers")})
    there = Settings.from_env({**base, "CME_FILES": "s3://papers/office", "CME_S3_ENDPOINT": "http://localhost:1"})
    assert (plain.files_bucket, plain.files_folder) == ("", tmp_path / "papers")
    assert (there.files_bucket, there.files_folder) == ("papers/office", tmp_path / "files")
    assert isinstance(store_of(plain), FolderStore)
    assert isinstance(store_of(there), BucketStore)
    assert store_of(there) is store_of(there)
    with pytest.raises(SettingsError, match="CME_FILES"):
        Settings.from_env({**base, "CME_FILES": "s3:///office"})
    assert preflight._bucket(there).problem is None
    monkeypatch.setattr(preflight, "find_spec", lambda _name: None)
    assert "boto3" in (preflight._bucket(there).problem or "")


def test_a_backup_of_the_files_says_that_they_are_elsewhere(
    web_app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    there = replace(web_app.extensions["settings"], files="s3://papers")
    monkeypatch.setitem(web_app.extensions, "settings", there)
    runner: CliRunner = web_app.test_cli_runner()
    said = runner.invoke(args=["backup", "--files-only", str(tmp_path / "b.tar.gz")])
    assert said.exit_code == 1
    assert "s3://papers" in said.output
