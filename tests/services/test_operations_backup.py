"""Backup and restore: consistent while others write, the same afterwards, and never a word from a hostile archive."""

import hashlib
import io
import json
import sqlite3
import tarfile
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cme.kernel.refusal import Refused
from cme.operations.backup import back_up
from cme.operations.manifest import is_safe_name
from cme.operations.restore import restore

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
KNOWN = frozenset({"0001"})


def make_database(path: Path, pairs: int = 3, migration: str = "0001") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(
            "CREATE TABLE alembic_version (version_num TEXT);"
            "CREATE TABLE parents (id INTEGER PRIMARY KEY, note TEXT);"
            "CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL REFERENCES parents (id));"
        )
        connection.execute("INSERT INTO alembic_version VALUES (?)", (migration,))
        for _ in range(pairs):
            write_pair(connection)


def write_pair(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    row = connection.execute("INSERT INTO parents (note) VALUES (hex(randomblob(100)))").lastrowid
    connection.execute("INSERT INTO children (parent) VALUES (?)", (row,))
    connection.execute("COMMIT")


def rows(path: Path) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as connection:
        return (
            connection.execute("SELECT * FROM parents ORDER BY id").fetchall(),
            connection.execute("SELECT * FROM children ORDER BY id").fetchall(),
        )


def store_file(folder: Path, content: bytes) -> Path:
    name = hashlib.sha256(content).hexdigest()
    path = folder / name[:2] / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    make_database(tmp_path / "home" / "cme.sqlite3")
    for number in range(5):
        store_file(tmp_path / "home" / "files", b"certificate %d" % number * 1000)
    return tmp_path / "home"


def backed_up(home: Path, target: Path) -> Path:
    back_up(target, database=home / "cme.sqlite3", files=home / "files", now=NOW)
    return target


def put_back(archive: Path, place: Path, *, replace: bool = False) -> object:
    return restore(archive, database=place / "cme.sqlite3", files=place / "files", known=KNOWN, replace=replace)


def test_restore_gives_the_same_rows_and_files(home: Path, tmp_path: Path) -> None:
    archive = backed_up(home, tmp_path / "backup.tar.gz")
    done = put_back(archive, tmp_path / "other")
    assert rows(tmp_path / "other" / "cme.sqlite3") == rows(home / "cme.sqlite3")
    assert tree(tmp_path / "other" / "files") == tree(home / "files")
    assert (done.files, done.migration, done.kept) == (5, "0001", None)
    assert (tmp_path / "other" / "cme.sqlite3").stat().st_mode & 0o077 == 0


def test_only_the_owner_can_read_a_backup(home: Path, tmp_path: Path) -> None:
    assert backed_up(home, tmp_path / "backup.tar.gz").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_backup_never_overwrites_a_file(home: Path, tmp_path: Path) -> None:
    (tmp_path / "backup.tar.gz").write_text("precious")
    with pytest.raises(Refused, match="backup_exists"):
        backed_up(home, tmp_path / "backup.tar.gz")
    assert (tmp_path / "backup.tar.gz").read_text() == "precious"


def test_a_backup_taken_while_others_write_is_of_one_instant(tmp_path: Path) -> None:
    home = tmp_path / "home"
    make_database(home / "cme.sqlite3", pairs=2000)
    (home / "files").mkdir()
    stop, written = threading.Event(), []

    def write() -> None:
        with closing(sqlite3.connect(home / "cme.sqlite3", isolation_level=None, timeout=30)) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            while not stop.is_set():
                write_pair(connection)
                written.append(1)

    writer = threading.Thread(target=write)
    writer.start()
    counts = []
    try:
        for number in range(4):
            before = len(written)
            archive = backed_up(home, tmp_path / f"{number}.tar.gz")
            during = len(written) - before
            put_back(archive, tmp_path / f"back-{number}")
            parents, children = rows(tmp_path / f"back-{number}" / "cme.sqlite3")
            # Each transaction writes both rows: a torn copy would hold one without the other.
            assert [row[0] for row in parents] == [row[1] for row in children]
            assert 2000 + before <= len(parents) <= 2000 + before + during + 1
            counts.append(during)
    finally:
        stop.set()
        writer.join()
    assert sum(counts) > 0, "nothing was written meanwhile, so the test shows nothing"


def test_an_unfinished_file_is_left_out(home: Path, tmp_path: Path) -> None:
    (home / "files" / ".half-written").write_bytes(b"half")
    archive = backed_up(home, tmp_path / "backup.tar.gz")
    put_back(archive, tmp_path / "other")
    assert len(tree(tmp_path / "other" / "files")) == 5


def test_a_link_among_the_files_is_named_rather_than_followed(home: Path, tmp_path: Path) -> None:
    (home / "files" / "link").symlink_to("/etc/passwd")
    with pytest.raises(Refused, match="backup_odd_file"):
        backed_up(home, tmp_path / "backup.tar.gz")
    assert not (tmp_path / "backup.tar.gz").exists()


def test_files_alone_can_be_backed_up_and_put_back(home: Path, tmp_path: Path) -> None:
    back_up(tmp_path / "files.tar.gz", database=None, files=home / "files", now=NOW)
    done = restore(tmp_path / "files.tar.gz", database=None, files=tmp_path / "other", known=KNOWN, replace=False)
    assert not done.with_database
    assert tree(tmp_path / "other") == tree(home / "files")


def test_a_full_place_is_not_overwritten_without_being_told(home: Path, tmp_path: Path) -> None:
    archive = backed_up(home, tmp_path / "backup.tar.gz")
    other = tmp_path / "other"
    make_database(other / "cme.sqlite3", pairs=1)
    before = rows(other / "cme.sqlite3")
    with pytest.raises(Refused, match="not_empty"):
        put_back(archive, other)
    assert rows(other / "cme.sqlite3") == before
    done = put_back(archive, other, replace=True)
    assert rows(other / "cme.sqlite3") == rows(home / "cme.sqlite3")
    assert rows(done.kept) == before


def test_files_alone_also_count_as_something_there(home: Path, tmp_path: Path) -> None:
    archive = backed_up(home, tmp_path / "backup.tar.gz")
    store_file(tmp_path / "other" / "files", b"theirs")
    with pytest.raises(Refused, match="not_empty"):
        put_back(archive, tmp_path / "other")


def test_restore_twice_keeps_both_databases_aside(home: Path, tmp_path: Path) -> None:
    archive = backed_up(home, tmp_path / "backup.tar.gz")
    put_back(archive, tmp_path / "other")
    first = put_back(archive, tmp_path / "other", replace=True).kept
    second = put_back(archive, tmp_path / "other", replace=True).kept
    assert first != second
    assert first.exists()
    assert second.exists()


def test_a_database_that_is_in_use_is_not_replaced(home: Path, tmp_path: Path) -> None:
    archive = backed_up(home, tmp_path / "backup.tar.gz")
    with closing(sqlite3.connect(home / "cme.sqlite3", isolation_level=None)) as server:
        server.execute("SELECT * FROM parents").fetchall()
        before = tree(home)
        with pytest.raises(Refused, match="database_in_use"):
            put_back(archive, home, replace=True)
        assert tree(home).keys() == before.keys()
        write_pair(server)  # and the server can go on
    put_back(archive, home, replace=True)


def test_a_broken_database_can_be_replaced(home: Path, tmp_path: Path) -> None:
    archive = backed_up(home, tmp_path / "backup.tar.gz")
    good = rows(home / "cme.sqlite3")
    (home / "cme.sqlite3").write_bytes(b"not a database at all" * 500)
    put_back(archive, home, replace=True)
    assert rows(home / "cme.sqlite3") == good


def test_a_broken_database_is_not_backed_up_as_if_it_were_well(home: Path, tmp_path: Path) -> None:
    (home / "cme.sqlite3").write_bytes(b"not a database at all" * 500)
    with pytest.raises((Refused, sqlite3.DatabaseError)):
        backed_up(home, tmp_path / "backup.tar.gz")
    assert list(tmp_path.glob("*.tar.gz")) == []


def test_rows_that_point_nowhere_are_noticed(home: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(home / "cme.sqlite3", isolation_level=None)) as connection:
        connection.execute("DELETE FROM parents WHERE id = 1")  # foreign keys are off in this connection
    with pytest.raises(Refused, match="database_unsound"):
        backed_up(home, tmp_path / "backup.tar.gz")


# --- archives that somebody has tampered with -------------------------------------------------------------------------


def members(archive: Path) -> list[tuple[tarfile.TarInfo, bytes]]:
    with tarfile.open(archive) as tar:
        return [(member, tar.extractfile(member).read()) for member in tar.getmembers()]


def write_archive(path: Path, parts: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for member, content in parts:
            member.size = len(content) if member.isreg() else 0
            tar.addfile(member, io.BytesIO(content) if member.isreg() else None)
    return path


def tampered(archive: Path, target: Path, *, manifest: object = None, add: list[object] = (), drop: str = "") -> Path:
    parts = members(archive)
    if manifest is not None:
        document = json.loads(parts[0][1])
        document = manifest(document) or document
        parts[0] = (parts[0][0], json.dumps(document).encode())
    parts = [part for part in parts if not drop or drop not in part[0].name]
    return write_archive(target, [*parts, *add])


def refused(archive: Path, place: Path) -> str:
    """The code of the refusal; nothing may have been made there."""
    with pytest.raises(Refused) as caught:
        put_back(archive, place)
    assert tree(place) == {}
    assert list(place.parent.glob("outside*")) == []
    return caught.value.code


@pytest.fixture
def archive(home: Path, tmp_path: Path) -> Path:
    return backed_up(home, tmp_path / "good.tar.gz")


@pytest.mark.parametrize(
    "name",
    [
        "files/../outside",
        "files/a/../../../outside",
        "/outside",
        "files//outside",
        "files/./x",
        "files/..\\outside",
        "files/c:outside",
        "files/new\nline",
        "files/",
        "elsewhere/x",
        "files/" + "a" * 600,
        "database.sqlite3",
    ],
)
def test_a_name_that_leads_outside_is_refused(archive: Path, tmp_path: Path, name: str) -> None:
    assert not is_safe_name(name)
    content = b"evil"
    member = tarfile.TarInfo(name)

    def list_it(document: dict[str, list[object]]) -> None:
        document["files"].append({"name": name, "size": 4, "sha256": hashlib.sha256(content).hexdigest()})

    bad = tampered(archive, tmp_path / "bad.tar.gz", manifest=list_it, add=[(member, content)])
    assert refused(bad, tmp_path / "other") == "backup_unsafe"


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE])
def test_a_member_that_is_no_plain_file_is_refused(archive: Path, tmp_path: Path, kind: bytes) -> None:
    first = members(archive)[2][0]
    member = tarfile.TarInfo(first.name)
    member.type, member.linkname = kind, "/etc/passwd"
    bad = tampered(archive, tmp_path / "bad.tar.gz", drop=first.name, add=[(member, b"")])
    assert refused(bad, tmp_path / "other") == "backup_unsafe"


