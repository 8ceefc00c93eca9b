"""Questions as a spreadsheet: written as text only, read as text only, and never opened before its size is known."""

import io
import posixpath
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import python_calamine
import xlsxwriter

from cme.kernel.refusal import Invalid
from quizzes.interchange import sheet
from quizzes.interchange.archive import Archive
from quizzes.interchange.entry import Choice, Entry, Kind, Numeric, letter, truth_choices
from quizzes.interchange.limits import MOST_CELLS, MOST_COLUMNS
from quizzes.interchange.report import Gathering, Report
from quizzes.interchange.sheet import Row
from quizzes.interchange.text_file import check_size
from quizzes.interchange.xlsx_help import HELP, KIND_NAMES
from quizzes.interchange.xml_file import descendants, parse_xml

CAPACITY = sheet.CAPACITY
SHEET = "Questions"
MOST_SHEET_CHARACTERS = 32_767
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_SHEET_FILE = re.compile(r"xl/worksheets/[^/]+\.xml")
_CELL = re.compile(rb"<(?:\w+:)?c\s([^<>]*)>|<(?:\w+:)?f[\s/>]")
_PLACE = re.compile(rb"(?:^|\s)r\s*=\s*[\"']([A-Za-z]{1,3})(\d{1,7})[\"']")
_ROW = re.compile(rb"<(?:\w+:)?row\s[^<>]*?\br\s*=\s*[\"'](\d{1,9})[\"']")
_EVERY = re.compile(rb"(?:^|[\s<:])r\s*=\s*[\"']([^\"']{0,40})[\"']")


def write(entries: Sequence[Entry], title: str, media: Mapping[str, bytes] | None = None) -> bytes:
    """One row per question; every cell is text."""
    del media
    head = sheet.columns(entries)
    return _workbook(head, sheet.rows(entries, head), title)


def template() -> bytes:
    """An empty sheet with one example of every kind and a page that explains the columns."""
    examples = _examples()
    head = sheet.columns(examples)
    return _workbook(head, sheet.rows(examples, head), "Template")


def _workbook(head: Sequence[str], rows: Sequence[Sequence[str]], title: str) -> bytes:
    buffer = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"title": title})
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
        page = book.add_worksheet(SHEET)
        page.freeze_panes(1, 1)
        page.set_column(0, len(head) - 1, 18, text)
        page.set_column(head.index("question"), head.index("question"), 60, text)
        for column, name in enumerate(head):
            page.write_string(0, column, name, bold)
        for number, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                if cell:
                    page.write_string(number, column, cell[:MOST_SHEET_CHARACTERS], text)
        kinds = {"validate": "list", "source": list(KIND_NAMES), "ignore_blank": True}
        page.data_validation(1, head.index("kind"), 5000, head.index("kind"), kinds)
        notes = book.add_worksheet("How to fill it in")
        notes.set_column(0, 0, 24, bold)
        notes.set_column(1, 1, 100, text)
        for number, (name, words) in enumerate(HELP):
            notes.write_string(number, 0, name, bold)
            notes.write_string(number, 1, words, text)
    return buffer.getvalue()


def _examples() -> list[Entry]:
    two = (Choice("a", "First choice", True, "Why it is right."), Choice("b", "Second choice", False, "Why not."))
    parts = tuple(Choice(letter(index), text) for index, text in enumerate(("Then this", "First this", "Last this")))
    number = Numeric(Decimal("37.5"), Decimal("0.5"), "mg")
    return [
        Entry(Kind.SINGLE, "example-single", "Which choice is best?", two, topic="examples"),
        Entry(Kind.MULTIPLE, "example-multiple", "Which choices are right?", two, topic="examples"),
        Entry(Kind.TRUE_FALSE, "example-true-false", "This statement is true.", truth_choices(True), topic="examples"),
        Entry(Kind.ORDERING, "example-ordering", "Put these in order.", parts, topic="examples", order=("b", "a", "c")),
        Entry(Kind.NUMERIC, "example-numeric", "How many?", topic="examples", numeric=number),
    ]


def read(data: bytes, name: str) -> Report:
    """The sheet “Questions”, else the first."""
    del name
    check_size(data)
    formulas = _check(Archive(data))
    head, body = _load(data, formulas)
    gathering = Gathering("xlsx")
    sheet.gather(gathering, head, body)
    return gathering.report()


