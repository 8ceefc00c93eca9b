"""Submitting an attempt, by its learner or because its time is over; graded against the version it began with."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from cme.activities.facts import ReleaseFacts
from cme.audit import service as audit
from cme.audit.tags import Event
from cme.credits import queries as credits_read
from cme.credits import rules as credit_rules
from cme.credits import service as ledger
from cme.kernel.refusal import NotFound
from quizzes.models.attempt import ATTEMPTS
from quizzes.rules.answers import complete
from quizzes.rules.delivery import MayNotAnswer, is_over, may_submit, takes_answers
from quizzes.rules.grading import AnswerSheet, Score, grade
from quizzes.services.keeping import (
    LockedAttempt,
    answers_of,
    keep,
    lock,
    store_points,
)
from quizzes.services.overriding import with_corrections
from quizzes.services.versions import VersionCache

_SUBMIT = (
    update(ATTEMPTS)
    .where(ATTEMPTS.c.id == bindparam("attempt"))
    .values(
        state="submitted",
        submitted_at=bindparam("at"),
        earned_points=bindparam("earned"),
        passed=bindparam("pass"),
        counted=bindparam("counts"),
    )
)


@dataclass(frozen=True, slots=True)
class Graded:
    """The attempt is submitted; the second time it is the same.

    `final` are positions that were graded as they had been checked, although something else was sent for them.
    """

    code: str
    passed: bool
    counted: bool
    final: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class StillOpen:
    """Nothing was submitted, because these positions have no answer; what was sent along is saved."""

    code: str
    unanswered: tuple[int, ...]
    final: tuple[int, ...] = ()


def submit(
    session: Session,
    person_id: int,
    attempt_code: str,
    sheet: AnswerSheet,
    *,
    release: ReleaseFacts,
    versions: VersionCache,
    now: datetime,
    confirm_unanswered: bool = False,
) -> Graded | StillOpen:
    """Save what the sheet holds, then grade the attempt against the version it began with; checked answers stay.

    Graded already: the first result, unchanged. A pass counts towards credit only when the attempt began for credit and
    `now`, the instant the request was received, lies inside the term. When its time is over it is submitted as saved,
    dated at the end of its time. Refuses: NotFound for a stranger's attempt.
    """
    attempt = lock(session, person_id, attempt_code)
    if attempt.release_id != release.release_id:
        raise NotFound
    if isinstance(may_submit(attempt.state), MayNotAnswer):
        return Graded(attempt_code, bool(attempt.passed), bool(attempt.counted))
    over = is_over(attempt.due_at, now=now)
    answers = answers_of(session, attempt.attempt_id)
    given = sheet if takes_answers(attempt.due_at, now=now) else AnswerSheet({})
    kept = keep(session, attempt, answers, given, now=now)
    chosen = kept.chosen
    unanswered = tuple(position for position, row in answers.items() if not complete(row.shape, chosen[position]))
    if unanswered and not confirm_unanswered and not over:
        return StillOpen(attempt_code, unanswered, kept.final)
    items = versions.get(session, attempt.version_id).facts.items
    score = grade(
        {position: items[row.question_id] for position, row in answers.items()},
        AnswerSheet({position: answer for position, answer in chosen.items() if answer is not None}),
    )
    questions = {position: row.question_id for position, row in answers.items()}
    score = with_corrections(session, score, questions, chosen, items)
    store_points(session, attempt.attempt_id, score.points)
    at = attempt.due_at if over and attempt.due_at is not None else now
    graded = _close(session, person_id, attempt_code, attempt, release, score, at=at, now=now)
    return replace(graded, final=kept.final)


def submit_overdue(
    session: Session,
    person_id: int,
    attempt_code: str,
    *,
    release: ReleaseFacts,
    versions: VersionCache,
    now: datetime,
) -> bool:
    """Submit an attempt whose time is over with what was saved, dated at that instant; False when it is not over."""
    attempt = lock(session, person_id, attempt_code)
    if attempt.state != "open" or takes_answers(attempt.due_at, now=now):
        return False
    submit(session, person_id, attempt_code, AnswerSheet({}), release=release, versions=versions, now=now)
    return True


def _close(
    session: Session,
    person_id: int,
    attempt_code: str,
    attempt: LockedAttempt,
    release: ReleaseFacts,
    score: Score,
    *,
    at: datetime,
    now: datetime,
) -> Graded:
    """Write the result; `at` is the instant it counts from, `now` the one it is written at."""
    passed = score.passed(attempt.pass_points)
    counts = (
        passed
        and attempt.for_credit
        and isinstance(credit_rules.may_count(credits_read.rule_of(release), now=at), credit_rules.MayStart)
    )
    session.execute(
        _SUBMIT,
        {"attempt": attempt.attempt_id, "at": at, "earned": score.earned, "pass": passed, "counts": counts},
    )
    if counts:
        ledger.record_requirement(
            session, person_id, release.release_id, "quiz", met_at=at, evidence=f"attempt:{attempt.attempt_id}"
        )
    audit.record(
        session,
        Event.ATTEMPT_SUBMITTED,
        now=now,
        person_id=person_id,
        subject="attempt",
        subject_id=attempt.attempt_id,
        details={"points": score.earned, "of": score.total, "passed": passed, "counted": counts},
    )
    return Graded(attempt_code, passed, counts)
