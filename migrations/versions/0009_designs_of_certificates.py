"""designs of certificates, what a provider's certificates look like, and joint providers.

Old code may still run while this migration does: add before you use, stop using before you remove.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from cme.store.guards import append_only_statements, drop_statements

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
INSTANT = sa.DateTime(timezone=True)
GROWING = (
    "certificate_designs",
    "certificate_design_versions",
    "certificate_design_publications",
    "certificate_looks",
)


def upgrade() -> None:
    """Apply."""
    op.add_column("providers", sa.Column("joint_with", sa.String(length=200), server_default="", nullable=False))
    op.create_table(
        "certificate_designs",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.CheckConstraint("source IN ('form', 'upload')", name=op.f("ck_certificate_designs_source_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_designs")),
        sa.UniqueConstraint("name", name="uq_certificate_designs_name"),
    )
    op.create_table(
        "certificate_design_versions",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("design_id", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("choices", JSON, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_certificate_design_versions_number_positive")),
        sa.ForeignKeyConstraint(
            ["design_id"],
            ["certificate_designs.id"],
            name=op.f("fk_certificate_design_versions_design_id_certificate_designs"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_design_versions")),
        sa.UniqueConstraint("design_id", "number", name="uq_certificate_design_versions_design_id_number"),
    )
    op.create_table(
        "certificate_design_publications",
        sa.Column("version_id", ROW_ID, nullable=False),
        sa.Column("published_at", INSTANT, nullable=False),
        sa.Column("published_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["certificate_design_versions.id"],
            name="fk_certificate_design_publications_version",
        ),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_certificate_design_publications")),
    )
    op.create_table(
        "certificate_looks",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("provider_id", ROW_ID, nullable=False),
        sa.Column("kind", sa.String(length=14), nullable=False),
        sa.Column("version_id", ROW_ID, nullable=True),
        sa.Column("paper", sa.String(length=8), nullable=False),
        sa.Column("chosen_at", INSTANT, nullable=False),
        sa.Column("chosen_by", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('credit', 'participation')", name=op.f("ck_certificate_looks_kind_known")),
        sa.CheckConstraint("paper IN ('country', 'letter', 'a4')", name=op.f("ck_certificate_looks_paper_known")),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name=op.f("fk_certificate_looks_provider_id_providers")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["certificate_design_publications.version_id"],
            name="fk_certificate_looks_version",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_looks")),
    )
    op.create_index("ix_certificate_looks_provider_id_kind", "certificate_looks", ["provider_id", "kind", "id"])
    for table in GROWING:
        for statement in append_only_statements(table, op.get_bind().dialect.name):
            op.execute(statement)


def downgrade() -> None:
    """Undo."""
    for table in GROWING:
        for statement in drop_statements(table, op.get_bind().dialect.name):
            op.execute(statement)
    for table in GROWING[::-1]:
        op.drop_table(table)
    op.drop_column("providers", "joint_with")
