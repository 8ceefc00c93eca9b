"""the first tables.

Old code may still run while this migration does: add before you use, stop using before you remove.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from cme.store.guards import append_only_statements, drop_statements
from quizzes.models import guards as quiz_guards

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
GROWING = (
    "audit_events",
    "certificate_decisions",
    "certificate_events",
    "certificate_files",
    "certificate_proposals",
    "certificates",
    "claim_decisions",
    "credits",
    "evaluation_responses",
)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "articles",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
        sa.UniqueConstraint("slug", name="uq_articles_slug"),
    )
    op.create_table(
        "audit_events",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("event", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.String(length=80), nullable=False),
        sa.Column("details", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_events")),
    )
    with op.batch_alter_table("audit_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_events_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_events_event"), ["event"], unique=False)
        batch_op.create_index("ix_audit_events_subject", ["subject", "subject_id"], unique=False)

    op.create_table(
        "certificate_packs",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("purpose", sa.String(length=10), nullable=False),
        sa.Column("wanted", JSON, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose IN ('download', 'reissue')", name=op.f("ck_certificate_packs_purpose_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_packs")),
        sa.UniqueConstraint("code", name="uq_certificate_packs_code"),
    )
    op.create_table(
        "evaluation_forms",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("questions", JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_forms")),
        sa.UniqueConstraint("key", "version", name="uq_evaluation_forms_key_version"),
    )
    op.create_table(
        "library_digests",
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("file", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("slug", "file", name=op.f("pk_library_digests")),
    )
    op.create_table(
        "outbox_work",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_outbox_work_tries_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_work")),
    )
    with op.batch_alter_table("outbox_work", schema=None) as batch_op:
        batch_op.create_index(
            "ix_outbox_work_due",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("finished_at IS NULL AND failed_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL AND failed_at IS NULL"),
        )
        batch_op.create_index(
            "uq_outbox_work_unfinished",
            ["kind", "key"],
            unique=True,
            sqlite_where=sa.text("finished_at IS NULL AND failed_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL AND failed_at IS NULL"),
        )

    op.create_table(
        "people",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("credentials", sa.String(length=40), nullable=False),
        sa.Column("profession", sa.String(length=20), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "profession IN ('physician', 'resident', 'pa', 'np', 'nurse', 'pharmacist', 'other')",
            name=op.f("ck_people_profession_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("email_key", name="uq_people_email_key"),
    )
    op.create_table(
        "providers",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("mode", sa.String(length=14), nullable=False),
        sa.Column("accreditation_statement", sa.Text(), nullable=False),
        sa.Column("designation_statement", sa.Text(), nullable=False),
        sa.Column("participation_statement", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("correction_days", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("mode IN ('accredited', 'demonstration')", name=op.f("ck_providers_mode_known")),
        sa.CheckConstraint("correction_days BETWEEN 1 AND 365", name=op.f("ck_providers_correction_days_sane")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_providers")),
        sa.UniqueConstraint("key", name="uq_providers_key"),
    )
    op.create_table(
        "quizzes",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quizzes")),
        sa.UniqueConstraint("key", name="uq_quizzes_key"),
    )
    op.create_table(
        "throttles",
        sa.Column("bucket", sa.String(length=80), nullable=False),
        sa.Column("window_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("bucket", "window_at", name=op.f("pk_throttles")),
    )
    op.create_table(
        "accommodations",
        sa.Column("person_id", ROW_ID, nullable=False),
        sa.Column("extra_time_percent", sa.Integer(), nullable=False),
        sa.Column("extra_attempts", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", ROW_ID, nullable=False),
        sa.CheckConstraint("extra_attempts BETWEEN 0 AND 100", name=op.f("ck_accommodations_extra_attempts_sane")),
        sa.CheckConstraint("extra_time_percent BETWEEN 0 AND 900", name=op.f("ck_accommodations_extra_time_sane")),
        sa.ForeignKeyConstraint(["changed_by"], ["people.id"], name=op.f("fk_accommodations_changed_by_people")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_accommodations_person_id_people")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_accommodations")),
    )
    op.create_table(
        "activities",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("article_id", ROW_ID, nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("specialties", JSON, nullable=False),
        sa.Column("keywords", JSON, nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_activities_article_id_articles")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activities")),
        sa.UniqueConstraint("slug", name="uq_activities_slug"),
    )
    op.create_table(
        "answer_tallies",
        sa.Column("quiz_id", ROW_ID, nullable=False),
        sa.Column("lineage", sa.String(length=80), nullable=False),
        sa.Column("series", sa.String(length=16), nullable=False),
        sa.Column("rest", sa.Integer(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("chosen", sa.String(length=8), nullable=False),
        sa.Column("certainty", sa.String(length=8), nullable=False),
        sa.Column("takers", sa.Integer(), nullable=False),
        sa.CheckConstraint("takers >= 0", name=op.f("ck_answer_tallies_takers_not_negative")),
        sa.ForeignKeyConstraint(["quiz_id"], ["quizzes.id"], name=op.f("fk_answer_tallies_quiz_id_quizzes")),
        sa.PrimaryKeyConstraint(
            "quiz_id", "lineage", "series", "rest", "points", "chosen", "certainty", name=op.f("pk_answer_tallies")
        ),
    )
    op.create_table(
        "article_revisions",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("article_id", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_digest", sa.String(length=64), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("preview_html", sa.Text(), nullable=False),
        sa.Column("sections", JSON, nullable=False),
        sa.Column("glossary", JSON, nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", ROW_ID, nullable=True),
        sa.CheckConstraint(
            "(state = 'published') = (published_at IS NOT NULL)",
            name=op.f("ck_article_revisions_published_has_instant"),
        ),
        sa.CheckConstraint("state IN ('draft', 'published')", name=op.f("ck_article_revisions_state_known")),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_article_revisions_article_id_articles")),
        sa.ForeignKeyConstraint(["created_by"], ["people.id"], name=op.f("fk_article_revisions_created_by_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_revisions")),
        sa.UniqueConstraint("article_id", "number", name="uq_article_revisions_article_id_number"),
    )
    with op.batch_alter_table("article_revisions", schema=None) as batch_op:
        batch_op.create_index(
            "uq_article_revisions_one_draft",
            ["article_id"],
            unique=True,
            sqlite_where=sa.text("state = 'draft'"),
            postgresql_where=sa.text("state = 'draft'"),
        )

    op.create_table(
        "health_settings",
        sa.Column("quiz_id", ROW_ID, nullable=False),
        sa.Column("holds", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["quiz_id"], ["quizzes.id"], name=op.f("fk_health_settings_quiz_id_quizzes")),
        sa.PrimaryKeyConstraint("quiz_id", name=op.f("pk_health_settings")),
    )
    op.create_table(
        "item_holds",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("quiz_id", ROW_ID, nullable=False),
        sa.Column("lineage", sa.String(length=80), nullable=False),
        sa.Column("cause", sa.String(length=12), nullable=False),
        sa.Column("details", JSON, nullable=False),
        sa.Column("still_drawn", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", ROW_ID, nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", ROW_ID, nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.CheckConstraint("cause IN ('passage', 'key', 'alarm', 'editor')", name=op.f("ck_item_holds_cause_known")),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome IN ('confirmed', 'edited', 'gone')", name=op.f("ck_item_holds_outcome_known")
        ),
        sa.CheckConstraint(
            "(released_at IS NULL) = (outcome IS NULL)", name=op.f("ck_item_holds_released_has_outcome")
        ),
        sa.ForeignKeyConstraint(["opened_by"], ["people.id"], name=op.f("fk_item_holds_opened_by_people")),
        sa.ForeignKeyConstraint(["quiz_id"], ["quizzes.id"], name=op.f("fk_item_holds_quiz_id_quizzes")),
        sa.ForeignKeyConstraint(["released_by"], ["people.id"], name=op.f("fk_item_holds_released_by_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_holds")),
    )
    with op.batch_alter_table("item_holds", schema=None) as batch_op:
        batch_op.create_index(
            "uq_item_holds_one_open",
            ["quiz_id", "lineage", "cause"],
            unique=True,
            sqlite_where=sa.text("released_at IS NULL"),
            postgresql_where=sa.text("released_at IS NULL"),
        )

    op.create_table(
        "mailed_links",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("person_id", ROW_ID, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "purpose IN ('confirm', 'reset', 'change-email')", name=op.f("ck_mailed_links_purpose_known")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_mailed_links_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailed_links")),
        sa.UniqueConstraint("token_digest", name="uq_mailed_links_token_digest"),
    )
    with op.batch_alter_table("mailed_links", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mailed_links_person_id"), ["person_id"], unique=False)

    op.create_table(
        "quiz_versions",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("quiz_id", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("blueprint", JSON, nullable=False),
        sa.Column("topics", JSON, nullable=False),
        sa.Column("vignettes", JSON, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("delivery", JSON, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", ROW_ID, nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by", ROW_ID, nullable=True),
        sa.CheckConstraint(
            "state IN ('draft', 'published', 'retired', 'discarded')", name=op.f("ck_quiz_versions_state_known")
        ),
        sa.CheckConstraint(
            "state NOT IN ('published', 'retired') OR published_at IS NOT NULL",
            name=op.f("ck_quiz_versions_published_has_instant"),
        ),
        sa.CheckConstraint("edition >= 1", name=op.f("ck_quiz_versions_edition_positive")),
        sa.ForeignKeyConstraint(["created_by"], ["people.id"], name=op.f("fk_quiz_versions_created_by_people")),
        sa.ForeignKeyConstraint(["published_by"], ["people.id"], name=op.f("fk_quiz_versions_published_by_people")),
        sa.ForeignKeyConstraint(["quiz_id"], ["quizzes.id"], name=op.f("fk_quiz_versions_quiz_id_quizzes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quiz_versions")),
        sa.UniqueConstraint("quiz_id", "number", name="uq_quiz_versions_quiz_id_number"),
        info={"keep_published": True},
    )
    with op.batch_alter_table("quiz_versions", schema=None) as batch_op:
        batch_op.create_index(
            "uq_quiz_versions_one_draft",
            ["quiz_id"],
            unique=True,
            sqlite_where=sa.text("state = 'draft'"),
            postgresql_where=sa.text("state = 'draft'"),
        )
        batch_op.create_index(
            "uq_quiz_versions_one_published",
            ["quiz_id"],
            unique=True,
            sqlite_where=sa.text("state = 'published'"),
            postgresql_where=sa.text("state = 'published'"),
        )

    op.create_table(
        "role_grants",
        sa.Column("person_id", ROW_ID, nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted_by", ROW_ID, nullable=True),
        sa.CheckConstraint(
            "role IN ('editor', 'reviewer', 'registrar', 'administrator')", name=op.f("ck_role_grants_role_known")
        ),
        sa.ForeignKeyConstraint(["granted_by"], ["people.id"], name=op.f("fk_role_grants_granted_by_people")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_role_grants_person_id_people")),
        sa.PrimaryKeyConstraint("person_id", "role", name=op.f("pk_role_grants")),
    )
    op.create_table(
        "sign_in_sessions",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("person_id", ROW_ID, nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("device", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_sign_in_sessions_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_sessions")),
        sa.UniqueConstraint("token_digest", name="uq_sign_in_sessions_token_digest"),
    )
    with op.batch_alter_table("sign_in_sessions", schema=None) as batch_op:
        batch_op.create_index("ix_sign_in_sessions_person_id", ["person_id"], unique=False)

    op.create_table(
        "site_pages",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", ROW_ID, nullable=True),
        sa.ForeignKeyConstraint(["changed_by"], ["people.id"], name=op.f("fk_site_pages_changed_by_people")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_site_pages")),
    )
    op.create_table(
        "article_references",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("revision_id", ROW_ID, nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("doi", sa.String(length=120), nullable=True),
        sa.Column("pmid", sa.String(length=12), nullable=True),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["article_revisions.id"], name=op.f("fk_article_references_revision_id_article_revisions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_references")),
        sa.UniqueConstraint("revision_id", "key", name="uq_article_references_revision_id_key"),
        sa.UniqueConstraint("revision_id", "number", name="uq_article_references_revision_id_number"),
    )
    op.create_table(
        "figures",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("revision_id", ROW_ID, nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("alt", sa.String(length=300), nullable=False),
        sa.Column("caption_html", sa.Text(), nullable=False),
        sa.Column("description_html", sa.Text(), nullable=False),
        sa.Column("svg", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["article_revisions.id"], name=op.f("fk_figures_revision_id_article_revisions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figures")),
        sa.UniqueConstraint("revision_id", "key", name="uq_figures_revision_id_key"),
    )
    op.create_table(
        "passage_proofs",
        sa.Column("quiz_id", ROW_ID, nullable=False),
        sa.Column("lineage", sa.String(length=80), nullable=False),
        sa.Column("article_id", ROW_ID, nullable=False),
        sa.Column("anchor", sa.String(length=80), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("revision_id", ROW_ID, nullable=False),
        sa.Column("vouched_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_passage_proofs_article_id_articles")),
        sa.ForeignKeyConstraint(["quiz_id"], ["quizzes.id"], name=op.f("fk_passage_proofs_quiz_id_quizzes")),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["article_revisions.id"], name=op.f("fk_passage_proofs_revision_id_article_revisions")
        ),
        sa.PrimaryKeyConstraint("quiz_id", "lineage", "article_id", "anchor", name=op.f("pk_passage_proofs")),
    )
    op.create_table(
        "passages",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("revision_id", ROW_ID, nullable=False),
        sa.Column("anchor", sa.String(length=80), nullable=False),
        sa.Column("section", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["article_revisions.id"], name=op.f("fk_passages_revision_id_article_revisions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passages")),
        sa.UniqueConstraint("revision_id", "anchor", name="uq_passages_revision_id_anchor"),
    )
    op.create_table(
        "questions",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("version_id", ROW_ID, nullable=False),
        sa.Column("lineage", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(length=40), nullable=False),
        sa.Column("objective", sa.String(length=40), nullable=False),
        sa.Column("tags", JSON, nullable=False),
        sa.Column("apart", JSON, nullable=False),
        sa.Column("stem", sa.Text(), nullable=False),
        sa.Column("ordered", sa.Boolean(), nullable=False),
        sa.Column("passages", JSON, nullable=False),
        sa.Column("reference_keys", JSON, nullable=False),
        sa.Column("kind", sa.String(length=12), server_default="single", nullable=False),
        sa.Column("points", sa.Integer(), server_default="1", nullable=False),
        sa.Column("settings", JSON, server_default=sa.text("'{}'"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('single', 'multiple', 'matching', 'ordering', 'numeric', 'true_false')",
            name=op.f("ck_questions_kind_known"),
        ),
        sa.CheckConstraint("points BETWEEN 1 AND 20", name=op.f("ck_questions_points_sane")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["quiz_versions.id"], name=op.f("fk_questions_version_id_quiz_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
        sa.UniqueConstraint("version_id", "lineage", name="uq_questions_version_id_lineage"),
        info={"keep_published": True},
    )
    op.create_table(
        "readings",
        sa.Column("person_id", ROW_ID, nullable=False),
        sa.Column("revision_id", ROW_ID, nullable=False),
        sa.Column("sections", JSON, nullable=False),
        sa.Column("position", sa.String(length=80), nullable=True),
        sa.Column("active_seconds", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_how", sa.String(length=12), nullable=True),
        sa.CheckConstraint("read_how IN ('sections', 'button')", name=op.f("ck_readings_how_known")),
        sa.CheckConstraint("(read_at IS NULL) = (read_how IS NULL)", name=op.f("ck_readings_read_has_how")),
        sa.CheckConstraint("active_seconds >= 0", name=op.f("ck_readings_seconds_not_negative")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_readings_person_id_people")),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["article_revisions.id"], name=op.f("fk_readings_revision_id_article_revisions")
        ),
        sa.PrimaryKeyConstraint("person_id", "revision_id", name=op.f("pk_readings")),
    )
    op.create_table(
        "releases",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("activity_id", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("revision_id", ROW_ID, nullable=False),
        sa.Column("provider_id", ROW_ID, nullable=False),
        sa.Column("provider_mode", sa.String(length=14), nullable=False),
        sa.Column("provider_snapshot", JSON, nullable=False),
        sa.Column("released_on", sa.Date(), nullable=False),
        sa.Column("reviewed_on", sa.Date(), nullable=True),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.Column("grace_days", sa.Integer(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claims_close_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("learning_format", sa.String(length=60), nullable=False),
        sa.Column("estimated_minutes", sa.Integer(), nullable=False),
        sa.Column("estimate_method", sa.Text(), nullable=False),
        sa.Column("pass_points", sa.Integer(), nullable=False),
        sa.Column("total_points", sa.Integer(), nullable=False),
        sa.Column("repeat_credit", sa.Boolean(), nullable=False),
        sa.Column("front_matter", JSON, nullable=False),
        sa.Column("front_matter_digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by", ROW_ID, nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", ROW_ID, nullable=True),
        sa.Column("withdrawal_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(state = 'draft') = (published_at IS NULL)", name=op.f("ck_releases_published_has_instant")
        ),
        sa.CheckConstraint(
            "(state = 'withdrawn') = (withdrawn_at IS NOT NULL)", name=op.f("ck_releases_withdrawn_has_instant")
        ),
        sa.CheckConstraint(
            "provider_mode IN ('accredited', 'demonstration')", name=op.f("ck_releases_provider_mode_known")
        ),
        sa.CheckConstraint("state IN ('draft', 'published', 'withdrawn')", name=op.f("ck_releases_state_known")),
        sa.CheckConstraint("grace_days BETWEEN 0 AND 366", name=op.f("ck_releases_grace_sane")),
        sa.CheckConstraint(
            "opens_at < closes_at AND closes_at <= claims_close_at", name=op.f("ck_releases_instants_in_order")
        ),
        sa.CheckConstraint("opens_on <= expires_on", name=op.f("ck_releases_days_in_order")),
        sa.CheckConstraint("pass_points BETWEEN 1 AND total_points", name=op.f("ck_releases_pass_reachable")),
        sa.ForeignKeyConstraint(["activity_id"], ["activities.id"], name=op.f("fk_releases_activity_id_activities")),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name=op.f("fk_releases_provider_id_providers")),
        sa.ForeignKeyConstraint(["published_by"], ["people.id"], name=op.f("fk_releases_published_by_people")),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["article_revisions.id"], name=op.f("fk_releases_revision_id_article_revisions")
        ),
        sa.ForeignKeyConstraint(["withdrawn_by"], ["people.id"], name=op.f("fk_releases_withdrawn_by_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_releases")),
        sa.UniqueConstraint("activity_id", "number", name="uq_releases_activity_id_number"),
        sa.UniqueConstraint("id", "opens_at", "closes_at", name="uq_releases_term"),
    )
    with op.batch_alter_table("releases", schema=None) as batch_op:
        batch_op.create_index("ix_releases_state_opens_at", ["state", "opens_at"], unique=False)

    op.create_table(
        "score_tallies",
        sa.Column("version_id", ROW_ID, nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("earned", sa.Integer(), nullable=False),
        sa.Column("takers", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["quiz_versions.id"], name=op.f("fk_score_tallies_version_id_quiz_versions")
        ),
        sa.PrimaryKeyConstraint("version_id", "total", "earned", name=op.f("pk_score_tallies")),
    )
    op.create_table(
        "attempts",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("person_id", ROW_ID, nullable=False),
        sa.Column("release_id", ROW_ID, nullable=False),
        sa.Column("version_id", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("for_credit", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("total_points", sa.Integer(), nullable=False),
        sa.Column("pass_points", sa.Integer(), nullable=False),
        sa.Column("earned_points", sa.Integer(), nullable=True),
        sa.Column("passed", sa.Boolean(), nullable=True),
        sa.Column("counted", sa.Boolean(), nullable=True),
        sa.CheckConstraint(
            "(state = 'submitted') = (earned_points IS NOT NULL)", name=op.f("ck_attempts_submitted_has_score")
        ),
        sa.CheckConstraint(
            "(state = 'submitted') = (submitted_at IS NOT NULL)", name=op.f("ck_attempts_submitted_has_instant")
        ),
        sa.CheckConstraint("state IN ('open', 'submitted')", name=op.f("ck_attempts_state_known")),
        sa.CheckConstraint("due_at IS NULL OR due_at > started_at", name=op.f("ck_attempts_due_after_start")),
        sa.CheckConstraint(
            "earned_points IS NULL OR earned_points BETWEEN 0 AND total_points", name=op.f("ck_attempts_score_in_range")
        ),
        sa.CheckConstraint("pass_points BETWEEN 1 AND total_points", name=op.f("ck_attempts_pass_reachable")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_attempts_person_id_people")),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name=op.f("fk_attempts_release_id_releases")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["quiz_versions.id"], name=op.f("fk_attempts_version_id_quiz_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
        sa.UniqueConstraint("code", name="uq_attempts_code"),
        sa.UniqueConstraint("person_id", "release_id", "number", name="uq_attempts_person_id_release_id_number"),
    )
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.create_index(
            "ix_attempts_open_due_at",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("state = 'open' AND due_at IS NOT NULL"),
            postgresql_where=sa.text("state = 'open' AND due_at IS NOT NULL"),
        )
        batch_op.create_index("ix_attempts_release_id_submitted_at", ["release_id", "submitted_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_attempts_version_id"), ["version_id"], unique=False)
        batch_op.create_index(
            "uq_attempts_one_open",
            ["person_id", "release_id"],
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.create_table(
        "choices",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("question_id", ROW_ID, nullable=False),
        sa.Column("key", sa.String(length=8), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("correct", sa.Boolean(), nullable=False),
        sa.Column("exclusive", sa.Boolean(), server_default=sa.text("(true)"), nullable=False),
        sa.Column("rationale", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["question_id"], ["questions.id"], name=op.f("fk_choices_question_id_questions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_choices")),
        sa.UniqueConstraint("question_id", "key", name="uq_choices_question_id_key"),
        info={"keep_published": True},
    )
    with op.batch_alter_table("choices", schema=None) as batch_op:
        batch_op.create_index(
            "uq_choices_one_correct",
            ["question_id"],
            unique=True,
            sqlite_where=sa.text("correct AND exclusive"),
            postgresql_where=sa.text("correct AND exclusive"),
        )

    op.create_table(
        "claim_decisions",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("person_id", ROW_ID, nullable=False),
        sa.Column("release_id", ROW_ID, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("facts", JSON, nullable=False),
        sa.Column("verdicts", JSON, nullable=False),
        sa.Column("rules_version", sa.String(length=20), nullable=False),
        sa.CheckConstraint("outcome IN ('granted', 'denied')", name=op.f("ck_claim_decisions_outcome_known")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_claim_decisions_person_id_people")),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name=op.f("fk_claim_decisions_release_id_releases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_decisions")),
    )
    with op.batch_alter_table("claim_decisions", schema=None) as batch_op:
        batch_op.create_index("ix_claim_decisions_person_id", ["person_id"], unique=False)
        batch_op.create_index("ix_claim_decisions_release_id_decided_at", ["release_id", "decided_at"], unique=False)
        batch_op.create_index(
            "uq_claim_decisions_one_grant",
            ["person_id", "release_id"],
            unique=True,
            sqlite_where=sa.text("outcome = 'granted' AND code = 'granted'"),
            postgresql_where=sa.text("outcome = 'granted' AND code = 'granted'"),
        )

    op.create_table(
        "claim_extensions",
        sa.Column("person_id", ROW_ID, nullable=False),
        sa.Column("release_id", ROW_ID, nullable=False),
        sa.Column("open_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=120), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_claim_extensions_person_id_people")),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name=op.f("fk_claim_extensions_release_id_releases")),
        sa.PrimaryKeyConstraint("person_id", "release_id", name=op.f("pk_claim_extensions")),
    )
    op.create_table(
        "credit_offers",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("release_id", ROW_ID, nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("maximum_quarters", sa.Integer(), nullable=False),
        sa.CheckConstraint("maximum_quarters >= 1", name=op.f("ck_credit_offers_maximum_positive")),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name=op.f("fk_credit_offers_release_id_releases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_offers")),
        sa.UniqueConstraint("release_id", "type", name="uq_credit_offers_release_id_type"),
    )
    op.create_table(
        "evaluation_assignments",
        sa.Column("release_id", ROW_ID, nullable=False),
        sa.Column("form_id", ROW_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["form_id"], ["evaluation_forms.id"], name=op.f("fk_evaluation_assignments_form_id_evaluation_forms")
        ),
        sa.ForeignKeyConstraint(
            ["release_id"], ["releases.id"], name=op.f("fk_evaluation_assignments_release_id_releases")
        ),
        sa.PrimaryKeyConstraint("release_id", name=op.f("pk_evaluation_assignments")),
    )
    op.create_table(
        "evaluation_responses",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("person_id", ROW_ID, nullable=False),
        sa.Column("release_id", ROW_ID, nullable=False),
        sa.Column("form_id", ROW_ID, nullable=False),
        sa.Column("answers", JSON, nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["form_id"], ["evaluation_forms.id"], name=op.f("fk_evaluation_responses_form_id_evaluation_forms")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_evaluation_responses_person_id_people")),
        sa.ForeignKeyConstraint(
            ["release_id"], ["releases.id"], name=op.f("fk_evaluation_responses_release_id_releases")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_responses")),
        sa.UniqueConstraint("person_id", "release_id", name="uq_evaluation_responses_person_id_release_id"),
    )
    op.create_table(
        "front_matter_views",
        sa.Column("person_id", ROW_ID, nullable=False),
        sa.Column("release_id", ROW_ID, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_front_matter_views_person_id_people")),
        sa.ForeignKeyConstraint(
            ["release_id"], ["releases.id"], name=op.f("fk_front_matter_views_release_id_releases")
        ),
        sa.PrimaryKeyConstraint("person_id", "release_id", name=op.f("pk_front_matter_views")),
    )
    op.create_table(
        "key_corrections",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("quiz_id", ROW_ID, nullable=False),
        sa.Column("lineage", sa.String(length=80), nullable=False),
        sa.Column("question_id", ROW_ID, nullable=False),
        sa.Column("treatment", sa.String(length=12), nullable=False),
        sa.Column("keys", JSON, nullable=False),
        sa.Column("policy", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", ROW_ID, nullable=True),
        sa.Column("predicted", JSON, nullable=False),
        sa.Column("reached", sa.Integer(), nullable=False),
        sa.Column("looked_at", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'finished') = (finished_at IS NOT NULL)", name=op.f("ck_key_corrections_finished_has_instant")
        ),
        sa.CheckConstraint("policy IN ('never_lower', 'rescore_all')", name=op.f("ck_key_corrections_policy_known")),
        sa.CheckConstraint("state IN ('running', 'finished')", name=op.f("ck_key_corrections_state_known")),
        sa.CheckConstraint(
            "treatment IN ('key', 'accept', 'everyone', 'drop')", name=op.f("ck_key_corrections_treatment_known")
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["people.id"], name=op.f("fk_key_corrections_asked_by_people")),
        sa.ForeignKeyConstraint(
            ["question_id"], ["questions.id"], name=op.f("fk_key_corrections_question_id_questions")
        ),
        sa.ForeignKeyConstraint(["quiz_id"], ["quizzes.id"], name=op.f("fk_key_corrections_quiz_id_quizzes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_corrections")),
    )
    with op.batch_alter_table("key_corrections", schema=None) as batch_op:
        batch_op.create_index("ix_key_corrections_quiz_id", ["quiz_id"], unique=False)

    op.create_table(
        "minor_revisions",
        sa.Column("release_id", ROW_ID, nullable=False),
        sa.Column("revision_id", ROW_ID, nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", ROW_ID, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["added_by"], ["people.id"], name=op.f("fk_minor_revisions_added_by_people")),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name=op.f("fk_minor_revisions_release_id_releases")),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["article_revisions.id"], name=op.f("fk_minor_revisions_revision_id_article_revisions")
        ),
        sa.PrimaryKeyConstraint("release_id", "revision_id", name=op.f("pk_minor_revisions")),
    )
    op.create_table(
        "quiz_assignments",
        sa.Column("release_id", ROW_ID, nullable=False),
        sa.Column("quiz_id", ROW_ID, nullable=False),
        sa.ForeignKeyConstraint(["quiz_id"], ["quizzes.id"], name=op.f("fk_quiz_assignments_quiz_id_quizzes")),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name=op.f("fk_quiz_assignments_release_id_releases")),
        sa.PrimaryKeyConstraint("release_id", name=op.f("pk_quiz_assignments")),
    )
    with op.batch_alter_table("quiz_assignments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_quiz_assignments_quiz_id"), ["quiz_id"], unique=False)

    op.create_table(
        "requirements_met",
        sa.Column("person_id", ROW_ID, nullable=False),
        sa.Column("release_id", ROW_ID, nullable=False),
        sa.Column("requirement", sa.String(length=20), nullable=False),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("evidence", sa.String(length=120), nullable=False),
        sa.CheckConstraint("requirement IN ('quiz')", name=op.f("ck_requirements_met_requirement_known")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_requirements_met_person_id_people")),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name=op.f("fk_requirements_met_release_id_releases")),
        sa.PrimaryKeyConstraint("person_id", "release_id", "requirement", name=op.f("pk_requirements_met")),
    )
    op.create_table(
        "answers",
        sa.Column("attempt_id", ROW_ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("question_id", ROW_ID, nullable=False),
        sa.Column("choice_order", JSON, nullable=False),
        sa.Column("kind", sa.String(length=12), server_default="single", nullable=False),
        sa.Column("parts", JSON, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("chosen", sa.Text(), nullable=True),
        sa.Column("certainty", sa.String(length=6), nullable=True),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("points", sa.Integer(), nullable=True),
        sa.Column("maximum", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "certainty IS NULL OR certainty IN ('low', 'middle', 'high')", name=op.f("ck_answers_certainty_known")
        ),
        sa.CheckConstraint(
            "kind IN ('single', 'multiple', 'matching', 'ordering', 'numeric', 'true_false')",
            name=op.f("ck_answers_kind_known"),
        ),
        sa.CheckConstraint("maximum BETWEEN 1 AND 20", name=op.f("ck_answers_maximum_sane")),
        sa.CheckConstraint("points IS NULL OR points BETWEEN 0 AND maximum", name=op.f("ck_answers_points_in_range")),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name=op.f("fk_answers_attempt_id_attempts")),
        sa.ForeignKeyConstraint(["question_id"], ["questions.id"], name=op.f("fk_answers_question_id_questions")),
        sa.PrimaryKeyConstraint("attempt_id", "position", name=op.f("pk_answers")),
        sa.UniqueConstraint("attempt_id", "question_id", name="uq_answers_attempt_id_question_id"),
    )
    with op.batch_alter_table("answers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_answers_question_id"), ["question_id"], unique=False)

    op.create_table(
        "credits",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("entry", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=14), nullable=False),
        sa.Column("person_id", ROW_ID, nullable=False),
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("decision_id", ROW_ID, nullable=False),
        sa.Column("follows_id", ROW_ID, nullable=True),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("amount_quarters", sa.Integer(), nullable=False),
        sa.Column("maximum_quarters", sa.Integer(), nullable=False),
        sa.Column("credit_type", sa.String(length=40), nullable=False),
        sa.Column("attestation", sa.Text(), nullable=False),
        sa.Column("snapshot", JSON, nullable=False),
        sa.CheckConstraint(
            "(entry = 'correction') = (follows_id IS NOT NULL)", name=op.f("ck_credits_correction_follows")
        ),
        sa.CheckConstraint("entry IN ('earned', 'correction')", name=op.f("ck_credits_entry_known")),
        sa.CheckConstraint("kind IN ('credit', 'participation')", name=op.f("ck_credits_kind_known")),
        sa.CheckConstraint("amount_quarters BETWEEN 1 AND maximum_quarters", name=op.f("ck_credits_amount_in_range")),
        sa.CheckConstraint("completed_at <= granted_at", name=op.f("ck_credits_completed_before_granted")),
        sa.CheckConstraint(
            "completed_at >= opens_at AND completed_at < closes_at", name=op.f("ck_credits_completed_inside_term")
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["claim_decisions.id"], name=op.f("fk_credits_decision_id_claim_decisions")
        ),
        sa.ForeignKeyConstraint(["follows_id"], ["credits.id"], name=op.f("fk_credits_follows_id_credits")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_credits_person_id_people")),
        sa.ForeignKeyConstraint(
            ["release_id", "opens_at", "closes_at"],
            ["releases.id", "releases.opens_at", "releases.closes_at"],
            name="fk_credits_term",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credits")),
        sa.UniqueConstraint("decision_id", name="uq_credits_decision_id"),
        sa.UniqueConstraint("follows_id", name="uq_credits_follows_id"),
    )
    with op.batch_alter_table("credits", schema=None) as batch_op:
        batch_op.create_index("ix_credits_person_id", ["person_id"], unique=False)
        batch_op.create_index("ix_credits_release_id_granted_at", ["release_id", "granted_at"], unique=False)
        batch_op.create_index(
            "uq_credits_one_per_release",
            ["person_id", "release_id"],
            unique=True,
            sqlite_where=sa.text("entry = 'earned'"),
            postgresql_where=sa.text("entry = 'earned'"),
        )

    op.create_table(
        "key_overrides",
        sa.Column("question_id", ROW_ID, nullable=False),
        sa.Column("correction_id", ROW_ID, nullable=False),
        sa.Column("treatment", sa.String(length=12), nullable=False),
        sa.Column("keys", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["correction_id"], ["key_corrections.id"], name=op.f("fk_key_overrides_correction_id_key_corrections")
        ),
        sa.ForeignKeyConstraint(["question_id"], ["questions.id"], name=op.f("fk_key_overrides_question_id_questions")),
        sa.PrimaryKeyConstraint("question_id", name=op.f("pk_key_overrides")),
    )
    with op.batch_alter_table("key_overrides", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_key_overrides_correction_id"), ["correction_id"], unique=False)

    op.create_table(
        "regrades",
        sa.Column("correction_id", ROW_ID, nullable=False),
        sa.Column("attempt_id", ROW_ID, nullable=False),
        sa.Column("earned_before", sa.Integer(), nullable=False),
        sa.Column("earned_after", sa.Integer(), nullable=False),
        sa.Column("total_before", sa.Integer(), nullable=False),
        sa.Column("total_after", sa.Integer(), nullable=False),
        sa.Column("passed_before", sa.Boolean(), nullable=False),
        sa.Column("passed_after", sa.Boolean(), nullable=False),
        sa.Column("counted_after", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name=op.f("fk_regrades_attempt_id_attempts")),
        sa.ForeignKeyConstraint(
            ["correction_id"], ["key_corrections.id"], name=op.f("fk_regrades_correction_id_key_corrections")
        ),
        sa.PrimaryKeyConstraint("correction_id", "attempt_id", name=op.f("pk_regrades")),
    )
    with op.batch_alter_table("regrades", schema=None) as batch_op:
        batch_op.create_index("ix_regrades_attempt_id", ["attempt_id"], unique=False)

    op.create_table(
        "tallied_attempts",
        sa.Column("attempt_id", ROW_ID, nullable=False),
        sa.Column("quiz_id", ROW_ID, nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name=op.f("fk_tallied_attempts_attempt_id_attempts")),
        sa.ForeignKeyConstraint(["quiz_id"], ["quizzes.id"], name=op.f("fk_tallied_attempts_quiz_id_quizzes")),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_tallied_attempts")),
    )
    with op.batch_alter_table("tallied_attempts", schema=None) as batch_op:
        batch_op.create_index("ix_tallied_attempts_quiz_id", ["quiz_id"], unique=False)

    op.create_table(
        "certificates",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("credit_id", ROW_ID, nullable=False),
        sa.Column("person_id", ROW_ID, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=14), nullable=False),
        sa.Column("snapshot", JSON, nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('credit', 'participation')", name=op.f("ck_certificates_kind_known")),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_certificates_revision_positive")),
        sa.ForeignKeyConstraint(["credit_id"], ["credits.id"], name=op.f("fk_certificates_credit_id_credits")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_certificates_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificates")),
        sa.UniqueConstraint("code", name="uq_certificates_code"),
        sa.UniqueConstraint("credit_id", "revision", name="uq_certificates_credit_id_revision"),
        sa.UniqueConstraint("number", "revision", name="uq_certificates_number_revision"),
    )
    with op.batch_alter_table("certificates", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certificates_person_id"), ["person_id"], unique=False)

    op.create_table(
        "certificate_events",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("certificate_id", ROW_ID, nullable=False),
        sa.Column("event", sa.String(length=12), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ground", sa.String(length=80), nullable=False),
        sa.Column("by_person_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "event IN ('issued', 'replaced', 'revoked')", name=op.f("ck_certificate_events_event_known")
        ),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificates.id"], name=op.f("fk_certificate_events_certificate_id_certificates")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_events")),
        sa.UniqueConstraint("certificate_id", "event", name="uq_certificate_events_certificate_id_event"),
    )
    with op.batch_alter_table("certificate_events", schema=None) as batch_op:
        batch_op.create_index("ix_certificate_events_event", ["event", "certificate_id"], unique=False)

    op.create_table(
        "certificate_files",
        sa.Column("certificate_id", ROW_ID, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("engine", sa.String(length=120), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('pdf', 'picture', 'credential')", name=op.f("ck_certificate_files_kind_known")),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificates.id"], name=op.f("fk_certificate_files_certificate_id_certificates")
        ),
        sa.PrimaryKeyConstraint("certificate_id", "kind", name=op.f("pk_certificate_files")),
    )
    with op.batch_alter_table("certificate_files", schema=None) as batch_op:
        batch_op.create_index("ix_certificate_files_sha256", ["sha256"], unique=False)

    op.create_table(
        "certificate_pack_members",
        sa.Column("pack_id", ROW_ID, nullable=False),
        sa.Column("certificate_id", ROW_ID, nullable=False),
        sa.Column("result_id", ROW_ID, nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["certificates.id"],
            name=op.f("fk_certificate_pack_members_certificate_id_certificates"),
        ),
        sa.ForeignKeyConstraint(
            ["pack_id"], ["certificate_packs.id"], name=op.f("fk_certificate_pack_members_pack_id_certificate_packs")
        ),
        sa.ForeignKeyConstraint(
            ["result_id"], ["certificates.id"], name=op.f("fk_certificate_pack_members_result_id_certificates")
        ),
        sa.PrimaryKeyConstraint("pack_id", "certificate_id", name=op.f("pk_certificate_pack_members")),
        sa.UniqueConstraint("pack_id", "result_id", name="uq_certificate_pack_members_pack_id_result_id"),
    )
    with op.batch_alter_table("certificate_pack_members", schema=None) as batch_op:
        batch_op.create_index(
            "ix_certificate_pack_members_open", ["pack_id", "done_at", "certificate_id"], unique=False
        )

    op.create_table(
        "certificate_proposals",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("certificate_id", ROW_ID, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("ground", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("wanted", JSON, nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('correction', 'revocation')", name=op.f("ck_certificate_proposals_kind_known")),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificates.id"], name=op.f("fk_certificate_proposals_certificate_id_certificates")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_proposals")),
        sa.UniqueConstraint("id", "proposed_by", name="uq_certificate_proposals_id_proposed_by"),
    )
    with op.batch_alter_table("certificate_proposals", schema=None) as batch_op:
        batch_op.create_index("ix_certificate_proposals_certificate_id", ["certificate_id"], unique=False)

    op.create_table(
        "certificate_decisions",
        sa.Column("proposal_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("proposed_by", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(outcome = 'withdrawn') = (decided_by = proposed_by)", name=op.f("ck_certificate_decisions_two_people")
        ),
        sa.CheckConstraint(
            "outcome IN ('confirmed', 'declined', 'withdrawn')", name=op.f("ck_certificate_decisions_outcome_known")
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id", "proposed_by"],
            ["certificate_proposals.id", "certificate_proposals.proposed_by"],
            name="fk_certificate_decisions_proposal",
        ),
        sa.PrimaryKeyConstraint("proposal_id", name=op.f("pk_certificate_decisions")),
    )

    dialect = op.get_bind().dialect.name
    for table in GROWING:
        for statement in append_only_statements(table, dialect):
            op.get_bind().exec_driver_sql(statement.replace("%", "%%") if dialect == "postgresql" else statement)
    for table in quiz_guards.TABLES:
        for statement in quiz_guards.guard_statements(table, dialect):
            op.get_bind().exec_driver_sql(statement.replace("%", "%%") if dialect == "postgresql" else statement)


def downgrade() -> None:
    """Take back."""
    dialect = op.get_bind().dialect.name
    for table in quiz_guards.TABLES:
        for statement in quiz_guards.drop_statements(table, dialect):
            op.get_bind().exec_driver_sql(statement)
    for table in GROWING:
        for statement in drop_statements(table, dialect):
            op.get_bind().exec_driver_sql(statement)
    op.drop_table("certificate_decisions")
    with op.batch_alter_table("certificate_proposals", schema=None) as batch_op:
        batch_op.drop_index("ix_certificate_proposals_certificate_id")

    op.drop_table("certificate_proposals")
    with op.batch_alter_table("certificate_pack_members", schema=None) as batch_op:
        batch_op.drop_index("ix_certificate_pack_members_open")

    op.drop_table("certificate_pack_members")
    with op.batch_alter_table("certificate_files", schema=None) as batch_op:
        batch_op.drop_index("ix_certificate_files_sha256")

    op.drop_table("certificate_files")
    with op.batch_alter_table("certificate_events", schema=None) as batch_op:
        batch_op.drop_index("ix_certificate_events_event")

    op.drop_table("certificate_events")
    with op.batch_alter_table("certificates", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certificates_person_id"))

    op.drop_table("certificates")
    with op.batch_alter_table("tallied_attempts", schema=None) as batch_op:
        batch_op.drop_index("ix_tallied_attempts_quiz_id")

    op.drop_table("tallied_attempts")
    with op.batch_alter_table("regrades", schema=None) as batch_op:
        batch_op.drop_index("ix_regrades_attempt_id")

    op.drop_table("regrades")
    with op.batch_alter_table("key_overrides", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_key_overrides_correction_id"))

    op.drop_table("key_overrides")
    with op.batch_alter_table("credits", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_credits_one_per_release",
            sqlite_where=sa.text("entry = 'earned'"),
            postgresql_where=sa.text("entry = 'earned'"),
        )
        batch_op.drop_index("ix_credits_release_id_granted_at")
        batch_op.drop_index("ix_credits_person_id")

    op.drop_table("credits")
    with op.batch_alter_table("answers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_answers_question_id"))

    op.drop_table("answers")
    op.drop_table("requirements_met")
    with op.batch_alter_table("quiz_assignments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_quiz_assignments_quiz_id"))

    op.drop_table("quiz_assignments")
    op.drop_table("minor_revisions")
    with op.batch_alter_table("key_corrections", schema=None) as batch_op:
        batch_op.drop_index("ix_key_corrections_quiz_id")

    op.drop_table("key_corrections")
    op.drop_table("front_matter_views")
    op.drop_table("evaluation_responses")
    op.drop_table("evaluation_assignments")
    op.drop_table("credit_offers")
    op.drop_table("claim_extensions")
    with op.batch_alter_table("claim_decisions", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_claim_decisions_one_grant",
            sqlite_where=sa.text("outcome = 'granted' AND code = 'granted'"),
            postgresql_where=sa.text("outcome = 'granted' AND code = 'granted'"),
        )
        batch_op.drop_index("ix_claim_decisions_release_id_decided_at")
        batch_op.drop_index("ix_claim_decisions_person_id")

    op.drop_table("claim_decisions")
    with op.batch_alter_table("choices", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_choices_one_correct",
            sqlite_where=sa.text("correct AND exclusive"),
            postgresql_where=sa.text("correct AND exclusive"),
        )

    op.drop_table("choices")
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_attempts_one_open", sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'")
        )
        batch_op.drop_index(batch_op.f("ix_attempts_version_id"))
        batch_op.drop_index("ix_attempts_release_id_submitted_at")
        batch_op.drop_index(
            "ix_attempts_open_due_at",
            sqlite_where=sa.text("state = 'open' AND due_at IS NOT NULL"),
            postgresql_where=sa.text("state = 'open' AND due_at IS NOT NULL"),
        )

    op.drop_table("attempts")
    op.drop_table("score_tallies")
    with op.batch_alter_table("releases", schema=None) as batch_op:
        batch_op.drop_index("ix_releases_state_opens_at")

    op.drop_table("releases")
    op.drop_table("readings")
    op.drop_table("questions")
    op.drop_table("passages")
    op.drop_table("passage_proofs")
    op.drop_table("figures")
    op.drop_table("article_references")
    op.drop_table("site_pages")
    with op.batch_alter_table("sign_in_sessions", schema=None) as batch_op:
        batch_op.drop_index("ix_sign_in_sessions_person_id")

    op.drop_table("sign_in_sessions")
    op.drop_table("role_grants")
    with op.batch_alter_table("quiz_versions", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_quiz_versions_one_published",
            sqlite_where=sa.text("state = 'published'"),
            postgresql_where=sa.text("state = 'published'"),
        )
        batch_op.drop_index(
            "uq_quiz_versions_one_draft",
            sqlite_where=sa.text("state = 'draft'"),
            postgresql_where=sa.text("state = 'draft'"),
        )

    op.drop_table("quiz_versions")
    with op.batch_alter_table("mailed_links", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mailed_links_person_id"))

    op.drop_table("mailed_links")
    with op.batch_alter_table("item_holds", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_item_holds_one_open",
            sqlite_where=sa.text("released_at IS NULL"),
            postgresql_where=sa.text("released_at IS NULL"),
        )

    op.drop_table("item_holds")
    op.drop_table("health_settings")
    with op.batch_alter_table("article_revisions", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_article_revisions_one_draft",
            sqlite_where=sa.text("state = 'draft'"),
            postgresql_where=sa.text("state = 'draft'"),
        )

    op.drop_table("article_revisions")
    op.drop_table("answer_tallies")
    op.drop_table("activities")
    op.drop_table("accommodations")
    op.drop_table("throttles")
    op.drop_table("quizzes")
    op.drop_table("providers")
    op.drop_table("people")
    with op.batch_alter_table("outbox_work", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_outbox_work_unfinished",
            sqlite_where=sa.text("finished_at IS NULL AND failed_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL AND failed_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_outbox_work_due",
            sqlite_where=sa.text("finished_at IS NULL AND failed_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL AND failed_at IS NULL"),
        )

    op.drop_table("outbox_work")
    op.drop_table("library_digests")
    op.drop_table("evaluation_forms")
    op.drop_table("certificate_packs")
    with op.batch_alter_table("audit_events", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_events_subject")
        batch_op.drop_index(batch_op.f("ix_audit_events_event"))
        batch_op.drop_index(batch_op.f("ix_audit_events_at"))

    op.drop_table("audit_events")
    op.drop_table("articles")
    if dialect == "postgresql":
        op.get_bind().exec_driver_sql("DROP FUNCTION IF EXISTS refuse_change()")
