"""Local days and the instants they begin and end at, and how both are written for people."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def first_instant(day: date, zone: str) -> datetime:
    """The instant at which the local day begins, in UTC.

    Where clocks are put forward over midnight, 00:00 does not exist that day; `fold=0` maps it to the instant the gap
    begins, which is exactly when the day before ended. Where midnight happens twice, the first one counts.
    """
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def end_instant(day: date, zone: str) -> datetime:
    """The instant at which the local day is over: half-open intervals end here."""
    return first_instant(day + timedelta(days=1), zone)


def local_day(instant: datetime, zone: str) -> date:
    """The calendar day it is in the zone at that instant."""
    return instant.astimezone(ZoneInfo(zone)).date()


def add_years(day: date, years: int) -> date:
    """The same day some years later; 29 February becomes 28 February in a common year."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def zone_name(zone: str) -> str:
    """ "Los Angeles" for "America/Los_Angeles"; "UTC" stays."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def day_phrase(day: date) -> str:
    """ "9 August 2027"."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def instant_phrase(instant: datetime, zone: str) -> str:
    """ "9 August 2027, 11:59 pm Los Angeles time"."""
    local = instant.astimezone(ZoneInfo(zone))
    hour = local.hour % 12 or 12
    half = "am" if local.hour < 12 else "pm"
    suffix = "UTC" if zone == "UTC" else f"{zone_name(zone)} time"
    return f"{day_phrase(local.date())}, {hour}:{local.minute:02d} {half} {suffix}"


def closing_phrase(closes_at: datetime, zone: str) -> str:
    """The last minute that still counts, for a half-open end: 00:00 of the next day reads as 11:59 pm."""
    return instant_phrase(closes_at - timedelta(minutes=1), zone)
