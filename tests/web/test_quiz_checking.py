"""Feedback during an attempt, as its pages give it: exactly what the rules name, for a checked answer, which is final."""

from dataclasses import replace

import pytest
from lxml.html import HtmlElement, tostring
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from cme.people.models import SignInSession
from cme.store.session import transaction
from quizzes.models.quiz import QuizVersion
from quizzes.queries.versions import version_facts
from quizzes.rules.correcting import Change, Treatment
from quizzes.rules.delivery import ONLY_ANSWERS, REVIEW_PARTS, DeliveryRules, Review
from quizzes.rules.stored import delivery_to
from quizzes.services.correcting import correct_key
from tests.conftest import NOW
from tests.factories.items import ALL, RIGHT, WRONG
from tests.factories.people import PASSWORD
from tests.support.client import Client, Form, Page
from tests.web.test_quiz_kinds import JSON, Editor, Learner, fields_for

EVERYTHING = Review(True, True, True, rationales=True, references=True)
FEEDBACK = [part for part in REVIEW_PARTS if part != "answers"]
SIGNS = {
    "verdicts": (": wrong", "answer-wrong", ": right", "answer-right"),
    "passages": ("Read the passage",),
    "keys": ("The right answer", "is-key", "and right"),
    "rationales": ("Because of", "It is.", "They match", "First things first", "By calculation"),
    "references": ("One A. 2020.",),
}


def during(*parts: str) -> DeliveryRules:
    return DeliveryRules(during=replace(ONLY_ANSWERS, **dict.fromkeys(parts, True)))


class Checker(Learner):
    """A learner in an attempt that lets answers be checked."""

    def __init__(self, client: Client, rules: DeliveryRules) -> None:
        super().__init__(client, delivery=rules)
        self.page = self.begin()
        self.where = self.places()

    @property
    def address(self) -> str:
        return self.page.form("/answers").action.replace("/answers", "")

    def filled(self, answers: dict[str, str], page: Page | None = None) -> Form:
        form = (page or self.page).form("/answers")
        for lineage, answer in answers.items():
            for name, value in fields_for(lineage, self.where[lineage], answer).items():
                form[name] = value
        return form

    def check(self, lineage: str, answer: str | None = None, *, form: Form | None = None, **others: str) -> Page:
        form = form or self.filled({**others, **({lineage: answer} if answer else {})})
        form.action = f"{self.address}/check"
        self.page = self.client.send(form, button=("check", str(self.where[lineage])))
        return self.page

    def section(self, lineage: str, page: Page | None = None) -> HtmlElement:
        [found] = (page or self.page).css(f"#question-{self.where[lineage]}")
        return found


def html_of(element: HtmlElement) -> str:
    return tostring(element, encoding="unicode")


@pytest.mark.parametrize(
    "parts",
    [*((part,) for part in FEEDBACK), ("verdicts", "passages"), ("keys", "passages"), tuple(FEEDBACK)],
    ids="+".join,
)
def test_a_checked_answer_shows_what_the_matrix_names_and_nothing_more(client: Client, parts: tuple[str, ...]) -> None:
    learner = Checker(client, during(*parts))
    learner.check("single", "b")
    learner.check("truth", "true")
    wrong, right = (html_of(learner.section(lineage)) for lineage in ("single", "truth"))
    together = wrong + right
    for part, signs in SIGNS.items():
        assert any(sign in together for sign in signs) is (part in parts), part
    assert (": wrong" in wrong, ": right" in right) == (("verdicts" in parts),) * 2
    led_right = "passages" in parts and ("keys" in parts or "verdicts" not in parts)
    assert ("Read the passage" in wrong, "Read the passage" in right) == ("passages" in parts, led_right)
    rest = learner.page.body.replace(wrong, "").replace(right, "")
    assert not any(sign in rest for part in parts for sign in SIGNS[part])
    assert "This answer is final for this attempt" in wrong


