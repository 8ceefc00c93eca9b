"""Versions as the desk looks at them: kept by the process, and brought up to date by what changed since.

Published versions never change. A draft's edition goes up with every change, and the change names the questions it
touched, so that after a save one question is read again and not the whole bank.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from cme.kernel.refusal import NotFound
from quizzes.queries.bank import changed_lineages, current_heads, held_causes, versions_in_review
from quizzes.queries.media import media_of
from quizzes.queries.modules import DeskModule, Served, served
from quizzes.queries.reviews import ActLine, standing_and_acts
from quizzes.queries.versions import heads_with_published, placed_items_of, version_head
from quizzes.rules.bank import BankLine, words_of_item
from quizzes.rules.editing import Difference
from quizzes.rules.item import Item, QuizVersionFacts
from quizzes.rules.media import Medium
from quizzes.rules.reviewing import Standing
from quizzes.rules.shapes import Obstacle
from quizzes.services.memory import LastingMemory
from quizzes.services.publishing import difference_between, obstacles_for
from quizzes.services.wording import NO_MEDIA, shows_media

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
    lasting: LastingMemory = field(default_factory=LastingMemory)
    """Goes on to the next edition."""

    def item(self, lineage: str) -> Item | None:
        """The question of that name."""
        return self.facts.items.get(self.numbers.get(lineage, 0))

    def once(self, key: Any, work_out: Callable[[], Value]) -> Value:
        """The same answer as long as nothing changes. Two threads may work it out at once; the answers are equal."""
        if key not in self.memo:
            self.memo[key] = work_out()
        return self.memo[key]

    def each(self, name: str, about: Any, work_out: Callable[[int, Item], Value]) -> Mapping[int, Value]:
        """Something about every question; after a change only the changed ones are asked again."""
        return self.lasting.each(name, about, self.facts.items, work_out)

    def same(self, name: str, about: Any, work_out: Callable[[], Value]) -> Value:
        """The same answer, through all editions, as long as what it is about stays the same."""
        return self.lasting.same(name, about, work_out)


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

    def with_published(self, session: Session, version_id: int) -> tuple[Shelved, Shelved | None]:
        """The version, and what its quiz has published, which may be the same. Refuses: NotFound."""
        heads = heads_with_published(session, version_id)
        wanted = next((head for head in heads if head.version_id == version_id), None)
        if wanted is None:
            raise NotFound
        published = next((head for head in heads if head.state == "published"), None)
        # The published one first: what a draft has just so is then shared with it.
        beside = self._filled(session, published) if published is not None else None
        return (beside if beside is not None and published is wanted else self._filled(session, wanted)), beside

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
            found = self._read(session, head)
        elif kept.facts.edition == head.edition:
            found = replace(kept, facts=replace(head, items=kept.facts.items))
        else:
            found = self._brought_up_to_date(session, head, kept)
        # What a writing transaction read may still be rolled back.
        if not session.connection().get_execution_options().get("writes", False):
            self._keep(found)
        return found

    def _read(self, session: Session, head: QuizVersionFacts) -> Shelved:
        items, places = placed_items_of(session, head.version_id)
        return _shelved(head, self._shared(head.quiz_id, items), places)

    def _brought_up_to_date(self, session: Session, head: QuizVersionFacts, kept: Shelved) -> Shelved:
        touched = changed_lineages(session, head.version_id, kept.facts.edition, head.edition)
        if touched is None:
            return self._read(session, head)
        fresh, places = placed_items_of(session, head.version_id, lineages=touched) if touched else ({}, {})
        old = {number: item for number, item in kept.facts.items.items() if item.lineage not in touched}
        items = {**old, **self._shared(head.quiz_id, fresh)}
        return replace(_shelved(head, items, {**kept.places, **places}), lasting=kept.lasting)

    def _shared(self, quiz_id: int, items: Mapping[int, Item]) -> dict[int, Item]:
        """The items; what another version of the quiz has just so is one object: half the memory, compared at once."""
        with self._lock:
            others = [one for one in self._held.values() if one.facts.quiz_id == quiz_id]
        found = dict(items)
        for number, item in items.items():
            if item.numeric is not None:  # numbers are equal although they are written differently (1 and 1.0)
                continue
            for other in others:
                twin = other.facts.items.get(other.numbers.get(item.lineage, 0))
                if twin is not None and twin == item:
                    found[number] = twin
                    break
        return found

    def _keep(self, found: Shelved) -> None:
        with self._lock:
            self._held[found.facts.version_id] = found
            self._held.move_to_end(found.facts.version_id)
            while len(self._held) > 1 and sum(len(one.places) for one in self._held.values()) > self._most:
                self._held.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Readiness:
    """Where a version stands: what it serves, its review, and what keeps it from being published."""

    served: Served
    standing: Standing
    acts: list[ActLine]
    obstacles: list[Obstacle]


def readiness(session: Session, shelf: Shelf, shelved: Shelved) -> Readiness:
    """In three or four statements; of a version that is no draft nothing is in the way."""
    facts = shelved.facts
    around = served(session, facts.quiz_id, shelf.modules)
    stands, acts = standing_and_acts(session, facts.version_id, facts.edition, needed=around.approvals)
    if not facts.is_draft:
        return Readiness(around, stands, acts, [])
    media = media_seen(session, shelved)
    found = shelved.once(
        ("obstacles", around.facts, stands, tuple(media.values()), around.policy),
        lambda: obstacles_for(facts, around.facts, stands, media, around.policy, memory=shelved),
    )
    return Readiness(around, stands, acts, found)


def obstacles_seen(session: Session, shelf: Shelf, shelved: Shelved) -> list[Obstacle]:
    """What keeps the draft from being published."""
    return readiness(session, shelf, shelved).obstacles


def media_seen(session: Session, shelved: Shelved) -> Mapping[str, Medium]:
    """Pictures and videos of the quiz; not even asked for where no text of the version shows one."""
    facts = shelved.facts
    in_items = shelved.each("shows media", None, lambda _number, item: shows_media(item))
    shows = any(in_items.values()) or any("![" in text for text in facts.vignettes.values())
    return media_of(session, facts.quiz_id) if shows else NO_MEDIA


def difference_seen(shelved: Shelved, before: Shelved | None) -> Difference:
    """What the version changes against another one, usually the published one; None has nothing in it."""
    if before is None:
        return shelved.once("difference", lambda: difference_between(None, shelved.facts))
    key = ("difference", before.facts.version_id, before.facts.edition)
    return shelved.once(key, lambda: difference_between(before.facts, shelved.facts))


def words_seen(shelved: Shelved) -> Mapping[int, str]:
    """Everything of each question that is searched."""
    return shelved.each("words", None, lambda _number, item: words_of_item(item))


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
        found += _lines(one, mine, in_review=one.facts.version_id in reviewed)
    return found


def _lines(shelved: Shelved, held: frozenset[tuple[str, frozenset[str]]], *, in_review: bool) -> Iterable[BankLine]:
    """A line stays the same object as long as nothing about it changes: it keeps its words and its notes."""
    facts, causes = shelved.facts, dict(held)
    labels = {topic.key: topic.label for topic in facts.topics}
    nothing: frozenset[str] = frozenset()

    def line(number: int, item: Item) -> BankLine:
        return BankLine(
            question_id=number,
            quiz_id=facts.quiz_id,
            version_id=facts.version_id,
            version_number=facts.number,
            quiz_title=facts.title,
            in_draft=facts.is_draft,
            in_review=in_review,
            topic_label=labels.get(item.topic, item.topic),
            item=item,
            held=causes.get(item.lineage, nothing),
        )

    about = (held, in_review, facts.number, facts.title, facts.is_draft, facts.topics)
    return shelved.each("lines", about, line).values()
