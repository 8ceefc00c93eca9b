"""Pages for every kind of question: the editor's form, the rules, the preflight, the attempt with and without script."""

from dataclasses import replace
from datetime import datetime, timedelta

import lxml.html
import pytest
import time_machine
from sqlalchemy import select

from cme.activities.models import FrontMatterView
from cme.activities.queries import release_facts
from cme.store.database import db
from cme.store.session import transaction
from quizzes.models.attempt import Answer, Attempt
from quizzes.queries.versions import draft_of, version_facts
from quizzes.rules.delivery import NOTHING, DeliveryRules, Review
from quizzes.rules.item import Item, Kind, QuizVersionFacts
from quizzes.rules.shapes import kind_obstacles
from tests.conftest import NOW
from tests.factories.items import ALL, RIGHT, make_module_of_kinds
from tests.factories.modules import Module
from tests.factories.people import PASSWORD, make_person
from tests.support.client import Client, Form, Page

JSON = {"Accept": "application/json"}


class Learner:
    """A signed-in learner in front of a quiz with every kind of question."""

    def __init__(self, client: Client, **options: object) -> None:
        self.client, self.app = client, client.app
        with self.app.app_context(), transaction() as session:
            self.module: Module = make_module_of_kinds(session, now=NOW, **options)  # type: ignore[arg-type]
            person = make_person(session, now=NOW)
            session.add(
                FrontMatterView(person_id=person.id, release_id=self.module.release_id, digest="0" * 64, seen_at=NOW)
            )
            email = person.email
        self.email = email
        client.sign_in(email, PASSWORD)

    def pass_now(self) -> None:
        """Another attempt with everything right."""
        form = self.begin().form("/answers")
        for lineage, position in self.places().items():
            for name, value in fields_for(lineage, position, RIGHT[lineage]).items():
                form[name] = value
        form.action = form.action.replace("/answers", "/submit")
        assert "Passed" in self.client.send(form).main

    def closes_at(self) -> datetime:
        with self.app.app_context():
            return release_facts(db.session(), self.module.release_id).term.closes_at

    def begin(self) -> Page:
        quiz = f"/modules/{self.module.slug}/quiz"
        return self.client.send(self.client.get(quiz).form("/quiz"))

    def places(self) -> dict[str, int]:
        """Position by lineage in the newest attempt."""
        with self.app.app_context():
            session = db.session()
            facts = version_facts(session, self.module.version_id)
            assert facts is not None
            newest = select(Attempt.id).order_by(Attempt.id.desc()).limit(1).scalar_subquery()
            rows = session.execute(select(Answer.question_id, Answer.position).where(Answer.attempt_id == newest))
            return {facts.items[question_id].lineage: position for question_id, position in rows}

    def kept(self) -> dict[str, str | None]:
        """Answers by lineage in the newest attempt."""
        places = {position: lineage for lineage, position in self.places().items()}
        with self.app.app_context():
            newest = select(Attempt.id).order_by(Attempt.id.desc()).limit(1).scalar_subquery()
            rows = db.session().execute(select(Answer.position, Answer.chosen).where(Answer.attempt_id == newest))
            return {places[position]: chosen for position, chosen in rows}


def fields_for(lineage: str, position: int, answer: str) -> dict[str, object]:
    """What a browser sends for a canonical answer."""
    if lineage in {"matching", "ordering"}:
        return {f"q-{position}-{part}": value for part, value in (one.split("=") for one in answer.split())}
    return {f"q-{position}": answer.split() if lineage == "multiple" else answer}


@pytest.fixture
def learner(client: Client) -> Learner:
    return Learner(client)


def test_every_kind_is_answered_without_script(learner: Learner) -> None:
    form = learner.begin().form("/answers")
    for lineage, position in learner.places().items():
        for name, value in fields_for(lineage, position, RIGHT[lineage]).items():
            form[name] = value
    form.action = form.action.replace("/answers", "/submit")
    page = learner.client.send(form)
    assert "8 of 8" in page.main
    assert page.main.count(": right") == len(RIGHT)
    assert "They match like this." in page.main
    assert "By calculation." in page.main


def test_every_kind_is_saved_as_the_script_sends_it(learner: Learner) -> None:
    page = learner.begin()
    form, places = page.form("/answers"), learner.places()
    token = {"csrf_token": form.fields["csrf_token"]}
    for lineage, position in places.items():
        data = token | fields_for(lineage, position, RIGHT[lineage])
        reply = learner.client.raw.post(form.action, data=data, headers=JSON)
        assert reply.status_code == 200, reply.get_data(as_text=True)
    assert learner.kept() == RIGHT
    page = learner.client.get(form.action.replace("/answers", ""))
    assert len(page.css(".quiz-progress .is-answered")) == len(RIGHT)
    again = page.form("/answers")
    assert again.fields[f"q-{places['numeric']}"] == RIGHT["numeric"]
    assert again.fields[f"q-{places['matching']}-s1"] == "b"


