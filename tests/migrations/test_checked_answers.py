"""Answers keep what they hold when the column for checked ones comes and goes; the guard comes and goes with it."""

from datetime import datetime

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from cme.store.database import db
from cme.store.session import transaction
from quizzes.models.attempt import Answer, Attempt
from quizzes.rules.delivery import DeliveryRules, Review
from quizzes.rules.grading import AnswerSheet
from quizzes.services import taking
from quizzes.services.versions import VersionCache
from tests.factories.items import make_module_of_kinds
from tests.factories.people import make_person
from tests.migrations.test_migrations import app
from tests.support.journeys import begin_quiz

__all__ = ["app"]


def test_answers_outlive_the_column_and_the_guard_returns(app: Flask, now: datetime) -> None:
    with transaction() as session:
        person = make_person(session, now=now).id
        module = make_module_of_kinds(session, now=now, delivery=DeliveryRules(during=Review(True, True, True)))
        code = begin_quiz(session, person, module.release_id, now=now)
        place = session.scalars(
            select(Answer.position).join(Attempt).where(Attempt.code == code, Answer.kind == "single")
        ).one()
        sheet = AnswerSheet({place: "b"})
        taking.check_answer(session, person, code, place, sheet, versions=VersionCache(), now=now)
    db.session.remove()
    downgrade(revision="0011")
    upgrade()
    kept = select(Answer.chosen, Answer.saved_at, Answer.checked_at).where(Answer.position == place)
    assert db.session.execute(kept).one() == ("b", now, None)
    with transaction() as session:
        taking.save_answer(session, person, code, place, "c", now=now)
        taking.check_answer(session, person, code, place, AnswerSheet({}), versions=VersionCache(), now=now)
    with pytest.raises(DBAPIError, match="never changes"), transaction() as session:
        session.execute(update(Answer).where(Answer.position == place).values(chosen="a"))
    assert db.session.execute(kept).one() == ("c", now, now)
