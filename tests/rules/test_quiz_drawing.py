"""Drawing an attempt: the blueprint always holds, unseen items first, apart both ways, the same seed the same draw."""

from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quizzes.rules.drawing import Candidate, DrawError, conflicts_of, draw, order_of_choices
from quizzes.rules.item import BlueprintLine, ChoiceItem, Item

T0 = datetime(2026, 1, 1, tzinfo=UTC)


def bank(*topics: str) -> list[Candidate]:
    return [Candidate(f"{topic}-{number}", topic) for number, topic in enumerate(topics)]


def line(draw_count: int, *topics: str) -> BlueprintLine:
    return BlueprintLine("Line", topics, draw_count)


def test_the_same_seed_draws_the_same_whatever_the_order_of_the_bank() -> None:
    candidates = bank(*"aaaaabbbbb")
    first = draw([line(2, "a"), line(2, "b")], candidates, seen={}, seed="s")
    assert first == draw([line(2, "a"), line(2, "b")], candidates[::-1], seen={}, seed="s")


def test_other_seeds_draw_other_items() -> None:
    candidates = bank(*"a" * 20)
    drawn = {draw([line(3, "a")], candidates, seen={}, seed=str(number)) for number in range(20)}
    assert len(drawn) > 15


def test_the_draw_is_the_same_for_ever() -> None:
    """Stored seeds must mean the same after an update of Python or of this program."""
    drawn = draw([line(3, "a"), line(1, "b")], bank(*"aaaaabbb"), seen={}, seed="fixed")
    assert drawn == ("a-2", "a-4", "a-1", "b-7")


def test_every_item_is_drawn_about_equally_often() -> None:
    candidates = bank(*"a" * 5)
    counts = dict.fromkeys((one.lineage for one in candidates), 0)
    for number in range(1000):
        for lineage in draw([line(1, "a")], candidates, seen={}, seed=str(number)):
            counts[lineage] += 1
    assert all(140 <= times <= 260 for times in counts.values()), counts


def test_unseen_items_come_before_seen_ones() -> None:
    candidates = bank(*"aaaaa")
    seen = {"a-0": T0, "a-1": T0, "a-2": T0}
    for number in range(20):
        assert set(draw([line(2, "a")], candidates, seen=seen, seed=str(number))) == {"a-3", "a-4"}


def test_among_seen_items_the_ones_seen_longest_ago_come_first() -> None:
    candidates = bank(*"aaaa")
    seen = {f"a-{number}": T0 + timedelta(days=number) for number in range(4)}
    for number in range(20):
        assert set(draw([line(2, "a")], candidates, seen=seen, seed=str(number))) == {"a-0", "a-1"}


def test_a_conflict_does_not_bring_back_seen_items_while_unseen_ones_suffice() -> None:
    candidates = [
        Candidate("x1", "x", ("y1", "y2")),
        Candidate("x2", "x"),
        Candidate("y1", "y"),
        Candidate("y2", "y"),
        Candidate("y3", "y"),
    ]
    for number in range(20):
        drawn = draw([line(1, "x"), line(1, "y")], candidates, seen={"y3": T0}, seed=str(number))
        assert drawn[0] == "x2"
        assert drawn[1] != "y3"


@pytest.mark.parametrize("who_says_so", ["first", "second", "both"])
def test_items_apart_never_meet_whichever_of_the_two_says_so(who_says_so: str) -> None:
    candidates = [
        Candidate("one", "a", ("two",) if who_says_so != "second" else ()),
        Candidate("two", "a", ("one",) if who_says_so != "first" else ()),
        Candidate("three", "a"),
    ]
    for number in range(30):
        assert set(draw([line(2, "a")], candidates, seen={}, seed=str(number))) != {"one", "two"}


def test_a_name_apart_that_is_not_in_the_bank_does_no_harm() -> None:
    assert draw([line(1, "a")], [Candidate("one", "a", ("gone", "one"))], seen={}, seed="s") == ("one",)


def test_an_item_of_two_lines_is_drawn_once() -> None:
    candidates = [Candidate("both", "a"), Candidate("other", "a")]
    drawn = draw([line(1, "a"), line(1, "a", "b")], candidates, seen={}, seed="s")
    assert set(drawn) == {"both", "other"}


@pytest.mark.parametrize(
    ("blueprint", "candidates"),
    [
        ([line(3, "a")], bank(*"aa")),
        ([line(1, "b")], bank(*"aa")),
        ([line(2, "a")], [Candidate("one", "a", ("two",)), Candidate("two", "a")]),
        ([line(1, "a"), line(1, "a")], bank("a")),
    ],
    ids=["too few", "no such topic", "all apart", "one item for two lines"],
)
def test_what_cannot_be_satisfied_is_refused(blueprint: list[BlueprintLine], candidates: list[Candidate]) -> None:
    with pytest.raises(DrawError):
        draw(blueprint, candidates, seen={}, seed="s")


