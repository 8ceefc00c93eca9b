"""Who changed an open draft before changes were kept is carried over from the audit."""

from datetime import datetime

from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import select

from cme.audit.service import record
from cme.audit.tags import Event
from cme.store.database import db
from cme.store.session import transaction
from quizzes.models.draft_change import DraftChange
from quizzes.queries.draft_changes import editors_of, steps_of
from quizzes.services.authoring import open_draft
from tests.factories.modules import make_module
from tests.factories.people import make_person
from tests.migrations.test_migrations import app

__all__ = ["app"]


def test_editors_of_a_draft_that_is_open_during_the_upgrade_are_known(app: Flask, now: datetime) -> None:
    with transaction() as session:
        editors = [make_person(session, now=now).id for _ in range(2)]
        module = make_module(session, now=now)
        version_id = open_draft(session, module.quiz_id, editor=editors[0], now=now)
        for person, details in zip(
            (*editors, 10**6), ({"added": "x"}, {"removed": "x"}, {"moved": "y"}), strict=True
        ):  # the third account is not there any more
            told = {"version": version_id, **details}
            event = Event.QUIZ_DRAFT_CHANGED
            record(session, event, now=now, person_id=person, subject="quiz", subject_id=1, details=told)
        told = {"version": 10**6, "added": "x"}
        record(session, event, now=now, person_id=None, subject="quiz", subject_id=1, details=told)
    db.session.remove()
    downgrade(revision="0001")
    upgrade()
    rows = db.session.scalars(select(DraftChange).order_by(DraftChange.id)).all()
    assert [(row.version_id, row.edition, row.step, row.at) for row in rows] == [
        (version_id, edition, "sealed", now) for edition in (2, 3, 4)
    ]
    assert rows[0].what == {"added": "x"}
    assert editors_of(db.session(), version_id) == set(editors)
    assert steps_of(db.session(), version_id).undo is None
