"""A design's folder as one file: packed the same way each time, so that its SHA-256 names everything in it."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

ABOUT = "design.json"
"""Written by this program only: what the folder is and what was chosen. An upload may not bring its own."""
_DATE = (1980, 1, 1, 0, 0, 0)


def pack(files: Mapping[str, bytes], about: Mapping[str, Any]) -> bytes:
    """The folder: files by name, not compressed, undated, with what it is in front."""
    packed = io.BytesIO()
    every = {ABOUT: json.dumps(about, sort_keys=True, ensure_ascii=False).encode(), **files}
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(every):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.create_system = 3  # the same on every machine
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, every[name])
    return packed.getvalue()


def unpack(packed: bytes) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Files by name and what the folder is; for what `pack` wrote, never for an upload."""
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        files = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    return files, json.loads(files.pop(ABOUT))


def digest(packed: bytes) -> str:
    """The name of a design's version."""
    return hashlib.sha256(packed).hexdigest()
