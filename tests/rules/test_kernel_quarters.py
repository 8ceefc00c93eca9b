"""Amounts of credit: what a typed amount means, and how quarters are written."""

import pytest

from cme.kernel.quarters import credits_phrase, format_quarters, parse_quarters

READ_AS = {
    "one": ("1", 4),
    "one with a decimal": ("1.0", 4),
    "one as printed": ("1.00", 4),
    "quarter": ("0.25", 1),
    "half": ("0.5", 2),
    "half as printed": ("0.50", 2),
    "three quarters": ("0.75", 3),
    "one and a half": ("1.5", 6),
    "spaces around": (" 1.50 ", 6),
    "line end behind": ("1\r\n", 4),
    "leading zero": ("01.25", 5),
    "nothing": ("0", 0),
    "nothing as printed": ("0.00", 0),
    "the longest": ("999.75", 3999),
}
NOT_AN_AMOUNT = {
    "empty": "",
    "spaces": "   ",
    "a tenth": "0.1",
    "a third": "0.33",
    "thousandths": "0.250",
    "negative": "-1",
    "negative zero": "-0",
    "plus sign": "+1",
    "exponent": "1e3",
    "hexadecimal": "0x1",
    "underscore": "1_0",
    "arabic-indic digit": "١",
    "arabic-indic fraction": "1.٥",
    "fullwidth digit": "１",
    "superscript": "1²",
    "comma": "1,5",
    "dot first": ".5",
    "dot last": "1.",
    "two dots": "1.0.0",
    "inner space": "1 .5",
    "two lines": "1\n1",
    "fraction": "1/4",
    "infinity": "inf",
    "not a number": "nan",
    "word": "one",
    "too long": "1000",
    "NUL": "1\0",
    "formula": "=1",
}


@pytest.mark.parametrize(("typed", "quarters"), READ_AS.values(), ids=READ_AS.keys())
def test_an_amount_is_read_as_whole_quarters(typed: str, quarters: int) -> None:
    assert parse_quarters(typed) == quarters


@pytest.mark.parametrize("typed", NOT_AN_AMOUNT.values(), ids=NOT_AN_AMOUNT.keys())
def test_what_is_not_whole_quarters_is_no_amount(typed: str) -> None:
    assert parse_quarters(typed) is None


@pytest.mark.parametrize(
    ("quarters", "written"),
    [(0, "0.00"), (1, "0.25"), (2, "0.50"), (3, "0.75"), (4, "1.00"), (5, "1.25"), (43, "10.75")],
)
def test_quarters_are_written_with_two_decimals_and_read_back(quarters: int, written: str) -> None:
    assert format_quarters(quarters) == written
    assert parse_quarters(written) == quarters


@pytest.mark.parametrize(
    ("quarters", "phrase"),
    [(1, "0.25 credits"), (4, "1.00 credit"), (5, "1.25 credits"), (8, "2.00 credits")],
)
def test_only_exactly_one_is_singular(quarters: int, phrase: str) -> None:
    assert credits_phrase(quarters) == phrase
