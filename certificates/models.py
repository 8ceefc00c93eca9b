"""Tables of certificates: the frozen document, what happened to it, its files, proposals, bulk work, designs."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cme.audit.models import RowId
from cme.store.database import Base
from cme.store.guards import append_only
from cme.store.types import Instant, Json


class Certificate(Base):
    """The frozen facts of one credit. The number stays with the credit; every revision has its own code."""

    __tablename__ = "certificates"
    __table_args__ = (
        UniqueConstraint("code", name="uq_certificates_code"),
        UniqueConstraint("number", "revision", name="uq_certificates_number_revision"),
        UniqueConstraint("credit_id", "revision", name="uq_certificates_credit_id_revision"),
        CheckConstraint("revision >= 1", name="revision_positive"),
        CheckConstraint("kind IN ('credit', 'participation')", name="kind_known"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    credit_id: Mapped[int] = mapped_column(ForeignKey("credits.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    number: Mapped[str] = mapped_column(String(40))
    revision: Mapped[int]
    code: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(14))
    snapshot: Mapped[dict[str, Any]] = mapped_column(Json)
    """Everything that is printed; nothing else is consulted when the document is made."""
    issued_at: Mapped[datetime] = mapped_column(Instant)


class CertificateEvent(Base):
    """Issued, replaced, revoked: the state of a certificate is its last event, and each happens once at most."""

    __tablename__ = "certificate_events"
    __table_args__ = (
        CheckConstraint("event IN ('issued', 'replaced', 'revoked')", name="event_known"),
        UniqueConstraint("certificate_id", "event", name="uq_certificate_events_certificate_id_event"),
        Index("ix_certificate_events_event", "event", "certificate_id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificates.id"))
    event: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(Text)
    """In the office's own words; shown to the office and the owner only."""
    ground: Mapped[str] = mapped_column(String(80), default="")
    """Why, as everybody may read it: a word of certificates.rules.life."""
    by_person_id: Mapped[int | None]


class CertificateFile(Base):
    """Where the one set of bytes of a certificate is kept, and what made it. The first stored file wins."""

    __tablename__ = "certificate_files"
    __table_args__ = (
        CheckConstraint("kind IN ('pdf', 'picture', 'credential')", name="kind_known"),
        Index("ix_certificate_files_sha256", "sha256"),
    )

    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificates.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    engine: Mapped[str] = mapped_column(String(120))
    stored_at: Mapped[datetime] = mapped_column(Instant)


class CertificateProposal(Base):
    """Somebody asks for a change: the owner for a correction, an administrator for a revocation."""

    __tablename__ = "certificate_proposals"
    __table_args__ = (
        CheckConstraint("kind IN ('correction', 'revocation')", name="kind_known"),
        UniqueConstraint("id", "proposed_by", name="uq_certificate_proposals_id_proposed_by"),
        Index("ix_certificate_proposals_certificate_id", "certificate_id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificates.id"))
    kind: Mapped[str] = mapped_column(String(12))
    ground: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str] = mapped_column(Text)
    wanted: Mapped[dict[str, Any]] = mapped_column(Json)
    """Of a correction: the fields as they should be. Of a revocation: empty."""
    proposed_at: Mapped[datetime] = mapped_column(Instant)
    proposed_by: Mapped[int]


class CertificateDecision(Base):
    """The one answer to a proposal. Confirming or declining takes a second person; withdrawing is the first one's."""

    __tablename__ = "certificate_decisions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["proposal_id", "proposed_by"],
            ["certificate_proposals.id", "certificate_proposals.proposed_by"],
            name="fk_certificate_decisions_proposal",
        ),
        CheckConstraint("outcome IN ('confirmed', 'declined', 'withdrawn')", name="outcome_known"),
        CheckConstraint("(outcome = 'withdrawn') = (decided_by = proposed_by)", name="two_people"),
    )

    proposal_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    proposed_by: Mapped[int]
    outcome: Mapped[str] = mapped_column(String(10))
    answer: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[datetime] = mapped_column(Instant)
    decided_by: Mapped[int]


