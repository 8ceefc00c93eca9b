"""Two texts word by word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.rules.word_difference import MOST_PIECES, Part, Stretch, difference_in_words

SAME, OUT, IN = Part.SAME, Part.REMOVED, Part.ADDED


def shown(side: tuple[Stretch, ...]) -> list[tuple[Part, str]]:
    return [(one.part, one.words) for one in side]


@pytest.mark.parametrize(
    ("before", "after", "left", "right"),
    [
        ("A cramp.", "A cramp.", [(SAME, "A cramp.")], [(SAME, "A cramp.")]),
        (
            "the disorder was called",
            "the condition was called",
            [(SAME, "the "), (OUT, "disorder"), (SAME, " was called")],
            [(SAME, "the "), (IN, "condition"), (SAME, " was called")],
        ),
        (
            "Up to 10 mg.",
            "Up to 1.5 mg.",
            [(SAME, "Up to "), (OUT, "10"), (SAME, " mg.")],
            [(SAME, "Up to "), (IN, "1.5"), (SAME, " mg.")],
        ),
        (
            "one red fox ran",
            "one old wolf ran",
            [(SAME, "one "), (OUT, "red fox"), (SAME, " ran")],
            [(SAME, "one "), (IN, "old wolf"), (SAME, " ran")],
        ),
        ("", "new", [], [(IN, "new")]),
        ("old", "", [(OUT, "old")], []),
    ],
)
def test_what_went_and_what_came(
    before: str, after: str, left: list[tuple[Part, str]], right: list[tuple[Part, str]]
) -> None:
    found = difference_in_words(before, after)
    assert (shown(found[0]), shown(found[1])) == (left, right)


@given(st.text(max_size=60), st.text(max_size=60))
def test_each_side_is_its_text_again(before: str, after: str) -> None:
    left, right = difference_in_words(before, after)
    assert "".join(one.words for one in left) == before
    assert "".join(one.words for one in right) == after
    assert {one.part for one in left} <= {SAME, OUT}
    assert {one.part for one in right} <= {SAME, IN}
    if before == after:
        assert OUT not in {one.part for one in left}


def test_very_long_texts_are_not_compared_word_by_word() -> None:
    before, after = "a " * MOST_PIECES, "b " * MOST_PIECES
    assert difference_in_words(before, after) == ((Stretch(OUT, before),), (Stretch(IN, after),))