def _check(archive: Archive) -> dict[str, set[tuple[int, int]]]:
    """Before the reader allots one place per cell: how far do the cells reach, and which hold formulas?"""
    if "xl/workbook.xml" not in archive:
        raise Invalid("import_xlsx", "This is not a spreadsheet in the XLSX format; save it as XLSX.")
    formulas: dict[str, set[tuple[int, int]]] = {}
    sheets = _sheets(archive)
    for name in archive.names:
        if name.endswith((".xml", ".rels")) and b"<!DOCTYPE" in archive.head(name).upper():
            raise Invalid("import_doctype", "The spreadsheet holds a document type (DOCTYPE) and is not taken.")
        if _SHEET_FILE.fullmatch(name):
            formulas[sheets.get(name, name)] = _survey(archive.read(name))
    return formulas


def _sheets(archive: Archive) -> dict[str, str]:
    """The title of each sheet by its file."""
    relations = "xl/_rels/workbook.xml.rels"
    if relations not in archive:
        return {}
    targets = {
        str(one.get("Id")): posixpath.normpath(posixpath.join("/xl", str(one.get("Target")))).lstrip("/")
        for one in parse_xml(archive.read(relations), relations)
    }
    book = parse_xml(archive.read("xl/workbook.xml"), "xl/workbook.xml")
    return {targets.get(str(one.get(_RELATION)), ""): str(one.get("name")) for one in descendants(book, "sheet")}


def _survey(markup: bytes) -> set[tuple[int, int]]:
    """Places of formulas; refuses a sheet whose cells reach too far."""
    widest, lowest, count = 0, 0, 0
    here, found = (0, 0), set[tuple[int, int]]()
    for row in _ROW.finditer(markup):
        lowest = max(lowest, int(row.group(1)))
    for one in _EVERY.finditer(markup):
        match = re.fullmatch(rb"([A-Za-z]{1,3})(\d{1,7})", one.group(1))
        if match:
            widest, lowest = max(widest, _column(match.group(1))), max(lowest, int(match.group(2)))
        elif not one.group(1).isdigit():
            raise Invalid("import_xlsx", "The spreadsheet names a cell in a way that cannot be read.")
    for one in _CELL.finditer(markup):
        if one.group(1) is None:
            found.add(here)
            continue
        count += 1
        place = _PLACE.search(one.group(1))
        here = (int(place.group(2)), _column(place.group(1))) if place else (here[0], here[1] + 1)
    if widest > MOST_COLUMNS or max(lowest, 1) * max(widest, 1) > MOST_CELLS or count > MOST_CELLS:
        raise Invalid("import_too_large", "The spreadsheet has cells too far out; delete the empty rows and columns.")
    return found


def _column(letters: bytes) -> int:
    number = 0
    for char in letters.upper():
        number = number * 26 + char - ord("A") + 1
    return number


def _name(row: int, column: int) -> str:
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(ord("A") + rest) + text
    return f"{text}{row}"


def _load(data: bytes, formulas: dict[str, set[tuple[int, int]]]) -> tuple[list[str], list[Row]]:
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = book.sheet_names
        index = names.index(SHEET) if SHEET in names else 0
        table = book.get_sheet_by_index(index).to_python(skip_empty_area=False)
    except Exception:  # noqa: BLE001 - a foreign parser on a foreign file: whatever it says, the file is broken
        raise _broken() from None
    except BaseException as error:
        # A panic of the parser is no ordinary exception; anything else must go on its way.
        if type(error).__name__ != "PanicException":
            raise
        raise _broken() from None
    bad = formulas.get(names[index], set())
    rows = [[_cell(value) for value in row] for row in table]
    if not rows:
        raise Invalid("import_empty", "The first sheet is empty.")
    body = [
        Row(f"row {number}", row, tuple(_name(*place) for place in sorted(bad) if place[0] == number))
        for number, row in enumerate(rows[1:], 2)
    ]
    return rows[0], body


def _broken() -> Invalid:
    return Invalid("import_xlsx", "The spreadsheet is broken; open it, save it as XLSX and try again.")


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime | date | time | timedelta):
        return str(value)
    return "" if value is None else str(value)
