"""Which policy of item writing a quiz is under."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from cme.activities.models import Provider, Release
from quizzes.models.quiz import QuizAssignment
from quizzes.rules.linting import strictest


def policy_of(session: Session, quiz_id: int) -> str:
    """The name of the strictest that a provider of its releases chose."""
    chosen = session.scalars(
        select(Provider.item_policy)
        .join(Release, Release.provider_id == Provider.id)
        .join(QuizAssignment, QuizAssignment.release_id == Release.id)
        .where(QuizAssignment.quiz_id == quiz_id, Release.state != "withdrawn")
        .distinct()
    )
    return strictest(chosen)
