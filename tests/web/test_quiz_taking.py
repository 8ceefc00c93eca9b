"""The learner's pages of the quiz, without script and with the calls the script makes."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import event, update

from cme.activities.models import FrontMatterView, Release
from cme.articles.models import Reading
from cme.people.models import SignInSession
from cme.store.database import db
from cme.store.session import transaction
from tests.conftest import NOW
from tests.factories.modules import Module, make_module
from tests.factories.people import PASSWORD, make_person
from tests.support.client import Client, Page

JSON = {"Accept": "application/json"}
SECRET_WORDS = ("Reason ", "is-key", "rationale", "correct", "right answer", "one2020", "One A. 2020")


class Learner:
    """A signed-in learner in front of a module."""

    def __init__(self, client: Client, **changes: object) -> None:
        self.client, self.app = client, client.app
        with self.app.app_context(), transaction() as session:
            options = {"questions": 4, "pass_points": 3, "bank": 10, **changes}
            self.module: Module = make_module(session, now=NOW, **options)  # type: ignore[arg-type]
            person = make_person(session, now=NOW)
            self.person_id, self.email = person.id, person.email
            session.add(
                FrontMatterView(person_id=person.id, release_id=self.module.release_id, digest="0" * 64, seen_at=NOW)
            )
        client.sign_in(self.email, PASSWORD)

    @property
    def quiz(self) -> str:
        return f"/modules/{self.module.slug}/quiz"

    def begin(self) -> Page:
        return self.client.send(self.client.get(self.quiz).form("/quiz"))

    def code(self, page: Page) -> str:
        return str(page.css("form.quiz")[0].get("action")).split("/")[2]

    def read(self) -> None:
        with self.app.app_context(), transaction() as session:
            session.add(
                Reading(
                    person_id=self.person_id,
                    revision_id=self.module.revision_id,
                    sections=["s-one", "s-two"],
                    position=None,
                    active_seconds=60,
                    started_at=NOW,
                    seen_at=NOW,
                    read_at=NOW,
                    read_how="sections",
                )
            )

    def answer_all(self, page: Page, right: int) -> Page:
        form = page.form("/answers")
        for position in range(1, 5):
            form[f"q-{position}"] = "a" if position <= right else "b"
        form.action = form.action.replace("/answers", "/submit")
        return self.client.send(form)


@pytest.fixture
def learner(client: Client) -> Learner:
    return Learner(client)


def test_the_quiz_is_closed_to_strangers(learner: Learner) -> None:
    stranger = Client(learner.app)
    page = stranger.get(learner.quiz)
    assert "Sign in" in page.h1


def test_the_rules_are_told_in_words_before_the_start(learner: Learner) -> None:
    page = learner.client.get(learner.quiz)
    assert "4 questions, 3 right answers to pass" in page.main
    assert "no time limit" in page.main
    assert page.css("button.button-primary")[0].text_content().strip() == "Start the quiz"


def test_an_attempt_shows_every_question_with_its_choices_and_no_key(learner: Learner) -> None:
    page = learner.begin()
    assert page.h1 == "Quiz"
    assert len(page.css(".question")) == 4
    assert len(page.css(".question input[type=radio]")) == 16
    assert not page.css("input[checked]")
    assert all(not page.body.count(word) for word in SECRET_WORDS)
    for question in page.css("fieldset.question"):
        assert question.get("role") == "radiogroup"
        assert question.xpath("legend")
        named = question.get("aria-labelledby")
        assert question.xpath(f".//*[@id='{named}']")


def test_starting_again_resumes(learner: Learner) -> None:
    first = learner.begin()
    page = learner.client.get(learner.quiz)
    assert "is open" in page.main
    again = learner.client.send(page.form("/quiz"))
    assert learner.code(first) == learner.code(again)


def test_the_script_saves_an_answer_and_is_told_when(learner: Learner) -> None:
    page = learner.begin()
    code, token = learner.code(page), page.form("/answers").fields["csrf_token"]
    answers = f"/attempts/{code}/answers"
    response = learner.client.raw.post(answers, data={"csrf_token": token, "q-2": "c"}, headers=JSON)
    assert response.status_code == 200
    assert response.get_json() == {"saved_at": NOW.isoformat(), "answered": 1}
    response = learner.client.raw.post(
        answers, json={"position": 3, "choice": "a"}, headers={**JSON, "X-CSRFToken": token}
    )
    assert response.get_json()["answered"] == 2
    page = learner.client.get(f"/attempts/{code}")
    checked = {box.get("name"): box.get("value") for box in page.css("input[checked]")}
    assert checked == {"q-2": "c", "q-3": "a"}
    assert "2 of 4 answered" in page.main


@pytest.mark.parametrize(
    "body",
    [
        {"q-1": "z"},
        {"q-9": "a"},
        {"q-1": "<script>"},
        {"q-1": "'; drop table answers; --"},
        {"q-9999": "a"},
    ],
)
def test_the_script_is_told_what_is_wrong(learner: Learner, body: dict[str, str]) -> None:
    page = learner.begin()
    token = page.form("/answers").fields["csrf_token"]
    response = learner.client.raw.post(
        f"/attempts/{learner.code(page)}/answers", data={"csrf_token": token, **body}, headers=JSON
    )
    assert response.status_code == 422
    assert response.get_json()["message"].endswith("Nothing was changed.")


@pytest.mark.parametrize("body", ["[]", "{}", '{"position": true, "choice": "a"}', '{"position": "1"}', "{", "5"])
def test_json_that_is_no_answer_is_refused(learner: Learner, body: str) -> None:
    page = learner.begin()
    token = page.form("/answers").fields["csrf_token"]
    response = learner.client.raw.post(
        f"/attempts/{learner.code(page)}/answers",
        data=body,
        content_type="application/json",
        headers={**JSON, "X-CSRFToken": token},
    )
    assert response.status_code == 422


def test_a_save_without_the_forms_token_is_refused(learner: Learner) -> None:
    page = learner.begin()
    response = learner.client.raw.post(f"/attempts/{learner.code(page)}/answers", data={"q-1": "a"}, headers=JSON)
    assert response.status_code == 400


def test_an_ended_sign_in_is_told_to_the_script_and_loses_nothing(learner: Learner) -> None:
    page = learner.begin()
    code, token = learner.code(page), page.form("/answers").fields["csrf_token"]
    answers = f"/attempts/{code}/answers"
    learner.client.raw.post(answers, data={"csrf_token": token, "q-1": "a"}, headers=JSON)
    with learner.app.app_context(), transaction() as session:
        session.execute(update(SignInSession).values(ended_at=NOW))
    response = learner.client.raw.post(answers, data={"csrf_token": token, "q-2": "a"}, headers=JSON)
    assert response.status_code == 401
    learner.client.sign_in(learner.email, PASSWORD)
    page = learner.client.get(f"/attempts/{code}")
    assert [box.get("name") for box in page.css("input[checked]")] == ["q-1"]


def test_another_device_goes_on_where_the_first_stopped(learner: Learner) -> None:
    page = learner.begin()
    token = page.form("/answers").fields["csrf_token"]
    learner.client.raw.post(
        f"/attempts/{learner.code(page)}/answers", data={"csrf_token": token, "q-1": "d"}, headers=JSON
    )
    phone = Client(learner.app)
    phone.sign_in(learner.email, PASSWORD)
    page = phone.send(phone.get(learner.quiz).form("/quiz"))
    assert [box.get("value") for box in page.css("input[checked]")] == ["d"]


def test_one_question_at_a_time_is_remembered_and_each_step_saves(learner: Learner) -> None:
    code = learner.code(learner.begin())
    page = learner.client.get(f"/attempts/{code}?view=one")
    assert len(page.css(".question")) == 1
    assert "Question 1 of 4" in page.main
    form = page.form("/answers")
    form["q-1"] = "a"
    page = learner.client.send(form, button=("go", "next"))
    assert "Question 2 of 4" in page.main
    page = learner.client.send(page.form("/answers"), button=("go", "previous"))
    assert "Question 1 of 4" in page.main
    assert [box.get("value") for box in page.css("input[checked]")] == ["a"]
    assert len(learner.client.get(f"/attempts/{code}").css(".question")) == 1
    assert "Question 2 of 4" in learner.client.get(f"/attempts/{code}").main
    assert len(learner.client.get(f"/attempts/{code}?view=all").css(".question")) == 4
    assert len(learner.client.get(f"/attempts/{code}").css(".question")) == 4


@pytest.mark.parametrize(("wanted", "shown"), [("0", 1), ("99", 4), ("x", 1), ("-3", 1)])
def test_a_question_that_is_not_there_leads_to_one_that_is(learner: Learner, wanted: str, shown: int) -> None:
    code = learner.code(learner.begin())
    page = learner.client.get(f"/attempts/{code}?view=one&q={wanted}")
    assert f"Question {shown} of 4" in page.main


def test_open_questions_are_named_before_submitting_and_what_was_chosen_is_kept(learner: Learner) -> None:
    form = learner.begin().form("/answers")
    form["q-1"], form["q-3"] = "a", "a"
    form.action = form.action.replace("/answers", "/submit")
    page = learner.client.send(form)
    assert "Questions 2 and 4 are not answered. Your other answers are saved." in page.main
    assert [link.get("href") for link in page.css(".notice-soon a")] == ["#question-2", "#question-4"]
    assert [box.get("name") for box in page.css("input[checked]")] == ["q-1", "q-3"]
    form = page.form("/answers")
    form.action = form.action.replace("/answers", "/submit")
    page = learner.client.send(form, button=("confirm_unanswered", "yes"))
    assert page.h1 == "Your result"
    assert "2 of 4" in page.main
    assert "Question 2: not answered" in page.main


def test_a_fail_is_kind_and_points_to_the_passage_without_the_key(learner: Learner) -> None:
    page = learner.answer_all(learner.begin(), right=2)
    assert "2 of 4 You needed 3. Not passed this time." in page.main
    assert "Nothing is lost" in page.main
    assert all(word not in page.body for word in ("Reason ", "is-key", "The right answer", "One A. 2020"))
    links = [link.get("href") for link in page.css(".answer-wrong .answer-links a")]
    assert links == [f"/modules/{learner.module.slug}/article#p-one"] * 2
    assert not page.css(".answer-right .answer-links")
    again = learner.client.send(page.form("/quiz"))
    assert again.h1 == "Quiz"


def test_after_a_pass_everything_is_shown_and_the_next_step_is_offered(learner: Learner) -> None:
    learner.read()
    page = learner.answer_all(learner.begin(), right=3)
    assert "3 of 4 You needed 3. Passed." in page.main
    assert page.body.count("Reason A of") == 4
    assert page.body.count("One A. 2020") == 4
    assert len(page.css(".is-key")) == 4
    assert "The right answer" in page.main
    assert page.css("a.button-primary")[0].text_content() == "Evaluate & claim"


def test_a_pass_before_reading_leads_back_to_the_article(learner: Learner) -> None:
    page = learner.answer_all(learner.begin(), right=4)
    assert "not read to its end" in page.main
    assert page.css("a.button-primary")[0].get("href") == f"/modules/{learner.module.slug}/article"


def test_once_passed_an_earlier_fail_shows_its_keys_too(learner: Learner) -> None:
    first = learner.begin()
    code = learner.code(first)
    learner.answer_all(first, right=0)
    learner.answer_all(learner.begin(), right=4)
    assert learner.client.get(f"/attempts/{code}/result").body.count("Reason A of") == 4


def test_a_submitted_attempt_leads_to_its_result_everywhere(learner: Learner) -> None:
    page = learner.begin()
    code, token = learner.code(page), page.form("/answers").fields["csrf_token"]
    learner.answer_all(page, right=0)
    assert learner.client.get(f"/attempts/{code}").h1 == "Your result"
    assert learner.client.post(f"/attempts/{code}/submit", {"csrf_token": token, "q-1": "a"}).h1 == "Your result"
    assert learner.client.post(f"/attempts/{code}/answers", {"csrf_token": token, "q-1": "a"}).h1 == "Your result"
    response = learner.client.raw.post(
        f"/attempts/{code}/answers", data={"csrf_token": token, "q-1": "a"}, headers=JSON
    )
    assert response.status_code == 409
    assert "submitted already" in response.get_json()["message"]
    assert "0 of 4" in learner.client.get(f"/attempts/{code}/result").main


def test_a_result_before_submitting_leads_back_to_the_questions(learner: Learner) -> None:
    code = learner.code(learner.begin())
    assert learner.client.get(f"/attempts/{code}/result").h1 == "Quiz"


@pytest.mark.parametrize("part", ["", "/result"])
def test_somebody_elses_attempt_is_not_there(learner: Learner, part: str) -> None:
    code = learner.code(learner.begin())
    other = Learner(Client(learner.app))
    assert other.client.raw.get(f"/attempts/{code}{part}").status_code == 404
    for nonsense in ("nonsense", "a%00b", "x" * 500, "%F0%9F%92%A9"):
        assert learner.client.raw.get(f"/attempts/{nonsense}{part}").status_code == 404


@pytest.mark.parametrize("part", ["answers", "submit"])
def test_nobody_else_can_answer_an_attempt(learner: Learner, part: str) -> None:
    code = learner.code(learner.begin())
    other = Learner(Client(learner.app))
    token = other.begin().form("/answers").fields["csrf_token"]
    response = other.client.raw.post(f"/attempts/{code}/{part}", data={"csrf_token": token, "q-1": "a"})
    assert response.status_code == 404


def test_outside_the_term_it_is_a_self_test_and_says_so(learner: Learner, clock: time_machine.Traveller) -> None:
    clock.move_to(datetime(2028, 1, 1, tzinfo=UTC))
    learner.client.sign_in(learner.email, PASSWORD)
    page = learner.client.get(learner.quiz)
    assert "Self-test without credit" in page.main
    assert "9 August 2027" in page.main
    page = learner.client.send(page.form("/quiz"))
    assert page.h1 == "Self-test"
    page = learner.answer_all(page, right=4)
    assert "self-test and gives no credit" in page.main
    assert "Evaluate" not in page.css("main")[0].text_content()


def test_submitted_after_the_end_it_is_graded_as_a_self_test_and_says_why(
    learner: Learner, clock: time_machine.Traveller
) -> None:
    closes_at = datetime(2027, 8, 10, 7, tzinfo=UTC)
    clock.move_to(closes_at - timedelta(minutes=5))
    learner.client.sign_in(learner.email, PASSWORD)
    page = learner.begin()
    assert page.h1 == "Quiz"
    clock.move_to(closes_at)
    page = learner.answer_all(page, right=4)
    assert "graded as a self-test" in page.main
    assert "9 August 2027, 11:59 pm Los Angeles time" in page.main


def test_a_withdrawn_module_offers_no_start_and_keeps_old_results(learner: Learner) -> None:
    page = learner.begin()
    token = page.form("/answers").fields["csrf_token"]
    learner.answer_all(page, right=4)
    with learner.app.app_context(), transaction() as session:
        values = {"state": "withdrawn", "withdrawn_at": NOW, "withdrawal_reason": "Outdated."}
        session.execute(update(Release).where(Release.id == learner.module.release_id).values(**values))
    page = learner.client.get(learner.quiz)
    assert "withdrawn" in page.main
    assert not [form for form in page.tree.forms if learner.quiz in form.get("action")]
    assert learner.client.raw.post(learner.quiz, data={"csrf_token": token}).status_code == 409
    assert "4 of 4" in learner.client.get(page.link("Attempt 1")).main


def test_a_module_that_does_not_exist_is_not_found(learner: Learner) -> None:
    assert learner.client.raw.get("/modules/nothing/quiz").status_code == 404


def test_without_the_modules_start_the_page_points_there(client: Client) -> None:
    learner = Learner(client)
    with learner.app.app_context(), transaction() as session:
        session.execute(FrontMatterView.__table__.delete())
    page = learner.client.get(learner.quiz)
    assert "choose Start there" in page.main


def count_statements(app: Flask, act: object) -> int:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        act()  # type: ignore[operator]
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len([one for one in statements if not one.startswith(("BEGIN", "PRAGMA"))])


def test_statements_stay_few_and_do_not_grow_with_attempts(learner: Learner) -> None:
    counts: list[tuple[int, int, int]] = []
    for _round in range(3):
        page = learner.begin()
        code, token = learner.code(page), page.form("/answers").fields["csrf_token"]
        sheet = {f"q-{position}": "b" for position in range(1, 5)}
        one = {"csrf_token": token, "q-1": "a"}
        counts.append(
            (
                count_statements(
                    learner.app,
                    lambda: learner.client.raw.post(f"/attempts/{code}/answers", data=one, headers=JSON),  # noqa: B023
                ),
                count_statements(
                    learner.app,
                    lambda: learner.client.raw.post(f"/attempts/{code}/submit", data={"csrf_token": token, **sheet}),  # noqa: B023
                ),
                count_statements(learner.app, lambda: learner.client.raw.get(f"/attempts/{code}/result")),  # noqa: B023
            )
        )
    assert counts[1:] == [counts[1]] * 2
    save, submit, result = counts[-1]
    assert save <= 3, counts
    assert submit <= 10, counts
    assert result <= 6, counts
