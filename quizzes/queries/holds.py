"""What is held, what an item was proved by, and what the article says now."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from cme.activities.models import Activity, MinorRevision, Release
from cme.articles.models import Passage
from quizzes.models.hold import HOLDS, PROOFS, ItemHold
from quizzes.models.quiz import Question, Quiz, QuizAssignment, QuizVersion
from quizzes.rules.staleness import Proof
from quizzes.rules.word_difference import Stretch, difference_in_words

_HELD = select(HOLDS.c.lineage).where(
    HOLDS.c.quiz_id == bindparam("quiz"), HOLDS.c.released_at.is_(None), HOLDS.c.still_drawn.is_(False)
)


@dataclass(frozen=True, slots=True)
class HoldLine:
    """One hold with the question that it keeps back."""

    hold_id: int
    quiz_id: int
    quiz_title: str
    lineage: str
    cause: str
    details: dict[str, Any]
    opened_at: datetime
    released_at: datetime | None
    outcome: str | None
    question_id: int | None
    """The question in the published version."""


@dataclass(frozen=True, slots=True)
class PassagePair:
    """A passage as it read and as it reads; None where it is gone."""

    anchor: str
    what: str
    before: str | None
    after: str | None

    @property
    def in_words(self) -> tuple[tuple[Stretch, ...], tuple[Stretch, ...]]:
        """Old and new text with the words that went and came; of a passage that is gone, all went."""
        return difference_in_words(self.before or "", self.after or "")


def held_lineages(session: Session, quiz_id: int) -> frozenset[str]:
    """Items of the quiz that a new attempt for credit must not draw."""
    return frozenset(session.execute(_HELD, {"quiz": quiz_id}).scalars())


def holds(session: Session, quiz_id: int | None = None, *, released: bool = False) -> list[HoldLine]:
    """Holds that stand (or stood), the oldest first, in one statement."""
    published = (
        select(Question.id)
        .join(QuizVersion, QuizVersion.id == Question.version_id)
        .where(
            QuizVersion.quiz_id == ItemHold.quiz_id,
            QuizVersion.state == "published",
            Question.lineage == ItemHold.lineage,
        )
        .correlate(ItemHold)
        .scalar_subquery()
    )
    wanted = (
        select(
            ItemHold.id,
            ItemHold.quiz_id,
            Quiz.title,
            ItemHold.lineage,
            ItemHold.cause,
            ItemHold.details,
            ItemHold.opened_at,
            ItemHold.released_at,
            ItemHold.outcome,
            published,
        )
        .join(Quiz, Quiz.id == ItemHold.quiz_id)
        .where(ItemHold.released_at.is_not(None) if released else ItemHold.released_at.is_(None))
        .order_by(ItemHold.opened_at, ItemHold.id)
        .limit(500)
    )
    if quiz_id is not None:
        wanted = wanted.where(ItemHold.quiz_id == quiz_id)
    rows: Any = session.execute(wanted)
    return [HoldLine(*row) for row in rows]


def hold_of(session: Session, hold_id: int) -> HoldLine | None:
    """One hold that stands."""
    quiz_id = session.execute(select(ItemHold.quiz_id).where(ItemHold.id == hold_id)).scalar_one_or_none()
    if quiz_id is None:
        return None
    return next((one for one in holds(session, quiz_id) if one.hold_id == hold_id), None)


def passage_pairs(session: Session, line: HoldLine) -> list[PassagePair]:
    """The passages of a hold, old text and new text."""
    return pairs_of(session, [line])[line.hold_id]


def pairs_of(session: Session, lines: Collection[HoldLine]) -> dict[int, list[PassagePair]]:
    """The same for many holds, in one statement."""
    moved = [one for line in lines for one in line.details.get("passages", [])]
    revisions = {one[side] for one in moved for side in ("before", "after")}
    texts: dict[tuple[int, str], str] = {}
    if moved:
        rows: Any = session.execute(
            select(Passage.revision_id, Passage.anchor, Passage.text).where(
                Passage.revision_id.in_(revisions), Passage.anchor.in_({one["anchor"] for one in moved})
            )
        )
        texts = {(row[0], row[1]): row[2] for row in rows}
    return {
        line.hold_id: [
            PassagePair(
                one["anchor"],
                one["what"],
                texts.get((one["before"], one["anchor"])),
                texts.get((one["after"], one["anchor"])),
            )
            for one in line.details.get("passages", [])
        ]
        for line in lines
    }


def proofs_of(session: Session, quiz_id: int, article_id: int) -> list[Proof]:
    """What the items of a quiz were vouched for, in one article."""
    rows: Any = session.execute(
        select(PROOFS.c.lineage, PROOFS.c.anchor, PROOFS.c.fingerprint, PROOFS.c.revision_id).where(
            PROOFS.c.quiz_id == quiz_id, PROOFS.c.article_id == article_id
        )
    )
    return [Proof(*row) for row in rows]


def fingerprints_of(session: Session, revision_id: int) -> dict[str, str]:
    """Every passage of a revision by its anchor."""
    rows: Any = session.execute(select(Passage.anchor, Passage.fingerprint).where(Passage.revision_id == revision_id))
    return {row[0]: row[1] for row in rows}


def articles_of_quiz(session: Session, quiz_id: int) -> dict[int, int]:
    """The articles whose releases the quiz serves, each with the revision its newest release shows now."""
    latest_minor = (
        select(MinorRevision.revision_id)
        .where(MinorRevision.release_id == Release.id)
        .order_by(MinorRevision.added_at.desc(), MinorRevision.revision_id.desc())
        .limit(1)
        .correlate(Release)
        .scalar_subquery()
    )
    rows: Any = session.execute(
        select(Activity.article_id, func.coalesce(latest_minor, Release.revision_id))
        .join(Release, Release.activity_id == Activity.id)
        .join(QuizAssignment, QuizAssignment.release_id == Release.id)
        .where(QuizAssignment.quiz_id == quiz_id)
        .order_by(Release.number)
    )
    return {row[0]: row[1] for row in rows}  # the newest release comes last and stays


def open_holds(session: Session, quiz_id: int, lineages: Collection[str]) -> list[tuple[int, str, str]]:
    """(hold, item, cause) of what stands against these items."""
    rows: Any = session.execute(
        select(HOLDS.c.id, HOLDS.c.lineage, HOLDS.c.cause).where(
            HOLDS.c.quiz_id == quiz_id, HOLDS.c.released_at.is_(None), HOLDS.c.lineage.in_(lineages)
        )
    )
    return [tuple(row) for row in rows]


def held_anew_at(session: Session, quiz_id: int, lineages: Collection[str]) -> dict[str, datetime]:
    """When a passage changed last under those of these items that are held for it, or when they were dropped."""
    rows: Any = session.execute(
        select(HOLDS.c.lineage, HOLDS.c.opened_at, HOLDS.c.details).where(
            HOLDS.c.quiz_id == quiz_id,
            HOLDS.c.released_at.is_(None),
            HOLDS.c.cause.in_(("passage", "key")),
            HOLDS.c.lineage.in_(lineages),
        )
    )
    found: dict[str, datetime] = {}
    for lineage, opened_at, details in rows:
        at = datetime.fromisoformat(details["moved_at"]) if "moved_at" in details else opened_at
        found[lineage] = max(at, found.get(lineage, at))
    return found
