"""Pages of a list: what is skipped, what is shown, and numbers that people type into an address."""

import pytest

from cme.kernel.paging import PAGE_SIZE, offset_of, page_of


@pytest.mark.parametrize(
    ("number", "offset"),
    [(1, 0), (2, 50), (3, 100), (0, 0), (-1, 0), (-(10**30), 0)],
    ids=["first", "second", "third", "zero", "negative", "far negative"],
)
def test_pages_count_from_one(number: int, offset: int) -> None:
    assert offset_of(number) == offset


def test_a_page_number_never_asks_more_than_a_database_can_count() -> None:
    assert offset_of(10**30) < 2**31
    assert page_of([], 10**30).number < 2**31


def test_a_size_of_its_own() -> None:
    assert offset_of(3, 24) == 48


@pytest.mark.parametrize(
    ("found", "shown", "has_next"),
    [(0, 0, False), (1, 1, False), (PAGE_SIZE, PAGE_SIZE, False), (PAGE_SIZE + 1, PAGE_SIZE, True)],
    ids=["empty", "one", "exactly full", "one more"],
)
def test_the_surplus_row_says_there_is_more_and_is_not_shown(found: int, shown: int, has_next: bool) -> None:
    page = page_of(list(range(found)), 1)
    assert list(page.rows) == list(range(shown))
    assert page.has_next is has_next
    assert not page.has_previous


@pytest.mark.parametrize(
    ("number", "shown", "has_previous"), [(1, 1, False), (2, 2, True), (0, 1, False), (-5, 1, False)]
)
def test_a_page_knows_its_own_number(number: int, shown: int, has_previous: bool) -> None:
    page = page_of(["a"], number)
    assert page.number == shown
    assert page.has_previous is has_previous
