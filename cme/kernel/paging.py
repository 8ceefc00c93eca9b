"""Pages of a long list, by offset, with one query for the rows and none for a total."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row")
PAGE_SIZE = 50
MOST_PAGES = 1_000_000  # a page number out of an address must not become an offset that no database can count


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page; `has_next` is known because the query asked for one row more than it shows."""

    rows: Sequence[Row]
    number: int
    has_next: bool

    @property
    def has_previous(self) -> bool:
        return self.number > 1


def offset_of(number: int, size: int = PAGE_SIZE) -> int:
    """Rows to skip before page `number` (1-based; anything lower counts as 1, anything absurd as the last possible)."""
    return (_sane(number) - 1) * size


def page_of(rows: Sequence[Row], number: int, size: int = PAGE_SIZE) -> Page[Row]:
    """Cut the surplus row off. `rows` holds up to size + 1."""
    return Page(rows=rows[:size], number=_sane(number), has_next=len(rows) > size)


def _sane(number: int) -> int:
    return min(max(number, 1), MOST_PAGES)
