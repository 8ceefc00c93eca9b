"""Files of pictures and videos: one per content, never handed out damaged, taken along by a backup."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cme.kernel.refusal import NotFound
from cme.operations.backup import back_up
from cme.operations.restore import restore
from quizzes.files import MediaFolder
from tests.factories.media import picture

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


def test_the_same_bytes_are_one_file(tmp_path: Path) -> None:
    folder = MediaFolder(tmp_path)
    digest = folder.put(picture())
    assert folder.put(picture()) == digest
    assert folder.put(picture(colour="red")) != digest
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 2
    assert folder.get(digest) == folder.path(digest).read_bytes() == picture()


def test_a_file_that_was_cut_off_is_written_anew(tmp_path: Path) -> None:
    folder = MediaFolder(tmp_path)
    digest = folder.put(picture())
    folder.path(digest).write_bytes(picture()[:10])
    with pytest.raises(NotFound):
        folder.get(digest)
    assert folder.put(picture()) == digest
    assert folder.get(digest) == picture()


@pytest.mark.parametrize("name", ["", "..", "../../etc/passwd", "a" * 63, "A" * 64, "a" * 64])
def test_what_is_no_digest_or_not_there_is_not_found(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotFound):
        MediaFolder(tmp_path).path(name)


def test_a_backup_takes_them_and_a_restore_brings_them_back(tmp_path: Path) -> None:
    digest = MediaFolder(tmp_path / "files").put(picture())
    done = back_up(tmp_path / "backup.tar.gz", database=None, files=tmp_path / "files", now=NOW)
    assert done.files == 1
    restore(tmp_path / "backup.tar.gz", database=None, files=tmp_path / "other", known=(), replace=False)
    assert MediaFolder(tmp_path / "other").get(digest) == picture()
