"""Credit amounts as whole quarters of a credit, so that sums are exact in every database."""

import re

QUARTERS_PER_CREDIT = 4
_AMOUNT = re.compile(r"(\d{1,3})(?:\.(\d{1,2}))?")
_FRACTION = {"": 0, "0": 0, "00": 0, "25": 1, "5": 2, "50": 2, "75": 3}


def parse_quarters(text: str) -> int | None:
    """Quarters for "1", "0.25", "1.50"; None when the text is not a whole number of quarters or not a number."""
    match = _AMOUNT.fullmatch(text.strip())
    if match is None or not match.group(1).isascii():
        return None
    fraction = _FRACTION.get(match.group(2) or "")
    if fraction is None:
        return None
    return int(match.group(1)) * QUARTERS_PER_CREDIT + fraction


def format_quarters(quarters: int) -> str:
    """ "1.00", "0.75": always two decimals, as credit is printed."""
    return f"{quarters // QUARTERS_PER_CREDIT}.{quarters % QUARTERS_PER_CREDIT * 25:02d}"


def credits_phrase(quarters: int) -> str:
    """ "1.00 credit", "0.75 credits"."""
    return f"{format_quarters(quarters)} credit" + ("" if quarters == QUARTERS_PER_CREDIT else "s")
