"""files between the steps of an import.

Old code may still run while this migration does: add before you use, stop using before you remove.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "import_uploads",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("quiz_id", ROW_ID, nullable=False),
        sa.Column("person_id", ROW_ID, nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("format", sa.String(length=12), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=True),
        sa.Column("report", JSON, nullable=False),
        sa.Column("base_version_id", ROW_ID, nullable=False),
        sa.Column("base_edition", sa.Integer(), nullable=False),
        sa.Column("uploaded_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("taken_at", INSTANT, nullable=True),
        sa.Column("result", JSON, nullable=True),
        sa.CheckConstraint("size BETWEEN 1 AND 20971520", name=op.f("ck_import_uploads_size_sane")),
        sa.CheckConstraint("expires_at > uploaded_at", name=op.f("ck_import_uploads_expires_later")),
        sa.CheckConstraint("(taken_at IS NULL) = (data IS NOT NULL)", name=op.f("ck_import_uploads_taken_has_no_data")),
        sa.CheckConstraint("(taken_at IS NULL) = (result IS NULL)", name=op.f("ck_import_uploads_taken_has_result")),
        sa.ForeignKeyConstraint(["quiz_id"], ["quizzes.id"], name=op.f("fk_import_uploads_quiz_id_quizzes")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_import_uploads_person_id_people")),
        sa.ForeignKeyConstraint(
            ["base_version_id"], ["quiz_versions.id"], name=op.f("fk_import_uploads_base_version_id_quiz_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_uploads")),
    )
    with op.batch_alter_table("import_uploads", schema=None) as batch_op:
        batch_op.create_index("ix_import_uploads_person_id", ["person_id"], unique=False)
        batch_op.create_index("ix_import_uploads_expires_at", ["expires_at"], unique=False)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("import_uploads", schema=None) as batch_op:
        batch_op.drop_index("ix_import_uploads_expires_at")
        batch_op.drop_index("ix_import_uploads_person_id")
    op.drop_table("import_uploads")
