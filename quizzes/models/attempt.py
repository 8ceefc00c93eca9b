"""Tables of attempts and answers."""

from datetime import datetime
from typing import cast

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, String, Table, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from cme.audit.models import RowId
from cme.store.database import Base
from cme.store.types import Instant, Json
from quizzes.models.checked import keep_checked


class Attempt(Base):
    """One person's run through one version, for one release."""

    __tablename__ = "attempts"
    __table_args__ = (
        UniqueConstraint("code", name="uq_attempts_code"),
        UniqueConstraint("person_id", "release_id", "number", name="uq_attempts_person_id_release_id_number"),
        Index(
            "uq_attempts_one_open",
            "person_id",
            "release_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_attempts_release_id_submitted_at", "release_id", "submitted_at"),
        CheckConstraint("state IN ('open', 'submitted')", name="state_known"),
        CheckConstraint("(state = 'submitted') = (submitted_at IS NOT NULL)", name="submitted_has_instant"),
        CheckConstraint("(state = 'submitted') = (earned_points IS NOT NULL)", name="submitted_has_score"),
        CheckConstraint("earned_points IS NULL OR earned_points BETWEEN 0 AND total_points", name="score_in_range"),
        CheckConstraint("pass_points BETWEEN 1 AND total_points", name="pass_reachable"),
        CheckConstraint("due_at IS NULL OR due_at > started_at", name="due_after_start"),
        Index(
            "ix_attempts_open_due_at",
            "due_at",
            sqlite_where=text("state = 'open' AND due_at IS NOT NULL"),
            postgresql_where=text("state = 'open' AND due_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    """What its address shows; unguessable."""
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    release_id: Mapped[int] = mapped_column(ForeignKey("releases.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("quiz_versions.id"), index=True)
    number: Mapped[int]
    seed: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(12))
    for_credit: Mapped[bool] = mapped_column(Boolean(create_constraint=False))
    """Whether credit could be earned when it began; False is a self-test from the start."""
    started_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    """When it ends by itself; extra time granted meanwhile moves it."""
    submitted_at: Mapped[datetime | None] = mapped_column(Instant)
    total_points: Mapped[int]
    pass_points: Mapped[int]
    earned_points: Mapped[int | None]
    passed: Mapped[bool | None] = mapped_column(Boolean(create_constraint=False))
    counted: Mapped[bool | None] = mapped_column(Boolean(create_constraint=False))
    """Whether a pass was recorded towards credit: False when submitted outside the term."""


class Answer(Base):
    """One drawn question of an attempt and what was chosen, if anything yet."""

    __tablename__ = "answers"
    __table_args__ = (
        UniqueConstraint("attempt_id", "question_id", name="uq_answers_attempt_id_question_id"),
        CheckConstraint("points IS NULL OR points BETWEEN 0 AND maximum", name="points_in_range"),
        CheckConstraint("maximum BETWEEN 1 AND 20", name="maximum_sane"),
        CheckConstraint(
            "kind IN ('single', 'multiple', 'matching', 'ordering', 'numeric', 'true_false')", name="kind_known"
        ),
        CheckConstraint("certainty IS NULL OR certainty IN ('low', 'middle', 'high')", name="certainty_known"),
        CheckConstraint("seconds IS NULL OR seconds >= 0", name="seconds_not_negative"),
        CheckConstraint("checked_at IS NULL OR chosen IS NOT NULL", name="checked_has_answer"),
        CheckConstraint("checked_at IS NULL OR saved_at IS NOT NULL", name="checked_was_saved"),
    )

    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"), index=True)
    choice_order: Mapped[list[str]] = mapped_column(Json)
    """Choice keys in the order shown."""
    kind: Mapped[str] = mapped_column(String(12), default="single", server_default="single")
    parts: Mapped[list[str]] = mapped_column(Json, default=list, server_default=text("'[]'"))
    """The stems of a matching question, by key."""
    chosen: Mapped[str | None] = mapped_column(Text)
    """The answer in its canonical text (rules/answers.py): for one choice its key."""
    certainty: Mapped[str | None] = mapped_column(String(6))
    saved_at: Mapped[datetime | None] = mapped_column(Instant)
    checked_at: Mapped[datetime | None] = mapped_column(Instant)
    """When its learner asked for feedback during the attempt; from then on it is final."""
    seconds: Mapped[int | None]
    """Time spent on it as far as it is known (rules/pace.py): for figures over many people, never for judging one."""
    points: Mapped[int | None]
    maximum: Mapped[int] = mapped_column(default=1, server_default="1")


class AccommodationGrant(Base):
    """Extra time and extra attempts that one person has in every quiz."""

    __tablename__ = "accommodations"
    __table_args__ = (
        CheckConstraint("extra_time_percent BETWEEN 0 AND 900", name="extra_time_sane"),
        CheckConstraint("extra_attempts BETWEEN 0 AND 100", name="extra_attempts_sane"),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    extra_time_percent: Mapped[int]
    extra_attempts: Mapped[int]
    changed_at: Mapped[datetime] = mapped_column(Instant)
    changed_by: Mapped[int] = mapped_column(ForeignKey("people.id"))


# The tables themselves, for statements that every answer runs: they skip what the ORM does around a row.
ATTEMPTS = cast("Table", Attempt.__table__)
ANSWERS = cast("Table", Answer.__table__)
keep_checked(ANSWERS)
ACCOMMODATIONS = cast("Table", AccommodationGrant.__table__)
