"""Answers as they are kept: one canonical text per question, judged against what was shown.

A choice: `b`. Several choices: their keys in order, `a c`. Parts (the choice of each stem, the place of each choice to
be ordered): `one=b two=a`, `a=2 b=1`. A number: as it was typed, so that no slip of the keyboard loses it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from quizzes.rules.item import Kind

MOST_TYPED = 40
MOST_ANSWER = 2_000
CERTAINTIES = ("low", "middle", "high")
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]{0,12})?|\.[0-9]{1,12})(?:e[+-]?[0-9]{1,2})?", re.ASCII | re.I)
_PARTED = (
    (",", ".", re.compile(r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]{0,12})?", re.ASCII)),
    (".", ",", re.compile(r"[+-]?[1-9][0-9]{0,2}(?:(?:\.[0-9]{3}){2,}|(?:\.[0-9]{3})+,[0-9]{1,12})", re.ASCII)),
    ("'", ".", re.compile(r"[+-]?[1-9][0-9]{0,2}(?:'[0-9]{3})+(?:\.[0-9]{0,12})?", re.ASCII)),
)
"""What parts thousands, what stands before decimals, and how such a number looks."""
_SIGNS = str.maketrans({"\u2212": "-", "\u2013": "-", "\u2010": "-", "\u2011": "-", "\u2019": "'"})
_SPACES = re.compile(r"[\s\u00a0\u202f]+")


class AnswerError(ValueError):
    """The answer names something that was not shown."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the answer to one drawn question may name: choices, and the parts that each want one."""

    kind: Kind
    choices: Sequence[str]
    parts: Sequence[str] = ()

    @property
    def wanted(self) -> tuple[str, ...]:
        """The parts to fill in: the stems, or the choices that each want a place."""
        if self.kind is Kind.ORDERING:
            return tuple(sorted(self.choices))
        return tuple(self.parts) if self.kind is Kind.MATCHING else ()

    @property
    def offered(self) -> frozenset[str]:
        """What each part may be given: a choice, or a place from 1 on."""
        if self.kind is Kind.ORDERING:
            return frozenset(str(place) for place in range(1, len(self.choices) + 1))
        return frozenset(self.choices)


def canonical(shape: Shape, sent: str) -> str | None:
    """The answer as it is kept; None when it was emptied. Refuses: AnswerError for what was not shown."""
    if shape.kind in {Kind.SINGLE, Kind.TRUE_FALSE}:
        if sent not in shape.choices:
            raise AnswerError(sent)
        return sent
    if shape.kind is Kind.NUMERIC:
        return sent.strip()[:MOST_TYPED] or None
    if shape.kind is Kind.MULTIPLE:
        chosen = set(sent.split())
        if not chosen <= set(shape.choices):
            raise AnswerError(sent)
        return " ".join(sorted(chosen)) or None
    parts = parts_of(sent)
    if not (parts.keys() <= set(shape.wanted) and set(parts.values()) <= shape.offered):
        raise AnswerError(sent)
    return text_of_parts({part: parts[part] for part in shape.wanted if part in parts}) or None


def complete(shape: Shape, kept: str | None) -> bool:
    """Whether nothing of the question is left open; what is half done is named before submitting."""
    if kept is None:
        return False
    if shape.kind is Kind.NUMERIC:
        return number_of(kept) is not None
    if shape.wanted:
        parts = parts_of(kept)
        if shape.kind is Kind.ORDERING and len(set(parts.values())) < len(parts):
            return False
        return len(parts) == len(shape.wanted)
    return True


def parts_of(kept: str | None) -> dict[str, str]:
    """What each part was given; an answer without parts has none."""
    pairs = (part.partition("=") for part in (kept or "").split())
    return {part: choice for part, equals, choice in pairs if equals and part and choice}


def text_of_parts(parts: Mapping[str, str]) -> str:
    """The same as one text, in the order given."""
    return " ".join(f"{part}={choice}" for part, choice in parts.items())


def number_of(typed: str | None) -> Decimal | None:
    """The number that was typed: spaces are dropped, a single comma is a decimal comma. None for anything else."""
    return next(iter(readings(typed)), None)


def readings(typed: str | None, unit: str = "") -> tuple[Decimal, ...]:
    """Every number that may be meant: “1,500” is 1.5 to one reader and 1500 to the next. A unit after it may be `unit`.

    Spaces and what parts thousands are dropped, signs may be those that word processors write, powers of ten “1e3”.
    """
    text = _SPACES.sub("", typed or "").translate(_SIGNS)
    after = _SPACES.sub("", unit).casefold()
    if after and text.casefold().endswith(after):
        text = text[: -len(after)]
    ways = [text]
    if text.count(",") == 1 and "." not in text:
        ways = [text.replace(",", ".")]
    ways += [text.replace(mark, "").replace(point, ".") for mark, point, shape in _PARTED if shape.fullmatch(text)]
    return tuple(dict.fromkeys(Decimal(way) for way in ways if _NUMBER.fullmatch(way)))
