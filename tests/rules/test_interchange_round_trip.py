"""Every format, there and back: nothing changes but what the format said it would lose."""

import zipfile
from dataclasses import replace
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quizzes.interchange import own, qti1_read
from quizzes.interchange.carrying import carried
from quizzes.interchange.entry import Entry, Kind, Scoring
from quizzes.interchange.formats import FORMATS, detect, read_any
from quizzes.interchange.report import Verdict
from tests.rules.interchange_samples import MEDIA, SAMPLES, bare, blocks, entries, lines

LOSSLESS = ("qti3", "qti22", "qti21", "qti12", "moodle", "yaml")
LOSSY = ("gift", "aiken", "csv", "xlsx")


def kept(entry: Entry, key: str) -> Entry | None:
    return carried(entry, FORMATS[key].capacity)[0]


def compare(key: str, questions: tuple[Entry, ...], found: tuple[Entry, ...]) -> None:
    expected = [one for entry in questions if (one := kept(entry, key)) is not None]
    if "lineage" in FORMATS[key].capacity.parts:
        assert list(found) == expected
    else:
        assert [bare(one) for one in found] == [bare(one) for one in expected]


@pytest.mark.parametrize("key", LOSSLESS)
def test_these_formats_lose_nothing(key: str):
    data = FORMATS[key].write(SAMPLES, "A bank", MEDIA)
    report = FORMATS[key].read(data, "file")
    assert report.entries == SAMPLES
    assert [finding.verdict for finding in report.findings] == [Verdict.IMPORTED] * len(SAMPLES)
    assert report.notes == ()
    assert report.title == "A bank"
    assert dict(report.media) == MEDIA


@pytest.mark.parametrize("key", LOSSY)
def test_these_formats_lose_exactly_what_they_say(key: str):
    data = FORMATS[key].write(SAMPLES, "A bank", MEDIA)
    report = FORMATS[key].read(data, "file")
    compare(key, SAMPLES, report.entries)
    stated = FORMATS[key].losses(SAMPLES)
    assert [finding.lineage for finding in stated] == [entry.lineage for entry in SAMPLES]
    for entry, finding in zip(SAMPLES, stated, strict=True):
        back = kept(entry, key)
        if back is None:
            assert finding.verdict is Verdict.REFUSED
            assert finding.reasons[0].code == "kind_not_carried"
        elif bare(back) != bare(entry) and replace(bare(back), choices=()) != replace(bare(entry), choices=()):
            assert finding.verdict is Verdict.LOSS
            assert finding.reasons


STATED = {
    # format: {sample: codes of what it loses}
    "gift": {
        "sample-single": {"objective", "passages", "references", "apart", "ordered"},
        "sample-multiple": {"objective", "passages", "references", "apart", "points"},
        "sample-all": {"objective", "passages", "references", "apart", "scoring"},
        "sample-weights": {"objective", "passages", "references", "apart"},
        "sample-matching": {"objective", "passages", "references", "apart", "stem_rationale", "vignette"},
        "sample-ordering": {"kind"},
        "sample-numeric": {"objective", "passages", "references", "apart", "unit"},
        "sample-true-false": {"objective", "passages", "references", "apart", "vignette"},
        "sample-picture": {"pictures"},
        "sample-media": {"pictures", "scoring"},
    },
    "aiken": {
        "sample-single": {
            "objective", "passages", "references", "apart", "ordered", "topic", "tags", "rationale", "choice_rationale", "markup",
        },
        "sample-multiple": {"kind"},
        "sample-all": {"kind"},
        "sample-weights": {"kind"},
        "sample-matching": {"kind"},
        "sample-ordering": {"kind"},
        "sample-numeric": {"kind"},
        "sample-true-false": {
            "objective", "passages", "references", "apart", "topic", "tags", "rationale", "choice_rationale", "vignette", "markup",
        },
        "sample-picture": {"topic", "markup"},
        "sample-media": {"kind"},
    },
    "csv": {"sample-picture": {"pictures"}, "sample-media": {"pictures"}},
    "xlsx": {"sample-picture": {"pictures"}, "sample-media": {"pictures"}},
    "moodle": {
        "sample-all": {"scoring"}, "sample-matching": {"vignette", "rationale"}, "sample-true-false": {"vignette"},
        "sample-ordering": {"rationale"}, "sample-media": {"scoring"},
    },
    "qti12": {
        "sample-weights": {"weight"}, "sample-matching": {"vignette", "rationale"}, "sample-true-false": {"vignette"},
        "sample-ordering": {"kind"},
    },
    "qti3": {}, "qti22": {}, "qti21": {}, "yaml": {},
}  # fmt: skip


