"""Regrading that is killed in the middle of a batch goes on where it was, to the same end."""

import os
import signal
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from cme.credits.models import RequirementMet
from cme.outbox.models import OutboxWork
from cme.store.database import db
from cme.store.session import transaction
from quizzes import jobs
from quizzes.models.attempt import Attempt
from quizzes.models.correction import KeyCorrection, Regrade
from quizzes.models.quiz import Question
from quizzes.rules.correcting import Change, Treatment
from quizzes.services import regrading
from quizzes.services.correcting import correct_key, predict
from tests.conftest import NOW
from tests.factories.crowd import make_crowd
from tests.factories.modules import make_module

CHANGE = Change(Treatment.KEY, ("b",))


def state_of(app: Flask) -> tuple[object, ...]:
    """Everything the regrading writes."""
    with app.app_context():
        session = db.session()
        attempts = session.execute(
            select(Attempt.id, Attempt.earned_points, Attempt.passed, Attempt.counted).order_by(Attempt.id)
        ).all()
        met = session.execute(
            select(RequirementMet.person_id, RequirementMet.met_at).order_by(RequirementMet.person_id)
        )
        mails = session.scalar(select(func.count()).where(OutboxWork.kind == "mail.send"))
        return attempts, met.all(), mails, session.scalar(select(func.count()).select_from(Regrade))


def in_a_child_that_dies(app: Flask, work: Callable[[], None]) -> int:
    """Run it in a process of its own; gives how that ended."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    child = os.fork()
    if child == 0:
        try:
            with app.app_context():
                work()
        finally:
            os._exit(0)
    return os.waitpid(child, 0)[1]


def test_killed_in_the_third_batch_and_resumed_it_ends_as_if_nothing_had_happened(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regrading, "BATCH", 100)
    with app.app_context(), transaction() as session:
        module = make_module(session, now=NOW, questions=5, pass_points=4)
        make_crowd(session, module, people=450, pass_points=4, now=NOW - timedelta(days=1), seed=9)
        question = session.scalars(select(Question.id).order_by(Question.id).limit(1)).one()
    with app.app_context(), transaction() as session:
        predicted = predict(session, question, CHANGE, now=NOW).counts
        number = correct_key(session, question, CHANGE, reason="Why.", by=None, now=NOW)

    def dies() -> None:
        whole, calls = regrading._write, []

        def write(*arguments: object) -> None:
            whole(*arguments)  # type: ignore[arg-type]
            calls.append(1)
            if len(calls) == 3:  # written, not committed
                os.kill(os.getpid(), signal.SIGKILL)

        regrading._write = write  # type: ignore[assignment]
        jobs.regrade(number)

    assert in_a_child_that_dies(app, dies) == signal.SIGKILL
    with app.app_context():
        half = db.session().get_one(KeyCorrection, number)
        assert (half.state, half.looked_at) == ("running", 200)
        db.session.remove()
        jobs.regrade(number)
        done = db.session().get_one(KeyCorrection, number)
        assert (done.state, done.looked_at) == ("finished", 450)
        db.session.remove()
    after = state_of(app)
    assert after[3] == predicted["changed"]
    with app.app_context():
        jobs.regrade(number)
    assert state_of(app) == after
    with app.app_context():
        raised = db.session().scalar(select(func.count()).where(Regrade.passed_after, ~Regrade.passed_before))
        assert raised == predicted["raised"] > 0
