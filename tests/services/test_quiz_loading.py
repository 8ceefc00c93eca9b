"""quiz.yaml: every problem with its line, and what loading makes of a file the first time and later."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from textwrap import dedent, indent

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from cme.activities.facts import FolderFacts, LoadedRelease
from cme.activities.models import Provider, Release
from quizzes.models.quiz import Quiz, QuizAssignment
from quizzes.queries.versions import draft_of, history_of, quiz_of_key, version_facts
from quizzes.services import authoring, reviewing
from quizzes.services.loading import load, validate
from tests.factories.modules import make_module, make_release
from tests.factories.people import make_person

FACTS = FolderFacts(
    slug="small",
    anchors=frozenset({"p-one", "p-two"}),
    references=frozenset({"one2020"}),
    objectives=frozenset({"one"}),
    total_points=2,
    pass_points=1,
)


def items(count: int = 2) -> str:
    return "".join(
        dedent(
            f"""
            - key: item-{number}
              topic: one
              objective: one
              tags: [a]
              apart: []
              stem: "Which is number {number}?"
              ordered: false
              choices:
                - {{key: a, text: "A{number}", correct: true, rationale: "Yes."}}
                - {{key: b, text: "B{number}", rationale: "No, b."}}
                - {{key: c, text: "C{number}", rationale: "No, c."}}
                - {{key: d, text: "D{number}", rationale: "No, d."}}
              passages: [p-one]
              references: [one2020]
            """
        ).lstrip()
        for number in range(1, count + 1)
    )


HEAD = """\
quiz: {key: small-quiz, title: "Small quiz", pass_points: 1}
blueprint:
  - {label: "All", topics: [one], draw: 2}
topics:
  - {key: one, label: "One"}
items:
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write(tmp_path / "quiz.yaml")


def write(path: Path, text: str | None = None) -> Path:
    path.write_text(HEAD + indent(items(), "  ") if text is None else text, encoding="utf-8")
    return path


def edit(path: Path, old: str, new: str) -> list[str]:
    text = path.read_text(encoding="utf-8")
    assert old in text
    write(path, text.replace(old, new, 1))
    return validate(path, FACTS)


def test_a_sound_file_has_no_problem(path: Path) -> None:
    assert validate(path, FACTS) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("key: small-quiz", "key: Small Quiz", 1, "“Small Quiz” cannot be a key"),
        ("title: ", "heading: ", 1, "“heading” is not known here"),
        ("pass_points: 1", "pass_points: 2", 1, "the pass mark here is 2, the release's is 1"),
        ("pass_points: 1", "pass_points: many", 1, "“pass_points” must be a whole number"),
        ("draw: 2", "draw: 1", 2, "draws 1 points, but the release promises 2"),
        ("topics: [one]", "topics: [two]", 2, "names the unknown topic “two”"),
        ("topic: one", "topic: two", 8, "item-1: The topic “two” is not one of this quiz."),
        ("objective: one", "objective: two", 9, "no learning objective “two”"),
        ("apart: []", "apart: [item-9]", 11, "kept apart from “item-9”"),
        ("apart: []", "apart: [item-2]", 2, "No set of questions satisfies the blueprint"),
        ('stem: "Which is number 1?"', "stem: 5", 12, "“stem” must be text"),
        ('stem: "Which is number 1?"', 'stem: " "', 12, "item-1: The stem is empty."),
        ("ordered: false", "ordered: perhaps", 13, "“ordered” must be true or false"),
        ("correct: true, ", "", 14, "No choice is marked as the key"),
        ('text: "B1"', 'text: "a1"', 14, "Two choices have the same text."),
        ('rationale: "No, b."', 'rationale: ""', 14, "Choice B has no rationale: say why it is wrong."),
        ('rationale: "No, b."', "why: x", 16, "“why” is not known here"),
        ("key: c,", "key: b,", 14, "Two choices are called “b”."),
        ("key: c,", "key: C!,", 17, "“C!” cannot be a choice's key"),
        ("passages: [p-one]", "passages: [p-gone]", 19, "The article has no passage “p-gone”."),
        ("passages: [p-one]", "passages: [?]", 19, "an entry of “passages” is not a name"),
        ("passages: [p-one]", "passages: p-one", 19, "“passages” must be a list"),
        ("references: [one2020]", "references: []", 20, "item-1: No reference is named."),
        ("key: item-2", "key: item-1", 7, "This name is used by more than one question."),
        ("topics:\n", "themes:\n", 4, "“themes” is not known here"),
    ],
)
def test_every_problem_names_its_line(path: Path, old: str, new: str, line: int, words: str) -> None:
    problems = edit(path, old, new)
    assert any(problem.startswith(f"quiz.yaml: line {line}: ") and words in problem for problem in problems), problems


