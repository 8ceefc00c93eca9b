"""Taking a quiz, on both databases: begin, save, submit; each side of each edge of the term."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event, func, select, update
from sqlalchemy.orm import Session

from cme.activities.facts import ReleaseFacts
from cme.activities.models import Release
from cme.activities.queries import release_facts
from cme.audit.models import AuditEvent
from cme.credits.models import RequirementMet
from cme.kernel.refusal import Invalid, NotFound, Refused
from quizzes.models.attempt import Answer, Attempt
from quizzes.queries.attempts import attempt_of, attempts_of, export_of, seen_lineages
from quizzes.rules.grading import AnswerSheet
from quizzes.services import taking
from quizzes.services.taking import Graded, StillOpen
from quizzes.services.versions import VersionCache
from tests.factories.modules import Module, make_module, make_quiz
from tests.factories.people import make_person

CLOSES_AT = datetime(2027, 8, 10, 7, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class World:
    """A module, a learner, and the learner's verbs."""

    def __init__(self, session: Session, now: datetime, **changes: object) -> None:
        self.session, self.now = session, now
        self.module: Module = make_module(session, now=now, **changes)  # type: ignore[arg-type]
        self.person_id = make_person(session, now=now).id
        self.versions = VersionCache()

    @property
    def release(self) -> ReleaseFacts:
        return release_facts(self.session, self.module.release_id)

    def begin(self, *, now: datetime | None = None, person_id: int | None = None) -> str:
        return taking.begin(
            self.session, person_id or self.person_id, self.release, versions=self.versions, now=now or self.now
        )

    def save(self, code: str, position: int, choice: str, **changes: object) -> taking.Saved:
        person_id = int(str(changes.get("person_id", self.person_id)))
        return taking.save_answer(self.session, person_id, code, position, choice, now=self.now)

    def submit(self, code: str, chosen: dict[int, str] | None = None, **options: object) -> Graded | StillOpen:
        options = {"now": self.now, "person_id": self.person_id, **options}
        person_id = int(str(options.pop("person_id")))
        return taking.submit(
            self.session,
            person_id,
            code,
            AnswerSheet(chosen or {}),
            release=self.release,
            versions=self.versions,
            **options,  # type: ignore[arg-type]
        )

    def right(self, count: int | None = None) -> dict[int, str]:
        """Answers with so many right ones; "a" is the key everywhere."""
        total = self.module.questions
        return {place: "a" if place <= (total if count is None else count) else "b" for place in range(1, total + 1)}

    def requirement(self) -> RequirementMet | None:
        return self.session.scalar(select(RequirementMet).where(RequirementMet.person_id == self.person_id))


@pytest.fixture
def world(session: Session, now: datetime) -> World:
    return World(session, now, questions=4, pass_points=3, bank=10)


def test_an_attempt_is_drawn_and_stored(world: World) -> None:
    code = world.begin()
    attempt = attempt_of(world.session, world.person_id, code)
    assert attempt is not None
    assert (attempt.state, attempt.number, attempt.for_credit) == ("open", 1, True)
    assert (attempt.total_points, attempt.pass_points) == (4, 3)
    assert [answer.position for answer in attempt.answers] == [1, 2, 3, 4]
    assert len({answer.question_id for answer in attempt.answers}) == 4
    assert all(sorted(answer.choice_order) == list("abcd") for answer in attempt.answers)
    assert attempt.unanswered == (1, 2, 3, 4)


def test_an_open_attempt_is_resumed_with_its_answers(world: World) -> None:
    code = world.begin()
    world.save(code, 2, "c")
    assert world.begin(now=world.now + timedelta(days=3)) == code
    attempt = attempt_of(world.session, world.person_id, code)
    assert attempt is not None
    assert attempt.answers[1].chosen == "c"


def test_codes_cannot_be_guessed_and_belong_to_one_person(world: World) -> None:
    stranger = make_person(world.session, now=world.now).id
    first, second = world.begin(), world.begin(person_id=stranger)
    assert first != second
    assert len(first) >= 26
    assert attempt_of(world.session, stranger, first) is None


