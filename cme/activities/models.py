"""Tables of activities: providers, activities, releases, offers, front matter seen, library digests."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from cme.audit.models import RowId
from cme.store.database import Base
from cme.store.types import Instant, Json


class Provider(Base):
    """The organisation that awards credit. Texts are data: an office checks and edits them, code never words them."""

    __tablename__ = "providers"
    __table_args__ = (
        UniqueConstraint("key", name="uq_providers_key"),
        CheckConstraint("mode IN ('accredited', 'demonstration')", name="mode_known"),
        CheckConstraint("correction_days BETWEEN 1 AND 365", name="correction_days_sane"),
        CheckConstraint("approvals BETWEEN 0 AND 5", name="approvals_sane"),
        CheckConstraint("item_policy IN ('standard', 'no_true_false', 'strict')", name="item_policy_known"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    key: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(200))
    mode: Mapped[str] = mapped_column(String(14))
    accreditation_statement: Mapped[str] = mapped_column(Text)
    designation_statement: Mapped[str] = mapped_column(Text)
    participation_statement: Mapped[str] = mapped_column(Text)
    contact: Mapped[str] = mapped_column(Text)
    joint_with: Mapped[str] = mapped_column(String(200), default="", server_default="")
    """An organisation that is not accredited and provides these activities jointly; empty for most."""
    correction_days: Mapped[int]
    """Days that evaluation and claim stay open when a corrected key lifts somebody to a pass after the term."""
    alarm_holds: Mapped[bool] = mapped_column(
        Boolean(create_constraint=False), default=False, server_default=text("false")
    )
    """Whether a question whose key may be wrong is taken out of new attempts at once, beside becoming a task."""
    approvals: Mapped[int] = mapped_column(default=0, server_default="0")
    """People who did not edit a version of a quiz and must have approved it before it is published."""
    mails_certificate: Mapped[bool] = mapped_column(
        Boolean(create_constraint=False), default=False, server_default=text("false")
    )
    """Whether the letter that tells of a certificate brings the PDF along, beside the link."""
    item_policy: Mapped[str] = mapped_column(String(16), default="standard", server_default="standard")
    """Which notes on item writing keep a quiz from being published."""
    changed_at: Mapped[datetime] = mapped_column(Instant)


class Activity(Base):
    """An article offered for credit."""

    __tablename__ = "activities"
    __table_args__ = (UniqueConstraint("slug", name="uq_activities_slug"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    slug: Mapped[str] = mapped_column(String(80))
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id"))
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(Text)
    specialties: Mapped[list[str]] = mapped_column(Json)
    keywords: Mapped[list[str]] = mapped_column(Json)
    search_text: Mapped[str] = mapped_column(Text)
    """Lower-case, accents folded: what the catalogue's search looks in."""


class Release(Base):
    """One credit period of an activity. Immutable once published; a withdrawal is the only thing that follows."""

    __tablename__ = "releases"
    __table_args__ = (
        UniqueConstraint("activity_id", "number", name="uq_releases_activity_id_number"),
        # The ledger copies the term and refers to all three: so the database checks completion against the real one.
        UniqueConstraint("id", "opens_at", "closes_at", name="uq_releases_term"),
        Index("ix_releases_state_opens_at", "state", "opens_at"),
        CheckConstraint("state IN ('draft', 'published', 'withdrawn')", name="state_known"),
        CheckConstraint("opens_on <= expires_on", name="days_in_order"),
        CheckConstraint("opens_at < closes_at AND closes_at <= claims_close_at", name="instants_in_order"),
        CheckConstraint("grace_days BETWEEN 0 AND 366", name="grace_sane"),
        CheckConstraint("pass_points BETWEEN 1 AND total_points", name="pass_reachable"),
        CheckConstraint("(state = 'draft') = (published_at IS NULL)", name="published_has_instant"),
        CheckConstraint("(state = 'withdrawn') = (withdrawn_at IS NOT NULL)", name="withdrawn_has_instant"),
        CheckConstraint("provider_mode IN ('accredited', 'demonstration')", name="provider_mode_known"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activities.id"))
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(12))
    revision_id: Mapped[int] = mapped_column(ForeignKey("article_revisions.id"))
    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"))
    provider_mode: Mapped[str] = mapped_column(String(14))
    """Copied at publishing: entering an accredited provider later changes new releases only."""
    provider_snapshot: Mapped[dict[str, Any]] = mapped_column(Json)
    """{key, name, mode, joint_with, accreditation_, designation_, participation_statement, contact}."""
    released_on: Mapped[date] = mapped_column(Date)
    reviewed_on: Mapped[date | None] = mapped_column(Date)
    opens_on: Mapped[date] = mapped_column(Date)
    expires_on: Mapped[date] = mapped_column(Date)
    zone: Mapped[str] = mapped_column(String(60))
    grace_days: Mapped[int]
    opens_at: Mapped[datetime] = mapped_column(Instant)
    closes_at: Mapped[datetime] = mapped_column(Instant)
    claims_close_at: Mapped[datetime] = mapped_column(Instant)
    learning_format: Mapped[str] = mapped_column(String(60))
    estimated_minutes: Mapped[int]
    estimate_method: Mapped[str] = mapped_column(Text)
    pass_points: Mapped[int]
    total_points: Mapped[int]
    repeat_credit: Mapped[bool] = mapped_column(Boolean(create_constraint=False))
    """Whether somebody with credit for an earlier release may earn credit again."""
    front_matter: Mapped[dict[str, Any]] = mapped_column(Json)
    front_matter_digest: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Instant)
    published_at: Mapped[datetime | None] = mapped_column(Instant)
    published_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    withdrawal_reason: Mapped[str | None] = mapped_column(Text)


class CreditOffer(Base):
    """What a release can give: the credit type and its maximum, in quarters of a credit."""

    __tablename__ = "credit_offers"
    __table_args__ = (
        UniqueConstraint("release_id", "type", name="uq_credit_offers_release_id_type"),
        CheckConstraint("maximum_quarters >= 1", name="maximum_positive"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    release_id: Mapped[int] = mapped_column(ForeignKey("releases.id"))
    type: Mapped[str] = mapped_column(String(40))
    maximum_quarters: Mapped[int]


class MinorRevision(Base):
    """A small correction of the text added while a release runs: when, by whom, why."""

    __tablename__ = "minor_revisions"

    release_id: Mapped[int] = mapped_column(ForeignKey("releases.id"), primary_key=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("article_revisions.id"), primary_key=True)
    added_at: Mapped[datetime] = mapped_column(Instant)
    added_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    reason: Mapped[str] = mapped_column(Text)
    clinical: Mapped[bool] = mapped_column(
        Boolean(create_constraint=False), default=False, server_default=text("false")
    )
    """Whether what was corrected could matter to a patient: those certified before may have to be told."""


class FrontMatterView(Base):
    """Which front matter a person was shown before starting, and when first."""

    __tablename__ = "front_matter_views"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    release_id: Mapped[int] = mapped_column(ForeignKey("releases.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    seen_at: Mapped[datetime] = mapped_column(Instant)


class LibraryDigest(Base):
    """What was last loaded of a library folder's file, so that a restart never undoes an editor's work."""

    __tablename__ = "library_digests"

    slug: Mapped[str] = mapped_column(String(80), primary_key=True)
    file: Mapped[str] = mapped_column(String(80), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    loaded_at: Mapped[datetime] = mapped_column(Instant)
