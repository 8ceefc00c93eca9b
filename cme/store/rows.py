"""Rows as plain data, for a person's copy of what is kept about them."""

from datetime import date
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from cme.store.database import Base


def rows_of(session: Session, person_id: int, *, model: type[Base]) -> list[dict[str, Any]]:
    """Every row of the table that carries this `person_id`, oldest first; days and instants as ISO text."""
    mapper = inspect(model)
    names = [one.key for one in mapper.column_attrs if one.key != "person_id"]
    wanted = select(model).where(mapper.attrs["person_id"].class_attribute == person_id).order_by(*mapper.primary_key)
    return [{name: _plain(getattr(row, name)) for name in names} for row in session.scalars(wanted)]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
