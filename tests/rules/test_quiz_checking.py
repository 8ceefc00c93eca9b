"""Feedback during an attempt, by its pure rules: what the matrix names, how it is stored, what editors are told."""

from dataclasses import asdict, replace
from itertools import product

import pytest

from quizzes.rules.checking import Caution, cautions, may_check, not_complete, stays_as_checked
from quizzes.rules.delivery import (
    ONLY_ANSWERS,
    REVIEW_PARTS,
    TODAY,
    DeliveryRules,
    MayAnswer,
    MayNotAnswer,
    Refusal,
    Review,
    review_of,
)
from quizzes.rules.delivery_words import delivery_changes
from quizzes.rules.editing import difference
from quizzes.rules.stored import delivery_from, delivery_to

FEEDBACK = [part for part in REVIEW_PARTS if part != "answers"]


def during(*parts: str) -> Review:
    return replace(ONLY_ANSWERS, **dict.fromkeys(parts, True))


def test_without_the_stage_nothing_but_the_own_answers_is_seen_and_nothing_more_is_stored() -> None:
    old = {"attempts": 3, "after_try": asdict(Review(True, False, False))}
    rules = delivery_from(old)
    assert rules.during == TODAY.during == ONLY_ANSWERS
    assert not rules.checks_answers
    assert delivery_to(rules) == old


@pytest.mark.parametrize("part", FEEDBACK)
def test_each_part_alone_makes_answers_checkable_and_is_stored_and_read_back(part: str) -> None:
    rules = DeliveryRules(during=during(part))
    assert rules.checks_answers
    assert isinstance(may_check(rules), MayAnswer)
    stored = delivery_to(rules)
    assert list(stored) == ["during"]
    assert {name for name, shown in stored["during"].items() if shown} == {"answers", part}
    assert delivery_from(stored) == rules
    assert delivery_from({"during": {part: True}}) == rules


def test_own_answers_are_always_seen_during_an_attempt() -> None:
    assert DeliveryRules(during=Review(False, False, False, answers=False)) == TODAY
    assert isinstance(may_check(TODAY), MayNotAnswer)


@pytest.mark.parametrize("part", FEEDBACK)
def test_what_is_seen_during_an_attempt_is_not_thereby_seen_of_the_result(part: str) -> None:
    hidden = Review(False, False, False, answers=False)
    rules = DeliveryRules(during=during(part), after_try=hidden, after_passing=hidden, after_term=hidden)
    for has_passed, term_over in product((False, True), repeat=2):
        assert review_of(submitted=True, has_passed=has_passed, rules=rules, term_over=term_over) == hidden
    assert review_of(submitted=False, has_passed=True, rules=rules, term_over=True) == hidden


@pytest.mark.parametrize(
    ("verdicts", "passages", "keys", "right", "led"),
    [
        (True, True, False, False, True),
        (True, True, False, True, False),
        (True, True, True, True, True),
        (False, True, False, True, True),
        (False, True, False, False, True),
        (False, True, True, True, True),
        (True, False, True, False, False),
        (False, False, False, False, False),
    ],
)
def test_passages_are_named_without_telling_what_may_not_be_told(
    verdicts: bool, passages: bool, keys: bool, right: bool, led: bool
) -> None:
    assert Review(verdicts, passages, keys).leads_to_passages(right=right) is led


@pytest.mark.parametrize(
    ("parts", "attempts", "codes"),
    [
        ((), None, []),
        ((), 1, []),
        (("verdicts",), None, [Caution.FINAL_WHEN_CHECKED]),
        (("passages", "references"), None, [Caution.FINAL_WHEN_CHECKED]),
        (("keys",), None, [Caution.FINAL_WHEN_CHECKED, Caution.KEYS_WITHOUT_LIMIT]),
        (("rationales",), None, [Caution.FINAL_WHEN_CHECKED, Caution.KEYS_WITHOUT_LIMIT]),
        (("keys", "rationales"), 1, [Caution.FINAL_WHEN_CHECKED]),
        (("keys",), 100, [Caution.FINAL_WHEN_CHECKED]),
    ],
)
def test_what_editors_are_told(parts: tuple[str, ...], attempts: int | None, codes: list[Caution]) -> None:
    assert [note.code for note in cautions(DeliveryRules(attempts=attempts, during=during(*parts)))] == codes


def test_refusals_are_sentences() -> None:
    one, several = stays_as_checked((3,)), stays_as_checked((3, 5, 9))
    assert one.code == several.code == Refusal.ANSWER_CHECKED
    assert one.sentence.startswith("Question 3 was checked before, so its answer is final and stays as it was.")
    assert several.sentence.startswith("Questions 3, 5 and 9 were checked before, so their answers are final")
    assert not_complete(2).startswith("Question 2 has no complete answer yet")


BEFORE = DeliveryRules()
CHECKED, OWN = "Seen of a checked answer during the attempt", "questions with the own answers"


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (BEFORE, ()),
        (replace(BEFORE, attempts=3), ("Attempts for credit: as many as wanted before, 3 now",)),
        (replace(BEFORE, wait_hours=24), ("Hours between two attempts: none before, 24 now",)),
        (replace(BEFORE, minutes=30), ("Minutes for an attempt: no limit before, 30 now",)),
        (replace(BEFORE, certainty=True), ("Certainty: not asked before, asked now",)),
        (replace(BEFORE, peers=True), ("Answers of others: not shown before, shown now",)),
        (
            replace(BEFORE, during=during("verdicts", "rationales")),
            (f"{CHECKED}: {OWN} before, {OWN}, right or wrong, reasons now",),
        ),
        (
            replace(BEFORE, after_term=during()),
            ("Seen in addition after the end of the term: nothing before, questions with the own answers now",),
        ),
    ],
)
def test_every_changed_rule_is_said_in_words(after: DeliveryRules, words: tuple[str, ...]) -> None:
    assert delivery_changes(BEFORE, after) == words
    compared = difference([], [], deliveries=(BEFORE, after))
    assert (compared.rules, compared.delivery) == (words, bool(words))


def test_no_rule_differs_without_a_sentence() -> None:
    """Whatever field is added to the rules, the comparison of versions says when it changed."""
    other = DeliveryRules(2, 2, 2, True, True, during("keys"), during(), during("keys"), during("keys"))
    for name in asdict(BEFORE):
        changed = replace(BEFORE, **{name: getattr(other, name)})
        assert changed != BEFORE
        assert len(delivery_changes(BEFORE, changed)) == 1, name
