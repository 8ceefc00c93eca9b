"""Zip files from strangers: judged by their table of contents before a single byte is unpacked, and never to disk."""

import io
import stat
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import PurePosixPath

from cme.kernel.refusal import Invalid
from quizzes.interchange.limits import (
    MEGABYTE,
    MOST_MEMBER,
    MOST_MEMBERS,
    MOST_RATIO,
    MOST_UNPACKED,
    RATIO_FROM,
)
from quizzes.interchange.text_file import check_size

_LITTER = ("__MACOSX/", ".DS_Store", "Thumbs.db")
MOST_SHOWN = 60
_FIXED_DAY = (1980, 1, 1, 0, 0, 0)
_ENTRY = b"PK\x01\x02"


def is_zip(data: bytes) -> bool:
    """By content: a local header, or the end record of an empty archive."""
    return data[:4] in {b"PK\x03\x04", b"PK\x05\x06"}


class Archive:
    """The members of a checked zip file by name; reading keeps count of what came out."""

    def __init__(self, data: bytes) -> None:
        check_size(data, package=True)
        if data.count(_ENTRY) > MOST_MEMBERS:
            raise _bad("import_zip_members", f"The zip file has more than {MOST_MEMBERS} members.")
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError):
            raise _bad("import_zip", "The zip file is broken; export it again.") from None
        self._members: dict[str, zipfile.ZipInfo] = {}
        self._read = 0
        total = 0
        for info in self._zip.infolist():
            _check_name(info)
            if info.is_dir() or info.filename.startswith(_LITTER[0]) or info.filename.endswith(_LITTER[1:]):
                continue
            total += _check_size(info)
            if total > MOST_UNPACKED:
                raise _bad(
                    "import_zip_bomb",
                    f"Unpacked, the zip file would have more than {MOST_UNPACKED // MEGABYTE} MB; it was not unpacked.",
                )
            if info.filename in self._members:
                raise _bad("import_zip_name", f"The zip file holds “{_shown(info.filename)}” twice.")
            self._members[info.filename] = info

    @property
    def names(self) -> tuple[str, ...]:
        """All files in it."""
        return tuple(self._members)

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def head(self, name: str, most: int = 4096) -> bytes:
        """The first bytes of a member."""
        return self._take(name, most)

    def read(self, name: str) -> bytes:
        """The whole member, never more than its table of contents declared."""
        data = self._take(name, self._members[name].file_size + 1)
        if len(data) != self._members[name].file_size:
            raise _bad("import_zip_bomb", f"“{_shown(name)}” has another size than the zip file declares.")
        return data

    def _take(self, name: str, most: int) -> bytes:
        try:
            with self._zip.open(self._members[name]) as member:
                data = member.read(most)
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError, ValueError):
            raise _bad("import_zip", f"“{_shown(name)}” in the zip file is broken; export it again.") from None
        self._read += len(data)
        # Each member may be looked at once for its kind and once in full.
        if self._read > 2 * MOST_UNPACKED:
            raise _bad("import_zip_bomb", "The zip file unpacks to too much.")
        return data


def _check_name(info: zipfile.ZipInfo) -> None:
    name = info.filename
    parts = PurePosixPath(name).parts
    if (
        not name
        or len(name) > 400
        or name.startswith("/")
        or "\\" in name
        or "\0" in info.orig_filename
        or ".." in parts
        or any(ord(char) < 32 or ord(char) == 127 for char in name)
        or (len(name) > 1 and name[1] == ":")
    ):
        raise _bad("import_zip_name", f"The zip file holds a member with a forbidden name (“{_shown(name)}”).")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise _bad("import_zip_link", f"“{_shown(name)}” in the zip file is a link, not a file.")
    if info.flag_bits & 0x1:
        raise _bad("import_zip_locked", "The zip file is protected by a password; export it without one.")


def _check_size(info: zipfile.ZipInfo) -> int:
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise _bad("import_zip", "The zip file uses a kind of compression that is not taken; pack it anew.")
    if info.file_size > MOST_MEMBER:
        raise _bad(
            "import_zip_bomb", f"“{_shown(info.filename)}” would have more than {MOST_MEMBER // MEGABYTE} MB unpacked."
        )
    if info.file_size > RATIO_FROM and info.file_size > MOST_RATIO * max(info.compress_size, 1):
        raise _bad(
            "import_zip_bomb",
            f"“{_shown(info.filename)}” would grow more than {MOST_RATIO} times when unpacked; it was left packed.",
        )
    return info.file_size


def _shown(name: str) -> str:
    kept = "".join(char if char.isprintable() else "?" for char in name)
    return kept if len(kept) <= MOST_SHOWN else kept[: MOST_SHOWN - 1] + "…"


def shown_path(path: str) -> str:
    """A member's path as a report shows it: long ones by their end."""
    kept = "".join(char if char.isprintable() else "?" for char in path)
    return kept if len(kept) <= MOST_SHOWN else "…" + kept[1 - MOST_SHOWN :]


def _bad(code: str, sentence: str) -> Invalid:
    return Invalid(code, sentence)


def pack(members: Mapping[str, bytes]) -> bytes:
    """A zip file whose bytes depend on nothing but its members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as file:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, _FIXED_DAY)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            file.writestr(info, data)
    return buffer.getvalue()