def test_saving_counts_and_is_the_same_the_second_time(world: World) -> None:
    code = world.begin()
    assert world.save(code, 1, "a").answered == 1
    assert world.save(code, 3, "b").answered == 2
    assert world.save(code, 3, "b").answered == 2
    assert world.save(code, 3, "c").answered == 2
    attempt = attempt_of(world.session, world.person_id, code)
    assert attempt is not None
    assert [answer.chosen for answer in attempt.answers] == ["a", None, "c", None]
    assert attempt.last_saved_at == world.now


def test_saving_one_answer_is_one_statement(world: World) -> None:
    code = world.begin()
    statements: list[str] = []
    engine = world.session.get_bind()

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        world.save(code, 1, "a")
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert len(statements) == 1, statements


@pytest.mark.parametrize(
    ("position", "choice", "code"),
    [
        (0, "a", "no_such_question"),
        (5, "a", "no_such_question"),
        (10**30, "a", "no_such_question"),
        (1, "z", "no_such_choice"),
        (1, "", "no_such_choice"),
        (1, "a" * 50, "no_such_choice"),
        (1, "a\0", "no_such_choice"),
    ],
)
def test_an_answer_that_was_never_shown_is_refused(world: World, position: int, choice: str, code: str) -> None:
    attempt = world.begin()
    with pytest.raises(Invalid) as refused:
        world.save(attempt, position, choice)
    assert refused.value.code == code


def test_a_stranger_finds_nothing(world: World) -> None:
    code = world.begin()
    stranger = make_person(world.session, now=world.now).id
    with pytest.raises(NotFound):
        world.save(code, 1, "a", person_id=stranger)
    with pytest.raises(NotFound):
        world.submit(code, world.right(), person_id=stranger)
    with pytest.raises(NotFound):
        world.save("no-such-code", 1, "a")
    assert world.session.scalar(select(func.count()).where(Answer.chosen.is_not(None))) == 0


def test_a_pass_inside_the_term_is_recorded_for_credit(world: World) -> None:
    code = world.begin()
    assert world.submit(code, world.right(3)) == Graded(code, passed=True, counted=True)
    requirement = world.requirement()
    assert requirement is not None
    attempt = attempt_of(world.session, world.person_id, code)
    assert attempt is not None
    assert (requirement.requirement, requirement.met_at) == ("quiz", world.now)
    assert requirement.evidence == f"attempt:{attempt.attempt_id}"
    assert (attempt.earned_points, attempt.passed, attempt.counted, attempt.submitted_at) == (3, True, True, world.now)
    assert sorted(answer.points or 0 for answer in attempt.answers) == [0, 1, 1, 1]
    events = list(world.session.scalars(select(AuditEvent.event).order_by(AuditEvent.id)))
    assert events == ["attempt.started", "attempt.submitted"]


def test_one_point_below_the_mark_fails(world: World) -> None:
    code = world.begin()
    assert world.submit(code, world.right(2)) == Graded(code, passed=False, counted=False)
    assert world.requirement() is None


def test_saved_answers_and_those_sent_along_are_graded_together(world: World) -> None:
    code = world.begin()
    for position in (1, 2):
        world.save(code, position, "b")
    world.save(code, 3, "a")
    assert world.submit(code, {1: "a", 2: "a", 4: "a"}) == Graded(code, passed=True, counted=True)
    attempt = attempt_of(world.session, world.person_id, code)
    assert attempt is not None
    assert attempt.earned_points == 4


def test_unanswered_questions_are_named_and_nothing_is_lost(world: World) -> None:
    code = world.begin()
    world.save(code, 1, "a")
    assert world.submit(code, {3: "a"}) == StillOpen(code, (2, 4))
    attempt = attempt_of(world.session, world.person_id, code)
    assert attempt is not None
    assert (attempt.state, attempt.unanswered) == ("open", (2, 4))


def test_unanswered_questions_count_as_wrong_when_the_learner_says_so(world: World) -> None:
    code = world.begin()
    assert world.submit(code, {1: "a", 2: "a", 3: "a"}, confirm_unanswered=True) == Graded(code, True, True)
    attempt = attempt_of(world.session, world.person_id, code)
    assert attempt is not None
    assert (attempt.answers[3].chosen, attempt.answers[3].points) == (None, 0)


