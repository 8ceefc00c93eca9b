"""Tables that only grow: triggers by which the database itself refuses to change or remove their rows."""

from collections.abc import Callable, Sequence

from sqlalchemy import Table, event
from sqlalchemy.engine import Connection
from sqlalchemy.schema import DDL


def append_only_statements(table: str, dialect: str) -> list[str]:
    """SQL that makes the table refuse UPDATE and DELETE."""
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER keep_{table}_{verb} BEFORE {verb.upper()} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} only grows'); END"
            for verb in ("update", "delete")
        ]
    refuse = (
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% only grows', TG_TABLE_NAME; END $$"
    )
    return [
        refuse,
        f"CREATE TRIGGER keep_{table} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    ]


def drop_statements(table: str, dialect: str) -> list[str]:
    """SQL that takes the guard away again, for a downgrade."""
    if dialect == "sqlite":
        return [f"DROP TRIGGER IF EXISTS keep_{table}_{verb}" for verb in ("update", "delete")]
    return [f"DROP TRIGGER IF EXISTS keep_{table} ON {table}"]


def append_only(table: Table) -> None:
    """Mark the table: it grows its guard whenever it is created from the models; `info` lets tests compare."""
    table.info["append_only"] = True
    grow(table, lambda dialect: append_only_statements(table.name, dialect))


def grow(table: Table, statements: Callable[[str], Sequence[str]]) -> None:
    """Have the table execute these statements of its dialect whenever it is created from the models."""

    def create(_target: Table, connection: Connection, **_options: object) -> None:
        for statement in statements(connection.dialect.name):
            connection.execute(DDL(statement.replace("%", "%%")))

    event.listen(table, "after_create", create)


def guarded_tables(tables: Sequence[Table]) -> list[str]:
    """Names of the tables that must carry the guard."""
    return sorted(table.name for table in tables if table.info.get("append_only"))
