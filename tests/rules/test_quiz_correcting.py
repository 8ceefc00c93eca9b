"""Properties of a corrected key, over every kind of change, item, answer and score."""

from hypothesis import given
from hypothesis import strategies as st

from quizzes.rules.correcting import Change, Policy, Standing, Treatment, points_under, problem_of, regrade
from quizzes.rules.grading import points_for
from quizzes.rules.item import ChoiceItem, Item, Kind

LETTERS = "abcde"


@st.composite
def cases(draw: st.DrawFn) -> tuple[Change, Item, Standing, str | None, int]:
    """A change that the item allows, and an attempt that held the item, graded by the old key."""
    kind = draw(st.sampled_from([Kind.SINGLE, Kind.MULTIPLE]))
    letters = LETTERS[: draw(st.integers(2, 5))]
    keys = draw(st.sets(st.sampled_from(letters), min_size=1, max_size=1 if kind is Kind.SINGLE else len(letters)))
    points = draw(st.integers(1, 3))
    item = Item(
        lineage="item", topic="t", objective="", stem="What?", kind=kind, points=points,
        partial=draw(st.booleans()) if kind is Kind.MULTIPLE else False,
        choices=tuple(ChoiceItem(key=one, text=one, correct=one in keys, rationale="") for one in letters),
    )  # fmt: skip
    treatment = draw(st.sampled_from(list(Treatment)))
    few = {Treatment.KEY: (1, len(letters)), Treatment.ACCEPT: (2, len(letters))}.get(treatment, (0, 0))
    wanted = draw(st.sets(st.sampled_from(letters), min_size=few[0], max_size=few[1]))
    change = Change(treatment, tuple(sorted(wanted)), draw(st.sampled_from(list(Policy))))
    taken = draw(st.sets(st.sampled_from(letters), max_size=1 if kind is Kind.SINGLE else len(letters)))
    chosen = " ".join(sorted(taken)) or None
    given_points = points_for(item, chosen)
    others = draw(st.integers(0, 20))
    earned = draw(st.integers(0, others)) + given_points
    total = others + points
    return change, item, Standing(earned, total, draw(st.integers(1, total))), chosen, given_points


@given(cases())
def test_a_pass_never_becomes_a_fail_and_no_share_becomes_smaller_by_default(
    case: tuple[Change, Item, Standing, str | None, int],
) -> None:
    change, item, before, chosen, points = case
    change = Change(change.treatment, change.keys, Policy.NEVER_LOWER)
    if problem_of(item, change) is not None:
        return
    after = regrade(change, item, before, chosen=chosen, points=points).after
    assert not before.passed or after.passed
    assert after.earned * before.total >= before.earned * after.total


@given(cases())
def test_what_comes_out_is_a_score_that_the_database_takes(
    case: tuple[Change, Item, Standing, str | None, int],
) -> None:
    change, item, before, chosen, points = case
    if problem_of(item, change) is not None:
        return
    result = regrade(change, item, before, chosen=chosen, points=points)
    after = result.after
    assert 0 <= after.earned <= after.total
    assert 1 <= after.needed <= after.total
    assert 0 <= result.points <= item.points
    assert result.kept == (change.policy is Policy.NEVER_LOWER and result.kept)


@given(cases())
def test_correcting_the_same_way_again_changes_nothing(
    case: tuple[Change, Item, Standing, str | None, int],
) -> None:
    change, item, before, chosen, points = case
    if problem_of(item, change) is not None or change.treatment is Treatment.DROP:
        return  # a dropped item is gone: the service refuses to correct it again
    first = regrade(change, item, before, chosen=chosen, points=points)
    again = regrade(change, item, first.after, chosen=chosen, points=first.points)
    assert again.after == first.after


@given(cases())
def test_the_other_answers_keep_their_points(case: tuple[Change, Item, Standing, str | None, int]) -> None:
    change, item, before, chosen, points = case
    if problem_of(item, change) is not None:
        return
    result = regrade(change, item, before, chosen=chosen, points=points)
    assert result.after.earned - result.points == before.earned - points


@given(cases())
def test_an_attempt_submitted_afterwards_is_graded_by_the_new_key_alone(
    case: tuple[Change, Item, Standing, str | None, int],
) -> None:
    change, item, before, chosen, points = case
    if problem_of(item, change) is not None:
        return
    result = regrade(change, item, before, chosen=chosen, points=points, over=False)
    assert not result.kept
    assert result.points == points_under(change, item, chosen)
    assert (result.after.total, result.after.needed) == (before.total, before.needed)


def test_a_dropped_item_takes_its_points_off_the_total_and_the_mark_in_proportion() -> None:
    item = Item(
        lineage="item", topic="t", objective="", stem="What?",
        choices=tuple(ChoiceItem(key=one, text=one, correct=one == "a", rationale="") for one in "abcd"),
    )  # fmt: skip
    drop = Change(Treatment.DROP)
    for before, chosen, points, after in (
        (Standing(7, 10, 8), "b", 0, Standing(7, 9, 8)),  # 8 of 10 is 7.2 of 9, rounded up: still a fail
        (Standing(7, 10, 7), "b", 0, Standing(7, 9, 7)),
        (Standing(4, 5, 5), "b", 0, Standing(4, 4, 4)),  # from fail to pass
        (Standing(5, 10, 8), "a", 1, Standing(5, 10, 8)),  # 4 of 9 is less than 5 of 10: it stays
        (Standing(10, 10, 8), "a", 1, Standing(9, 9, 8)),
        (Standing(0, 1, 1), "b", 0, Standing(1, 1, 1)),  # nothing would be left: everybody gets it
    ):
        assert regrade(drop, item, before, chosen=chosen, points=points).after == after
