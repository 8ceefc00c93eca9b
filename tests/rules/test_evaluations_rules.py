"""Evaluation forms and answers: what is taken, what is asked again, what a form must hold."""

from typing import Any

import pytest

from cme.evaluations.rules import LONGEST_TEXT, form_problems, judge, questions_of
from tests.factories.modules import EVALUATION, QUESTIONS

FORM = questions_of(QUESTIONS)


def changed(key: str, /, **changes: object) -> list[dict[str, Any]]:
    return [{**row, **changes} if row["key"] == key else dict(row) for row in QUESTIONS]


def test_complete_answers_have_no_problem_and_are_kept_by_key() -> None:
    judged = judge(FORM, EVALUATION)
    assert judged.problems == {}
    assert judged.values == {"objectives": "5", "bias": "yes", "outcome": "ask"}


@pytest.mark.parametrize("field", EVALUATION)
def test_each_missing_required_answer_is_named_and_the_others_are_kept(field: str) -> None:
    judged = judge(FORM, {name: value for name, value in EVALUATION.items() if name != field})
    assert judged.problems == {field: "Please answer this question."}
    assert len(judged.values) == 2


def test_an_empty_form_names_every_required_question_and_no_other() -> None:
    assert set(judge(FORM, {}).problems) == set(EVALUATION)


@pytest.mark.parametrize("answer", ["", "  ", "\t\r\n"], ids=["empty", "spaces", "line end"])
def test_blank_is_no_answer(answer: str) -> None:
    assert set(judge(FORM, {**EVALUATION, "evaluation-bias": answer}).problems) == {"evaluation-bias"}


@pytest.mark.parametrize("answer", ["maybe", "YES", "yes\0", "5", "yes no"])
def test_an_answer_that_was_not_offered_is_refused(answer: str) -> None:
    judged = judge(FORM, {**EVALUATION, "evaluation-bias": answer})
    assert judged.problems == {"evaluation-bias": "Choose one of the answers."}


@pytest.mark.parametrize(
    ("length", "fits"), [(0, True), (1, True), (499, True), (500, True), (501, False), (100_000, False)]
)
def test_a_text_fits_up_to_its_length(length: int, fits: bool) -> None:
    judged = judge(FORM, {**EVALUATION, "evaluation-comment": "x" * length})
    assert (judged.problems == {}) is fits
    if not fits:
        assert str(length) in judged.problems["evaluation-comment"]
        assert judged.values["comment"] == "x" * length  # what was typed is shown again


def test_a_text_is_cleaned_before_it_is_measured() -> None:
    judged = judge(FORM, {**EVALUATION, "evaluation-comment": "\u202e" + "x" * 500 + "\0\r\n"})
    assert judged.problems == {}
    assert judged.values["comment"] == "x" * 500


def test_what_people_type_is_kept_as_text() -> None:
    typed = "<script>alert(1)</script> {{7*7}} =cmd()"
    assert judge(FORM, {**EVALUATION, "evaluation-comment": typed}).values["comment"] == typed


def test_fields_nobody_asked_for_are_not_kept() -> None:
    judged = judge(FORM, {**EVALUATION, "evaluation-amount": "4", "comment": "no prefix", "person_id": "1"})
    assert set(judged.values) == {"objectives", "bias", "outcome"}


def test_a_text_without_a_length_of_its_own_has_the_common_one() -> None:
    (question,) = questions_of([{"key": "c", "kind": "text", "text": "?", "measures": "comment"}])
    assert question.max_length == LONGEST_TEXT
    assert not question.required


def test_the_form_of_the_tests_is_usable() -> None:
    assert form_problems(FORM) == []


@pytest.mark.parametrize(
    ("key", "words"),
    [("outcome", "done differently"), ("bias", "commercial bias"), ("objectives", "objectives were met")],
)
def test_a_form_needs_these_three_questions_and_needs_them_required(key: str, words: str) -> None:
    without = form_problems(questions_of([row for row in QUESTIONS if row["key"] != key]))
    optional = form_problems(questions_of(changed(key, required=False)))
    assert len(without) == len(optional) == 1
    assert words in without[0]
    assert words in optional[0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "essay"}, "kind must be one of"),
        ({"measures": "mood"}, "measures must be one of"),
        ({"options": [{"key": "yes", "text": "Yes"}]}, "at least two options"),
        ({"options": None}, "at least two options"),
        ({"key": "outcome"}, "used twice"),
    ],
    ids=["kind", "measure", "one option", "no option", "key twice"],
)
def test_a_form_that_cannot_be_used_is_named(changes: dict[str, object], words: str) -> None:
    found = form_problems(questions_of(changed("bias", **changes)))
    assert any(words in sentence for sentence in found), found
