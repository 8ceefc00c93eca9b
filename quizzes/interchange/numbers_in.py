"""Numbers as other programs write them."""

from decimal import Decimal, InvalidOperation


def number_of(text: str) -> Decimal | None:
    """A finite decimal number with a point or a comma, or nothing."""
    try:
        value = Decimal(text.strip().replace(",", ".", 1)) if len(text) < 60 else None
    except InvalidOperation:
        return None
    return value if value is not None and value.is_finite() else None