def test_json_answers_of_every_shape(learner: Learner) -> None:
    form, places = learner.begin().form("/answers"), learner.places()
    token = {"X-CSRFToken": str(form.fields["csrf_token"]), **JSON}
    shapes: dict[str, object] = {
        "multiple": ["c", "a"],
        "matching": {"s2": "a", "s1": "b"},
        "ordering": {"a": "3", "b": "1", "c": "2"},
        "numeric": "2.45",
    }
    for lineage, choice in shapes.items():
        body = {"position": places[lineage], "choice": choice}
        assert learner.client.raw.post(form.action, json=body, headers=token).status_code == 200
    assert {one: learner.kept()[one] for one in shapes} == {one: RIGHT[one] for one in shapes}


def test_boxes_can_all_be_unchecked_again(learner: Learner) -> None:
    form, position = learner.begin().form("/answers"), learner.places()["multiple"]
    token = {"csrf_token": form.fields["csrf_token"]}
    learner.client.raw.post(form.action, data=token | {f"q-{position}": ["", "a", "b"]}, headers=JSON)
    assert learner.kept()["multiple"] == "a b"
    learner.client.raw.post(form.action, data=token | {f"q-{position}": ""}, headers=JSON)
    assert learner.kept()["multiple"] is None


def test_a_half_done_answer_is_named_before_submitting(learner: Learner) -> None:
    form, places = learner.begin().form("/answers"), learner.places()
    form[f"q-{places['numeric']}"] = "about two"
    form[f"q-{places['matching']}-s1"] = "b"
    form.action = form.action.replace("/answers", "/submit")
    page = learner.client.send(form)
    assert "Not submitted yet" in page.main
    assert page.form("/answers").fields[f"q-{places['numeric']}"] == "about two"


def test_nothing_about_the_keys_is_in_an_open_attempt(learner: Learner) -> None:
    body = learner.begin().body
    for secret in ("Because of", "They match", "First things", "By calculation", "is-key", "rationale", "2.5"):
        assert secret not in body.replace("such as 12.5", "")


def test_a_limited_attempt_shows_its_end_and_is_submitted_when_it_is_over(client: Client, clock) -> None:
    learner = Learner(client, delivery=DeliveryRules(minutes=20, attempts=1, certainty=True))
    landing = learner.client.get(f"/modules/{learner.module.slug}/quiz")
    assert "You have 20 minutes" in landing.main
    assert "1 attempt" in landing.main
    page = learner.begin()
    assert page.css("[data-seconds-left]")[0].get("data-seconds-left") == "1200"
    form, position = page.form("/answers"), learner.places()["single"]
    token = {"csrf_token": form.fields["csrf_token"]}
    sure = learner.client.raw.post(form.action, data=token | {f"c-{position}": "high"}, headers=JSON)
    assert sure.status_code == 200
    learner.client.raw.post(form.action, data=token | {f"q-{position}": "a"}, headers=JSON)
    clock.move_to(NOW + timedelta(minutes=21))
    refused = learner.client.raw.post(form.action, data=token | {f"q-{position}": "b"}, headers=JSON)
    assert "time for this attempt is over" in refused.get_json()["message"]
    page = learner.client.get(form.action.replace("/answers", ""))
    assert page.h1 == "Your result"
    assert "1 of 8" in page.main
    assert "you were sure" in page.main
    assert "You have used all 1 attempt" in page.main
    landing = learner.client.get(f"/modules/{learner.module.slug}/quiz")
    assert "No new attempt now" in landing.main


@pytest.mark.parametrize(
    ("seen", "words", "hidden"),
    [
        (NOTHING, (), ("Question 1", "right", "Because of")),
        (Review(False, False, False), ("Question 1", "Option a"), (": wrong", "Because of", "The right answer")),
        (
            Review(True, False, True),
            (": wrong", "The right answer"),
            ("Because of", "One A. 2020.", "Read the passage"),
        ),
        (
            Review(True, True, True, rationales=True, references=True),
            ("Because of", "One A. 2020.", "Read the passage"),
            (),
        ),
    ],
    ids=["nothing", "answers only", "verdicts and keys", "everything"],
)
def test_a_result_shows_what_the_matrix_says(
    client: Client, seen: Review, words: tuple[str, ...], hidden: tuple[str, ...]
) -> None:
    learner = Learner(client, delivery=DeliveryRules(after_try=seen))
    form = learner.begin().form("/answers")
    form[f"q-{learner.places()['single']}"] = "b"
    form.action = form.action.replace("/answers", "/submit")
    page = learner.client.send(form, button=("confirm_unanswered", "yes"))
    section = " ".join(one.text_content() for one in page.css("ol.answers"))
    assert all(word in section for word in words), section
    assert not any(word in section for word in hidden)


