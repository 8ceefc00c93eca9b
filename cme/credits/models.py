"""Tables of credit: requirements met, decisions, the ledger."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from cme.audit.models import RowId
from cme.store.database import Base
from cme.store.guards import append_only
from cme.store.types import Instant, Json


class RequirementMet(Base):
    """A requirement that a room above has seen met, with its evidence. The first time counts."""

    __tablename__ = "requirements_met"
    __table_args__ = (CheckConstraint("requirement IN ('quiz')", name="requirement_known"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    release_id: Mapped[int] = mapped_column(ForeignKey("releases.id"), primary_key=True)
    requirement: Mapped[str] = mapped_column(String(20), primary_key=True)
    met_at: Mapped[datetime] = mapped_column(Instant)
    evidence: Mapped[str] = mapped_column(String(120))


class ClaimExtension(Base):
    """A personal claim deadline: completion lies inside the term, but came to be known after it (a corrected key)."""

    __tablename__ = "claim_extensions"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    release_id: Mapped[int] = mapped_column(ForeignKey("releases.id"), primary_key=True)
    open_until: Mapped[datetime] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(String(120))
    given_at: Mapped[datetime] = mapped_column(Instant)


class ClaimDecision(Base):
    """Why a claim was granted or refused: the facts seen, every rule asked, each verdict."""

    __tablename__ = "claim_decisions"
    __table_args__ = (
        CheckConstraint("outcome IN ('granted', 'denied')", name="outcome_known"),
        Index("ix_claim_decisions_person_id", "person_id"),
        Index("ix_claim_decisions_release_id_decided_at", "release_id", "decided_at"),
        Index(
            "uq_claim_decisions_one_grant",
            "person_id",
            "release_id",
            unique=True,
            sqlite_where=text("outcome = 'granted' AND code = 'granted'"),
            postgresql_where=text("outcome = 'granted' AND code = 'granted'"),
        ),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    release_id: Mapped[int] = mapped_column(ForeignKey("releases.id"))
    decided_at: Mapped[datetime] = mapped_column(Instant)
    outcome: Mapped[str] = mapped_column(String(10))
    code: Mapped[str] = mapped_column(String(60))
    """The refusal's code, or "granted"; "corrected" for a granted correction of an earlier entry."""
    sentence: Mapped[str] = mapped_column(Text)
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    verdicts: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    rules_version: Mapped[str] = mapped_column(String(20))


class Credit(Base):
    """An entry of the ledger. Never edited; a correction is a further entry that names the one it follows."""

    __tablename__ = "credits"
    __table_args__ = (
        ForeignKeyConstraint(
            ["release_id", "opens_at", "closes_at"],
            ["releases.id", "releases.opens_at", "releases.closes_at"],
            name="fk_credits_term",
        ),
        CheckConstraint("completed_at >= opens_at AND completed_at < closes_at", name="completed_inside_term"),
        CheckConstraint("completed_at <= granted_at", name="completed_before_granted"),
        CheckConstraint("kind IN ('credit', 'participation')", name="kind_known"),
        CheckConstraint("entry IN ('earned', 'correction')", name="entry_known"),
        CheckConstraint("(entry = 'correction') = (follows_id IS NOT NULL)", name="correction_follows"),
        CheckConstraint("amount_quarters BETWEEN 1 AND maximum_quarters", name="amount_in_range"),
        Index(
            "uq_credits_one_per_release",
            "person_id",
            "release_id",
            unique=True,
            sqlite_where=text("entry = 'earned'"),
            postgresql_where=text("entry = 'earned'"),
        ),
        UniqueConstraint("decision_id", name="uq_credits_decision_id"),
        UniqueConstraint("follows_id", name="uq_credits_follows_id"),
        Index("ix_credits_person_id", "person_id"),
        Index("ix_credits_release_id_granted_at", "release_id", "granted_at"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    entry: Mapped[str] = mapped_column(String(12))
    kind: Mapped[str] = mapped_column(String(14))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    release_id: Mapped[int]
    decision_id: Mapped[int] = mapped_column(ForeignKey("claim_decisions.id"))
    follows_id: Mapped[int | None] = mapped_column(ForeignKey("credits.id"))
    opens_at: Mapped[datetime] = mapped_column(Instant)
    closes_at: Mapped[datetime] = mapped_column(Instant)
    completed_at: Mapped[datetime] = mapped_column(Instant)
    granted_at: Mapped[datetime] = mapped_column(Instant)
    amount_quarters: Mapped[int]
    maximum_quarters: Mapped[int]
    credit_type: Mapped[str] = mapped_column(String(40))
    attestation: Mapped[str] = mapped_column(Text)
    snapshot: Mapped[dict[str, Any]] = mapped_column(Json)
    """Self-contained copy: name, credentials, profession, activity, format, provider and statements, dates, zone."""


class CorrectionNotice(Base):
    """A decision to tell those who were certified on earlier revisions that a text was corrected."""

    __tablename__ = "correction_notices"
    __table_args__ = (
        ForeignKeyConstraint(
            ["release_id", "revision_id"],
            ["minor_revisions.release_id", "minor_revisions.revision_id"],
            name="fk_correction_notices_minor_revision",
        ),
        UniqueConstraint("revision_id", name="uq_correction_notices_revision_id"),
        CheckConstraint("state IN ('running', 'finished')", name="state_known"),
        CheckConstraint("(state = 'finished') = (finished_at IS NOT NULL)", name="finished_has_instant"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    release_id: Mapped[int] = mapped_column(RowId)
    revision_id: Mapped[int] = mapped_column(RowId)
    """The revision that holds the corrected text."""
    earlier: Mapped[list[int]] = mapped_column(Json)
    """The revisions that were wrong."""
    words: Mapped[str] = mapped_column(Text)
    """What was wrong and what is right, as the letter says it."""
    state: Mapped[str] = mapped_column(String(12))
    asked_at: Mapped[datetime] = mapped_column(Instant)
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    predicted: Mapped[int]
    """People to be told, as the dry run said."""
    finished_at: Mapped[datetime | None] = mapped_column(Instant)


class NoticeRecipient(Base):
    """Somebody who was told: written with the letter, once."""

    __tablename__ = "notice_recipients"
    __table_args__ = (Index("ix_notice_recipients_person_id", "person_id"),)

    notice_id: Mapped[int] = mapped_column(ForeignKey("correction_notices.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    credit_id: Mapped[int] = mapped_column(ForeignKey("credits.id"))
    revision_id: Mapped[int] = mapped_column(ForeignKey("article_revisions.id"))
    """What this person had read."""
    told_at: Mapped[datetime] = mapped_column(Instant)


append_only(ClaimDecision.__table__)  # pyright: ignore[reportArgumentType]
append_only(Credit.__table__)  # pyright: ignore[reportArgumentType]
append_only(NoticeRecipient.__table__)  # pyright: ignore[reportArgumentType]
