"""What comes in can be kept: the bank takes every imported question, and the library's files speak the same language."""

from pathlib import Path

import pytest
import yaml

from cme.articles.markdown import fragment
from quizzes.interchange.convert import to_item, vignettes_of
from quizzes.interchange.folder import read_quiz
from quizzes.interchange.formats import FORMATS, read_any
from quizzes.rules.limits import storage_problems
from tests.rules.interchange_files import packed, plain
from tests.rules.interchange_samples import SAMPLES

FOREIGN = ("canvas", "blackboard", "tao", "qti3", "moodle.xml", "questions.gift", "questions.aiken.txt", "by-hand.csv")


@pytest.mark.parametrize("name", FOREIGN)
def test_every_imported_question_can_be_kept_and_shown(name: str):
    entries = read_any(plain(name) if "." in name else packed(name), name).entries
    assert entries
    for entry in entries:
        assert storage_problems(to_item(entry)) == {}
        for text in entry.texts:
            assert "<script" not in fragment(text)
            assert fragment(text)


def test_samples_can_be_kept():
    for entry in SAMPLES:
        assert storage_problems(to_item(entry)) == {}


def test_items_of_our_yaml_stand_as_they_are_in_a_folder_of_the_library(tmp_path: Path):
    entries = [entry for entry in SAMPLES if all(choice.weight is None for choice in entry.choices)]
    exported = yaml.safe_load(FORMATS["yaml"].write(entries, "T"))
    for item in exported["items"]:
        for choice in item.get("choices", []):
            choice.setdefault("rationale", "The library asks for one.")
    file = tmp_path / "quiz.yaml"
    head = {
        "quiz": {"key": "q", "title": "Q", "pass_points": 1},
        "blueprint": [{"label": "All", "topics": ["management"], "draw": 1}],
        "topics": [{"key": "management", "label": "Management"}],
        "vignettes": exported["vignettes"],
        "items": exported["items"],
    }
    file.write_text(yaml.safe_dump(head, allow_unicode=True, sort_keys=False), encoding="utf-8")
    quiz = read_quiz(file)
    problems = [str(problem) for problem in quiz.document.problems if "objective" not in str(problem)]
    assert problems == []
    assert quiz.vignettes == vignettes_of(entries)
    for item, entry in zip(quiz.items, entries, strict=True):
        wanted = to_item(entry)
        assert (item.kind, item.stem, item.stems, item.order, item.numeric, item.vignette, item.partial, item.points) == (
            wanted.kind, wanted.stem, wanted.stems, wanted.order, wanted.numeric, wanted.vignette, wanted.partial, wanted.points,
        )  # fmt: skip
        assert [(c.key, c.text, c.correct) for c in item.choices] == [
            (c.key, c.text, c.correct) for c in wanted.choices
        ]
    again = read_any(file.read_bytes(), "quiz.yaml")
    assert [note.code for note in again.notes] == ["parts_not_taken"]
    assert [entry.lineage for entry in again.entries] == [entry.lineage for entry in entries]
