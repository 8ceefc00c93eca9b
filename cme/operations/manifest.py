"""What a backup says about itself: its parts, their sizes and fingerprints; names that cannot lead outside."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from cme.kernel.refusal import Refused

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "database.sqlite3"
FILES = "files/"
LARGEST_MANIFEST = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Part:
    """One member of the archive."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The list of members. `database` is None where the database is kept by other means (PostgreSQL)."""

    made_at: str
    migration: str | None
    database: Part | None
    files: tuple[Part, ...]

    @property
    def parts(self) -> tuple[Part, ...]:
        return (self.database, *self.files) if self.database else self.files

    @property
    def size(self) -> int:
        return sum(part.size for part in self.parts)

    def to_json(self) -> bytes:
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1).encode()


def read_manifest(raw: bytes) -> Manifest:
    """The manifest, every value judged. Refuses what is malformed or names an unsafe place."""
    try:
        document = json.loads(raw)
        if document["format"] != FORMAT:
            raise Refused("backup_format", f"This backup has format {document['format']}; this program reads {FORMAT}.")
        manifest = Manifest(
            made_at=str(document["made_at"]),
            migration=None if document["migration"] is None else str(document["migration"]),
            database=None if document["database"] is None else _part(document["database"]),
            files=tuple(_part(entry) for entry in document["files"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Refused("backup_damaged", "The backup's manifest cannot be read; the archive is damaged.") from error
    _judge(manifest)
    return manifest


def is_safe_name(name: str) -> bool:
    """Whether a member's name stays inside the files folder on every system."""
    if not name.startswith(FILES) or len(name) > 500 or not name.isprintable():
        return False
    steps = name.removeprefix(FILES).split("/")
    return all(step not in {"", ".", ".."} and not set(step) & set('\\:*?"<>|') for step in steps)


def _part(entry: Any) -> Part:
    part = Part(name=entry["name"], size=entry["size"], sha256=entry["sha256"])
    digits = set("0123456789abcdef")
    if not isinstance(part.name, str) or type(part.size) is not int or part.size < 0:
        raise ValueError("a part of the manifest")
    if not isinstance(part.sha256, str) or len(part.sha256) != 64 or not set(part.sha256) <= digits:
        raise ValueError("a fingerprint of the manifest")
    return part


def _judge(manifest: Manifest) -> None:
    if manifest.database is not None and manifest.database.name != DATABASE:
        raise Refused("backup_unsafe", "The backup names its database in a way this program does not accept.")
    names = [part.name for part in manifest.files]
    unsafe = next((name for name in names if not is_safe_name(name)), None)
    if unsafe is not None:
        raise Refused("backup_unsafe", f"The backup names a file that would lie outside its folder: {unsafe[:80]!r}.")
    folders = {name[: index + 1] for name in names for index, char in enumerate(name) if char == "/"}
    if len(set(names)) != len(names) or any(f"{name}/" in folders for name in names):
        raise Refused("backup_unsafe", "The backup names the same place twice.")
