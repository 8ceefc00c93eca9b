"""Checking an answer while its attempt is open: it becomes final, and its learner may see what the rules show of it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from cme.kernel.refusal import Invalid, Refused
from quizzes.models.attempt import ANSWERS
from quizzes.rules.answers import complete
from quizzes.rules.checking import may_check
from quizzes.rules.delivery import MayNotAnswer, Refusal
from quizzes.rules.grading import AnswerSheet
from quizzes.services.keeping import NO_SUCH_QUESTION, answers_of, keep, lock
from quizzes.services.versions import VersionCache

_CHECK = (
    update(ANSWERS)
    .where(
        ANSWERS.c.attempt_id == bindparam("attempt"),
        ANSWERS.c.position == bindparam("place"),
        ANSWERS.c.checked_at.is_(None),
    )
    .values(checked_at=bindparam("at"))
)


@dataclass(frozen=True, slots=True)
class Checked:
    """The answer is final; `final` are other positions, checked before, for which something else was sent."""

    code: str
    position: int
    final: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NotChecked:
    """The question has no complete answer yet; what was sent is saved."""

    code: str
    position: int
    final: tuple[int, ...]


def check_answer(
    session: Session,
    person_id: int,
    attempt_code: str,
    position: int,
    sheet: AnswerSheet,
    *,
    versions: VersionCache,
    now: datetime,
) -> Checked | NotChecked:
    """Save what the sheet holds, then make the answer at this position final. Checked before: it is as it was then.

    The attempt is locked, so that a save or a submission at the same time comes before, and is what is checked or
    graded, or after, and changes nothing of it.
    Refuses: NotFound for a stranger's attempt; attempt_submitted, time_over; no_checking where the version's rules
    show nothing during an attempt; a position or a choice that was not shown.
    """
    attempt = lock(session, person_id, attempt_code)
    verdict = attempt.refusal(now=now) or may_check(versions.get(session, attempt.version_id).facts.delivery)
    if isinstance(verdict, MayNotAnswer):
        raise Refused(verdict.code, verdict.sentence)
    answers = answers_of(session, attempt.attempt_id)
    if position not in answers:
        raise Invalid(Refusal.NO_SUCH_QUESTION, NO_SUCH_QUESTION)
    kept = keep(session, attempt, answers, sheet, now=now)
    if not complete(answers[position].shape, kept.chosen[position]):
        return NotChecked(attempt_code, position, kept.final)
    session.execute(_CHECK, {"attempt": attempt.attempt_id, "place": position, "at": now})
    return Checked(attempt_code, position, kept.final)