# The desk


class Editor:
    """A signed-in editor with a draft of the quiz."""

    def __init__(self, client: Client) -> None:
        self.client, self.app = client, client.app
        with self.app.app_context(), transaction() as session:
            self.module = make_module_of_kinds(session, now=NOW)
            email = make_person(session, now=NOW, roles=("editor",)).email
        client.sign_in(email, PASSWORD)
        self.quiz = f"/desk/quizzes/{self.module.quiz_id}"
        client.send(client.get(self.quiz).form("/draft"))

    def draft(self) -> QuizVersionFacts:
        with self.app.app_context():
            session = db.session()
            version_id = draft_of(session, self.module.quiz_id)
            facts = version_facts(session, version_id) if version_id else None
            assert facts is not None
            return facts

    def item(self, lineage: str) -> tuple[int, Item]:
        return next((number, one) for number, one in self.draft().items.items() if one.lineage == lineage)


@pytest.fixture
def editor(client: Client) -> Editor:
    return Editor(client)


@pytest.mark.parametrize("lineage", [one.lineage for one in ALL])
def test_saving_what_is_shown_changes_nothing(editor: Editor, lineage: str) -> None:
    number, before = editor.item(lineage)
    edition = editor.draft().edition
    editor.client.send(editor.client.get(f"/desk/questions/{number}").form("/desk/questions/"), button=("go", "save"))
    assert editor.item(lineage)[1] == before
    assert editor.draft().edition == edition


def write(form: Form, kind: Kind) -> None:
    """Fill a new question of the kind in."""
    form["stem"], form["passages"], form["references"] = "What is it?", "p-one", "one2020"
    form["objective"], form["rationale"] = "one", "So it is."
    if kind is Kind.NUMERIC:
        form["number"], form["tolerance"], form["unit"] = "2,5", "0.1", "mg"
        return
    for row, text in enumerate(("True", "False") if kind is Kind.TRUE_FALSE else ("One", "Two", "Three", "Four")):
        form[f"choices-{row}-text"] = text
        if kind is not Kind.MATCHING:
            form[f"choices-{row}-rationale"] = f"Because {text}."
    if kind.has_one_key:
        form["correct"] = "0"
    if kind is Kind.MULTIPLE:
        form["choices-1-right"] = form["choices-2-right"] = "y"
    if kind is Kind.MATCHING:
        for row in (0, 1):
            form[f"stems-{row}-text"], form[f"stems-{row}-answer"] = f"Part {row}", str(row + 1)


@pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.value)
def test_a_new_question_of_each_kind_is_written_in_the_editor(editor: Editor, kind: Kind) -> None:
    new = editor.client.get(f"/desk/versions/{editor.draft().version_id}/questions/new").form("/new")
    new["lineage"], new["kind"] = "brand-new", kind.value
    form = editor.client.send(new).form("/desk/questions/")
    write(form, kind)
    page = editor.client.send(form, button=("go", "save"))
    assert "Saved in the draft" in page.text
    _number, item = editor.item("brand-new")
    assert item.kind is kind
    assert list(kind_obstacles(item)) == []
    assert "Nothing stands in the way" in page.text


def test_the_rules_are_changed_and_the_preflight_counts(editor: Editor) -> None:
    version_id = editor.draft().version_id
    form = editor.client.get(f"/desk/versions/{version_id}/rules").form("/rules")
    form["attempts"], form["wait_hours"], form["minutes"], form["certainty"] = "3", "24", "45", "y"
    form["after_try"] = ["answers", "verdicts"]
    form["cases-0-key"], form["cases-0-text"] = "a-case", "A woman of 60."
    page = editor.client.send(form)
    assert "Saved in the draft" in page.text
    facts = editor.draft()
    rules = facts.delivery
    assert (rules.attempts, rules.wait_hours, rules.minutes, rules.certainty) == (3, 24, 45, True)
    assert rules.after_try == Review(True, False, False)
    assert facts.vignettes == {"a-case": "A woman of 60."}
    assert facts.blueprint == version_of(editor).blueprint
    page = editor.client.get(f"/desk/versions/{version_id}/preflight")
    assert "Every attempt has the same questions. A second attempt has to repeat questions." in page.main


def version_of(editor: Editor) -> QuizVersionFacts:
    with editor.app.app_context():
        facts = version_facts(db.session(), editor.module.version_id)
        assert facts is not None
        return facts


