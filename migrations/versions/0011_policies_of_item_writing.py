"""policies of item writing.

Old code may still run while this migration does: add before you use, stop using before you remove.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("providers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("item_policy", sa.String(length=16), server_default="standard", nullable=False))
        batch_op.create_check_constraint(
            op.f("ck_providers_item_policy_known"), "item_policy IN ('standard', 'no_true_false', 'strict')"
        )


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("providers", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_providers_item_policy_known"), type_="check")
        batch_op.drop_column("item_policy")
