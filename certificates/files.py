"""Where the bytes of certificates live: each under its own SHA-256, so that what is read can be checked."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from cme.kernel.refusal import Refused
from cme.store.content import ContentError, ContentFolder

FOLDER = "certificates"


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


@contextmanager
def refusing() -> Iterator[None]:
    """Whatever keeps bytes from being handed out is told as Damaged."""
    try:
        yield
    except ContentError:
        raise Damaged from None


class FolderStore:
    """Files in a folder of this installation."""

    def __init__(self, folder: Path) -> None:
        self._content = ContentFolder(folder / FOLDER)

    def put(self, body: bytes) -> str:
        return self._content.put(body)

    def get(self, sha256: str) -> bytes:
        try:
            with refusing():
                return self._content.get(sha256)
        except OSError:  # there, and yet not to be read
            raise Damaged from None
