"""pictures and videos of quizzes.

Old code may still run while this migration does: add before you use, stop using before you remove.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from cme.store.guards import append_only_statements, drop_statements

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "quiz_media",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("quiz_id", ROW_ID, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("alt", sa.Text(), nullable=False),
        sa.Column("captions", sa.String(length=64), nullable=True),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", ROW_ID, nullable=True),
        sa.CheckConstraint(
            "(kind IN ('mp4', 'webm')) = (captions IS NOT NULL)", name=op.f("ck_quiz_media_video_has_captions")
        ),
        sa.CheckConstraint(
            "kind IN ('png', 'jpg', 'gif', 'webp', 'svg', 'mp4', 'webm')", name=op.f("ck_quiz_media_kind_known")
        ),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_quiz_media_digest_whole")),
        sa.CheckConstraint("size >= 1 AND width >= 1 AND height >= 1", name=op.f("ck_quiz_media_sizes_positive")),
        sa.ForeignKeyConstraint(["added_by"], ["people.id"], name=op.f("fk_quiz_media_added_by_people")),
        sa.ForeignKeyConstraint(["quiz_id"], ["quizzes.id"], name=op.f("fk_quiz_media_quiz_id_quizzes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quiz_media")),
        sa.UniqueConstraint("quiz_id", "name", name="uq_quiz_media_quiz_id_name"),
    )
    for statement in append_only_statements("quiz_media", op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    """Undo."""
    for statement in drop_statements("quiz_media", op.get_bind().dialect.name):
        op.execute(statement)
    op.drop_table("quiz_media")
