"""Checking, saving and submitting at the same moment: threads with their own transactions, on both databases."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Event
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from cme.activities.queries import release_facts
from cme.kernel.refusal import Refused
from cme.store.database import db
from cme.store.session import transaction
from quizzes.models.attempt import Answer, Attempt
from quizzes.queries.attempts import AnswerFacts, attempt_of
from quizzes.queries.versions import version_facts
from quizzes.rules.delivery import DeliveryRules, Review
from quizzes.rules.grading import AnswerSheet
from quizzes.services import taking
from quizzes.services.taking import Checked, Graded, Saved
from quizzes.services.versions import VersionCache
from tests.factories.items import make_module_of_kinds
from tests.factories.people import make_person
from tests.services.test_quiz_races import Scene

HOLD_UP = 0.3
"""Seconds for which a transaction stays open, so that whoever came meanwhile is certainly waiting."""


class Checking(Scene):
    """The attempt of one learner where answers may be checked, and the place of its question of one best answer."""

    def __init__(self, app: Flask, now: datetime) -> None:
        self.app, self.now, self.versions = app, now, VersionCache()
        with app.app_context(), transaction() as session:
            rules = DeliveryRules(certainty=True, during=Review(True, True, True))
            self.module = make_module_of_kinds(session, now=now, delivery=rules)
            self.start()

    def start(self) -> None:
        """A new learner with a new attempt."""
        session = db.session()
        self.person_id = make_person(session, now=self.now).id
        self.code = self.begin(session)
        self.place = self._place_of("single")

    def _place_of(self, lineage: str) -> int:
        session = db.session()
        facts = version_facts(session, self.module.version_id)
        assert facts is not None
        rows = session.execute(
            select(Answer.question_id, Answer.position).join(Attempt).where(Attempt.code == self.code)
        )
        return next(place for question, place in rows if facts.items[question].lineage == lineage)

    def check(self, session: Any, answer: str | None = "a", place: int | None = None) -> Any:
        place = place or self.place
        sheet = AnswerSheet({place: answer} if answer else {})
        return taking.check_answer(
            session, self.person_id, self.code, place, sheet, versions=self.versions, now=self.now
        )

    def save(self, session: Any, answer: str) -> Saved:
        later = self.now + timedelta(seconds=1)
        return taking.save_answer(session, self.person_id, self.code, self.place, answer, now=later)

    def save_form(self, session: Any, answer: str) -> Saved:
        sheet = AnswerSheet({self.place: answer}, {self.place: "high"})
        return taking.save_answers(session, self.person_id, self.code, sheet, now=self.now + timedelta(seconds=1))

    def finish(self, session: Any, answer: str) -> Any:
        return taking.submit(
            session,
            self.person_id,
            self.code,
            AnswerSheet({self.place: answer}),
            release=release_facts(session, self.module.release_id),
            versions=self.versions,
            now=self.now + timedelta(seconds=1),
            confirm_unanswered=True,
        )

    def row(self) -> AnswerFacts:
        found = self.alone(lambda session: attempt_of(session, self.person_id, self.code))
        return next(one for one in found.answers if one.position == self.place)

    def meanwhile(self, first: Callable[[Any], Any], second: Callable[[Any], Any]) -> tuple[Any, Any]:
        """`first` is done but not committed when `second` begins, which therefore waits for it."""
        done = Event()

        def holding() -> Any:
            with self.app.app_context(), transaction() as session:
                outcome = first(session)
                done.set()
                Event().wait(HOLD_UP)
                return outcome

        def waiting() -> Any:
            done.wait(10)
            with self.app.app_context():
                try:
                    with transaction() as session:
                        return second(session)
                except Refused as refused:
                    return refused

        with ThreadPoolExecutor(2) as pool:
            one, two = pool.submit(holding), pool.submit(waiting)
            return one.result(30), two.result(30)


@pytest.fixture
def checking(app: Flask, now: datetime) -> Checking:
    return Checking(app, now)


@pytest.mark.parametrize("later", ["save", "save_form", "check"])
def test_what_waits_for_a_check_changes_nothing_of_it(checking: Checking, later: str) -> None:
    first, second = checking.meanwhile(checking.check, lambda session: getattr(checking, later)(session, "b"))
    assert isinstance(first, Checked)
    assert second.final == (checking.place,)
    row = checking.row()
    assert (row.chosen, row.certainty, row.checked_at) == ("a", None, checking.now)


def test_a_submission_that_waits_for_a_check_grades_what_was_checked(checking: Checking) -> None:
    first, second = checking.meanwhile(checking.check, lambda session: checking.finish(session, "b"))
    assert isinstance(first, Checked)
    assert isinstance(second, Graded)
    assert second.final == (checking.place,)
    row = checking.row()
    assert (row.chosen, row.points, row.checked_at) == ("a", 1, checking.now)


def test_a_check_that_waits_for_a_save_checks_what_it_sends_itself(checking: Checking) -> None:
    checking.meanwhile(lambda session: checking.save(session, "b"), checking.check)
    assert checking.row().chosen == "a"
    assert checking.row().checked_at == checking.now


def test_a_check_without_an_answer_of_its_own_checks_what_was_saved_meanwhile(checking: Checking) -> None:
    saved, checked = checking.meanwhile(
        lambda session: checking.save(session, "b"), lambda session: checking.check(session, None)
    )
    assert (saved.final, type(checked)) == ((), Checked)
    assert (checking.row().chosen, checking.row().checked_at) == ("b", checking.now)


def test_a_check_that_waits_for_a_submission_is_refused(checking: Checking) -> None:
    graded, refused = checking.meanwhile(lambda session: checking.finish(session, "b"), checking.check)
    assert isinstance(graded, Graded)
    assert refused.code == "attempt_submitted"
    row = checking.row()
    assert (row.chosen, row.points, row.checked_at) == ("b", 0, None)


def test_whoever_comes_first_of_eight_a_checked_answer_stands(checking: Checking) -> None:
    """Two checks, four saves of two sorts, one submission and one check of another question, in many rounds."""
    acts: list[Callable[[Any], Any]] = [
        lambda session: checking.check(session, "a"),
        lambda session: checking.save(session, "b"),
        lambda session: checking.save_form(session, "c"),
        lambda session: checking.finish(session, "d"),
        lambda session: checking.check(session, "b"),
        lambda session: checking.save(session, "d"),
        lambda session: checking.save_form(session, "d"),
        lambda session: checking.check(session, None),
    ]
    for _round in range(8):
        checking.alone(lambda _session: checking.start())
        outcomes = checking.together(lambda session, number: acts[number](session), count=len(acts))
        graded, row = outcomes[3], checking.row()
        assert isinstance(graded, Graded), outcomes
        assert row.points == int(row.chosen == "a")
        own = {0: "a", 4: "b"}
        checks = [number for number in own if isinstance(outcomes[number], Checked)]
        if row.checked_at is None:
            assert not checks, outcomes
        for number in checks:
            assert (row.chosen == own[number]) != bool(outcomes[number].final), (row, outcomes)
        for outcome in outcomes:
            if isinstance(outcome, Refused):
                assert outcome.code == "attempt_submitted"
            elif not isinstance(outcome, taking.NotChecked):
                assert outcome.final in {(), (checking.place,)}
