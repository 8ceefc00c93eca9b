"""items have a status.

Old code may still run while this migration does: add before you use, stop using before you remove.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply. In plain SQL: a rebuilt table would lose the triggers that keep what is published."""
    op.execute(
        "ALTER TABLE questions ADD COLUMN status VARCHAR(8) DEFAULT 'ready' NOT NULL "
        "CONSTRAINT ck_questions_status_known CHECK (status IN ('draft', 'ready', 'retired'))"
    )


def downgrade() -> None:
    """Take back."""
    op.execute("ALTER TABLE questions DROP COLUMN status")
