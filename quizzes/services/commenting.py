"""Comments on a draft in review: on the whole, on one question, in answer to another; and that one is dealt with."""

from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from cme.audit.tags import Event
from cme.kernel.refusal import Invalid, NotFound, Refused
from cme.kernel.text import clean_block
from quizzes.models.quiz import Question
from quizzes.models.review import COMMENTS, SETTLED, ReviewComment
from quizzes.queries.reviews import acts_of
from quizzes.rules.reviewing import MOST_WORDS
from quizzes.services.drafts import Draft, lock, record


def comment(session: Session, version_id: int, lineage: str | None, words: str, *, by: int, now: datetime) -> int:
    """Say something about the draft, or about one question of it; gives the comment's number.

    Refuses: Invalid for nothing said or too much; NotFound for a question the draft does not have; a draft that was
    never sent to review, or is none any more.
    """
    words = _judged(words)
    draft = lock(session, version_id)
    if not acts_of(session, version_id):
        raise Refused("not_in_review", "This draft was not sent to review yet.")
    if lineage is not None:
        known = select(Question.id).where(Question.version_id == version_id, Question.lineage == lineage)
        if session.execute(known).one_or_none() is None:
            raise NotFound
    return _add(session, draft, lineage, None, words, by, now)


def answer(session: Session, comment_id: int, words: str, *, by: int, now: datetime) -> int:
    """Answer a comment; gives the version. Refuses as `comment` does."""
    words = _judged(words)
    draft, first = _comment(session, comment_id)
    _add(session, draft, first.lineage, first.answers or comment_id, words, by, now)
    return draft.version_id


def settle(session: Session, comment_id: int, *, by: int, now: datetime) -> int:
    """A comment is dealt with; twice is once. Gives the version. Refuses: NotFound; a version that is no draft."""
    draft, first = _comment(session, comment_id)
    if first.answers is not None:
        raise NotFound
    insert_into = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    made = session.execute(
        insert_into(SETTLED)
        .values(comment_id=comment_id, person_id=by, at=now)
        .on_conflict_do_nothing()
        .returning(SETTLED.c.comment_id)
    ).scalar_one_or_none()
    if made is not None:
        record(session, Event.QUIZ_COMMENT_SETTLED, draft, {"comment": comment_id}, editor=by, now=now)
    return draft.version_id


def _comment(session: Session, comment_id: int) -> tuple[Draft, ReviewComment]:
    found = session.get(ReviewComment, comment_id)
    if found is None:
        raise NotFound
    return lock(session, found.version_id), found


def _add(
    session: Session, draft: Draft, lineage: str | None, answers: int | None, words: str, by: int, now: datetime
) -> int:
    number: int = session.execute(
        insert(COMMENTS)
        .values(
            version_id=draft.version_id,
            edition=draft.edition,
            lineage=lineage,
            answers=answers,
            person_id=by,
            words=words,
            at=now,
        )
        .returning(COMMENTS.c.id)
    ).scalar_one()
    details: dict[str, object] = {"comment": number, "edition": draft.edition, "question": lineage}
    record(session, Event.QUIZ_COMMENTED, draft, details, editor=by, now=now)
    return number


def _judged(words: str) -> str:
    cleaned = clean_block(words)
    sentence = ""
    if not cleaned:
        sentence = "Write something first."
    elif len(cleaned) > MOST_WORDS:
        sentence = f"This is longer than {MOST_WORDS} characters."
    if sentence:
        raise Invalid("comment_invalid", sentence, {"words": [sentence]})
    return cleaned