@pytest.mark.parametrize("key", list(FORMATS))
def test_what_an_export_would_lose_is_told_before(key: str):
    for finding in FORMATS[key].losses(SAMPLES):
        codes = {
            reason.code.removesuffix("_not_carried").removesuffix("_elsewhere").removesuffix("_in_stem")
            for reason in finding.reasons
        }
        assert codes == STATED[key].get(finding.lineage or "", set()), finding
        assert all(reason.sentence.endswith(".") for reason in finding.reasons)


@pytest.mark.parametrize("key", list(FORMATS))
def test_a_written_file_is_recognised_and_the_same_twice(key: str):
    data = FORMATS[key].write(SAMPLES, "A bank", MEDIA)
    assert detect(data, "no-name") == key
    if key != "xlsx":  # the workbook carries the time it was made
        assert data == FORMATS[key].write(SAMPLES, "A bank", MEDIA)
    report = read_any(data, "no-name")
    assert report.format == {"qti22": "qti2", "qti21": "qti2"}.get(key, key)
    again = read_any(data, "no-name")
    assert [entry.lineage for entry in again.entries] == [entry.lineage for entry in report.entries]
    assert FORMATS[key].extension(data) in FORMATS[key].extensions


@pytest.mark.parametrize("key", ["qti3", "qti22", "qti21", "qti12", "moodle"])
def test_other_programs_see_the_same_question(key: str, monkeypatch: pytest.MonkeyPatch):
    """Read as if our own fields were not there: kind, key, words, rationales and scoring are in the native part."""
    monkeypatch.setattr(own, "find", lambda _parent: None)
    monkeypatch.setattr(qti1_read, "OWN_FIELD", "somebody else's")
    report = FORMATS[key].read(FORMATS[key].write(SAMPLES, "A bank", MEDIA), "file")
    assert len(report.entries) == len(SAMPLES)
    for entry, found in zip(SAMPLES, report.entries, strict=True):
        case = f"{entry.vignette.text}\n\n" if entry.vignette and key in {"qti12", "moodle"} else ""
        unit = f"\n\n{entry.numeric.unit}" if key == "qti12" and entry.numeric else ""
        assert found.stem == case + entry.stem + unit
        assert found.kind is entry.kind
        assert (found.vignette.text if found.vignette else "") == (
            entry.vignette.text if entry.vignette and not case else ""
        )
        assert found.rationale == entry.rationale
        assert found.media == entry.media
        if key == "moodle" and entry.kind is Kind.ORDERING:
            texts = {choice.key: choice.text for choice in entry.choices}
            assert [choice.text for choice in found.choices] == [texts[key] for key in entry.order]
        elif key == "moodle" and entry.kind is Kind.MATCHING:
            answers = {choice.key: choice.text for choice in found.choices}
            wanted = {choice.key: choice.text for choice in entry.choices}
            assert [(one.text, answers[one.answer]) for one in found.stems] == [
                (one.text, wanted[one.answer]) for one in entry.stems
            ]
            assert set(answers.values()) == set(wanted.values())
        else:
            plain = entry.kind in {Kind.MATCHING} or (key == "moodle" and entry.kind is Kind.MULTIPLE)
            assert [(c.text, c.correct) for c in found.choices] == [(c.text, c.correct) for c in entry.choices]
            if not plain:
                assert [c.rationale for c in found.choices] == [c.rationale for c in entry.choices]
            assert found.order == entry.order
            assert [c.weight for c in found.choices] == [c.weight for c in entry.choices]
        if key not in {"moodle", "qti12"}:
            assert found.stems == entry.stems
        if entry.numeric:
            assert found.numeric is not None
            assert (found.numeric.value, found.numeric.tolerance) == (entry.numeric.value, entry.numeric.tolerance)
            assert found.numeric.unit == ("" if key == "qti12" else entry.numeric.unit)
        if not (key == "moodle" and entry.kind is Kind.MULTIPLE):
            assert found.scoring is entry.scoring
        assert found.ordered is (entry.ordered and entry.kind is not Kind.NUMERIC)