def test_a_second_submit_changes_nothing(world: World) -> None:
    code = world.begin()
    first = world.submit(code, world.right(0))
    assert world.submit(code, world.right(4), now=world.now + timedelta(minutes=1)) == first
    attempt = attempt_of(world.session, world.person_id, code)
    assert attempt is not None
    assert (attempt.earned_points, attempt.submitted_at) == (0, world.now)
    submitted = select(func.count()).where(AuditEvent.event == "attempt.submitted")
    assert world.session.scalar(submitted) == 1


def test_after_the_submission_nothing_is_saved(world: World) -> None:
    code = world.begin()
    world.submit(code, world.right(0))
    with pytest.raises(Refused) as refused:
        world.save(code, 1, "a")
    assert refused.value.code == "attempt_submitted"
    with pytest.raises(Refused):
        taking.save_answers(world.session, world.person_id, code, AnswerSheet({1: "a", 2: "a"}), now=world.now)
    attempt = attempt_of(world.session, world.person_id, code)
    assert attempt is not None
    assert {answer.chosen for answer in attempt.answers} == {"b"}


@pytest.mark.parametrize("sheet", [{9: "a"}, {1: "z"}])
def test_a_sheet_with_something_that_was_never_shown_is_refused(world: World, sheet: dict[int, str]) -> None:
    code = world.begin()
    with pytest.raises(Invalid):
        world.submit(code, sheet)


def test_the_attempt_of_another_release_is_not_found(world: World) -> None:
    other = World(world.session, world.now)
    code = world.begin()
    world.module = other.module
    with pytest.raises(NotFound):
        world.submit(code)


def test_a_retake_brings_unseen_items_first_and_then_the_oldest(world: World) -> None:
    drawn: list[set[int]] = []
    for number in range(3):
        now = world.now + timedelta(hours=number)
        code = world.begin(now=now)
        attempt = attempt_of(world.session, world.person_id, code)
        assert attempt is not None
        assert attempt.number == number + 1
        drawn.append({answer.question_id for answer in attempt.answers})
        world.submit(code, world.right(0), now=now)
    assert not drawn[0] & drawn[1]
    assert len(drawn[2] - drawn[0] - drawn[1]) == 2
    assert not drawn[2] & drawn[1]
    assert len(seen_lineages(world.session, world.person_id, world.module.quiz_id)) == 10


def test_what_others_saw_plays_no_part(world: World) -> None:
    noise = make_person(world.session, now=world.now).id
    world.begin(person_id=noise)
    assert seen_lineages(world.session, world.person_id, world.module.quiz_id) == {}


def test_after_a_pass_for_credit_every_attempt_is_a_self_test(world: World) -> None:
    world.submit(world.begin(), world.right())
    first = world.requirement()
    assert first is not None
    met_at = first.met_at
    later = world.now + timedelta(days=1)
    code = world.begin(now=later)
    attempt = attempt_of(world.session, world.person_id, code)
    assert attempt is not None
    assert not attempt.for_credit
    assert world.submit(code, world.right(), now=later) == Graded(code, passed=True, counted=False)
    again = world.requirement()
    assert again is not None
    assert again.met_at == met_at


@pytest.mark.parametrize(
    ("at", "for_credit"),
    [
        (datetime(2024, 8, 9, 7, tzinfo=UTC) - MICROSECOND, False),
        (datetime(2024, 8, 9, 7, tzinfo=UTC), True),
        (CLOSES_AT - MICROSECOND, True),
        (CLOSES_AT, False),
    ],
    ids=["before it opens", "first instant", "last instant", "closed"],
)
def test_a_start_is_for_credit_inside_the_term_only(world: World, at: datetime, for_credit: bool) -> None:
    code = world.begin(now=at)
    attempt = attempt_of(world.session, world.person_id, code)
    assert attempt is not None
    assert attempt.for_credit is for_credit
    outcome = world.submit(code, world.right(), now=at)
    assert outcome == Graded(code, passed=True, counted=for_credit)
    assert (world.requirement() is not None) is for_credit


