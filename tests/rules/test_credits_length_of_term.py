"""How long a term may be: three years after the later of release and review, to the day."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from cme.activities.rules import ReleaseDraft, latest_expiry, publish_obstacles
from tests.factories.modules import FRONT_MATTER

DRAFT = ReleaseDraft(
    released_on=date(1995, 8, 17),
    reviewed_on=date(2024, 8, 9),
    opens_on=date(2024, 8, 9),
    expires_on=date(2027, 8, 9),
    zone="America/Los_Angeles",
    grace_days=0,
    learning_format="enduring material",
    estimated_minutes=60,
    estimate_method="Counted.",
    pass_points=8,
    total_points=10,
    offers=[("ama-pra-category-1", 4)],
    front_matter=FRONT_MATTER,
    provider_mode="demonstration",
    accreditation_statement="Not accredited.",
    designation_statement="No credit is designated.",
    has_references=True,
)

# Name: (released on, reviewed on, last possible day)
LIMITS = {
    "review later than release": (date(1995, 8, 17), date(2024, 8, 9), date(2027, 8, 9)),
    "never reviewed": (date(2024, 8, 9), None, date(2027, 8, 9)),
    "reviewed on the day of release": (date(2024, 8, 9), date(2024, 8, 9), date(2027, 8, 9)),
    "29 February": (date(2024, 2, 29), None, date(2027, 2, 28)),
    "28 February before a leap year": (date(2025, 2, 28), None, date(2028, 2, 28)),
    "1 March": (date(2024, 3, 1), None, date(2027, 3, 1)),
    "29 February in four years' reach": (date(2020, 2, 29), date(2028, 2, 29), date(2031, 2, 28)),
}


@pytest.mark.parametrize(("released_on", "reviewed_on", "limit"), LIMITS.values(), ids=LIMITS.keys())
def test_three_years_to_the_day_are_published_and_one_day_more_is_not(
    released_on: date, reviewed_on: date | None, limit: date
) -> None:
    opens_on = max(released_on, reviewed_on or released_on)
    draft = replace(DRAFT, released_on=released_on, reviewed_on=reviewed_on, opens_on=opens_on, expires_on=limit)
    assert latest_expiry(released_on, reviewed_on) == limit
    assert publish_obstacles(draft) == []
    found = publish_obstacles(replace(draft, expires_on=limit + timedelta(days=1)))
    assert len(found) == 1
    assert "three years" in found[0]


def test_grace_does_not_lengthen_the_term() -> None:
    assert publish_obstacles(replace(DRAFT, grace_days=366)) == []
    assert "grace" in publish_obstacles(replace(DRAFT, grace_days=367))[0]


@pytest.mark.parametrize(
    ("opens_on", "allowed"),
    [(date(2024, 8, 8), False), (date(2024, 8, 9), True), (date(2027, 8, 9), True)],
    ids=["before the review", "on the day of the review", "on the last day"],
)
def test_credit_opens_on_the_day_of_the_review_at_the_earliest(opens_on: date, allowed: bool) -> None:
    assert (publish_obstacles(replace(DRAFT, opens_on=opens_on)) == []) is allowed


def test_a_term_cannot_end_before_it_begins() -> None:
    found = publish_obstacles(replace(DRAFT, opens_on=date(2026, 1, 2), expires_on=date(2026, 1, 1)))
    assert found == ["The term ends before it begins."]
