"""The linter: each rule by an item that trips it and a near miss that does not; the shipped bank."""

from dataclasses import replace
from pathlib import Path

import pytest

import cme
from quizzes.interchange.folder import read_quiz
from quizzes.rules.item import ChoiceItem, Item
from quizzes.rules.lint_finding import Code
from quizzes.rules.lint_words import read_length
from quizzes.rules.linting import POLICIES, STRICT, Policy, Severity, blocking, lint, lint_all, strictest

VIGNETTE = "A 60-year-old woman wakes twice a week with a hard and painful calf that she has to stretch. "
STEM = VIGNETTE + "Which diagnosis is most likely?"
OPTIONS = ("Leg cramps", "Akathisia", "Neuropathy", "Claudication")


def an_item(stem: str = STEM, options: tuple[str, ...] = OPTIONS, **changes: object) -> Item:
    """A sound item whose first choice is the key."""
    item = Item(
        lineage="one",
        topic="t",
        objective="o",
        stem=stem,
        choices=tuple(
            ChoiceItem(key=key, text=text, correct=key == "a", rationale="Because.")
            for key, text in zip("abcde", options, strict=False)
        ),
        passages=("p-one",),
        references=("one2020",),
    )
    return replace(item, **changes)  # pyright: ignore[reportArgumentType]


def codes(item: Item) -> set[Code]:
    return {note.code for note in lint(item)}


