"""review of drafts.

Old code may still run while this migration does: add before you use, stop using before you remove.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from cme.store.guards import append_only_statements, drop_statements

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
GROWING = ("draft_reviews", "review_comments", "review_comments_settled")


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("providers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("approvals", sa.Integer(), server_default="0", nullable=False))
        batch_op.create_check_constraint(op.f("ck_providers_approvals_sane"), "approvals BETWEEN 0 AND 5")
    op.create_table(
        "draft_reviews",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("version_id", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=10), nullable=False),
        sa.Column("person_id", ROW_ID, nullable=False),
        sa.Column("asked", ROW_ID, nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "act IN ('sent', 'withdrawn', 'approved', 'returned')", name=op.f("ck_draft_reviews_act_known")
        ),
        sa.CheckConstraint("act = 'sent' OR asked IS NULL", name=op.f("ck_draft_reviews_only_sending_asks")),
        sa.CheckConstraint("act <> 'returned' OR words <> ''", name=op.f("ck_draft_reviews_returned_has_reason")),
        sa.CheckConstraint("edition >= 1 AND number >= 1", name=op.f("ck_draft_reviews_numbers_positive")),
        sa.ForeignKeyConstraint(["asked"], ["people.id"], name=op.f("fk_draft_reviews_asked_people")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_draft_reviews_person_id_people")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["quiz_versions.id"], name=op.f("fk_draft_reviews_version_id_quiz_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_reviews")),
        sa.UniqueConstraint("version_id", "number", name="uq_draft_reviews_version_id_number"),
    )
    with op.batch_alter_table("draft_reviews", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_draft_reviews_person_id"), ["person_id"], unique=False)
    op.create_table(
        "review_comments",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("version_id", ROW_ID, nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("lineage", sa.String(length=80), nullable=True),
        sa.Column("answers", ROW_ID, nullable=True),
        sa.Column("person_id", ROW_ID, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("words <> ''", name=op.f("ck_review_comments_says_something")),
        sa.ForeignKeyConstraint(
            ["answers"], ["review_comments.id"], name=op.f("fk_review_comments_answers_review_comments")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_review_comments_person_id_people")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["quiz_versions.id"], name=op.f("fk_review_comments_version_id_quiz_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_comments")),
    )
    with op.batch_alter_table("review_comments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_comments_person_id"), ["person_id"], unique=False)
        batch_op.create_index("ix_review_comments_version_id", ["version_id"], unique=False)
    op.create_table(
        "review_comments_settled",
        sa.Column("comment_id", ROW_ID, nullable=False),
        sa.Column("person_id", ROW_ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["review_comments.id"], name=op.f("fk_review_comments_settled_comment_id_review_comments")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_review_comments_settled_person_id_people")),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_review_comments_settled")),
    )
    dialect = op.get_bind().dialect.name
    for table in GROWING:
        for statement in append_only_statements(table, dialect):
            op.get_bind().exec_driver_sql(statement.replace("%", "%%") if dialect == "postgresql" else statement)


def downgrade() -> None:
    """Take back."""
    dialect = op.get_bind().dialect.name
    for table in GROWING:
        for statement in drop_statements(table, dialect):
            op.get_bind().exec_driver_sql(statement)
    op.drop_table("review_comments_settled")
    op.drop_table("review_comments")
    op.drop_table("draft_reviews")
    with op.batch_alter_table("providers", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_providers_approvals_sane"), type_="check")
        batch_op.drop_column("approvals")
