"""Correcting a key: what it would do, and the act; the regrading itself follows in the background."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from cme.audit import service as audit
from cme.audit.tags import Event
from cme.kernel.days import local_day
from cme.kernel.refusal import Conflict, Invalid, NotFound
from cme.kernel.text import clean_block
from cme.outbox.service import enqueue
from quizzes.models.correction import OVERRIDES, KeyCorrection
from quizzes.models.quiz import Question, QuizVersion
from quizzes.queries.corrections import ItemVersion, item_version, touched
from quizzes.rules.correcting import Change, Treatment, problem_of
from quizzes.services.effects import Effect, Grounds, effects_of
from quizzes.services.holding import hold
from quizzes.services.series import series_by_question

JOB = "quizzes.regrade"
BATCH = 1_000
MOST_LINES = 500


@dataclass(slots=True)
class Prediction:
    """What applying would do now: counts of attempts and of people, and the attempts that change, one by one."""

    attempts: int = 0
    changed: int = 0
    kept: int = 0
    raised: int = 0
    lowered: int = 0
    completions: int = 0
    """People for whom completion follows inside the term."""
    already_credited: int = 0
    """People among the raised and lowered who hold credit: their certificates stay as they are."""
    may_claim: int = 0
    closed_meanwhile: int = 0
    """People whose claim deadline has passed and who get days of their own."""
    reported_again: int = 0
    """People whose completion belongs to a calendar year that is over: its report has to be made again."""
    years: Counter[int] = field(default_factory=Counter[int])
    """New completions by calendar year, in each module's own zone."""
    lines: list[Effect] = field(default_factory=list)
    """Changed verdicts first, then changed scores."""

    @property
    def counts(self) -> dict[str, int]:
        return {
            name: getattr(self, name)
            for name in (
                "attempts",
                "changed",
                "kept",
                "raised",
                "lowered",
                "completions",
                "already_credited",
                "may_claim",
                "closed_meanwhile",
                "reported_again",
            )
        }


def predict(
    session: Session, question_id: int, change: Change, *, now: datetime, most_lines: int | None = MOST_LINES
) -> Prediction:
    """The dry run: reads, writes nothing. Refuses: NotFound, Invalid as `correct_key` does."""
    version = _checked(session, question_id, change)
    result = Prediction()
    verdicts: list[Effect] = []
    scores: list[Effect] = []
    people: dict[str, set[tuple[int, int]]] = {"completions": set(), "credited": set(), "claim": set(), "closed": set()}
    for effect in _all_effects(session, version, change, now):
        result.attempts += 1
        result.kept += effect.regraded.kept
        if not effect.writes:
            continue
        result.changed += 1
        who = (effect.attempt.person_id, effect.attempt.release_id)
        result.raised += effect.raised
        result.lowered += effect.lowered
        if effect.credit_id is not None:
            people["credited"].add(who)
        if effect.raised or effect.lowered:
            _add(verdicts, effect, most_lines)
        else:
            _add(scores, effect, most_lines)
        if effect.completed_at is not None and who not in people["completions"]:
            people["completions"].add(who)
            year = effect.reported_year or now.year
            result.years[year] += 1
            result.reported_again += year < local_day(now, effect.zone).year
            if effect.may_claim:
                people["claim"].add(who)
            if effect.closed_meanwhile:
                people["closed"].add(who)
    result.lines = [*verdicts, *scores][:most_lines]
    result.completions, result.already_credited = len(people["completions"]), len(people["credited"])
    result.may_claim, result.closed_meanwhile = len(people["claim"]), len(people["closed"])
    return result


