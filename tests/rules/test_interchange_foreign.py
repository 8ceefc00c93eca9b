"""Files as Canvas, Blackboard, TAO, Moodle and people write them: each question's fate, its words and its reasons."""

from decimal import Decimal

import pytest

from quizzes.interchange.entry import Entry, Kind, Scoring
from quizzes.interchange.formats import detect, read_any
from quizzes.interchange.report import Report, Verdict
from tests.rules.interchange_files import packed, plain
from tests.rules.interchange_samples import PNG

IN, LOSS, OUT = Verdict.IMPORTED, Verdict.LOSS, Verdict.REFUSED


def fates(report: Report) -> list[tuple[str, Verdict, list[str]]]:
    return [(one.place, one.verdict, [reason.code for reason in one.reasons]) for one in report.findings]


def of(report: Report, index: int) -> Entry:
    """The entry of the question with that index among the findings."""
    return next(entry for entry in report.entries if entry.lineage == report.findings[index].lineage)


def choices(entry: Entry) -> list[tuple[str, str, bool, str]]:
    return [(choice.key, choice.text, choice.correct, choice.rationale) for choice in entry.choices]


def matches(entry: Entry) -> list[tuple[str, str]]:
    words = {choice.key: choice.text for choice in entry.choices}
    return [(stem.text, words[stem.answer]) for stem in entry.stems]


def test_canvas():
    report = read_any(packed("canvas"), "quiz.zip")
    assert (report.format, report.title) == ("qti12", "Night pains")
    assert [note.code for note in report.notes] == ["points"]
    at = "gq1/gq1.xml, line"
    assert fates(report) == [
        (f"{at} 6, item 1", LOSS, ["script"]),
        (f"{at} 32, item 2", IN, []),
        (f"{at} 43, item 3", IN, []),
        (f"{at} 57, item 4", IN, []),
        (f"{at} 75, item 5", LOSS, ["several_numbers"]),
        (f"{at} 84, item 6", OUT, ["kind_unknown"]),
        (f"{at} 93, item 8", IN, []),
        (f"{at} 107, item 9", OUT, ["key_count"]),
    ]
    first = of(report, 0)
    assert first.stem == "A man wakes with a **hard calf**.\n\nWhat helps *now*?"
    assert first.rationale == "See the guideline."
    assert choices(first) == [
        ("a", "Stretching & rest", True, "It lengthens the muscle."),
        ("b", "CO~2~ < 40", False, ""),
        ("c", "Nothing", False, "It would pass, slowly."),
    ]
    assert of(report, 1).kind is Kind.TRUE_FALSE
    assert of(report, 1).correct_keys == ("false",)
    assert (of(report, 2).kind, of(report, 2).correct_keys) == (Kind.MULTIPLE, ("a", "c"))
    assert of(report, 2).scoring is Scoring.ALL_OR_NOTHING
    assert matches(of(report, 3)) == [("Urge to move", "Restless legs"), ("Hard calf", "Cramp")]
    assert of(report, 3).scoring is Scoring.PARTIAL
    number = of(report, 4).numeric
    assert number is not None
    assert (number.value, number.tolerance) == (Decimal(9), Decimal("0.5"))
    ordering = of(report, 6)
    assert [{c.key: c.text for c in ordering.choices}[key] for key in ordering.order] == ["Ask", "Treat"]
    assert ordering.vignette is not None
    assert ordering.vignette.text == "A woman, 71, ![her calf](calf.png)"
    assert dict(report.media) == {"calf.png": PNG}


def test_blackboard():
    report = read_any(packed("blackboard"), "pool.zip")
    assert (report.format, report.title) == ("qti12", "Pool of legs")
    assert [(verdict, codes) for _, verdict, codes in fates(report)] == [
        (LOSS, ["feedback_joined"]), (IN, []), (OUT, ["kind_unknown"]), (IN, []),
    ]  # fmt: skip
    first = of(report, 0)
    assert first.stem == "Which drug, with *care*?"
    assert choices(first) == [("a", "Quinine", False, "A risk to the blood."), ("b", "None", True, "")]
    assert first.rationale == "Well chosen."
    second = of(report, 1)
    assert second.stem == "Pair them."
    assert matches(second) == [("Urge", "Restless legs"), ("Knot", "Cramp")]
    assert [choice.text for choice in second.choices] == ["Cramp", "Restless legs", "Neither"]
    assert second.scoring is Scoring.PARTIAL
    number = of(report, 3).numeric
    assert number is not None
    assert (number.value, number.tolerance) == (Decimal(5), Decimal(1))