CASES: list[tuple[Code, Item, Item]] = [
    (
        Code.NEGATIVE_LEAD_IN,
        an_item(VIGNETTE + "Which finding is NOT expected?"),
        an_item(VIGNETTE.replace("stretch", "stretch, but not at work") + "Which of at least two causes comes first?"),
    ),
    (
        Code.NEGATIVE_LEAD_IN,
        an_item(VIGNETTE + "All of these are causes EXCEPT which one?"),
        an_item(VIGNETTE + "Which exceptional cause comes first?"),
    ),
    (Code.NOT_A_QUESTION, an_item(VIGNETTE + "The most likely diagnosis is:"), an_item()),
    (
        Code.NEEDS_OPTIONS,
        an_item(VIGNETTE + "Which of the following statements is true?"),
        an_item(VIGNETTE + "Which code is correct?"),
    ),
    (
        Code.SHORT_VIGNETTE,
        an_item("A woman has cramps. Which diagnosis is most likely?"),
        an_item("A woman of sixty wakes twice a week with a hard calf. Which diagnosis is most likely?"),
    ),
    (
        Code.READING_LEVEL,
        an_item(
            "Electromyographically demonstrable involuntary motoneuronal hyperexcitability, characteristically "
            "accompanying gastrocnemius contraction, necessitates comprehensive neurophysiological differentiation "
            "from pathophysiologically distinguishable musculoskeletal contracture, notwithstanding symptomatological "
            "similarity, whenever pharmacotherapeutic intervention is contemplated by multidisciplinary specialists. "
            "Which diagnosis is most likely?"
        ),
        an_item(VIGNETTE * 3 + "Which diagnosis is most likely?"),
    ),
    (
        Code.LONG_SENTENCE,
        an_item("A woman " + "who sleeps and wakes " * 12 + "is seen. Which diagnosis is most likely?"),
        an_item("A woman " + "who sleeps and wakes " * 10 + "is seen. Which diagnosis is most likely?"),
    ),
    (
        Code.VAGUE_FREQUENCY,
        an_item(options=("Often a cramp", *OPTIONS[1:])),
        an_item("She often wakes with a hard and painful calf and has to stretch it each time. Which diagnosis is it?"),
    ),
    (
        Code.ALL_OR_NONE,
        an_item(options=(*OPTIONS[:3], "None of the above")),
        an_item(options=(*OPTIONS[:3], "None"[:2])),
    ),
    (
        Code.ALL_OR_NONE,
        an_item(options=(*OPTIONS[:3], "Both A and B")),
        an_item(options=(*OPTIONS[:3], "Vitamin A and zinc")),
    ),
    (
        Code.ABSOLUTE_TERM,
        an_item(options=(*OPTIONS[:3], "It is always a neuropathy")),
        an_item(options=(*OPTIONS[:3], "Loss of the only motor branch")),
    ),
    (
        Code.LONGEST_IS_KEY,
        an_item(options=("Cramps of the calf that end with stretch", *OPTIONS[1:])),
        an_item(options=("Cramps of the calf", *OPTIONS[1:])),
    ),
    (
        Code.LONGEST_IS_KEY,
        an_item(options=("Cramps of the calf that end with stretch", *OPTIONS[1:])),
        an_item(options=("Leg cramps", "Numbness of the foot that ends on the way", *OPTIONS[2:])),
    ),
    (  # a picture's words and name are not read as the choice's
        Code.LONGEST_IS_KEY,
        an_item(
            options=(
                "Cramps of the calf that end with stretch",
                "![Numbness of the whole foot](numb.png)",
                *OPTIONS[2:],
            )
        ),
        an_item(options=("Cramps ![A calf that ends hard and round](cramp-of-the-calf.png)", *OPTIONS[1:])),
    ),
    (
        Code.LONGEST_IS_KEY,
        an_item(
            options=(
                "Cramps of the calf that end with stretch",
                "[Numb](https://example.org/a/long/address)",
                *OPTIONS[2:],
            )
        ),
        an_item(options=("[Cramps](https://example.org/a/long/address)", *OPTIONS[1:])),
    ),
    (
        Code.WORD_REPEAT,
        an_item(options=("Calf stretch disorder", *OPTIONS[1:])),
        an_item(options=("Disorder ![Calf stretch](calf-stretch.png)", *OPTIONS[1:])),
    ),
    (
        Code.WORD_REPEAT,
        an_item(options=("Calf stretch disorder", *OPTIONS[1:])),
        an_item(options=("Calf stretch disorder", "Calf stretch pain", "Stretch of the nerve", "Claudication")),
    ),
    (
        Code.CONVERGENCE,
        an_item(
            options=("Painful calf at night", "Painful thigh at noon", "Tender calf at noon", "Silent arm at night")
        ),
        an_item(options=("Painful calf at night", "Tender thigh at noon", "Silent foot at dawn", "Heavy arm at dusk")),
    ),
    (
        Code.NOT_PARALLEL,
        an_item(options=("To stretch the calf", "To walk about at night", "To cool the foot", "Quinine")),
        an_item(options=("To stretch the calf", "To walk about at night", "To cool the foot", "To take quinine")),
    ),
    (
        Code.NOT_PARALLEL,
        an_item(options=("Stretch it.", "Walk about.", "Cool it.", "Take quinine")),
        an_item(options=("Stretch it.", "Walk about.", "Cool it.", "Take quinine.")),
    ),
    (
        Code.OVERLAPPING_NUMBERS,
        an_item(options=("5 to 10 minutes", "10 to 20 minutes", "21 to 30 minutes", "31 to 40 minutes")),
        an_item(options=("5 to 10 minutes", "11 to 20 minutes", "21 to 30 minutes", "more than 30 minutes")),
    ),
    (
        Code.OVERLAPPING_NUMBERS,
        an_item(options=("30 to 90 seconds", "1 to 2 minutes", "3 to 4 minutes", "5 to 6 minutes")),
        an_item(options=("30 to 90 seconds", "30 to 90 %", "3 to 4 minutes", "5 to 6 minutes")),
    ),
    (Code.TRUE_FALSE, an_item(options=("True", "False")), an_item(options=("True cramp", "False cramp"))),
    (
        Code.RATIONALE_MISSING,
        an_item(choices=tuple(replace(one, rationale=" ") for one in an_item().choices)),
        an_item(),
    ),
    (Code.REFERENCE_MISSING, an_item(references=()), an_item()),
    (Code.OBJECTIVE_MISSING, an_item(objective=" "), an_item()),
    (Code.PASSAGE_MISSING, an_item(passages=()), an_item()),
]


