"""Corrections that follow each other, and versions that are published after one."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from cme.activities.queries import release_facts
from cme.kernel.refusal import Invalid
from quizzes.models.attempt import Answer, Attempt
from quizzes.models.quiz import Question
from quizzes.queries.corrections import overrides_for
from quizzes.queries.holds import held_lineages
from quizzes.queries.versions import version_facts
from quizzes.rules.correcting import Change, Policy, Treatment
from quizzes.rules.grading import AnswerSheet
from quizzes.services import authoring, regrading, taking
from quizzes.services.correcting import correct_key, predict
from quizzes.services.regrading import regrade_batch
from quizzes.services.versions import VersionCache
from tests.factories.modules import Module, make_module
from tests.factories.people import make_person

TO_A, TO_B = (Change(Treatment.KEY, (key,)) for key in "ab")


def question_of(session: Session, version_id: int, lineage: str) -> int:
    return session.scalars(
        select(Question.id).where(Question.version_id == version_id, Question.lineage == lineage)
    ).one()


def correct(session: Session, question_id: int, change: Change, now: datetime) -> None:
    number = correct_key(session, question_id, change, reason="Why.", by=None, now=now)
    while regrade_batch(session, number, now=now):
        pass


def attempt(session: Session, module: Module, answers: dict[str, str], now: datetime) -> Attempt:
    """Somebody's submitted attempt; what is not named is answered wrongly."""
    person_id = make_person(session, now=now).id
    release = release_facts(session, module.release_id)
    code = taking.begin(session, person_id, release, versions=VersionCache(), now=now)
    places = session.execute(
        select(Question.lineage, Answer.position)
        .join(Answer, Answer.question_id == Question.id)
        .join(Attempt, Attempt.id == Answer.attempt_id)
        .where(Attempt.code == code)
    ).all()
    sheet = AnswerSheet({place: answers.get(lineage, "d") for lineage, place in places})
    taking.submit(session, person_id, code, sheet, release=release, versions=VersionCache(), now=now)
    return session.scalars(select(Attempt).where(Attempt.code == code)).one()


def test_a_correction_that_was_a_mistake_can_be_taken_back(session: Session, now: datetime) -> None:
    module = make_module(session, now=now, questions=2, pass_points=2)
    question = question_of(session, module.version_id, "item-1")
    correct(session, question, TO_B, now)
    later = attempt(session, module, {"item-1": "b", "item-2": "a"}, now)
    assert later.earned_points == 2
    now += timedelta(minutes=1)
    correct(session, question, TO_A, now)
    assert overrides_for(session, [question]) == {question: TO_A}
    assert attempt(session, module, {"item-1": "a", "item-2": "a"}, now).earned_points == 2
    assert attempt(session, module, {"item-1": "b", "item-2": "a"}, now).earned_points == 1
    session.refresh(later)
    assert later.earned_points == 2  # nobody loses by it
    correct(session, question, Change(Treatment.KEY, ("a",), Policy.RESCORE_ALL), now)
    session.refresh(later)
    assert (later.earned_points, later.passed) == (1, False)


def test_the_published_key_is_still_no_correction_of_itself(session: Session, now: datetime) -> None:
    module = make_module(session, now=now, questions=2, pass_points=2)
    with pytest.raises(Invalid, match="already"):
        predict(session, question_of(session, module.version_id, "item-1"), TO_A, now=now)


def test_a_version_published_after_a_correction_is_graded_by_it_too(session: Session, now: datetime) -> None:
    module = make_module(session, now=now, questions=3, pass_points=2)
    editor = make_person(session, now=now).id
    draft = authoring.open_draft(session, module.quiz_id, editor=editor, now=now)
    correct(session, question_of(session, module.version_id, "item-1"), TO_B, now)
    both = Change(Treatment.ACCEPT, ("a", "c"))
    correct(session, question_of(session, module.version_id, "item-2"), both, now)
    authoring.publish(session, draft, edition=1, editor=editor, now=now)
    copy = question_of(session, draft, "item-1")
    assert overrides_for(session, [copy]) == {copy: TO_B}
    new = attempt(session, module, {"item-1": "b", "item-2": "c", "item-3": "a"}, now)
    assert new.version_id == draft
    assert new.earned_points == 3
    assert attempt(session, module, {"item-1": "a", "item-2": "c", "item-3": "a"}, now).earned_points == 2


def test_an_item_that_was_changed_since_goes_by_its_own_key(session: Session, now: datetime) -> None:
    module = make_module(session, now=now, questions=2, pass_points=2)
    editor = make_person(session, now=now).id
    correct(session, question_of(session, module.version_id, "item-1"), TO_B, now)
    draft = authoring.open_draft(session, module.quiz_id, editor=editor, now=now)
    edition = reword(session, draft, "item-1", now, key="c", by=editor)
    authoring.publish(session, draft, edition=edition, editor=editor, now=now)
    copy = question_of(session, draft, "item-1")
    assert overrides_for(session, [copy]) == {}