@pytest.mark.parametrize(
    "text",
    [
        "",
        "quiz: [",
        "- one\n- two\n",
        "quiz: &a {key: b}\nitems: *a\n",
        "quiz: !!python/object:os.system {}\n",
        "\0",
        "5",
    ],
    ids=["empty", "broken", "list", "alias", "tag", "control", "number"],
)
def test_a_file_that_is_no_quiz_is_refused_in_words(tmp_path: Path, text: str) -> None:
    problems = validate(write(tmp_path / "quiz.yaml", text), FACTS)
    assert problems
    assert all(problem.startswith("quiz.yaml") for problem in problems)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert "missing" in validate(tmp_path / "quiz.yaml", FACTS)[0]


class Loads:
    """Loading into a module's release."""

    def __init__(self, session: Session, now: datetime, path: Path) -> None:
        self.session, self.now, self.path = session, now, path
        self.module = make_module(session, now=now)
        from sqlalchemy import delete

        session.execute(delete(QuizAssignment).where(QuizAssignment.release_id == self.module.release_id))

    def load(self, *, changed: bool = True, release_id: int | None = None) -> list[str]:
        module = self.module
        loaded = LoadedRelease(
            module.slug,
            release_id or module.release_id,
            module.activity_id,
            module.article_id,
            module.revision_id,
            changed,
        )
        return load(self.session, self.path, loaded, now=self.now)

    @property
    def quiz_id(self) -> int:
        found = quiz_of_key(self.session, "small-quiz")
        assert found is not None
        return found

    def history(self) -> list[tuple[int, str]]:
        return [(row.number, row.state) for row in history_of(self.session, self.quiz_id)]


@pytest.fixture
def loads(session: Session, now: datetime, path: Path) -> Loads:
    return Loads(session, now, path)


def test_the_first_time_version_one_is_published_and_assigned(loads: Loads) -> None:
    done = loads.load()
    assert done == ["version 1 of the quiz with 2 questions was published.", "the quiz serves the release now."]
    assert loads.history() == [(1, "published")]
    version_id = history_of(loads.session, loads.quiz_id)[0].version_id
    facts = version_facts(loads.session, version_id)
    assert facts is not None
    assert (facts.title, facts.total_points) == ("Small quiz", 2)
    assert [item.lineage for item in facts.items.values()] == ["item-1", "item-2"]
    assert facts.items[next(iter(facts.items))].correct_key == "a"
    assigned = loads.session.scalar(
        select(QuizAssignment.quiz_id).where(QuizAssignment.release_id == loads.module.release_id)
    )
    assert assigned == loads.quiz_id


def test_the_same_file_again_makes_nothing(loads: Loads) -> None:
    loads.load()
    assert loads.load() == ["the quiz file says what version 1 of the quiz says."]
    assert loads.history() == [(1, "published")]


def test_a_changed_file_becomes_a_draft_and_the_published_version_stays(loads: Loads) -> None:
    loads.load()
    assert edit(loads.path, "Which is number 1?", "Which is first?") == []
    assert loads.load() == ["version 2 of the quiz was made as a draft; an editor publishes it at the desk."]
    assert loads.history() == [(2, "draft"), (1, "published")]


