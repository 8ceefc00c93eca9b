"""Reads an uploaded folder out of its ZIP: into memory only, by name and size, and nothing beyond what was promised."""

import io
import re
import stat
import zipfile
import zlib
from pathlib import PurePosixPath

from certificates.folders import ABOUT
from certificates.rules.uploads import (
    MOST_ASSETS,
    MOST_FILES,
    MOST_TEMPLATE,
    MOST_UPLOAD,
    SUFFIXES,
)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_TEXTS = {".html", ".css"}
_LEFT_BY_SYSTEMS = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
_ENCRYPTED = 0x1


class NotTaken(Exception):  # noqa: N818 - a verdict about the upload
    """The upload is not a folder of a design; the sentences say why."""

    def __init__(self, *problems: str) -> None:
        super().__init__(" ".join(problems))
        self.problems = list(problems)


def read_folder(upload: bytes) -> dict[str, bytes]:
    """Files by name, without the one folder that may enclose them. Raises NotTaken."""
    if len(upload) > MOST_UPLOAD:
        raise NotTaken(f"The ZIP is larger than {MOST_UPLOAD // (1024 * 1024)} MB.")
    try:
        with zipfile.ZipFile(io.BytesIO(upload)) as archive:
            return _read(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError, RuntimeError) as error:
        raise NotTaken("The file is not a ZIP that can be read.") from error


def _read(archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = [
        entry
        for entry in archive.infolist()
        if not entry.is_dir() and not any(m in entry.filename for m in _LEFT_BY_SYSTEMS)
    ]
    if not entries:
        raise NotTaken("The ZIP is empty.")
    if len(entries) > MOST_FILES:
        raise NotTaken(f"The folder has more than {MOST_FILES} files.")
    enclosing = _enclosing([entry.filename for entry in entries])
    problems: list[str] = []
    files: dict[str, bytes] = {}
    room = {True: MOST_TEMPLATE, False: MOST_ASSETS}
    for entry in entries:
        name = entry.filename.removeprefix(enclosing)
        shown = entry.filename[:80]
        if sentence := _name_problem(entry, name):
            problems.append(f"{shown}: {sentence}")
            continue
        if name.lower() in {known.lower() for known in files}:
            problems.append(f"{shown}: the name is there twice.")
            continue
        is_text = PurePosixPath(name).suffix.lower() in _TEXTS
        with archive.open(entry) as file:
            body = file.read(room[is_text] + 1)  # whatever size the ZIP promises
        if len(body) > room[is_text]:
            what = f"The page and its style sheets are larger than {MOST_TEMPLATE // 1024} KB together."
            other = f"The pictures and fonts are larger than {MOST_ASSETS // (1024 * 1024)} MB together."
            raise NotTaken(what if is_text else other)
        room[is_text] -= len(body)
        files[name] = body
    if problems:
        raise NotTaken(*problems[:10])
    return files


def _enclosing(names: list[str]) -> str:
    """The one folder in which everything lies, with its slash; empty when there is none."""
    first = {name.split("/", 1)[0] for name in names}
    return f"{first.pop()}/" if len(first) == 1 and all("/" in name for name in names) else ""


def _name_problem(entry: zipfile.ZipInfo, name: str) -> str | None:
    if entry.flag_bits & _ENCRYPTED:
        return "it is encrypted."
    mode = entry.external_attr >> 16
    if mode and stat.S_IFMT(mode) not in {0, stat.S_IFREG}:
        return "it is a link or a device and not a file."
    if "/" in name or "\\" in name or not _NAME.fullmatch(name) or name == ABOUT:
        return "files lie side by side and are named with Latin letters, digits, hyphens and dots."
    if PurePosixPath(name).suffix not in SUFFIXES:
        return f"files of this kind are not taken; only {', '.join(sorted(SUFFIXES))} are."
    return None
