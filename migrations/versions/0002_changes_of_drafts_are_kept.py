"""changes of drafts are kept.

Old code may still run while this migration does: add before you use, stop using before you remove.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from cme.store.guards import append_only_statements, drop_statements

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
GROWING = ("draft_changes", "draft_change_questions")


def upgrade() -> None:
    """Apply."""
    changes = op.create_table(
        "draft_changes",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("version_id", ROW_ID, nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=8), nullable=False),
        sa.Column("reverses", ROW_ID, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", ROW_ID, nullable=True),
        sa.Column("what", JSON, nullable=False),
        sa.Column("surroundings", JSON, nullable=False),
        sa.CheckConstraint("edition >= 1", name=op.f("ck_draft_changes_edition_positive")),
        sa.CheckConstraint(
            "(step IN ('undone', 'redone')) = (reverses IS NOT NULL)",
            name=op.f("ck_draft_changes_reversal_names_its_change"),
        ),
        sa.CheckConstraint("step IN ('done', 'undone', 'redone', 'sealed')", name=op.f("ck_draft_changes_step_known")),
        sa.ForeignKeyConstraint(["by"], ["people.id"], name=op.f("fk_draft_changes_by_people")),
        sa.ForeignKeyConstraint(
            ["reverses"], ["draft_changes.id"], name=op.f("fk_draft_changes_reverses_draft_changes")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["quiz_versions.id"], name=op.f("fk_draft_changes_version_id_quiz_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_changes")),
        sa.UniqueConstraint("reverses", name="uq_draft_changes_reverses"),
        sa.UniqueConstraint("version_id", "edition", name="uq_draft_changes_version_id_edition"),
    )
    op.create_table(
        "draft_change_questions",
        sa.Column("change_id", ROW_ID, nullable=False),
        sa.Column("lineage", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("content", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["change_id"], ["draft_changes.id"], name=op.f("fk_draft_change_questions_change_id_draft_changes")
        ),
        sa.PrimaryKeyConstraint("change_id", "lineage", name=op.f("pk_draft_change_questions")),
    )
    _carry_over(changes)
    dialect = op.get_bind().dialect.name
    for table in GROWING:
        for statement in append_only_statements(table, dialect):
            op.get_bind().exec_driver_sql(statement.replace("%", "%%"))


def _carry_over(changes: sa.Table) -> None:
    """Who changed a draft so far is known from the audit; what was replaced is not, so these are sealed."""
    audit = sa.table(
        "audit_events",
        sa.column("id", sa.Integer),
        sa.column("event", sa.String),
        sa.column("at", sa.DateTime(timezone=True)),
        sa.column("person_id", sa.Integer),
        sa.column("details", JSON),
    )
    versions = sa.table("quiz_versions", sa.column("id", sa.Integer))
    people = sa.table("people", sa.column("id", sa.Integer))
    bind = op.get_bind()
    known, persons = set(bind.scalars(sa.select(versions.c.id))), set(bind.scalars(sa.select(people.c.id)))
    editions: dict[int, int] = {}
    rows: list[dict[str, object]] = []
    for row in bind.execute(sa.select(audit).where(audit.c.event == "quiz.draft_changed").order_by(audit.c.id)):
        what = dict(row.details)
        version_id = what.pop("version", None)
        if version_id in known:
            editions[version_id] = editions.get(version_id, 1) + 1
            by = row.person_id if row.person_id in persons else None
            rows.append(
                {
                    "version_id": version_id,
                    "edition": editions[version_id],
                    "step": "sealed",
                    "reverses": None,
                    "at": row.at,
                    "by": by,
                    "what": what,
                    "surroundings": {},
                }
            )
    if rows:
        bind.execute(sa.insert(changes), rows)


def downgrade() -> None:
    """Take back."""
    dialect = op.get_bind().dialect.name
    for table in GROWING:
        for statement in drop_statements(table, dialect):
            op.get_bind().exec_driver_sql(statement)
    op.drop_table("draft_change_questions")
    op.drop_table("draft_changes")
