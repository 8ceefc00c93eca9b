"""What the catalogue's search compares: folded words, the same for the stored text and for what somebody typed."""

import unicodedata
from collections.abc import Iterable

MOST_WORDS = 8
LONGEST_WORD = 60
BOUND = "|"
# Letters that do not come apart into a base letter and an accent.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})


def fold(text: str) -> str:
    """Lower case, no accents, single spaces: "Łódź" and "lodz" become the same."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(char for char in apart if not unicodedata.combining(char)).translate(_LETTERS)
    return " ".join(bare.replace(BOUND, " ").split())


def search_text(title: str, summary: str, specialties: Iterable[str], keywords: Iterable[str]) -> str:
    """What is stored beside an activity; specialties stand between bounds so that they can be asked for exactly."""
    words = fold(" ".join([title, summary, *keywords]))
    return f"{words} {BOUND}{BOUND.join(fold(name) for name in specialties)}{BOUND}"


def search_words(typed: str) -> list[str]:
    """The words of a search, folded; every one of them must match."""
    return [word[:LONGEST_WORD] for word in fold(typed).split()[:MOST_WORDS]]


def bounded(specialty: str) -> str:
    """How a whole specialty appears in the stored text."""
    return f"{BOUND}{fold(specialty)}{BOUND}"