@pytest.mark.parametrize(("at", "counted"), [(CLOSES_AT - MICROSECOND, True), (CLOSES_AT, False)])
def test_started_inside_and_submitted_outside_is_a_self_test(world: World, at: datetime, counted: bool) -> None:
    code = world.begin()
    assert world.submit(code, world.right(), now=at) == Graded(code, passed=True, counted=counted)
    assert (world.requirement() is not None) is counted


def test_begun_before_the_term_and_submitted_inside_stays_a_self_test(world: World) -> None:
    opens_at = datetime(2024, 8, 9, 7, tzinfo=UTC)
    code = world.begin(now=opens_at - MICROSECOND)
    assert world.submit(code, world.right(), now=opens_at) == Graded(code, passed=True, counted=False)
    assert world.requirement() is None


def withdraw(world: World, at: datetime) -> None:
    values = {"state": "withdrawn", "withdrawn_at": at, "withdrawal_reason": "Outdated."}
    world.session.execute(update(Release).where(Release.id == world.module.release_id).values(**values))
    world.session.expire_all()


def test_a_withdrawn_release_takes_no_new_start(world: World) -> None:
    withdraw(world, world.now)
    with pytest.raises(Refused) as refused:
        world.begin()
    assert refused.value.code == "withdrawn"
    assert attempts_of(world.session, world.person_id, world.module.release_id) == []


def test_withdrawn_during_an_attempt_it_can_be_finished_without_credit(world: World) -> None:
    code = world.begin()
    withdraw(world, world.now + timedelta(minutes=1))
    later = world.now + timedelta(minutes=2)
    assert world.begin(now=later) == code
    assert world.submit(code, world.right(), now=later) == Graded(code, passed=True, counted=False)
    assert world.requirement() is None


def test_a_module_without_a_quiz_says_so(world: World) -> None:
    release = replace(world.release, release_id=10**6)
    with pytest.raises(Refused) as refused:
        taking.begin(world.session, world.person_id, release, versions=world.versions, now=world.now)
    assert refused.value.code == "no_quiz"


def test_a_quiz_that_cannot_be_drawn_is_refused_without_an_attempt(world: World) -> None:
    quiz_id, _version = make_quiz(world.session, now=world.now, draw=5, bank=2)
    from quizzes.models.quiz import QuizAssignment

    world.session.execute(
        update(QuizAssignment).where(QuizAssignment.release_id == world.module.release_id).values(quiz_id=quiz_id)
    )
    with pytest.raises(Refused) as refused:
        world.begin()
    assert refused.value.code == "cannot_draw"


def test_a_credit_for_an_earlier_release_makes_it_a_self_test(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quizzes.services.starting.credits_read.credited_before", lambda *_facts: True)
    attempt = attempt_of(world.session, world.person_id, world.begin())
    assert attempt is not None
    assert not attempt.for_credit


def test_the_export_of_a_person_holds_every_attempt_and_answer(world: World) -> None:
    noise = make_person(world.session, now=world.now).id
    world.begin(person_id=noise)
    code = world.begin()
    world.submit(code, world.right(3))
    exported = export_of(world.session, world.person_id)
    assert [entry["code"] for entry in exported] == [code]
    assert exported[0]["earned_points"] == 3
    assert [answer["chosen"] for answer in exported[0]["answers"]] == ["a", "a", "a", "b"]
    assert exported[0]["submitted_at"] == world.now.isoformat()


def test_the_term_of_another_zone_decides(session: Session, now: datetime) -> None:
    world = World(session, now, zone="Pacific/Kiritimati", expires_on=date(2027, 8, 9))
    closes_at = datetime(2027, 8, 9, 10, tzinfo=UTC)
    code = world.begin(now=closes_at - MICROSECOND)
    assert world.submit(code, world.right(), now=closes_at) == Graded(code, passed=True, counted=False)


def test_the_database_keeps_one_open_attempt_per_person_and_release(world: World) -> None:
    world.begin()
    count = select(func.count()).where(Attempt.person_id == world.person_id, Attempt.state == "open")
    assert world.session.scalar(count) == 1
