"""Where the bytes of pictures and videos live: a folder of this installation, each file under its own SHA-256."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cme.kernel.refusal import NotFound
from cme.store.content import ContentError, ContentFolder

FOLDER = "media"


class MediaFolder:
    """They lie in the folder that a backup takes, and are stored before a row names them."""

    def __init__(self, files: Path) -> None:
        self._content = ContentFolder(files / FOLDER)

    def put(self, body: bytes) -> str:
        """Keep the bytes, durably, and answer with their digest; the same bytes twice are one file."""
        return self._content.put(body)

    def path(self, digest: str) -> Path:
        """Where the bytes are. Refuses: NotFound when they are gone."""
        with _refusing():
            return self._content.path(digest)

    def get(self, digest: str) -> bytes:
        """The bytes, compared with their digest. Refuses: NotFound when they are gone or others."""
        with _refusing():
            return self._content.get(digest)


@contextmanager
def _refusing() -> Iterator[None]:
    """To who asks, a file that is damaged is not there."""
    try:
        yield
    except ContentError:
        raise NotFound from None
