"""Names what this machine lacks for making PDFs and fetching packages, one word per line."""

import ctypes
import ssl
import sys
from pathlib import Path

LIBRARIES = {
    "pango": ("libpango-1.0.so.0", "libpango-1.0.dylib", "libpango-1.0-0.dll"),
    "pangoft2": ("libpangoft2-1.0.so.0", "libpangoft2-1.0.dylib", "libpangoft2-1.0-0.dll"),
    "harfbuzz-subset": ("libharfbuzz-subset.so.0", "libharfbuzz-subset.0.dylib", "libharfbuzz-subset-0.dll"),
}


def loads(names: tuple[str, ...]) -> bool:
    for name in names:
        try:
            ctypes.CDLL(name)
        except OSError:
            continue
        return True
    return False


def has_fonts(root: Path) -> bool:
    return any(path.suffix in {".ttf", ".otf", ".ttc"} for path in (root / "usr/share/fonts").rglob("*"))


def has_certificates() -> bool:
    # On Debian the default file is absent and the folder exists even when it is empty.
    paths = ssl.get_default_verify_paths()
    return bool(paths.cafile) or Path("/etc/ssl/certs/ca-certificates.crt").is_file()


def missing(root: Path) -> list[str]:
    absent = [word for word, names in LIBRARIES.items() if not loads(names)]
    if sys.platform == "linux":
        if not (has_fonts(root) or has_fonts(Path("/"))):
            absent.append("fonts")
        if not has_certificates():
            absent.append("certificates")
    return absent


if __name__ == "__main__":
    for word in missing(Path(sys.argv[1])):
        sys.stdout.write(word + "\n")
