"""Time on items, stored figures of item health, and what a provider lets an alarm do.

Old code may still run while this migration does: add before you use, stop using before you remove.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("providers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("alarm_holds", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    with op.batch_alter_table("answers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("seconds", sa.Integer(), nullable=True))
        batch_op.create_check_constraint(
            batch_op.f("ck_answers_seconds_not_negative"), "seconds IS NULL OR seconds >= 0"
        )
    with op.batch_alter_table("answer_tallies", schema=None) as batch_op:
        batch_op.alter_column("chosen", existing_type=sa.String(length=8), type_=sa.String(length=64))
    op.create_table(
        "time_tallies",
        sa.Column("quiz_id", ROW_ID, nullable=False),
        sa.Column("lineage", sa.String(length=80), nullable=False),
        sa.Column("series", sa.String(length=16), nullable=False),
        sa.Column("seconds", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("takers", sa.Integer(), nullable=False),
        sa.CheckConstraint("takers >= 0", name=op.f("ck_time_tallies_takers_not_negative")),
        sa.CheckConstraint("seconds >= 0", name=op.f("ck_time_tallies_seconds_not_negative")),
        sa.ForeignKeyConstraint(["quiz_id"], ["quizzes.id"], name=op.f("fk_time_tallies_quiz_id_quizzes")),
        sa.PrimaryKeyConstraint("quiz_id", "lineage", "series", "seconds", name=op.f("pk_time_tallies")),
    )
    op.create_table(
        "question_series",
        sa.Column("question_id", ROW_ID, nullable=False),
        sa.Column("quiz_id", ROW_ID, nullable=False),
        sa.Column("lineage", sa.String(length=80), nullable=False),
        sa.Column("series", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["question_id"], ["questions.id"], name=op.f("fk_question_series_question_id_questions")
        ),
        sa.ForeignKeyConstraint(["quiz_id"], ["quizzes.id"], name=op.f("fk_question_series_quiz_id_quizzes")),
        sa.PrimaryKeyConstraint("question_id", name=op.f("pk_question_series")),
    )
    with op.batch_alter_table("question_series", schema=None) as batch_op:
        batch_op.create_index("ix_question_series_item", ["quiz_id", "lineage", "series"], unique=False)
    op.create_table(
        "item_figures",
        sa.Column("quiz_id", ROW_ID, nullable=False),
        sa.Column("lineage", sa.String(length=80), nullable=False),
        sa.Column("series", sa.String(length=16), nullable=False),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.Column("takers", sa.Integer(), nullable=False),
        sa.Column("right_takers", sa.Integer(), nullable=False),
        sa.Column("correlation", sa.Double(), nullable=True),
        sa.Column("alarmed", sa.Boolean(), nullable=False),
        sa.Column("figures", JSON, nullable=False),
        sa.ForeignKeyConstraint(["quiz_id"], ["quizzes.id"], name=op.f("fk_item_figures_quiz_id_quizzes")),
        sa.PrimaryKeyConstraint("quiz_id", "lineage", "series", name=op.f("pk_item_figures")),
    )
    # Figures are made while attempts are counted: what was counted before is counted once more.
    for table in ("answer_tallies", "score_tallies", "tallied_attempts"):
        op.execute(sa.text(f"DELETE FROM {table}"))  # noqa: S608 - names written above


def downgrade() -> None:
    """Take back."""
    op.drop_table("item_figures")
    with op.batch_alter_table("question_series", schema=None) as batch_op:
        batch_op.drop_index("ix_question_series_item")
    op.drop_table("question_series")
    op.drop_table("time_tallies")
    # Answers that name several choices do not fit the narrower column; older code counts them all again.
    for table in ("answer_tallies", "score_tallies", "tallied_attempts"):
        op.execute(sa.text(f"DELETE FROM {table}"))  # noqa: S608 - names written above
    with op.batch_alter_table("answer_tallies", schema=None) as batch_op:
        batch_op.alter_column("chosen", existing_type=sa.String(length=64), type_=sa.String(length=8))
    with op.batch_alter_table("answers", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_answers_seconds_not_negative"), type_="check")
        batch_op.drop_column("seconds")
    with op.batch_alter_table("providers", schema=None) as batch_op:
        batch_op.drop_column("alarm_holds")