def test_a_large_bank_with_many_conflicts_is_drawn_at_once() -> None:
    candidates = [
        Candidate(f"i{number}", f"t{number % 7}", tuple(f"i{(number * 13 + step) % 5000}" for step in range(8)))
        for number in range(5000)
    ]
    seen = {f"i{number}": T0 for number in range(0, 5000, 3)}
    blueprint = [line(3, "t0", "t1"), line(4, "t2", "t3"), line(3, "t4", "t5", "t6")]
    drawn = draw(blueprint, candidates, seen=seen, seed="s")
    assert not set(drawn) & set(seen)
    assert len(set(drawn)) == 10


topics = st.sampled_from("abc")
banks = st.lists(st.tuples(topics, st.sets(st.integers(0, 9), max_size=4), st.booleans()), min_size=1, max_size=10)
blueprints = st.lists(st.tuples(st.integers(1, 3), st.sets(topics, min_size=1, max_size=2)), min_size=1, max_size=3)


@settings(max_examples=300, deadline=None)
@given(banks, blueprints, st.text(max_size=5))
def test_a_draw_satisfies_the_blueprint_and_fails_only_when_nothing_does(
    raw: list[tuple[str, set[int], bool]], lines: list[tuple[int, set[str]]], seed: str
) -> None:
    candidates = [
        Candidate(f"i{number}", topic, tuple(f"i{other}" for other in sorted(apart)))
        for number, (topic, apart, _seen) in enumerate(raw)
    ]
    seen = {f"i{number}": T0 for number, (_topic, _apart, was_seen) in enumerate(raw) if was_seen}
    blueprint = [BlueprintLine("Line", tuple(sorted(names)), count) for count, names in lines]
    best = fewest_seen(blueprint, candidates, set(seen))
    try:
        drawn = draw(blueprint, candidates, seen=seen, seed=seed)
    except DrawError:
        assert best is None
        return
    assert len(set(drawn)) == len(drawn) == sum(count for count, _names in lines)
    topic_of = {candidate.lineage: candidate.topic for candidate in candidates}
    rest = list(drawn)
    for one in blueprint:
        part, rest = rest[: one.draw], rest[one.draw :]
        assert all(topic_of[lineage] in one.topics for lineage in part)
    conflicts = conflicts_of(candidates)
    assert all(second not in conflicts[first] for first, second in combinations(drawn, 2))
    assert sum(lineage in seen for lineage in drawn) == best


def fewest_seen(blueprint: list[BlueprintLine], candidates: list[Candidate], seen: set[str]) -> int | None:
    """By trying every set: the fewest seen items a satisfying draw can have; None when there is no such draw."""
    total = sum(one.draw for one in blueprint)
    conflicts = conflicts_of(candidates)
    found = [
        sum(one.lineage in seen for one in some)
        for some in combinations(candidates, total)
        if all(b.lineage not in conflicts[a.lineage] for a, b in combinations(some, 2)) and fits(list(some), blueprint)
    ]
    return min(found, default=None)


def fits(some: list[Candidate], blueprint: list[BlueprintLine]) -> bool:
    """Whether the items can be dealt out to the lines."""
    if not some:
        return all(one.draw == 0 for one in blueprint)
    first, rest = some[0], some[1:]
    for index, one in enumerate(blueprint):
        if one.draw and first.topic in one.topics:
            left = [*blueprint]
            left[index] = BlueprintLine(one.label, one.topics, one.draw - 1)
            if fits(rest, left):
                return True
    return False


def item(*, ordered: bool) -> Item:
    choices = tuple(ChoiceItem(key, key.upper(), key == "a", "Because.") for key in "abcde")
    return Item("one", "a", "o", "Stem?", choices, ordered=ordered)


def test_ordered_choices_stay_as_written() -> None:
    assert {order_of_choices(item(ordered=True), seed=str(number)) for number in range(20)} == {tuple("abcde")}


def test_other_choices_are_shuffled_evenly() -> None:
    orders = [order_of_choices(item(ordered=False), seed=str(number)) for number in range(1000)]
    assert all(sorted(order) == list("abcde") for order in orders)
    first = [sum(order[place] == "a" for order in orders) for place in range(5)]
    assert all(140 <= times <= 260 for times in first), first


def test_the_key_stands_at_its_own_place_in_each_question_of_an_attempt() -> None:
    """Two items with the same choice keys are not shuffled alike."""
    other = Item("two", "a", "o", "Stem?", item(ordered=False).choices)
    pairs = [
        (order_of_choices(item(ordered=False), seed=str(n)), order_of_choices(other, seed=str(n))) for n in range(50)
    ]
    assert sum(one == two for one, two in pairs) < 5