@pytest.mark.parametrize("lineage", [one.lineage for one in ALL])
def test_of_every_kind_only_right_or_wrong_is_told_where_the_rules_say_so(client: Client, lineage: str) -> None:
    learner = Checker(client, during("verdicts"))
    page = learner.check(lineage, WRONG[lineage])
    section = html_of(learner.section(lineage))
    assert ": wrong" in section
    for part in ("passages", "keys", "rationales", "references"):
        assert not any(sign in page.body for sign in SIGNS[part]), part
    assert learner.section(lineage).cssselect("input, select, button") == []
    assert len(page.css("button[name=check]")) == len(ALL) - 1


@pytest.mark.parametrize("lineage", [one.lineage for one in ALL])
def test_of_every_kind_everything_is_told_where_the_rules_say_so(client: Client, lineage: str) -> None:
    learner = Checker(client, during(*FEEDBACK))
    learner.check(lineage, WRONG[lineage])
    section = html_of(learner.section(lineage))
    for part, signs in SIGNS.items():
        assert any(sign in section for sign in signs) or (part == "rationales" and "It is" in section), part


def test_without_the_rule_there_is_no_button_and_nothing_can_be_checked(client: Client) -> None:
    learner = Checker(client, DeliveryRules())
    assert learner.page.css("button[name=check]") == []
    assert "Check this answer" not in learner.page.body
    form = learner.filled({"single": "a"})
    form.action = f"{learner.address}/check"
    page = client.send(form, button=("check", str(learner.where["single"])), status=409)
    assert "shows nothing of an answer before the attempt is submitted" in page.main
    assert learner.kept()["single"] is None


def test_checking_saves_the_whole_page_and_leads_to_the_feedback(client: Client) -> None:
    learner = Checker(client, during("verdicts"))
    form = learner.filled({"single": "a", "numeric": "2.5", "matching": "s1=b s2=a"})
    place = learner.where["single"]
    reply = client.raw.post(f"{learner.address}/check", data={**form.fields, "check": str(place)})
    assert (reply.status_code, reply.headers["Location"]) == (303, f"{learner.address}#question-{place}")
    section = learner.section("single", client.get(learner.address))
    assert section.get("tabindex") == "-1"
    label = section.get("aria-labelledby")
    assert label
    assert section.cssselect(f"#{label}")[0].text_content() == f"Question {place}: right"
    kept = learner.kept()
    assert (kept["single"], kept["numeric"], kept["matching"]) == ("a", "2.5", "s1=b s2=a")


def test_one_at_a_time_it_leads_back_to_the_same_question(client: Client) -> None:
    learner = Checker(client, during("verdicts"))
    place = learner.where["multiple"]
    page = client.get(f"{learner.address}?view=one&q={place}")
    form = learner.filled({"multiple": "a c"}, page)
    reply = client.raw.post(f"{learner.address}/check", data={**form.fields, "check": str(place)})
    assert reply.headers["Location"] == f"{learner.address}?q={place}#question-{place}"
    assert f"Question {place}: right" in client.get(reply.headers["Location"]).main


def test_an_open_question_is_not_checked_and_says_so_beside_it(client: Client) -> None:
    learner = Checker(client, during("verdicts"))
    form, place = learner.filled({"matching": "s1=b", "single": "a"}), learner.where["matching"]
    reply = client.raw.post(f"{learner.address}/check", data={**form.fields, "check": str(place)})
    assert reply.headers["Location"] == f"{learner.address}?open={place}#open-{place}"
    page = client.get(reply.headers["Location"])
    [said] = page.css(f"#question-{place} #open-{place}")
    assert said.text_content().startswith(f"Question {place} has no complete answer yet, so it was not checked.")
    assert said.get("tabindex") == "-1"
    assert learner.kept()["single"] == "a"
    page = learner.check("matching", form=learner.filled({"matching": "s1=b s2=a"}, page))
    assert f"Question {place}: right" in page.main


