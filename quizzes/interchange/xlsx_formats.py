"""How a spreadsheet shows its numbers: what a cell holds is not always what people read in it."""

import re
from collections.abc import Sequence
from decimal import Decimal

from quizzes.interchange.archive import Archive
from quizzes.interchange.xml_file import child, children, parse_xml

STYLES = "xl/styles.xml"
PLAIN, PERCENT, OWN = "plain", "percent", "own"
_PLAIN_IDS = {0, 1, 2, 3, 4, 11, 37, 38, 39, 40, 48, 49}
_PERCENT_IDS = {9, 10}
_FIRST_CUSTOM = 164
_LITERAL = re.compile(r"\"[^\"]*[^\s\"][^\"]*\"|\\[^\s]|\[\$[^\]-]")
_QUIET = re.compile(r"\"[^\"]*\"|\\.|_.|\*.|\[[^\]]*\]")
_DIGITS = re.compile(r"(?:general|@|[0#?.,;\s()+-]|e[+-])*", re.IGNORECASE)


def styles_of(archive: Archive) -> tuple[str, ...]:
    """For each style of a cell: whether its number is shown plainly, in percent, or in a format of its own."""
    if STYLES not in archive:
        return ()
    root = parse_xml(archive.read(STYLES), STYLES)
    custom = {
        str(one.get("numFmtId")): str(one.get("formatCode") or "")
        for holder in children(root, "numFmts")
        for one in children(holder, "numFmt")
    }
    holder = child(root, "cellXfs")
    numbers = [str(one.get("numFmtId") or "0") for one in children(holder, "xf")] if holder is not None else []
    return tuple(_shown_as(number, custom) for number in numbers)


def _shown_as(number: str, custom: dict[str, str]) -> str:
    if number in custom:
        return shown_as(custom[number])
    found = int(number) if number.isascii() and number.isdigit() and len(number) < 6 else _FIRST_CUSTOM
    return PERCENT if found in _PERCENT_IDS else PLAIN if found in _PLAIN_IDS or found >= _FIRST_CUSTOM else OWN


def shown_as(code: str) -> str:
    """The same for a format as it is written: a unit or a fraction in it is read, but not held."""
    first = code.split(";", 1)[0]
    if _LITERAL.search(first):
        return OWN
    bare = _QUIET.sub("", first)
    if bare.count("%") == 1 and _DIGITS.fullmatch(bare.replace("%", "")):
        return PERCENT
    return PLAIN if _DIGITS.fullmatch(bare) else OWN


def in_percent(value: float) -> str:
    """The number as a cell in percent shows it."""
    return f"{(Decimal(repr(value)) * 100).normalize():f}%"


def filled_down(rows: Sequence[list[str]], merged: Sequence[tuple[int, int, int]]) -> bool:
    """Give every row below the heading what a merged cell says for it; (column, first row, last row), all from 1."""
    found = False
    for column, first, last in merged:
        if first < 2 or last <= first or len(rows) < first or len(rows[first - 1]) < column:
            continue
        words = rows[first - 1][column - 1]
        for row in rows[first:last]:
            if words and len(row) >= column and not row[column - 1]:
                row[column - 1] = words
                found = True
    return found
