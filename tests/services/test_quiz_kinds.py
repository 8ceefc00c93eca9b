"""Every kind of question from the draw to the result, and delivery rules with accommodations, on both databases."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cme.activities.queries import release_facts
from cme.kernel.refusal import Invalid, NotFound, Refused
from quizzes.models.attempt import ATTEMPTS, AccommodationGrant
from quizzes.queries.accommodations import accommodation_of, exported
from quizzes.queries.attempts import AttemptFacts, attempt_of, attempts_of
from quizzes.queries.versions import version_facts
from quizzes.rules.delivery import LATE, Accommodation, DeliveryRules
from quizzes.rules.editing import obstacles
from quizzes.rules.grading import AnswerSheet
from quizzes.services import accommodating, taking
from quizzes.services.taking import Graded, StillOpen
from quizzes.services.versions import VersionCache
from tests.factories.items import BLUEPRINT, POINTS, RIGHT, TOPIC, make_module_of_kinds, tagged
from tests.factories.people import make_person


class Room:
    """A module with every kind of question, a learner and a registrar."""

    def __init__(self, session: Session, now: datetime, **options: object) -> None:
        self.session, self.now = session, now
        self.module = make_module_of_kinds(session, now=now, **options)  # type: ignore[arg-type]
        self.person_id = make_person(session, now=now).id
        self.registrar = make_person(session, now=now, roles=("registrar",)).id
        self.versions = VersionCache()
        facts = version_facts(session, self.module.version_id)
        assert facts is not None
        self.facts = facts

    @property
    def release(self):
        return release_facts(self.session, self.module.release_id)

    def begin(self, at: datetime | None = None) -> str:
        return taking.begin(self.session, self.person_id, self.release, versions=self.versions, now=at or self.now)

    def attempt(self, code: str) -> AttemptFacts:
        found = attempt_of(self.session, self.person_id, code)
        assert found is not None
        return found

    def places(self, code: str) -> dict[str, int]:
        """Position by lineage."""
        return {self.facts.items[row.question_id].lineage: row.position for row in self.attempt(code).answers}

    def save(self, code: str, lineage: str, answer: str, at: datetime | None = None) -> taking.Saved:
        position = self.places(code)[lineage]
        return taking.save_answer(self.session, self.person_id, code, position, answer, now=at or self.now)

    def submit(self, code: str, at: datetime | None = None, **answers: str) -> Graded | StillOpen:
        places = self.places(code)
        return taking.submit(
            self.session,
            self.person_id,
            code,
            AnswerSheet({places[lineage]: answer for lineage, answer in answers.items()}),
            release=self.release,
            versions=self.versions,
            now=at or self.now,
            confirm_unanswered=True,
        )


@pytest.fixture
def room(session: Session, now: datetime) -> Room:
    return Room(session, now)


def test_the_factory_is_publishable() -> None:
    assert obstacles(BLUEPRINT, (TOPIC,), tagged()) == []


def test_everything_right_gives_every_point(room: Room) -> None:
    code = room.begin()
    for lineage, answer in RIGHT.items():
        room.save(code, lineage, answer)
    assert room.attempt(code).unanswered == ()
    room.submit(code)
    attempt = room.attempt(code)
    assert (attempt.earned_points, attempt.total_points, attempt.passed) == (POINTS, POINTS, True)
    assert all(row.points == row.maximum for row in attempt.answers)


def test_part_of_an_answer_gives_part_of_the_points_where_the_item_says_so(room: Room) -> None:
    code = room.begin()
    room.submit(code, multiple="a", matching="s1=b s2=c", ordering="a=3 b=2 c=1", numeric="2.61", truth="false")
    points = {room.facts.items[row.question_id].lineage: row.points for row in room.attempt(code).answers}
    assert points == {"single": 0, "multiple": 1, "matching": 1, "ordering": 0, "numeric": 0, "truth": 0}


def test_an_answer_is_kept_in_its_canonical_text(room: Room) -> None:
    code = room.begin()
    room.save(code, "multiple", "c a a")
    room.save(code, "matching", "s2=a s1=b")
    room.save(code, "numeric", " 2,5 ")
    kept = {room.facts.items[row.question_id].lineage: row.chosen for row in room.attempt(code).answers}
    assert (kept["multiple"], kept["matching"], kept["numeric"]) == ("a c", "s1=b s2=a", "2,5")


def test_an_answer_can_be_emptied_and_half_an_answer_is_still_open(room: Room) -> None:
    code = room.begin()
    assert room.save(code, "multiple", "a").answered == 1
    assert room.save(code, "multiple", "").answered == 0
    room.save(code, "matching", "s1=b")
    room.save(code, "ordering", "a=1 b=1 c=2")
    room.save(code, "numeric", "two")
    assert len(room.attempt(code).unanswered) == len(RIGHT)


@pytest.mark.parametrize(
    ("lineage", "answer"),
    [
        ("single", ""),
        ("single", "a b"),
        ("multiple", "a z"),
        ("matching", "s9=a"),
        ("matching", "s1=z"),
        ("ordering", "a=4"),
        ("truth", "maybe"),
        ("numeric", "1\0"),
        ("numeric", "1" * 3000),
    ],
)
def test_what_was_not_shown_is_refused(room: Room, lineage: str, answer: str) -> None:
    with pytest.raises(Invalid):
        room.save(room.begin(), lineage, answer)


def test_certainty_is_kept_and_changes_no_point(session: Session, now: datetime) -> None:
    room = Room(session, now, delivery=DeliveryRules(certainty=True))
    code = room.begin()
    position = room.places(code)["single"]
    taking.save_answers(session, room.person_id, code, AnswerSheet({position: "a"}, {position: "low"}), now=now)
    room.submit(code)
    answer = room.attempt(code).answers[position - 1]
    assert (answer.certainty, answer.points) == ("low", 1)
    with pytest.raises(Refused):
        taking.save_answers(session, room.person_id, code, AnswerSheet({}, {position: "high"}), now=now)


def test_items_of_one_case_stand_together(session: Session, now: datetime) -> None:
    items = [
        replace(one, vignette="case" if one.lineage in {"single", "truth", "matching"} else "") for one in tagged()
    ]
    room = Room(session, now, items=items, vignettes={"case": "A man of 70 wakes with a cramp."})
    for _ in range(4):
        code = room.begin()
        places = sorted(room.places(code)[one] for one in ("single", "truth", "matching"))
        assert places == list(range(places[0], places[0] + 3))
        room.submit(code)


# Time


def test_an_attempt_ends_when_its_time_is_over(session: Session, now: datetime) -> None:
    room = Room(session, now, delivery=DeliveryRules(minutes=10), pass_points=1)
    code, end = room.begin(), now + timedelta(minutes=10)
    assert room.attempt(code).due_at == end
    room.save(code, "single", "a", at=end + LATE - timedelta(microseconds=1))
    with pytest.raises(Refused) as refused:
        room.save(code, "truth", "true", at=end + LATE)
    assert refused.value.code == "time_over"
    room.submit(code, at=end + timedelta(hours=2), truth="true")
    attempt = room.attempt(code)
    assert (attempt.earned_points, attempt.submitted_at, attempt.passed) == (1, end, True)


def test_an_overdue_attempt_makes_room_for_the_next(session: Session, now: datetime) -> None:
    room = Room(session, now, delivery=DeliveryRules(minutes=10))
    first = room.begin()
    second = room.begin(at=now + timedelta(minutes=11))
    assert first != second
    assert room.attempt(first).submitted_at == now + timedelta(minutes=10)


# Attempts and waiting


def test_no_more_attempts_than_the_version_allows(session: Session, now: datetime) -> None:
    room = Room(session, now, delivery=DeliveryRules(attempts=2))
    for _ in range(2):
        room.submit(room.begin())
    with pytest.raises(Refused) as refused:
        room.begin()
    assert refused.value.code == "no_attempts_left"
    accommodating.grant(session, room.person_id, Accommodation(extra_attempts=1), by=room.registrar, now=now)
    code = room.begin()
    room.submit(code, **RIGHT)
    assert room.attempt(code).passed
    assert room.attempt(room.begin()).for_credit is False  # self-tests after a pass are free


def test_the_wait_between_two_attempts_is_kept_to_the_second(session: Session, now: datetime) -> None:
    room = Room(session, now, delivery=DeliveryRules(wait_hours=24))
    room.submit(room.begin())
    with pytest.raises(Refused) as refused:
        room.begin(at=now + timedelta(hours=24) - timedelta(microseconds=1))
    assert refused.value.code == "wait_between_attempts"
    assert room.begin(at=now + timedelta(hours=24))
    assert len(attempts_of(session, room.person_id, room.module.release_id)) == 2


# Accommodations


def test_extra_time_works_in_a_running_attempt_and_in_the_next(session: Session, now: datetime) -> None:
    room = Room(session, now, delivery=DeliveryRules(minutes=20))
    code = room.begin()
    moved = accommodating.grant(
        session, room.person_id, Accommodation(extra_time_percent=50), by=room.registrar, now=now + timedelta(minutes=5)
    )
    assert moved == 1
    assert room.attempt(code).due_at == now + timedelta(minutes=30)
    room.save(code, "single", "a", at=now + timedelta(minutes=29))
    room.submit(code, at=now + timedelta(minutes=29))
    assert room.attempt(room.begin()).due_at == now + timedelta(minutes=30)


def test_less_extra_time_never_shortens_a_running_attempt_and_over_stays_over(session: Session, now: datetime) -> None:
    room = Room(session, now, delivery=DeliveryRules(minutes=20))
    accommodating.grant(session, room.person_id, Accommodation(50), by=room.registrar, now=now)
    code = room.begin()
    assert accommodating.grant(session, room.person_id, Accommodation(0), by=room.registrar, now=now) == 0
    assert room.attempt(code).due_at == now + timedelta(minutes=30)
    late = now + timedelta(minutes=40)
    assert accommodating.grant(session, room.person_id, Accommodation(200), by=room.registrar, now=late) == 0
    assert exported(session, room.person_id) == {"extra_time_percent": 200, "extra_attempts": 0}


def test_accommodations_are_judged(room: Room) -> None:
    for wrong in (Accommodation(-1), Accommodation(901), Accommodation(0, -1), Accommodation(0, 101)):
        with pytest.raises(Invalid):
            accommodating.grant(room.session, room.person_id, wrong, by=room.registrar, now=room.now)
    with pytest.raises(NotFound):
        accommodating.grant(room.session, 10**9, Accommodation(1), by=room.registrar, now=room.now)
    assert accommodation_of(room.session, room.person_id) == Accommodation()


def test_the_database_holds_the_bounds_itself(room: Room) -> None:
    values = {"person_id": room.person_id, "changed_at": room.now, "changed_by": room.registrar}
    code = room.begin()
    for statement in (
        insert(AccommodationGrant).values(extra_time_percent=901, extra_attempts=0, **values),
        insert(AccommodationGrant).values(extra_time_percent=0, extra_attempts=101, **values),
        update(ATTEMPTS).where(ATTEMPTS.c.code == code).values(due_at=room.now),
    ):
        with pytest.raises(IntegrityError), room.session.begin_nested():
            room.session.execute(statement)


# Late, to the microsecond


@pytest.mark.parametrize(
    ("after_end", "counted", "dated"),
    [
        (timedelta(microseconds=-1), True, timedelta(microseconds=-1)),
        (timedelta(0), True, timedelta(0)),
        (LATE - timedelta(microseconds=1), True, timedelta(0)),
        (LATE, False, timedelta(0)),
        (timedelta(days=3), False, timedelta(0)),
    ],
    ids=["just in time", "at the end", "under way at the end", "too late", "days later"],
)
def test_a_submission_around_the_end_keeps_what_was_under_way_and_is_dated_at_the_end(
    session: Session, now: datetime, after_end: timedelta, counted: bool, dated: timedelta
) -> None:
    room = Room(session, now, delivery=DeliveryRules(minutes=10), pass_points=1)
    code, end = room.begin(), now + timedelta(minutes=10)
    room.submit(code, at=end + after_end, **RIGHT)
    attempt = room.attempt(code)
    assert attempt.earned_points == (POINTS if counted else 0)
    assert attempt.submitted_at == end + dated


@pytest.mark.parametrize(("before_close", "counts"), [(timedelta(microseconds=1), True), (timedelta(0), False)])
def test_an_attempt_that_runs_out_around_the_end_of_the_term_counts_by_its_own_end(
    session: Session, now: datetime, before_close: timedelta, counts: bool
) -> None:
    """Whenever it is closed, days later too."""
    room = Room(session, now, delivery=DeliveryRules(minutes=10), pass_points=1)
    closes = room.release.term.closes_at
    code = room.begin(at=closes - before_close - timedelta(minutes=10))
    room.save(code, "single", "a", at=closes - timedelta(minutes=5))
    room.submit(code, at=closes + timedelta(days=2))
    attempt = room.attempt(code)
    assert (attempt.passed, attempt.counted) == (True, counts)
    assert attempt.submitted_at == closes - before_close


def test_the_wait_begins_at_the_end_of_an_attempt_that_ran_out_not_when_somebody_noticed(
    session: Session, now: datetime
) -> None:
    room = Room(session, now, delivery=DeliveryRules(minutes=10, wait_hours=24))
    room.begin()
    end = now + timedelta(minutes=10)
    with pytest.raises(Refused) as refused:
        room.begin(at=end + timedelta(hours=24) - timedelta(microseconds=1))
    assert refused.value.code == "wait_between_attempts"
    assert room.begin(at=end + timedelta(hours=24))


def test_extra_time_given_while_answers_are_still_taken_moves_the_end_and_afterwards_does_not(
    session: Session, now: datetime
) -> None:
    for late, moved in ((LATE - timedelta(microseconds=1), 1), (LATE, 0)):
        room = Room(session, now, delivery=DeliveryRules(minutes=20))
        code, end = room.begin(), now + timedelta(minutes=20)
        granted = Accommodation(extra_time_percent=50)
        assert accommodating.grant(session, room.person_id, granted, by=room.registrar, now=end + late) == moved
        room.submit(code, at=now + timedelta(minutes=29), **RIGHT)
        assert room.attempt(code).earned_points == (POINTS if moved else 0)


def test_an_extra_attempt_ends_no_wait_and_a_shorter_wait_gives_no_attempt(session: Session, now: datetime) -> None:
    room = Room(session, now, delivery=DeliveryRules(attempts=1, wait_hours=24))
    room.submit(room.begin())
    for at, code in ((now, "no_attempts_left"), (now + timedelta(hours=25), "no_attempts_left")):
        with pytest.raises(Refused) as refused:
            room.begin(at=at)
        assert refused.value.code == code
    accommodating.grant(session, room.person_id, Accommodation(extra_attempts=1), by=room.registrar, now=now)
    with pytest.raises(Refused) as refused:
        room.begin(at=now + timedelta(hours=24) - timedelta(microseconds=1))
    assert refused.value.code == "wait_between_attempts"
    assert room.begin(at=now + timedelta(hours=24))
