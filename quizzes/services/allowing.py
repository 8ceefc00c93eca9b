"""Whether one more attempt is allowed: the version's rules and what the person is granted."""

from datetime import datetime

from sqlalchemy.orm import Session

from quizzes.queries.accommodations import accommodation_of
from quizzes.queries.attempts import AttemptRow
from quizzes.rules.delivery import NO_ACCOMMODATION, Accommodation, DeliveryRules, MayAnswer, MayNotAnswer, may_begin


def granted_for(session: Session, person_id: int, rules: DeliveryRules) -> Accommodation:
    """What the person is granted, where the version's rules limit anything."""
    if rules.attempts is None and not rules.wait_hours and rules.minutes is None:
        return NO_ACCOMMODATION
    return accommodation_of(session, person_id)


def may_begin_again(
    rules: DeliveryRules, granted: Accommodation, attempts: list[AttemptRow], *, zone: str, now: datetime
) -> MayAnswer | MayNotAnswer:
    """Whether a person's attempts (newest first) leave room for one more that is for credit."""
    failed = [row for row in attempts if row.for_credit and row.submitted_at is not None and not row.passed]
    last = failed[0].submitted_at if failed else None
    return may_begin(rules, granted, used=len(failed), last_failed_at=last, zone=zone, now=now)