def test_enter_in_a_field_presses_the_button_that_only_saves(client: Client) -> None:
    learner = Checker(client, during("verdicts"))
    first = learner.page.css("form.quiz button")[0]
    assert (first.get("name"), first.get("value"), first.get("formaction")) == ("go", "save", None)


# Two tabs at once


def test_another_tab_cannot_change_a_checked_answer_and_loses_nothing_else(client: Client) -> None:
    learner = Checker(client, during("verdicts"))
    stale = learner.filled({"single": "c", "numeric": "2.5"})
    place = learner.where["single"]
    learner.check("single", "b")
    page = client.send(stale)
    assert f"Question {place} was checked before, so its answer is final and stays as it was." in page.text
    assert (learner.kept()["single"], learner.kept()["numeric"]) == ("b", "2.5")
    stale.action = stale.action.replace("/answers", "/submit")
    page = client.send(stale, button=("confirm_unanswered", "yes"))
    assert f"Question {place} was checked before" in page.text
    assert "1 of 8" in page.main


def test_the_script_is_told_with_a_code_what_stays_and_what_was_saved(client: Client) -> None:
    learner = Checker(client, during("verdicts"))
    form, place, other = learner.page.form("/answers"), learner.where["single"], learner.where["truth"]
    learner.check("single", "b")
    token = {"csrf_token": form.fields["csrf_token"]}
    alone = client.raw.post(form.action, data=token | {f"q-{place}": "a"}, headers=JSON)
    told = alone.get_json()
    assert (alone.status_code, told["code"], told["final"]) == (409, "answer_checked", [place])
    assert told["message"].startswith(f"Question {place} was checked before")
    both = client.raw.post(form.action, data=token | {f"q-{place}": "a", f"q-{other}": "true"}, headers=JSON)
    assert (both.status_code, both.get_json()["final"], both.get_json()["answered"]) == (409, [place], 2)
    same = client.raw.post(form.action, data=token | {f"q-{place}": "b"}, headers=JSON)
    assert same.status_code == 200
    assert (learner.kept()["single"], learner.kept()["truth"]) == ("b", "true")


def test_a_check_of_a_submitted_attempt_leads_to_its_result(client: Client) -> None:
    learner = Checker(client, during("verdicts"))
    stale, address = learner.filled({"single": "a"}), learner.address
    submit = learner.filled({})
    submit.action = f"{address}/submit"
    client.send(submit, button=("confirm_unanswered", "yes"))
    stale.action = f"{address}/check"
    page = client.send(stale, button=("check", str(learner.where["single"])))
    assert page.h1 == "Your result"
    assert "submitted already" in page.text


@pytest.mark.parametrize("sent", [{}, {"check": ""}, {"check": "99"}, {"check": "-1"}, {"check": "x"}])
def test_a_check_of_nothing_is_refused(client: Client, sent: dict[str, str]) -> None:
    learner = Checker(client, during("verdicts"))
    form = learner.filled({"single": "a"})
    client.post(f"{learner.address}/check", {**form.fields, **sent}, status=422)


def test_a_strangers_attempt_cannot_be_checked(client: Client) -> None:
    learner = Checker(client, during("verdicts"))
    form, address, place = learner.filled({"single": "a"}), learner.address, learner.where["single"]
    other = Client(client.app)
    stranger = Learner(other)
    token = stranger.begin().form("/answers").fields["csrf_token"]
    other.post(f"{address}/check", {**form.fields, "csrf_token": token, "check": str(place)}, status=404)
    assert "checked" not in client.get(address).main


def test_a_check_sent_after_the_sign_in_had_ended_is_kept_and_sent_again(client: Client) -> None:
    learner = Checker(client, during("verdicts"))
    form, address = learner.filled({"single": "a", "numeric": "2.5"}), learner.address
    with client.app.app_context(), transaction() as session:
        session.execute(delete(SignInSession))
    form.action = f"{address}/check"
    sign_in = client.send(form, status=401, button=("check", str(learner.where["single"]))).form("/sign-in")
    sign_in["email"], sign_in["password"] = learner.email, PASSWORD
    page = client.send(client.send(sign_in).form("/check"))
    assert f"Question {learner.where['single']}: right" in page.main
    assert (learner.kept()["single"], learner.kept()["numeric"]) == ("a", "2.5")


