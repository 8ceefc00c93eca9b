"""What an import would do: new, changed or the same, and never a double."""

from dataclasses import replace

import pytest

from quizzes.interchange.convert import from_item, lost_in_item, to_item, vignettes_of
from quizzes.interchange.entry import Choice, Entry, Kind, Vignette
from quizzes.interchange.folder import read_quiz
from quizzes.interchange.formats import FORMATS, read_any
from quizzes.interchange.planning import State, plan_import
from tests.rules.interchange_files import DATA, packed, plain
from tests.rules.interchange_samples import MEDIA, SAMPLES

LIBRARY = DATA.parents[2] / "cme" / "library" / "sleep-related-leg-cramps" / "quiz.yaml"


def states(existing: list, entries: tuple[Entry, ...]) -> list[State]:
    return [one.state for one in plan_import(existing, entries)]


@pytest.mark.parametrize("key", list(FORMATS))
def test_the_same_file_twice_makes_no_doubles(key: str):
    data = FORMATS[key].write(SAMPLES, "A bank", MEDIA)
    first = read_any(data, "x").entries
    assert set(states([], first)) == {State.NEW}
    assert set(states(list(first), read_any(data, "y").entries)) == {State.SAME}
    items = [to_item(entry) for entry in first]
    planned = plan_import(items, read_any(data, "y").entries, vignettes_of(first))
    assert {one.state for one in planned} == {State.SAME}


@pytest.mark.parametrize(
    "name",
    ["canvas", "blackboard", "tao", "qti3", "moodle.xml", "questions.gift", "questions.aiken.txt", "by-hand.csv"],
)
def test_foreign_files_twice_make_no_doubles(name: str):
    data = plain(name) if "." in name else packed(name)
    first = read_any(data, name).entries
    assert set(states(list(first), read_any(data, name).entries)) == {State.SAME}


def test_a_mended_file_changes_what_was_mended_and_nothing_else():
    first = read_any(plain("moodle.xml"), "x").entries
    second = read_any(plain("moodle.xml").replace(b"A man has", b"A woman of 60 has"), "x").entries
    assert states(list(first), second) == [State.CHANGED] + [State.SAME] * (len(first) - 1)
    gift = read_any(plain("questions.gift"), "x").entries
    mended = read_any(plain("questions.gift").replace(b"~Quinine", b"~Quinine sulphate"), "x").entries
    assert states(list(gift), mended) == [State.CHANGED] + [State.SAME] * (len(gift) - 1)


def test_a_generic_identifier_of_another_file_is_another_question():
    """Many programs call every first question the same; that must not overwrite a question of the bank."""
    head = b'<questestinterop><assessment ident="quiz" title="Quiz"><section><item ident="QUE_1"><presentation><material><mattext>'
    mid = b'</mattext></material><response_lid ident="r" rcardinality="Single"><render_choice><response_label ident="1"><material><mattext>'
    end = (
        b'</mattext></material></response_label><response_label ident="2"><material><mattext>Other</mattext></material></response_label>'
        b'</render_choice></response_lid></presentation><resprocessing><respcondition><conditionvar><varequal respident="r">1</varequal>'
        b"</conditionvar><setvar>100</setvar></respcondition></resprocessing></item></section></assessment></questestinterop>"
    )
    one = read_any(head + b"Which vitamin helps the eye at dusk?" + mid + b"Retinol" + end, "a.xml").entries
    two = read_any(head + b"Name the largest bone of a foot!" + mid + b"Calcaneus" + end, "b.xml").entries
    assert one[0].lineage == two[0].lineage
    (planned,) = plan_import(one, two)
    assert planned.state is State.NEW
    assert planned.entry.lineage != one[0].lineage
    bank = [one[0], planned.entry]
    assert states(bank, two) == [State.SAME]
    assert states(bank, one) == [State.SAME]


def test_own_names_may_be_rewritten_altogether():
    other = replace(SAMPLES[0], stem="Quite another text", choices=(Choice("a", "X", True), Choice("b", "Y")))
    assert states([SAMPLES[0]], (other,)) == [State.CHANGED]


def test_the_same_words_under_another_name_are_pointed_out():
    copy = replace(SAMPLES[0], lineage="copied")
    (planned,) = plan_import([SAMPLES[0]], (copy,))
    assert (planned.state, planned.twin) == (State.NEW, "sample-single")
    (planned,) = plan_import([SAMPLES[0]], (replace(copy, stem="Other words"),))
    assert planned.twin is None


