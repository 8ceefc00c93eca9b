"""Tables of corrected keys: the act, what it does to later grading, what it did to each attempt."""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, String, Table, Text
from sqlalchemy.orm import Mapped, mapped_column

from cme.audit.models import RowId
from cme.store.database import Base
from cme.store.types import Instant, Json


class KeyCorrection(Base):
    """One decision to grade an item differently, and how far the regrading has come."""

    __tablename__ = "key_corrections"
    __table_args__ = (
        CheckConstraint("treatment IN ('key', 'accept', 'everyone', 'drop')", name="treatment_known"),
        CheckConstraint("policy IN ('never_lower', 'rescore_all')", name="policy_known"),
        CheckConstraint("state IN ('running', 'finished')", name="state_known"),
        CheckConstraint("(state = 'finished') = (finished_at IS NOT NULL)", name="finished_has_instant"),
        Index("ix_key_corrections_quiz_id", "quiz_id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    quiz_id: Mapped[int] = mapped_column(ForeignKey("quizzes.id"))
    lineage: Mapped[str] = mapped_column(String(80))
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"))
    """The item version an editor chose; others that read the same go with it (`key_overrides`)."""
    treatment: Mapped[str] = mapped_column(String(12))
    keys: Mapped[list[str]] = mapped_column(Json)
    policy: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(12))
    asked_at: Mapped[datetime] = mapped_column(Instant)
    """From this instant on attempts are graded the new way when they are submitted."""
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    predicted: Mapped[dict[str, Any]] = mapped_column(Json)
    """The counts of the dry run that was shown."""
    reached: Mapped[int]
    """The last attempt that was looked at: where the work goes on after a break."""
    looked_at: Mapped[int]
    finished_at: Mapped[datetime | None] = mapped_column(Instant)


class KeyOverride(Base):
    """How a question of a published version is graded since its key was corrected; the version itself never changes."""

    __tablename__ = "key_overrides"

    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"), primary_key=True)
    correction_id: Mapped[int] = mapped_column(ForeignKey("key_corrections.id"), index=True)
    treatment: Mapped[str] = mapped_column(String(12))
    keys: Mapped[list[str]] = mapped_column(Json)


class Regrade(Base):
    """What a correction did to one attempt: written once."""

    __tablename__ = "regrades"
    __table_args__ = (Index("ix_regrades_attempt_id", "attempt_id"),)

    correction_id: Mapped[int] = mapped_column(ForeignKey("key_corrections.id"), primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"), primary_key=True)
    earned_before: Mapped[int]
    earned_after: Mapped[int]
    total_before: Mapped[int]
    total_after: Mapped[int]
    passed_before: Mapped[bool] = mapped_column(Boolean(create_constraint=False))
    passed_after: Mapped[bool] = mapped_column(Boolean(create_constraint=False))
    counted_after: Mapped[bool] = mapped_column(Boolean(create_constraint=False))
    at: Mapped[datetime] = mapped_column(Instant)


CORRECTIONS = cast("Table", KeyCorrection.__table__)
OVERRIDES = cast("Table", KeyOverride.__table__)
REGRADES = cast("Table", Regrade.__table__)
