"""Making a backup: one archive of the database and the files, while the installation runs."""

import hashlib
import io
import os
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from cme.kernel.refusal import Refused
from cme.operations.manifest import DATABASE, FILES, MANIFEST, Manifest, Part, is_safe_name
from cme.operations.placing import make_private, place_new
from cme.operations.sqlite_copy import copy_database, migration_of
from cme.store.content import sync

CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What was written. Sizes are bytes."""

    path: Path
    files: int
    size: int
    with_database: bool


def back_up(target: Path, *, database: Path | None, files: Path, now: datetime) -> BackedUp:
    """Write the archive; readable by its owner only. Refuses to overwrite a file.

    The database is copied first. Files are named by their content and never change, and a file is stored before the
    row that names it, so everything the copied rows name is there when the files are taken.
    """
    if target.exists():
        raise Refused("backup_exists", f"{target} exists already. Choose another name; a backup is never overwritten.")
    if not target.parent.is_dir():
        raise Refused("backup_no_folder", f"The folder {target.parent} does not exist.")
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as scratch:
        copy = None
        if database is not None:
            copy = Path(scratch) / DATABASE
            copy_database(database, copy)
        manifest = _describe(copy, files, now)
        archive = Path(scratch) / "archive"
        _write(archive, manifest, copy, files, now)
        try:
            place_new(archive, target)
        except FileExistsError:
            raise Refused("backup_exists", f"{target} exists already. Choose another name.") from None
    sync(target.parent)
    return BackedUp(target, len(manifest.files), target.stat().st_size, copy is not None)


def fingerprint_of(path: Path) -> tuple[int, str]:
    """Size and SHA-256 of a file."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return size, digest.hexdigest()


def stored_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every stored file with its name in the archive. Names that begin with a dot are files still being written."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(place) / name
            if name.startswith("."):
                continue
            inside = FILES + path.relative_to(folder).as_posix()
            if path.is_symlink() or not path.is_file() or not is_safe_name(inside):
                raise Refused("backup_odd_file", f"{path} is no plain file with a plain name. Move it elsewhere.")
            yield inside, path


def _describe(copy: Path | None, files: Path, now: datetime) -> Manifest:
    parts = [Part(name, *fingerprint_of(path)) for name, path in stored_files(files)]
    return Manifest(
        made_at=now.isoformat(),
        migration=migration_of(copy) if copy else None,
        database=Part(DATABASE, *fingerprint_of(copy)) if copy else None,
        files=tuple(parts),
    )


def _write(archive: Path, manifest: Manifest, copy: Path | None, files: Path, now: datetime) -> None:
    with os.fdopen(make_private(archive), "wb") as raw:
        with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=5, format=tarfile.PAX_FORMAT) as tar:
            text = manifest.to_json()
            _add(tar, MANIFEST, len(text), io.BytesIO(text), now)
            for part in manifest.parts:
                path = copy if part is manifest.database else files / part.name.removeprefix(FILES)
                assert path is not None  # a database part exists only with a copy
                with path.open("rb") as stream:
                    watched = _Fingerprinting(stream)
                    _add(tar, part.name, part.size, watched, now)
                    if watched.digest.hexdigest() != part.sha256:
                        raise Refused("backup_changed", f"{path} changed while it was being copied. Try again.")
        raw.flush()
        os.fsync(raw.fileno())


class _Fingerprinting:
    """A stream that remembers the fingerprint of what was read from it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        chunk = self.stream.read(size)
        self.digest.update(chunk)
        return chunk


def _add(tar: tarfile.TarFile, name: str, size: int, stream: Any, now: datetime) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, int(now.timestamp())
    tar.addfile(member, stream)
