"""Requirements and claim deadlines of many people at once, where a corrected key changes what was met."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, delete, exists
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from cme.credits.models import ClaimExtension, Credit, RequirementMet

QUIZ = "quiz"


@dataclass(frozen=True, slots=True)
class Met:
    """One person's pass, found by a correction."""

    person_id: int
    release_id: int
    met_at: datetime
    evidence: str


@dataclass(frozen=True, slots=True)
class Extension:
    """Until when, exclusive, one person may claim."""

    person_id: int
    release_id: int
    open_until: datetime


def record_met(session: Session, met: Sequence[Met]) -> None:
    """Record passes; who has one already keeps it."""
    if met:
        rows = [
            {
                "person_id": one.person_id,
                "release_id": one.release_id,
                "requirement": QUIZ,
                "met_at": one.met_at,
                "evidence": one.evidence,
            }
            for one in met
        ]
        session.execute(_insert(session)(RequirementMet).on_conflict_do_nothing(), rows)


def extend(session: Session, extensions: Sequence[Extension], *, reason: str, now: datetime) -> None:
    """Keep claims open; a later deadline replaces an earlier one, never the other way round."""
    for one in extensions:
        wanted = _insert(session)(ClaimExtension).values(
            person_id=one.person_id,
            release_id=one.release_id,
            open_until=one.open_until,
            reason=reason,
            given_at=now,
        )
        later = case(
            (ClaimExtension.open_until < wanted.excluded.open_until, wanted.excluded.open_until),
            else_=ClaimExtension.open_until,
        )
        session.execute(
            wanted.on_conflict_do_update(index_elements=["person_id", "release_id"], set_={"open_until": later})
        )


def take_back(session: Session, person_id: int, release_id: int, evidence: str) -> bool:
    """A recorded pass that rested on this evidence is none any more. Where credit was granted it stays; then False."""
    granted = exists().where(
        Credit.person_id == RequirementMet.person_id, Credit.release_id == RequirementMet.release_id
    )
    gone = session.execute(
        delete(RequirementMet)
        .where(
            RequirementMet.person_id == person_id,
            RequirementMet.release_id == release_id,
            RequirementMet.requirement == QUIZ,
            RequirementMet.evidence == evidence,
            ~granted,
        )
        .returning(RequirementMet.person_id)
        .execution_options(synchronize_session=False)
    ).first()
    return gone is not None


def _insert(session: Session):
    return postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
