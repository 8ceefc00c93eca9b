"""Notices of corrected texts: clinical minor revisions, the notice, who was told.

Old code may still run while this migration does: add before you use, stop using before you remove.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from cme.store.guards import append_only_statements, drop_statements

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
GROWING = ("notice_recipients",)


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("minor_revisions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("clinical", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_table(
        "correction_notices",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("release_id", ROW_ID, nullable=False),
        sa.Column("revision_id", ROW_ID, nullable=False),
        sa.Column("earlier", JSON, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", ROW_ID, nullable=True),
        sa.Column("predicted", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('running', 'finished')", name=op.f("ck_correction_notices_state_known")),
        sa.CheckConstraint(
            "(state = 'finished') = (finished_at IS NOT NULL)",
            name=op.f("ck_correction_notices_finished_has_instant"),
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["people.id"], name=op.f("fk_correction_notices_asked_by_people")),
        sa.ForeignKeyConstraint(
            ["release_id", "revision_id"],
            ["minor_revisions.release_id", "minor_revisions.revision_id"],
            name="fk_correction_notices_minor_revision",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction_notices")),
        sa.UniqueConstraint("revision_id", name="uq_correction_notices_revision_id"),
    )
    op.create_table(
        "notice_recipients",
        sa.Column("notice_id", ROW_ID, nullable=False),
        sa.Column("person_id", ROW_ID, nullable=False),
        sa.Column("credit_id", ROW_ID, nullable=False),
        sa.Column("revision_id", ROW_ID, nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["credit_id"], ["credits.id"], name=op.f("fk_notice_recipients_credit_id_credits")),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["correction_notices.id"], name=op.f("fk_notice_recipients_notice_id_correction_notices")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_notice_recipients_person_id_people")),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["article_revisions.id"], name=op.f("fk_notice_recipients_revision_id_article_revisions")
        ),
        sa.PrimaryKeyConstraint("notice_id", "person_id", name=op.f("pk_notice_recipients")),
    )
    with op.batch_alter_table("notice_recipients", schema=None) as batch_op:
        batch_op.create_index("ix_notice_recipients_person_id", ["person_id"], unique=False)
    dialect = op.get_bind().dialect.name
    for table in GROWING:
        for statement in append_only_statements(table, dialect):
            op.get_bind().exec_driver_sql(statement.replace("%", "%%"))


def downgrade() -> None:
    """Take back."""
    dialect = op.get_bind().dialect.name
    for table in GROWING:
        for statement in drop_statements(table, dialect):
            op.get_bind().exec_driver_sql(statement)
    with op.batch_alter_table("notice_recipients", schema=None) as batch_op:
        batch_op.drop_index("ix_notice_recipients_person_id")
    op.drop_table("notice_recipients")
    op.drop_table("correction_notices")
    with op.batch_alter_table("minor_revisions", schema=None) as batch_op:
        batch_op.drop_column("clinical")
