"""Authoring: open a draft of a quiz and change its questions. Published versions are never touched."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from cme.audit import service as audit
from cme.audit.tags import Event
from cme.kernel.refusal import Conflict, Invalid, NotFound, Refused
from quizzes.models.quiz import Question, QuizVersion
from quizzes.queries.versions import draft_of, items_of, next_position, places_of, published_version_of
from quizzes.rules.editing import changed_places, changes_of
from quizzes.rules.item import Item
from quizzes.rules.limits import storage_problems
from quizzes.services.drafts import Draft, lock, note_change, same_edition
from quizzes.services.publishing import discard_draft, publish
from quizzes.services.remembering import remember
from quizzes.services.writing import add_items, place_items, remove_item, replace_item

__all__ = [
    "EditConflict",
    "add_question",
    "discard_draft",
    "move_question",
    "open_draft",
    "publish",
    "remove_question",
    "save_question",
]


class EditConflict(Conflict):
    """Somebody else saved the same question meanwhile: both texts, and the edition to save against now."""

    def __init__(self, yours: Item, theirs: Item, edition: int) -> None:
        super().__init__(
            "question_changed",
            "Somebody else saved this question while you were editing it. Both texts are kept below; choose one.",
        )
        self.yours = yours
        self.theirs = theirs
        self.edition = edition


def open_draft(session: Session, quiz_id: int, *, editor: int, now: datetime) -> int:
    """The quiz's draft: the one that is open, else a copy of the published version. Two at once get the same one."""
    found = draft_of(session, quiz_id)
    if found is not None:
        return found
    published = published_version_of(session, quiz_id)
    if published is None:
        raise NotFound
    version_id = _copy_version(session, quiz_id, published, editor, now)
    if version_id is None:  # another editor's copy was faster
        found = draft_of(session, quiz_id)
        if found is None:
            raise Refused("busy", "The draft was opened and closed by somebody else just now. Please try again.")
        return found
    audit.record(
        session,
        Event.QUIZ_DRAFT_OPENED,
        now=now,
        person_id=editor,
        subject="quiz",
        subject_id=quiz_id,
        details={"version": version_id, "copied": published},
    )
    return version_id


def save_question(
    session: Session, question_id: int, item: Item, *, edition: int, seen: str, editor: int, now: datetime
) -> int:
    """Write the item over the draft's question; gives the draft's new edition. The lineage stays.

    `edition` and `seen` (the fingerprint of the text that was edited) say what the editor started from. Refuses:
    EditConflict when the draft moved on and this question with it; Invalid for what cannot be kept; a version that is
    no draft.
    """
    draft, current = _question(session, question_id)
    item = replace(item, lineage=current.lineage)
    problems = storage_problems(item)
    if problems:
        raise Invalid("question_invalid", "The question could not be saved. See the fields marked below.", problems)
    if draft.edition != edition and current.fingerprint != seen:
        raise EditConflict(item, current, draft.edition)
    parts = changes_of(current, item)
    if not parts:
        return draft.edition
    before = remember(session, draft.version_id, questions=[question_id])
    replace_item(session, question_id, item)
    what: dict[str, object] = {"question": item.lineage, "parts": list(parts)}
    return note_change(session, draft, editor, what, before=before, now=now)


def add_question(session: Session, version_id: int, item: Item, *, editor: int, now: datetime) -> int:
    """Append a question to a draft; gives its number. Refuses: a name that the draft has already."""
    draft = lock(session, version_id)
    problems = storage_problems(item)
    if problems:
        raise Invalid("question_invalid", "The question could not be added. See the fields marked below.", problems)
    items = items_of(session, version_id)
    if any(one.lineage == item.lineage for one in items.values()):
        sentence = "This quiz has a question of that name already."
        raise Invalid("name_taken", sentence, {"lineage": [sentence]})
    place = next_position(session, version_id)
    before = remember(session, version_id, added=[item.lineage])
    question_id = add_items(session, version_id, [item], first_position=place)[item.lineage]
    note_change(session, draft, editor, {"added": item.lineage}, before=before, now=now)
    return question_id


def remove_question(session: Session, question_id: int, *, edition: int, editor: int, now: datetime) -> int:
    """Take a question out of a draft; gives the version. Refuses: Conflict when the draft moved on."""
    draft, item = _question(session, question_id)
    same_edition(draft, edition)
    before = remember(session, draft.version_id, questions=[question_id])
    remove_item(session, question_id)
    note_change(session, draft, editor, {"removed": item.lineage}, before=before, now=now)
    return draft.version_id


def move_question(session: Session, question_id: int, *, up: bool, editor: int, now: datetime) -> int:
    """Let a question change places with the one before or after it; gives the version. At the end nothing happens."""
    draft, item = _question(session, question_id)
    places = places_of(session, draft.version_id)
    order = list(places)
    place = order.index(question_id)
    other = place - 1 if up else place + 1
    if 0 <= other < len(order):
        order[place], order[other] = order[other], order[place]
        wanted = changed_places(places, order)
        before = remember(session, draft.version_id, moved=wanted)
        place_items(session, wanted)
        note_change(session, draft, editor, {"moved": item.lineage}, before=before, now=now)
    return draft.version_id


def _copy_version(session: Session, quiz_id: int, source: int, editor: int, now: datetime) -> int | None:
    insert_into = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    number = session.execute(select(func.max(QuizVersion.number)).where(QuizVersion.quiz_id == quiz_id)).scalar_one()
    original = session.execute(
        select(QuizVersion.blueprint, QuizVersion.topics, QuizVersion.delivery, QuizVersion.vignettes).where(
            QuizVersion.id == source
        )
    ).one()
    version_id = session.execute(
        insert_into(QuizVersion)
        .values(
            quiz_id=quiz_id,
            number=number + 1,
            state="draft",
            edition=1,
            blueprint=original[0],
            topics=original[1],
            delivery=original[2],
            vignettes=original[3],
            created_at=now,
            created_by=editor,
        )
        .on_conflict_do_nothing()
        .returning(QuizVersion.id)
    ).scalar_one_or_none()
    if version_id is not None:
        add_items(session, version_id, list(items_of(session, source).values()))
    return version_id


def _question(session: Session, question_id: int) -> tuple[Draft, Item]:
    """The draft, locked, and the question as it is now. Refuses: NotFound, a version that is no draft."""
    version_id = session.execute(select(Question.version_id).where(Question.id == question_id)).scalar_one_or_none()
    if version_id is None:
        raise NotFound
    draft = lock(session, version_id)
    item = items_of(session, version_id).get(question_id)
    if item is None:  # taken out while we waited for the lock
        raise NotFound
    return draft, item
