"""Two tabs, two devices, two editors at once: threads with their own transactions, on both databases."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from cme.activities.queries import release_facts
from cme.audit.models import AuditEvent
from cme.credits.models import RequirementMet
from cme.kernel.refusal import Conflict, Refused
from cme.store.database import db
from cme.store.session import transaction
from quizzes.models.attempt import Answer, Attempt
from quizzes.models.quiz import QuizVersion
from quizzes.queries.versions import version_facts
from quizzes.rules.grading import AnswerSheet
from quizzes.services import authoring, taking
from quizzes.services.versions import VersionCache
from tests.factories.modules import Module, make_module
from tests.factories.people import make_person

THREADS = 8


class Scene:
    """A committed module with a learner; `together` runs a function in many threads that start at the same moment."""

    def __init__(self, app: Flask, now: datetime) -> None:
        self.app, self.now, self.versions = app, now, VersionCache()
        with app.app_context(), transaction() as session:
            self.module: Module = make_module(session, now=now, questions=4, pass_points=3, bank=12)
            self.person_id = make_person(session, now=now).id
            self.editor = make_person(session, now=now, roles=("editor",)).id

    def together(self, act: Callable[[Any, int], Any], count: int = THREADS) -> list[Any]:
        barrier = Barrier(count)

        def run(number: int) -> Any:
            with self.app.app_context():
                barrier.wait()
                try:
                    with transaction() as session:
                        return act(session, number)
                except Refused as refused:
                    return refused
                finally:
                    db.session.remove()

        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(run, range(count)))

    def alone(self, act: Callable[[Any], Any]) -> Any:
        with self.app.app_context(), transaction() as session:
            return act(session)

    def begin(self, session: Any, _number: int = 0) -> str:
        release = release_facts(session, self.module.release_id)
        return taking.begin(session, self.person_id, release, versions=self.versions, now=self.now)

    def submit(self, session: Any, code: str, chosen: dict[int, str]) -> Any:
        return taking.submit(
            session,
            self.person_id,
            code,
            AnswerSheet(chosen),
            release=release_facts(session, self.module.release_id),
            versions=self.versions,
            now=self.now,
        )


@pytest.fixture
def scene(app: Flask, now: datetime) -> Scene:
    return Scene(app, now)


def test_many_starts_at_once_give_one_attempt(scene: Scene) -> None:
    codes = scene.together(scene.begin)
    assert len(set(codes)) == 1, codes
    counted = scene.alone(lambda session: session.scalar(select(func.count()).select_from(Attempt)))
    assert counted == 1
    assert scene.alone(lambda session: session.scalar(select(func.count()).select_from(Answer))) == 4


def test_many_submits_at_once_are_graded_once_and_all_get_the_same_result(scene: Scene) -> None:
    code = scene.alone(scene.begin)
    sheets = [dict.fromkeys(range(1, 5), "a"), dict.fromkeys(range(1, 5), "b")]
    outcomes = scene.together(lambda session, number: scene.submit(session, code, sheets[number % 2]))
    assert len(set(outcomes)) == 1, outcomes
    graded = outcomes[0]
    counts = scene.alone(
        lambda session: (
            session.scalar(select(func.count()).select_from(RequirementMet)),
            session.scalar(select(func.count()).where(AuditEvent.event == "attempt.submitted")),
            session.scalars(select(Answer.chosen).distinct()).all(),
        )
    )
    assert counts == (int(graded.passed), 1, ["a" if graded.passed else "b"])


def test_what_is_graded_is_what_stands_in_the_rows_however_late_a_save_comes(scene: Scene) -> None:
    """Saves and a submit race; every acknowledged save is either graded or was refused, never half."""
    for _round in range(5):
        code = scene.alone(scene.begin)
        scene.alone(
            lambda session, code=code: taking.save_answers(
                session, scene.person_id, code, AnswerSheet(dict.fromkeys(range(1, 5), "b")), now=scene.now
            )
        )

        def act(session: Any, number: int, code: str = code) -> Any:
            if number == 0:
                return scene.submit(session, code, {})
            position = (number - 1) % 4 + 1
            return taking.save_answer(session, scene.person_id, code, position, "a", now=scene.now)

        outcomes = scene.together(act)
        rows = scene.alone(
            lambda session, code=code: session.execute(
                select(Answer.chosen, Answer.points, Attempt.earned_points)
                .join(Attempt, Attempt.id == Answer.attempt_id)
                .where(Attempt.code == code)
                .order_by(Answer.position)
            ).all()
        )
        assert isinstance(outcomes[0], taking.Graded)
        assert [points for _chosen, points, _earned in rows] == [int(chosen == "a") for chosen, _p, _e in rows]
        assert rows[0][2] == sum(points for _chosen, points, _earned in rows)
        for number, outcome in enumerate(outcomes[1:], start=1):
            assert isinstance(outcome, taking.Saved) or outcome.code == "attempt_submitted"
            if isinstance(outcome, taking.Saved):
                assert rows[(number - 1) % 4][0] == "a"


def test_answers_to_different_questions_do_not_disturb_each_other(scene: Scene) -> None:
    code = scene.alone(scene.begin)
    outcomes = scene.together(
        lambda session, number: taking.save_answer(
            session, scene.person_id, code, number + 1, "abcd"[number], now=scene.now
        ),
        count=4,
    )
    assert all(isinstance(outcome, taking.Saved) for outcome in outcomes), outcomes
    saved = scene.alone(lambda session: session.scalars(select(Answer.chosen).order_by(Answer.position)).all())
    assert saved == list("abcd")


def test_two_editors_opening_at_once_get_one_draft(scene: Scene) -> None:
    drafts = scene.together(
        lambda session, _number: authoring.open_draft(session, scene.module.quiz_id, editor=scene.editor, now=scene.now)
    )
    assert len(set(drafts)) == 1, drafts
    counted = scene.alone(lambda session: session.scalar(select(func.count()).where(QuizVersion.state == "draft")))
    assert counted == 1


def test_many_publishers_at_once_publish_once(scene: Scene) -> None:
    draft = scene.alone(
        lambda session: authoring.open_draft(session, scene.module.quiz_id, editor=scene.editor, now=scene.now)
    )
    outcomes = scene.together(
        lambda session, _number: authoring.publish(session, draft, edition=1, editor=scene.editor, now=scene.now)
    )
    assert sum(not isinstance(outcome, Refused) for outcome in outcomes) == 1, outcomes
    states = scene.alone(lambda session: session.scalars(select(QuizVersion.state).order_by(QuizVersion.number)).all())
    assert states == ["retired", "published"]


def test_saves_of_one_question_at_once_keep_one_text_and_refuse_the_others(scene: Scene) -> None:
    draft = scene.alone(
        lambda session: authoring.open_draft(session, scene.module.quiz_id, editor=scene.editor, now=scene.now)
    )
    facts = scene.alone(lambda session: version_facts(session, draft))
    question_id, item = next(iter(facts.items.items()))

    def act(session: Any, number: int) -> Any:
        from dataclasses import replace

        text = replace(item, stem=f"Text {number}?")
        return authoring.save_question(
            session, question_id, text, edition=1, seen=item.fingerprint, editor=scene.editor, now=scene.now
        )

    outcomes = scene.together(act)
    winners = [number for number, outcome in enumerate(outcomes) if not isinstance(outcome, Refused)]
    assert len(winners) == 1, outcomes
    assert all(isinstance(outcome, Conflict) for outcome in outcomes if isinstance(outcome, Refused))
    facts = scene.alone(lambda session: version_facts(session, draft))
    assert facts.items[question_id].stem == f"Text {winners[0]}?"
    assert facts.edition == 2


def test_a_start_while_a_version_is_published_gets_one_of_the_two(scene: Scene) -> None:
    draft = scene.alone(
        lambda session: authoring.open_draft(session, scene.module.quiz_id, editor=scene.editor, now=scene.now)
    )

    def act(session: Any, number: int) -> Any:
        if number == 0:
            return authoring.publish(session, draft, edition=1, editor=scene.editor, now=scene.now)
        return scene.begin(session)

    outcomes = scene.together(act)
    assert not any(isinstance(outcome, Refused) for outcome in outcomes), outcomes
    versions = scene.alone(lambda session: session.scalars(select(Attempt.version_id)).all())
    assert len(versions) == 1
    assert versions[0] in {scene.module.version_id, draft}
