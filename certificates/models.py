"""Tables of certificates: the frozen document, what happened to it, where its bytes are."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
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
    """Issued, replaced, revoked: the state of a certificate is its last event."""

    __tablename__ = "certificate_events"
    __table_args__ = (
        CheckConstraint("event IN ('issued', 'replaced', 'revoked')", name="event_known"),
        Index("ix_certificate_events_certificate_id", "certificate_id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificates.id"))
    event: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(Text)
    by_person_id: Mapped[int | None]


class CertificateFile(Base):
    """Where the one set of bytes of a certificate is kept, and what made it. The first stored file wins."""

    __tablename__ = "certificate_files"
    __table_args__ = (CheckConstraint("kind IN ('pdf', 'picture')", name="kind_known"),)

    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificates.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    engine: Mapped[str] = mapped_column(String(120))
    stored_at: Mapped[datetime] = mapped_column(Instant)


for _table in (Certificate, CertificateEvent, CertificateFile):
    append_only(_table.__table__)  # pyright: ignore[reportArgumentType]
