"""Putting a backup back: everything is unpacked aside and verified before anything is touched."""

import hashlib
import os
import tarfile
import tempfile
import zlib
from collections.abc import Collection
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from shutil import disk_usage

from cme.kernel.refusal import Refused
from cme.operations.backup import CHUNK, stored_files
from cme.operations.manifest import DATABASE, FILES, LARGEST_MANIFEST, MANIFEST, Manifest, Part, read_manifest
from cme.operations.placing import free_name, make_private, place_new
from cme.operations.sqlite_copy import check_database, held_alone, is_occupied, migration_of
from cme.store.content import sync

DAMAGED = "The backup is damaged or incomplete: "


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back. `kept` is where the database that stood there before has gone."""

    made_at: str
    migration: str | None
    files: int
    kept: Path | None
    with_database: bool


def restore(archive: Path, *, database: Path | None, files: Path, known: Collection[str], replace: bool) -> Restored:
    """Replace database and files by those of the archive. `known` are the migrations this program has.

    Refuses: an installation that holds something, without `replace`; a database in use; an archive that is damaged,
    unsafe or from a newer program. Whatever is refused, nothing has been changed.
    """
    if not replace:
        _refuse_occupied(database, files)
    files.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = database.parent if database else files
    beside.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=beside) as scratch:
        staging = Path(scratch)
        manifest, staged = _unpack(archive, staging)
        if manifest.database is not None:
            _judge_database(manifest, staged[DATABASE], database, known)
        alone = held_alone(database) if manifest.database and database and is_occupied(database) else nullcontext()
        with alone:
            _place_files(manifest.files, staged, files)
            kept = _place_database(staged[DATABASE], database) if manifest.database and database else None
    return Restored(manifest.made_at, manifest.migration, len(manifest.files), kept, manifest.database is not None)


def _refuse_occupied(database: Path | None, files: Path) -> None:
    occupied = database is not None and is_occupied(database)
    if occupied or next(stored_files(files), None) is not None:
        raise Refused(
            "not_empty",
            "There is an installation here already. With --replace its database is kept aside and the backup takes its "
            "place.",
        )


def _unpack(archive: Path, staging: Path) -> tuple[Manifest, dict[str, Path]]:
    try:
        with tarfile.open(archive, "r:gz") as tar:
            return _read(tar, staging)
    except FileNotFoundError as error:
        raise Refused("backup_missing", f"There is no file {archive}.") from error
    except (tarfile.TarError, EOFError, zlib.error, OSError, UnicodeError) as error:
        raise Refused("backup_damaged", f"{DAMAGED}it cannot be unpacked ({error}).") from error


def _read(tar: tarfile.TarFile, staging: Path) -> tuple[Manifest, dict[str, Path]]:
    first = tar.next()
    if first is None or first.name != MANIFEST or not _is_plain(first) or first.size > LARGEST_MANIFEST:
        raise Refused("backup_damaged", f"{DAMAGED}it does not begin with its manifest.")
    stream = tar.extractfile(first)
    assert stream is not None  # plain members have content
    manifest = read_manifest(stream.read(LARGEST_MANIFEST))
    if manifest.size > disk_usage(staging).free:
        raise Refused("backup_too_large", "There is not enough room on this disk to unpack the backup.")
    expected = {part.name: part for part in manifest.parts}
    staged: dict[str, Path] = {}
    while member := tar.next():
        part = expected.get(member.name)
        if part is None or member.name in staged or not _is_plain(member) or member.size != part.size:
            raise Refused("backup_unsafe", f"{DAMAGED}its manifest does not list {member.name[:80]!r} in that form.")
        # Numbered, so that no name out of the archive ever becomes a path before all of them are verified.
        staged[part.name] = _stage(tar, member, part, staging / str(len(staged)))
    missing = next((name for name in expected if name not in staged), None)
    if missing is not None:
        raise Refused("backup_damaged", f"{DAMAGED}{missing} is missing.")
    return manifest, staged


def _is_plain(member: tarfile.TarInfo) -> bool:
    return member.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and not member.issparse()


def _stage(tar: tarfile.TarFile, member: tarfile.TarInfo, part: Part, path: Path) -> Path:
    stream = tar.extractfile(member)
    assert stream is not None  # plain members have content
    digest = hashlib.sha256()
    with os.fdopen(make_private(path), "wb") as out:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    if digest.hexdigest() != part.sha256:
        raise Refused("backup_damaged", f"{DAMAGED}{part.name} is not what the manifest says it is.")
    return path


def _judge_database(manifest: Manifest, staged: Path, database: Path | None, known: Collection[str]) -> None:
    if database is None:
        raise Refused("backup_other_kind", "The backup holds a SQLite database; this installation uses another kind.")
    check_database(staged)
    migration = migration_of(staged)
    if migration != manifest.migration:
        raise Refused("backup_damaged", f"{DAMAGED}its database is not at the migration the manifest names.")
    if migration is not None and migration not in known:
        raise Refused(
            "backup_newer",
            f"The backup is at migration {migration}, which this program does not know. Use the version it was made "
            "with, or a newer one.",
        )


def _place_files(parts: Collection[Part], staged: dict[str, Path], files: Path) -> None:
    """Add the files to what is there. Old ones stay: the database kept aside still names them."""
    root = files.resolve()
    for part in parts:
        target = root / part.name.removeprefix(FILES)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not target.parent.resolve().is_relative_to(root):
            raise Refused("backup_unsafe", f"{target.parent} leads outside the files folder.")
        _move(staged[part.name], target)


def _move(source: Path, target: Path) -> None:
    # Copied beside its place first: the files folder may be on another disk, and a rename must stay on one.
    try:
        source.replace(target)
    except OSError:
        passing = target.with_name(f".{target.name}.restoring")
        passing.write_bytes(source.read_bytes())
        passing.chmod(0o600)
        sync(passing)
        passing.replace(target)


def _place_database(staged: Path, database: Path) -> Path | None:
    kept = None
    if is_occupied(database):
        kept = free_name(database.parent, f"{database.stem}.before-restore", database.suffix)
        place_new(database, kept)
    staged.replace(database)
    for leftover in ("-wal", "-shm"):
        database.with_name(database.name + leftover).unlink(missing_ok=True)
    sync(database.parent)
    return kept
