"""The term, its limits, what keeps a release from being published, and how the end is announced."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cme.activities.rules import (
    FRONT_MATTER_KEYS,
    ClosingState,
    ReleaseDraft,
    awarded_offer,
    closing_of,
    latest_expiry,
    publish_obstacles,
    term_of,
)
from cme.activities.search import bounded, fold, search_text, search_words

LOS_ANGELES = "America/Los_Angeles"
SHIPPED = term_of(date(2024, 8, 9), date(2027, 8, 9), LOS_ANGELES)
INSTANT = timedelta(microseconds=1)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("opens_on", "expires_on", "zone", "opens_at", "closes_at"),
    [
        pytest.param(
            date(2024, 8, 9), date(2027, 8, 9), LOS_ANGELES, utc(2024, 8, 9, 7), utc(2027, 8, 10, 7), id="shipped"
        ),
        pytest.param(
            date(2024, 8, 9),
            date(2027, 8, 9),
            "America/New_York",
            utc(2024, 8, 9, 4),
            utc(2027, 8, 10, 4),
            id="new-york",
        ),
        pytest.param(
            date(2024, 8, 9),
            date(2027, 8, 9),
            "Pacific/Honolulu",
            utc(2024, 8, 9, 10),
            utc(2027, 8, 10, 10),
            id="honolulu",
        ),
        pytest.param(
            date(2024, 8, 9),
            date(2027, 8, 9),
            "Pacific/Kiritimati",
            utc(2024, 8, 8, 10),
            utc(2027, 8, 9, 10),
            id="kiritimati",
        ),
        pytest.param(date(2024, 8, 9), date(2027, 8, 9), "UTC", utc(2024, 8, 9), utc(2027, 8, 10), id="utc"),
        # Clocks go forward at 2 am on 14 March 2027: the day before ends at the old offset, that day at the new one.
        pytest.param(
            date(2027, 3, 13),
            date(2027, 3, 13),
            LOS_ANGELES,
            utc(2027, 3, 13, 8),
            utc(2027, 3, 14, 8),
            id="before-spring",
        ),
        pytest.param(
            date(2027, 3, 14),
            date(2027, 3, 14),
            LOS_ANGELES,
            utc(2027, 3, 14, 8),
            utc(2027, 3, 15, 7),
            id="spring-day-23-h",
        ),
        pytest.param(
            date(2027, 11, 7),
            date(2027, 11, 7),
            LOS_ANGELES,
            utc(2027, 11, 7, 7),
            utc(2027, 11, 8, 8),
            id="autumn-day-25-h",
        ),
        # Midnight of 15 October 2017 did not exist in Sao Paulo: the day began at 1 am, when the day before ended.
        pytest.param(
            date(2017, 10, 15),
            date(2017, 10, 15),
            "America/Sao_Paulo",
            utc(2017, 10, 15, 3),
            utc(2017, 10, 16, 2),
            id="no-midnight",
        ),
        pytest.param(
            date(2017, 10, 14),
            date(2017, 10, 14),
            "America/Sao_Paulo",
            utc(2017, 10, 14, 3),
            utc(2017, 10, 15, 3),
            id="eve-of-no-midnight",
        ),
        # Clocks went back at midnight into 17 February 2018, so 11 pm to midnight of the 17th happened twice.
        pytest.param(
            date(2018, 2, 17),
            date(2018, 2, 17),
            "America/Sao_Paulo",
            utc(2018, 2, 17, 2),
            utc(2018, 2, 18, 3),
            id="two-last-hours",
        ),
        pytest.param(
            date(2024, 4, 26),
            date(2024, 4, 26),
            "Africa/Cairo",
            utc(2024, 4, 25, 22),
            utc(2024, 4, 26, 21),
            id="cairo-no-midnight",
        ),
        pytest.param(
            date(2028, 2, 29), date(2028, 2, 29), LOS_ANGELES, utc(2028, 2, 29, 8), utc(2028, 3, 1, 8), id="leap-day"
        ),
    ],
)
def test_a_term_is_whole_local_days_with_both_ends_included(
    opens_on: date, expires_on: date, zone: str, opens_at: datetime, closes_at: datetime
) -> None:
    term = term_of(opens_on, expires_on, zone)
    assert (term.opens_at, term.closes_at, term.claims_close_at) == (opens_at, closes_at, closes_at)
    # Independently of how it was computed: the last instant inside belongs to the last day, the end to the next one.
    local = ZoneInfo(zone)
    assert term.opens_at.astimezone(local).date() == opens_on
    assert (term.opens_at - INSTANT).astimezone(local).date() == opens_on - timedelta(days=1)
    assert (term.closes_at - INSTANT).astimezone(local).date() == expires_on
    assert term.closes_at.astimezone(local).date() == expires_on + timedelta(days=1)


@pytest.mark.parametrize(
    ("grace_days", "claims_close_at"),
    [(0, utc(2027, 8, 10, 7)), (1, utc(2027, 8, 11, 7)), (7, utc(2027, 8, 17, 7)), (120, utc(2027, 12, 8, 8))],
)
def test_grace_moves_only_the_claim_deadline_by_whole_local_days(grace_days: int, claims_close_at: datetime) -> None:
    term = term_of(date(2024, 8, 9), date(2027, 8, 9), LOS_ANGELES, grace_days)
    assert term.closes_at == utc(2027, 8, 10, 7)
    assert term.claims_close_at == claims_close_at


@pytest.mark.parametrize(
    ("released_on", "reviewed_on", "latest"),
    [
        (date(1995, 8, 17), date(2024, 8, 9), date(2027, 8, 9)),
        (date(2026, 1, 5), None, date(2029, 1, 5)),
        (date(2028, 2, 29), None, date(2031, 2, 28)),
        (date(2025, 2, 28), date(2028, 2, 29), date(2031, 2, 28)),
        (date(2025, 3, 1), None, date(2028, 3, 1)),
    ],
)
def test_three_years_count_from_the_later_of_release_and_review(
    released_on: date, reviewed_on: date | None, latest: date
) -> None:
    assert latest_expiry(released_on, reviewed_on) == latest


def draft(**changes: object) -> ReleaseDraft:
    values: dict[str, object] = {
        "released_on": date(1995, 8, 17),
        "reviewed_on": date(2024, 8, 9),
        "opens_on": date(2024, 8, 9),
        "expires_on": date(2027, 8, 9),
        "zone": LOS_ANGELES,
        "grace_days": 0,
        "learning_format": "enduring material",
        "estimated_minutes": 60,
        "estimate_method": "Counted.",
        "pass_points": 8,
        "total_points": 10,
        "offers": [("ama-pra-category-1", 4)],
        "front_matter": dict.fromkeys(FRONT_MATTER_KEYS, "Words."),
        "provider_mode": "demonstration",
        "accreditation_statement": "Not accredited.",
        "designation_statement": "Not designated.",
        "has_references": True,
        **changes,
    }
    return ReleaseDraft(**values)  # type: ignore[arg-type]


def test_a_complete_release_of_exactly_three_years_may_be_published() -> None:
    assert publish_obstacles(draft()) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"expires_on": date(2027, 8, 10)}, "until 9 August 2027 at the latest", id="one-day-too-long"),
        pytest.param(
            {
                "released_on": date(2028, 2, 29),
                "reviewed_on": None,
                "opens_on": date(2028, 2, 29),
                "expires_on": date(2031, 3, 1),
            },
            "until 28 February 2031 at the latest",
            id="leap-day-plus-three-years",
        ),
        pytest.param(
            {"reviewed_on": None, "opens_on": date(1995, 8, 17)}, "until 17 August 1998", id="review-forgotten"
        ),
        pytest.param({"reviewed_on": date(1995, 8, 16)}, "review date lies before", id="review-before-release"),
        pytest.param({"opens_on": date(2024, 8, 8)}, "Credit cannot open before", id="opens-before-review"),
        pytest.param({"expires_on": date(2024, 8, 8)}, "ends before it begins", id="ends-before-it-begins"),
        pytest.param({"zone": "Pacific/Atlantis"}, "is not a time zone", id="unknown-zone"),
        pytest.param({"grace_days": -1}, "between 0 and 366", id="negative-grace"),
        pytest.param({"grace_days": 367}, "between 0 and 366", id="too-much-grace"),
        pytest.param({"offers": []}, "No credit is offered", id="no-offer"),
        pytest.param({"offers": [("ama-pra-category-1", 4), ("abim-moc", 0)]}, "at least a quarter", id="empty-offer"),
        pytest.param(
            {"offers": [("ama-pra-category-1", 3), ("ancc-contact-hour", 4)]}, "(45 minutes", id="not-the-physicians"
        ),
        pytest.param({"pass_points": 11}, "pass mark", id="pass-mark-unreachable"),
        pytest.param({"pass_points": 0}, "pass mark", id="pass-mark-zero"),
        pytest.param({"estimated_minutes": 52}, "does not match the credit", id="52-minutes-are-not-four-quarters"),
        pytest.param({"estimated_minutes": 68}, "does not match the credit", id="68-minutes-are-not-four-quarters"),
        pytest.param({"estimate_method": " "}, "how the estimated time", id="no-method"),
        pytest.param({"learning_format": ""}, "learning format", id="no-format"),
        pytest.param({"front_matter": {"purpose": "x"}}, "lacks “commercial support”", id="front-matter-incomplete"),
        pytest.param({"accreditation_statement": ""}, "statements are missing", id="no-accreditation-statement"),
        pytest.param({"designation_statement": " "}, "statements are missing", id="no-designation-statement"),
        pytest.param({"has_references": False}, "no reference", id="no-reference"),
        pytest.param({"extra": ["The quiz gives 9 points."]}, "The quiz gives 9 points.", id="another-wing-objects"),
    ],
)
def test_each_obstacle_is_named(changes: dict[str, object], words: str) -> None:
    found = publish_obstacles(draft(**changes))
    assert any(words in sentence for sentence in found), found


@pytest.mark.parametrize(
    ("offers", "awarded"),
    [
        pytest.param([("ama-pra-category-1", 4)], ("ama-pra-category-1", 4), id="one"),
        pytest.param(
            [("ama-pra-category-1", 4), ("ancc-contact-hour", 5)],
            ("ama-pra-category-1", 4),
            id="nurses-could-claim-more",
        ),
        pytest.param([("abim-moc", 4), ("ama-pra-category-1", 4)], ("ama-pra-category-1", 4), id="same-amount"),
        pytest.param([("zz", 1), ("ama-pra-category-1", 2), ("aa", 400)], ("ama-pra-category-1", 2), id="in-between"),
        pytest.param([("ancc-contact-hour", 4), ("aapa-category-1", 5)], ("aapa-category-1", 5), id="without-it-most"),
        pytest.param([("b", 4), ("a", 4)], ("a", 4), id="without-it-by-name"),
        pytest.param([("aafp-prescribed", 4), ("ancc-contact-hour", 5)], ("aafp-prescribed", 4), id="nurses-only-last"),
    ],
)
def test_physicians_earn_their_own_type_however_much_others_could_claim(
    offers: list[tuple[str, int]], awarded: tuple[str, int]
) -> None:
    assert awarded_offer(offers) == awarded
    assert awarded_offer(offers[::-1]) == awarded
    assert publish_obstacles(draft(offers=offers, estimated_minutes=awarded[1] * 15)) == []


AMA = "The Society designates this [format] for a maximum of [credits] AMA PRA Category 1 Credit(s)™."


@pytest.mark.parametrize(
    ("mode", "statement", "offered", "words"),
    [
        ("accredited", AMA, "ama-pra-category-1", None),
        (
            "accredited",
            AMA.replace("AMA PRA", "*AMA PRA*").replace(" Category", "\nCategory"),
            "ama-pra-category-1",
            None,
        ),
        ("accredited", AMA, "ama-pra-category1", "does not offer it"),
        ("accredited", AMA, "ancc-contact-hour", "does not offer it"),
        ("accredited", "Designated for [credits].", "ama-pra-category-1", "does not name it"),
        ("accredited", "Designated for [credits].", "ancc-contact-hour", None),
        ("demonstration", "Not designated.", "ama-pra-category-1", None),
    ],
)
def test_statement_and_offer_speak_of_the_same_credit(
    mode: str, statement: str, offered: str, words: str | None
) -> None:
    found = publish_obstacles(draft(provider_mode=mode, designation_statement=statement, offers=[(offered, 4)]))
    assert found == [] if words is None else words in found[0]


def test_where_nothing_is_offered_nothing_is_awarded() -> None:
    with pytest.raises(ValueError, match="empty"):
        awarded_offer([])


@pytest.mark.parametrize("minutes", [53, 60, 67])
def test_the_estimate_may_lie_within_the_nearest_quarter_hour(minutes: int) -> None:
    assert publish_obstacles(draft(estimated_minutes=minutes)) == []


GRACE = term_of(date(2024, 8, 9), date(2027, 8, 9), LOS_ANGELES, 7)
LAST = "9 August 2027, 11:59 pm Los Angeles time"
CLOSED = (
    "This module stopped awarding credit at the end of 9 August 2027, Los Angeles time. "
    "You can read it and test yourself without credit."
)
IN_GRACE = (
    "This module stopped awarding credit at the end of 9 August 2027, Los Angeles time. If you had read it and passed "
    "its quiz by then, you can evaluate and claim until 16 August 2027, 11:59 pm Los Angeles time."
)


@pytest.mark.parametrize(
    ("term", "now", "state", "sentence", "can_start"),
    [
        (
            SHIPPED,
            SHIPPED.opens_at - INSTANT,
            ClosingState.NOT_YET,
            "Credit opens on 9 August 2024, 12:00 am Los Angeles time.",
            False,
        ),
        (SHIPPED, SHIPPED.opens_at, ClosingState.OPEN, f"Credit can be earned until {LAST}.", True),
        (
            SHIPPED,
            SHIPPED.closes_at - timedelta(days=30),
            ClosingState.OPEN,
            f"Credit can be earned until {LAST}.",
            True,
        ),
        (
            SHIPPED,
            SHIPPED.closes_at - timedelta(days=30) + INSTANT,
            ClosingState.SOON,
            f"Credit closes in 29 days, on {LAST}.",
            True,
        ),
        (
            SHIPPED,
            SHIPPED.closes_at - timedelta(hours=24),
            ClosingState.SOON,
            f"Credit closes in 24 hours, on {LAST}.",
            True,
        ),
        (
            SHIPPED,
            SHIPPED.closes_at - timedelta(hours=24) + INSTANT,
            ClosingState.HOURS,
            f"Credit closes in 23 hours, on {LAST}.",
            True,
        ),
        (
            SHIPPED,
            SHIPPED.closes_at - timedelta(minutes=60),
            ClosingState.HOURS,
            f"Credit closes in 60 minutes, on {LAST}.",
            True,
        ),
        (
            SHIPPED,
            SHIPPED.closes_at - timedelta(minutes=40),
            ClosingState.HOURS,
            f"Credit closes in 40 minutes; this module takes about 60 minutes. It closes on {LAST}.",
            True,
        ),
        (
            SHIPPED,
            SHIPPED.closes_at - INSTANT,
            ClosingState.HOURS,
            f"Credit closes in less than a minute; this module takes about 60 minutes. It closes on {LAST}.",
            True,
        ),
        (
            SHIPPED,
            SHIPPED.closes_at,
            ClosingState.CLOSED,
            CLOSED,
            False,
        ),
        (
            GRACE,
            GRACE.closes_at,
            ClosingState.GRACE,
            IN_GRACE,
            False,
        ),
        (
            GRACE,
            GRACE.claims_close_at - INSTANT,
            ClosingState.GRACE,
            IN_GRACE,
            False,
        ),
        (
            GRACE,
            GRACE.claims_close_at,
            ClosingState.CLOSED,
            CLOSED,
            False,
        ),
    ],
)
def test_the_end_is_announced_in_words(
    term: object, now: datetime, state: ClosingState, sentence: str, can_start: bool
) -> None:
    closing = closing_of(term, withdrawn=False, estimated_minutes=60, now=now)  # type: ignore[arg-type]
    assert (closing.state, closing.sentence, closing.can_start) == (state, sentence, can_start)


@pytest.mark.parametrize("now", [SHIPPED.opens_at - INSTANT, SHIPPED.opens_at, SHIPPED.closes_at])
def test_a_withdrawn_release_says_so_at_any_time(now: datetime) -> None:
    closing = closing_of(SHIPPED, withdrawn=True, estimated_minutes=60, now=now)
    assert closing.state is ClosingState.WITHDRAWN
    assert not closing.can_start
    assert "Credit earned before stays valid." in closing.sentence


def test_search_words_fold_accents_case_and_letters_of_their_own() -> None:
    assert fold("Łódź  Ødegård ÆON Straße") == "lodz odegard aeon strasse"
    assert search_words("  Fièvre   |  CRAMP ") == ["fievre", "cramp"]
    assert len(search_words("a " * 50)) == 8


def test_a_specialty_is_found_whole_and_not_in_part() -> None:
    stored = search_text("Title", "About neurology.", ["Sleep medicine", "Neurology"], ["key|word"])
    assert bounded("Neurology") in stored
    assert bounded("Sleep medicine") in stored
    assert bounded("medicine") not in stored
    assert "key word" in stored