def correct_key(
    session: Session, question_id: int, change: Change, *, reason: str, by: int | None, now: datetime
) -> int:
    """Decide it: from now on answers are graded the new way, and earlier attempts follow in the background.

    Gives the correction's number. A dropped question, or one where everybody gets the points, is also held back from
    new attempts. Refuses: NotFound; Invalid without a reason or with a change the item does not allow; Conflict while
    the same item is being regraded.
    """
    words = clean_block(reason)
    if not words:
        raise Invalid("reason_missing", "Say why the key is corrected.", {"reason": ["Give a reason."]})
    _hold_drafts(session, question_id)
    version = _checked(session, question_id, change)
    running = session.scalar(
        select(KeyCorrection.id).where(
            KeyCorrection.quiz_id == version.quiz_id,
            KeyCorrection.lineage == version.item.lineage,
            KeyCorrection.state == "running",
        )
    )
    if running is not None:
        raise Conflict("correction_running", "This question is being regraded at the moment. Wait until that is done.")
    correction_id = session.execute(
        insert(KeyCorrection)
        .values(
            quiz_id=version.quiz_id,
            lineage=version.item.lineage,
            question_id=question_id,
            treatment=change.treatment.value,
            keys=list(change.keys),
            policy=change.policy.value,
            reason=words,
            state="running",
            asked_at=now,
            asked_by=by,
            predicted=predict(session, question_id, change, now=now, most_lines=0).counts,
            reached=0,
            looked_at=0,
        )
        .returning(KeyCorrection.id)
    ).scalar_one()
    series_by_question(session, version.quiz_id)  # by its wording other versions know that they are meant
    _override(session, version, correction_id, change)
    if change.treatment in {Treatment.DROP, Treatment.EVERYONE}:
        details = {"correction": correction_id}
        hold(session, version.quiz_id, version.item.lineage, "key", details=details, by=by, now=now)
    audit.record(
        session,
        Event.QUIZ_KEY_CORRECTED,
        now=now,
        person_id=by,
        subject="quiz",
        subject_id=version.quiz_id,
        details={
            "correction": correction_id,
            "question": version.item.lineage,
            "treatment": change.treatment.value,
            "policy": change.policy.value,
        },
    )
    enqueue(session, JOB, str(correction_id), {"correction_id": correction_id}, now=now)
    return correction_id


def _add(lines: list[Effect], one: Effect, most: int | None) -> None:
    if most is None or len(lines) < most:
        lines.append(one)


def _hold_drafts(session: Session, question_id: int) -> None:
    """A draft that is being published takes over the corrections that it finds: it comes before this one or after."""
    quiz_id = select(QuizVersion.quiz_id).join(Question, Question.version_id == QuizVersion.id)
    drafts = select(QuizVersion.id).where(
        QuizVersion.quiz_id == quiz_id.where(Question.id == question_id).scalar_subquery(), QuizVersion.state == "draft"
    )
    session.execute(drafts.with_for_update()).all()


def _checked(session: Session, question_id: int, change: Change) -> ItemVersion:
    version = item_version(session, question_id)
    if version is None:
        raise NotFound
    if version.dropped:
        raise Invalid("dropped", "This question was dropped before; there is nothing left to correct.")
    problem = problem_of(version.item, change, version.in_force)
    if problem is not None:
        raise Invalid("cannot_correct", problem, {"keys": [problem]})
    return version


def _all_effects(session: Session, version: ItemVersion, change: Change, now: datetime) -> Iterator[Effect]:
    grounds = Grounds(version.item, change, asked_at=now)
    reached = 0
    while rows := touched(session, version.question_ids, after=reached, most=BATCH):
        reached = rows[-1].attempt_id
        yield from effects_of(session, grounds, rows, now=now)


def _override(session: Session, version: ItemVersion, correction_id: int, change: Change) -> None:
    insert_into = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    values = {"correction_id": correction_id, "treatment": change.treatment.value, "keys": list(change.keys)}
    for question_id in version.question_ids:
        session.execute(
            insert_into(OVERRIDES)
            .values(question_id=question_id, **values)
            .on_conflict_do_update(index_elements=["question_id"], set_=values)
        )
