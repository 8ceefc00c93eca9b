"""Where the bytes of certificates live: each under its own SHA-256, so that what is read can be checked."""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Protocol

from cme.kernel.refusal import Refused

_HEX = frozenset("0123456789abcdef")


class Damaged(Refused):
    """The bytes are gone or are not the ones that were stored: they are not handed out."""

    status = 500

    def __init__(self) -> None:
        super().__init__(
            "certificate_file_damaged",
            "The stored file of this certificate does not match its record, so it is not handed out. "
            "The credit itself is safe; please write to the CME office.",
        )


class Unreachable(Refused):
    """The store does not answer: nothing is known to be wrong with the bytes, so it is worth asking again."""

    status = 503

    def __init__(self) -> None:
        super().__init__(
            "certificate_store_unreachable",
            "The store of certificates does not answer at this moment. Nothing is lost; please try again soon.",
        )


class Store(Protocol):
    """A place for bytes: a folder, or a bucket at an object store."""

    def put(self, body: bytes) -> str:
        """Keep the bytes, durably, and answer with their SHA-256. The same bytes twice are one file.

        Raises OSError or Unreachable.
        """
        ...

    def get(self, sha256: str) -> bytes:
        """The bytes of that digest. Refuses: Damaged, Unreachable."""
        ...


def spread(sha256: str) -> str:
    """The name of the bytes, below one of 256 folders. Refuses (Damaged) whatever is no digest."""
    if len(sha256) != 64 or not set(sha256) <= _HEX:
        raise Damaged
    return f"{sha256[:2]}/{sha256}"


class FolderStore:
    """Files in a folder, spread over 256 subfolders."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "certificates"

    def put(self, body: bytes) -> str:
        digest = hashlib.sha256(body).hexdigest()
        path = self._path(digest)
        if path.is_file() and path.read_bytes() == body:
            return digest
        path.parent.mkdir(parents=True, exist_ok=True)
        # Written beside its place and moved there: a reader sees the whole file or none, also after a power cut.
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        _sync(path.parent)
        return digest

    def get(self, sha256: str) -> bytes:
        try:
            body = self._path(sha256).read_bytes()
        except OSError:
            raise Damaged from None
        if hashlib.sha256(body).hexdigest() != sha256:
            raise Damaged
        return body

    def _path(self, sha256: str) -> Path:
        return self._folder / spread(sha256)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
