"""Checking answers while an attempt is open: final from then on, whatever comes after, on both databases."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from cme.kernel.refusal import Invalid, NotFound, Refused
from quizzes.models.attempt import ANSWERS, Answer
from quizzes.models.hold import ItemHold
from quizzes.models.statistics import AnswerTally
from quizzes.queries.attempts import AnswerFacts, export_of
from quizzes.queries.corrections import regrades_of
from quizzes.queries.holds import held_lineages
from quizzes.rules.correcting import Change, Treatment
from quizzes.rules.delivery import LATE, ONLY_ANSWERS, Accommodation, DeliveryRules, Review
from quizzes.rules.grading import AnswerSheet
from quizzes.services import accommodating, taking
from quizzes.services.correcting import correct_key
from quizzes.services.regrading import regrade_batch
from quizzes.services.taking import Checked, Graded, NotChecked
from quizzes.services.tallying import tally_batch
from tests.factories.items import ALL, POINTS, RIGHT, WRONG
from tests.factories.people import make_person
from tests.services.test_quiz_kinds import Room

VERDICTS = DeliveryRules(during=Review(True, False, False))
HALF = {"single": None, "multiple": "", "matching": "s1=b", "ordering": "a=1 b=1 c=2", "numeric": "two", "truth": None}


class Desk(Room):
    """A room in which answers may be checked."""

    def __init__(self, session: Session, now: datetime, **options: object) -> None:
        super().__init__(session, now, **{"delivery": VERDICTS, **options})

    def check(
        self,
        code: str,
        lineage: str,
        at: datetime | None = None,
        sure: Mapping[str, str] | None = None,
        **sent: str,
    ) -> Checked | NotChecked:
        places = self.places(code)
        sheet = AnswerSheet(
            {places[one]: answer for one, answer in sent.items()},
            {places[one]: certainty for one, certainty in (sure or {}).items()},
        )
        return taking.check_answer(
            self.session, self.person_id, code, places[lineage], sheet, versions=self.versions, now=at or self.now
        )

    def answer(self, code: str, lineage: str) -> AnswerFacts:
        place = self.places(code)[lineage]
        return next(row for row in self.attempt(code).answers if row.position == place)

    def kept(self, code: str) -> dict[str, str | None]:
        return {lineage: self.answer(code, lineage).chosen for lineage in self.places(code)}


@pytest.fixture
def desk(session: Session, now: datetime) -> Desk:
    return Desk(session, now)


@pytest.mark.parametrize("lineage", [one.lineage for one in ALL])
def test_a_checked_answer_of_any_kind_is_final_and_is_what_is_graded(desk: Desk, lineage: str) -> None:
    code, later = desk.begin(), desk.now + timedelta(minutes=5)
    place = desk.places(code)[lineage]
    assert desk.check(code, lineage, **{lineage: WRONG[lineage]}) == Checked(code, place, ())
    assert desk.answer(code, lineage).checked_at == desk.now
    saved = desk.save(code, lineage, RIGHT[lineage], at=later)
    assert (saved.final, saved.answered) == ((place,), 1)
    outcome = desk.submit(code, at=later, **RIGHT)
    assert isinstance(outcome, Graded)
    assert outcome.final == (place,)
    answer = desk.answer(code, lineage)
    assert (answer.chosen, answer.points, answer.checked_at) == (WRONG[lineage], 0, desk.now)
    assert desk.attempt(code).earned_points == POINTS - answer.maximum
    assert desk.kept(code) == {**RIGHT, lineage: WRONG[lineage]}


@pytest.mark.parametrize("lineage", [one.lineage for one in ALL])
def test_the_same_answer_again_is_the_same(desk: Desk, lineage: str) -> None:
    code = desk.begin()
    desk.check(code, lineage, **{lineage: RIGHT[lineage]})
    assert desk.save(code, lineage, RIGHT[lineage]).final == ()
    again = desk.check(code, lineage, at=desk.now + timedelta(minutes=1), **{lineage: RIGHT[lineage]})
    assert again == Checked(code, desk.places(code)[lineage], ())
    assert desk.answer(code, lineage).checked_at == desk.now
    assert desk.submit(code, **RIGHT) == Graded(code, True, True)


@pytest.mark.parametrize("lineage", [one.lineage for one in ALL])
def test_what_is_not_answered_completely_is_not_checked_and_all_that_was_sent_is_saved(
    desk: Desk, lineage: str
) -> None:
    code = desk.begin()
    other = "truth" if lineage == "single" else "single"
    half = {} if HALF[lineage] is None else {lineage: HALF[lineage] or ""}
    outcome = desk.check(code, lineage, **half, **{other: RIGHT[other]})
    assert outcome == NotChecked(code, desk.places(code)[lineage], ())
    answer = desk.answer(code, lineage)
    assert (answer.chosen, answer.checked_at) == (HALF[lineage] or None, None)
    assert desk.kept(code)[other] == RIGHT[other]
    assert desk.save(code, lineage, RIGHT[lineage]).final == ()


def test_of_one_form_the_checked_answers_stay_and_the_others_are_saved(desk: Desk) -> None:
    code = desk.begin()
    desk.check(code, "single", single="b")
    desk.check(code, "numeric", numeric="2.5")
    places = desk.places(code)
    sheet = AnswerSheet({places["single"]: "a", places["numeric"]: "2.5", places["multiple"]: "a"})
    saved = taking.save_answers(desk.session, desk.person_id, code, sheet, now=desk.now)
    assert saved.final == (places["single"],)
    outcome = desk.check(code, "truth", truth="true", single="c", numeric="", matching="s1=b s2=a")
    assert isinstance(outcome, Checked)
    assert set(outcome.final) == {places["single"], places["numeric"]}
    kept = desk.kept(code)
    assert (kept["single"], kept["numeric"], kept["multiple"], kept["matching"], kept["truth"]) == (
        *("b", "2.5", "a"),
        *("s1=b s2=a", "true"),
    )


def test_an_open_question_is_named_and_the_checked_one_stays(desk: Desk) -> None:
    code = desk.begin()
    desk.check(code, "single", single="b")
    places = desk.places(code)
    outcome = taking.submit(
        desk.session,
        desk.person_id,
        code,
        AnswerSheet({places["single"]: "a"}),
        release=desk.release,
        versions=desk.versions,
        now=desk.now,
    )
    assert isinstance(outcome, taking.StillOpen)
    assert outcome.final == (places["single"],)
    assert places["single"] not in outcome.unanswered


def test_certainty_is_locked_together_with_the_answer(session: Session, now: datetime) -> None:
    desk = Desk(session, now, delivery=DeliveryRules(certainty=True, during=Review(True, False, False)))
    code = desk.begin()
    desk.check(code, "single", single="a", sure={"single": "low"})
    desk.check(code, "truth", truth="true")  # sure of it or not was left open
    places = desk.places(code)
    sheet = AnswerSheet({}, {places["single"]: "high", places["truth"]: "high", places["numeric"]: "middle"})
    saved = taking.save_answers(session, desk.person_id, code, sheet, now=now)
    assert set(saved.final) == {places["single"], places["truth"]}
    sure = {lineage: desk.answer(code, lineage).certainty for lineage in ("single", "truth", "numeric")}
    assert sure == {"single": "low", "truth": None, "numeric": "middle"}
    same = AnswerSheet({}, {places["single"]: "low"})
    assert taking.save_answers(session, desk.person_id, code, same, now=now).final == ()


def test_refusals(session: Session, now: datetime) -> None:
    desk = Desk(session, now, delivery=DeliveryRules(minutes=10, during=Review(True, False, False)))
    code = desk.begin()
    single = desk.places(code)["single"]
    stranger = make_person(session, now=now).id

    def check(position: int = single, sheet: AnswerSheet | None = None, person: int = desk.person_id, at=now):
        return taking.check_answer(
            session, person, code, position, sheet or AnswerSheet({single: "a"}), versions=desk.versions, now=at
        )

    with pytest.raises(NotFound):
        check(person=stranger)
    for wrong in (0, -1, 99, 10**9):
        with pytest.raises(Invalid):
            check(wrong)
    with pytest.raises(Invalid):
        check(sheet=AnswerSheet({single: "z"}))
    assert desk.kept(code)["single"] is None
    with pytest.raises(Refused) as refused:
        check(at=now + timedelta(minutes=10) + LATE)
    assert refused.value.code == "time_over"
    assert isinstance(check(at=now + timedelta(minutes=10) + LATE - timedelta(microseconds=1)), Checked)
    desk.submit(code)
    with pytest.raises(Refused) as refused:
        check()
    assert refused.value.code == "attempt_submitted"


def test_where_nothing_is_shown_during_an_attempt_nothing_can_be_checked(session: Session, now: datetime) -> None:
    desk = Desk(session, now, delivery=DeliveryRules(during=ONLY_ANSWERS))
    code = desk.begin()
    with pytest.raises(Refused) as refused:
        desk.check(code, "single", single="a")
    assert refused.value.code == "no_checking"
    assert desk.answer(code, "single").checked_at is None


def test_extra_time_granted_meanwhile_holds_for_checking_too(session: Session, now: datetime) -> None:
    desk = Desk(session, now, delivery=DeliveryRules(minutes=20, during=Review(True, False, False)))
    code = desk.begin()
    desk.check(code, "single", single="a")
    accommodating.grant(session, desk.person_id, Accommodation(50), by=desk.registrar, now=now)
    assert isinstance(desk.check(code, "truth", at=now + timedelta(minutes=25), truth="true"), Checked)
    desk.submit(code, at=now + timedelta(hours=1), single="b")
    attempt = desk.attempt(code)
    assert (attempt.earned_points, attempt.submitted_at) == (2, now + timedelta(minutes=30))


def test_an_attempt_whose_time_is_over_is_graded_with_what_was_checked(session: Session, now: datetime) -> None:
    desk = Desk(session, now, delivery=DeliveryRules(minutes=20, during=Review(True, False, False)))
    code = desk.begin()
    desk.check(code, "single", single="a")
    late = now + timedelta(hours=1)
    assert taking.submit_overdue(session, desk.person_id, code, release=desk.release, versions=desk.versions, now=late)
    assert desk.attempt(code).earned_points == 1


def test_a_key_corrected_meanwhile_grades_the_checked_answer_as_it_stands(session: Session, now: datetime) -> None:
    desk = Desk(session, now)
    code = desk.begin()
    desk.check(code, "single", single="b")
    question = desk.answer(code, "single").question_id
    correct_key(session, question, Change(Treatment.KEY, ("b",)), reason="The article says b.", by=None, now=now)
    desk.submit(code, at=now + timedelta(minutes=1), single="a")
    answer = desk.answer(code, "single")
    assert (answer.chosen, answer.points) == ("b", 1)


def test_a_key_corrected_afterwards_grades_the_checked_answer_again(session: Session, now: datetime) -> None:
    desk = Desk(session, now)
    code = desk.begin()
    desk.check(code, "single", single="b")
    desk.submit(code, **{**RIGHT, "single": "b"})
    question = desk.answer(code, "single").question_id
    made = correct_key(session, question, Change(Treatment.KEY, ("b",)), reason="So it is.", by=None, now=now)
    while regrade_batch(session, made, now=now):
        pass
    answer, attempt = desk.answer(code, "single"), desk.attempt(code)
    assert (answer.chosen, answer.points, answer.checked_at, attempt.earned_points) == ("b", 1, now, POINTS)
    assert len(regrades_of(session, attempt.attempt_id)) == 1


def test_statistics_count_the_checked_answer(session: Session, now: datetime) -> None:
    desk = Desk(session, now)
    code = desk.begin()
    desk.check(code, "single", single="c")
    desk.submit(code, **RIGHT)
    tally_batch(session, desk.module.quiz_id)
    counted = session.scalars(select(AnswerTally.chosen).where(AnswerTally.lineage == "single")).all()
    assert counted == ["c"]


def test_a_question_held_meanwhile_is_checked_all_the_same_as_it_was_drawn(session: Session, now: datetime) -> None:
    desk = Desk(session, now)
    code = desk.begin()
    session.add(
        ItemHold(
            quiz_id=desk.module.quiz_id, lineage="single", cause="editor", details={}, still_drawn=False,
            opened_at=now, opened_by=None,
        )
    )  # fmt: skip
    session.flush()
    assert held_lineages(session, desk.module.quiz_id) == {"single"}
    assert isinstance(desk.check(code, "single", single="a"), Checked)


def test_the_copy_of_ones_data_says_when_an_answer_was_checked(desk: Desk) -> None:
    code = desk.begin()
    desk.check(code, "single", single="a")
    [attempt] = export_of(desk.session, desk.person_id)
    at = {answer["question"]: answer["checked_at"] for answer in attempt["answers"]}
    assert at == {**dict.fromkeys(RIGHT), "single": desk.now.isoformat()}


# What the database itself refuses


@pytest.mark.parametrize(
    "changed", [{"chosen": "c"}, {"chosen": None}, {"certainty": "low"}, {"checked_at": None}], ids=str
)
def test_the_database_keeps_a_checked_answer(desk: Desk, changed: dict[str, object]) -> None:
    code = desk.begin()
    desk.check(code, "single", single="a")
    attempt, place = desk.attempt(code).attempt_id, desk.places(code)["single"]
    mine = (ANSWERS.c.attempt_id == attempt, ANSWERS.c.position == place)
    with pytest.raises(DBAPIError, match="never changes"), desk.session.begin_nested():
        desk.session.execute(update(ANSWERS).where(*mine).values(**changed))
    desk.session.execute(update(ANSWERS).where(*mine).values(points=1, seconds=4))
    desk.session.execute(
        update(ANSWERS).where(ANSWERS.c.attempt_id == attempt, ANSWERS.c.position != place).values(certainty="low")
    )
    assert desk.answer(code, "single").chosen == "a"


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"chosen": None, "saved_at": None}, "ck_answers_checked_"),
        ({"chosen": None}, "ck_answers_checked_has_answer"),
        ({"chosen": "a", "saved_at": None}, "ck_answers_checked_was_saved"),
    ],
)
def test_the_database_knows_no_checked_answer_without_an_answer(
    desk: Desk, values: dict[str, object], name: str
) -> None:
    attempt = desk.attempt(desk.begin()).attempt_id
    with pytest.raises(IntegrityError, match=name), desk.session.begin_nested():
        desk.session.execute(
            update(Answer)
            .where(Answer.attempt_id == attempt, Answer.position == 1)
            .values({"saved_at": desk.now, "checked_at": desk.now, **values})
            .execution_options(synchronize_session=False)
        )
