"""Tables of evaluations: forms, which release uses which, answers."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cme.audit.models import RowId
from cme.store.database import Base
from cme.store.guards import append_only
from cme.store.types import Instant, Json


class EvaluationForm(Base):
    """Questions asked at the claim. A changed form is a new version."""

    __tablename__ = "evaluation_forms"
    __table_args__ = (UniqueConstraint("key", "version", name="uq_evaluation_forms_key_version"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    key: Mapped[str] = mapped_column(String(80))
    version: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    questions: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(Instant)


class EvaluationAssignment(Base):
    """Which form a release asks."""

    __tablename__ = "evaluation_assignments"

    release_id: Mapped[int] = mapped_column(ForeignKey("releases.id"), primary_key=True)
    form_id: Mapped[int] = mapped_column(ForeignKey("evaluation_forms.id"))


class EvaluationResponse(Base):
    """One person's answers for one release: given once, with the claim, and kept."""

    __tablename__ = "evaluation_responses"
    __table_args__ = (UniqueConstraint("person_id", "release_id", name="uq_evaluation_responses_person_id_release_id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    release_id: Mapped[int] = mapped_column(ForeignKey("releases.id"))
    form_id: Mapped[int] = mapped_column(ForeignKey("evaluation_forms.id"))
    answers: Mapped[dict[str, Any]] = mapped_column(Json)
    given_at: Mapped[datetime] = mapped_column(Instant)


append_only(EvaluationResponse.__table__)  # pyright: ignore[reportArgumentType]
