"""Grading and delivery: points are whole, the order shown plays no part, nothing is shown too early."""

from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.rules.delivery import (
    AFTER_PASSING,
    BEFORE_PASSING,
    NOTHING,
    MayAnswer,
    MayNotAnswer,
    Refusal,
    may_submit,
    positions_phrase,
    review_of,
    score_sentence,
)
from quizzes.rules.grading import AnswerSheet, grade

KEYS = {1: "a", 2: "b", 3: "c"}


@pytest.mark.parametrize(
    ("chosen", "earned"),
    [
        ({1: "a", 2: "b", 3: "c"}, 3),
        ({1: "a", 2: "b", 3: "d"}, 2),
        ({1: "a"}, 1),
        ({}, 0),
        ({1: "b", 2: "c", 3: "a"}, 0),
        ({1: "a", 4: "a"}, 1),
        ({1: "A"}, 0),
    ],
    ids=["all", "one wrong", "two open", "none", "all wrong", "never asked", "another letter case"],
)
def test_points(chosen: dict[int, str], earned: int) -> None:
    score = grade(KEYS, AnswerSheet(chosen))
    assert (score.earned, score.total) == (earned, 3)


@pytest.mark.parametrize(("pass_points", "passed"), [(1, True), (2, True), (3, False)])
def test_a_pass_needs_as_many_points_as_the_mark(pass_points: int, passed: bool) -> None:
    assert grade(KEYS, AnswerSheet({1: "a", 2: "b"})).passed(pass_points) is passed


def test_what_is_open_is_named() -> None:
    assert AnswerSheet({2: "a"}).unanswered(range(1, 4)) == (1, 3)


@given(st.dictionaries(st.integers(1, 20), st.sampled_from("abcde"), min_size=1), st.data())
def test_the_score_does_not_depend_on_the_order_of_anything(keys: dict[int, str], data: st.DataObject) -> None:
    chosen = data.draw(st.dictionaries(st.sampled_from(sorted(keys)), st.sampled_from("abcde")))
    shuffled_keys = dict(data.draw(st.permutations(list(keys.items()))))
    shuffled_sheet = AnswerSheet(dict(data.draw(st.permutations(list(chosen.items())))))
    first, second = grade(keys, AnswerSheet(chosen)), grade(shuffled_keys, shuffled_sheet)
    assert (first.points, first.earned) == (second.points, second.earned)
    assert 0 <= first.earned <= first.total == len(keys)
    assert first.earned == sum(chosen.get(position) == key for position, key in keys.items())


@given(st.dictionaries(st.integers(1, 10), st.sampled_from("abcde"), min_size=1), st.integers(1, 10))
def test_one_more_right_answer_gives_exactly_one_more_point(keys: dict[int, str], position: int) -> None:
    base = grade(keys, AnswerSheet({}))
    better = grade(keys, AnswerSheet({position: keys.get(position, "z")}))
    assert better.earned - base.earned == (1 if position in keys else 0)


def test_an_open_attempt_takes_answers() -> None:
    assert may_submit("open") == MayAnswer()


def test_a_submitted_attempt_takes_none_and_says_so() -> None:
    refusal = may_submit("submitted")
    assert isinstance(refusal, MayNotAnswer)
    assert refusal.code is Refusal.ALREADY_SUBMITTED
    assert "submitted already" in refusal.sentence


@pytest.mark.parametrize(
    ("submitted", "has_passed", "review"),
    [
        (False, False, NOTHING),
        (False, True, NOTHING),
        (True, False, BEFORE_PASSING),
        (True, True, AFTER_PASSING),
    ],
)
def test_what_may_be_seen(submitted: bool, has_passed: bool, review: object) -> None:
    assert review_of(submitted=submitted, has_passed=has_passed) == review


def test_keys_are_seen_after_passing_only() -> None:
    assert [asdict(one)["keys"] for one in (NOTHING, BEFORE_PASSING, AFTER_PASSING)] == [False, False, True]
    assert BEFORE_PASSING.passages


def test_the_score_is_a_sentence_with_counts() -> None:
    assert score_sentence(earned=9, total=10, pass_points=8) == "9 of 10. You needed 8."


@pytest.mark.parametrize(
    ("positions", "phrase"),
    [((3,), "Question 3 is"), ((3, 5), "Questions 3 and 5 are"), ((1, 3, 9), "Questions 1, 3 and 9 are")],
)
def test_open_questions_are_named(positions: tuple[int, ...], phrase: str) -> None:
    assert positions_phrase(positions) == phrase
