"""The term through the services: each case on both sides of each edge, on both databases."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from cme.activities.models import Release
from cme.activities.service import publish_release, record_front_matter, withdraw_release
from cme.credits.models import Credit, RequirementMet
from cme.credits.queries import progress_of, transcript
from cme.credits.rules import MayNotStart, MayStart
from cme.credits.service import record_requirement
from cme.kernel.refusal import Invalid, Refused
from tests.factories.modules import Module, make_module
from tests.factories.people import make_person
from tests.support import journeys

LOS_ANGELES = "America/Los_Angeles"
TICK = timedelta(microseconds=1)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


OPENS = utc(2024, 8, 9, 7)
CLOSES = utc(2027, 8, 10, 7)


@dataclass(frozen=True)
class Case:
    """A release, when it is completed and when claimed."""

    completed_at: datetime
    claimed_at: datetime
    expected: str
    opens_on: date = date(2024, 8, 9)
    expires_on: date = date(2027, 8, 9)
    zone: str = LOS_ANGELES
    grace_days: int = 0


def at(instant: datetime, expected: str, **release: object) -> Case:
    """Completed and claimed at one instant."""
    return replace(Case(instant, instant, expected), **release)  # type: ignore[arg-type]


SPRING = {"opens_on": date(2024, 3, 15), "expires_on": date(2027, 3, 14)}
AUTUMN = {"opens_on": date(2024, 1, 1), "expires_on": date(2026, 11, 1)}
BEIRUT = {"opens_on": date(2024, 1, 1), "expires_on": date(2024, 3, 30), "zone": "Asia/Beirut"}
LEAP = {"opens_on": date(2024, 2, 29), "expires_on": date(2027, 2, 28)}
NEW_YEAR = {"opens_on": date(2024, 1, 1), "expires_on": date(2026, 12, 31)}

CASES = {
    "one microsecond before 10 August 2027 in Los Angeles": at(CLOSES - TICK, "granted"),
    "that instant": at(CLOSES, "completed_after_term"),
    "a day before it opens": at(OPENS - timedelta(days=1), "not_open_yet"),
    "one microsecond before it opens": at(OPENS - TICK, "not_open_yet"),
    "first instant of the first day": at(OPENS, "granted"),
    "completed inside, claimed outside, no grace": Case(utc(2027, 8, 9, 12), utc(2027, 8, 16, 12), "claims_closed"),
    "completed inside, claimed at the end, no grace": Case(CLOSES - TICK, CLOSES, "claims_closed"),
    "7 days of grace, on 16 August 2027": Case(
        utc(2027, 8, 9, 12), utc(2027, 8, 17, 7) - TICK, "granted", grace_days=7
    ),
    "7 days of grace, on 17 August 2027": Case(utc(2027, 8, 9, 12), utc(2027, 8, 17, 7), "claims_closed", grace_days=7),
    "grace does not help a late completion": Case(
        CLOSES, CLOSES + timedelta(hours=1), "completed_after_term", grace_days=7
    ),
    "ends on the day clocks go forward, last microsecond": at(utc(2027, 3, 15, 7) - TICK, "granted", **SPRING),
    "ends on the day clocks go forward, local midnight": at(utc(2027, 3, 15, 7), "completed_after_term", **SPRING),
    "ends on the day clocks go back, last microsecond": at(utc(2026, 11, 2, 8) - TICK, "granted", **AUTUMN),
    "ends on the day clocks go back, local midnight": at(utc(2026, 11, 2, 8), "completed_after_term", **AUTUMN),
    "ends where midnight does not exist, last microsecond": at(utc(2024, 3, 30, 22) - TICK, "granted", **BEIRUT),
    "ends where midnight does not exist": at(utc(2024, 3, 30, 22), "completed_after_term", **BEIRUT),
    "from 29 February plus three years, 28 February": at(utc(2027, 3, 1, 8) - TICK, "granted", **LEAP),
    "from 29 February plus three years, 1 March": at(utc(2027, 3, 1, 8), "completed_after_term", **LEAP),
    "New York, last microsecond": at(utc(2027, 1, 1, 5) - TICK, "granted", zone="America/New_York", **NEW_YEAR),
    "New York, local midnight": at(utc(2027, 1, 1, 5), "completed_after_term", zone="America/New_York", **NEW_YEAR),
    "Honolulu, last microsecond": at(utc(2027, 1, 1, 10) - TICK, "granted", zone="Pacific/Honolulu", **NEW_YEAR),
    "Honolulu, local midnight": at(utc(2027, 1, 1, 10), "completed_after_term", zone="Pacific/Honolulu", **NEW_YEAR),
    "Kiritimati, last microsecond": at(utc(2026, 12, 31, 10) - TICK, "granted", zone="Pacific/Kiritimati", **NEW_YEAR),
    "Kiritimati, local midnight": at(
        utc(2026, 12, 31, 10), "completed_after_term", zone="Pacific/Kiritimati", **NEW_YEAR
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_term_decides(session: Session, case: Case) -> None:
    made = utc(2024, 1, 1)
    module = make_module(
        session,
        now=made,
        opens_on=case.opens_on,
        expires_on=case.expires_on,
        zone=case.zone,
        grace_days=case.grace_days,
    )
    person = make_person(session, now=made)
    _complete_whatever_the_term_says(session, person.id, module.release_id, case.completed_at)
    result = journeys.claim(session, person.id, module.release_id, now=case.claimed_at)
    assert journeys.outcome(result) == case.expected
    (decision,) = journeys.decisions_of(session, person.id)
    assert decision.decided_at == case.claimed_at
    assert decision.code == case.expected
    credit = session.scalar(select(Credit).where(Credit.person_id == person.id))
    if case.expected == "granted":
        assert credit is not None
        assert (credit.completed_at, credit.granted_at) == (case.completed_at, case.claimed_at)
        assert credit.opens_at <= credit.completed_at < credit.closes_at
        assert decision.outcome == "granted"
    else:
        assert credit is None
        assert result.denied is not None
        assert decision.outcome == "denied"
        assert decision.sentence == result.denied.sentence


def _complete_whatever_the_term_says(session: Session, person_id: int, release_id: int, now: datetime) -> None:
    """Write the facts as they would lie there had every earlier check failed, so that the claim alone must hold."""
    record_front_matter(session, person_id, journeys.release_of(session, release_id), now=now)
    journeys.read(session, person_id, release_id, now=now)
    record_requirement(session, person_id, release_id, met_at=now, evidence="attempt:1")


@pytest.mark.parametrize(
    ("now", "allowed"),
    [
        (OPENS - timedelta(days=1), False),
        (OPENS - TICK, False),
        (OPENS, True),
        (CLOSES - TICK, True),
        (CLOSES, False),
        (CLOSES + timedelta(days=1), False),
    ],
    ids=["a day before", "one microsecond before", "first instant", "last microsecond", "the end", "in the grace"],
)
def test_a_start_outside_the_term_is_refused_and_records_nothing(
    session: Session, now: datetime, allowed: bool
) -> None:
    module = make_module(session, now=utc(2024, 1, 1), grace_days=7)
    person = make_person(session, now=utc(2024, 1, 1))
    verdict = journeys.start(session, person.id, module.release_id, now=now)
    assert isinstance(verdict, MayStart) is allowed
    seen = progress_of(session, person.id, journeys.release_of(session, module.release_id)).front_matter_seen_at
    assert seen == (now if allowed else None)


@pytest.mark.parametrize(
    ("submitted_at", "counted"),
    [(CLOSES - TICK, True), (CLOSES, False), (CLOSES + timedelta(days=3), False)],
    ids=["one microsecond before the end", "at the end", "days after, in the grace"],
)
def test_started_inside_and_submitted_outside_is_a_self_test(
    session: Session, submitted_at: datetime, counted: bool
) -> None:
    module = make_module(session, now=utc(2024, 1, 1), grace_days=7)
    person = make_person(session, now=utc(2024, 1, 1))
    begun_at = CLOSES - timedelta(hours=1)
    journeys.start(session, person.id, module.release_id, now=begun_at)
    journeys.read(session, person.id, module.release_id, now=begun_at)
    code = journeys.begin_quiz(session, person.id, module.release_id, now=begun_at)
    graded = journeys.submit_quiz(session, person.id, module.release_id, code, now=submitted_at)
    assert graded.passed, "it is graded all the same"
    assert graded.counted is counted
    met = session.scalar(select(RequirementMet.met_at).where(RequirementMet.person_id == person.id))
    assert met == (submitted_at if counted else None)
    result = journeys.claim(session, person.id, module.release_id, now=submitted_at)
    assert journeys.outcome(result) == ("granted" if counted else "quiz_not_passed")
    assert journeys.count_credits(session) == (1 if counted else 0)


def test_begun_outside_the_term_never_counts_even_if_a_clock_goes_back(session: Session) -> None:
    module = make_module(session, now=utc(2024, 1, 1))
    person = make_person(session, now=utc(2024, 1, 1))
    code = journeys.begin_quiz(session, person.id, module.release_id, now=CLOSES)
    graded = journeys.submit_quiz(session, person.id, module.release_id, code, now=CLOSES - timedelta(seconds=5))
    assert graded.passed
    assert not graded.counted


def test_received_before_the_end_counts_however_late_it_is_committed(session: Session) -> None:
    module = make_module(session, now=utc(2024, 1, 1))
    person = make_person(session, now=utc(2024, 1, 1))
    received_at = CLOSES - TICK
    journeys.complete(session, person.id, module.release_id, now=received_at)
    # The services are told when the request was received; no clock is asked again before the commit.
    result = journeys.claim(session, person.id, module.release_id, now=received_at)
    session.flush()
    assert journeys.outcome(result) == "granted"
    assert result.credit is not None
    assert result.credit.granted_at == received_at


@pytest.mark.parametrize("completed", [False, True], ids=["in the middle of an attempt", "just before the claim"])
def test_a_withdrawal_stops_starts_and_claims(session: Session, completed: bool) -> None:
    now = utc(2026, 6, 1)
    module = make_module(session, now=now)
    person = make_person(session, now=now)
    journeys.start(session, person.id, module.release_id, now=now)
    journeys.read(session, person.id, module.release_id, now=now)
    code = journeys.begin_quiz(session, person.id, module.release_id, now=now)
    withdrawn_at = now + timedelta(hours=1)
    if completed:
        assert journeys.submit_quiz(session, person.id, module.release_id, code, now=now).counted
    withdraw_release(session, module.release_id, "A safety notice.", by=None, now=withdrawn_at)
    if not completed:
        graded = journeys.submit_quiz(session, person.id, module.release_id, code, now=withdrawn_at)
        assert graded.passed
        assert not graded.counted
    result = journeys.claim(session, person.id, module.release_id, now=withdrawn_at)
    assert journeys.outcome(result) == "withdrawn"
    assert journeys.count_credits(session) == 0
    assert len(journeys.decisions_of(session, person.id)) == 1
    verdict = journeys.start(session, make_person(session, now=now).id, module.release_id, now=withdrawn_at)
    assert isinstance(verdict, MayNotStart)
    assert verdict.code.value == "withdrawn"
    with pytest.raises(Refused, match="withdrawn"):
        journeys.begin_quiz(session, make_person(session, now=now).id, module.release_id, now=withdrawn_at)


def test_credit_earned_before_a_withdrawal_stays_and_is_shown_again(session: Session) -> None:
    now = utc(2026, 6, 1)
    module = make_module(session, now=now)
    person = make_person(session, now=now)
    credit_id = journeys.earn(session, person.id, module.release_id, now=now)
    withdraw_release(session, module.release_id, "A safety notice.", by=None, now=now + timedelta(hours=1))
    again = journeys.claim(session, person.id, module.release_id, now=now + timedelta(days=1))
    assert again.repeated
    assert again.credit is not None
    assert again.credit.credit_id == credit_id
    assert len(journeys.decisions_of(session, person.id)) == 1


def test_earned_credit_outlives_the_term(session: Session) -> None:
    module = make_module(session, now=utc(2024, 1, 1))
    person = make_person(session, now=utc(2024, 1, 1))
    credit_id = journeys.earn(session, person.id, module.release_id, now=CLOSES - TICK)
    again = journeys.claim(session, person.id, module.release_id, now=utc(2040, 1, 1))
    assert again.credit is not None
    assert again.credit.credit_id == credit_id
    assert [entry.credit_id for entry in transcript(session, person.id)] == [credit_id]


@pytest.mark.parametrize(
    ("repeat_credit", "expected"),
    [(False, "credited_for_earlier_release"), (True, "granted")],
    ids=["default", "credit may be earned again"],
)
def test_a_later_release_of_the_same_activity(session: Session, repeat_credit: bool, expected: str) -> None:
    now = utc(2026, 6, 1)
    module = make_module(session, now=now, expires_on=date(2026, 6, 30))
    person, newcomer = make_person(session, now=now), make_person(session, now=now)
    journeys.earn(session, person.id, module.release_id, now=now)
    later = _second_release(session, module, now=now, repeat_credit=repeat_credit)
    then = utc(2026, 8, 1)
    verdict = journeys.start(session, person.id, later, now=then)
    assert isinstance(verdict, MayStart) is repeat_credit
    _complete_whatever_the_term_says(session, person.id, later, then)
    result = journeys.claim(session, person.id, later, now=then)
    assert journeys.outcome(result) == expected
    assert journeys.count_credits(session, person.id) == (2 if repeat_credit else 1)
    _complete_whatever_the_term_says(session, newcomer.id, later, then)
    assert journeys.outcome(journeys.claim(session, newcomer.id, later, now=then)) == "granted"


@pytest.mark.parametrize(
    ("repeat_credit", "expected"),
    [(False, "credited_for_later_release"), (True, "granted")],
    ids=["default", "credit may be earned again"],
)
def test_the_order_of_the_claims_gives_no_second_credit(session: Session, repeat_credit: bool, expected: str) -> None:
    """Completed, not claimed; the next release is earned; then the first one's days of grace are used."""
    module = make_module(session, now=utc(2026, 6, 1), expires_on=date(2026, 6, 30), grace_days=90)
    person = make_person(session, now=utc(2026, 6, 1))
    journeys.complete(session, person.id, module.release_id, now=utc(2026, 6, 1))
    later = _second_release(session, module, now=utc(2026, 6, 1), repeat_credit=repeat_credit)
    journeys.earn(session, person.id, later, now=utc(2026, 8, 1))
    result = journeys.claim(session, person.id, module.release_id, now=utc(2026, 8, 2))
    assert journeys.outcome(result) == expected
    assert journeys.count_credits(session, person.id) == (2 if repeat_credit else 1)


