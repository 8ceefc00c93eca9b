"""CSV for spreadsheets: no cell becomes a formula, and nothing is lost on the way."""

import csv
import io

import pytest

from cme.kernel.csv_text import csv_lines, safe_cell

FORMULAS = {
    "equals": "=cmd|'/c calc'!A1",
    "plus": "+1",
    "minus": "-1",
    "at": "@SUM(A1)",
    "tab": "\t=1",
    "carriage return": "\r=1",
    "line end": "\n=1",
    "space before": " =1",
    "spaces before": "   @A",
    "fullwidth equals": "\uff1d1",
    "fullwidth plus": "\uff0b1",
    "fullwidth minus": "\uff0d1",
    "fullwidth at": "\uff20A",
    "hyperlink": '=HYPERLINK("http://evil.example","x")',
    "dde": '=DDE("cmd";"/C calc";"x")',
}
HARMLESS = {
    "name": "Ann Lee",
    "name with equals inside": "a=b",
    "hyphenated": "O’Connor-Smith",
    "amount": "0.75",
    "day": "2026-11-23",
    "empty": "",
    "quotes and commas": 'A "quoted", name',
    "lines": "one\r\ntwo",
    "Han": "王小明",
    "Arabic": "محمد عبد الله",
}


@pytest.mark.parametrize("text", FORMULAS.values(), ids=FORMULAS.keys())
def test_a_cell_that_could_run_gets_an_apostrophe_and_loses_nothing(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


def test_a_NUL_cannot_hide_a_formula() -> None:
    assert safe_cell("\0=1") == "'=1"
    assert "\0" not in safe_cell("a\0b")


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS.keys())
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert safe_cell(text) == text


@pytest.mark.parametrize(("value", "cell"), [(None, ""), (7, "7"), (-7, "-7"), (True, "True")])
def test_numbers_stay_numbers_and_nothing_stays_empty(value: object, cell: str) -> None:
    assert safe_cell(value) == cell


def test_a_file_reads_back_cell_by_cell_with_no_cell_that_starts_a_formula() -> None:
    rows = [(text, 1, None) for text in [*FORMULAS.values(), *HARMLESS.values()]]
    written = "".join(csv_lines(("Name", "Number", "Nothing"), rows))
    assert written.startswith("\ufeffName,Number,Nothing\r\n")
    read = list(csv.reader(io.StringIO(written.removeprefix("\ufeff"), newline="")))
    assert len(read) == len(rows) + 1
    for (text, _number, _nothing), (first, second, third) in zip(rows, read[1:], strict=True):
        assert first in (text, f"'{text}")
        assert not first.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"))
        assert (second, third) == ("1", "")


def test_lines_are_made_one_by_one() -> None:
    def endless():
        number = 0
        while True:
            number += 1
            yield (number,)

    lines = csv_lines(("Number",), endless())
    assert next(lines) == "\ufeffNumber\r\n"
    assert [next(lines), next(lines)] == ["1\r\n", "2\r\n"]
