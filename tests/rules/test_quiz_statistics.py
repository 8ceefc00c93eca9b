"""Item statistics against numpy and scipy, on random data, to 1e-9; and when a figure stays hidden."""

import json
import math
import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from scipy import stats

from quizzes.rules.item_health import NO_HEALTH, from_plain, health_of, to_plain
from quizzes.rules.pace import added, spent
from quizzes.rules.statistics import (
    CERTAINTIES,
    FEWEST_TAKERS,
    Cell,
    by_quintile,
    calibration,
    discrimination,
    kr20,
    pace,
    point_biserial,
    quantile,
    variance_of,
    wilson,
)

EXACT = 1e-9
CHOICES = "abcd"


def answers(seed: int, takers: int, items: int = 10) -> tuple[np.ndarray, list[list[str]]]:
    """A matrix of right and wrong, and what was chosen: key "a" everywhere."""
    rng = random.Random(seed)
    skills = [rng.gauss(0, 1) for _taker in range(takers)]
    hard = [rng.gauss(0, 1) for _item in range(items)]
    chosen = [
        ["a" if rng.random() < 1 / (1 + math.exp(level - skill)) else rng.choice(CHOICES[1:]) for level in hard]
        for skill in skills
    ]
    return np.array([[int(one == "a") for one in row] for row in chosen]), chosen


def cells_of(right: np.ndarray, chosen: list[list[str]], item: int) -> list[Cell]:
    rest = right.sum(axis=1) - right[:, item]
    counted = Counter((int(rest[taker]), int(right[taker, item]), chosen[taker][item]) for taker in range(len(chosen)))
    return [Cell(*key, "", takers) for key, takers in sorted(counted.items())]


@pytest.mark.parametrize("seed", range(12))
def test_point_biserial_equals_scipy(seed: int) -> None:
    right, chosen = answers(seed, 40 + 37 * seed)
    for item in range(right.shape[1]):
        rest = right.sum(axis=1) - right[:, item]
        figure = point_biserial(cells_of(right, chosen, item), 1)
        if right[:, item].min() == right[:, item].max():
            assert figure.value is None
            continue
        expected = stats.pearsonr(right[:, item], rest)
        interval = expected.confidence_interval(0.95)
        assert figure.value == pytest.approx(expected.statistic, abs=EXACT)
        assert figure.low == pytest.approx(interval.low, abs=EXACT)
        assert figure.high == pytest.approx(interval.high, abs=EXACT)


@pytest.mark.parametrize(("right", "takers"), [(0, 1), (1, 1), (7, 10), (0, 30), (99, 100), (517, 1000)])
def test_wilson_equals_scipy(right: int, takers: int) -> None:
    expected = stats.binomtest(right, takers).proportion_ci(0.95, method="wilson")
    low, high = wilson(right, takers)
    assert low == pytest.approx(expected.low, abs=EXACT)
    assert high == pytest.approx(expected.high, abs=EXACT)


@pytest.mark.parametrize("seed", range(8))
def test_reliability_and_variance_equal_numpy(seed: int) -> None:
    right, _chosen = answers(seed, 60 + seed)
    totals = right.sum(axis=1)
    shares = right.mean(axis=0)
    items = right.shape[1]
    expected = items / (items - 1) * (1 - (shares * (1 - shares)).sum() / totals.var())
    variance = variance_of(Counter(int(one) for one in totals))
    assert variance == pytest.approx(totals.var(), abs=EXACT)
    assert kr20(items, float((shares * (1 - shares)).sum()), variance).value == pytest.approx(expected, abs=EXACT)


def placed(totals: np.ndarray, low: float, high: float) -> np.ndarray:
    """How much of each taker lies between two ranks, when equal scores share their places evenly."""
    below = np.array([(totals < one).sum() for one in totals])
    same = np.array([(totals == one).sum() for one in totals])
    return np.clip(np.minimum(high, below + same) - np.maximum(low, below), 0, None) / same


@pytest.mark.parametrize("seed", range(8))
def test_groups_equal_numpy(seed: int) -> None:
    takers = 31 + 53 * seed
    right, chosen = answers(seed, takers)
    totals = right.sum(axis=1)
    size = math.floor(takers * 0.27 + 0.5)
    letters = np.array(chosen)
    for item in (0, 5):
        cells = cells_of(right, chosen, item)
        upper, lower = placed(totals, takers - size, takers), placed(totals, 0, size)
        expected = ((upper * right[:, item]).sum() - (lower * right[:, item]).sum()) / size
        assert discrimination(cells, 1).value == pytest.approx(expected, abs=EXACT)
        for fifth, shares in enumerate(by_quintile(cells)):
            weights = placed(totals, takers * fifth / 5, takers * (fifth + 1) / 5)
            for choice in CHOICES:
                wanted = (weights * (letters[:, item] == choice)).sum() / (takers / 5)
                assert shares.get(choice, 0.0) == pytest.approx(wanted, abs=EXACT)


