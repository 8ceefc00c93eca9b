"""Shares of the point that choices carry in formats which count in fractions, and what they say when they come back."""

from collections.abc import Sequence
from decimal import Decimal

from quizzes.interchange.entry import Choice, Entry, Kind

_FINE = Decimal("0.00001")


def percent_shares(entry: Entry) -> list[Decimal]:
    """Percent of each choice: its weight, else equal shares for the right ones and the same off for wrong ones."""
    right = max(1, len(entry.correct_keys))
    share = (Decimal(100) / right).quantize(_FINE)
    wrong = Decimal(0) if entry.kind is Kind.SINGLE else -share
    return [
        Decimal(choice.weight) if choice.weight is not None else share if choice.correct else wrong
        for choice in entry.choices
    ]


def mapped_shares(entry: Entry) -> list[tuple[str, str]]:
    """As parts of one, by choice key."""
    return [
        (choice.key, format((percent / 100).quantize(_FINE).normalize(), "f"))
        for choice, percent in zip(entry.choices, percent_shares(entry), strict=True)
    ]


def weights_from(shares: Sequence[Decimal], *, several: bool) -> list[int | None]:
    """Weights that say more than right or wrong: none where right choices share evenly and wrong ones take off as much
    as a right one gives, which is the bank's own rule."""
    right = [share for share in shares if share > 0]
    even = bool(right) and all(abs(share - right[0]) < Decimal("0.1") for share in right)
    full = abs(sum(right, Decimal(0)) - 100) < Decimal(1)
    if several and even and full and all(abs(share + right[0]) < Decimal("0.1") for share in shares if share <= 0):
        return [None] * len(shares)
    if not several:
        return [None if share in {0, 100} else int(share.to_integral_value()) for share in shares]
    return [int(share.to_integral_value()) for share in shares]


def weighted(choices: Sequence[Choice], weights: Sequence[int | None]) -> tuple[Choice, ...]:
    """The choices with their weights."""
    return tuple(
        Choice(choice.key, choice.text, choice.correct, choice.rationale, weight)
        for choice, weight in zip(choices, weights, strict=True)
    )
