"""Published questions never change: triggers by which the database itself refuses it.

A version that is no longer a draft lets one thing happen to its row: a published one may retire. No
question or choice can be added to it, changed in it or taken out of it.
"""

from sqlalchemy import Table

from cme.store.guards import grow

TABLES = ("quiz_versions", "questions", "choices")
_FROZEN_COLUMNS = (
    "quiz_id", "number", "edition", "blueprint", "topics", "vignettes", "delivery", "created_at", "published_at"
)  # fmt: skip

# The state of the version that a row belongs to; {row} is OLD or NEW.
_STATE_OF = {
    "questions": "(SELECT state FROM quiz_versions WHERE id = {row}.version_id)",
    "choices": (
        "(SELECT v.state FROM quiz_versions v JOIN questions q ON q.version_id = v.id WHERE q.id = {row}.question_id)"
    ),
}
_VERBS = ("insert", "update", "delete")


def guard_statements(table: str, dialect: str) -> list[str]:
    """SQL that gives the table its guard; for the models and for migrations alike."""
    return _sqlite(table) if dialect == "sqlite" else _postgresql(table)


def drop_statements(table: str, dialect: str) -> list[str]:
    """SQL that takes the guard away again, for a downgrade."""
    if dialect == "sqlite":
        return [f"DROP TRIGGER IF EXISTS keep_published_{table}_{verb}" for verb in _VERBS]
    return [
        f"DROP TRIGGER IF EXISTS keep_published_{table} ON {table}",
        f"DROP FUNCTION IF EXISTS keep_published_{table}()",
    ]


def _sqlite(table: str) -> list[str]:
    if table == "quiz_versions":
        changed = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in _FROZEN_COLUMNS)
        retires = f"OLD.state = 'published' AND NEW.state = 'retired' AND NOT ({changed})"
        conditions = {"update": f"OLD.state <> 'draft' AND NOT ({retires})", "delete": "OLD.state <> 'draft'"}
    else:
        old, new = (f"{_STATE_OF[table].format(row=row)} <> 'draft'" for row in ("OLD", "NEW"))
        conditions = {"insert": new, "update": f"{old} OR {new}", "delete": old}
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} of a published version never change'); END"
    return [
        f"CREATE TRIGGER keep_published_{table}_{verb} BEFORE {verb.upper()} ON {table} WHEN {condition} {refuse}"
        for verb, condition in conditions.items()
    ]


def _postgresql(table: str) -> list[str]:
    refuse = f"RAISE EXCEPTION '{table} of a published version never change'; "
    if table == "quiz_versions":
        changed = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in _FROZEN_COLUMNS)
        verbs = "UPDATE OR DELETE"
        check = (
            "IF TG_OP = 'UPDATE' AND OLD.state = 'published' AND NEW.state = 'retired' THEN "
            f"IF NOT ({changed}) THEN RETURN NEW; END IF; END IF; "
            f"IF OLD.state <> 'draft' THEN {refuse}END IF; "
        )
    else:
        old, new = (f"{_STATE_OF[table].format(row=row)} <> 'draft'" for row in ("OLD", "NEW"))
        verbs = "INSERT OR UPDATE OR DELETE"
        check = (
            f"IF TG_OP <> 'INSERT' THEN IF {old} THEN {refuse}END IF; END IF; "
            f"IF TG_OP <> 'DELETE' THEN IF {new} THEN {refuse}END IF; END IF; "
        )
    function = (
        f"CREATE OR REPLACE FUNCTION keep_published_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"{check}IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$"
    )
    trigger = (
        f"CREATE TRIGGER keep_published_{table} BEFORE {verbs} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION keep_published_{table}()"
    )
    return [function, trigger]


def keep_published(table: Table) -> None:
    """Mark the table: it grows its guard whenever it is created from the models; `info` lets tests compare."""
    table.info["keep_published"] = True
    grow(table, lambda dialect: guard_statements(table.name, dialect))
