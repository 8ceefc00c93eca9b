"""Versions as the desk looks at them: kept by the process, and brought up to date by what changed since.

Published versions never change. A draft's edition goes up with every change, and the change names the questions it
touched, so that after a save one question is read again and not the whole bank.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from cme.kernel.refusal import NotFound
from quizzes.queries.bank import changed_lineages, current_heads, held_causes, places_of_lineages, versions_in_review
from quizzes.queries.media import media_of
from quizzes.queries.modules import DeskModule, modules_of
from quizzes.queries.policies import policy_of
from quizzes.queries.versions import items_of, places_of, version_head
from quizzes.rules.bank import BankLine
from quizzes.rules.editing import Difference, ModuleFacts
from quizzes.rules.item import Item, QuizVersionFacts
from quizzes.rules.media import Medium
from quizzes.rules.reviewing import Standing
from quizzes.rules.shapes import Obstacle
from quizzes.services.publishing import difference_between, obstacles_for, review_of
from quizzes.services.versions import shows_any
from quizzes.services.wording import NO_MEDIA

SHELF = "quiz_shelf"
MOST_QUESTIONS = 20_000
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Shelved:
    """A version with its items, and what was worked out about it so far: `memo` lives as long as its edition."""

    facts: QuizVersionFacts
    places: Mapping[int, int]
    numbers: Mapping[str, int]
    """Question numbers by lineage."""
    memo: dict[Any, Any] = field(default_factory=dict[Any, Any])

    def once(self, key: Any, work_out: Callable[[], Value]) -> Value:
        """The same answer as long as nothing changes. Two threads may work it out at once; the answers are equal."""
        if key not in self.memo:
            self.memo[key] = work_out()
        return self.memo[key]


class Shelf:
    """At most so many questions, least recently used versions go first. One per process, made with the application."""

    def __init__(self, most_questions: int = MOST_QUESTIONS) -> None:
        self._most = most_questions
        self._held: OrderedDict[int, Shelved] = OrderedDict()
        self._lock = Lock()
        self.modules: OrderedDict[tuple[int, int], DeskModule] = OrderedDict()

    def get(self, session: Session, version_id: int) -> Shelved:
        """The version as it is now. Refuses: NotFound."""
        head = version_head(session, version_id)
        if head is None:
            raise NotFound
        return self._filled(session, head)

    def current(self, session: Session) -> list[Shelved]:
        """What every quiz has now, by title: its draft, else its published version."""
        return [self._filled(session, head) for head in current_heads(session)]

    def forget(self) -> None:
        """Drop everything: the database was replaced under the process."""
        with self._lock:
            self._held.clear()
            self.modules.clear()

    def _filled(self, session: Session, head: QuizVersionFacts) -> Shelved:
        with self._lock:
            kept = self._held.get(head.version_id)
            if kept is not None:
                self._held.move_to_end(head.version_id)
        if kept is None or kept.facts.edition > head.edition:
            found = _read(session, head)
        elif kept.facts.edition == head.edition:
            found = replace(kept, facts=replace(head, items=kept.facts.items))
        else:
            found = _brought_up_to_date(session, head, kept)
        # What a writing transaction read may still be rolled back.
        if not session.connection().get_execution_options().get("writes", False):
            self._keep(found)
        return found

    def _keep(self, found: Shelved) -> None:
        with self._lock:
            self._held[found.facts.version_id] = found
            self._held.move_to_end(found.facts.version_id)
            while len(self._held) > 1 and sum(len(one.places) for one in self._held.values()) > self._most:
                self._held.popitem(last=False)


def obstacles_seen(session: Session, shelf: Shelf, shelved: Shelved) -> list[Obstacle]:
    """What keeps the version from being published."""
    modules = modules_of(session, shelved.facts.quiz_id, shelf.modules)[1]
    return obstacles_among(session, shelved, modules, review_of(session, shelved.facts))


def obstacles_among(
    session: Session, shelved: Shelved, modules: tuple[ModuleFacts, ...], review: Standing | None
) -> list[Obstacle]:
    """The same where the modules that the quiz serves and the review are at hand."""
    media, policy = media_seen(session, shelved), policy_of(session, shelved.facts.quiz_id)
    return shelved.once(
        ("obstacles", modules, review, tuple(media.values()), policy),
        lambda: obstacles_for(shelved.facts, modules, review, media, policy),
    )


def media_seen(session: Session, shelved: Shelved) -> Mapping[str, Medium]:
    """Pictures and videos of the quiz; not even asked for where no text of the version shows one."""
    shows = shelved.once("shows media", lambda: shows_any(shelved.facts))
    return media_of(session, shelved.facts.quiz_id) if shows else NO_MEDIA


def difference_seen(session: Session, shelf: Shelf, shelved: Shelved, published: int | None) -> Difference:
    """What publishing the version would change against the published one."""
    if published is None:
        return shelved.once("difference", lambda: difference_between(None, shelved.facts))
    before = shelf.get(session, published).facts
    return shelved.once(("difference", published), lambda: difference_between(before, shelved.facts))


def _read(session: Session, head: QuizVersionFacts) -> Shelved:
    # Places first: what is added in between is read again with the next edition.
    places = places_of(session, head.version_id)
    return _shelved(head, items_of(session, head.version_id), places)


def _brought_up_to_date(session: Session, head: QuizVersionFacts, kept: Shelved) -> Shelved:
    touched = changed_lineages(session, head.version_id, kept.facts.edition, head.edition)
    if touched is None:
        return _read(session, head)
    places = places_of_lineages(session, head.version_id, touched)
    fresh = items_of(session, head.version_id, only=list(places)) if places else {}
    old = {number: item for number, item in kept.facts.items.items() if item.lineage not in touched}
    return _shelved(head, {**old, **fresh}, {**kept.places, **places})


def _shelved(head: QuizVersionFacts, items: Mapping[int, Item], places: Mapping[int, int]) -> Shelved:
    order = sorted(items, key=lambda number: (places.get(number, 0), number))
    return Shelved(
        facts=replace(head, items={number: items[number] for number in order}),
        places={number: places.get(number, 0) for number in order},
        numbers={items[number].lineage: number for number in order},
    )


def bank_lines(session: Session, shelf: Shelf) -> list[BankLine]:
    """Every question of every quiz as it is now."""
    held, reviewed = held_causes(session), versions_in_review(session)
    by_quiz: dict[int, list[tuple[str, frozenset[str]]]] = {}
    for (quiz_id, lineage), causes in held.items():
        by_quiz.setdefault(quiz_id, []).append((lineage, causes))
    found: list[BankLine] = []
    for one in shelf.current(session):
        mine = frozenset(by_quiz.get(one.facts.quiz_id, ()))
        in_review = one.facts.version_id in reviewed
        key = ("lines", mine, in_review)
        found += one.once(key, lambda one=one, mine=mine, in_review=in_review: _lines(one.facts, dict(mine), in_review))
    return found


def _lines(facts: QuizVersionFacts, held: Mapping[str, frozenset[str]], in_review: bool) -> list[BankLine]:
    labels = {topic.key: topic.label for topic in facts.topics}
    nothing: frozenset[str] = frozenset()
    return [
        BankLine(
            question_id=number,
            quiz_id=facts.quiz_id,
            version_id=facts.version_id,
            version_number=facts.number,
            quiz_title=facts.title,
            in_draft=facts.is_draft,
            in_review=in_review,
            topic_label=labels.get(item.topic, item.topic),
            item=item,
            held=held.get(item.lineage, nothing),
        )
        for number, item in facts.items.items()
    ]
