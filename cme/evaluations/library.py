"""evaluation.yaml of a library folder: judging it, and making it the form of a release."""

from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cme.activities.facts import FolderFacts, LoadedRelease
from cme.activities.library.checks import Checks, report_twice
from cme.activities.library.reading import Document, Problem, read_yaml
from cme.activities.models import Release
from cme.evaluations.models import EvaluationAssignment, EvaluationForm
from cme.evaluations.queries import form_of
from cme.evaluations.rules import KINDS, LONGEST_TEXT, MEASURES, form_problems, questions_of

QUESTION_KEYS = {"key", "kind", "text", "required", "measures", "options", "max_length"}


def validate_evaluation(path: Path, _facts: FolderFacts) -> list[str]:
    """What is wrong with the file, each sentence with its line; empty when it can be loaded."""
    document, _title, questions = _read(path)
    if not document.problems:
        document.problems += [
            Problem(document.file, "", sentence) for sentence in form_problems(questions_of(questions))
        ]
    return [str(problem) for problem in document.problems]


def load_evaluation(session: Session, path: Path, loaded: LoadedRelease, *, now: datetime) -> list[str]:
    """Keep the form as a new version if it changed, and give it to the release unless that is public already."""
    _document, title, questions = _read(path)
    done: list[str] = []
    newest = session.scalars(
        select(EvaluationForm).where(EvaluationForm.key == loaded.slug).order_by(EvaluationForm.version.desc()).limit(1)
    ).one_or_none()
    form = newest
    if form is None or form.title != title or form.questions != questions:
        version = newest.version + 1 if newest is not None else 1
        form = EvaluationForm(key=loaded.slug, version=version, title=title, questions=questions, created_at=now)
        session.add(form)
        session.flush()
        done.append(f"version {version} of the evaluation form was made.")
    return [*done, *_assign(session, form, loaded.release_id)]


def evaluation_obstacles(session: Session, release_id: int) -> list[str]:
    """Why the release cannot be published as far as its evaluation is concerned."""
    form = form_of(session, release_id)
    if form is None:
        return ["The release has no evaluation form; it needs one with an outcome question."]
    return form_problems(form.questions)


def _assign(session: Session, form: EvaluationForm, release_id: int) -> list[str]:
    release = session.get_one(Release, release_id)
    assignment = session.get(EvaluationAssignment, release_id)
    if assignment is None:
        session.add(EvaluationAssignment(release_id=release_id, form_id=form.id))
        session.flush()
        return [f"release {release.number} asks version {form.version} of the evaluation form."]
    if assignment.form_id == form.id:
        return []
    if release.state != "draft":
        return [f"release {release.number} is public and keeps its form; the next release takes the new one."]
    assignment.form_id = form.id
    session.flush()
    return [f"release {release.number} asks version {form.version} of the evaluation form."]


def _read(path: Path) -> tuple[Document, str, list[dict[str, Any]]]:
    document = read_yaml(path)
    if document.value is None:
        return document, "", []
    top = Checks(document, document.value, (), {"title", "questions"})
    seen: dict[str, str] = {}
    questions: list[dict[str, Any]] = []
    title = top.text("title", 200)
    for checks in top.each("questions", QUESTION_KEYS):
        report_twice(checks, "key", seen)
        questions.append(_question(checks))
    return document, title, questions


def _question(checks: Checks) -> dict[str, Any]:
    kind = checks.one_of("kind", KINDS)
    question: dict[str, Any] = {
        "key": checks.slug("key", 60),
        "kind": kind,
        "text": checks.text("text", 400),
        "required": checks.truth("required"),
        "measures": checks.one_of("measures", MEASURES),
    }
    if kind == "text":
        question["max_length"] = checks.number("max_length", 1, LONGEST_TEXT)
        if "options" in checks.value:
            checks.report("options", "a text question takes no options; remove them.")
        return question
    seen: dict[str, str] = {}
    question["options"] = []
    for option in checks.each("options", {"key", "text"}):
        report_twice(option, "key", seen)
        question["options"].append({"key": option.slug("key", 40), "text": option.text("text", 300)})
    return question
