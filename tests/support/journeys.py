"""A learner's road taken by services: start, read, pass, evaluate and claim."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cme.activities import queries as activities
from cme.activities.facts import ReleaseFacts
from cme.activities.service import record_front_matter
from cme.articles.service import mark_read
from cme.credits import queries as credits
from cme.credits import service as ledger
from cme.credits.models import ClaimDecision, Credit
from cme.credits.rules import MayNotStart, MayStart, may_start
from cme.credits.service import Claim, ClaimResult
from cme.evaluations.models import EvaluationAssignment
from quizzes.models.attempt import Answer, Attempt
from quizzes.models.quiz import QuizAssignment
from quizzes.rules.grading import AnswerSheet
from quizzes.services import taking
from quizzes.services.taking import Graded
from quizzes.services.versions import VersionCache
from tests.factories.modules import Module, make_provider, make_release, make_revision

ATTESTATION = "I state that I completed this activity myself."
RIGHT, WRONG = "a", "b"


def release_of(session: Session, release_id: int) -> ReleaseFacts:
    return activities.release_facts(session, release_id)


def start(session: Session, person_id: int, release_id: int, *, now: datetime) -> MayStart | MayNotStart:
    """Ask the rule, and if it agrees record the front matter: what the Start button does."""
    release = release_of(session, release_id)
    before = credits.credited_before(session, person_id, release)
    verdict = may_start(credits.rule_of(release), credited_before=before, now=now)
    if isinstance(verdict, MayStart):
        record_front_matter(session, person_id, release, now=now)
    return verdict


def read(session: Session, person_id: int, release_id: int, *, now: datetime) -> None:
    mark_read(session, person_id, release_of(session, release_id).revision_id, now=now)


def begin_quiz(session: Session, person_id: int, release_id: int, *, now: datetime) -> str:
    """Start or resume an attempt; gives its code."""
    return taking.begin(session, person_id, release_of(session, release_id), versions=VersionCache(), now=now)


def submit_quiz(
    session: Session, person_id: int, release_id: int, code: str, *, now: datetime, choice: str = RIGHT
) -> Graded:
    """Answer every question alike and submit."""
    positions = session.scalars(
        select(Answer.position).join(Attempt, Attempt.id == Answer.attempt_id).where(Attempt.code == code)
    )
    graded = taking.submit(
        session,
        person_id,
        code,
        AnswerSheet(dict.fromkeys(positions, choice)),
        release=release_of(session, release_id),
        versions=VersionCache(),
        now=now,
    )
    assert isinstance(graded, Graded)
    return graded


def pass_quiz(session: Session, person_id: int, release_id: int, *, now: datetime) -> Graded:
    return submit_quiz(session, person_id, release_id, begin_quiz(session, person_id, release_id, now=now), now=now)


def complete(session: Session, person_id: int, release_id: int, *, now: datetime) -> None:
    """Front matter, reading and passed quiz, all at one instant."""
    assert isinstance(start(session, person_id, release_id, now=now), MayStart)
    read(session, person_id, release_id, now=now)
    assert pass_quiz(session, person_id, release_id, now=now).counted


def claim(
    session: Session,
    person_id: int,
    release_id: int,
    *,
    now: datetime,
    quarters: int | None = 4,
    attested: bool = True,
    evaluation_given: bool = True,
) -> ClaimResult:
    wanted = Claim(quarters=quarters, attestation=ATTESTATION, attested=attested, evaluation_given=evaluation_given)
    return ledger.claim(session, person_id, release_of(session, release_id), wanted, now=now)


def earn(session: Session, person_id: int, release_id: int, *, now: datetime, quarters: int = 4) -> int:
    """The whole road at one instant; gives the number of the credit."""
    complete(session, person_id, release_id, now=now)
    result = claim(session, person_id, release_id, now=now, quarters=quarters)
    assert result.credit is not None
    return result.credit.credit_id


def successor(session: Session, module: Module, *, now: datetime, opens_on: date, **changes: Any) -> int:
    """A further release of the module (the second, unless `number` says otherwise), with a text of its own and the same
    quiz and form; gives its row's number.
    """
    revision_id = make_revision(session, module.article_id, now=now, title="Second", number=changes.get("number", 2))
    release_id = make_release(
        session,
        module.activity_id,
        revision_id,
        make_provider(session, now=now),
        now=now,
        **{"opens_on": opens_on, "expires_on": date(2029, 6, 30), "number": 2, **changes},
    )
    session.add(QuizAssignment(release_id=release_id, quiz_id=module.quiz_id))
    session.add(EvaluationAssignment(release_id=release_id, form_id=form_number(session, module.release_id)))
    session.flush()
    return release_id


def outcome(result: ClaimResult) -> str:
    """ "granted", or the refusal's code."""
    return "granted" if result.denied is None else result.denied.code.value


def decisions_of(session: Session, person_id: int) -> list[ClaimDecision]:
    return list(
        session.scalars(select(ClaimDecision).where(ClaimDecision.person_id == person_id).order_by(ClaimDecision.id))
    )


def count_credits(session: Session, person_id: int | None = None) -> int:
    wanted = select(func.count()).select_from(Credit)
    return session.scalar(wanted if person_id is None else wanted.where(Credit.person_id == person_id)) or 0


def form_number(session: Session, release_id: int) -> int:
    """The evaluation form that the release asks."""
    return session.scalars(
        select(EvaluationAssignment.form_id).where(EvaluationAssignment.release_id == release_id)
    ).one()