def test_credit_for_another_activity_is_no_hindrance(session: Session) -> None:
    now = utc(2026, 6, 1)
    person = make_person(session, now=now)
    journeys.earn(session, person.id, make_module(session, now=now).release_id, now=now)
    other = make_module(session, now=now)
    _second_release(session, other, now=now, repeat_credit=False)
    journeys.earn(session, person.id, other.release_id, now=now)
    assert journeys.count_credits(session, person.id) == 2


def _second_release(session: Session, module: Module, *, now: datetime, repeat_credit: bool) -> int:
    return journeys.successor(session, module, now=now, opens_on=date(2026, 7, 1), repeat_credit=repeat_credit)


@pytest.mark.parametrize(
    ("released_on", "reviewed_on", "expires_on", "closes_at"),
    [
        (date(1995, 8, 17), date(2024, 8, 9), date(2027, 8, 9), utc(2027, 8, 10, 7)),
        (date(1995, 8, 17), date(2024, 8, 9), date(2027, 8, 10), None),
        (date(2024, 8, 9), None, date(2027, 8, 9), utc(2027, 8, 10, 7)),
        (date(2024, 8, 9), None, date(2027, 8, 10), None),
        (date(2024, 2, 29), None, date(2027, 2, 28), utc(2027, 3, 1, 8)),
        (date(2024, 2, 29), None, date(2027, 3, 1), None),
    ],
    ids=[
        "review: to the day",
        "review: one day more",
        "release: to the day",
        "release: one day more",
        "29 February: 28 February",
        "29 February: 1 March",
    ],
)
def test_three_years_are_published_and_one_day_more_is_not(
    session: Session, released_on: date, reviewed_on: date | None, expires_on: date, closes_at: datetime | None
) -> None:
    now = utc(2024, 9, 1)
    module = make_module(
        session,
        now=now,
        released_on=released_on,
        reviewed_on=reviewed_on,
        opens_on=reviewed_on or released_on,
        expires_on=expires_on,
        state="draft",
        published_at=None,
    )
    if closes_at is not None:
        publish_release(session, module.release_id, by=None, now=now)
        release = session.get_one(Release, module.release_id)
        assert release.state == "published"
        assert release.closes_at == closes_at
    else:
        with pytest.raises(Invalid, match="cannot be published"):
            publish_release(session, module.release_id, by=None, now=now)
        assert session.get_one(Release, module.release_id).state == "draft"
