"""What the room of evaluations reads."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from cme.evaluations.models import EvaluationAssignment, EvaluationForm, EvaluationResponse
from cme.evaluations.rules import EvaluationQuestion, questions_of


@dataclass(frozen=True, slots=True)
class FormFacts:
    """The form a release asks."""

    form_id: int
    title: str
    questions: tuple[EvaluationQuestion, ...]


def form_of(session: Session, release_id: int) -> FormFacts | None:
    """The form assigned to the release, or None."""
    row = session.scalar(
        select(EvaluationForm)
        .join(EvaluationAssignment, EvaluationAssignment.form_id == EvaluationForm.id)
        .where(EvaluationAssignment.release_id == release_id)
    )
    return FormFacts(row.id, row.title, questions_of(row.questions)) if row else None


def has_response(session: Session, person_id: int, release_id: int) -> bool:
    """Whether the person has given the evaluation of this release."""
    found = session.scalar(
        select(EvaluationResponse.id).where(
            EvaluationResponse.person_id == person_id, EvaluationResponse.release_id == release_id
        )
    )
    return found is not None
