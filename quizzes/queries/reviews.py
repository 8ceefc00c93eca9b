"""What review reads: acts and comments of a draft, its authors, what its providers ask for, who can review."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, union
from sqlalchemy.orm import Session, aliased

from cme.activities.models import Provider, Release
from cme.kernel.roles import Role
from cme.people.models import Person, RoleGrant
from quizzes.models.draft_change import DraftChange
from quizzes.models.quiz import Quiz, QuizAssignment, QuizVersion
from quizzes.models.review import DraftReview, ReviewComment, ReviewCommentSettled
from quizzes.rules.reviewing import Act, ReviewAct, Standing, standing_of

REVIEWING = (Role.REVIEWER.value, Role.ADMINISTRATOR.value)


@dataclass(frozen=True, slots=True)
class ActLine:
    """One act with names."""

    act: Act
    edition: int
    by: str
    asked: str | None
    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment or an answer, with the names of who wrote and who settled it."""

    comment_id: int
    lineage: str | None
    answers: int | None
    edition: int
    by: str
    person_id: int
    words: str
    at: datetime
    settled_by: str | None
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Thread:
    """A comment and what was answered to it."""

    first: Comment
    answers: tuple[Comment, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.first.settled_at is None


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Somebody who may be asked."""

    person_id: int
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class DraftLine:
    """An open draft in a work list."""

    version_id: int
    quiz_id: int
    title: str
    number: int
    edition: int
    standing: Standing
    last: ActLine | None


def approvals_needed(session: Session, quiz_id: int) -> int:
    """How many must have approved a version of this quiz: the most that a provider of its releases asks for."""
    return approvals_by_quiz(session, [quiz_id]).get(quiz_id, 0)


def approvals_by_quiz(session: Session, quiz_ids: Sequence[int]) -> dict[int, int]:
    """The same for many quizzes. A provider's rule holds as it is now, whatever was in force before."""
    rows: Any = session.execute(
        select(QuizAssignment.quiz_id, func.max(Provider.approvals))
        .join(Release, Release.id == QuizAssignment.release_id)
        .join(Provider, Provider.id == Release.provider_id)
        .where(QuizAssignment.quiz_id.in_(quiz_ids), Release.state != "withdrawn")
        .group_by(QuizAssignment.quiz_id)
    )
    return {row[0]: row[1] for row in rows}


def standing(session: Session, quiz_id: int, version_id: int, edition: int) -> Standing:
    """Where a draft stands with its reviewers."""
    needed = approvals_needed(session, quiz_id)
    return standing_and_acts(session, version_id, edition, needed=needed)[0]


def standing_and_acts(
    session: Session, version_id: int, edition: int, *, needed: int
) -> tuple[Standing, list[ActLine]]:
    """The same where it is known how many must approve, with everything that happened, oldest first."""
    acts = _acts(session, [version_id]).get(version_id, [])
    authors = _authors(session, [version_id]).get(version_id, set())
    return standing_of(edition, authors, [act for act, _line in acts], needed=needed), [line for _act, line in acts]


def acts_of(session: Session, version_id: int) -> list[ActLine]:
    """Everything that happened in the review of a version, oldest first."""
    return [line for _act, line in _acts(session, [version_id]).get(version_id, [])]


def next_number(session: Session, version_id: int) -> int:
    """The number of the next act; the caller holds the draft's lock."""
    last = select(func.coalesce(func.max(DraftReview.number), 0)).where(DraftReview.version_id == version_id)
    return session.execute(last).scalar_one() + 1


def senders_of(session: Session, version_id: int, edition: int) -> list[int]:
    """Who sent this edition to review."""
    sent = (DraftReview.version_id == version_id, DraftReview.edition == edition, DraftReview.act == Act.SENT.value)
    return list(session.scalars(select(DraftReview.person_id).where(*sent).distinct()))


def drafts_in_work(session: Session) -> list[DraftLine]:
    """Every open draft and where it stands, in four statements."""
    rows: Any = session.execute(
        select(QuizVersion.id, QuizVersion.quiz_id, Quiz.title, QuizVersion.number, QuizVersion.edition)
        .join(Quiz, Quiz.id == QuizVersion.quiz_id)
        .where(QuizVersion.state == "draft")
        .order_by(Quiz.title, QuizVersion.id)
    ).all()
    ids = [row[0] for row in rows]
    if not ids:
        return []
    acts, authors = _acts(session, ids), _authors(session, ids)
    needed = approvals_by_quiz(session, [row[1] for row in rows])
    return [
        DraftLine(
            *(row[0], row[1], row[2], row[3], row[4]),
            standing_of(
                row[4],
                authors.get(row[0], set()),
                [act for act, _line in acts.get(row[0], [])],
                needed=needed.get(row[1], 0),
            ),
            acts[row[0]][-1][1] if acts.get(row[0]) else None,
        )
        for row in rows
    ]


def threads_of(session: Session, version_id: int) -> list[Thread]:
    """Comments on a version with their answers, oldest first, in one statement."""
    settler = aliased(Person)
    rows: Any = session.execute(
        select(
            ReviewComment.id,
            ReviewComment.lineage,
            ReviewComment.answers,
            ReviewComment.edition,
            Person.name,
            ReviewComment.person_id,
            ReviewComment.words,
            ReviewComment.at,
            settler.name,
            ReviewCommentSettled.at,
        )
        .join(Person, Person.id == ReviewComment.person_id)
        .join(ReviewCommentSettled, ReviewCommentSettled.comment_id == ReviewComment.id, isouter=True)
        .join(settler, settler.id == ReviewCommentSettled.person_id, isouter=True)
        .where(ReviewComment.version_id == version_id)
        .order_by(ReviewComment.id)
    )
    comments = [Comment(*row) for row in rows]
    answers: dict[int, list[Comment]] = {}
    for one in comments:
        if one.answers is not None:
            answers.setdefault(one.answers, []).append(one)
    return [Thread(one, tuple(answers.get(one.comment_id, ()))) for one in comments if one.answers is None]


def open_comments(session: Session, version_id: int) -> int:
    """How many comments on a version nobody has dealt with yet."""
    settled = select(ReviewCommentSettled.comment_id).where(ReviewCommentSettled.comment_id == ReviewComment.id)
    wanted = select(func.count()).where(
        ReviewComment.version_id == version_id, ReviewComment.answers.is_(None), ~settled.exists()
    )
    return session.execute(wanted).scalar_one()


def version_of_comment(session: Session, comment_id: int) -> int | None:
    """Which version a comment is about."""
    wanted = select(ReviewComment.version_id).where(ReviewComment.id == comment_id)
    return session.execute(wanted).scalar_one_or_none()


def reviewers(session: Session) -> list[Reviewer]:
    """Everybody who may review, by name."""
    rows: Any = session.execute(
        select(Person.id, Person.name, Person.email)
        .where(
            Person.closed_at.is_(None),
            Person.id.in_(select(RoleGrant.person_id).where(RoleGrant.role.in_(REVIEWING))),
        )
        .order_by(Person.name, Person.id)
    )
    return [Reviewer(*row) for row in rows]


def acting(session: Session, person_id: int) -> str:
    """The name under which somebody acts."""
    return session.execute(select(Person.name).where(Person.id == person_id)).scalar_one()


def addressed(session: Session, person_ids: Sequence[int]) -> list[Reviewer]:
    """Names and addresses of open accounts."""
    rows: Any = session.execute(
        select(Person.id, Person.name, Person.email).where(Person.id.in_(person_ids), Person.closed_at.is_(None))
    )
    return [Reviewer(*row) for row in rows]


def exported_reviews(session: Session, person_id: int) -> dict[str, Any]:
    """What a person said in reviews, as plain data."""
    acts: Any = session.execute(
        select(DraftReview.version_id, DraftReview.edition, DraftReview.act, DraftReview.words, DraftReview.at)
        .where(DraftReview.person_id == person_id)
        .order_by(DraftReview.id)
    )
    comments: Any = session.execute(
        select(ReviewComment.version_id, ReviewComment.lineage, ReviewComment.words, ReviewComment.at)
        .where(ReviewComment.person_id == person_id)
        .order_by(ReviewComment.id)
    )
    return {
        "acts": [
            {"version": row[0], "edition": row[1], "act": row[2], "words": row[3], "at": row[4].isoformat()}
            for row in acts
        ],
        "comments": [
            {"version": row[0], "question": row[1], "words": row[2], "at": row[3].isoformat()} for row in comments
        ],
    }


def has_reviewed(session: Session, person_id: int) -> bool:
    """Whether somebody's word on a version is on record: it stays under their name when the account is closed."""
    said = select(DraftReview.id).where(DraftReview.person_id == person_id).exists()
    commented = select(ReviewComment.id).where(ReviewComment.person_id == person_id).exists()
    return bool(session.execute(select(or_(said, commented))).scalar_one())


def _acts(session: Session, version_ids: Sequence[int]) -> dict[int, list[tuple[ReviewAct, ActLine]]]:
    asked = aliased(Person)
    rows: Any = session.execute(
        select(DraftReview, Person.name, asked.name)
        .join(Person, Person.id == DraftReview.person_id)
        .join(asked, asked.id == DraftReview.asked, isouter=True)
        .where(DraftReview.version_id.in_(version_ids))
        .order_by(DraftReview.version_id, DraftReview.number)
    )
    found: dict[int, list[tuple[ReviewAct, ActLine]]] = {}
    for row, by, name in rows:
        act = ReviewAct(row.number, row.edition, Act(row.act), row.person_id, row.asked)
        line = ActLine(act.act, row.edition, by, name, row.words, row.at)
        found.setdefault(row.version_id, []).append((act, line))
    return found


def _authors(session: Session, version_ids: Sequence[int]) -> dict[int, set[int]]:
    """Who opened or changed these drafts."""
    wanted = union(
        select(QuizVersion.id, QuizVersion.created_by).where(QuizVersion.id.in_(version_ids)),
        select(DraftChange.version_id, DraftChange.by).where(DraftChange.version_id.in_(version_ids)),
    )
    found: dict[int, set[int]] = {}
    rows: Any = session.execute(wanted)
    for version_id, person in rows:
        if person is not None:
            found.setdefault(version_id, set()).add(person)
    return found
