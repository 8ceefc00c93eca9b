"""Tables of item health: counts out of which every figure is made, the figures, and which attempts they hold."""

from typing import Any, cast

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, String, Table
from sqlalchemy.orm import Mapped, mapped_column

from cme.store.database import Base
from cme.store.types import Json

MOST_CHOSEN = 64


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
    chosen: Mapped[str] = mapped_column(String(MOST_CHOSEN), primary_key=True)
    """The keys of the choices taken; empty where nothing was chosen or the item has no choices to take."""
    certainty: Mapped[str] = mapped_column(String(8), primary_key=True)
    takers: Mapped[int]


class TimeTally(Base):
    """How many first attempts spent so many seconds on an item, where that is known."""

    __tablename__ = "time_tallies"
    __table_args__ = (
        CheckConstraint("takers >= 0", name="takers_not_negative"),
        CheckConstraint("seconds >= 0", name="seconds_not_negative"),
    )

    quiz_id: Mapped[int] = mapped_column(ForeignKey("quizzes.id"), primary_key=True)
    lineage: Mapped[str] = mapped_column(String(80), primary_key=True)
    series: Mapped[str] = mapped_column(String(16), primary_key=True)
    seconds: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    takers: Mapped[int]


class QuestionSeries(Base):
    """Which wording a published question has: it never changes, so it is worked out once."""

    __tablename__ = "question_series"
    __table_args__ = (Index("ix_question_series_item", "quiz_id", "lineage", "series"),)

    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"), primary_key=True)
    quiz_id: Mapped[int] = mapped_column(ForeignKey("quizzes.id"))
    lineage: Mapped[str] = mapped_column(String(80))
    series: Mapped[str] = mapped_column(String(16))


class ItemFigures(Base):
    """The figures of an item in one wording, made from the tallies after each counting."""

    __tablename__ = "item_figures"

    quiz_id: Mapped[int] = mapped_column(ForeignKey("quizzes.id"), primary_key=True)
    lineage: Mapped[str] = mapped_column(String(80), primary_key=True)
    series: Mapped[str] = mapped_column(String(16), primary_key=True)
    stale: Mapped[bool] = mapped_column(Boolean(create_constraint=False))
    """Answers were counted since the figures were made."""
    takers: Mapped[int]
    right_takers: Mapped[int]
    correlation: Mapped[float | None]
    alarmed: Mapped[bool] = mapped_column(Boolean(create_constraint=False))
    figures: Mapped[dict[str, Any]] = mapped_column(Json)
    """Everything a page shows (rules/item_health.py); empty until it is made for the first time."""


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
    """What an item alarm does in a quiz, where that is not what its provider sets."""

    __tablename__ = "health_settings"

    quiz_id: Mapped[int] = mapped_column(ForeignKey("quizzes.id"), primary_key=True)
    holds: Mapped[bool]
    """Whether a suspected wrong key takes the item out of new attempts at once."""


ANSWER_TALLIES = cast("Table", AnswerTally.__table__)
FIGURES = cast("Table", ItemFigures.__table__)
SCORE_TALLIES = cast("Table", ScoreTally.__table__)
SERIES = cast("Table", QuestionSeries.__table__)
TALLIED = cast("Table", TalliedAttempt.__table__)
TIME_TALLIES = cast("Table", TimeTally.__table__)