def test_a_member_the_manifest_does_not_know_is_refused(archive: Path, tmp_path: Path) -> None:
    bad = tampered(archive, tmp_path / "bad.tar.gz", add=[(tarfile.TarInfo("files/more"), b"more")])
    assert refused(bad, tmp_path / "other") == "backup_unsafe"


def test_a_member_that_comes_twice_is_refused(archive: Path, tmp_path: Path) -> None:
    again = members(archive)[2]
    bad = tampered(archive, tmp_path / "bad.tar.gz", add=[again])
    assert refused(bad, tmp_path / "other") == "backup_unsafe"


def test_a_missing_member_is_noticed(archive: Path, tmp_path: Path) -> None:
    name = members(archive)[3][0].name
    assert refused(tampered(archive, tmp_path / "bad.tar.gz", drop=name), tmp_path / "other") == "backup_damaged"


def test_a_changed_byte_is_noticed(archive: Path, tmp_path: Path) -> None:
    parts = members(archive)
    member, content = parts[4]
    parts[4] = (member, b"C" + content[1:])
    bad = write_archive(tmp_path / "bad.tar.gz", parts)
    assert refused(bad, tmp_path / "other") == "backup_damaged"


def test_half_an_archive_is_refused(archive: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.tar.gz"
    bad.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])
    assert refused(bad, tmp_path / "other") == "backup_damaged"


