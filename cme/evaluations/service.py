"""Storing evaluation answers."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from cme.evaluations.models import EvaluationResponse


def give(
    session: Session, person_id: int, release_id: int, form_id: int, answers: dict[str, str], *, now: datetime
) -> None:
    """Keep judged answers. The evaluation is given once; a second sending leaves the first as it is."""
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    session.execute(
        insert(EvaluationResponse)
        .values(person_id=person_id, release_id=release_id, form_id=form_id, answers=answers, given_at=now)
        .on_conflict_do_nothing()
    )