def test_figures_stay_hidden_below_their_sample_sizes_and_say_why() -> None:
    right, chosen = answers(1, FEWEST_TAKERS)
    enough = cells_of(right, chosen, 0)
    few = cells_of(right[:-1], chosen[:-1], 0)
    assert sum(one.takers for one in few) == FEWEST_TAKERS - 1
    assert discrimination(enough, 1).value is not None
    for figure in (discrimination(few, 1), point_biserial(few, 1)):
        assert (figure.value, figure.reason) == (None, "29 of 30 takers needed.")
    assert by_quintile(few) == ()
    health = health_of(few, full=1, choices=CHOICES, keys="a")
    assert health.difficulty.value is not None  # a share with its interval needs no thirty
    assert health.distractors.value is None
    assert kr20(2, 0.5, 1.0).reason == "Fewer than 3 questions."
    assert kr20(3, 0.75, 0.0).reason == "Everybody has the same score."
    all_right = [Cell(rest, 1, "a", "", 10) for rest in range(5)]
    assert point_biserial(all_right, 1).reason == "Everybody was right."


def test_a_distractor_works_when_one_in_twenty_takes_it() -> None:
    cells = [Cell(5, 1, "a", "", 90), Cell(5, 0, "b", "", 5), Cell(5, 0, "c", "", 4), Cell(5, 0, "", "", 1)]
    health = health_of(cells, full=1, choices=CHOICES, keys="a")
    assert health.distractors.value == pytest.approx(1 / 3)
    assert health.choices == (("a", 90), ("b", 5), ("c", 4), ("d", 0), ("", 1))


def test_a_wrong_key_raises_the_alarm_and_a_right_one_does_not() -> None:
    right, chosen = answers(3, 200)
    healthy = health_of(cells_of(right, chosen, 0), full=1, choices=CHOICES, keys="a")
    assert healthy.alarms == ()
    swapped = [
        Cell(cell.rest, int(cell.chosen == "b"), cell.chosen, "", cell.takers) for cell in cells_of(right, chosen, 0)
    ]
    miskeyed = health_of(swapped, full=1, choices=CHOICES, keys="b")
    assert any("choice A was taken more often than the key" in one for one in miskeyed.alarms)
    assert miskeyed.point_biserial.value is not None
    assert miskeyed.point_biserial.value < 0


def test_certainty_is_set_against_being_right() -> None:
    cells = [Cell(3, 1, "a", "high", 8), Cell(3, 0, "b", "high", 2), Cell(3, 0, "b", "low", 5), Cell(1, 1, "a", "", 4)]
    health = health_of(cells, full=1, choices=CHOICES, keys="a")
    assert {level: (n, figure.value) for level, (n, figure) in health.certainty.items()} == {
        "high": (10, 0.8),
        "low": (5, 0.0),
    }


def sure(rng: random.Random, takers: int) -> list[Cell]:
    counted = Counter(
        (rng.randrange(5), rng.randrange(2), rng.choice("ab"), rng.choice(("", "low", "middle", "high")))
        for _ in range(takers)
    )
    return [Cell(*key, number) for key, number in sorted(counted.items())]


@pytest.mark.parametrize("seed", range(8))
def test_calibration_equals_scipy(seed: int) -> None:
    cells = sure(random.Random(seed), 60 + 90 * seed)
    asked = [cell for cell in cells if cell.certainty]
    levels = [CERTAINTIES.index(cell.certainty) for cell in asked for _ in range(cell.takers)]
    verdicts = [cell.points for cell in asked for _ in range(cell.takers)]
    expected = stats.kendalltau(levels, verdicts, variant="b").statistic
    assert calibration(cells, 1).value == pytest.approx(expected, abs=EXACT)


