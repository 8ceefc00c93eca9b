"""`flask quizzes …`: what each command prints and how it ends."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from cme.activities.library.loading import load_folder
from cme.activities.library.validating import validate_folder
from cme.store.database import db
from cme.store.session import transaction
from quizzes.models.attempt import Attempt
from quizzes.models.correction import KeyCorrection
from quizzes.models.quiz import Quiz
from quizzes.queries.versions import draft_of, quiz_of_key, version_facts
from quizzes.rules.delivery import DeliveryRules, Review
from tests.conftest import NOW
from tests.factories.crowd import make_crowd
from tests.factories.items import make_module_of_kinds
from tests.factories.modules import Module, make_module
from tests.factories.people import make_person

SHIPPED = "sleep-related-leg-cramps"
FOLDER = Path("cme/library").resolve() / SHIPPED


def run(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["quizzes", *arguments])


@pytest.fixture
def shipped(web_app: Flask, tmp_path: Path) -> Flask:
    """The shipped module, loaded."""
    folder = tmp_path / SHIPPED
    shutil.copytree(FOLDER, folder)
    house = web_app.extensions["house"]
    with web_app.app_context(), transaction() as session:
        load_folder(session, validate_folder(folder, house.loaders), house.loaders, house.obstacles, now=NOW)
        make_person(session, now=NOW, email="editor@example.org")
    return web_app


@pytest.fixture
def key(web_app: Flask) -> str:
    """A quiz with a crowd."""
    with web_app.app_context(), transaction() as session:
        module: Module = make_module(session, now=NOW, questions=5, pass_points=4)
        make_crowd(session, module, people=60, pass_points=4, now=NOW)
        return session.scalars(select(Quiz.key).where(Quiz.id == module.quiz_id)).one()


def test_a_check_notes_what_feedback_during_the_attempt_means_and_blocks_nothing(web_app: Flask) -> None:
    with web_app.app_context(), transaction() as session:
        rules = DeliveryRules(during=Review(True, False, True))
        module = make_module_of_kinds(session, now=NOW, delivery=rules)
        quiz = session.scalars(select(Quiz.key).where(Quiz.id == module.quiz_id)).one()
    checked = run(web_app, "check", quiz)
    assert checked.exit_code == 0, checked.output
    assert "note: checked_answers_are_final: Learners may check each answer" in checked.output
    assert "note: keys_during_unlimited_attempts: Right answers or reasons are shown" in checked.output


def test_the_shipped_bank_is_listed_sound_and_publishable(shipped: Flask) -> None:
    assert f"{SHIPPED}\tv1\t-\t68\t" in run(shipped, "list").output
    checked = run(shipped, "check", SHIPPED)
    assert (checked.exit_code, checked.output) == (0, "Nothing stands in the way of publishing.\n")
    linted = run(shipped, "lint", SHIPPED)
    assert linted.exit_code == 0
    assert "68 questions, 0 notes to mend" in linted.output
    strict = run(shipped, "lint", SHIPPED, "--strict")
    assert strict.exit_code == 1
    assert "to mend: " in strict.output


def test_an_unknown_quiz_or_version_is_refused(shipped: Flask) -> None:
    for arguments in (("lint", "nothing"), ("check", SHIPPED, "--version", "9"), ("health", "nothing")):
        done = run(shipped, *arguments)
        assert done.exit_code == 1
        assert "no" in done.output
    assert run(shipped, "nothing").exit_code == 2


@pytest.mark.parametrize(("name", "file"), [("yaml", "bank.yaml"), ("qti3", "bank.zip"), ("moodle", "bank.xml")])
def test_an_exported_bank_comes_back_without_a_change(shipped: Flask, tmp_path: Path, name: str, file: str) -> None:
    path = tmp_path / file
    exported = run(shipped, "export", SHIPPED, "--format", name, "-o", str(path))
    assert exported.exit_code == 0, exported.output
    assert path.stat().st_size > 10_000
    reported = run(shipped, "import", SHIPPED, str(path))
    assert reported.exit_code == 0
    assert "68 questions read, 0 with a loss, 0 refused." in reported.output
    taken = run(shipped, "import", SHIPPED, str(path), "--into-draft", "--by", "Editor@example.org")
    assert "0 added, 0 changed, 68 as they were." in taken.output


def test_a_gift_file_becomes_a_draft_and_twice_makes_no_doubles(shipped: Flask, tmp_path: Path) -> None:
    path = tmp_path / "new.gift"
    path.write_text("::Cramp relief:: What ends a cramp at once? {=Stretching ~Ice ~Tea ~Sleep}\n", encoding="utf-8")
    assert "Name an account" in run(shipped, "import", SHIPPED, str(path), "--into-draft").output
    for added, same in ((1, 0), (0, 1)):
        taken = run(shipped, "import", SHIPPED, str(path), "--into-draft", "--by", "editor@example.org")
        assert f"{added} added, 0 changed, {same} as they were." in taken.output
    checked = run(shipped, "check", SHIPPED)
    assert checked.exit_code == 1
    assert "No reference is named." in checked.output
    with shipped.app_context():
        quiz_id = quiz_of_key(db.session(), SHIPPED)
        assert quiz_id is not None
        draft = draft_of(db.session(), quiz_id)
        assert draft is not None
        facts = version_facts(db.session(), draft)
        assert facts is not None
        assert len(facts.items) == 69


def test_a_broken_file_is_refused_and_changes_nothing(shipped: Flask, tmp_path: Path) -> None:
    path = tmp_path / "broken.xml"
    path.write_bytes(b"<quiz><question>")
    done = run(shipped, "import", SHIPPED, str(path), "--into-draft", "--by", "editor@example.org")
    assert done.exit_code == 1
    with shipped.app_context():
        quiz_id = quiz_of_key(db.session(), SHIPPED)
        assert quiz_id is not None
        assert draft_of(db.session(), quiz_id) is None


def test_a_dry_run_counts_and_writes_nothing(web_app: Flask, key: str) -> None:
    with web_app.app_context():
        before = db.session().execute(select(Attempt.id, Attempt.passed)).all()
        db.session().close()
    done = run(web_app, "correct-key", key, "item-1", "--to", "b", "--dry-run")
    assert done.exit_code == 0
    assert "attempts: 60" in done.output
    with web_app.app_context():
        assert db.session().execute(select(Attempt.id, Attempt.passed)).all() == before
        assert db.session().scalars(select(KeyCorrection)).all() == []


def test_a_correction_needs_a_reason_and_one_way(web_app: Flask, key: str) -> None:
    assert run(web_app, "correct-key", key, "item-1", "--to", "b", "--drop").exit_code == 2
    assert run(web_app, "correct-key", key, "item-1", "--to", "a", "--dry-run").exit_code == 1
    assert "Say why" in run(web_app, "correct-key", key, "item-1", "--to", "b").output
    done = run(web_app, "correct-key", key, "item-1", "--accept", "a, b", "--reason", "Both stand in the guideline.")
    assert done.exit_code == 0
    with web_app.app_context():
        (made,) = db.session().scalars(select(KeyCorrection))
        assert (made.treatment, made.keys) == ("accept", ["a", "b"])


def test_health_prints_figures_and_ends_with_one_when_a_key_may_be_wrong(web_app: Flask, key: str) -> None:
    with web_app.app_context():
        quiz_id = quiz_of_key(db.session(), key)
        db.session().close()
        web_app.extensions["house"].jobs["quizzes.statistics"](quiz_id=quiz_id)
    done = run(web_app, "health", key)
    assert "item-1\tn=60\tright=" in done.output
    told = run(web_app, "health", key, "--json")
    found = json.loads(told.output)
    assert found["attempts"] == 60
    assert told.exit_code == int(any(one["alarms"] for one in found["questions"]))
