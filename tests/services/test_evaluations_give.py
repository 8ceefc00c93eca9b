"""Evaluations in the database: the form a release asks, answers given once and kept."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.orm import Session

from cme.evaluations.models import EvaluationAssignment, EvaluationForm, EvaluationResponse
from cme.evaluations.queries import form_of, has_response
from cme.evaluations.service import give
from cme.store.session import violates
from tests.factories.modules import QUESTIONS, make_module
from tests.factories.people import make_person
from tests.support.journeys import form_number

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
ANSWERS = {"objectives": "5", "bias": "yes", "outcome": "ask", "comment": "<b>{{7*7}}</b> =cmd() Привет"}


def stored(session: Session, person_id: int) -> list[EvaluationResponse]:
    return list(session.scalars(select(EvaluationResponse).where(EvaluationResponse.person_id == person_id)))


def test_a_release_asks_its_own_form(session: Session) -> None:
    module, noise = make_module(session, now=NOW), make_module(session, now=NOW)
    form = form_of(session, module.release_id)
    assert form is not None
    assert form.form_id == form_number(session, module.release_id) != form_number(session, noise.release_id)
    assert [question.key for question in form.questions] == [row["key"] for row in QUESTIONS]
    assert [option.key for option in form.questions[1].options] == ["yes", "no"]


def test_a_release_without_a_form_has_none(session: Session) -> None:
    module = make_module(session, now=NOW)
    session.execute(delete(EvaluationAssignment).where(EvaluationAssignment.release_id == module.release_id))
    assert form_of(session, module.release_id) is None


def test_answers_are_kept_as_they_were_given(session: Session) -> None:
    module = make_module(session, now=NOW)
    person, noise = make_person(session, now=NOW), make_person(session, now=NOW)
    form_id = form_number(session, module.release_id)
    give(session, person.id, module.release_id, form_id, ANSWERS, now=NOW)
    (row,) = stored(session, person.id)
    assert (row.answers, row.given_at, row.form_id) == (ANSWERS, NOW, form_id)
    assert has_response(session, person.id, module.release_id)
    assert not has_response(session, noise.id, module.release_id)
    assert not has_response(session, person.id, make_module(session, now=NOW).release_id)


def test_a_second_sending_leaves_the_first_as_it_is(session: Session) -> None:
    module = make_module(session, now=NOW)
    person = make_person(session, now=NOW)
    form_id = form_number(session, module.release_id)
    give(session, person.id, module.release_id, form_id, ANSWERS, now=NOW)
    give(session, person.id, module.release_id, form_id, {"outcome": "nothing"}, now=NOW + timedelta(days=1))
    (row,) = stored(session, person.id)
    assert (row.answers, row.given_at) == (ANSWERS, NOW)


def test_the_database_takes_one_response_per_person_and_release(session: Session) -> None:
    module = make_module(session, now=NOW)
    person = make_person(session, now=NOW)
    row: dict[str, Any] = {
        "person_id": person.id,
        "release_id": module.release_id,
        "form_id": form_number(session, module.release_id),
        "answers": {},
        "given_at": NOW,
    }
    session.execute(insert(EvaluationResponse).values(**row))
    with pytest.raises(IntegrityError) as refused:
        session.execute(insert(EvaluationResponse).values(**row))
    assert violates(refused.value, "uq_evaluation_responses_person_id_release_id")


@pytest.mark.parametrize("verb", ["update", "delete"])
def test_given_answers_are_never_changed_or_removed(session: Session, verb: str) -> None:
    module = make_module(session, now=NOW)
    person = make_person(session, now=NOW)
    give(session, person.id, module.release_id, form_number(session, module.release_id), ANSWERS, now=NOW)
    statements: dict[str, Any] = {
        "update": update(EvaluationResponse).values(answers={}),
        "delete": delete(EvaluationResponse),
    }
    with pytest.raises(DatabaseError, match="evaluation_responses only grows"):
        session.execute(statements[verb], execution_options={"synchronize_session": False})


def test_a_form_has_one_row_per_version(session: Session) -> None:
    row: dict[str, Any] = {"key": "common", "title": "Evaluation", "questions": [], "created_at": NOW}
    session.execute(insert(EvaluationForm), [{"version": 1, **row}, {"version": 2, **row}])
    with pytest.raises(IntegrityError) as refused:
        session.execute(insert(EvaluationForm).values(version=2, **row))
    assert violates(refused.value, "uq_evaluation_forms_key_version")
