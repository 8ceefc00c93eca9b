"""Regrading: one batch of attempts per transaction, from where the last one ended; twice does nothing more."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from cme.audit import service as audit
from cme.audit.tags import Event
from cme.credits import extending
from cme.credits.extending import Extension, Met
from cme.kernel.days import closing_phrase
from cme.kernel.refusal import NotFound
from cme.mail.service import send
from cme.outbox.service import enqueue
from quizzes.models.attempt import ANSWERS, ATTEMPTS
from quizzes.models.correction import REGRADES, KeyCorrection
from quizzes.queries.corrections import change_of, corrected_item, outcome_counts, touched
from quizzes.services.correcting import BATCH
from quizzes.services.effects import Effect, Grounds, effects_of
from quizzes.services.tallying import JOB as TALLY

UNDER_WAY = timedelta(minutes=10)
"""No submission takes longer from its request to its commit."""

_ANSWERS = (
    update(ANSWERS)
    .where(ANSWERS.c.attempt_id == bindparam("attempt"), ANSWERS.c.position == bindparam("place"))
    .values(points=bindparam("new_points"))
)
_ATTEMPTS = (
    update(ATTEMPTS)
    .where(ATTEMPTS.c.id == bindparam("attempt"))
    .values(
        earned_points=bindparam("earned"),
        total_points=bindparam("total"),
        pass_points=bindparam("needed"),
        passed=bindparam("pass"),
        counted=bindparam("counts"),
    )
)


def regrade_batch(session: Session, correction_id: int, *, now: datetime) -> bool:
    """Do the next batch of a correction; True while more is left. Refuses: NotFound."""
    row = session.scalar(select(KeyCorrection).where(KeyCorrection.id == correction_id).with_for_update())
    if row is None:
        raise NotFound
    if row.state == "finished":
        return False
    item, questions = corrected_item(session, row.id, row.question_id)
    grounds = Grounds(item, change_of(row.treatment, row.keys, row.policy), asked_at=row.asked_at)
    rows = touched(session, questions, after=row.reached, most=BATCH, without=row.id)
    if rows:
        _write(session, row, effects_of(session, grounds, rows, now=now), now)
        row.reached = rows[-1].attempt_id
        row.looked_at += len(rows)
    if len(rows) == BATCH:
        return True
    # Whatever was being submitted while the key changed may have been passed over: look at it once more.
    seen = 0
    while late := touched(session, questions, after=seen, most=BATCH, without=row.id, since=row.asked_at - UNDER_WAY):
        seen = late[-1].attempt_id
        _write(session, row, effects_of(session, grounds, late, now=now), now)
    row.state, row.finished_at = "finished", now
    session.flush()
    enqueue(session, TALLY, f"{row.quiz_id}-anew-{row.id}", {"quiz_id": row.quiz_id, "anew": True}, now=now)
    audit.record(
        session,
        Event.QUIZ_REGRADED,
        now=now,
        person_id=row.asked_by,
        subject="quiz",
        subject_id=row.quiz_id,
        details={"correction": row.id, "attempts": row.looked_at, **outcome_counts(session, row.id)},
    )
    return False


def _write(session: Session, correction: KeyCorrection, effects: Sequence[Effect], now: datetime) -> None:
    writing = [one for one in effects if one.writes]
    if not writing:
        return
    session.execute(
        _ANSWERS,
        [
            {"attempt": one.attempt.attempt_id, "place": one.attempt.position, "new_points": one.regraded.points}
            for one in writing
        ],
    )
    session.execute(
        _ATTEMPTS,
        [
            {
                "attempt": one.attempt.attempt_id,
                "earned": one.regraded.after.earned,
                "total": one.regraded.after.total,
                "needed": one.regraded.after.needed,
                "pass": one.regraded.after.passed,
                "counts": one.counted_after,
            }
            for one in writing
        ],
    )
    session.execute(insert(REGRADES), [_regrade_row(correction.id, one, now) for one in writing])
    extending.record_met(session, [one.met for one in writing if one.met is not None])
    extending.extend(
        session,
        [
            Extension(one.attempt.person_id, one.attempt.release_id, one.open_until)
            for one in writing
            if one.open_until is not None
        ],
        reason=f"correction:{correction.id}",
        now=now,
    )
    for one in writing:
        if one.lowered and one.attempt.counted:
            _take_back(session, one)
    _tell(session, [one for one in writing if one.met is not None or (one.lowered and one.attempt.counted)], now)


def _regrade_row(correction_id: int, one: Effect, now: datetime) -> dict[str, object]:
    return {
        "correction_id": correction_id,
        "attempt_id": one.attempt.attempt_id,
        "earned_before": one.regraded.before.earned,
        "earned_after": one.regraded.after.earned,
        "total_before": one.regraded.before.total,
        "total_after": one.regraded.after.total,
        "passed_before": one.regraded.before.passed,
        "passed_after": one.regraded.after.passed,
        "counted_after": one.counted_after,
        "at": now,
    }


def _take_back(session: Session, one: Effect) -> None:
    """A lost pass no longer counts, unless credit was granted on it; another pass of that person takes its place."""
    attempt = one.attempt
    if not extending.take_back(session, attempt.person_id, attempt.release_id, f"attempt:{attempt.attempt_id}"):
        return
    other = session.execute(
        select(ATTEMPTS.c.id, ATTEMPTS.c.submitted_at)
        .where(
            ATTEMPTS.c.person_id == attempt.person_id,
            ATTEMPTS.c.release_id == attempt.release_id,
            ATTEMPTS.c.counted.is_(True),
            ATTEMPTS.c.passed.is_(True),
        )
        .order_by(ATTEMPTS.c.submitted_at, ATTEMPTS.c.id)
        .limit(1)
    ).one_or_none()
    if other is not None:
        met = Met(attempt.person_id, attempt.release_id, other.submitted_at, f"attempt:{other.id}")
        extending.record_met(session, [met])


def _tell(session: Session, effects: Sequence[Effect], now: datetime) -> None:
    for one in effects:
        if one.person is None:
            continue
        context = {
            "name": one.person.name,
            "title": one.title,
            "sentence": _sentence(one),
            "path": f"/attempts/{one.attempt.code}",
        }
        send(session, "result_corrected", one.person.email, context, now=now)


def _sentence(one: Effect) -> str:
    after = one.regraded.after
    score = f"Your result is now {after.earned} of {after.total}; {after.needed} were needed."
    if one.lowered:
        return f"{score} It does not pass any more. Credit that you were granted stays yours."
    if one.claim_until is not None:
        until = closing_phrase(one.claim_until, one.zone)
        return f"{score} You have passed, dated at your attempt. Evaluation and claim are open for you until {until}."
    return f"{score} You have passed, dated at your attempt."
