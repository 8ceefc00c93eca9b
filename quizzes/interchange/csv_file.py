"""Questions as CSV: any of the usual separators, UTF-8; what a spreadsheet could run is written so that it cannot."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence

from cme.kernel.csv_text import csv_lines
from cme.kernel.refusal import Invalid
from quizzes.interchange import sheet
from quizzes.interchange.entry import Entry
from quizzes.interchange.limits import MOST_COLUMNS
from quizzes.interchange.report import Gathering, Report
from quizzes.interchange.sheet import Row
from quizzes.interchange.text_file import decode
from quizzes.rules.limits import MOST_TEXT

CAPACITY = sheet.CAPACITY
_NAMED = re.compile(r"\"?sep=([,;\t|])\"?[ ]*,*;*", re.IGNORECASE)
_GUARDED = re.compile(r"'+[ ]*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


def write(entries: Sequence[Entry], title: str, media: Mapping[str, bytes] | None = None) -> bytes:
    """One row per question."""
    del title, media
    head = sheet.columns(entries)
    lines = csv_lines(head, [[_guard(cell) for cell in row] for row in sheet.rows(entries, head)])
    return "".join(lines).encode()


def _guard(cell: str) -> str:
    """A text that already begins like a guarded one gets one more mark, so that reading takes off exactly one."""
    return f"'{cell}" if _GUARDED.match(cell) else cell


def _unguard(cell: str) -> str:
    return cell[1:] if _GUARDED.match(cell) else cell


def template() -> bytes:
    """The heading row alone."""
    return "".join(csv_lines(sheet.columns([]), [])).encode()


def read(data: bytes, name: str) -> Report:
    """A file with a heading row."""
    del name
    text = decode(data)
    gathering = Gathering("csv")
    head, body = _table(text)
    sheet.gather(gathering, head, body)
    return gathering.report()


def separator(text: str) -> str:
    """The one that a first line “sep=;” names, as Excel writes it; else what parts the heading row most often."""
    line = text.lstrip().partition("\n")[0]
    named = _NAMED.fullmatch(line)
    return named.group(1) if named else max(",;\t", key=line.count)


def heading(text: str) -> str:
    """The first line that is not about the file itself."""
    first, _, rest = text.lstrip().partition("\n")
    return rest.partition("\n")[0] if _NAMED.fullmatch(first) else first


def _table(text: str) -> tuple[list[str], list[Row]]:
    # Longest text with every letter doubled by quoting, and room to spare.
    csv.field_size_limit(MOST_TEXT * 8)
    reader = csv.reader(io.StringIO(text), delimiter=separator(text), strict=True)
    rows: list[tuple[int, list[str]]] = list(_numbered(reader))
    if rows and _NAMED.fullmatch(text.lstrip().partition("\n")[0]):
        del rows[0]
    if not rows:
        raise Invalid("import_empty", "The file is empty.")
    head = rows[0][1]
    if len(head) > MOST_COLUMNS:
        raise Invalid("import_columns", f"The file has more than {MOST_COLUMNS} columns.")
    return head, [Row(f"line {line}", [_unguard(cell) for cell in cells]) for line, cells in rows[1:]]


def _numbered(reader: "Iterator[list[str]]") -> Iterator[tuple[int, list[str]]]:
    start = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Invalid("import_csv", f"Line {start}: the file is not valid CSV ({error}).") from None
        if any(cells):
            yield start, cells
        start = reader.line_num + 1  # type: ignore[attr-defined]
