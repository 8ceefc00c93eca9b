"""Numbers in choices: which amounts a choice covers, and whether two of them meet."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

_NUMBER = r"(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?)"
_RANGE = re.compile(rf"{_NUMBER}\s*(?P<first>[^\W\d]+|%)?\s*(?:–|—|-|to|and)\s*{_NUMBER}\s*(?P<unit>%|[^\W\d]+)?", re.I)
_BELOW = re.compile(
    rf"(?:less than|fewer than|under|below|up to|at most|within|<=|<|≤)\s*{_NUMBER}\s*(?P<unit>%|[^\W\d]+)?", re.I
)
_ABOVE = re.compile(rf"(?:more than|over|above|at least|>=|>|≥)\s*{_NUMBER}\s*(?P<unit>%|[^\W\d]+)?", re.I)
_ALONE = re.compile(rf"{_NUMBER}\s*(?P<unit>%|[^\W\d]+)?\s*")
_SCALES: Mapping[str, Mapping[str, int]] = {
    "second": {
        "second": 1,
        "sec": 1,
        "minute": 60,
        "min": 60,
        "hour": 3600,
        "hr": 3600,
        "h": 3600,
        "day": 86400,
        "week": 604800,
    },
    "month": {"month": 1, "year": 12},
    "ng": {"ng": 1, "mcg": 10**3, "ug": 10**3, "μg": 10**3, "mg": 10**6, "g": 10**9, "kg": 10**12},
    "ml": {"ml": 1, "dl": 100, "l": 1000},
    "mm": {"mm": 1, "cm": 10},
}
"""Units that are parts of each other, by the smallest one; casefold makes one of the two signs for micro."""
_WITH_END = re.compile(r"up to|at most|within|≤|<=|at least|≥|>=", re.I)
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Amounts:
    """An interval in one unit; an open side is None. `low_in` and `high_in` say whether the ends belong to it."""

    low: Fraction | None
    high: Fraction | None
    unit: str
    low_in: bool = True
    high_in: bool = True


def amounts_of(text: str) -> Amounts | None:
    """What the choice covers, when the whole choice is an amount; None for everything else."""
    plain = text.strip().rstrip(".")
    plain = re.sub(r"^(from|between|about)\s+", "", plain, flags=re.I)
    if found := _RANGE.fullmatch(plain):
        low_unit = found["first"] or found["unit"]
        low, unit = _scaled(found[1], low_unit)
        high, other = _scaled(found[3], found["unit"])
        return Amounts(low, high, unit) if unit == other else None
    if found := _BELOW.fullmatch(plain):
        high, unit = _scaled(found[1], found["unit"])
        return Amounts(None, high, unit, high_in=bool(_WITH_END.match(plain)))
    if found := _ABOVE.fullmatch(plain):
        low, unit = _scaled(found[1], found["unit"])
        return Amounts(low, None, unit, low_in=bool(_WITH_END.match(plain)))
    if found := _ALONE.fullmatch(plain):
        value, unit = _scaled(found[1], found["unit"])
        return Amounts(value, value, unit)
    return None


def overlap(one: Amounts, other: Amounts) -> bool:
    """Whether some amount belongs to both."""
    if one.unit != other.unit:
        return False
    return not (_ends_before(one, other) or _ends_before(other, one))


def _ends_before(one: Amounts, other: Amounts) -> bool:
    if one.high is None or other.low is None:
        return False
    if one.high == other.low:
        return not (one.high_in and other.low_in)
    return one.high < other.low


def _scaled(number: str, unit: str | None) -> tuple[Fraction, str]:
    name = (unit or "").casefold()
    singular = name.removesuffix("s") if len(name) > 3 or name == "hrs" else name
    value = Fraction(number.replace(",", "") if _THOUSANDS.fullmatch(number) else number.replace(",", "."))
    for base, scale in _SCALES.items():
        if singular in scale:
            return value * scale[singular], base
    return value, singular
