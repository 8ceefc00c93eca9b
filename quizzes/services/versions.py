"""Published versions kept by the process: they never change, so reading them once is enough."""

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock

from markupsafe import Markup
from sqlalchemy.orm import Session

from cme.kernel.refusal import NotFound
from quizzes.queries.media import media_of
from quizzes.queries.versions import version_facts
from quizzes.rules.drawing import candidates_of
from quizzes.rules.item import Item, QuizVersionFacts
from quizzes.rules.media import Medium
from quizzes.services.wording import NO_MEDIA, ItemWords, block, shows_media, words_of

MOST_QUESTIONS = 6_000
VERSIONS = "quiz_versions"


class ShownVersion:
    """A version and the words of its items, each made ready when it is first shown."""

    def __init__(self, facts: QuizVersionFacts, media: Mapping[str, Medium] = NO_MEDIA) -> None:
        self.facts = facts
        self._media = media
        self._words: dict[int, ItemWords] = {}
        self._cases: dict[str, Markup] = {}
        self.by_lineage = {item.lineage: question_id for question_id, item in facts.items.items()}
        self.candidates = candidates_of(facts.items.values())

    def words(self, question_id: int) -> ItemWords:
        """The item's texts as HTML. Two threads may make the same words at once; they are equal."""
        found = self._words.get(question_id)
        if found is None:
            found = self._words[question_id] = words_of(self.facts.items[question_id], self._media)
        return found

    def case(self, question_id: int) -> Markup | None:
        """The case that the item shares with others, as HTML."""
        key = self.facts.items[question_id].vignette
        if not key or key not in self.facts.vignettes:
            return None
        if key not in self._cases:
            self._cases[key] = block(self.facts.vignettes[key], self._media)
        return self._cases[key]


def media_for(session: Session, *versions: QuizVersionFacts) -> Mapping[str, Medium]:
    """Pictures and videos of the versions' quiz; not even asked for where no text shows one."""
    shown = next((facts for facts in versions if shows_any(facts)), None)
    return media_of(session, shown.quiz_id) if shown is not None else NO_MEDIA


def media_for_items(session: Session, quiz_id: int, *items: Item | None) -> Mapping[str, Medium]:
    """The same for some items of a quiz; those that are not there show nothing."""
    shown = any(shows_media(item) for item in items if item is not None)
    return media_of(session, quiz_id) if shown else NO_MEDIA


def shows_any(facts: QuizVersionFacts) -> bool:
    """Whether a text of the version may show a picture or a video."""
    cases = any("![" in text for text in facts.vignettes.values())
    return cases or any(shows_media(item) for item in facts.items.values())


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
        version = ShownVersion(facts, media_for(session, facts))
        writing = session.connection().get_execution_options().get("writes", False)
        if not facts.is_draft and not writing:  # what a writing transaction read may still be rolled back
            self._keep(version_id, version)
        return version

    def forget(self) -> None:
        """Drop everything: the database was replaced under the process."""
        with self._lock:
            self._held.clear()

    def _keep(self, version_id: int, version: ShownVersion) -> None:
        with self._lock:
            self._held[version_id] = version
            while len(self._held) > 1 and sum(len(one.facts.items) for one in self._held.values()) > self._most:
                self._held.popitem(last=False)