def test_rules_that_cannot_be_kept_are_named(editor: Editor) -> None:
    version_id = editor.draft().version_id
    form = editor.client.get(f"/desk/versions/{version_id}/rules").form("/rules")
    form["attempts"], form["cases-0-key"] = "101", "Not A Name"
    page = editor.client.send(form, status=422)
    assert "from 1 to 100" in page.main
    assert "not a name for a case" in page.main


def test_a_draft_that_moved_on_is_a_conflict_and_nothing_typed_is_lost(editor: Editor) -> None:
    version_id = editor.draft().version_id
    first = editor.client.get(f"/desk/versions/{version_id}/rules").form("/rules")
    second = editor.client.get(f"/desk/versions/{version_id}/rules").form("/rules")
    first["minutes"], second["minutes"] = "30", "40"
    editor.client.send(first)
    page = editor.client.send(second, status=422)
    assert "Somebody else changed this draft" in page.main
    assert page.form("/rules").fields["minutes"] == "40"
    assert editor.draft().delivery.minutes == 30


def test_a_published_version_shows_its_rules_but_takes_none(editor: Editor) -> None:
    page = editor.client.get(f"/desk/versions/{editor.module.version_id}/rules")
    assert "never changes" in page.main
    form = page.form("/rules")
    with time_machine.travel(NOW + timedelta(minutes=1)):
        reply = editor.client.raw.post(form.action, data={**form.fields, "edition": "1"})
    assert reply.status_code in {403, 409, 422}


def test_two_versions_are_compared_in_words_and_side_by_side(editor: Editor) -> None:
    number, _item = editor.item("numeric")
    form = editor.client.get(f"/desk/questions/{number}").form("/desk/questions/")
    form["number"], form["stem"] = "3.5", "What is the new dose?"
    editor.client.send(form, button=("go", "save"))
    page = editor.client.get(editor.client.get(editor.quiz).link("Compare two versions"))
    assert page.h1 == "Versions 2 and 3"
    assert "Changed: stem, number" in page.main
    assert "What about numeric?" in page.main
    assert "What is the new dose?" in page.main
    assert "What about single?" not in page.main
    assert "Nothing differs" in editor.client.get(f"{editor.quiz}/compare?from=2&to=2").main
    editor.client.get(f"{editor.quiz}/compare?from=2&to=99", status=404)


def test_the_preview_shows_every_kind(editor: Editor) -> None:
    page = editor.client.get(f"/desk/versions/{editor.draft().version_id}/preview")
    assert len(page.css(".question")) == len(ALL)


# The review matrix, part by part and stage by stage

SIGNS = {
    "answers": "Question 1",
    "verdicts": "answer-wrong",
    "passages": "Read the passage",
    "keys": "The right answer",
    "rationales": "Because of",
    "references": "One A. 2020.",
}


@pytest.mark.parametrize("part", SIGNS)
@pytest.mark.parametrize("stage", ["after_try", "after_passing", "after_term"])
def test_each_part_is_seen_from_its_stage_on_and_not_before(client: Client, clock, stage: str, part: str) -> None:
    """One cell of the matrix is set (with the own answers, beside which everything stands); all stages are looked at."""
    beside = {"verdicts": True} if part == "passages" else {}  # a passage is shown beside a wrong answer
    cell = replace(NOTHING, **{"answers": True, **beside, part: True})
    rules = replace(DeliveryRules(after_try=NOTHING, after_passing=NOTHING, after_term=NOTHING), **{stage: cell})
    learner = Learner(client, delivery=rules)
    form = learner.begin().form("/answers")
    places = learner.places()
    form[f"q-{places['single']}"] = "b"
    during = client.get(form.action.replace("/answers", "")).body
    assert not any(sign in during for name, sign in SIGNS.items() if name != "answers")
    form.action = form.action.replace("/answers", "/submit")
    failed = client.send(form, button=("confirm_unanswered", "yes"))
    result = form.action.replace("/submit", "/result")
    seen = {"after_try": shows(failed, part)}
    learner.pass_now()
    seen["after_passing"] = shows(client.get(result), part)
    assert seen == {"after_try": stage == "after_try", "after_passing": stage in {"after_try", "after_passing"}}
    clock.move_to(learner.closes_at() - timedelta(microseconds=1))
    client.sign_in(learner.email, PASSWORD)
    assert shows(client.get(result), part) == seen["after_passing"]
    clock.move_to(learner.closes_at())
    assert shows(client.get(result), part)


def shows(page: Page, part: str) -> bool:
    found = page.css("ol.answers")
    body = "".join(lxml.html.tostring(one, encoding="unicode") for one in found)
    return SIGNS[part] in body
