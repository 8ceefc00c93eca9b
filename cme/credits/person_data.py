"""What learning leaves behind of a person, in this room and the rooms below it."""

from functools import partial

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from cme.activities.models import FrontMatterView
from cme.articles.models import Reading
from cme.audit.models import AuditEvent
from cme.credits.certified import exported_notices
from cme.credits.models import ClaimDecision, ClaimExtension, Credit, RequirementMet
from cme.evaluations.models import EvaluationResponse
from cme.part import PersonData
from cme.store.rows import rows_of


def has_records(session: Session, person_id: int) -> bool:
    """Whether a claim was ever decided for the person: its record keeps the name (ACCME: six years)."""
    return bool(session.scalar(select(exists().where(ClaimDecision.person_id == person_id))))


PERSON_DATA = (
    PersonData("front_matter_seen", partial(rows_of, model=FrontMatterView)),
    PersonData("reading", partial(rows_of, model=Reading)),
    PersonData("evaluations", partial(rows_of, model=EvaluationResponse)),
    PersonData("requirements_met", partial(rows_of, model=RequirementMet)),
    PersonData("claim_decisions", partial(rows_of, model=ClaimDecision)),
    PersonData("claim_extensions", partial(rows_of, model=ClaimExtension)),
    PersonData("credits", partial(rows_of, model=Credit), must_stay=has_records),
    PersonData("correction_notices", exported_notices),
    PersonData("audit", partial(rows_of, model=AuditEvent)),
)
