"""The bank: what every quiz has now, which questions are held, and what changed in a draft since it was last read."""

from collections import defaultdict
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from quizzes.models.draft_change import BEFORE_QUESTIONS, DRAFT_CHANGES
from quizzes.models.hold import HOLDS
from quizzes.models.quiz import QuizVersion
from quizzes.models.review import DraftReview
from quizzes.queries.versions import version_heads
from quizzes.rules.item import QuizVersionFacts
from quizzes.rules.undoing import Step

MOST_TOUCHED = 500
"""From so many changed questions on, reading the whole draft is cheaper."""


def current_heads(session: Session) -> list[QuizVersionFacts]:
    """Of every quiz its draft, else its published version, without items; by title."""
    found: dict[int, QuizVersionFacts] = {}
    for head in version_heads(session, ("draft", "published")):
        known = found.get(head.quiz_id)
        if known is None or head.is_draft:
            found[head.quiz_id] = head
    return sorted(found.values(), key=lambda head: (head.title.casefold(), head.quiz_id))


def held_causes(session: Session) -> dict[tuple[int, str], frozenset[str]]:
    """Why questions are held, by quiz and lineage: the causes of all open holds."""
    found: dict[tuple[int, str], set[str]] = defaultdict(set)
    rows = session.execute(select(HOLDS.c.quiz_id, HOLDS.c.lineage, HOLDS.c.cause).where(HOLDS.c.released_at.is_(None)))
    for quiz_id, lineage, cause in rows:
        found[quiz_id, lineage].add(cause)
    return {key: frozenset(causes) for key, causes in found.items()}


def versions_in_review(session: Session) -> frozenset[int]:
    """Drafts that lie with reviewers as they are now."""
    later = aliased(DraftReview)
    newest = select(func.max(later.number)).where(later.version_id == DraftReview.version_id).scalar_subquery()
    rows = session.scalars(
        select(QuizVersion.id)
        .join(DraftReview, DraftReview.version_id == QuizVersion.id)
        .where(
            QuizVersion.state == "draft",
            DraftReview.number == newest,
            DraftReview.act == "sent",
            DraftReview.edition == QuizVersion.edition,
        )
    )
    return frozenset(rows)


def changed_lineages(session: Session, version_id: int, since: int, until: int) -> frozenset[str] | None:
    """Questions that the changes between two editions of a draft touched; None when that is not known or too many."""
    rows: Any = session.execute(
        select(DRAFT_CHANGES.c.edition, DRAFT_CHANGES.c.step, BEFORE_QUESTIONS.c.lineage)
        .join(BEFORE_QUESTIONS, BEFORE_QUESTIONS.c.change_id == DRAFT_CHANGES.c.id, isouter=True)
        .where(DRAFT_CHANGES.c.version_id == version_id, DRAFT_CHANGES.c.edition > since)
        .limit(MOST_TOUCHED + 1)
    ).all()
    told = {row[0] for row in rows}
    if len(rows) > MOST_TOUCHED or not set(range(since + 1, until + 1)) <= told:
        return None
    if any(row[1] == Step.SEALED.value for row in rows):
        return None
    return frozenset(row[2] for row in rows if row[2] is not None)
