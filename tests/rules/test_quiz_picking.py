"""Picking passages and references: what a search finds, what stays chosen, what is said of unknown names."""

import pytest

from quizzes.rules.picking import MOST_FOUND, Entry, pick

ENTRIES = [
    Entry("p-stretch", "Treatment", "Stretching before sleep lowers the frequency of cramps."),
    Entry("p-quinine", "Treatment", "Quinine is not recommended."),
    Entry("p-causes", "Causes", "Most cramps have no known cause."),
]


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        ("cramps", ["p-stretch", "p-causes"]),
        ("CRAMPS known", ["p-causes"]),
        ("stretch", ["p-stretch"]),
        ("treatment", ["p-stretch", "p-quinine"]),
        ("p-quinine", ["p-quinine"]),
        ("cramps quinine", []),
        ("", []),
        ("   ", []),
    ],
)
def test_every_word_must_be_held_in_name_place_or_words(sought: str, found: list[str]) -> None:
    assert [entry.name for entry in pick(ENTRIES, (), sought).found] == found


def test_what_is_chosen_is_not_found_again_and_keeps_its_order() -> None:
    picked = pick(ENTRIES, ("p-causes", "p-stretch"), "cramps")
    assert [entry.name for entry in picked.chosen] == ["p-causes", "p-stretch"]
    assert picked.found == ()


def test_an_unknown_name_stays_chosen_without_words() -> None:
    assert pick(ENTRIES, ("p-gone",), "").chosen == (Entry("p-gone", "", ""),)


@pytest.mark.parametrize(("many", "shown", "more"), [(MOST_FOUND, MOST_FOUND, 0), (MOST_FOUND + 1, MOST_FOUND, 1)])
def test_a_long_result_says_how_much_is_left_off(many: int, shown: int, more: int) -> None:
    picked = pick([Entry(f"p-{number}", "", "cramp") for number in range(many)], (), "cramp")
    assert (len(picked.found), picked.more) == (shown, more)