def test_a_key_corrected_meanwhile_is_the_one_the_feedback_shows(client: Client) -> None:
    learner = Checker(client, during("verdicts", "keys"))
    learner.check("single", "b")
    assert ": wrong" in html_of(learner.section("single"))
    with client.app.app_context(), transaction() as session:
        question = next(number for number, one in _items(session, learner).items() if one == "single")
        correct_key(session, question, Change(Treatment.KEY, ("b",)), reason="It is b.", by=None, now=NOW)
    section = html_of(learner.section("single", client.get(learner.address)))
    assert ": right" in section
    assert "The key of this question was corrected" in section
    assert "Your answer, and right" in section


def _items(session: Session, learner: Checker) -> dict[int, str]:
    facts = version_facts(session, learner.module.version_id)
    assert facts is not None
    return {number: item.lineage for number, item in facts.items.items()}


def test_the_quizs_page_says_that_answers_can_be_checked(client: Client) -> None:
    learner = Learner(client, delivery=during("verdicts"))
    quiz = f"/modules/{learner.module.slug}/quiz"
    assert "A checked answer is final" in client.get(quiz).main
    assert "and see whether it is right" in client.get(quiz).main


def test_a_quiz_without_feedback_during_the_attempt_says_nothing_of_it(client: Client) -> None:
    learner = Learner(client)
    assert "checked" not in client.get(f"/modules/{learner.module.slug}/quiz").main


def test_everything_checked_and_submitted_passes_as_checked(client: Client) -> None:
    learner = Checker(client, during(*FEEDBACK))
    for lineage, answer in RIGHT.items():
        learner.check(lineage, answer, form=learner.filled({lineage: answer}))
    assert learner.page.css("button[name=check]") == []
    form = learner.page.form("/answers")
    form.action = f"{learner.address}/submit"
    assert "8 of 8" in client.send(form).main


# The desk


def test_an_editor_sets_the_stage_and_is_told_what_it_means(client: Client) -> None:
    editor = Editor(client)
    version_id = editor.draft().version_id
    rules, preflight, publish = (f"/desk/versions/{version_id}/{name}" for name in ("rules", "preflight", "publish"))
    page = client.get(rules)
    assert "Feedback during the attempt makes the answer final" in page.main
    assert "attempts are not limited" not in page.main
    form = page.form("/rules")
    assert {one.get("value") for one in page.css("input[name=during]")} == set(FEEDBACK)
    form["during"] = ["verdicts", "keys"]
    client.send(form)
    assert editor.draft().delivery.during == Review(True, False, True)
    for address in (rules, preflight, publish):
        assert "attempts are not limited: whoever begins again has seen them before" in client.get(address).main
    assert "Seen of a checked answer during the attempt: questions with the own answers before" in (
        client.get(publish).main
    )
    form = client.get(rules).form("/rules")
    assert form.fields["during"] == ["verdicts", "keys"]
    form["attempts"] = "2"
    client.send(form)
    assert "attempts are not limited" not in client.get(publish).main
    assert "A checked answer is final" in client.get(publish).main
    form = client.get(rules).form("/rules")
    del form.fields["during"]
    client.send(form)
    assert editor.draft().delivery == DeliveryRules(attempts=2)
    assert "A checked answer is final" not in client.get(publish).main


def test_a_note_on_the_rules_keeps_nothing_from_being_published(client: Client) -> None:
    editor = Editor(client)
    with client.app.app_context(), transaction() as session:
        session.execute(
            update(QuizVersion)
            .where(QuizVersion.id == editor.draft().version_id)
            .values(delivery=delivery_to(DeliveryRules(during=EVERYTHING)))
        )
    page = client.get(f"/desk/versions/{editor.draft().version_id}/publish")
    assert "attempts are not limited" in page.main
    assert page.form("/publish")
