"""Tables of attempts and answers."""

from datetime import datetime
from typing import cast

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, String, Table, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from cme.audit.models import RowId
from cme.store.database import Base
from cme.store.types import Instant, Json


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
        CheckConstraint("points IS NULL OR points BETWEEN 0 AND 1", name="points_in_range"),
    )

    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"), index=True)
    choice_order: Mapped[list[str]] = mapped_column(Json)
    """Choice keys in the order shown."""
    chosen: Mapped[str | None] = mapped_column(String(8))
    saved_at: Mapped[datetime | None] = mapped_column(Instant)
    points: Mapped[int | None]


# The tables themselves, for statements that every answer runs: they skip what the ORM does around a row.
ATTEMPTS = cast("Table", Attempt.__table__)
ANSWERS = cast("Table", Answer.__table__)
