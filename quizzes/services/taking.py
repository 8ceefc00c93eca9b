"""Taking a quiz: begin (starting), save answers (saving), and submit, which grades."""

from dataclasses import dataclass
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
from quizzes.rules.delivery import MayNotAnswer, may_submit
from quizzes.rules.grading import AnswerSheet, grade
from quizzes.services.saving import Saved, answers_of, changed_by, lock, save_answer, save_answers, store
from quizzes.services.starting import begin
from quizzes.services.versions import VersionCache

__all__ = ["Graded", "Saved", "StillOpen", "begin", "save_answer", "save_answers", "submit"]


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
    """The attempt is submitted; the second time it is the same."""

    code: str
    passed: bool
    counted: bool


@dataclass(frozen=True, slots=True)
class StillOpen:
    """Nothing was submitted, because these positions have no answer; what was sent along is saved."""

    code: str
    unanswered: tuple[int, ...]


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
    """Save what the sheet holds, then grade the attempt against the version it began with.

    Graded already: the first result, unchanged. A pass counts towards credit only when the attempt began for credit and
    `now`, the instant the request was received, lies inside the term. Refuses: NotFound for a stranger's attempt.
    """
    attempt = lock(session, person_id, attempt_code)
    if attempt.release_id != release.release_id:
        raise NotFound
    if isinstance(may_submit(attempt.state), MayNotAnswer):
        return Graded(attempt_code, bool(attempt.passed), bool(attempt.counted))
    answers = answers_of(session, attempt.attempt_id)
    changed = changed_by(answers, sheet)
    chosen = {position: row.chosen for position, row in answers.items() if row.chosen is not None} | changed
    unanswered = tuple(position for position in answers if position not in chosen)
    if unanswered and not confirm_unanswered:
        store(session, attempt.attempt_id, [{"position": p, "chosen": c, "saved_at": now} for p, c in changed.items()])
        return StillOpen(attempt_code, unanswered)
    items = versions.get(session, attempt.version_id).facts.items
    keys = {position: items[row.question_id].correct_key or "" for position, row in answers.items()}
    score = grade(keys, AnswerSheet(chosen))
    store(
        session,
        attempt.attempt_id,
        [
            {
                "position": position,
                "chosen": chosen.get(position),
                "saved_at": now if position in changed else row.saved_at,
                "points": score.points[position],
            }
            for position, row in answers.items()
        ],
    )
    passed = score.passed(attempt.pass_points)
    counts = (
        passed
        and attempt.for_credit
        and isinstance(credit_rules.may_count(credits_read.rule_of(release), now=now), credit_rules.MayStart)
    )
    session.execute(
        _SUBMIT,
        {"attempt": attempt.attempt_id, "at": now, "earned": score.earned, "pass": passed, "counts": counts},
    )
    if counts:
        ledger.record_requirement(
            session, person_id, release.release_id, "quiz", met_at=now, evidence=f"attempt:{attempt.attempt_id}"
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
