"""Tables of quizzes: versions, questions, choices, assignments."""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, String, Table, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from cme.audit.models import RowId
from cme.store.database import Base
from cme.store.types import Instant, Json
from quizzes.models.guards import keep_published

_TRUE = text("true")  # a column of choices is called text


class Quiz(Base):
    """A quiz that lives on through its versions."""

    __tablename__ = "quizzes"
    __table_args__ = (UniqueConstraint("key", name="uq_quizzes_key"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    key: Mapped[str] = mapped_column(String(80))
    title: Mapped[str] = mapped_column(String(200))


class QuizVersion(Base):
    """A blueprint plus item texts. Published ones never change; a draft counts its editions."""

    __tablename__ = "quiz_versions"
    __table_args__ = (
        UniqueConstraint("quiz_id", "number", name="uq_quiz_versions_quiz_id_number"),
        Index(
            "uq_quiz_versions_one_draft",
            "quiz_id",
            unique=True,
            sqlite_where=text("state = 'draft'"),
            postgresql_where=text("state = 'draft'"),
        ),
        Index(
            "uq_quiz_versions_one_published",
            "quiz_id",
            unique=True,
            sqlite_where=text("state = 'published'"),
            postgresql_where=text("state = 'published'"),
        ),
        CheckConstraint("state IN ('draft', 'published', 'retired', 'discarded')", name="state_known"),
        CheckConstraint(
            "state NOT IN ('published', 'retired') OR published_at IS NOT NULL", name="published_has_instant"
        ),
        CheckConstraint("edition >= 1", name="edition_positive"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    quiz_id: Mapped[int] = mapped_column(ForeignKey("quizzes.id"))
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(12))
    edition: Mapped[int]
    """Goes up with every save of a draft: who saves against an older one meets a Conflict."""
    blueprint: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    """[{label, topics: [..], draw, tags: [..], points}]; tags and points only where they are not as usual."""
    topics: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    vignettes: Mapped[dict[str, str]] = mapped_column(Json, default=dict, server_default=text("'{}'"))
    """Cases that several questions share: text by key."""
    delivery: Mapped[dict[str, Any]] = mapped_column(Json, default=dict, server_default=text("'{}'"))
    """How it is given, as far as that is not as usual: attempts, waiting, time, certainty, what is seen when."""
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    published_at: Mapped[datetime | None] = mapped_column(Instant)
    published_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))


class Question(Base):
    """One item as it stands in one version. `lineage` follows it from version to version."""

    __tablename__ = "questions"
    __table_args__ = (
        UniqueConstraint("version_id", "lineage", name="uq_questions_version_id_lineage"),
        CheckConstraint(
            "kind IN ('single', 'multiple', 'matching', 'ordering', 'numeric', 'true_false')", name="kind_known"
        ),
        CheckConstraint("points BETWEEN 1 AND 20", name="points_sane"),
        CheckConstraint("status IN ('draft', 'ready', 'retired')", name="status_known"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("quiz_versions.id"))
    lineage: Mapped[str] = mapped_column(String(80))
    position: Mapped[int]
    topic: Mapped[str] = mapped_column(String(40))
    objective: Mapped[str] = mapped_column(String(40))
    tags: Mapped[list[str]] = mapped_column(Json)
    apart: Mapped[list[str]] = mapped_column(Json)
    """Lineages of items that would give this one away."""
    stem: Mapped[str] = mapped_column(Text)
    ordered: Mapped[bool] = mapped_column(Boolean(create_constraint=False))
    """True keeps the choices in their written order."""
    passages: Mapped[list[str]] = mapped_column(Json)
    references: Mapped[list[str]] = mapped_column("reference_keys", Json)
    kind: Mapped[str] = mapped_column(String(12), default="single", server_default="single")
    points: Mapped[int] = mapped_column(default=1, server_default="1")
    settings: Mapped[dict[str, Any]] = mapped_column(Json, default=dict, server_default=text("'{}'"))
    """What only some kinds have: partial credit, stems, order, number, vignette, a rationale for the whole."""
    status: Mapped[str] = mapped_column(String(8), default="ready", server_default="ready")
    """Only ready ones are drawn in new attempts."""


class Choice(Base):
    """One option of a question, with the reason why it is right or wrong."""

    __tablename__ = "choices"
    __table_args__ = (
        UniqueConstraint("question_id", "key", name="uq_choices_question_id_key"),
        Index(
            "uq_choices_one_correct",
            "question_id",
            unique=True,
            sqlite_where=text("correct AND exclusive"),
            postgresql_where=text("correct AND exclusive"),
        ),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"))
    key: Mapped[str] = mapped_column(String(8))
    position: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    correct: Mapped[bool] = mapped_column(Boolean(create_constraint=False))
    exclusive: Mapped[bool] = mapped_column(Boolean(create_constraint=False), default=True, server_default=_TRUE)
    """Whether only one choice of its question can be right: everywhere but in multiple response."""
    rationale: Mapped[str] = mapped_column(Text)


class QuizAssignment(Base):
    """Which quiz serves a release; the release itself knows no quiz."""

    __tablename__ = "quiz_assignments"

    release_id: Mapped[int] = mapped_column(ForeignKey("releases.id"), primary_key=True)
    quiz_id: Mapped[int] = mapped_column(ForeignKey("quizzes.id"), index=True)


for _model in (QuizVersion, Question, Choice):
    keep_published(_model.__table__)  # pyright: ignore[reportArgumentType] - declarative types it as FromClause

QUIZZES = cast("Table", Quiz.__table__)
QUESTIONS = cast("Table", Question.__table__)
QUIZ_VERSIONS = cast("Table", QuizVersion.__table__)
QUIZ_ASSIGNMENTS = cast("Table", QuizAssignment.__table__)
