"""Tables of item health: counts out of which every figure is made, and which attempts they hold."""

from typing import cast

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Table
from sqlalchemy.orm import Mapped, mapped_column

from cme.store.database import Base


class AnswerTally(Base):
    """How many first attempts answered an item this way with this score on the rest of the quiz.

    `series` names the wording: a changed stem, choice or key begins a new one.
    """

    __tablename__ = "answer_tallies"
    __table_args__ = (CheckConstraint("takers >= 0", name="takers_not_negative"),)

    quiz_id: Mapped[int] = mapped_column(ForeignKey("quizzes.id"), primary_key=True)
    lineage: Mapped[str] = mapped_column(String(80), primary_key=True)
    series: Mapped[str] = mapped_column(String(16), primary_key=True)
    rest: Mapped[int] = mapped_column(primary_key=True)
    """Points of the attempt without this item."""
    points: Mapped[int] = mapped_column(primary_key=True)
    chosen: Mapped[str] = mapped_column(String(8), primary_key=True)
    """The choice's key; empty where nothing was chosen or the item has no single choice."""
    certainty: Mapped[str] = mapped_column(String(8), primary_key=True)
    takers: Mapped[int]


class ScoreTally(Base):
    """How many first attempts at a version earned so many points."""

    __tablename__ = "score_tallies"

    version_id: Mapped[int] = mapped_column(ForeignKey("quiz_versions.id"), primary_key=True)
    total: Mapped[int] = mapped_column(primary_key=True)
    earned: Mapped[int] = mapped_column(primary_key=True)
    takers: Mapped[int]


class TalliedAttempt(Base):
    """An attempt that the tallies hold: none is ever counted twice."""

    __tablename__ = "tallied_attempts"
    __table_args__ = (Index("ix_tallied_attempts_quiz_id", "quiz_id"),)

    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"), primary_key=True)
    quiz_id: Mapped[int] = mapped_column(ForeignKey("quizzes.id"))


class HealthSetting(Base):
    """What an item alarm does in a quiz beside making a task."""

    __tablename__ = "health_settings"

    quiz_id: Mapped[int] = mapped_column(ForeignKey("quizzes.id"), primary_key=True)
    holds: Mapped[bool]
    """Whether a suspected wrong key takes the item out of new attempts at once."""


ANSWER_TALLIES = cast("Table", AnswerTally.__table__)
SCORE_TALLIES = cast("Table", ScoreTally.__table__)
TALLIED = cast("Table", TalliedAttempt.__table__)
