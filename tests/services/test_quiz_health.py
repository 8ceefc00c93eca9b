"""Tallies: every first attempt once, figures as counted straight from the answers, alarms that make a task or a hold."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from cme.activities.models import Provider, Release
from cme.activities.queries import release_facts
from cme.outbox.models import OutboxWork
from quizzes.models.attempt import Answer, Attempt
from quizzes.models.quiz import Question
from quizzes.models.statistics import AnswerTally, ItemFigures, ScoreTally, TalliedAttempt
from quizzes.queries.attempts import attempt_of, export_of
from quizzes.queries.health import (
    HealthLine,
    HealthReport,
    all_lines,
    earlier_wordings,
    health_of_quiz,
    lines_of,
    peers_of,
)
from quizzes.queries.holds import held_lineages, holds
from quizzes.rules.correcting import Change, Treatment
from quizzes.rules.grading import AnswerSheet
from quizzes.rules.pace import MOST_SECONDS
from quizzes.services import authoring, taking, tallying
from quizzes.services.alarming import raise_alarms, set_holding
from quizzes.services.correcting import correct_key
from quizzes.services.figuring import refresh_figures
from quizzes.services.holding import confirm
from quizzes.services.regrading import regrade_batch
from quizzes.services.tallying import ask_for_tallies, forget_tallies, tally_batch
from quizzes.services.versions import VersionCache
from tests.factories.crowd import make_crowd
from tests.factories.modules import Module, make_module, make_provider
from tests.factories.people import make_person


@pytest.fixture
def module(session: Session, now: datetime) -> Module:
    return make_module(session, now=now, questions=5, pass_points=4)


def tally(session: Session, module: Module) -> HealthReport:
    while tally_batch(session, module.quiz_id):
        pass
    while refresh_figures(session, module.quiz_id):
        pass
    report = health_of_quiz(session, module.quiz_id)
    assert report is not None
    return report


def lines(session: Session, report: HealthReport) -> list[HealthLine]:
    return list(all_lines(session, report.version_id))


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
    for line in lines(session, report):
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
    assert lines_of(session, report.version_id).rows[0].lineage == "item-1"
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
    before = lines(session, tally(session, module))[0].health
    change = Change(Treatment.ACCEPT, ("a", "b"))
    question = session.scalars(select(Question.id).order_by(Question.id).limit(1)).one()
    assert not regrade_batch(session, correct_key(session, question, change, reason="Why.", by=None, now=now), now=now)
    payloads = session.scalars(select(OutboxWork.payload).where(OutboxWork.kind == tallying.JOB)).all()
    assert payloads == [{"quiz_id": module.quiz_id, "anew": True}]
    forget_tallies(session, module.quiz_id)
    after = lines(session, tally(session, module))[0].health
    assert before.right < after.right == 100
    assert after.alarms == ()


# Time


def seconds(session: Session) -> dict[str, int | None]:
    """By item."""
    rows = session.execute(select(Question.lineage, Answer.seconds).join(Answer, Answer.question_id == Question.id))
    return {row[0]: row[1] for row in rows}


class Taking:
    """One person at an attempt that began `now`."""

    def __init__(self, session: Session, module: Module, now: datetime, number: int = 0) -> None:
        self.session, self.now, self.versions = session, now, VersionCache()
        self.release = release_facts(session, module.release_id)
        self.person_id = make_person(session, now=now).id
        self.code = taking.begin(session, self.person_id, self.release, versions=self.versions, now=now)
        attempt = attempt_of(session, self.person_id, self.code)
        assert attempt is not None
        facts = self.versions.get(session, module.version_id).facts
        self.places = {facts.items[row.question_id].lineage: row.position for row in attempt.answers}

    def save(self, lineage: str, at: float, answer: str = "a") -> None:
        when = self.now + timedelta(seconds=at)
        taking.save_answer(self.session, self.person_id, self.code, self.places[lineage], answer, now=when)

    def save_sheet(self, at: float, *lineages: str, certainty: dict[int, str] | None = None) -> None:
        sheet = AnswerSheet({self.places[one]: "a" for one in lineages}, certainty or {})
        taking.save_answers(self.session, self.person_id, self.code, sheet, now=self.now + timedelta(seconds=at))

    def submit(self, at: float) -> None:
        taking.submit(
            self.session, self.person_id, self.code, AnswerSheet({}), release=self.release, versions=self.versions,
            now=self.now + timedelta(seconds=at), confirm_unanswered=True,
        )  # fmt: skip


def test_time_is_counted_from_answer_to_answer_without_long_pauses(
    session: Session, module: Module, now: datetime
) -> None:
    learner = Taking(session, module, now)
    learner.save("item-3", 40)
    learner.save("item-1", 100)
    learner.save("item-2", 401)  # a pause of 301 seconds: nobody knows what it was
    learner.save("item-4", 701)  # 300 seconds are still time on the item
    learner.save("item-1", 720, "b")  # back to change it: added
    assert seconds(session) == {"item-1": 79, "item-2": None, "item-3": 40, "item-4": 300, "item-5": None}
    learner.save("item-1", 720, "b")
    learner.submit(900)
    assert seconds(session)["item-1"] == 79
    (attempt,) = export_of(session, learner.person_id)
    assert {one["question"]: one["seconds"] for one in attempt["answers"]}["item-4"] == 300


def test_time_is_counted_the_same_way_where_a_page_sends_a_sheet(
    session: Session, module: Module, now: datetime
) -> None:
    learner = Taking(session, module, now)
    place = learner.places["item-1"]
    learner.save_sheet(30, "item-1", certainty={place: "high"})
    learner.save_sheet(50, certainty={place: "low"})  # only the certainty: no time of an answer
    learner.save_sheet(70, "item-2", "item-3")  # two at once: nobody can say
    learner.save_sheet(95, "item-1", "item-2", "item-3", "item-4")  # a whole page, of which one is new
    assert seconds(session) == {"item-1": 30, "item-2": None, "item-3": None, "item-4": 25, "item-5": None}


def test_times_are_tallied_and_shown_from_thirty_on(session: Session, module: Module, now: datetime) -> None:
    numbers = make_crowd(session, module, people=31, pass_points=4, now=now)
    for place, number in enumerate(numbers):
        for answer in session.scalars(select(Answer).where(Answer.attempt_id == number)):
            answer.seconds = {1: 10 * place, 2: 5000}.get(answer.position, 7 if place else None)
    session.execute(update(Answer).where(Answer.attempt_id == numbers[0], Answer.position == 4).values(seconds=7))
    session.flush()
    by_item = {line.lineage: line.health.pace for line in lines(session, tally(session, module))}
    assert (by_item["item-1"].low, by_item["item-1"].value, by_item["item-1"].high) == (75, 150, 225)
    assert by_item["item-2"].value == MOST_SECONDS
    assert by_item["item-3"].value == by_item["item-4"].value == 7
    assert by_item["item-3"] == by_item["item-4"]
    session.execute(update(Answer).where(Answer.attempt_id == numbers[1], Answer.position == 3).values(seconds=None))
    forget_tallies(session, module.quiz_id)
    again = {line.lineage: line.health.pace for line in lines(session, tally(session, module))}
    assert again["item-3"].reason == "29 of 30 measured times needed."


# Whom and what is counted


def test_who_meets_the_quiz_again_in_a_later_release_is_not_counted_again(
    session: Session, module: Module, now: datetime
) -> None:
    make_crowd(session, module, people=40, pass_points=4, now=now)
    first = session.scalars(select(Attempt).order_by(Attempt.id).limit(1)).one()
    other = make_module(session, now=now, questions=5)
    again = Attempt(
        code="again", person_id=first.person_id, release_id=other.release_id, version_id=module.version_id, number=1,
        seed="0", state="submitted", for_credit=True, started_at=now, submitted_at=now, total_points=5, pass_points=4,
        earned_points=5, passed=True, counted=True,
    )  # fmt: skip
    session.add(again)
    session.flush()
    assert tally(session, module).attempts == 40
    ask_for_tallies(session, now=now)  # and it does not wait for ever
    assert session.scalars(select(OutboxWork.payload).where(OutboxWork.kind == tallying.JOB)).all() == []


def test_only_figures_whose_answers_were_counted_are_made_again(
    session: Session, module: Module, now: datetime
) -> None:
    make_crowd(session, module, people=40, pass_points=4, now=now)
    tally(session, module)
    assert not session.scalar(select(func.count()).select_from(ItemFigures).where(ItemFigures.stale))
    marked = session.scalars(select(ItemFigures).where(ItemFigures.lineage == "item-2")).one()
    marked.figures = {**marked.figures, "alarms": ["Left alone."]}
    session.flush()
    assert tally(session, module).attempts == 40
    assert [line.health.alarms for line in lines(session, tally(session, module))][1] == ("Left alone.",)
    make_crowd(session, module, people=1, pass_points=4, now=now, seed=9)
    assert [line.health.alarms for line in lines(session, tally(session, module))][1] == ()


def test_a_changed_key_begins_a_new_series_and_the_old_one_is_kept(
    session: Session, module: Module, now: datetime
) -> None:
    make_crowd(session, module, people=40, pass_points=4, now=now)
    tally(session, module)
    editor = make_person(session, now=now).id
    draft = authoring.open_draft(session, module.quiz_id, editor=editor, now=now)
    question = session.scalars(select(Question).where(Question.version_id == draft, Question.lineage == "item-1")).one()
    question.stem = "Asked in another way?"
    session.flush()
    published = authoring.publish(session, draft, edition=1, editor=editor, now=now)
    assert published is not None
    report = health_of_quiz(session, module.quiz_id)  # at once, without another counting
    assert report is not None
    by_item = {line.lineage: line for line in lines(session, report)}
    assert (by_item["item-1"].health.takers, by_item["item-2"].health.takers) == (0, 40)
    (earlier,) = earlier_wordings(session, module.quiz_id, "item-1", by_item["item-1"].series)
    assert earlier.takers == 40


@pytest.mark.parametrize(
    ("provider", "own", "holding"),
    [(False, None, False), (True, None, True), (True, False, False), (False, True, True)],
)
def test_the_provider_says_what_an_alarm_does_where_the_quiz_does_not(
    session: Session, module: Module, now: datetime, provider: bool, own: bool | None, holding: bool
) -> None:
    make_module(session, now=now, provider=make_provider(session, now=now, alarm_holds=not provider))  # noise
    release = session.get_one(Release, module.release_id)
    session.get_one(Provider, release.provider_id).alarm_holds = provider
    set_holding(session, module.quiz_id, holds=not own)
    set_holding(session, module.quiz_id, holds=own)
    make_crowd(session, module, people=100, pass_points=4, now=now)
    miskey(session, module)
    tally(session, module)
    raise_alarms(session, module.quiz_id, now=now)
    assert held_lineages(session, module.quiz_id) == ({"item-1"} if holding else frozenset())


def test_peers_are_told_of_only_where_enough_answered(session: Session, module: Module, now: datetime) -> None:
    questions = list(session.scalars(select(Question.id).where(Question.version_id == module.version_id)))
    make_crowd(session, module, people=29, pass_points=4, now=now)
    tally(session, module)
    assert peers_of(session, questions) == {}
    make_crowd(session, module, people=1, pass_points=4, now=now, seed=5)
    tally(session, module)
    found = peers_of(session, questions)
    assert set(found) == set(questions)
    assert all(health.takers == 30 for health in found.values())