@pytest.mark.parametrize("key", ["qti3", "qti22", "qti12", "moodle"])
def test_words_changed_by_another_program_are_taken_from_there(key: str):
    data = FORMATS[key].write(SAMPLES[:2], "A bank", {})
    old, new = b"Stretching &amp;", b"Swimming &amp;"
    if data[:2] == b"PK":
        buffer = BytesIO()
        with zipfile.ZipFile(BytesIO(data)) as source, zipfile.ZipFile(buffer, "w") as target:
            for name in source.namelist():
                member = source.read(name)
                if name.endswith(".xml") and "manifest" not in name:
                    member = member.replace(b"Stretching &amp;amp;", b"Swimming &amp;amp;").replace(old, new, 1)
                target.writestr(name, member)
        data = buffer.getvalue()
    else:
        data = data.replace(b"Stretching &amp;amp;", b"Swimming &amp;amp;")
    report = FORMATS[key].read(data, "file")
    first, second = report.entries
    assert first.choices[0].text == "Swimming & rest, 10^3^ steps"
    assert first.lineage == "sample-single"
    assert (first.objective, first.passages, first.apart) == ("treat", ("p-overview", "p-care"), ("another-question",))
    assert report.findings[0].verdict is Verdict.LOSS
    assert [reason.code for reason in report.findings[0].reasons] == ["changed_elsewhere"]
    assert second == SAMPLES[1]


@pytest.mark.parametrize("key", ["qti3", "qti22", "moodle"])
def test_another_layout_of_the_file_is_no_change(key: str):
    """Re-indented by an editor: the words are the same, so our own fields still count."""
    from lxml import etree

    data = FORMATS[key].write(SAMPLES[:1], "A bank", {})
    if key == "moodle":
        root = etree.fromstring(data)
        for text in root.iter("question"):
            text.tail = "\n\n  "
        assert FORMATS[key].read(etree.tostring(root), "x").entries == SAMPLES[:1]
        return
    buffer = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as source, zipfile.ZipFile(buffer, "w") as target:
        for name in source.namelist():
            root = etree.fromstring(source.read(name))
            declaration = next((one for one in root if str(one.tag).lower().endswith("declaration")), None)
            if declaration is not None:
                declaration.tail = "\n    "
                declaration.text = "\n      "
            target.writestr(name, etree.tostring(root, encoding="UTF-16", xml_declaration=True))
    assert FORMATS[key].read(buffer.getvalue(), "x").entries == SAMPLES[:1]


FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("key", LOSSLESS)
@given(question=entries())
@FEW
def test_any_question_comes_back_from_the_lossless_formats(key: str, question: Entry):
    report = FORMATS[key].read(FORMATS[key].write([question], "T"), "file")
    assert report.entries == (question,)


@pytest.mark.parametrize("key", ["csv", "xlsx", "gift"])
@given(questions=st.lists(entries(), min_size=1, max_size=2, unique_by=lambda entry: entry.lineage))
@FEW
def test_any_question_comes_back_from_tables_and_gift_as_carried(key: str, questions: list[Entry]):
    expected = [one for entry in questions if (one := kept(entry, key)) is not None]
    if not expected:
        return
    report = FORMATS[key].read(FORMATS[key].write(questions, "T"), "file")
    assert list(report.entries) == expected


@given(questions=st.lists(entries(texts=lines), min_size=1, max_size=3))
@FEW
def test_any_question_comes_back_from_aiken_as_carried(questions: list[Entry]):
    expected = [bare(one) for entry in questions if (one := kept(entry, "aiken")) is not None and one.stem]
    expected = list(dict.fromkeys(expected))
    if not expected or any(not choice.text for entry in expected for choice in entry.choices):
        return
    data = FORMATS["aiken"].write(questions, "T")
    if b"\xe2\x80\x93 " in data:
        return  # a stem that looks like a choice gets a dash in front
    report = FORMATS["aiken"].read(data, "file")
    assert [bare(one) for one in report.entries] == expected


def test_partial_credit_is_the_scoring_of_every_gift_question_with_several_right_choices():
    found = kept(SAMPLES[2], "gift")
    assert found is not None
    assert found.scoring is Scoring.PARTIAL
    assert SAMPLES[2].scoring is Scoring.ALL_OR_NOTHING


@given(text=blocks)
@FEW
def test_yaml_keeps_every_text(text: str):
    question = replace(SAMPLES[6], stem=text)
    assert read_any(FORMATS["yaml"].write([question], "T"), "x").entries == (question,)
