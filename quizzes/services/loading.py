"""Taking in quiz.yaml of a library folder: judge it, then write it; never over an editor's work."""

from datetime import datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from quizzes.interchange.folder import QuizFile, read_quiz
from quizzes.models.quiz import Quiz, QuizAssignment, QuizVersion
from quizzes.queries.versions import draft_of, published_version_of, quiz_of_key, quiz_of_release, version_facts
from quizzes.rules.editing import ModuleFacts, difference, obstacles
from quizzes.services.publishing import publish
from quizzes.services.writing import add_draft


class Folder(Protocol):
    """What a library folder holds beside the quiz."""

    @property
    def anchors(self) -> frozenset[str]: ...
    @property
    def references(self) -> frozenset[str]: ...
    @property
    def objectives(self) -> frozenset[str]: ...
    @property
    def total_points(self) -> int: ...
    @property
    def pass_points(self) -> int: ...


class Loaded(Protocol):
    """The release that was loaded or found for the folder."""

    @property
    def release_id(self) -> int: ...


def validate(path: Path, folder: Folder) -> list[str]:
    """Problems of the file as sentences with line numbers; empty means it can be loaded."""
    quiz = read_quiz(path)
    if quiz.document.value is not None:
        module = ModuleFacts(
            total_points=folder.total_points,
            pass_points=folder.pass_points,
            anchors=frozenset(folder.anchors),
            references=frozenset(folder.references),
            objectives=frozenset(folder.objectives),
        )
        for obstacle in obstacles(quiz.blueprint, quiz.topics, quiz.items, modules=[module]):
            quiz.report(obstacle)
        if quiz.pass_points and quiz.pass_points != folder.pass_points:
            quiz.document.report(
                ("quiz", "pass_points"),
                f"the pass mark here is {quiz.pass_points}, the release's is {folder.pass_points}; make them equal.",
            )
    return list(dict.fromkeys(str(problem) for problem in quiz.document.problems))


def load(session: Session, path: Path, context: Loaded, *, now: datetime) -> list[str]:
    """Write the file's quiz and assign it to the release; one sentence per thing done.

    The first time its version is published at once. Later a changed file becomes a draft for an editor to publish; an
    open draft is left alone.
    """
    file = read_quiz(path)
    quiz_id = quiz_of_key(session, file.key)
    if quiz_id is None:
        return _first_time(session, file, context, now)
    done = _assign(session, quiz_id, context.release_id)
    return [*done, *_again(session, quiz_id, file, now)]


def _first_time(session: Session, file: QuizFile, context: Loaded, now: datetime) -> list[str]:
    quiz_id = session.execute(insert(Quiz).values(key=file.key, title=file.title).returning(Quiz.id)).scalar_one()
    version_id = _draft(session, quiz_id, 1, file, now)
    done = _assign(session, quiz_id, context.release_id)
    publish(session, version_id, edition=1, editor=None, now=now)
    return [f"Quiz “{file.title}”: version 1 with {len(file.items)} questions published.", *done]


def _again(session: Session, quiz_id: int, file: QuizFile, now: datetime) -> list[str]:
    name = f"Quiz “{file.title}”"
    newest = draft_of(session, quiz_id) or published_version_of(session, quiz_id)
    if newest is not None:
        facts = version_facts(session, newest)
        assert facts is not None
        changed = difference(list(facts.items.values()), file.items, blueprints=(facts.blueprint, file.blueprint))
        if changed.is_empty and facts.topics == file.topics:
            return [f"{name}: the file says what version {facts.number} says; nothing to do."]
        if facts.is_draft:
            sentence = f"{name}: a draft (version {facts.number}) is open, so the changed file was not taken in."
            return [f"{sentence} Publish or discard the draft, change the file, and load it again."]
    number = session.execute(
        select(func.coalesce(func.max(QuizVersion.number), 0)).where(QuizVersion.quiz_id == quiz_id)
    ).scalar_one()
    _draft(session, quiz_id, number + 1, file, now)
    return [f"{name}: version {number + 1} made as a draft; an editor publishes it at the desk."]


def _draft(session: Session, quiz_id: int, number: int, file: QuizFile, now: datetime) -> int:
    return add_draft(
        session,
        quiz_id,
        number,
        blueprint=file.blueprint,
        topics=file.topics,
        items=file.items,
        editor=None,
        now=now,
    )


def _assign(session: Session, quiz_id: int, release_id: int) -> list[str]:
    present = quiz_of_release(session, release_id)
    if present is None:
        session.execute(insert(QuizAssignment).values(release_id=release_id, quiz_id=quiz_id))
        return ["The quiz serves the release now."]
    if present != quiz_id:
        session.execute(
            update(QuizAssignment)
            .where(QuizAssignment.release_id == release_id)
            .values(quiz_id=quiz_id)
            .execution_options(synchronize_session=False)
        )
        return ["The release has another quiz now."]
    return []