class CertificatePack(Base):
    """Bulk work: many certificates made ready, or issued again, and handed out as one archive."""

    __tablename__ = "certificate_packs"
    __table_args__ = (
        CheckConstraint("purpose IN ('download', 'reissue')", name="purpose_known"),
        UniqueConstraint("code", name="uq_certificate_packs_code"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    purpose: Mapped[str] = mapped_column(String(10))
    wanted: Mapped[dict[str, Any]] = mapped_column(Json)
    """How they were chosen: module, first and last day, zone, kind; of a person only that one was asked for."""
    reason: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(Instant)
    asked_by: Mapped[int]
    total: Mapped[int]
    done: Mapped[int]
    finished_at: Mapped[datetime | None] = mapped_column(Instant)


class PackMember(Base):
    """One certificate of a pack. `result_id`: the one that goes into the archive; without a file it is left out."""

    __tablename__ = "certificate_pack_members"
    __table_args__ = (
        UniqueConstraint("pack_id", "result_id", name="uq_certificate_pack_members_pack_id_result_id"),
        Index("ix_certificate_pack_members_open", "pack_id", "done_at", "certificate_id"),
    )

    pack_id: Mapped[int] = mapped_column(ForeignKey("certificate_packs.id"), primary_key=True)
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificates.id"), primary_key=True)
    result_id: Mapped[int | None] = mapped_column(ForeignKey("certificates.id"))
    done_at: Mapped[datetime | None] = mapped_column(Instant)


class CertificateDesign(Base):
    """A design of this installation's own: made from one that ships, or uploaded. Its versions are what is used."""

    __tablename__ = "certificate_designs"
    __table_args__ = (
        UniqueConstraint("name", name="uq_certificate_designs_name"),
        CheckConstraint("source IN ('form', 'upload')", name="source_known"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    source: Mapped[str] = mapped_column(String(8))
    made_at: Mapped[datetime] = mapped_column(Instant)
    made_by: Mapped[int]


class DesignVersion(Base):
    """One saved state of a design, never changed: its whole folder is one file, kept under this digest."""

    __tablename__ = "certificate_design_versions"
    __table_args__ = (
        UniqueConstraint("design_id", "number", name="uq_certificate_design_versions_design_id_number"),
        CheckConstraint("number >= 1", name="number_positive"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    design_id: Mapped[int] = mapped_column(ForeignKey("certificate_designs.id"))
    number: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    choices: Mapped[dict[str, Any]] = mapped_column(Json)
    """Of a form: what was chosen. Of an upload: the files by name with their sizes."""
    made_at: Mapped[datetime] = mapped_column(Instant)
    made_by: Mapped[int]


class DesignPublication(Base):
    """From here on a version may be given to a provider."""

    __tablename__ = "certificate_design_publications"

    version_id: Mapped[int] = mapped_column(
        ForeignKey("certificate_design_versions.id", name="fk_certificate_design_publications_version"),
        primary_key=True,
    )
    published_at: Mapped[datetime] = mapped_column(Instant)
    published_by: Mapped[int]


class CertificateLook(Base):
    """What certificates of a provider and kind look like from an instant on: the last row before a grant counts."""

    __tablename__ = "certificate_looks"
    __table_args__ = (
        CheckConstraint("kind IN ('credit', 'participation')", name="kind_known"),
        CheckConstraint("paper IN ('country', 'letter', 'a4')", name="paper_known"),
        Index("ix_certificate_looks_provider_id_kind", "provider_id", "kind", "id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"))
    kind: Mapped[str] = mapped_column(String(14))
    version_id: Mapped[int | None] = mapped_column(
        ForeignKey("certificate_design_publications.version_id", name="fk_certificate_looks_version")
    )
    """None: the design that ships for this kind."""
    paper: Mapped[str] = mapped_column(String(8))
    chosen_at: Mapped[datetime] = mapped_column(Instant)
    chosen_by: Mapped[int]


_GROWING = (
    *(Certificate, CertificateEvent, CertificateFile, CertificateProposal, CertificateDecision),
    *(CertificateDesign, DesignVersion, DesignPublication, CertificateLook),
)
for _table in _GROWING:
    append_only(_table.__table__)  # pyright: ignore[reportArgumentType]
