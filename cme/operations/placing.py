"""Putting finished files in their places: whole or not at all, and never over another."""

import os
from pathlib import Path


def make_private(path: Path) -> int:
    """A new file that only its owner can read, open for writing. Raises FileExistsError."""
    return os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)


def place_new(source: Path, target: Path) -> None:
    """Give a finished file a name that must be free; `source` may stay beside it. Raises FileExistsError.

    A hard link never replaces what came meanwhile, as a rename would.
    """
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:  # a disk without hard links
        os.close(make_private(target))
        source.replace(target)


def free_name(folder: Path, stem: str, suffix: str) -> Path:
    """The first of stem-1, stem-2, … that is not taken."""
    number = 1
    while (path := folder / f"{stem}-{number}{suffix}").exists():
        number += 1
    return path
