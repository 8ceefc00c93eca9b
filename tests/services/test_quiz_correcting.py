"""Correcting a key: what the dry run says is what applying does, person by person, once, and never to a pass's harm."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cme.activities.queries import release_facts
from cme.activities.service import withdraw_release
from cme.credits.models import ClaimExtension, RequirementMet
from cme.credits.service import Claim, claim
from cme.kernel.refusal import Conflict, Invalid, NotFound
from cme.outbox.models import OutboxWork
from quizzes.models.attempt import Answer, Attempt
from quizzes.models.correction import KeyCorrection, Regrade
from quizzes.models.quiz import Question
from quizzes.queries.corrections import correction_facts, regrades_of
from quizzes.queries.holds import held_lineages
from quizzes.rules.correcting import Change, Policy, Treatment
from quizzes.rules.grading import AnswerSheet
from quizzes.services import authoring, correcting, regrading, taking
from quizzes.services.correcting import correct_key, predict
from quizzes.services.regrading import regrade_batch
from quizzes.services.versions import VersionCache
from tests.factories.crowd import make_crowd
from tests.factories.modules import Module, make_module
from tests.factories.people import make_person

TO_B = Change(Treatment.KEY, ("b",))
HARSH = Change(Treatment.KEY, ("b",), Policy.RESCORE_ALL)
OPENED = date(2024, 8, 9)


@dataclass(frozen=True)
class Row:
    """An attempt as the database holds it."""

    earned: int
    total: int
    needed: int
    passed: bool
    counted: bool
    person_id: int
    submitted_at: datetime


def rows_of(session: Session) -> dict[int, Row]:
    session.expire_all()
    return {
        one.id: Row(
            one.earned_points or 0, one.total_points, one.pass_points, bool(one.passed), bool(one.counted),
            one.person_id, one.submitted_at,
        )
        for one in session.scalars(select(Attempt))
    }  # fmt: skip


def chosen_of(session: Session, question_id: int) -> dict[int, str | None]:
    return {
        row[0]: row[1]
        for row in session.execute(select(Answer.attempt_id, Answer.chosen).where(Answer.question_id == question_id))
    }


def met_of(session: Session) -> dict[int, datetime]:
    return {row[0]: row[1] for row in session.execute(select(RequirementMet.person_id, RequirementMet.met_at))}


def first_question(session: Session, module: Module) -> int:
    return session.scalars(
        select(Question.id).where(Question.version_id == module.version_id).order_by(Question.id).limit(1)
    ).one()


def finish(session: Session, correction_id: int, now: datetime) -> int:
    batches = 1
    while regrade_batch(session, correction_id, now=now):
        batches += 1
    return batches


@pytest.fixture
def module(session: Session, now: datetime) -> Module:
    """A module that closed meanwhile: yesterday was its last day."""
    return make_module(
        session, now=now, questions=5, pass_points=4, opens_on=OPENED, expires_on=(now - timedelta(days=2)).date()
    )


def crowd(session: Session, module: Module, now: datetime, people: int = 1000) -> None:
    make_crowd(session, module, people=people, pass_points=4, now=now - timedelta(days=10), seed=7)


def test_a_thousand_attempts_come_out_as_predicted_person_by_person_and_once(
    session: Session, module: Module, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regrading, "BATCH", 300)
    crowd(session, module, now)
    question = first_question(session, module)
    before, chosen, met = rows_of(session), chosen_of(session, question), met_of(session)
    predicted = predict(session, question, TO_B, now=now, most_lines=None)
    assert rows_of(session) == before  # a dry run writes nothing
    correction_id = correct_key(session, question, TO_B, reason="The article says b.", by=None, now=now)
    assert finish(session, correction_id, now + timedelta(minutes=1)) == 4
    after = rows_of(session)

    # By hand, from the stored answers: the answer to the flipped item decides.
    expected: dict[int, Row] = {}
    for number, row in before.items():
        delta = int(chosen[number] == "b") - int(chosen[number] == "a")
        earned = row.earned + delta
        if delta < 0:  # never lower: the attempt stays as it is
            expected[number] = row
            continue
        passed = earned >= row.needed
        for_credit = session.get_one(Attempt, number).for_credit
        expected[number] = Row(
            earned, row.total, row.needed, passed, passed and for_credit, row.person_id, row.submitted_at
        )
    assert after == expected
    raised = {number for number in before if after[number].passed and not before[number].passed}
    assert len(raised) > 15
    # Person by person: who is listed, with what, is who changed, and how.
    changed = {number for number in before if after[number] != before[number]}
    assert {one.attempt.attempt_id for one in predicted.lines} == changed
    assert {one.attempt.attempt_id for one in predicted.lines[: len(raised)]} == raised
    extensions = {row.person_id: row.open_until for row in session.scalars(select(ClaimExtension))}
    met_after = met_of(session)
    for line in predicted.lines:
        got, standing = after[line.attempt.attempt_id], line.regraded.after
        assert (standing.earned, standing.total, standing.needed) == (got.earned, got.total, got.needed)
        assert (standing.passed, line.counted_after) == (got.passed, got.counted)
        assert line.attempt.person_id == got.person_id
        newly_met = got.person_id in met_after and got.person_id not in met
        assert (line.met is not None) == newly_met
        assert line.met is None or line.met.met_at == met_after[got.person_id] == got.submitted_at
        assert (line.open_until is None) == (got.person_id not in extensions)
        assert line.open_until is None or line.open_until == extensions[got.person_id]
        assert line.claim_until == line.open_until
    assert predicted.counts == {
        "attempts": 1000,
        "changed": sum(after[number] != before[number] for number in before),
        "kept": sum(chosen[number] == "a" for number in before),
        "raised": len(raised),
        "lowered": 0,
        "completions": predicted.completions,
        "already_credited": 0,
        "may_claim": predicted.completions,
        "closed_meanwhile": predicted.completions,
        "reported_again": sum(count for year, count in predicted.years.items() if year < now.year),
    }
    assert sum(predicted.years.values()) == predicted.completions > predicted.counts["reported_again"] > 0
    newly = {person: at for person, at in met_of(session).items() if person not in met}
    assert newly == {after[n].person_id: after[n].submitted_at for n in raised if after[n].counted}
    extended = {row.person_id for row in session.scalars(select(ClaimExtension))}
    assert 0 < len(extended) == predicted.closed_meanwhile < len(newly)
    mails = session.scalars(select(OutboxWork.payload).where(OutboxWork.kind == "mail.send")).all()
    assert len(mails) == len(newly)
    assert sum("are open for you until" in one["context"]["sentence"] for one in mails) == len(extended)

    facts = correction_facts(session, correction_id)
    assert facts is not None
    assert facts.state == "finished"
    assert facts.looked_at == 1000
    assert facts.predicted == predicted.counts
    counts = {t: session.scalar(select(func.count()).select_from(t)) for t in (Regrade, ClaimExtension, OutboxWork)}
    assert not regrade_batch(session, correction_id, now=now + timedelta(days=1))
    assert rows_of(session) == after
    assert counts == {t: session.scalar(select(func.count()).select_from(t)) for t in counts}


def test_the_same_batch_run_again_from_its_beginning_changes_nothing(
    session: Session, module: Module, now: datetime
) -> None:
    """As after a crash between the commit and the note that it was done."""
    crowd(session, module, now, people=200)
    question = first_question(session, module)
    for treatment in (TO_B, Change(Treatment.DROP)):
        correction_id = correct_key(session, question, treatment, reason="Why.", by=None, now=now)
        finish(session, correction_id, now)
        after, met = rows_of(session), met_of(session)
        row = session.get_one(KeyCorrection, correction_id)
        row.state, row.finished_at, row.reached = "running", None, 0
        session.flush()
        finish(session, correction_id, now + timedelta(hours=1))
        assert (rows_of(session), met_of(session)) == (after, met)


def test_who_passes_by_the_correction_may_claim_after_the_term(session: Session, module: Module, now: datetime) -> None:
    crowd(session, module, now, people=300)
    question = first_question(session, module)
    predicted = predict(session, question, TO_B, now=now, most_lines=None)
    effect = next(one for one in predicted.lines if one.closed_meanwhile)
    person_id = effect.attempt.person_id
    release = release_facts(session, module.release_id)
    wanted = Claim(quarters=2, attestation="I took part.", attested=True, evaluation_given=True)
    assert claim(session, person_id, release, wanted, now=now).credit is None
    finish(session, correct_key(session, question, TO_B, reason="Why.", by=None, now=now), now)
    (extension,) = session.scalars(select(ClaimExtension).where(ClaimExtension.person_id == person_id))
    assert timedelta(days=29) < extension.open_until - now <= timedelta(days=31)
    result = claim(session, person_id, release, wanted, now=extension.open_until - timedelta(seconds=1))
    assert result.credit is not None
    assert result.credit.completed_at == effect.completed_at < release.term.closes_at
    late = next(one for one in predicted.lines if one.closed_meanwhile and one.attempt.person_id != person_id)
    denied = claim(session, late.attempt.person_id, release, wanted, now=extension.open_until).denied
    assert denied is not None
    assert denied.code.value == "claims_closed"


def test_rescoring_all_takes_an_unclaimed_pass_back_and_leaves_granted_credit(session: Session, now: datetime) -> None:
    module = make_module(session, now=now, questions=5, pass_points=4)
    crowd(session, module, now, people=200)
    question = first_question(session, module)
    before, chosen = rows_of(session), chosen_of(session, question)
    losers = [n for n, row in before.items() if row.counted and row.earned == 4 and chosen[n] == "a"]
    release = release_facts(session, module.release_id)
    wanted = Claim(quarters=2, attestation="I took part.", attested=True, evaluation_given=True)
    credited = next(n for n in losers if claim(session, before[n].person_id, release, wanted, now=now).credit)
    predicted = predict(session, question, HARSH, now=now)
    assert predicted.lowered >= len(losers)
    assert predicted.already_credited == 1
    finish(session, correct_key(session, question, HARSH, reason="Why.", by=None, now=now), now)
    after, met = rows_of(session), met_of(session)
    for number in losers:
        assert not after[number].passed
        assert (before[number].person_id in met) == (number == credited)
    again = claim(session, before[credited].person_id, release, wanted, now=now)
    assert again.repeated
    assert again.credit is not None


def test_a_pass_that_is_lost_gives_way_to_another_of_the_same_person(session: Session, now: datetime) -> None:
    module = make_module(session, now=now, questions=2, pass_points=2)
    (number,) = make_crowd(session, module, people=1, pass_points=2, now=now, ability=5, seed=3, self_tests=False)
    first = session.get_one(Attempt, number)
    assert first.counted
    second = Attempt(
        code="second", person_id=first.person_id, release_id=first.release_id, version_id=first.version_id, number=2,
        seed="0", state="submitted", for_credit=True, started_at=now, submitted_at=now, total_points=2, pass_points=2,
        earned_points=2, passed=True, counted=True,
    )  # fmt: skip
    session.add(second)
    session.flush()
    finish(session, correct_key(session, first_question(session, module), HARSH, reason="Why.", by=None, now=now), now)
    (met,) = session.scalars(select(RequirementMet))
    assert (met.evidence, met.met_at) == (f"attempt:{second.id}", now)


@pytest.mark.parametrize("treatment", list(Treatment))
def test_a_pass_never_becomes_a_fail_by_default(
    session: Session, module: Module, now: datetime, treatment: Treatment
) -> None:
    crowd(session, module, now, people=200)
    before = rows_of(session)
    keys = {Treatment.KEY: ("c",), Treatment.ACCEPT: ("b", "c")}.get(treatment, ())
    question = first_question(session, module)
    change = Change(treatment, keys)
    predicted = predict(session, question, change, now=now)
    finish(session, correct_key(session, question, change, reason="Why.", by=None, now=now), now)
    after = rows_of(session)
    for number, row in before.items():
        assert not row.passed or after[number].passed
        assert after[number].earned * row.total >= row.earned * after[number].total
    assert predicted.raised == sum(after[n].passed and not before[n].passed for n in before)
    if treatment is Treatment.DROP:
        assert {row.total for row in after.values()} == {4, 5}
        assert all(row.needed == 4 for row in after.values())  # 4 of 5 is 3.2 of 4, rounded up
    assert held_lineages(session, module.quiz_id) == (
        {"item-1"} if treatment in {Treatment.DROP, Treatment.EVERYONE} else frozenset()
    )


def test_attempts_submitted_later_are_graded_the_new_way_at_once(session: Session, now: datetime) -> None:
    module = make_module(session, now=now, questions=2, pass_points=2)
    release = release_facts(session, module.release_id)
    person_id = make_person(session, now=now).id
    code = taking.begin(session, person_id, release, versions=VersionCache(), now=now)
    places = dict(
        session.execute(
            select(Question.lineage, Answer.position)
            .join(Answer, Answer.question_id == Question.id)
            .join(Attempt, Attempt.id == Answer.attempt_id)
            .where(Attempt.code == code)
        ).all()
    )
    correction_id = correct_key(session, first_question(session, module), TO_B, reason="Why.", by=None, now=now)
    sheet = AnswerSheet({places["item-1"]: "b", places["item-2"]: "a"})
    later = now + timedelta(minutes=1)
    graded = taking.submit(session, person_id, code, sheet, release=release, versions=VersionCache(), now=later)
    assert isinstance(graded, taking.Graded)
    assert graded.passed
    finish(session, correction_id, later)
    assert regrades_of(session, session.scalars(select(Attempt.id)).one()) == []


def test_questions_that_read_the_same_in_later_versions_go_with_it(session: Session, now: datetime) -> None:
    module = make_module(session, now=now, questions=2, pass_points=2)
    editor = make_person(session, now=now).id
    draft = authoring.open_draft(session, module.quiz_id, editor=editor, now=now)
    authoring.publish(session, draft, edition=1, editor=editor, now=now)
    question = first_question(session, module)
    copies = set(session.scalars(select(Question.id).where(Question.lineage == "item-1")))
    assert len(copies) == 2
    correct_key(session, question, TO_B, reason="Why.", by=editor, now=now)
    from quizzes.queries.corrections import overrides_for

    assert overrides_for(session, copies) == dict.fromkeys(copies, Change(Treatment.KEY, ("b",)))


def test_what_cannot_be_corrected_is_refused(session: Session, module: Module, now: datetime) -> None:
    question = first_question(session, module)
    for change, words in (
        (Change(Treatment.KEY, ("a",)), "already"),
        (Change(Treatment.KEY, ("z",)), "own choices"),
        (Change(Treatment.KEY, ("b", "c")), "one choice"),
        (Change(Treatment.ACCEPT, ("b",)), "at least two"),
    ):
        with pytest.raises(Invalid, match=words):
            predict(session, question, change, now=now)
    with pytest.raises(NotFound):
        predict(session, 10**9, TO_B, now=now)
    with pytest.raises(Invalid, match="Say why"):
        correct_key(session, question, TO_B, reason=" ", by=None, now=now)
    correct_key(session, question, Change(Treatment.DROP), reason="Why.", by=None, now=now)
    with pytest.raises(Invalid, match="dropped"):
        correct_key(session, question, TO_B, reason="Why.", by=None, now=now)


def test_one_item_is_not_corrected_twice_at_once(session: Session, module: Module, now: datetime) -> None:
    question = first_question(session, module)
    correct_key(session, question, TO_B, reason="Why.", by=None, now=now)
    with pytest.raises(Conflict):
        correct_key(session, question, Change(Treatment.KEY, ("c",)), reason="Why.", by=None, now=now)
    assert correcting.JOB in set(session.scalars(select(OutboxWork.kind)))


def test_a_withdrawn_module_gives_nobody_days_and_promises_nothing(session: Session, now: datetime) -> None:
    module = make_module(session, now=now, questions=5, pass_points=4)
    crowd(session, module, now, people=300)
    withdraw_release(session, module.release_id, "It was wrong.", by=None, now=now)
    question = first_question(session, module)
    predicted = predict(session, question, TO_B, now=now, most_lines=None)
    assert predicted.completions > 0
    assert (predicted.may_claim, predicted.closed_meanwhile) == (0, 0)
    finish(session, correct_key(session, question, TO_B, reason="Why.", by=None, now=now), now)
    assert session.scalars(select(ClaimExtension)).all() == []
    assert not any("are open for you" in sentence for sentence in sentences(session))


@pytest.mark.parametrize(("days_left", "own"), [(60, False), (31, False), (29, True), (1, True)])
def test_whoever_passes_has_the_providers_days_at_least(
    session: Session, now: datetime, days_left: int, own: bool
) -> None:
    """On both sides of the edge: the release's own deadline counts while it is the later one."""
    last = (now + timedelta(days=days_left)).date()
    module = make_module(session, now=now, questions=5, pass_points=4, opens_on=OPENED, expires_on=last)
    crowd(session, module, now, people=200)
    question = first_question(session, module)
    predicted = predict(session, question, TO_B, now=now, most_lines=None)
    assert predicted.closed_meanwhile == 0 < predicted.may_claim == predicted.completions
    finish(session, correct_key(session, question, TO_B, reason="Why.", by=None, now=now), now)
    extensions = session.scalars(select(ClaimExtension)).all()
    assert len(extensions) == (predicted.may_claim if own else 0)
    told = [one for one in sentences(session) if "are open for you until" in one]
    assert len(told) == predicted.may_claim


def test_the_office_sees_which_years_reports_change(session: Session) -> None:
    now = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    module = make_module(session, now=now, questions=5, pass_points=4, opens_on=OPENED)
    crowd(session, module, now, people=300)
    predicted = predict(session, first_question(session, module), TO_B, now=now, most_lines=None)
    by_hand = Counter(
        one.completed_at.astimezone(ZoneInfo("America/Los_Angeles")).year
        for one in predicted.lines
        if one.completed_at is not None
    )
    assert predicted.years == by_hand
    assert set(by_hand) == {2025, 2026}
    assert predicted.reported_again == by_hand[2025]


def sentences(session: Session) -> list[str]:
    payloads = session.scalars(select(OutboxWork.payload).where(OutboxWork.kind == "mail.send"))
    return [one["context"]["sentence"] for one in payloads]
