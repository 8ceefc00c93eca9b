"""The linter on questions as physicians write them: what each rule must find, and what it must leave alone."""

import pytest

from quizzes.rules.item import ChoiceItem, Item, Kind
from quizzes.rules.lint_finding import Code
from quizzes.rules.linting import lint

CASE = "A 64-year-old man with stage 3 chronic kidney disease wakes three times a week with a painful calf. "
DRUGS = ("Quinine sulfate", "Magnesium citrate", "Calf stretching", "Gabapentin")


def found(code: Code, stem: str, options: tuple[str, ...] = DRUGS, kind: Kind = Kind.SINGLE) -> list[str]:
    """The words that the rule points at in this question, whose first option is the key."""
    item = Item(
        lineage="one", topic="t", objective="o", stem=stem, kind=kind, passages=("p",), references=("r",),
        choices=tuple(ChoiceItem(key, text, key == "a", "Why.") for key, text in zip("abcde", options, strict=False)),
    )  # fmt: skip
    return [note.words for note in lint(item) if note.code is code]


@pytest.mark.parametrize(
    ("lead_in", "words"),
    [
        ("Which one is UNLIKELY to help?", "UNLIKELY"),
        ("Which drug cannot be given?", "cannot"),
        ("Which of the following would be inappropriate?", "inappropriate"),
        ("Which is the least likely diagnosis?", "least"),
        ("Which drug shouldn’t be given?", "n’t"),
        ("Which is NOT a cause in a man who does NOT smoke?", "NOT"),
        ("Which finding is not expected when he stretches?", "not"),
    ],
)
def test_negative_lead_ins(lead_in: str, words: str) -> None:
    assert found(Code.NEGATIVE_LEAD_IN, CASE + lead_in) == [words]


@pytest.mark.parametrize(
    "lead_in",
    [
        "What is the most likely diagnosis in a man who does not smoke?",
        "Which drug, if stretching does not help, is the next step?",
        "Which next step is indicated when creatinine hasn’t fallen?",
        "Which test has the lowest false-positive rate?",
        "Why is quinine not recommended?",
        "Which test is the least invasive?",
        "Which drug needs at least two weeks?",
    ],
)
def test_what_is_no_negative_lead_in(lead_in: str) -> None:
    assert found(Code.NEGATIVE_LEAD_IN, CASE + lead_in) == []


@pytest.mark.parametrize("lead_in", ["The best next step is:", "Choose the right drug.", "Select two drugs."])
def test_what_is_not_a_question(lead_in: str) -> None:
    assert found(Code.NOT_A_QUESTION, CASE + lead_in) == [lead_in]


@pytest.mark.parametrize(
    ("lead_in", "kind"),
    [
        ("Which drug is best? (Choose one.)", Kind.SINGLE),
        ("Which two drugs are best? Select two.", Kind.MULTIPLE),
        ("Which drug is best?[1,2]", Kind.SINGLE),
        ("**Which drug is best?**", Kind.SINGLE),
        ("Put the steps in order.", Kind.ORDERING),
        ("Match each patient with a diagnosis.", Kind.MATCHING),
    ],
)
def test_what_asks_all_the_same(lead_in: str, kind: Kind) -> None:
    for code in (Code.NOT_A_QUESTION, Code.SHORT_VIGNETTE):
        assert found(code, CASE + lead_in, kind=kind) == []


@pytest.mark.parametrize(
    "lead_in",
    [
        "Which statement about leg cramps is correct?",
        "Which of the following statements regarding his treatment is most accurate?",
        "Which of the following applies?",
    ],
)
def test_questions_that_need_their_options(lead_in: str) -> None:
    assert found(Code.NEEDS_OPTIONS, CASE + lead_in) == [lead_in]


@pytest.mark.parametrize(
    "lead_in", ["Which drug is right for him?", "What is the correct dose?", "Which of the following is the diagnosis?"]
)
def test_questions_that_do_not_need_them(lead_in: str) -> None:
    assert found(Code.NEEDS_OPTIONS, CASE + lead_in) == []


@pytest.mark.parametrize(
    "option",
    [
        "All the above", "None of these", "A and C only", "A, B and C", "Options B and C", "All are correct",
        "None of the above is correct.", "Neither", "Any of these options", "More than one of the above",
    ],
)  # fmt: skip
def test_choices_that_stand_for_others(option: str) -> None:
    assert len(found(Code.ALL_OR_NONE, CASE + "Which helps?", (*DRUGS[:3], option))) == 1


@pytest.mark.parametrize(
    "options",
    [
        ("None", "One", "Two", "Three"),
        ("None", "10 days", "20 days", "30 days"),
        ("Weakness of both of these muscles", "Loss of some of the hair", "All valves leak", "Both kidneys are small"),
        ("A only", "B only", "A and B", "H only"),
        ("Hepatitis A and B", "Vitamins B and C", "Neither kidney is small", "x"),
    ],
)
def test_choices_that_speak_for_themselves(options: tuple[str, ...]) -> None:
    assert found(Code.ALL_OR_NONE, CASE + "Which is it?", options) == []


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("It always helps", "always"), ("All women need it", "All women"), ("It must be given to everyone", "everyone"),
        ("It is the only cause", "is the only"), ("It cures every patient", "every patient"), ("It never recurs", "never"),
    ],
)  # fmt: skip
def test_absolute_terms(option: str, words: str) -> None:
    assert found(Code.ABSOLUTE_TERM, CASE + "Which is it?", (*DRUGS[:3], option)) == [words]


