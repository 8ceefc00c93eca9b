"""A checked answer never changes: a trigger by which the database itself refuses it. Grading it is no change."""

from sqlalchemy import Table

from cme.store.guards import grow

NAME = "keep_checked_answers"
_COLUMNS = ("chosen", "certainty", "checked_at")


def guard_statements(dialect: str) -> list[str]:
    """SQL that gives `answers` its guard; for the models and for migrations alike."""
    differs = "IS NOT" if dialect == "sqlite" else "IS DISTINCT FROM"
    changed = " OR ".join(f"NEW.{column} {differs} OLD.{column}" for column in _COLUMNS)
    trigger = f"CREATE TRIGGER {NAME} BEFORE UPDATE OF {', '.join(_COLUMNS)} ON answers "
    condition = f"OLD.checked_at IS NOT NULL AND ({changed})"
    if dialect == "sqlite":
        return [f"{trigger}WHEN {condition} BEGIN SELECT RAISE(ABORT, 'a checked answer never changes'); END"]
    function = (
        f"CREATE OR REPLACE FUNCTION {NAME}() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'a checked answer never changes'; END $$"
    )
    return [function, f"{trigger}FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION {NAME}()"]


def drop_statements(dialect: str) -> list[str]:
    """SQL that takes the guard away again, for a downgrade."""
    if dialect == "sqlite":
        return [f"DROP TRIGGER IF EXISTS {NAME}"]
    return [f"DROP TRIGGER IF EXISTS {NAME} ON answers", f"DROP FUNCTION IF EXISTS {NAME}()"]


def keep_checked(table: Table) -> None:
    """The table grows its guard whenever it is created from the models."""
    grow(table, guard_statements)
