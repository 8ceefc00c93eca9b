"""Which characters the shipped typefaces have: writes fonts/coverage.json (`python -m certificates.fonts_coverage`)."""

import json
from pathlib import Path

from fontTools.ttLib import TTFont

FONTS = Path(__file__).resolve().parent / "fonts"
EXTRA = FONTS / "extra"
"""Typefaces that an installation has added with `script/fonts-cjk`; a table of its own lies beside them."""
TABLE = FONTS / "coverage.json"


def coverage(folder: Path = FONTS) -> dict[str, list[list[int]]]:
    """For each file, first and last code point of every run of characters it has."""
    return {path.stem: _runs(path) for path in sorted(folder.glob("*.ttf"))}


def text_of(table: dict[str, list[list[int]]]) -> str:
    """The table as it is kept: one font per line, so that a change can be read in a difference."""
    lines = (f"  {json.dumps(font)}: {json.dumps(runs, separators=(',', ':'))}" for font, runs in table.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _runs(path: Path) -> list[list[int]]:
    runs: list[list[int]] = []
    with TTFont(path) as font:
        for point in sorted(font.getBestCmap() or ()):
            if runs and runs[-1][1] == point - 1:
                runs[-1][1] = point
            else:
                runs.append([point, point])
    return runs


if __name__ == "__main__":
    TABLE.write_text(text_of(coverage()), encoding="ascii")
