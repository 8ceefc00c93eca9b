"""The limits of a quiz in words, as one person meets them."""

from dataclasses import dataclass
from datetime import datetime

from cme.store.session import Session
from quizzes.queries.attempts import AttemptRow
from quizzes.rules.delivery import TODAY, DeliveryRules, MayNotAnswer, Review, attempts_allowed
from quizzes.rules.item import Kind, QuizVersionFacts
from quizzes.services.allowing import granted_for, may_begin_again
from quizzes.web.module import Shown


@dataclass(frozen=True, slots=True)
class Limits:
    """What the pages say of attempts, waiting and time; `refusal` is why no attempt for credit can begin now."""

    attempts: int | None = None
    minutes: int | None = None
    wait_hours: int = 0
    extra_time: bool = False
    refusal: str = ""
    during: Review = TODAY.during
    checks_answers: bool = False
    after_try: Review = TODAY.after_try
    after_passing: Review = TODAY.after_passing
    several_kinds: bool = False


NO_LIMITS = Limits()


def limits_of(
    session: Session,
    person_id: int,
    version: QuizVersionFacts | None,
    attempts: list[AttemptRow],
    shown: Shown,
    *,
    now: datetime,
) -> Limits:
    """The version's rules with what this person is granted."""
    if version is None:
        return NO_LIMITS
    rules: DeliveryRules = version.delivery
    granted = granted_for(session, person_id, rules)
    refusal = ""
    if shown.refusal is None and not any(row.counted for row in attempts):
        verdict = may_begin_again(rules, granted, attempts, zone=shown.release.zone, now=now)
        refusal = verdict.sentence if isinstance(verdict, MayNotAnswer) else ""
    minutes = rules.minutes and rules.minutes * (100 + granted.extra_time_percent) // 100
    return Limits(
        attempts=attempts_allowed(rules, granted),
        minutes=minutes,
        wait_hours=rules.wait_hours,
        extra_time=bool(minutes and granted.extra_time_percent),
        refusal=refusal,
        during=rules.during,
        checks_answers=rules.checks_answers,
        after_try=rules.after_try,
        after_passing=rules.after_passing,
        several_kinds=any(item.kind is not Kind.SINGLE or item.points > 1 for item in version.items.values()),
    )
