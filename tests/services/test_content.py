"""Bytes under their own digest: private, durable, one file each, and never handed out when they are others."""

import hashlib
import os
from pathlib import Path

import pytest

from cme.store.content import AlteredError, ContentError, ContentFolder, MissingError, NoDigestError

ONE = hashlib.sha256(b"one").hexdigest()


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_is_put_is_what_is_got_and_lies_once(tmp_path: Path):
    content = ContentFolder(tmp_path / "kept")
    assert content.put(b"one") == content.put(b"one") == ONE
    assert content.get(ONE) == content.path(ONE).read_bytes() == b"one"
    assert files(tmp_path) == [tmp_path / "kept" / ONE[:2] / ONE]


def test_only_the_owner_can_read_the_files_or_list_the_folders(tmp_path: Path):
    kept = tmp_path / "files" / "kept"
    path = (content := ContentFolder(kept)).path(content.put(b"one"))
    assert path.stat().st_mode & 0o777 == 0o600
    assert {folder.stat().st_mode & 0o777 for folder in (path.parent, kept, kept.parent)} == {0o700}


@pytest.mark.parametrize("change", [b"on", b"onE", b"one ", b""])
def test_changed_bytes_are_told_and_mended_by_putting_again(tmp_path: Path, change: bytes):
    content = ContentFolder(tmp_path)
    content.path(content.put(b"one")).write_bytes(change)
    with pytest.raises(AlteredError):
        content.get(ONE)
    content.put(b"one")
    assert content.get(ONE) == b"one"


def test_what_is_not_there_is_missing(tmp_path: Path):
    content = ContentFolder(tmp_path)
    for ask in (content.get, content.path):
        with pytest.raises(MissingError):
            ask(ONE)


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "0" * 63, "0" * 65, "G" * 64, "A" * 64, "../" + "0" * 61])
def test_only_a_digest_names_a_file(tmp_path: Path, name: str):
    content = ContentFolder(tmp_path)
    for ask in (content.get, content.path):
        with pytest.raises(NoDigestError):
            ask(name)
    assert issubclass(NoDigestError, ContentError)


@pytest.mark.parametrize("there", [False, True])
def test_a_disk_that_fails_at_the_file_leaves_what_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool):
    content = ContentFolder(tmp_path)
    if there:
        content.path(content.put(b"one")).write_bytes(b"two")
    before = {path: path.read_bytes() for path in files(tmp_path)}

    def full(_descriptor: int) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("cme.store.content.os.fsync", full)
        with pytest.raises(OSError, match="No space"):
            content.put(b"one")
    assert {path: path.read_bytes() for path in files(tmp_path)} == before
    content.put(b"one")
    assert content.get(ONE) == b"one"


def test_file_and_folders_are_on_the_disk_before_the_digest_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    synced: set[int] = set()
    real = os.fsync

    def noting(descriptor: int) -> None:
        synced.add(os.fstat(descriptor).st_ino)
        real(descriptor)

    content = ContentFolder(tmp_path / "kept")
    monkeypatch.setattr("cme.store.content.os.fsync", noting)
    path = content.path(content.put(b"one"))
    assert {one.stat().st_ino for one in (path, path.parent, path.parent.parent, tmp_path)} <= synced
    # Somebody else put it and may have been stopped half-way: the names are made sure of again.
    synced.clear()
    content.put(b"one")
    assert path.parent.stat().st_ino in synced