@pytest.mark.parametrize(("code", "flawed", "near_miss"), CASES, ids=[f"{n}-{c[0]}" for n, c in enumerate(CASES)])
def test_each_rule_is_tripped_by_its_flaw_and_not_by_a_near_miss(code: Code, flawed: Item, near_miss: Item) -> None:
    assert code in codes(flawed)
    assert code not in codes(near_miss)


def test_every_code_has_a_case() -> None:
    assert {code for code, _flawed, _near in CASES} == set(Code)


def test_a_sound_item_has_no_notes() -> None:
    assert lint(an_item()) == ()


def test_a_note_names_the_words_where_they_stand_and_how_to_mend_them() -> None:
    item = an_item(VIGNETTE + "Which finding is NOT expected?")
    (note,) = [one for one in lint(item) if one.code is Code.NEGATIVE_LEAD_IN]
    span = note.finding.span
    assert span is not None
    assert item.stem[span.start : span.end] == note.words == "NOT"
    assert note.place == "stem"
    assert note.mend
    for finding in (one.finding for _code, flawed, _near in CASES for one in lint(flawed)):
        assert finding.sentence
        assert finding.mend
        if finding.span is not None and finding.place.startswith("choice"):
            choice = next(c for f in CASES for c in f[1].choices if finding.words and finding.words in c.text)
            assert finding.words in choice.text


def test_pictures_are_not_read_as_words() -> None:
    shown = an_item(STEM + "\n\n![A calf that is not, often, contracted](calf.png)")
    assert codes(shown) == set()
    item = an_item("![A long description of what can be seen in this picture of a calf](calf.png) What is it?")
    assert codes(item) == {Code.SHORT_VIGNETTE}


def test_the_policy_says_which_notes_block() -> None:
    item = an_item(options=(*OPTIONS[:3], "None of the above"))
    assert [note.blocks for note in lint(item)] == [True]
    assert lint(item, Policy({Code.ALL_OR_NONE: Severity.OFF})) == ()
    assert not lint(item, Policy({Code.ALL_OR_NONE: Severity.ADVICE}))[0].blocks
    assert all(note.blocks for note in lint(an_item(VIGNETTE + "Name it.", references=()), STRICT))


@pytest.mark.parametrize(
    ("chosen", "policy"),
    [
        ([], "standard"),
        (["standard"], "standard"),
        (["standard", "no_true_false"], "no_true_false"),
        (["strict", "standard", "no_true_false"], "strict"),
        (["unheard of"], "standard"),
    ],
)
def test_of_several_providers_the_strictest_counts(chosen: list[str], policy: str) -> None:
    assert strictest(chosen) == policy


def test_a_policy_may_forbid_true_or_false() -> None:
    item = an_item(options=("True", "False"))
    assert Code.TRUE_FALSE not in {note.code for note in blocking(item)}
    assert Code.TRUE_FALSE in {note.code for note in blocking(item, POLICIES["no_true_false"])}


def test_the_shipped_bank_has_no_blocking_note_and_hardly_any_advice() -> None:
    file = next(Path(cme.__file__).parent.glob("library/*/quiz.yaml"))
    items = read_quiz(file).items
    notes = lint_all(items)
    assert len(items) > 60
    assert [note for note in notes if note.blocks] == []
    assert len(notes) <= 4


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("Cramps of the calf", 18),
        ("  Cramps\n\nof the  calf ", 18),
        ("**Cramps** of the *calf*", 18),
        ("_Cramps_ of the `calf`", 18),
        ("![Cramps](cramps.png)", 0),
        ("Cramps ![in pain](a.png) of the calf", 18),
        ("[Cramps](https://example.org/x_y_z) of the calf", 18),
        ("a_b", 3),
        ("> 5 mm", 6),
        (r"5 \* 3", 5),
    ],
)
def test_a_choice_is_as_long_as_what_is_read_of_it(text: str, length: int) -> None:
    assert read_length(text) == length
