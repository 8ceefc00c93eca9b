"""A result as its page shows it; what the review rule hides never reaches the template."""

from dataclasses import dataclass

from markupsafe import Markup

from cme.articles.facts import ReferenceEntry
from cme.credits.queries import rule_of
from cme.credits.rules import MayNotStart, may_count
from quizzes.queries.attempts import AnswerFacts, AttemptFacts
from quizzes.rules.delivery import Review, review_of, score_sentence
from quizzes.services.versions import ShownVersion
from quizzes.web.module import Shown


@dataclass(frozen=True, slots=True)
class ResultChoice:
    """One choice; `is_key` and `rationale` stay empty until they may be seen."""

    text: Markup
    chosen: bool
    is_key: bool
    rationale: Markup | None


@dataclass(frozen=True, slots=True)
class ResultQuestion:
    """One question with the own answer."""

    position: int
    stem: Markup
    right: bool
    answered: bool
    choices: tuple[ResultChoice, ...]
    passages: tuple[str, ...]
    references: tuple[ReferenceEntry, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """The whole page."""

    sentence: str
    review: Review
    self_test: str | None
    """Why this attempt gave no credit, when it did not."""
    questions: tuple[ResultQuestion, ...]


def result_of(attempt: AttemptFacts, version: ShownVersion, shown: Shown) -> Result:
    """The result of a submitted attempt."""
    review = review_of(submitted=attempt.submitted, has_passed=attempt.has_passed)
    return Result(
        sentence=score_sentence(
            earned=attempt.earned_points or 0, total=attempt.total_points, pass_points=attempt.pass_points
        ),
        review=review,
        self_test=_why_self_test(attempt, shown),
        questions=tuple(_question(answer, version, shown, review) for answer in attempt.answers),
    )


def _question(answer: AnswerFacts, version: ShownVersion, shown: Shown, review: Review) -> ResultQuestion:
    item, words = version.facts.items[answer.question_id], version.words(answer.question_id)
    right = bool(answer.points)
    references = {entry.key: entry for entry in shown.page.references}
    return ResultQuestion(
        position=answer.position,
        stem=words.stem,
        right=right,
        answered=answer.chosen is not None,
        choices=tuple(
            ResultChoice(
                text=words.choices[key],
                chosen=key == answer.chosen,
                is_key=review.keys and key == item.correct_key,
                rationale=words.rationales[key] if review.keys else None,
            )
            for key in answer.choice_order
        ),
        passages=item.passages if review.keys or (review.passages and not right) else (),
        references=tuple(references[key] for key in item.references if review.keys and key in references),
    )


def _why_self_test(attempt: AttemptFacts, shown: Shown) -> str | None:
    if attempt.counted:
        return None
    assert attempt.submitted_at is not None  # only submitted attempts have a result
    if not attempt.for_credit:
        return "This attempt was a self-test and gives no credit."
    verdict = may_count(rule_of(shown.release), now=attempt.submitted_at)
    if isinstance(verdict, MayNotStart):
        return f"This attempt was graded as a self-test and gives no credit. {verdict.sentence}"
    return None
