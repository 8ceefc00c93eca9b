"""Compiled pages: a PDF with open slots, where each lies and how its text is set; kept on disk and in memory."""

import hashlib
import json
import os
import tempfile
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock

MOST_IN_MEMORY = 64
MOST_ON_DISK = 1000


class RenderError(Exception):
    """The document cannot be made as it has to be; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One open place: where it is in CSS pixels from the top left, its type, and its mark in the content.

    `obstacle` says why text cannot be stamped there, empty when it can.
    """

    name: str
    x: float
    y: float
    width: float
    height: float
    size: float
    colour: tuple[float, float, float]
    align: str
    font: str
    mark: int
    obstacle: str


@dataclass(frozen=True, slots=True)
class Open:
    """An object that is written for each document: its number, and its dictionary up to where more may follow."""

    number: int
    source: bytes


@dataclass(frozen=True, slots=True)
class Compiled:
    """A page ready to be stamped: what never changes as bytes, with the table of its objects, and the open objects."""

    head: bytes
    table: bytes
    slots: dict[str, Slot]
    opened: dict[str, Open]
    engine: str

    def to_bytes(self) -> bytes:
        """One line of JSON with the digest of what follows it: the table, then the head."""
        body = self.table + self.head
        facts = {
            "slots": [asdict(slot) for slot in self.slots.values()],
            "opened": {role: [one.number, one.source.decode("latin-1")] for role, one in self.opened.items()},
            "table": len(self.table),
            "engine": self.engine,
        }
        line = json.dumps(facts, sort_keys=True).encode()
        return hashlib.sha256(line + body).hexdigest().encode() + line + b"\n" + body

    @classmethod
    def from_bytes(cls, raw: bytes) -> "Compiled":
        """Raises ValueError for anything but the whole file as it was written."""
        first, _, body = raw.partition(b"\n")
        digest, line = first[:64], first[64:]
        if hashlib.sha256(line + body).hexdigest().encode() != digest:
            raise ValueError("a damaged file")
        facts = json.loads(line)
        slots = [Slot(**{**slot, "colour": tuple(slot["colour"])}) for slot in facts["slots"]]
        opened = {role: Open(number, source.encode("latin-1")) for role, (number, source) in facts["opened"].items()}
        table = facts["table"]
        return cls(body[table:], body[:table], {slot.name: slot for slot in slots}, opened, facts["engine"])


class Shelf:
    """Compiled pages by the hash of what they were made of: the newest in memory, more of them in a folder.

    It is a cache: a missing or damaged file is compiled anew, and a full shelf drops what was used longest ago.
    """

    def __init__(self, folder: Path, *, most: int = MOST_IN_MEMORY, most_on_disk: int = MOST_ON_DISK) -> None:
        self._folder = folder
        self._most, self._most_on_disk = most, most_on_disk
        self._memory: OrderedDict[str, Compiled] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str, make: Callable[[], Compiled]) -> Compiled:
        """The page of that key, made when it is not here. What `make` raises goes through."""
        with self._lock:
            found = self._memory.get(key)
            if found is not None:
                self._memory.move_to_end(key)
                return found
        found = self._read(key)
        if found is None:
            found = make()
            self._write(key, found)
        with self._lock:
            self._memory[key] = found
            while len(self._memory) > self._most:
                self._memory.popitem(last=False)
        return found

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.compiled"

    def _read(self, key: str) -> Compiled | None:
        path = self._path(key)
        try:
            found = Compiled.from_bytes(path.read_bytes())
            os.utime(path)
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return found

    def _write(self, key: str, page: Compiled) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=self._folder, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(page.to_bytes())
            Path(name).replace(self._path(key))
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        self._tidy()

    def _tidy(self) -> None:
        kept = sorted(self._folder.glob("*.compiled"), key=_used_at, reverse=True)
        for path in kept[self._most_on_disk :]:
            path.unlink(missing_ok=True)


def _used_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # another process tidied it away
        return 0.0
