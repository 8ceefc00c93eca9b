"""Tallies: every first attempt once, figures as counted straight from the answers, alarms that make a task or a hold."""

from collections import Counter
from datetime import datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cme.outbox.models import OutboxWork
from quizzes.models.attempt import Answer, Attempt
from quizzes.models.quiz import Question
from quizzes.models.statistics import AnswerTally, ScoreTally, TalliedAttempt
from quizzes.queries.health import HealthReport, health_of_quiz, worst_first
from quizzes.queries.holds import held_lineages, holds
from quizzes.rules.correcting import Change, Treatment
from quizzes.services import tallying
from quizzes.services.correcting import correct_key
from quizzes.services.holding import confirm
from quizzes.services.regrading import regrade_batch
from quizzes.services.tallying import ask_for_tallies, forget_tallies, raise_alarms, set_holding, tally_batch
from tests.factories.crowd import make_crowd
from tests.factories.modules import Module, make_module
from tests.factories.people import make_person


@pytest.fixture
def module(session: Session, now: datetime) -> Module:
    return make_module(session, now=now, questions=5, pass_points=4)


def tally(session: Session, module: Module) -> HealthReport:
    while tally_batch(session, module.quiz_id):
        pass
    report = health_of_quiz(session, module.quiz_id)
    assert report is not None
    return report


def miskey(session: Session, module: Module) -> None:
    """Let choice b be what the able take at item-1, and count it wrong."""
    question = session.scalars(select(Question.id).order_by(Question.id).limit(1)).one()
    for answer in session.scalars(select(Answer).where(Answer.question_id == question)):
        attempt = session.get_one(Attempt, answer.attempt_id)
        rest = (attempt.earned_points or 0) - (answer.points or 0)
        right = rest <= 2
        answer.chosen, answer.points = ("a", 1) if right else ("b", 0)
        attempt.earned_points = rest + int(right)
    session.flush()


def test_figures_are_those_of_the_answers(session: Session, module: Module, now: datetime) -> None:
    make_crowd(session, module, people=120, pass_points=4, now=now)
    report = tally(session, module)
    assert report.attempts == 120
    assert sum(count for _points, count in report.scores) == 120
    for line in report.lines:
        rows = session.execute(select(Answer.chosen, Answer.points).where(Answer.question_id == line.question_id)).all()
        assert line.health.takers == 120
        assert line.health.right == sum(row.points for row in rows)
        assert dict(line.health.choices) == {
            **dict.fromkeys("abcd", 0), "": 0, **Counter(row.chosen or "" for row in rows),
        }  # fmt: skip
    assert report.reliability.value is not None
    assert report.items_per_attempt == 5


def test_new_attempts_are_added_and_none_is_counted_twice(
    session: Session, module: Module, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_crowd(session, module, people=50, pass_points=4, now=now)
    first = tally(session, module)
    assert tally(session, module) == first
    make_crowd(session, module, people=50, pass_points=4, now=now, seed=2)
    second = tally(session, module)
    assert second.attempts == 100
    forget_tallies(session, module.quiz_id)
    assert session.scalar(select(func.count()).select_from(TalliedAttempt)) == 0
    assert tally(session, module) == second  # from the beginning: the same
    assert session.scalar(select(func.sum(AnswerTally.takers))) == 500


def test_only_first_attempts_count(session: Session, module: Module, now: datetime) -> None:
    (number,) = make_crowd(session, module, people=1, pass_points=4, now=now)
    session.get_one(Attempt, number).number = 2
    session.flush()
    assert tally(session, module).attempts == 0


def test_the_regular_duty_asks_for_what_waits(session: Session, module: Module, now: datetime) -> None:
    make_module(session, now=now)  # noise: a quiz without attempts
    make_crowd(session, module, people=3, pass_points=4, now=now)
    ask_for_tallies(session, now=now)
    ask_for_tallies(session, now=now)
    asked = session.scalars(select(OutboxWork.payload).where(OutboxWork.kind == tallying.JOB)).all()
    assert asked == [{"quiz_id": module.quiz_id}]
    tally(session, module)
    assert session.scalar(select(func.sum(ScoreTally.takers))) == 3


@pytest.mark.parametrize("holding", [False, True])
def test_an_alarm_makes_a_task_and_where_set_a_hold(
    session: Session, module: Module, now: datetime, holding: bool
) -> None:
    make_crowd(session, module, people=100, pass_points=4, now=now)
    miskey(session, module)
    set_holding(session, module.quiz_id, holds=holding)
    report = tally(session, module)
    assert raise_alarms(session, module.quiz_id, now=now) == ("item-1",)
    assert raise_alarms(session, module.quiz_id, now=now) == ()
    assert worst_first(report.lines)[0].item.lineage == "item-1"
    (task,) = holds(session, module.quiz_id)
    assert task.cause == "alarm"
    assert "more often than the key" in task.details["sentence"]
    assert held_lineages(session, module.quiz_id) == ({"item-1"} if holding else frozenset())
    confirm(session, task.hold_id, by=make_person(session, now=now).id, now=now)
    assert raise_alarms(session, module.quiz_id, now=now) == ()  # answered; it speaks again at twice as many
    task_takers = task.details["takers"]
    assert task_takers == 100


def test_an_ordinary_item_raises_no_alarm(session: Session, module: Module, now: datetime) -> None:
    make_crowd(session, module, people=200, pass_points=4, now=now)
    tally(session, module)
    assert raise_alarms(session, module.quiz_id, now=now) == ()


def test_after_a_corrected_key_the_figures_begin_anew(session: Session, module: Module, now: datetime) -> None:
    make_crowd(session, module, people=100, pass_points=4, now=now)
    miskey(session, module)
    before = tally(session, module).lines[0].health
    change = Change(Treatment.ACCEPT, ("a", "b"))
    question = session.scalars(select(Question.id).order_by(Question.id).limit(1)).one()
    assert not regrade_batch(session, correct_key(session, question, change, reason="Why.", by=None, now=now), now=now)
    payloads = session.scalars(select(OutboxWork.payload).where(OutboxWork.kind == tallying.JOB)).all()
    assert payloads == [{"quiz_id": module.quiz_id, "anew": True}]
    forget_tallies(session, module.quiz_id)
    after = tally(session, module).lines[0].health
    assert before.right < after.right == 100
    assert after.alarms == ()
