"""What a checked answer of an open attempt shows: exactly what the version's rules name for that stage."""

from collections.abc import Sequence
from dataclasses import replace

from cme.store.session import Session
from quizzes.queries.attempts import AnswerFacts
from quizzes.queries.corrections import overrides_for
from quizzes.rules.correcting import points_under
from quizzes.rules.grading import points_for
from quizzes.services.versions import ShownVersion
from quizzes.web.module import Shown
from quizzes.web.result import ResultQuestion, question_seen


def feedback_of(
    session: Session, answers: Sequence[AnswerFacts], version: ShownVersion, shown: Shown
) -> dict[int, ResultQuestion]:
    """By position, of those that were checked; judged by the keys in force now. One statement where there are any."""
    checked = [answer for answer in answers if answer.checked_at is not None]
    if not checked:
        return {}
    review = version.facts.delivery.during
    changes = overrides_for(session, [answer.question_id for answer in checked])
    found: dict[int, ResultQuestion] = {}
    for answer in checked:
        item, change = version.facts.items[answer.question_id], changes.get(answer.question_id)
        points = points_under(change, item, answer.chosen) if change else points_for(item, answer.chosen)
        seen = question_seen(replace(answer, points=points), version, shown, review, change)
        told = seen.corrected and (review.verdicts or review.keys)
        found[answer.position] = replace(seen, corrected=told)
    return found