def test_a_question_twice_in_one_file_is_taken_once():
    data = b"::a::One? {T}\n\n::b::One? {T}\n\n::c::One? {F}\n"
    report = read_any(data, "x")
    assert [[reason.code for reason in one.reasons] for one in report.findings] == [[], ["double"], []]
    assert len({entry.lineage for entry in report.entries}) == 2
    again = read_any(b"::c::One? {F}\n\n::a::One? {T}\n", "x")
    assert {entry.lineage for entry in again.entries} == {entry.lineage for entry in report.entries}


def test_a_name_for_two_questions_refuses_the_second():
    data = FORMATS["yaml"].write([SAMPLES[0], replace(SAMPLES[1], lineage="sample-single")], "T")
    report = read_any(data, "x")
    assert [[reason.code for reason in one.reasons] for one in report.findings] == [[], ["name_taken"]]


@pytest.mark.parametrize("entry", SAMPLES, ids=lambda entry: entry.lineage)
def test_between_bank_and_file_nothing_is_lost_but_weights(entry: Entry):
    back = from_item(to_item(entry), vignettes_of([entry]))
    if any(choice.weight is not None for choice in entry.choices):
        assert [reason.code for reason in lost_in_item(entry)] == ["weight_lost"]
        back = replace(back, choices=entry.choices)
    else:
        assert lost_in_item(entry) == ()
    assert back == entry


def test_the_bank_of_the_library_goes_through_every_lossless_format():
    items = read_quiz(LIBRARY).items
    bank = tuple(from_item(item) for item in items)
    assert len(bank) > 30
    for key in ("qti3", "qti22", "qti12", "moodle", "yaml", "csv", "xlsx"):
        report = read_any(FORMATS[key].write(bank, "Leg cramps"), "x")
        assert report.entries == bank, key
        assert [to_item(entry) for entry in report.entries] == list(items)
    assert read_any(LIBRARY.read_bytes(), "quiz.yaml").entries == bank


def test_kinds_are_all_known_to_the_bank():
    assert {to_item(entry).kind for entry in SAMPLES} == set(Kind)


def rows(*cases: tuple[str, str, str]) -> tuple[Entry, ...]:
    """Questions of a table: the key of the case, its text, the question."""
    lines = [f"{key},{text},{question},x,y,a" for key, text, question in cases]
    return read_any(
        "\n".join(["vignette_key,vignette,question,choice_a,choice_b,correct", *lines]).encode(), "x"
    ).entries


def test_a_case_of_a_file_does_not_change_the_case_of_other_questions_by_the_same_name():
    bank = rows(("case-1", "A man of 60.", "First?"))
    (planned,) = plan_import(
        bank, rows(("case-1", "A girl of six.", "Second?")), {"case-1": "A man of 60."}, keeps=True
    )
    assert planned.entry.vignette is not None
    assert planned.entry.vignette.key != "case-1"
    assert (planned.entry.vignette.text, planned.case) == ("A girl of six.", "case-1")
    both = [*bank, planned.entry]
    assert states(both, rows(("case-1", "A girl of six.", "Second?"))) == [State.SAME]
    # The case itself may be mended: all its questions come with it.
    (planned,) = plan_import(bank, [replace(bank[0], vignette=Vignette("case-1", "A man of 61."))])
    assert planned.entry.vignette == Vignette("case-1", "A man of 61.")


def test_two_cases_by_one_name_in_a_file_stay_two():
    report_of = read_any(
        b"vignette_key,vignette,question,choice_a,choice_b,correct\nc,One.,First?,x,y,a\nc,Two.,Second?,x,y,a\n", "x"
    )
    first, second = (one.vignette for one in report_of.entries)
    assert first is not None
    assert second is not None
    assert (first.text, second.text, first.key) == ("One.", "Two.", "c")
    assert first.key != second.key
    assert [[reason.code for reason in one.reasons] for one in report_of.findings] == [[], ["case_renamed"]]


def test_rationales_of_the_bank_stay_when_a_file_puts_the_choices_into_another_order():
    (one,) = read_any(b"Which?\nA. left\nB. right\nANSWER: A\n", "x").entries
    told = replace(one, choices=tuple(replace(c, rationale=f"Why {c.text}.") for c in one.choices))
    (two,) = read_any(b"Which?\nA. right\nB. left\nANSWER: B\n", "x").entries
    (planned,) = plan_import([told], [two], keeps=True)
    assert [(c.text, c.rationale, c.correct) for c in planned.entry.choices] == [
        ("right", "Why right.", False), ("left", "Why left.", True),
    ]  # fmt: skip
