"""Numbers as other programs write them."""

from decimal import Decimal, InvalidOperation

from quizzes.interchange.reasons import refuse
from quizzes.rules.answers import readings


def number_of(text: str) -> Decimal | None:
    """A finite decimal number with a point or a comma, or nothing."""
    try:
        value = Decimal(text.strip().replace(",", ".", 1).replace("\u2212", "-")) if len(text) < 60 else None
    except InvalidOperation:
        return None
    return value if value is not None and value.is_finite() else None


def answer_of(text: str) -> Decimal | None:
    """The same for a number that decides what is right. Refuses what may be read as two: “1,500” is 1.5 or 1500."""
    found = readings(text)
    if len(found) > 1:
        point, whole = (f"{number:f}" for number in found)
        raise refuse(
            "number_two_ways", f"“{text.strip()}” may mean two numbers: write {whole}, or with a point {point}."
        )
    return number_of(text)
