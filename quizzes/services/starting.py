"""Starting: resume the open attempt or draw a new one."""

import secrets
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from cme.activities.facts import ReleaseFacts
from cme.audit import service as audit
from cme.audit.tags import Event
from cme.credits import queries as credits_read
from cme.credits import rules as credit_rules
from cme.kernel.refusal import Refused
from quizzes.models.attempt import ANSWERS, ATTEMPTS
from quizzes.queries.attempts import AttemptRow, attempts_of, seen_lineages
from quizzes.queries.holds import held_lineages
from quizzes.queries.versions import published_version_for_release
from quizzes.rules.delivery import MayNotAnswer, Refusal, due_of, takes_answers
from quizzes.rules.drawing import DrawError, draw, order_of_choices, together
from quizzes.services.allowing import granted_for, may_begin_again
from quizzes.services.submitting import submit_overdue
from quizzes.services.versions import ShownVersion, VersionCache

TRIES = 3
# Built once: building costs more than running.
_ADD = {
    "postgresql": postgresql_insert(ATTEMPTS).on_conflict_do_nothing().returning(ATTEMPTS.c.id),
    "sqlite": sqlite_insert(ATTEMPTS).on_conflict_do_nothing().returning(ATTEMPTS.c.id),
}
_ADD_ANSWERS = insert(ANSWERS)


def begin(session: Session, person_id: int, release: ReleaseFacts, *, versions: VersionCache, now: datetime) -> str:
    """Resume the open attempt or draw a new one; gives its code.

    An attempt is for credit when credit could be started now and the quiz was not passed for credit before; else it is
    a self-test. Refuses: a withdrawn release takes no new start; no quiz; a quiz that cannot be drawn.
    """
    for _try in range(TRIES):
        attempts = attempts_of(session, person_id, release.release_id)
        unfinished = next((row for row in attempts if row.state == "open"), None)
        if unfinished is not None:
            if takes_answers(unfinished.due_at, now=now):
                return unfinished.code
            submit_overdue(session, person_id, unfinished.code, release=release, versions=versions, now=now)
            continue
        code = _start(session, person_id, release, attempts, versions, now=now)
        if code is not None:
            return code
    raise Refused("busy", "Your attempt was started from two places at once. Please open the quiz again.")


def _start(
    session: Session,
    person_id: int,
    release: ReleaseFacts,
    attempts: list[AttemptRow],
    versions: VersionCache,
    *,
    now: datetime,
) -> str | None:
    """Draw and store a new attempt; None when another request was faster."""
    for_credit = _may_earn(session, person_id, release, attempts, now)
    version_id = published_version_for_release(session, release.release_id)
    if version_id is None:
        raise Refused(Refusal.NO_QUIZ, "This module has no published quiz yet. Please come back later.")
    shown = versions.get(session, version_id)
    version = shown.facts
    granted = granted_for(session, person_id, version.delivery)
    if for_credit:  # self-tests are free
        verdict = may_begin_again(version.delivery, granted, attempts, zone=release.zone, now=now)
        if isinstance(verdict, MayNotAnswer):
            raise Refused(verdict.code, verdict.sentence)
    seed = secrets.token_hex(16)
    held = held_lineages(session, version.quiz_id) if for_credit else frozenset[str]()
    drawn = _draw(session, person_id, shown, seed, held)
    attempt = {
        "code": secrets.token_urlsafe(20),
        "person_id": person_id,
        "release_id": release.release_id,
        "version_id": version_id,
        "number": max((row.number for row in attempts), default=0) + 1,
        "seed": seed,
        "state": "open",
        "for_credit": for_credit,
        "started_at": now,
        "due_at": due_of(now, version.delivery.minutes, granted),
        "total_points": version.total_points,
        "pass_points": release.pass_points,
    }
    attempt_id = session.execute(_ADD[session.get_bind().dialect.name], attempt).scalar_one_or_none()
    if attempt_id is None:
        return None
    session.execute(
        _ADD_ANSWERS,
        [
            {
                "attempt_id": attempt_id,
                "position": position,
                "question_id": question_id,
                "choice_order": list(order),
                "kind": version.items[question_id].kind.value,
                "parts": [stem.key for stem in version.items[question_id].stems],
                "maximum": version.items[question_id].points,
            }
            for position, (question_id, order) in enumerate(drawn, start=1)
        ],
    )
    audit.record(
        session,
        Event.ATTEMPT_STARTED,
        now=now,
        person_id=person_id,
        subject="attempt",
        subject_id=attempt_id,
        details={"release": release.release_id, "version": version_id, "for_credit": for_credit},
    )
    return str(attempt["code"])


def _may_earn(
    session: Session, person_id: int, release: ReleaseFacts, attempts: list[AttemptRow], now: datetime
) -> bool:
    """Whether a new attempt could lead to credit. Refuses any start on a withdrawn release."""
    verdict = credit_rules.may_start(
        credits_read.rule_of(release),
        credited_before=credits_read.credited_before(session, person_id, release),
        now=now,
    )
    if isinstance(verdict, credit_rules.MayNotStart):
        if verdict.code is credit_rules.Refusal.WITHDRAWN:
            raise Refused(verdict.code, verdict.sentence)
        return False
    return not any(row.counted for row in attempts)


def _draw(
    session: Session, person_id: int, shown: ShownVersion, seed: str, held: frozenset[str]
) -> list[tuple[int, tuple[str, ...]]]:
    """(question number, order of its choices) for each position; items held back are left out."""
    version, numbers = shown.facts, shown.by_lineage
    seen = seen_lineages(session, person_id, version.quiz_id)
    known = {lineage: at for lineage, at in seen.items() if lineage in numbers}
    candidates = shown.candidates
    if held:
        candidates = tuple(one for one in candidates if one.lineage not in held)
    try:
        lineages = draw(version.blueprint, candidates, seen=known, seed=seed)
    except DrawError:
        raise Refused(
            Refusal.CANNOT_DRAW, "The quiz cannot be put together at the moment. The editors have to mend it first."
        ) from None
    items = version.items
    ordered = together(lineages, {lineage: items[numbers[lineage]].vignette for lineage in lineages})
    return [(numbers[one], order_of_choices(items[numbers[one]], seed=seed)) for one in ordered]