def test_qti_2_of_another_tool():
    report = read_any(packed("tao"), "items.zip")
    assert detect(packed("tao"), "items.zip") == "qti22"
    assert fates(report) == [
        ("i4/qti.xml", OUT, ["file_missing"]),
        ("i1/qti.xml, line 2", IN, []),
        ("i2/qti.xml, line 2", IN, []),
        ("i3/qti.xml, line 2", OUT, ["kind_unknown"]),
    ]
    first = of(report, 1)
    assert first.stem == "A man has **cramps**. ![calf](calf.png)\n\nWhich is best?"
    assert choices(first) == [
        ("a", "Quinine", False, "Risky."), ("b", "Stretching, 10^2^ s", True, ""), ("c", "Rest", False, "Too little."),
    ]  # fmt: skip
    assert first.ordered is False
    assert dict(report.media) == {"calf.png": PNG}
    second = of(report, 2)
    assert second.stem == "The dose is \\_\\_\\_\\_\\_ mg a day."
    assert second.numeric is not None
    assert (second.numeric.value, second.numeric.tolerance) == (Decimal(300), Decimal(30))


def test_qti_3_of_another_tool():
    report = read_any(packed("qti3"), "package.zip")
    assert report.format == "qti3"
    assert [note.code for note in report.notes] == ["files_not_taken"]
    assert "style.css" in report.notes[0].sentence
    assert [(verdict, codes) for _, verdict, codes in fates(report)] == [(IN, [])] * 3
    match, order, several = report.entries
    assert match.stem == "Match the signs."
    assert matches(match) == [("Urge", "Restless legs"), ("Knot", "Cramp")]
    assert match.scoring is Scoring.PARTIAL
    assert match.vignette is not None
    assert match.vignette == order.vignette
    assert match.vignette.text == "A woman, 71, wakes *often*."
    assert order.order == ("b", "a")
    assert [(choice.correct, choice.weight) for choice in several.choices] == [(True, 75), (True, 25), (False, -50)]
    assert several.ordered is True


def test_moodle():
    report = read_any(plain("moodle.xml"), "questions.xml")
    assert (report.format, report.title) == ("moodle", "Night pains")
    assert [note.code for note in report.notes] == ["points"]
    assert fates(report) == [
        ("line 10, question 1", LOSS, ["tag"]),
        ("line 26, question 2", LOSS, ["hints", "feedback_combined"]),
        ("line 37, question 3", IN, []),
        ("line 42, question 4", IN, []),
        ("line 48, question 5", LOSS, ["several_numbers", "units"]),
        ("line 54, question 6", IN, []),
        ("line 59, question 7", OUT, ["kind_unknown"]),
        ("line 60, question 8", OUT, ["kind_unknown"]),
    ]
    first = of(report, 0)
    assert first.stem == "A man has **cramps**. ![calf](calf-one.png)"
    assert (first.topic, first.tags, first.rationale) == ("leg-cramps", ("leg-cramps",), "Read the guideline.")
    assert [(c.text, c.correct, c.weight) for c in first.choices] == [
        ("Stretching", True, None), ("Walking", False, 50), ("Quinine", False, None),
    ]  # fmt: skip
    assert dict(report.media) == {"calf-one.png": PNG}
    second = of(report, 1)
    assert (second.kind, second.correct_keys, second.ordered) == (Kind.MULTIPLE, ("a", "b"), True)
    assert [choice.weight for choice in second.choices] == [None, None, None]
    third = of(report, 2)
    assert third.stem == "Cramps are *common*."
    assert [(c.key, c.correct, c.rationale) for c in third.choices] == [
        ("true", True, "Yes."),
        ("false", False, "They are."),
    ]
    fourth = of(report, 3)
    assert fourth.stem == "Match \\*all\\*:"
    assert matches(fourth) == [("Urge", "Restless legs"), ("Knot", "Cramp")]
    assert len(fourth.choices) == 3
    fifth = of(report, 4)
    assert fifth.numeric is not None
    assert (fifth.numeric.value, fifth.numeric.tolerance, fifth.numeric.unit) == (Decimal("37.5"), Decimal("0.5"), "mg")
    assert fifth.rationale == "Just so."
    assert of(report, 5).order == ("a", "b")


