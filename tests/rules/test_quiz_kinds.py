"""Every kind of question by its pure rules: answers, grading, what publishing asks for, storing, delivery, preflight."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import combinations
from math import comb
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quizzes.rules import counting
from quizzes.rules.answers import AnswerError, Shape, canonical, complete, number_of, parts_of, text_of_parts
from quizzes.rules.delivery import (
    AFTER_PASSING,
    NOTHING,
    TODAY,
    Accommodation,
    DeliveryRules,
    MayAnswer,
    MayNotAnswer,
    Review,
    due_of,
    may_begin,
    review_of,
    shows_peers,
)
from quizzes.rules.drawing import DrawError, candidate_of, draw, together
from quizzes.rules.editing import changes_of
from quizzes.rules.grading import AnswerSheet, grade, points_for, share
from quizzes.rules.item import BlueprintLine, ChoiceItem, Item, Kind, Numeric, StemItem
from quizzes.rules.preflight import preflight_of
from quizzes.rules.shapes import kind_obstacles
from quizzes.rules.stored import delivery_from, delivery_to, parts_from, settings_of
from tests.factories.items import ALL, BLUEPRINT, MATCHING, MULTIPLE, NUMERIC, ORDERING, RIGHT, TRUE_FALSE, tagged

BY_NAME = {one.lineage: one for one in ALL}
NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)


def shape_of(item: Item, order: Sequence[str] | None = None) -> Shape:
    return Shape(item.kind, order or [choice.key for choice in item.choices], [stem.key for stem in item.stems])


# Grading


@pytest.mark.parametrize("item", ALL, ids=lambda item: item.lineage)
def test_the_right_answer_gives_every_point_and_none_gives_nothing(item: Item) -> None:
    assert points_for(item, RIGHT[item.lineage]) == item.points
    assert points_for(item, None) == points_for(item, "") == 0


@pytest.mark.parametrize(
    ("item", "answer", "expected"),
    [
        (MULTIPLE, "a", (1, 2)),
        (MULTIPLE, "a b", (0, 2)),
        (MULTIPLE, "a b c", (1, 2)),
        (MULTIPLE, "a b c d e", (0, 2)),
        (MATCHING, "s1=b", (1, 2)),
        (MATCHING, "s1=a s2=b", (0, 2)),
        (ORDERING, "a=3 b=2 c=1", (1, 3)),
        (ORDERING, "a=3 b=3 c=3", (0, 3)),
        (NUMERIC, "2.4", (1, 1)),
        (NUMERIC, "2.6", (1, 1)),
        (NUMERIC, "2,40", (1, 1)),
        (NUMERIC, "2.39999", (0, 1)),
        (NUMERIC, "2.60001", (0, 1)),
        (NUMERIC, "2,5", (1, 1)),
        (NUMERIC, "two", (0, 1)),
        (TRUE_FALSE, "false", (0, 1)),
    ],
)
def test_shares(item: Item, answer: str, expected: tuple[int, int]) -> None:
    assert share(item, answer) == expected


def test_partial_credit_is_rounded_down_and_only_where_the_item_says_so() -> None:
    assert points_for(replace(MULTIPLE, points=3), "a") == 1
    assert points_for(replace(MULTIPLE, points=1), "a") == 0
    assert points_for(replace(MULTIPLE, partial=False), "a") == 0


choice_keys = st.lists(st.sampled_from("abcdefgh"), min_size=3, max_size=8, unique=True)


@st.composite
def items_with_answers(draw_from: st.DrawFn) -> tuple[Item, str, list[str]]:
    """An item of a kind whose answers have parts, an answer to it, and another order to show its choices in."""
    kind = draw_from(st.sampled_from([Kind.SINGLE, Kind.MULTIPLE, Kind.MATCHING, Kind.ORDERING]))
    keys = draw_from(choice_keys)
    right = draw_from(st.sets(st.sampled_from(keys), min_size=1)) if kind is Kind.MULTIPLE else {keys[0]}
    stems = tuple(StemItem(f"s{n}", "Stem", draw_from(st.sampled_from(keys))) for n in range(1, 4))
    item = Item(
        lineage="x", topic="one", objective="one", stem="?", kind=kind,
        choices=tuple(ChoiceItem(key, key, key in right, "") for key in keys),
        stems=stems if kind is Kind.MATCHING else (),
        order=tuple(draw_from(st.permutations(keys))) if kind is Kind.ORDERING else (),
        points=draw_from(st.integers(1, 20)), partial=draw_from(st.booleans()),
    )  # fmt: skip
    shape = shape_of(item)
    if kind is Kind.SINGLE:
        answer = draw_from(st.sampled_from(keys))
    elif kind is Kind.MULTIPLE:
        answer = " ".join(draw_from(st.lists(st.sampled_from(keys))))
    else:
        given_parts = draw_from(st.dictionaries(st.sampled_from(shape.wanted), st.sampled_from(sorted(shape.offered))))
        answer = text_of_parts(given_parts)
    return item, answer, list(draw_from(st.permutations(keys)))


@given(items_with_answers())
def test_points_do_not_depend_on_the_order_shown_and_stay_within_bounds(found: tuple[Item, str, list[str]]) -> None:
    item, answer, other_order = found
    first, second = canonical(shape_of(item), answer), canonical(shape_of(item, other_order), answer)
    assert first == second
    given_points = points_for(item, first)
    assert 0 <= given_points <= item.points
    assert given_points in {0, item.points} or item.partial
    shuffled = replace(item, choices=tuple(sorted(item.choices, key=lambda choice: other_order.index(choice.key))))
    assert points_for(shuffled, first) == given_points
    assert grade({1: item}, AnswerSheet({1: first} if first else {})).earned == given_points


@given(items_with_answers())
def test_partial_credit_never_gives_less_than_all_or_nothing(found: tuple[Item, str, list[str]]) -> None:
    item, answer, _order = found
    kept = canonical(shape_of(item), answer)
    assert points_for(replace(item, partial=True), kept) >= points_for(replace(item, partial=False), kept)


@given(items_with_answers())
def test_a_canonical_text_stays_as_it_is(found: tuple[Item, str, list[str]]) -> None:
    item, answer, _order = found
    kept = canonical(shape_of(item), answer)
    assert kept is None or canonical(shape_of(item), kept) == kept


@given(st.text(max_size=60))
def test_no_text_breaks_an_answer(text: str) -> None:
    for item in ALL:
        try:
            kept = canonical(shape_of(item), text)
        except AnswerError:
            continue
        complete(shape_of(item), kept)
        assert 0 <= points_for(item, kept) <= item.points


@given(st.decimals(-(10**9), 10**9, places=6))
def test_numbers_are_read_as_written(number: Decimal) -> None:
    assert number_of(format(number, "f")) == number
    assert number_of(format(number, "f").replace(".", ",")) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        ".",
        "1.2.3",
        "1,2,3",
        "1e555",
        "10\u00b2",
        "1,50,000",
        "٣٫",
        "5-6",
        "<5",
        "0x1",
        "12 mg",
        "NaN",
        "1" * 30,
    ],
)
def test_what_is_no_number(text: str) -> None:
    assert number_of(text) is None


@pytest.mark.parametrize(
    ("typed", "value", "right"),
    [
        ("1500", "1500", True), ("1 500", "1500", True), ("1\u202f500", "1500", True), ("1,500", "1500", True),
        ("1,500", "1.5", True), ("1.500", "1500", False), ("1.500", "1.5", True), ("0,500", "500", False),
        ("1,500.5", "1500.5", True), ("1.500,5", "1500.5", True), ("1,500,000", "1500000", True),
        ("1.500.000", "1500000", True), ("1'500", "1500", True), ("1,50", "150", False), ("15,00", "1500", False),
        ("\u22125", "-5", True), ("\u20135", "-5", True), ("5", "-5", False), ("+5", "5", True),
        ("1.5e3", "1500", True), ("1.5E-3", "0.0015", True), ("2e\u22123", "0.002", True), ("10\u00b2", "102", False),
        ("5 mg", "5", True), ("5mg", "5", True), ("5 MG", "5", True), ("5 g", "5", False), ("5 mg/d", "5", False),
    ],
)  # fmt: skip
def test_a_number_is_right_in_every_way_that_people_write_it(typed: str, value: str, right: bool) -> None:
    item = replace(NUMERIC, numeric=Numeric(Decimal(value), Decimal(0), "mg"))
    assert share(item, canonical(shape_of(item), typed)) == (int(right), 1)


def test_micrograms_are_micrograms_whichever_sign_is_typed() -> None:
    item = replace(NUMERIC, numeric=Numeric(Decimal(5), Decimal(0), "\u00b5g"))
    assert share(item, "5 \u03bcg") == share(item, "5 \u00b5g") == (1, 1)


def test_what_is_half_done_is_not_complete() -> None:
    assert not complete(shape_of(MATCHING), "s1=b")
    assert not complete(shape_of(ORDERING), "a=1 b=1 c=2")
    assert not complete(shape_of(NUMERIC), "two")
    assert all(complete(shape_of(one), RIGHT[one.lineage]) for one in ALL)
    assert parts_of("s1=b =c s2= x") == {"s1": "b"}


# What publishing asks for


@pytest.mark.parametrize(
    ("item", "part"),
    [
        (
            replace(MULTIPLE, choices=tuple(replace(one, correct=True) for one in MULTIPLE.choices)),
            "at least one wrong",
        ),
        (replace(MULTIPLE, choices=MULTIPLE.choices[:3]), "4 to 10 are needed"),
        (replace(MATCHING, stems=MATCHING.stems[:1]), "2 to 10 are needed"),
        (replace(MATCHING, stems=(replace(MATCHING.stems[0], answer="z"), MATCHING.stems[1])), "has no right choice"),
        (replace(ORDERING, order=("a", "b")), "every choice once"),
        (replace(NUMERIC, numeric=None), "number is missing"),
        (replace(NUMERIC, numeric=Numeric(Decimal(1), Decimal(-1))), "below zero"),
        (replace(NUMERIC, rationale=""), "no rationale"),
        (replace(TRUE_FALSE, choices=TRUE_FALSE.choices[::-1]), "“true” and “false”"),
        (replace(TRUE_FALSE, points=21), "1 to 20 points"),
    ],
)
def test_each_flaw_of_a_kind_is_named(item: Item, part: str) -> None:
    assert any(part in one.sentence for one in kind_obstacles(item)), list(kind_obstacles(item))


# Storing


@pytest.mark.parametrize("item", ALL, ids=lambda item: item.lineage)
def test_what_is_stored_comes_back(item: Item) -> None:
    item = replace(item, vignette="case")
    assert replace(item, **parts_from(settings_of(item))) == item
    assert settings_of(replace(ALL[0])) == {}


@given(
    st.builds(
        DeliveryRules,
        attempts=st.none() | st.integers(1, 9),
        wait_hours=st.integers(0, 99),
        minutes=st.none() | st.integers(1, 99),
        certainty=st.booleans(),
        peers=st.booleans(),
        during=st.builds(Review, *[st.booleans()] * 6),
        after_try=st.builds(Review, *[st.booleans()] * 6),
    )
)
def test_delivery_rules_come_back_and_those_of_today_are_empty(rules: DeliveryRules) -> None:
    assert delivery_from(delivery_to(rules)) == rules
    assert delivery_to(TODAY) == {}
    assert delivery_from({}) == TODAY


def test_a_changed_order_or_number_is_a_changed_item() -> None:
    assert changes_of(ORDERING, replace(ORDERING, order=("a", "b", "c"))) == ("key",)
    assert changes_of(NUMERIC, replace(NUMERIC, numeric=Numeric(Decimal(3)))) == ("numeric",)


# Delivery


@pytest.mark.parametrize(
    ("rules", "used", "hours", "may"),
    [
        (DeliveryRules(), 99, 0, True),
        (DeliveryRules(attempts=2), 1, 0, True),
        (DeliveryRules(attempts=2), 2, 0, False),
        (DeliveryRules(wait_hours=24), 1, 24, True),
        (DeliveryRules(wait_hours=24), 1, 23, False),
    ],
)
def test_when_one_more_attempt_may_begin(rules: DeliveryRules, used: int, hours: int, may: bool) -> None:
    later = NOW + timedelta(hours=hours)
    verdict = may_begin(rules, Accommodation(), used=used, last_failed_at=NOW, zone="America/Los_Angeles", now=later)
    assert isinstance(verdict, MayAnswer if may else MayNotAnswer)


def test_the_end_of_a_wait_is_told_in_the_zone_of_the_release() -> None:
    verdict = may_begin(
        DeliveryRules(wait_hours=24), Accommodation(), used=1, last_failed_at=NOW, zone="America/Los_Angeles", now=NOW
    )
    assert isinstance(verdict, MayNotAnswer)
    assert verdict.sentence.endswith("You can try again from 24 November 2026, 7:00 am Los Angeles time.")


@given(st.integers(1, 1440), st.integers(0, 900))
def test_extra_time_is_never_less_time(minutes: int, percent: int) -> None:
    usual, extra = due_of(NOW, minutes, Accommodation()), due_of(NOW, minutes, Accommodation(percent))
    assert usual is not None
    assert extra is not None
    assert usual <= extra
    assert usual - NOW == timedelta(minutes=minutes)


def test_the_stages_of_the_review_matrix_add_up() -> None:
    rules = DeliveryRules(after_try=NOTHING, after_passing=Review(True, False, False), after_term=AFTER_PASSING)
    seen = [
        review_of(submitted=True, has_passed=passed, rules=rules, term_over=over)
        for passed, over in ((False, False), (True, False), (False, True))
    ]
    assert seen == [NOTHING, Review(True, False, False), AFTER_PASSING]
    assert review_of(submitted=False, has_passed=True, rules=rules, term_over=True) == NOTHING


@pytest.mark.parametrize("peers", [False, True])
@pytest.mark.parametrize("submitted", [False, True])
@pytest.mark.parametrize("passed", [False, True])
@pytest.mark.parametrize("answers", [False, True])
def test_others_are_shown_only_after_passing_and_beside_the_questions(
    peers: bool, submitted: bool, passed: bool, answers: bool
) -> None:
    review = Review(True, True, True, answers=answers)
    shown = shows_peers(DeliveryRules(peers=peers), review, submitted=submitted, has_passed=passed)
    assert shown is (peers and submitted and passed and answers)


# Drawing and preflight


@st.composite
def banks(draw_from: st.DrawFn) -> tuple[tuple[BlueprintLine, ...], list[Item]]:
    count = draw_from(st.integers(1, 9))
    names = [f"item-{number}" for number in range(count)]
    items = [
        Item(
            lineage=name, topic=draw_from(st.sampled_from("ab")), objective="", stem="", choices=(),
            tags=tuple(draw_from(st.sets(st.sampled_from("xy")))),
            apart=tuple(draw_from(st.sets(st.sampled_from(names), max_size=2)) - {name}),
            vignette=draw_from(st.sampled_from(["", "", "case"])),
        )
        for name in names
    ]  # fmt: skip
    lines = tuple(
        BlueprintLine(
            f"Line {number}",
            tuple(draw_from(st.sets(st.sampled_from("ab"), min_size=1))),
            draw_from(st.integers(1, 3)),
            tags=tuple(draw_from(st.sets(st.sampled_from("xy")))),
        )
        for number in range(draw_from(st.integers(1, 3)))
    )
    return lines, items


def fits(blueprint: tuple[BlueprintLine, ...], drawn: Sequence[Item]) -> bool:
    """Whether these items, line by line, satisfy the blueprint."""
    names = {one.lineage for one in drawn}
    start = 0
    for line in blueprint:
        if not all(line.takes(one.topic, one.tags) for one in drawn[start : start + line.draw]):
            return False
        start += line.draw
    return start == len(drawn) == len(names) and not any(names & set(one.apart) for one in drawn)


@given(banks(), st.text(max_size=5))
@settings(deadline=None)
def test_a_drawn_attempt_always_satisfies_the_blueprint(
    bank: tuple[tuple[BlueprintLine, ...], list[Item]], seed: str
) -> None:
    blueprint, items = bank
    by_name = {one.lineage: one for one in items}
    try:
        drawn = draw(blueprint, [candidate_of(one) for one in items], seen={}, seed=seed)
    except DrawError:
        assert not preflight_of(blueprint, items).possible
        return
    assert fits(blueprint, [by_name[one] for one in drawn])
    shown = together(drawn, {one.lineage: one.vignette for one in items})
    assert sorted(shown) == sorted(drawn)
    places = [place for place, one in enumerate(shown) if by_name[one].vignette]
    assert not places or places == list(range(places[0], places[0] + len(places)))


@given(banks())
@settings(deadline=None, max_examples=150)
def test_the_preflight_counts_exactly(bank: tuple[tuple[BlueprintLine, ...], list[Item]]) -> None:
    blueprint, items = bank
    found = preflight_of(blueprint, items)
    assert (found.exact, found.attempts) == (True, _count(blueprint, items))
    assert found.possible == (found.attempts > 0)
    if found.disjoint:
        assert found.possible


@given(banks())
@settings(deadline=None, max_examples=60)
def test_what_takes_too_long_to_count_is_bounded_from_below(bank: tuple[tuple[BlueprintLine, ...], list[Item]]) -> None:
    blueprint, items = bank
    real = _count(blueprint, items)
    with patch.object(counting, "MOST_STEPS", -1):
        found = preflight_of(blueprint, items)
    assert found.exact == (real == 0)
    assert found.attempts <= real
    assert found.possible == (found.attempts > 0)


def test_a_large_bank_with_pairs_and_cliques_is_counted_by_hand() -> None:
    """Line one: 60 questions, of which 20 form one clique and 20 stand in pairs; line two: 4,900 with nothing between."""
    apart = {f"a{number:02}": tuple(f"a{other:02}" for other in range(number)) for number in range(20)}
    apart |= {f"b{number:02}": (f"b{number ^ 1:02}",) for number in range(20)}
    names = [*apart, *(f"c{number:02}" for number in range(20))]
    items = [
        Item(lineage=name, topic="a", objective="", stem="", choices=(), apart=apart.get(name, ())) for name in names
    ]
    items += [Item(lineage=f"d{number}", topic="b", objective="", stem="", choices=()) for number in range(4900)]
    lines = (BlueprintLine("One", ("a",), 3), BlueprintLine("Two", ("b",), 2))
    clique = [1, 20, 0, 0]
    pairs = [comb(10, taken) * 2**taken for taken in range(4)]
    free = [comb(20, taken) for taken in range(4)]
    threes = sum(clique[one] * pairs[two] * free[3 - one - two] for one in range(4) for two in range(4 - one))
    found = preflight_of(lines, items)
    assert (found.exact, found.attempts) == (True, threes * comb(4900, 2))


def _count(blueprint: tuple[BlueprintLine, ...], items: list[Item]) -> int:
    """All sets of items that some division over the lines makes a right attempt: by trying every one."""
    sets: set[frozenset[str]] = set()

    def fill(lines: tuple[BlueprintLine, ...], taken: tuple[Item, ...]) -> None:
        if not lines:
            if fits(blueprint, taken):
                sets.add(frozenset(one.lineage for one in taken))
            return
        free = [one for one in items if one not in taken and lines[0].takes(one.topic, one.tags)]
        for group in combinations(free, lines[0].draw):
            fill(lines[1:], (*taken, *group))

    fill(blueprint, ())
    return len(sets)


def test_the_blueprint_of_the_factory_has_one_attempt() -> None:
    found = preflight_of(BLUEPRINT, tagged())
    assert (found.possible, found.exact, found.attempts, found.disjoint) == (True, True, 1, 1)
    assert [row.spare for row in found.lines] == [0, 0]
