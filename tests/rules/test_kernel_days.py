"""Local days as instants: both ends of clock changes, days that lack a midnight, leap days, and the words for them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cme.kernel.days import (
    add_years,
    closing_phrase,
    day_phrase,
    end_instant,
    first_instant,
    instant_phrase,
    local_day,
    zone_name,
)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


ENDS = {
    "Los Angeles, the shipped module": (date(2027, 8, 9), "America/Los_Angeles", utc(2027, 8, 10, 7)),
    "Los Angeles in winter": (date(2026, 12, 31), "America/Los_Angeles", utc(2027, 1, 1, 8)),
    "New York in winter": (date(2026, 12, 31), "America/New_York", utc(2027, 1, 1, 5)),
    "Honolulu": (date(2026, 12, 31), "Pacific/Honolulu", utc(2027, 1, 1, 10)),
    "Kiritimati": (date(2026, 12, 31), "Pacific/Kiritimati", utc(2026, 12, 31, 10)),
    "UTC": (date(2026, 12, 31), "UTC", utc(2027, 1, 1)),
    "Kathmandu, 45 minutes": (date(2026, 12, 31), "Asia/Kathmandu", utc(2026, 12, 31, 18, 15)),
    "day of spring change, New York": (date(2027, 3, 14), "America/New_York", utc(2027, 3, 15, 4)),
    "day before spring change, New York": (date(2027, 3, 13), "America/New_York", utc(2027, 3, 14, 5)),
    "day of autumn change, New York": (date(2026, 11, 1), "America/New_York", utc(2026, 11, 2, 5)),
    "day before autumn change, New York": (date(2026, 10, 31), "America/New_York", utc(2026, 11, 1, 4)),
    "day of spring change, Los Angeles": (date(2027, 3, 14), "America/Los_Angeles", utc(2027, 3, 15, 7)),
    "day of autumn change, Los Angeles": (date(2027, 11, 7), "America/Los_Angeles", utc(2027, 11, 8, 8)),
    "next midnight does not exist, Beirut": (date(2024, 3, 30), "Asia/Beirut", utc(2024, 3, 30, 22)),
    "next midnight does not exist, Cairo": (date(2024, 4, 25), "Africa/Cairo", utc(2024, 4, 25, 22)),
    "next midnight does not exist, Sao Paulo": (date(2018, 11, 3), "America/Sao_Paulo", utc(2018, 11, 4, 3)),
    "last hour twice, Sao Paulo": (date(2018, 2, 17), "America/Sao_Paulo", utc(2018, 2, 18, 3)),
    "next midnight twice, Havana": (date(2026, 10, 31), "America/Havana", utc(2026, 11, 1, 4)),
    "next day skipped whole, Apia": (date(2011, 12, 29), "Pacific/Apia", utc(2011, 12, 30, 10)),
}


@pytest.mark.parametrize(("day", "zone", "end"), ENDS.values(), ids=ENDS.keys())
def test_a_local_day_ends_at_exactly_this_instant(day: date, zone: str, end: datetime) -> None:
    assert end_instant(day, zone) == end
    assert end_instant(day, zone).tzinfo == UTC
    assert local_day(end - timedelta(microseconds=1), zone) == day
    assert local_day(end, zone) > day


@pytest.mark.parametrize(("day", "zone", "end"), ENDS.values(), ids=ENDS.keys())
def test_the_next_day_begins_where_the_day_ends(day: date, zone: str, end: datetime) -> None:
    assert first_instant(day + timedelta(days=1), zone) == end


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        (date(2027, 3, 14), "America/New_York", 23),
        (date(2026, 11, 1), "America/New_York", 25),
        (date(2027, 4, 4), "Australia/Lord_Howe", 24.5),
        (date(2026, 10, 4), "Australia/Lord_Howe", 23.5),
        (date(2024, 3, 31), "Asia/Beirut", 23),
        (date(2018, 2, 17), "America/Sao_Paulo", 25),
        (date(2011, 12, 30), "Pacific/Apia", 0),
        (date(2026, 6, 1), "America/New_York", 24),
    ],
    ids=[
        "spring",
        "autumn",
        "half an hour longer",
        "half an hour shorter",
        "midnight gap",
        "midnight fold",
        "no such day",
        "ordinary",
    ],
)
def test_a_day_is_as_long_as_its_clock_made_it(day: date, zone: str, hours: float) -> None:
    assert end_instant(day, zone) - first_instant(day, zone) == timedelta(hours=hours)


def test_the_two_half_past_ones_of_an_autumn_night_stay_apart() -> None:
    assert local_day(utc(2026, 11, 1, 5, 30), "America/New_York") == date(2026, 11, 1)
    assert instant_phrase(utc(2026, 11, 1, 5, 30), "America/New_York") == "1 November 2026, 1:30 am New York time"
    assert instant_phrase(utc(2026, 11, 1, 6, 30), "America/New_York") == "1 November 2026, 1:30 am New York time"
    assert utc(2026, 11, 1, 5, 30) < utc(2026, 11, 1, 6, 30)


@pytest.mark.parametrize(
    ("day", "years", "later"),
    [
        (date(2024, 8, 9), 3, date(2027, 8, 9)),
        (date(2028, 2, 29), 1, date(2029, 2, 28)),
        (date(2028, 2, 29), 3, date(2031, 2, 28)),
        (date(2028, 2, 29), 4, date(2032, 2, 29)),
        (date(2028, 2, 28), 3, date(2031, 2, 28)),
        (date(2028, 3, 1), 3, date(2031, 3, 1)),
        (date(2027, 2, 28), 1, date(2028, 2, 28)),
        (date(2096, 2, 29), 4, date(2100, 2, 28)),
    ],
    ids=str,
)
def test_years_are_added_by_the_calendar_and_a_leap_day_gives_way(day: date, years: int, later: date) -> None:
    assert add_years(day, years) == later


def test_instants_are_written_with_their_zone() -> None:
    closes_at = utc(2027, 8, 10, 7)
    assert closing_phrase(closes_at, "America/Los_Angeles") == "9 August 2027, 11:59 pm Los Angeles time"
    assert instant_phrase(closes_at, "America/Los_Angeles") == "10 August 2027, 12:00 am Los Angeles time"
    assert instant_phrase(utc(2027, 8, 10, 19, 5), "America/Los_Angeles") == "10 August 2027, 12:05 pm Los Angeles time"
    assert instant_phrase(utc(2027, 8, 10, 7), "UTC") == "10 August 2027, 7:00 am UTC"
    assert day_phrase(date(2027, 8, 9)) == "9 August 2027"
    assert zone_name("America/Argentina/Buenos_Aires") == "Buenos Aires"


@pytest.mark.parametrize("zone", ["Asia/Beirut", "Africa/Cairo", "America/Sao_Paulo", "America/Havana"])
def test_the_last_minute_of_a_day_without_a_midnight_behind_it_is_still_that_day(zone: str) -> None:
    for day, found, end in ENDS.values():
        if found == zone and local_day(end - timedelta(minutes=1), zone) == day:
            assert closing_phrase(end, zone).startswith(f"{day_phrase(day)}, 11:59 pm")
            return
    raise AssertionError(f"no row of the table is about {zone}")
