"""Lists as workbooks; text stays text."""

import io
from collections.abc import Iterable, Sequence

import xlsxwriter

SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
MOST_CELL = 32_000
"""What a cell of a workbook holds."""


def workbook(title: str, header: Sequence[str], rows: Iterable[Sequence[str | int | float]]) -> bytes:
    """One sheet with a header that stays in sight."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, OPTIONS) as book:
        sheet = book.add_worksheet(title)
        sheet.freeze_panes(1, 0)
        for number, row in enumerate((header, *rows)):
            sheet.write_row(number, 0, [cell[:MOST_CELL] if isinstance(cell, str) else cell for cell in row])
    return buffer.getvalue()
