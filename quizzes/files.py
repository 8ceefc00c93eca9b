"""Where the bytes of pictures and videos live: a folder of this installation, each file under its own SHA-256."""

import hashlib
import os
import secrets
from pathlib import Path

from cme.kernel.refusal import NotFound
from cme.operations.placing import make_private, place_new, sync

FOLDER = "media"
_HEX = frozenset("0123456789abcdef")


class MediaFolder:
    """Files that never change. They lie in the folder that a backup takes, and are stored before a row names them."""

    def __init__(self, files: Path) -> None:
        self._folder = files / FOLDER

    def put(self, body: bytes) -> str:
        """Keep the bytes, durably, and answer with their digest; the same bytes twice are one file."""
        digest = hashlib.sha256(body).hexdigest()
        path = self._path(digest)
        if path.is_file() and path.stat().st_size == len(body):
            return digest
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        passing = path.parent / f".new-{secrets.token_hex(8)}"
        try:
            with os.fdopen(make_private(passing), "wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            if path.exists():  # cut off once, by a full disk or a hand from outside
                passing.replace(path)
            else:
                _place(passing, path)
        finally:
            passing.unlink(missing_ok=True)
        sync(path.parent)
        return digest

    def path(self, digest: str) -> Path:
        """Where the bytes are. Refuses: NotFound when they are gone."""
        path = self._path(digest)
        if not path.is_file():
            raise NotFound
        return path

    def get(self, digest: str) -> bytes:
        """The bytes, compared with their digest. Refuses: NotFound when they are gone or others."""
        body = self.path(digest).read_bytes()
        if hashlib.sha256(body).hexdigest() != digest:
            raise NotFound
        return body

    def _path(self, digest: str) -> Path:
        if len(digest) != 64 or not set(digest) <= _HEX:
            raise NotFound
        return self._folder / digest[:2] / digest


def _place(passing: Path, path: Path) -> None:
    try:
        place_new(passing, path)
    except FileExistsError:  # the same bytes came a moment ago
        return