@pytest.mark.parametrize("content", [b"", b"hello", b"\x1f\x8b\x08\x00garbage"])
def test_a_file_that_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.tar.gz").write_bytes(content)
    assert refused(tmp_path / "bad.tar.gz", tmp_path / "other") == "backup_damaged"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.tar.gz", tmp_path / "other") == "backup_missing"


def test_two_names_for_one_place_are_refused(archive: Path, tmp_path: Path) -> None:
    def below(document: dict[str, list[dict[str, object]]]) -> None:
        first = document["files"][0]
        document["files"].append({**first, "name": f"{first['name']}/below"})

    assert refused(tampered(archive, tmp_path / "bad.tar.gz", manifest=below), tmp_path / "other") == "backup_unsafe"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"format": 2}, "backup_format"),
        ({"files": "many"}, "backup_damaged"),
        ({"files": [{"name": 3, "size": 1, "sha256": "0" * 64}]}, "backup_damaged"),
        ({"files": [{"name": "files/x", "size": -1, "sha256": "0" * 64}]}, "backup_damaged"),
        ({"files": [{"name": "files/x", "size": 1, "sha256": "zz"}]}, "backup_damaged"),
        ({"files": [{"name": "files/x", "size": 10**15, "sha256": "0" * 64}]}, "backup_too_large"),
        ({"migration": "0009"}, "backup_damaged"),
    ],
)
def test_a_manifest_that_lies_is_refused(archive: Path, tmp_path: Path, change: dict[str, object], code: str) -> None:
    bad = tampered(archive, tmp_path / "bad.tar.gz", manifest=lambda document: {**document, **change})
    assert refused(bad, tmp_path / "other") == code


def test_a_backup_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    make_database(tmp_path / "new" / "cme.sqlite3", migration="0099")
    (tmp_path / "new" / "files").mkdir()
    archive = backed_up(tmp_path / "new", tmp_path / "new.tar.gz")
    assert refused(archive, tmp_path / "other") == "backup_newer"


def test_a_database_backup_does_not_fit_a_place_without_one(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="backup_other_kind"):
        restore(archive, database=None, files=tmp_path / "other", known=KNOWN, replace=False)
    assert tree(tmp_path / "other") == {}


def test_a_linked_folder_does_not_lead_files_outside(archive: Path, tmp_path: Path) -> None:
    other, outside = tmp_path / "other", tmp_path / "elsewhere"
    outside.mkdir()
    (other / "files").mkdir(parents=True)
    for name in {member.name.split("/")[1] for member, _ in members(archive)[2:]}:
        (other / "files" / name).symlink_to(outside, target_is_directory=True)
    with pytest.raises(Refused):
        put_back(archive, other, replace=True)
    assert tree(outside) == {}
