"""Counting tries, on both databases."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from cme.kernel.refusal import TooMany
from cme.people.models import Throttle
from cme.people.rules import Limit
from cme.people.services import throttle
from cme.people.services.throttle import Counter

LIMIT = Limit(60, 3)


def counter(subject: str = "a", *limits: Limit) -> Counter:
    return Counter("test", subject, limits or (LIMIT,))


def tries(session: Session) -> list[int]:
    return sorted(session.scalars(select(Throttle.tries)).all())


def test_tries_up_to_the_edge_pass_and_the_next_one_waits_for_the_window(session: Session, now: datetime):
    for second in (0, 1, 2):
        throttle.take(session, [counter()], now=now + timedelta(seconds=second))
    with pytest.raises(TooMany) as caught:
        throttle.take(session, [counter()], now=now + timedelta(seconds=20))
    assert caught.value.retry_after == 40
    throttle.take(session, [counter()], now=now + timedelta(seconds=60))


def test_subjects_and_kinds_are_counted_apart(session: Session, now: datetime):
    for _ in range(3):
        throttle.take(session, [counter("a")], now=now)
    throttle.take(session, [counter("b")], now=now)
    throttle.take(session, [Counter("other", "a", (LIMIT,))], now=now)
    assert tries(session) == [1, 1, 3]


def test_windows_of_different_length_are_counted_apart_even_when_they_begin_together(session: Session, now: datetime):
    midnight = now.replace(hour=0)
    both = counter("a", Limit(60, 9), Limit(86400, 9))
    throttle.take(session, [both], now=midnight)
    assert tries(session) == [1, 1]


def test_the_longest_wait_of_several_counters_is_told(session: Session, now: datetime):
    short, long = counter("a", Limit(60, 0)), counter("b", Limit(900, 0))
    with pytest.raises(TooMany) as caught:
        throttle.take(session, [short, long], now=now + timedelta(seconds=30))
    assert caught.value.retry_after == 870
    assert "15 minutes" in caught.value.sentence


def test_a_try_that_succeeded_is_given_back_and_only_that_one(session: Session, now: datetime):
    throttle.take(session, [counter("a")], now=now)
    ticket = throttle.take(session, [counter("a"), counter("b", Limit(900, 5))], now=now)
    throttle.take(session, [counter("noise")], now=now)
    throttle.give_back(session, ticket)
    assert tries(session) == [0, 1, 1]


def test_giving_back_never_goes_below_nothing(session: Session, now: datetime):
    ticket = throttle.take(session, [counter()], now=now)
    throttle.give_back(session, ticket)
    throttle.give_back(session, ticket)
    assert tries(session) == [0]


def test_windows_long_over_are_forgotten(session: Session, now: datetime):
    throttle.take(session, [counter("old")], now=now - timedelta(days=2, minutes=1))
    throttle.take(session, [counter("edge")], now=now - timedelta(days=2))
    throttle.take(session, [counter("new")], now=now)
    throttle.forget(session, now=now)
    assert tries(session) == [1, 1]


def test_buckets_hold_no_subject(session: Session, now: datetime):
    throttle.take(session, [counter("anna@example.org")], now=now)
    assert "anna" not in (session.scalar(select(Throttle.bucket)) or "")
