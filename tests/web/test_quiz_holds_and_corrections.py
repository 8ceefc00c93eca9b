"""The desk's pages for held questions, corrected keys and the linter's notes."""

import pytest
from sqlalchemy import select

from cme.outbox.runner import drain_all
from cme.store.database import db
from cme.store.session import transaction
from quizzes.models.attempt import Answer, Attempt
from quizzes.models.correction import KeyCorrection
from quizzes.queries.holds import holds
from quizzes.rules.correcting import Change, Treatment
from quizzes.services.correcting import correct_key
from quizzes.services.holding import compare, hold
from tests.conftest import NOW
from tests.factories.crowd import make_crowd
from tests.factories.modules import make_module, make_revision
from tests.factories.people import PASSWORD, make_person
from tests.support.client import Client


class Desk:
    """A signed-in editor, and a quiz with a crowd of learners."""

    def __init__(self, client: Client, role: str = "editor", people: int = 40) -> None:
        self.client, self.app = client, client.app
        with self.app.app_context(), transaction() as session:
            self.module = make_module(session, now=NOW, questions=5, pass_points=4)
            if people:
                make_crowd(session, self.module, people=people, pass_points=4, now=NOW, seed=5)
            email = make_person(session, now=NOW, roles=(role,) if role else ()).email
        client.sign_in(email, PASSWORD)

    def question(self) -> str:
        page = self.client.get(f"/desk/quizzes/{self.module.quiz_id}")
        return page.link("item-1")


@pytest.fixture
def desk(client: Client) -> Desk:
    return Desk(client)


@pytest.mark.parametrize("role", ["", "reviewer", "registrar"])
def test_the_pages_are_closed_to_others(client: Client, role: str) -> None:
    other = Desk(client, role=role, people=0)
    with other.app.app_context(), transaction() as session:
        hold(session, other.module.quiz_id, "item-1", "editor", details={}, by=None, now=NOW)
        (line,) = holds(session)
        question = line.question_id
    for path in ("/desk/holds", "/desk/corrections", f"/desk/questions/{question}/correct"):
        assert client.raw.get(path).status_code == 403


def test_a_stale_question_stands_on_the_work_list_with_both_texts_and_is_confirmed(desk: Desk) -> None:
    with desk.app.app_context(), transaction() as session:
        module = desk.module
        compare(session, module.quiz_id, module.article_id, module.revision_id, now=NOW)
        newer = make_revision(session, module.article_id, now=NOW, title="Newer", number=2)
        from cme.articles.models import Passage

        passage = session.scalars(select(Passage).where(Passage.revision_id == newer, Passage.anchor == "p-one")).one()
        passage.text, passage.fingerprint = "Quite <b>other</b> words.", "f" * 64
        session.flush()
        compare(session, module.quiz_id, module.article_id, newer, now=NOW)
    page = desk.client.get("/desk")
    assert "5 questions held a passage they rest on changed" in page.main
    page = desk.client.get(page.link("5 questions held"))
    assert "Words about one." in page.main
    assert "Quite <b>other</b> words." in page.main
    held = page.css("article.panel")[0]
    assert [one.text for one in held.cssselect("del")] == ["Words about one"]
    assert [one.text for one in held.cssselect("ins")] == ["Quite <b>other</b> words"]
    desk.client.send(page.form("/confirm"))
    with desk.app.app_context():
        assert len(holds(db.session())) == 4
    page = desk.client.send(desk.client.get("/desk/holds").form("/edit"))
    assert page.css("textarea[name=stem]")


def test_a_key_is_corrected_after_the_dry_run_was_seen(desk: Desk) -> None:
    page = desk.client.get(desk.question())
    page = desk.client.get(page.link("Correct the key"))
    form = page.form("/correct")
    form["treatment"], form["keys"], form["reason"] = "key", ["b"], "The passage says b."
    page = desk.client.send(form)
    assert "What this would do" in page.main
    with desk.app.app_context():
        assert db.session().scalars(select(KeyCorrection)).all() == []
        before = dict(db.session().execute(select(Attempt.id, Attempt.passed)).all())
    form = page.form("/correct")
    form["reason"] = "The passage says b."
    page = desk.client.send(form)
    assert "Under way" in page.main
    assert "1 correction under way" in desk.client.get("/desk").main
    with desk.app.app_context():
        drain_all(desk.app.extensions["house"].jobs)
        after = dict(db.session().execute(select(Attempt.id, Attempt.passed)).all())
        raised = sum(after[number] and not before[number] for number in after)
    page = desk.client.get("/desk/corrections")
    page = desk.client.get(page.link("item-1"))
    assert "40 attempts looked at" in page.main
    assert f"{raised} from fail to pass" in page.main


def test_another_change_than_the_one_shown_is_shown_first(desk: Desk) -> None:
    page = desk.client.get(desk.question() + "/correct")
    form = page.form("/correct")
    form["treatment"], form["reason"] = "everyone", "It is ambiguous."
    form = desk.client.send(form).form("/correct")
    form["treatment"] = "drop"
    page = desk.client.send(form)
    assert "What this would do" in page.main
    with desk.app.app_context():
        assert db.session().scalars(select(KeyCorrection)).all() == []


def test_what_cannot_be_corrected_is_said_at_its_field(desk: Desk) -> None:
    form = desk.client.get(desk.question() + "/correct").form("/correct")
    form["treatment"], form["keys"], form["reason"] = "key", ["a"], "Why."
    page = desk.client.send(form, status=422)
    assert "That is the key already." in page.main


def test_the_linter_speaks_beside_the_question(desk: Desk) -> None:
    client = desk.client
    client.send(client.get(f"/desk/quizzes/{desk.module.quiz_id}").form("/draft"))
    page = client.get(client.get(f"/desk/quizzes/{desk.module.quiz_id}").link("item-1"))
    form = page.form("/desk/questions/")
    form["choices-1-text"] = "None of the above"
    page = client.send(form, button=("go", "preview"))
    assert "None of the above" in page.css(".lint-notes q")[0].text
    assert "tests logic instead of knowledge" in page.main


def test_the_learner_sees_the_corrected_key_and_what_it_did(client: Client) -> None:
    desk = Desk(client, people=0)
    with desk.app.app_context(), transaction() as session:
        (number,) = make_crowd(
            session, desk.module, people=1, pass_points=4, now=NOW, seed=11, ability=0.01, self_tests=False
        )
        attempt = session.get_one(Attempt, number)
        answer = session.scalars(select(Answer).where(Answer.attempt_id == number, Answer.position == 1)).one()
        answer.chosen, answer.points = "b", 0
        code, earned = attempt.code, attempt.earned_points or 0
        learner = make_person(session, now=NOW)
        attempt.person_id, email = learner.id, learner.email
        session.flush()
        change = Change(Treatment.KEY, ("b",))
        correct_key(session, answer.question_id, change, reason="Why.", by=None, now=NOW)
    with desk.app.app_context():
        drain_all(desk.app.extensions["house"].jobs)
    learner_client = Client(desk.app)
    learner_client.sign_in(email, PASSWORD)
    page = learner_client.get(f"/attempts/{code}/result")
    assert "This result was corrected" in page.main
    assert f"{earned} of 5 before, {earned + 1} of 5 now" in page.main
    assert "The key of this question was corrected" in page.css("#question-1")[0].text_content()
