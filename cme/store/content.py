"""Bytes under their own SHA-256: what is kept never changes, the same bytes are one file, and what is read is checked.

What goes wrong is told in neutral words; each wing says in its own what that means to a reader.
"""

import hashlib
import os
import tempfile
from pathlib import Path

_HEX = frozenset("0123456789abcdef")


class ContentError(Exception):
    """The bytes cannot be handed out."""


class NoDigestError(ContentError):
    """The name is no SHA-256, so nothing was ever kept under it."""


class MissingError(ContentError):
    """Nothing lies under the digest."""


class AlteredError(ContentError):
    """What lies there is not what was kept."""


def digest_of(body: bytes) -> str:
    """The name of the bytes."""
    return hashlib.sha256(body).hexdigest()


def spread(digest: str) -> str:
    """Where the bytes are, below one of 256 folders. Raises NoDigestError, so that no name leads out of the folder."""
    if len(digest) != 64 or not set(digest) <= _HEX:
        raise NoDigestError
    return f"{digest[:2]}/{digest}"


def checked(body: bytes, digest: str) -> bytes:
    """The bytes, if they are those of the digest. Raises AlteredError."""
    if digest_of(body) != digest:
        raise AlteredError
    return body


class ContentFolder:
    """Files that never change, which only the owner of the process can read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, body: bytes) -> str:
        """Keep the bytes, durably, and answer with their digest; a file damaged meanwhile is mended. Raises OSError."""
        digest = digest_of(body)
        path = self._place(digest)
        if not (path.is_file() and path.read_bytes() == body):
            _make(path.parent)
            _write(path, body)
        # Also for what was there: who put it may have been stopped before the folders knew of it.
        for folder in (path.parent, self._folder, self._folder.parent):
            sync(folder)
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes of the digest, compared with it. Raises NoDigestError, MissingError, AlteredError, OSError."""
        try:
            body = self.path(digest).read_bytes()
        except FileNotFoundError:
            raise MissingError from None
        return checked(body, digest)

    def path(self, digest: str) -> Path:
        """The file, for a server that sends it itself; not compared. Raises NoDigestError, MissingError."""
        path = self._place(digest)
        if not path.is_file():
            raise MissingError
        return path

    def _place(self, digest: str) -> Path:
        return self._folder / spread(digest)


def sync(path: Path) -> None:
    """Have the file, or the folder's list of names, on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make(folder: Path) -> None:
    """The folder and those above it, each private: `mkdir(parents=True)` makes only the last so."""
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def _write(path: Path, body: bytes) -> None:
    """Written beside its place and moved there: a reader sees the whole file or none, also after a power cut."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")  # readable by its owner only
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
