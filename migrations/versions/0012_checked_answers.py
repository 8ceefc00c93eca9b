"""checked answers.

Old code may still run while this migration does: add before you use, stop using before you remove.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from quizzes.models.checked import drop_statements, guard_statements

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("answers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_check_constraint(
            batch_op.f("ck_answers_checked_has_answer"), "checked_at IS NULL OR chosen IS NOT NULL"
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_answers_checked_was_saved"), "checked_at IS NULL OR saved_at IS NOT NULL"
        )
    for statement in guard_statements(op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    """Undo."""
    for statement in drop_statements(op.get_bind().dialect.name):
        op.execute(statement)
    with op.batch_alter_table("answers", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_answers_checked_was_saved"), type_="check")
        batch_op.drop_constraint(batch_op.f("ck_answers_checked_has_answer"), type_="check")
        batch_op.drop_column("checked_at")