def test_calibration_stays_hidden_without_a_sample_or_a_difference() -> None:
    few = [Cell(1, 1, "a", "high", 15), Cell(1, 0, "b", "low", 14), Cell(1, 0, "b", "", 100)]
    assert calibration(few, 1).reason == "29 of 30 answers with a certainty needed."
    assert calibration([*few, Cell(1, 1, "a", "low", 1)], 1).value is not None
    assert calibration([Cell(1, 1, "a", "high", 40)], 1).reason == "Everybody was right."
    same = [Cell(1, 1, "a", "high", 20), Cell(1, 0, "b", "high", 20)]
    assert calibration(same, 1).reason == "Everybody was equally sure."


@pytest.mark.parametrize("seed", range(6))
def test_times_equal_numpy(seed: int) -> None:
    rng = random.Random(seed)
    times = [int(rng.lognormvariate(3.5, 0.8)) for _ in range(30 + 41 * seed)]
    figure, counted = pace(Counter(times)), Counter(times)
    assert [figure.low, figure.value, figure.high] == pytest.approx(np.quantile(times, [0.25, 0.5, 0.75]), abs=EXACT)
    for share in (0.0, 0.1, 0.9, 1.0):
        assert quantile(counted, share) == pytest.approx(np.quantile(times, share), abs=EXACT)
    assert pace(Counter(times[:29])).reason == "29 of 30 measured times needed."


@pytest.mark.parametrize("seed", range(4))
def test_every_choice_of_a_multiple_response_is_counted_for_itself(seed: int) -> None:
    rng = random.Random(seed)
    taken = [frozenset(rng.sample("abcd", rng.randrange(5))) for _ in range(70 + seed)]
    rest = [rng.randrange(9) for _ in taken]
    right = [int(one == {"a", "b"}) for one in taken]
    rows = Counter(zip(rest, right, (" ".join(sorted(one)) for one in taken), strict=True))
    health = health_of(
        [Cell(*row, "", number) for row, number in sorted(rows.items())],
        full=1, choices="abcd", keys="ab", all_keys=True,
    )  # fmt: skip
    totals = np.array(rest) + np.array(right)
    for letter in "abcd":
        has = np.array([letter in one for one in taken])
        assert dict(health.choices)[letter] == has.sum()
        for fifth, shares in enumerate(health.quintiles):
            weights = placed(totals, len(taken) * fifth / 5, len(taken) * (fifth + 1) / 5)
            assert shares.get(letter, 0.0) == pytest.approx((weights * has).sum() / (len(taken) / 5), abs=EXACT)
    assert dict(health.choices)[""] == sum(not one for one in taken)


def test_a_missing_key_of_a_multiple_response_is_noticed() -> None:
    able, weak = Cell(9, 0, "a c", "", 20), Cell(1, 1, "a b", "", 80)
    wrong = health_of([able, weak], full=1, choices=CHOICES, keys="ab", all_keys=True)
    assert any("choice C was taken more often" in one for one in wrong.alarms)
    fine = health_of([able, weak], full=1, choices=CHOICES, keys="ac", all_keys=True)
    assert not any("taken more often" in one for one in fine.alarms)


def test_a_negative_difference_of_the_groups_is_an_alarm_of_its_own() -> None:
    # Nobody separates on the rest, so no correlation is shown; the groups differ by the item itself alone.
    cells = [Cell(5, 1, "a", "", 20), Cell(5, 0, "b", "", 20)]
    assert health_of(cells, full=1, choices=CHOICES, keys="a").alarms == ()
    upside_down = [Cell(5, 2, "a", "", 20), Cell(7, 1, "b", "", 20)]
    (alarm, *_others) = health_of(upside_down, full=2, choices=CHOICES, keys="a").alarms
    assert alarm == "Those who do well on the rest of the quiz are wrong here more often than the others."


@pytest.mark.parametrize("seed", range(5))
def test_figures_come_back_from_json_as_they_were(seed: int) -> None:
    cells = sure(random.Random(seed), 20 + 60 * seed)
    seconds = Counter(random.Random(seed).randrange(90) for _ in range(50))
    health = health_of(cells, full=1, choices="ab", keys="a", seconds=seconds)
    assert from_plain(json.loads(json.dumps(to_plain(health)))) == health
    assert from_plain(json.loads(json.dumps(to_plain(NO_HEALTH)))) == NO_HEALTH


@pytest.mark.parametrize(
    ("seconds", "counted"), [(-1, None), (0, 0), (0.9, 0), (59, 59), (300, 300), (300.9, 300), (301, None)]
)
def test_a_long_pause_is_no_time_on_an_item(seconds: float, counted: int | None) -> None:
    last = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
    assert spent(last, last + timedelta(seconds=seconds)) == counted
    assert added(None, counted) == counted
    assert added(7, counted) == 7 + (counted or 0)
