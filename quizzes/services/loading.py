"""Taking in quiz.yaml of a library folder: judge it, then write it; never over an editor's work."""

from datetime import datetime
from pathlib import Path

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from cme.activities.facts import FolderFacts, LoadedRelease
from cme.activities.models import Release
from quizzes.interchange.folder import QuizFile, read_quiz
from quizzes.models.quiz import Quiz, QuizAssignment, QuizVersion
from quizzes.queries.reviews import acts_of, approvals_needed
from quizzes.queries.versions import quiz_of_key, quiz_of_release, version_facts
from quizzes.rules.editing import ModuleFacts, difference, obstacles
from quizzes.services.publishing import discard_draft, publish
from quizzes.services.writing import add_draft


def validate(path: Path, folder: FolderFacts) -> list[str]:
    """Problems of the file as sentences with line numbers; empty means it can be loaded."""
    quiz = read_quiz(path)
    if quiz.document.value is not None:
        module = ModuleFacts(
            total_points=folder.total_points,
            pass_points=folder.pass_points,
            anchors=folder.anchors,
            references=folder.references,
            objectives=folder.objectives,
        )
        # A library folder brings no pictures of its quiz along: they are added at the desk, or come with an import.
        found = obstacles(quiz.blueprint, quiz.topics, quiz.items, modules=[module], vignettes=quiz.vignettes, media={})
        for obstacle in found:
            quiz.report(obstacle)
        if quiz.pass_points and quiz.pass_points != folder.pass_points:
            quiz.document.report(
                ("quiz", "pass_points"),
                f"the pass mark here is {quiz.pass_points}, the release's is {folder.pass_points}; make them equal.",
            )
    return list(dict.fromkeys(str(problem) for problem in quiz.document.problems))


def load(session: Session, path: Path, loaded: LoadedRelease, *, now: datetime) -> list[str]:
    """Write the file's quiz and assign it to the release; one sentence per thing done.

    The first time its version is published at once. Later a changed file becomes a draft for an editor to publish; a
    draft that somebody has worked on is left alone.
    """
    file = read_quiz(path)
    quiz_id = quiz_of_key(session, file.key)
    if quiz_id is None:
        return _first_time(session, file, loaded, now)
    done = _assign(session, quiz_id, loaded.release_id)
    return [*done, *_again(session, quiz_id, file, now)] if loaded.changed else done


def _first_time(session: Session, file: QuizFile, loaded: LoadedRelease, now: datetime) -> list[str]:
    quiz_id = session.execute(insert(Quiz).values(key=file.key, title=file.title).returning(Quiz.id)).scalar_one()
    version_id = _draft(session, quiz_id, 1, file, now)
    done = _assign(session, quiz_id, loaded.release_id)
    needed = approvals_needed(session, quiz_id)
    if needed:
        people = "somebody" if needed == 1 else f"{needed} people"
        sentence = f"version 1 of the quiz is a draft: its provider wants {people} to approve it first."
        return [sentence, *done]
    publish(session, version_id, edition=1, editor=None, now=now)
    return [f"version 1 of the quiz with {len(file.items)} questions was published.", *done]


def _again(session: Session, quiz_id: int, file: QuizFile, now: datetime) -> list[str]:
    rows = session.execute(
        select(QuizVersion.id, QuizVersion.number, QuizVersion.state, QuizVersion.edition, QuizVersion.created_by)
        .where(QuizVersion.quiz_id == quiz_id)
        .order_by(QuizVersion.number)
        .with_for_update()
    ).all()
    newest = next((row for state in ("draft", "published") for row in rows if row.state == state), None)
    if newest is not None and _says_the_same(session, newest.id, file):
        return [f"the quiz file says what version {newest.number} of the quiz says."]
    if newest is not None and newest.state == "draft":
        worked_on = newest.created_by is not None or newest.edition > 1 or acts_of(session, newest.id)
        if worked_on:
            draft = f"version {newest.number} of the quiz"
            return [f"{draft} is a draft that an editor works on, so the changed file was left aside."]
        discard_draft(session, newest.id, edition=newest.edition, editor=None, now=now)
    number = rows[-1].number + 1 if rows else 1
    _draft(session, quiz_id, number, file, now)
    return [f"version {number} of the quiz was made as a draft; an editor publishes it at the desk."]


def _says_the_same(session: Session, version_id: int, file: QuizFile) -> bool:
    facts = version_facts(session, version_id)
    assert facts is not None  # its row is locked
    changed = difference(
        list(facts.items.values()),
        file.items,
        blueprints=(facts.blueprint, file.blueprint),
        deliveries=(facts.delivery, file.delivery),
        vignettes=(facts.vignettes, file.vignettes),
    )
    return changed.is_empty and facts.topics == file.topics


def _draft(session: Session, quiz_id: int, number: int, file: QuizFile, now: datetime) -> int:
    return add_draft(
        session,
        quiz_id,
        number,
        blueprint=file.blueprint,
        topics=file.topics,
        items=file.items,
        delivery=file.delivery,
        vignettes=file.vignettes,
        editor=None,
        now=now,
    )


def _assign(session: Session, quiz_id: int, release_id: int) -> list[str]:
    present = quiz_of_release(session, release_id)
    if present == quiz_id:
        return []
    if present is None:
        session.execute(insert(QuizAssignment).values(release_id=release_id, quiz_id=quiz_id))
        return ["the quiz serves the release now."]
    release = session.get_one(Release, release_id)
    if release.state != "draft":
        return [f"release {release.number} is public and keeps its quiz; the next release takes the new one."]
    assignment = update(QuizAssignment).where(QuizAssignment.release_id == release_id)
    session.execute(assignment.values(quiz_id=quiz_id).execution_options(synchronize_session=False))
    return ["the release has another quiz now."]
