"""A reviewer approves, an editor saves and another publishes at the same moment: real threads, on both databases."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from cme.activities.models import Provider
from cme.kernel.refusal import Conflict, Invalid, Refused
from cme.outbox.models import OutboxWork
from quizzes.models.draft_change import DraftChange
from quizzes.models.quiz import QuizVersion
from quizzes.models.review import DraftReview
from quizzes.queries.versions import version_facts
from quizzes.services import authoring, reviewing, undoing
from tests.factories.people import make_person
from tests.services.test_quiz_races import Scene

ROUNDS = 6


class Races(Scene):
    """A draft in review for which one approval is asked."""

    def __init__(self, app: Flask, now: datetime) -> None:
        super().__init__(app, now)

        def prepare(session: Any) -> tuple[int, int]:
            session.execute(update(Provider).values(approvals=1))
            people = [make_person(session, now=now, roles=(role,)).id for role in ("reviewer", "editor")]
            return people[0], people[1]

        self.reviewer, self.second = self.alone(prepare)

    def sent(self) -> tuple[int, int, Any, int]:
        """A fresh draft that lies with reviewers: version, a question of it, its text, the edition."""

        def act(session: Any) -> tuple[int, int, Any, int]:
            version_id = authoring.open_draft(session, self.module.quiz_id, editor=self.editor, now=self.now)
            facts = version_facts(session, version_id)
            assert facts is not None
            number, item = next(iter(facts.items.items()))
            words = f"Which one is it in round {version_id}?"
            edition = authoring.save_question(
                session, number, replace(item, stem=words), edition=facts.edition, seen=item.fingerprint,
                editor=self.editor, now=self.now,
            )  # fmt: skip
            reviewing.send(session, version_id, edition=edition, reviewer=None, editor=self.editor, now=self.now)
            return version_id, number, replace(item, stem=words), edition

        return self.alone(act)

    def row(self, version_id: int) -> tuple[str, int]:
        wanted = select(QuizVersion.state, QuizVersion.edition).where(QuizVersion.id == version_id)
        return self.alone(lambda session: tuple(session.execute(wanted).one()))

    def approvals(self, version_id: int) -> list[int]:
        wanted = select(DraftReview.edition).where(DraftReview.version_id == version_id, DraftReview.act == "approved")
        return self.alone(lambda session: list(session.scalars(wanted)))


@pytest.fixture
def races(app: Flask, now: datetime) -> Races:
    return Races(app, now)


def test_only_what_was_approved_is_ever_published(races: Races) -> None:
    ends = set()
    for _round in range(ROUNDS):
        version_id, number, item, edition = races.sent()
        by = {"edition": edition, "now": races.now}

        def act(
            session: Any, turn: int, version_id: int = version_id, number: int = number, item: Any = item, by: Any = by
        ) -> Any:
            if turn == 0:
                return reviewing.approve(session, version_id, reviewer=races.reviewer, **by)
            if turn in {1, 3, 4}:
                return authoring.publish(session, version_id, editor=races.editor, **by)
            changed = replace(item, stem="Never looked at?")
            seen = item.fingerprint
            return authoring.save_question(session, number, changed, seen=seen, editor=races.second, **by)

        outcomes = races.together(act, 5)
        refusals = [one for one in outcomes if isinstance(one, Refused)]
        assert all(isinstance(one, (Conflict, Invalid)) or one.code == "not_a_draft" for one in refusals), outcomes
        state, last = races.row(version_id)
        ends.add(state)
        if state == "published":
            assert last == edition
            assert races.approvals(version_id) == [edition]
            facts = races.alone(lambda session, version_id=version_id: version_facts(session, version_id))
            assert next(iter(facts.items.values())).stem == item.stem
        else:
            assert last == edition + 1
            races.alone(
                lambda session, version_id=version_id, last=last: authoring.discard_draft(
                    session, version_id, edition=last, editor=races.editor, now=races.now
                )
            )
    assert ends <= {"published", "draft"}


def test_an_approval_pressed_many_times_at_once_is_one(races: Races) -> None:
    version_id, _number, _item, edition = races.sent()
    races.together(
        lambda session, _turn: reviewing.approve(
            session, version_id, edition=edition, reviewer=races.reviewer, now=races.now
        )
    )
    assert races.approvals(version_id) == [edition]
    mails = select(func.count()).select_from(OutboxWork).where(OutboxWork.key.contains("review-answered"))
    assert races.alone(lambda session: session.scalar(mails)) == 1


def test_undo_pressed_many_times_at_once_takes_one_change_back(races: Races) -> None:
    version_id, _number, item, edition = races.sent()
    outcomes = races.together(
        lambda session, _turn: undoing.undo(session, version_id, edition=edition, editor=races.editor, now=races.now)
    )
    assert sum(not isinstance(one, Refused) for one in outcomes) == 1
    assert all(isinstance(one, Conflict) for one in outcomes if isinstance(one, Refused))
    steps = select(DraftChange.step).where(DraftChange.version_id == version_id).order_by(DraftChange.edition)
    assert races.alone(lambda session: list(session.scalars(steps))) == ["done", "undone"]
    facts = races.alone(lambda session: version_facts(session, version_id))
    assert next(iter(facts.items.values())).stem != item.stem
