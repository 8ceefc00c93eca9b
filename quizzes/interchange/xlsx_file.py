"""Questions as a spreadsheet: written as text only, read as text only, and never opened before its size is known."""

import io
import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
from quizzes.interchange.xlsx_formats import OWN, PERCENT, filled_down, in_percent, styles_of
from quizzes.interchange.xlsx_help import HELP, KIND_NAMES
from quizzes.interchange.xml_file import descendants, parse_xml

CAPACITY = sheet.CAPACITY
SHEET = "Questions"
HELP_SHEET = "How to fill it in"
MOST_SHEET_CHARACTERS = 32_767
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_SHEET_FILE = re.compile(r"xl/worksheets/[^/]+\.xml")
_CELL = re.compile(rb"<(?:\w+:)?c\s([^<>]*)>|<(?:\w+:)?f[\s/>]")
_PLACE = re.compile(rb"(?:^|\s)r\s*=\s*[\"']([A-Za-z]{1,3})(\d{1,7})[\"']")
_ROW = re.compile(rb"<(?:\w+:)?row\s[^<>]*?\br\s*=\s*[\"'](\d{1,9})[\"']")
_TYPE = re.compile(rb"(?:^|\s)t\s*=\s*[\"']([a-zA-Z]{1,10})[\"']")
_STYLE = re.compile(rb"(?:^|\s)s\s*=\s*[\"'](\d{1,6})[\"']")
_MERGED = re.compile(
    rb"<(?:\w+:)?mergeCell\s[^<>]*?ref\s*=\s*[\"']\$?([A-Za-z]{1,3})\$?(\d{1,7}):\$?[A-Za-z]{1,3}\$?(\d{1,7})[\"']"
)
_RAISED = re.compile(rb"<(?:\w+:)?vertAlign\s[^<>]*?val\s*=\s*[\"'](?:super|sub)script")
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
        notes = book.add_worksheet(HELP_SHEET)
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
    gathering = Gathering("xlsx")
    archive = Archive(data)
    surveys = _check(archive)
    if _raised(archive):
        words = "Raised or lowered letters in cells became plain ones: look at units and formulas, or write ^2^, ~2~."
        gathering.note("raised", words)
    head, body = _load(data, surveys, gathering)
    sheet.gather(gathering, head, body)
    return gathering.report()


@dataclass(slots=True)
class _Survey:
    """What the markup of a sheet says of its cells, by (row, column) from 1."""

    formulas: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    percents: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    odd: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    errors: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    merged: list[tuple[int, int, int]] = field(default_factory=list[tuple[int, int, int]])


def _check(archive: Archive) -> dict[str, _Survey]:
    """Before the reader allots one place per cell: how far do the cells reach, and what do they hold?"""
    if "xl/workbook.xml" not in archive:
        raise Invalid("import_xlsx", "This is not a spreadsheet in the XLSX format; save it as XLSX.")
    surveys: dict[str, _Survey] = {}
    sheets, styles = _sheets(archive), styles_of(archive)
    for name in archive.names:
        if name.endswith((".xml", ".rels")) and b"<!DOCTYPE" in archive.head(name).upper():
            raise Invalid("import_doctype", "The spreadsheet holds a document type (DOCTYPE) and is not taken.")
        if _SHEET_FILE.fullmatch(name):
            surveys[sheets.get(name, name)] = _survey(archive.read(name), styles)
    return surveys


def _raised(archive: Archive) -> bool:
    places = [name for name in archive.names if _SHEET_FILE.fullmatch(name) or name == "xl/sharedStrings.xml"]
    return any(_RAISED.search(archive.read(name)) for name in places)


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


def _survey(markup: bytes, styles: Sequence[str]) -> _Survey:
    """Places of formulas, of numbers shown otherwise, and of merged cells; refuses a sheet that reaches too far."""
    widest, lowest, count = 0, 0, 0
    here, found = (0, 0), _Survey()
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
            found.formulas.add(here)
            continue
        count += 1
        place = _PLACE.search(one.group(1))
        here = (int(place.group(2)), _column(place.group(1))) if place else (here[0], here[1] + 1)
        _look(one.group(1), here, styles, found)
    if widest > MOST_COLUMNS or max(lowest, 1) * max(widest, 1) > MOST_CELLS or count > MOST_CELLS:
        raise Invalid("import_too_large", "The spreadsheet has cells too far out; delete the empty rows and columns.")
    found.merged = [
        (_column(one.group(1)), int(one.group(2)), min(int(one.group(3)), lowest)) for one in _MERGED.finditer(markup)
    ]
    return found


def _look(attributes: bytes, here: tuple[int, int], styles: Sequence[str], found: _Survey) -> None:
    kind, style = _TYPE.search(attributes), _STYLE.search(attributes)
    if kind is not None and kind.group(1) == b"e":
        found.odd.add(here)
        found.errors.add(here)
    elif (kind is None or kind.group(1) == b"n") and style is not None and int(style.group(1)) < len(styles):
        shown = styles[int(style.group(1))]
        if shown == PERCENT:
            found.percents.add(here)
        elif shown == OWN:
            found.odd.add(here)


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


def _load(data: bytes, surveys: dict[str, _Survey], gathering: Gathering) -> tuple[list[str], list[Row]]:
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = book.sheet_names
        index = names.index(SHEET) if SHEET in names else 0
        table = book.get_sheet_by_index(index).to_python(skip_empty_area=False)
        others = [
            one for one in names if one not in {names[index], HELP_SHEET} and book.get_sheet_by_name(one).to_python()
        ]
    except Exception:  # noqa: BLE001 - a foreign parser on a foreign file: whatever it says, the file is broken
        raise _broken() from None
    except BaseException as error:
        # A panic of the parser is no ordinary exception; anything else must go on its way.
        if type(error).__name__ != "PanicException":
            raise
        raise _broken() from None
    survey = surveys.get(names[index], _Survey())
    rows = [[_cell(value) for value in row] for row in table]
    if not rows:
        raise Invalid("import_empty", "The first sheet is empty.")
    if others:
        shown = ", ".join(f"“{one[:40]}”" for one in others[:5])
        gathering.note("sheets", f"Only the sheet “{names[index][:40]}” was read, not {shown}.")
    for row, column in survey.percents:
        value = table[row - 1][column - 1] if row <= len(table) and column <= len(table[row - 1]) else None
        if isinstance(value, int | float) and not isinstance(value, bool):
            rows[row - 1][column - 1] = in_percent(float(value))
    if filled_down(rows, survey.merged):
        gathering.note("merged", "Merged cells: what they say was taken for each row that they cover.")
    bad, odd = _by_row(survey.formulas), _by_row(_odd(table, survey))
    body = [
        Row(f"row {number}", row, bad.get(number, ()), odd.get(number, ())) for number, row in enumerate(rows[1:], 2)
    ]
    return rows[0], body


def _odd(table: Sequence[Sequence[object]], survey: _Survey) -> set[tuple[int, int]]:
    """Cells that hold something else than they show; empty ones with such a format hold nothing."""
    found = {
        (row, column)
        for row, values in enumerate(table, 1)
        for column, value in enumerate(values, 1)
        if isinstance(value, date | time | timedelta)
    }
    for row, column in survey.odd:
        inside = row <= len(table) and column <= len(table[row - 1])
        if inside and (table[row - 1][column - 1] not in {"", None} or (row, column) in survey.errors):
            found.add((row, column))
    return found


def _by_row(places: set[tuple[int, int]]) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    for row, column in sorted(places):
        found[row] = (*found.get(row, ()), _name(row, column))
    return found


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
