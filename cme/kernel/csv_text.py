"""CSV that a spreadsheet opens as text: no cell can become a formula.

Source: CWE-1236; a leading apostrophe stops evaluation in the usual spreadsheets.
"""

import csv
import io
import math
from collections.abc import Iterable, Iterator, Sequence

_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def safe_cell(value: object) -> str:
    """The value as text; text that a spreadsheet could run gets an apostrophe in front. Plain numbers stay numbers."""
    if value is None:
        return ""
    if isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return str(value)
    text = str(value).replace("\0", "")
    return f"'{text}" if text.lstrip(" ").startswith(_RISKY) else text


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Lines of a CSV file with CRLF ends, a byte order mark first so that every spreadsheet reads UTF-8."""
    yield "\ufeff" + _line(header)
    for row in rows:
        yield _line([safe_cell(value) for value in row])


def _line(cells: Sequence[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_MINIMAL).writerow(cells)
    return buffer.getvalue()
