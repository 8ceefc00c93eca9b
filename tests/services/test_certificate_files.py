"""Bytes under their own digest."""

import hashlib
from pathlib import Path

import pytest

from certificates.files import Damaged, FolderStore


def stored(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_is_put_is_what_is_got(tmp_path: Path):
    store = FolderStore(tmp_path)
    digest = store.put(b"one")
    assert digest == hashlib.sha256(b"one").hexdigest()
    assert store.get(digest) == b"one"


def test_the_same_bytes_are_one_file(tmp_path: Path):
    store = FolderStore(tmp_path)
    assert store.put(b"one") == store.put(b"one")
    assert len(stored(tmp_path)) == 1


@pytest.mark.parametrize("change", [b"on", b"onE", b"one ", b""])
def test_changed_bytes_are_refused(tmp_path: Path, change: bytes):
    store = FolderStore(tmp_path)
    digest = store.put(b"one")
    stored(tmp_path)[0].write_bytes(change)
    with pytest.raises(Damaged):
        store.get(digest)


def test_putting_again_mends_a_damaged_file(tmp_path: Path):
    store = FolderStore(tmp_path)
    digest = store.put(b"one")
    stored(tmp_path)[0].write_bytes(b"two")
    assert store.put(b"one") == digest
    assert store.get(digest) == b"one"


def test_a_missing_file_is_refused_like_a_damaged_one(tmp_path: Path):
    with pytest.raises(Damaged):
        FolderStore(tmp_path).get("0" * 64)


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "0" * 63, "G" * 64, "../" + "0" * 61])
def test_only_a_digest_names_a_file(tmp_path: Path, name: str):
    with pytest.raises(Damaged):
        FolderStore(tmp_path).get(name)


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(_descriptor: int) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("cme.store.content.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        FolderStore(tmp_path).put(b"one")
    assert stored(tmp_path) == []
