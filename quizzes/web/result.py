"""A result as its page shows it; what the review rules hide never reaches the template."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from markupsafe import Markup

from cme.articles.facts import ReferenceEntry
from cme.credits.queries import rule_of
from cme.credits.rules import MayNotStart, may_count
from quizzes.queries.attempts import AnswerFacts, AttemptFacts
from quizzes.rules.answers import parts_of
from quizzes.rules.correcting import Change, corrected
from quizzes.rules.delivery import Review, review_of, score_sentence, shows_peers
from quizzes.rules.item import Item, Kind
from quizzes.rules.item_health import ItemHealth
from quizzes.services.versions import ShownVersion
from quizzes.services.wording import ItemWords
from quizzes.web.module import Shown


@dataclass(frozen=True, slots=True)
class ResultChoice:
    """One choice; `is_key` and `rationale` stay empty until they may be seen."""

    text: Markup
    chosen: bool
    is_key: bool
    rationale: Markup | None
    peers: int | None = None
    """Per cent of the others who took it, where that may be seen."""


@dataclass(frozen=True, slots=True)
class ResultPart:
    """One part of an answer: a stem, a line to be ordered, the number asked for."""

    label: Markup | str
    answer: Markup | str
    right: bool | None
    """None while right and wrong may not be seen."""
    key: Markup | str | None
    rationale: Markup | None


@dataclass(frozen=True, slots=True)
class Peers:
    """How others answered at their first attempt."""

    takers: int
    right: int
    """Per cent."""


@dataclass(frozen=True, slots=True)
class ResultQuestion:
    """One question with the own answer."""

    position: int
    stem: Markup
    case: Markup | None
    right: bool
    verdict: str
    answered: bool
    choices: tuple[ResultChoice, ...]
    parts: tuple[ResultPart, ...]
    rationale: Markup | None
    certainty: str | None
    passages: tuple[str, ...]
    references: tuple[ReferenceEntry, ...]
    corrected: bool
    """What counts as right was corrected after the quiz was published."""
    peers: Peers | None = None
    """How others answered, where that may be seen."""


@dataclass(frozen=True, slots=True)
class Result:
    """The whole page."""

    sentence: str
    review: Review
    self_test: str | None
    """Why this attempt gave no credit, when it did not."""
    questions: tuple[ResultQuestion, ...]


def wants_peers(attempt: AttemptFacts, version: ShownVersion, shown: Shown, *, now: datetime) -> bool:
    """Whether the page of this result may say how others answered."""
    review = _review(attempt, version, shown, now=now)
    rules = version.facts.delivery
    return shows_peers(rules, review, submitted=attempt.submitted, has_passed=attempt.has_passed)


def result_of(
    attempt: AttemptFacts,
    version: ShownVersion,
    shown: Shown,
    *,
    changes: Mapping[int, Change],
    peers: Mapping[int, ItemHealth],
    now: datetime,
) -> Result:
    """The result of a submitted attempt; `changes` are the corrected keys, by question: they are what is shown.

    `peers` holds how others answered a question, where that may be seen (`wants_peers`) and enough did.
    """
    review = _review(attempt, version, shown, now=now)
    answers = attempt.answers if review.answers else ()
    return Result(
        sentence=score_sentence(
            earned=attempt.earned_points or 0, total=attempt.total_points, pass_points=attempt.pass_points
        ),
        review=review,
        self_test=_why_self_test(attempt, shown),
        questions=tuple(
            _with_peers(
                question_seen(answer, version, shown, review, changes.get(answer.question_id)),
                answer,
                peers.get(answer.question_id),
            )
            for answer in answers
        ),
    )


def _review(attempt: AttemptFacts, version: ShownVersion, shown: Shown, *, now: datetime) -> Review:
    return review_of(
        submitted=attempt.submitted,
        has_passed=attempt.has_passed,
        rules=version.facts.delivery,
        term_over=now >= shown.release.term.closes_at,
    )


def _with_peers(question: ResultQuestion, answer: AnswerFacts, health: ItemHealth | None) -> ResultQuestion:
    if health is None:
        return question
    taken = dict(health.choices)
    choices = tuple(
        replace(choice, peers=_percent(taken[key], health.takers)) if key in taken else choice
        for choice, key in zip(question.choices, answer.choice_order, strict=False)
    )
    return replace(question, choices=choices, peers=Peers(health.takers, _percent(health.right, health.takers)))


def _percent(part: int, whole: int) -> int:
    return (part * 200 + whole) // (2 * whole)


def question_seen(
    answer: AnswerFacts, version: ShownVersion, shown: Shown, review: Review, change: Change | None
) -> ResultQuestion:
    """One graded answer as far as the review lets it be seen; `change` is the correction of its key."""
    item, words = version.facts.items[answer.question_id], version.words(answer.question_id)
    if change is not None:
        item = corrected(item, change)
    right = answer.points == answer.maximum
    references = {entry.key: entry for entry in shown.page.references}
    return ResultQuestion(
        position=answer.position,
        stem=words.stem,
        case=version.case(answer.question_id),
        right=right,
        verdict=_verdict(answer, right=right) if review.verdicts else "",
        answered=answer.chosen is not None,
        choices=_choices(answer, item, words, review),
        parts=_parts(answer, item, words, review),
        rationale=words.rationale if review.rationales and words.rationale else None,
        certainty=answer.certainty,
        passages=item.passages if review.leads_to_passages(right=right) else (),
        references=tuple(references[key] for key in item.references if review.references and key in references),
        corrected=change is not None,
    )


def _verdict(answer: AnswerFacts, *, right: bool) -> str:
    if right:
        return "right"
    if answer.points:
        return f"partly right, {answer.points} of {answer.maximum} points"
    return "wrong" if answer.chosen is not None else "not answered"


def _choices(answer: AnswerFacts, item: Item, words: ItemWords, review: Review) -> tuple[ResultChoice, ...]:
    if item.kind not in {Kind.SINGLE, Kind.TRUE_FALSE, Kind.MULTIPLE}:
        return ()
    chosen, right = set((answer.chosen or "").split()), set(item.correct_keys)
    return tuple(
        ResultChoice(
            text=words.choices[key],
            chosen=key in chosen,
            is_key=review.keys and key in right,
            rationale=words.rationales[key] if review.rationales else None,
        )
        for key in answer.choice_order
    )


def _parts(answer: AnswerFacts, item: Item, words: ItemWords, review: Review) -> tuple[ResultPart, ...]:
    said = parts_of(answer.chosen)
    if item.kind is Kind.MATCHING:
        return tuple(
            ResultPart(
                label=words.stems[stem.key],
                answer=words.choices.get(said.get(stem.key, ""), "–"),
                right=said.get(stem.key) == stem.answer if review.verdicts else None,
                key=words.choices.get(stem.answer) if review.keys else None,
                rationale=words.stem_rationales[stem.key] or None if review.rationales else None,
            )
            for stem in item.stems
        )
    if item.kind is Kind.ORDERING:
        places = {key: str(place) for place, key in enumerate(item.order, start=1)}
        shown = item.order if review.keys else answer.choice_order
        return tuple(
            ResultPart(
                label=words.choices[key],
                answer=said.get(key, "–"),
                right=said.get(key) == places.get(key) if review.verdicts else None,
                key=places.get(key) if review.keys else None,
                rationale=words.rationales[key] or None if review.rationales else None,
            )
            for key in shown
        )
    if item.kind is Kind.NUMERIC and item.numeric:
        number = item.numeric
        within = f" (within {number.tolerance})" if number.tolerance else ""
        key = f"{number.value}{within} {number.unit}".strip()
        right = answer.points == answer.maximum if review.verdicts else None
        given = f"{answer.chosen or '–'} {number.unit}".strip()
        return (ResultPart("Your number", given, right, key if review.keys else None, None),)
    return ()


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
