"""certificates by mail.

Old code may still run while this migration does: add before you use, stop using before you remove.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("providers", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("mails_certificate", sa.Boolean(), server_default=sa.text("false"), nullable=False)
        )


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("providers", schema=None) as batch_op:
        batch_op.drop_column("mails_certificate")