def reword(session: Session, draft: int, lineage: str, now: datetime, *, by: int, key: str = "a") -> int:
    """Mend a comma of a draft's question, and mark a key; gives the draft's new edition."""
    number = question_of(session, draft, lineage)
    facts = version_facts(session, draft)
    assert facts is not None
    item = facts.items[number]
    choices = tuple(replace(one, correct=one.key == key) for one in item.choices)
    new = replace(item, stem=f"Well, {item.stem}" if key == "a" else item.stem, choices=choices)
    return authoring.save_question(
        session, number, new, edition=facts.edition, seen=item.fingerprint, editor=by, now=now
    )


def test_a_draft_from_before_the_correction_cannot_bring_the_wrong_key_back(session: Session, now: datetime) -> None:
    module = make_module(session, now=now, questions=2, pass_points=2)
    editor = make_person(session, now=now).id
    draft = authoring.open_draft(session, module.quiz_id, editor=editor, now=now)
    edition = reword(session, draft, "item-1", now, by=editor)
    now += timedelta(hours=1)
    correct(session, question_of(session, module.version_id, "item-1"), TO_B, now)
    with pytest.raises(Invalid) as refused:
        authoring.publish(session, draft, edition=edition, editor=editor, now=now)
    (sentence,) = refused.value.problems["obstacles"]
    assert "corrected to B, but this draft still marks A" in sentence
    edition = reword(session, draft, "item-1", now, key="b", by=editor)
    authoring.publish(session, draft, edition=edition, editor=editor, now=now)
    assert attempt(session, module, {"item-1": "b", "item-2": "a"}, now).earned_points == 2


def test_an_edit_from_before_a_question_was_dropped_does_not_bring_it_back(session: Session, now: datetime) -> None:
    module = make_module(session, now=now, questions=2, pass_points=2)
    editor = make_person(session, now=now).id
    draft = authoring.open_draft(session, module.quiz_id, editor=editor, now=now)
    edition = reword(session, draft, "item-1", now, by=editor)
    now += timedelta(hours=1)
    correct(session, question_of(session, module.version_id, "item-1"), Change(Treatment.DROP), now)
    assert held_lineages(session, module.quiz_id) == {"item-1"}
    authoring.publish(session, draft, edition=edition, editor=editor, now=now)
    assert held_lineages(session, module.quiz_id) == {"item-1"}
    draft = authoring.open_draft(session, module.quiz_id, editor=editor, now=now)
    edition = reword(session, draft, "item-1", now + timedelta(hours=1), by=editor)
    authoring.publish(session, draft, edition=edition, editor=editor, now=now + timedelta(hours=1))
    assert held_lineages(session, module.quiz_id) == frozenset()


def test_two_dropped_questions_keep_the_share_that_was_promised(session: Session, now: datetime) -> None:
    """8 of 10 is 6.4 of 8, so 7 of 8; rounding 8 of 9 up once more would ask for 8 of 8."""
    module = make_module(session, now=now, questions=10, pass_points=8)
    right = {f"item-{number}": "a" for number in range(3, 10)}  # 7 points, and nothing for the two that go
    one = attempt(session, module, right, now)
    assert (one.earned_points, one.passed) == (7, False)
    now += timedelta(minutes=1)
    correct(session, question_of(session, module.version_id, "item-1"), Change(Treatment.DROP), now)
    session.refresh(one)
    assert (one.earned_points, one.total_points, one.pass_points, one.passed) == (7, 9, 8, False)
    correct(session, question_of(session, module.version_id, "item-2"), Change(Treatment.DROP), now)
    session.refresh(one)
    assert (one.earned_points, one.total_points, one.pass_points, one.passed) == (7, 8, 7, True)


def test_whatever_was_submitted_meanwhile_is_looked_at_however_much_it_is(
    session: Session, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = make_module(session, now=now, questions=2, pass_points=2)
    question = question_of(session, module.version_id, "item-1")
    for _ in range(4):
        attempt(session, module, {"item-2": "a"}, now)  # nothing to change, nothing written
    number = correct_key(session, question, TO_B, reason="Why.", by=None, now=now)
    monkeypatch.setattr(regrading, "BATCH", 3)
    assert regrade_batch(session, number, now=now)
    # As when a submission began before the correction, was graded by the old key, and was committed after it.
    late = attempt(session, module, {"item-1": "b", "item-2": "a"}, now)
    session.execute(Attempt.__table__.update().where(Attempt.id == late.id).values(earned_points=1, passed=False))
    session.execute(
        Answer.__table__.update().where(Answer.attempt_id == late.id, Answer.question_id == question).values(points=0)
    )
    session.execute(
        regrading.KeyCorrection.__table__.update().where(regrading.KeyCorrection.id == number).values(reached=late.id)
    )
    session.expire_all()
    while regrade_batch(session, number, now=now):
        pass
    session.refresh(late)
    assert late.earned_points == 2