def test_gift():
    report = read_any(plain("questions.gift"), "questions.txt")
    assert (report.format, report.title) == ("gift", "Legs")
    assert fates(report) == [
        ("line 5", IN, []), ("line 12", IN, []), ("line 19", IN, []), ("line 21", IN, []), ("line 27", IN, []),
        ("line 29", IN, []), ("line 31", IN, []), ("line 33", OUT, ["kind_unknown"]), ("line 35", OUT, ["kind_unknown"]),
        ("line 37", OUT, ["no_question"]), ("line 39", OUT, ["no_question"]),
    ]  # fmt: skip
    first = of(report, 0)
    assert (first.topic, first.rationale) == ("night-cramps", "Read on: page 3.")
    assert [(c.text, c.correct, c.rationale, c.weight) for c in first.choices] == [
        ("Stretching", True, "It lengthens the muscle.", None), ("Quinine", False, "Risky.", None), ("Walking", False, "", 50),
    ]  # fmt: skip
    second = of(report, 1)
    assert (second.stem, second.kind) == ("Which **two** raise the risk?", Kind.MULTIPLE)
    assert second.correct_keys == ("a", "b")
    third = of(report, 2)
    assert (third.kind, third.tags) == (Kind.TRUE_FALSE, ("leg-cramps",))
    assert [(c.correct, c.rationale) for c in third.choices] == [(True, "Right!"), (False, "No, they are.")]
    assert matches(of(report, 3)) == [("Urge", "Restless legs"), ("Knot", "Cramp")]
    assert of(report, 4).stem == "The dose is \\_\\_\\_\\_\\_ mg."
    numbers = [of(report, index).numeric for index in (4, 5)]
    assert [(n.value, n.tolerance) for n in numbers if n] == [(300, 10), (3, 2)]
    assert of(report, 6).stem == "Grant is \\_\\_\\_\\_\\_ in his tomb."
    assert report.findings[7].label == "Which word?"


def test_aiken():
    report = read_any(plain("questions.aiken.txt"), "questions.txt")
    assert report.format == "aiken"
    assert fates(report) == [
        ("line 1", IN, []), ("line 7", IN, []), ("line 12", OUT, ["no_answer"]), ("line 16", OUT, ["no_answer"]),
        ("line 20", IN, []),
    ]  # fmt: skip
    assert choices(of(report, 0))[0] == ("a", "Stretching \\*the\\* calf", True, "")
    assert of(report, 1).kind is Kind.TRUE_FALSE
    assert choices(of(report, 4)) == [("a", "this", False, ""), ("b", "that", True, "")]


def test_a_table_filled_in_by_hand():
    report = read_any(plain("by-hand.csv"), "questions.csv")
    assert report.format == "csv"
    assert [note.code for note in report.notes] == ["columns"]
    assert "Colour" in report.notes[0].sentence
    assert fates(report) == [
        ("line 2", LOSS, ["name"]), ("line 4", IN, []), ("line 5", OUT, ["correct"]), ("line 6", IN, []),
        ("line 7", OUT, ["kind_unknown"]), ("line 8", OUT, ["choice_gap"]),
    ]  # fmt: skip
    first = of(report, 0)
    assert (first.stem, first.rationale, first.topic) == ("What helps; at once?", "Because,\nyes.", "night-cramps")
    assert of(report, 1).stem == "=1+1?"


FILES = {
    "canvas": lambda: packed("canvas"), "blackboard": lambda: packed("blackboard"), "tao": lambda: packed("tao"),
    "qti3": lambda: packed("qti3"), "moodle": lambda: plain("moodle.xml"), "gift": lambda: plain("questions.gift"),
    "aiken": lambda: plain("questions.aiken.txt"), "csv": lambda: plain("by-hand.csv"),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_every_question_of_the_file_has_exactly_one_finding_and_a_reason_when_it_is_not_whole(name: str):
    report = read_any(FILES[name](), name)
    taken = [finding.lineage for finding in report.findings if finding.verdict is not OUT]
    assert taken == [entry.lineage for entry in report.entries]
    assert len(set(taken)) == len(taken)
    for finding in report.findings:
        assert finding.place
        assert finding.label or finding.reasons[0].code == "file_missing"
        assert bool(finding.reasons) is (finding.verdict is not IN)
        assert (finding.lineage is None) is (finding.verdict is OUT)
        assert all(reason.sentence.endswith(".") for reason in finding.reasons)


@pytest.mark.parametrize("name", FILES)
def test_the_same_file_gives_the_same_names(name: str):
    first, second = read_any(FILES[name](), name), read_any(FILES[name](), "another name")
    assert first.entries == second.entries