def test_a_draft_nobody_touched_gives_way_to_a_newer_file(loads: Loads) -> None:
    loads.load()
    for words in ("first", "foremost"):
        text = loads.path.read_text(encoding="utf-8").replace("number 1", words).replace("first", words)
        write(loads.path, text)
        loads.load()
    assert loads.history() == [(3, "draft"), (2, "discarded"), (1, "published")]


@pytest.mark.parametrize("edited", [True, False], ids=["edited after a load", "opened by an editor"])
def test_an_editors_draft_is_never_written_over(loads: Loads, edited: bool) -> None:
    editor = make_person(loads.session, now=loads.now, roles=("editor",)).id
    loads.load()
    if edited:
        edit(loads.path, "Which is number 2?", "Which is second?")
        loads.load()
    draft = authoring.open_draft(loads.session, loads.quiz_id, editor=editor, now=loads.now)
    facts = version_facts(loads.session, draft)
    assert facts is not None
    question_id, item = next(iter(facts.items.items()))
    if edited:
        authoring.save_question(
            loads.session,
            question_id,
            replace(item, stem="Mine?"),
            edition=1,
            seen=item.fingerprint,
            editor=editor,
            now=loads.now,
        )
    edit(loads.path, "Which is number 1?", "From the file?")
    assert "left aside" in loads.load()[0]
    assert draft_of(loads.session, loads.quiz_id) == draft
    facts = version_facts(loads.session, draft)
    assert facts is not None
    assert facts.items[question_id].stem == ("Mine?" if edited else item.stem)


def test_an_unchanged_file_is_only_assigned_to_a_new_release(loads: Loads) -> None:
    loads.load()
    editor = make_person(loads.session, now=loads.now, roles=("editor",)).id
    draft = authoring.open_draft(loads.session, loads.quiz_id, editor=editor, now=loads.now)
    authoring.publish(loads.session, draft, edition=1, editor=editor, now=loads.now)
    release_id = second_release(loads)
    assert loads.load(changed=False, release_id=release_id) == ["the quiz serves the release now."]
    assert loads.history() == [(2, "published"), (1, "retired")]


def second_release(loads: Loads) -> int:

    first = loads.session.get_one(Release, loads.module.release_id)
    provider = loads.session.get_one(Provider, first.provider_id)
    module = loads.module
    return make_release(loads.session, module.activity_id, module.revision_id, provider, now=loads.now, number=2)


def test_a_public_release_keeps_its_quiz(loads: Loads) -> None:
    loads.load()
    other = Quiz(key="other", title="Other")
    loads.session.add(other)
    loads.session.flush()
    assignment = loads.session.get_one(QuizAssignment, loads.module.release_id)
    assignment.quiz_id = other.id
    loads.session.flush()
    assert "is public and keeps its quiz" in loads.load(changed=False)[0]


def test_where_the_provider_asks_for_approval_the_first_version_waits_for_it(loads: Loads) -> None:
    provider = loads.session.get_one(Release, loads.module.release_id).provider_id
    loads.session.get_one(Provider, provider).approvals = 1
    done = loads.load()
    assert done[0] == "version 1 of the quiz is a draft: its provider wants somebody to approve it first."
    assert loads.history() == [(1, "draft")]
    editor, reviewer = (make_person(loads.session, now=loads.now, roles=(role,)).id for role in ("editor", "reviewer"))
    draft = draft_of(loads.session, loads.quiz_id)
    assert draft is not None
    reviewing.send(loads.session, draft, edition=1, reviewer=None, editor=editor, now=loads.now)
    edit(loads.path, "Which is number 1?", "From the file?")
    assert "left aside" in loads.load()[0]
    reviewing.approve(loads.session, draft, edition=1, reviewer=reviewer, now=loads.now)
    authoring.publish(loads.session, draft, edition=1, editor=editor, now=loads.now)
    assert loads.history() == [(1, "published")]
