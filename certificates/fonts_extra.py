"""Puts the typefaces that `script/fonts-cjk` has fetched where certificates find them, whole or not at all."""

import hashlib
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from certificates.fonts_coverage import EXTRA, TABLE, coverage, text_of

LARGEST = 20_000_000
LICENCE = "OFL.txt"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One file of an archive, and the SHA-256 that it must have."""

    archive: str
    member: str
    name: str
    sha256: str


_OFL = "1c05c68c34f9708415aada51f17e1b0092d2cea709bf4a94cd38114f9e73d7d9"
WANTED = (
    Wanted(
        "expo-google-fonts-noto-sans-sc-0.4.3.tgz",
        "package/400Regular/NotoSansSC_400Regular.ttf",
        "NotoSansSC-Regular.ttf",
        "d45f67f0a7c0ca3f256950777ce6a61cc7ce5f9696d02900cbbaac25f8aa7d16",
    ),
    Wanted(
        "expo-google-fonts-noto-sans-jp-0.4.3.tgz",
        "package/400Regular/NotoSansJP_400Regular.ttf",
        "NotoSansJP-Regular.ttf",
        "d930d5d52d15231c283089760f84584272ad5e37e14607ba0d19c798e7a9caec",
    ),
    Wanted(
        "expo-google-fonts-noto-sans-kr-0.4.3.tgz",
        "package/400Regular/NotoSansKR_400Regular.ttf",
        "NotoSansKR-Regular.ttf",
        "8cbc9b353bb9ce848fd69bb6a507319dfacc659cf5fd643db5d88f3c4970e1dd",
    ),
    Wanted(
        "expo-google-fonts-noto-emoji-0.4.7.tgz",
        "package/400Regular/NotoEmoji_400Regular.ttf",
        "NotoEmoji-Regular.ttf",
        "24aaa2a20c9c06ffe9bf04284bfd1f14376a329d10122f902abe2770817eb504",
    ),
    Wanted("expo-google-fonts-noto-sans-sc-0.4.3.tgz", "package/LICENSE_FONT", LICENCE, _OFL),
)


class Strange(Exception):  # noqa: N818 - told to whoever ran the script
    """What was fetched is not what it should be."""


def add(fetched: Path, wanted: tuple[Wanted, ...] = WANTED, target: Path = EXTRA) -> list[str]:
    """Unpack, compare, list the characters, and put all of it in place at once. Gives the names. Raises Strange."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".fonts-") as folder:
        fresh = Path(folder) / target.name
        fresh.mkdir()
        for name, body in _checked(fetched, wanted):
            (fresh / name).write_bytes(body)
        (fresh / TABLE.name).write_text(text_of(coverage(fresh)), encoding="ascii")
        names = sorted(path.name for path in fresh.iterdir())
        if target.exists():
            target.rename(Path(folder) / "before")
        shutil.move(fresh, target)
    return names


def _checked(fetched: Path, wanted: tuple[Wanted, ...]) -> Iterator[tuple[str, bytes]]:
    for one in wanted:
        body = _member(fetched / one.archive, one.member)
        if hashlib.sha256(body).hexdigest() != one.sha256:
            raise Strange(f"{one.member} in {one.archive} is not the file that it should be.")
        yield one.name, body


def _member(archive: Path, name: str) -> bytes:
    try:
        with tarfile.open(archive) as file:
            found = file.extractfile(name)
            return b"" if found is None else found.read(LARGEST)
    except (OSError, KeyError, tarfile.TarError) as error:
        raise Strange(f"{archive.name} cannot be read: {error}") from None


def main() -> int:
    """Say what was added, or why nothing was."""
    try:
        names = add(Path(sys.argv[1]))
    except (Strange, OSError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    sys.stdout.write(f"Added to certificates/fonts/extra: {', '.join(names)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
