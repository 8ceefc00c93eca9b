"""quiz.yaml with every kind of question, delivery rules and shared cases: taken in as written, flaws with their lines."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from cme.activities.facts import FolderFacts, LoadedRelease
from quizzes.models.quiz import QuizAssignment
from quizzes.queries.versions import draft_of, published_version_of, quiz_of_key, version_facts
from quizzes.rules.delivery import TODAY, DeliveryRules, Review
from quizzes.rules.item import BlueprintLine, Kind, Numeric, StemItem
from quizzes.services.loading import load, validate
from tests.factories.modules import make_module

FACTS = FolderFacts(
    slug="small",
    anchors=frozenset({"p-one"}),
    references=frozenset({"one2020"}),
    objectives=frozenset({"one"}),
    total_points=6,
    pass_points=4,
)
RESTS = "topic: one\n    objective: one\n    passages: [p-one]\n    references: [one2020]"
FILE = f"""\
quiz: {{key: all-kinds, title: "All kinds", pass_points: 4}}
topics:
  - {{key: one, label: "One"}}
blueprint:
  - {{label: "Two points", topics: [one], tags: [large], draw: 1, points: 2}}
  - {{label: "One point", topics: [one], tags: [small], draw: 4}}
delivery:
  attempts: 3
  wait_hours: 24
  minutes: 45
  certainty: true
  during: [verdicts, rationales]
  after_try: [answers, verdicts]
vignettes:
  - {{key: a-man, text: "A man of 70 wakes with a cramp."}}
items:
  - key: several
    kind: multiple
    points: 2
    partial: true
    tags: [large]
    vignette: a-man
    stem: "Which are right?"
    {RESTS}
    choices:
      - {{key: a, text: "A", correct: true, rationale: "Yes."}}
      - {{key: b, text: "B", correct: true, rationale: "Yes."}}
      - {{key: c, text: "C", rationale: "No."}}
      - {{key: d, text: "D", rationale: "No."}}
  - key: matching
    kind: matching
    tags: [small]
    stem: "Match."
    rationale: "So."
    {RESTS}
    choices:
      - {{key: a, text: "A", rationale: "A."}}
      - {{key: b, text: "B", rationale: "B."}}
      - {{key: c, text: "C", rationale: "C."}}
    stems:
      - {{key: s1, text: "First", answer: b}}
      - {{key: s2, text: "Second", answer: a, rationale: "Why."}}
  - key: ordering
    kind: ordering
    tags: [small]
    stem: "Order."
    rationale: "So."
    {RESTS}
    choices:
      - {{key: a, text: "A", rationale: "A."}}
      - {{key: b, text: "B", rationale: "B."}}
      - {{key: c, text: "C", rationale: "C."}}
    order: [c, a, b]
  - key: numeric
    kind: numeric
    tags: [small]
    stem: "How much?"
    rationale: "So."
    {RESTS}
    number: {{value: 2.5, tolerance: "0.25", unit: mg}}
  - key: truth
    kind: true_false
    tags: [small]
    stem: "Is it so?"
    {RESTS}
    choices:
      - {{key: "true", text: "True", correct: true, rationale: "It is."}}
      - {{key: "false", text: "False", rationale: "It is not."}}
"""


def written(folder: Path, text: str = FILE) -> Path:
    path = folder / "quiz.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_file_has_no_problem(tmp_path: Path) -> None:
    assert validate(written(tmp_path), FACTS) == []


def test_every_kind_is_taken_in_and_the_same_file_changes_nothing(
    session: Session, now: datetime, tmp_path: Path
) -> None:
    module = make_module(session, now=now, questions=6, pass_points=4)
    session.delete(session.get_one(QuizAssignment, module.release_id))
    session.flush()
    loaded = LoadedRelease(
        slug=module.slug,
        release_id=module.release_id,
        activity_id=module.activity_id,
        article_id=module.article_id,
        revision_id=module.revision_id,
        changed=True,
    )
    load(session, written(tmp_path), loaded, now=now)
    quiz_id = quiz_of_key(session, "all-kinds")
    assert quiz_id is not None
    version_id = published_version_of(session, quiz_id)
    facts = version_facts(session, version_id) if version_id else None
    assert facts is not None
    items = {one.lineage: one for one in facts.items.values()}
    assert [one.kind for one in items.values()] == [one for one in Kind if one is not Kind.SINGLE]
    assert (items["several"].correct_keys, items["several"].partial, items["several"].points) == (("a", "b"), True, 2)
    assert items["matching"].stems == (StemItem("s1", "First", "b"), StemItem("s2", "Second", "a", "Why."))
    assert items["ordering"].order == ("c", "a", "b")
    assert items["numeric"].numeric == Numeric(Decimal("2.5"), Decimal("0.25"), "mg")
    assert facts.vignettes == {"a-man": "A man of 70 wakes with a cramp."}
    assert facts.blueprint[0] == BlueprintLine("Two points", ("one",), 1, tags=("large",), points=2)
    during = Review(True, False, False, rationales=True)
    seen = {"during": during, "after_try": Review(True, False, False)}
    assert facts.delivery == DeliveryRules(3, 24, 45, certainty=True, **seen)
    assert (facts.total_points, facts.delivery.after_passing) == (6, TODAY.after_passing)
    load(session, written(tmp_path), loaded, now=now)
    assert draft_of(session, quiz_id) is None
    load(session, written(tmp_path, FILE.replace("minutes: 45", "minutes: 50")), loaded, now=now)
    assert draft_of(session, quiz_id) is not None


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("kind: ordering", "kind: riddle", "is no kind of question"),
        ("order: [c, a, b]", "order: [c, a]", "every choice once"),
        ("value: 2.5", "value: lots", "must be a number"),
        ("answer: b", "answer: z", "has no right choice"),
        ("minutes: 45", "minutes: 0", "from 1 to 1440"),
        ("[answers, verdicts]", "[answers, secrets]", "“secrets” is not known"),
        ("during: [verdicts", "during: [secrets", "“secrets” is not known"),
        ("vignette: a-man", "vignette: a-woman", "“a-woman” has no text"),
        ("points: 2\n    partial", "points: 3\n    partial", "counts 2"),
        ("{key: a-man, text", "{key: a-man, words", "“words” is not known"),
    ],
)
def test_each_flaw_is_named_with_its_line(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in FILE
    problems = validate(written(tmp_path, FILE.replace(old, new, 1)), FACTS)
    assert any(words in one for one in problems), problems
    assert all("line" in one.lower() or ":" in one for one in problems)


def test_points_that_do_not_fit_the_release_are_named(tmp_path: Path) -> None:
    problems = validate(written(tmp_path), replace(FACTS, total_points=5))
    assert any("draws 6 points, but the release promises 5" in one for one in problems)