@pytest.mark.parametrize(
    "option",
    [
        "Never smokers",
        "Almost always harmless",
        "Not always needed",
        "No patient contact",
        "100% oxygen",
        "Nevertheless",
    ],
)
def test_what_is_not_absolute(option: str) -> None:
    assert found(Code.ABSOLUTE_TERM, CASE + "Which is it?", (*DRUGS[:3], option)) == []


def test_generic_words_of_medicine_do_not_repeat() -> None:
    stem = "A patient has pain after treatment of a disease. What should the patient receive?"
    assert found(Code.WORD_REPEAT, stem, ("Tell the patient about the disease", "Ibuprofen", "Heat", "Rest")) == []
    stem = "A man has restless legs at night. Which diagnosis is most likely?"
    assert found(Code.WORD_REPEAT, stem, ("Restless legs syndrome", "Cramp", "Gout", "Spasm")) == ["Restless"]


def test_short_words_converge_too() -> None:
    options = (
        "Oral iron and weekly epoetin", "Oral iron and transfusion", "Dextran and weekly epoetin", "Oral zinc alone",
    )  # fmt: skip
    assert found(Code.CONVERGENCE, CASE + "What is best?", options) == [options[0]]
    assert found(Code.CONVERGENCE, CASE + "What is best?", ("Oral iron", "Oral zinc", "Depot iron", "Depot zinc")) == []


@pytest.mark.parametrize(
    "options",
    [
        ("5-hydroxytryptamine", "Serotonin", "2,3-DPG", "Insulin", "Iron"),
        ("24-hour urine collection", "Blood count", "Renal ultrasound", "Electrocardiogram"),
        ("Growing pains in childhood", "Fibromyalgia", "Myositis", "Cramp"),
        ("<5%", "5%–10%", ">10%", "None"),
        ("1–9", "10–19", "20–29", ">= 30"),
        ("Under 18", "18 to 30", "over 30", "Zero"),
        ("Less than half a second", "10 minutes", "From 1 to 3 hours", "More than 6 hours"),
    ],
)
def test_choices_of_one_form(options: tuple[str, ...]) -> None:
    assert found(Code.NOT_PARALLEL, CASE + "Which is it?", options) == []


def test_choices_of_different_form() -> None:
    assert found(Code.NOT_PARALLEL, CASE + "Which?", ("10 mg", "20 mg", "Nothing at all", "30 mg")) == [
        "Nothing at all"
    ]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("0.5 g", "500 mg", "1 g", "2 g"), ["500 mg"]),
        (("1,000 mg", "1 g", "3 g", "2 g"), ["1 g"]),
        (("Within 24 hours", "1 day", "2 days", "3 days"), ["1 day"]),
        (("12 months", "1 year", "2 years", "3 years"), ["1 year"]),
        (("500 µg", "0.5 mg", "1 mg", "2 mg"), ["0.5 mg"]),
        (("1,000 to 2,000", "1,500 to 3,000", "5,000", "6,000"), ["1,500 to 3,000"]),
    ],
)
def test_amounts_that_meet_in_other_units(options: tuple[str, ...], words: list[str]) -> None:
    assert found(Code.OVERLAPPING_NUMBERS, CASE + "How much?", options) == words


@pytest.mark.parametrize(
    "options",
    [
        ("1 month", "4 weeks", "1 year", "18 months"), ("1,000", "1,500", "5,000", "6,000"), ("1.0", "1.5", "2.0", "2.5"),
        ("120/80", "130/80", "140/90", "150/95"), ("5 mg once daily", "5 mg twice daily", "10 mg", "20 mg"),
        ("<5%", "5%–10%", ">10%", "None"), ("1 mg", "1 g", "1 kg", "1 ml"),
    ],
)  # fmt: skip
def test_amounts_that_do_not_meet(options: tuple[str, ...]) -> None:
    assert found(Code.OVERLAPPING_NUMBERS, CASE + "How much?", options) == []


@pytest.mark.parametrize("lead_in", ["What usually helps?", "Which effect is commonly reported?"])
def test_vague_frequencies(lead_in: str) -> None:
    assert len(found(Code.VAGUE_FREQUENCY, CASE + lead_in)) == 1


@pytest.mark.parametrize(
    "lead_in",
    ["How often should he stretch?", "Which test is repeated most frequently?", "How frequently is it given?"],
)
def test_frequencies_that_are_asked_for_or_compared(lead_in: str) -> None:
    assert found(Code.VAGUE_FREQUENCY, CASE + lead_in) == []
