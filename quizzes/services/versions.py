"""Published versions kept by the process: they never change, so reading them once is enough."""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from sqlalchemy.orm import Session

from cme.kernel.refusal import NotFound
from quizzes.queries.versions import version_facts
from quizzes.rules.item import QuizVersionFacts
from quizzes.services.wording import ItemWords, words_of

MOST_QUESTIONS = 10_000


@dataclass(frozen=True, slots=True)
class ShownVersion:
    """A version with the words of its items, by question number."""

    facts: QuizVersionFacts
    words: dict[int, ItemWords]


def shown(facts: QuizVersionFacts) -> ShownVersion:
    """The version with every text made ready."""
    return ShownVersion(facts, {question_id: words_of(item) for question_id, item in facts.items.items()})


class VersionCache:
    """At most so many questions, least recently used versions go first. One per process, made with the application."""

    def __init__(self, most_questions: int = MOST_QUESTIONS) -> None:
        self._most = most_questions
        self._held: OrderedDict[int, ShownVersion] = OrderedDict()
        self._lock = Lock()

    def get(self, session: Session, version_id: int) -> ShownVersion:
        """The version; a draft is read anew each time. Refuses: NotFound."""
        with self._lock:
            held = self._held.get(version_id)
            if held is not None:
                self._held.move_to_end(version_id)
                return held
        facts = version_facts(session, version_id)
        if facts is None:
            raise NotFound
        version = shown(facts)
        if not facts.is_draft:
            self._keep(version_id, version)
        return version

    def forget(self) -> None:
        """Drop everything: the database was replaced under the process."""
        with self._lock:
            self._held.clear()

    def _keep(self, version_id: int, version: ShownVersion) -> None:
        with self._lock:
            self._held[version_id] = version
            while len(self._held) > 1 and sum(len(one.words) for one in self._held.values()) > self._most:
                self._held.popitem(last=False)
