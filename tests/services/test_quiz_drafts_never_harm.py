"""Whatever two editors and a reviewer do in whatever order, a published version keeps every row it was published with.

Sequences of opening, editing, adding, taking out, moving, undoing, redoing, sending, approving, returning, publishing and
discarding, each from a page that may be old; on both databases.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cme.activities.models import Provider
from cme.kernel.refusal import Conflict, Refused
from quizzes.models.quiz import Choice, Question, QuizVersion
from quizzes.queries.versions import draft_of, history_of, version_facts
from quizzes.rules.item import QuizVersionFacts
from quizzes.services import authoring, reviewing, undoing
from tests.factories.modules import make_module
from tests.factories.people import make_person

ACTS = (
    *("look", "open", "edit", "edit", "add", "remove", "move", "undo", "redo"),
    *("send", "approve", "return", "publish", "discard", "ship", "ship"),
)
CHANGES = {"edit", "add", "remove", "move", "undo", "redo"}
turn = st.tuples(
    st.sampled_from(ACTS), st.integers(0, 1), st.integers(0, 5), st.sampled_from([True, True, True, False])
)
steps = st.lists(turn, min_size=8, max_size=20)


def digest(session: Session, version_id: int) -> str:
    """Of everything a version says: its row without what publishing and retiring write, its questions, its choices."""
    session.expire_all()
    version = session.execute(
        select(QuizVersion.blueprint, QuizVersion.topics, QuizVersion.vignettes, QuizVersion.delivery, QuizVersion.edition)
        .where(QuizVersion.id == version_id)
    ).one()  # fmt: skip
    questions = select(Question.__table__).where(Question.version_id == version_id).order_by(Question.id)
    numbers = select(Question.id).where(Question.version_id == version_id)
    choices = select(Choice.__table__).where(Choice.question_id.in_(numbers)).order_by(Choice.id)
    rows = [list(version)]
    rows += [list(row) for wanted in (questions, choices) for row in session.execute(wanted)]
    return hashlib.sha256(json.dumps(rows, default=str).encode()).hexdigest()


def content(facts: QuizVersionFacts) -> tuple:
    """What a draft says, whatever its row numbers and edition."""
    return list(facts.items.values()), facts.blueprint, facts.delivery, dict(facts.vignettes)


@dataclass
class World:
    """The database beside a plain model of it."""

    session: Session
    now: datetime
    needed: int
    frozen: dict[int, str] = field(default_factory=dict)
    """Digest of every version that is no draft any more."""
    seen: dict[int, tuple[int, int]] = field(default_factory=dict)
    """The page each person looks at: (version, edition)."""
    authors: set[int] = field(default_factory=set)
    approved: set[tuple[int, int]] = field(default_factory=set)
    """(person, edition) of the open draft."""
    objected: set[tuple[int, int]] = field(default_factory=set)
    done: list[tuple] = field(default_factory=list)
    undone: list[tuple] = field(default_factory=list)
    names: int = 0

    def __post_init__(self) -> None:
        self.quiz_id = make_module(self.session, now=self.now, questions=2, bank=3).quiz_id
        self.session.execute(update(Provider).values(approvals=self.needed))
        make = lambda *roles: make_person(self.session, now=self.now, roles=roles).id  # noqa: E731
        # The second may edit and review: an administrator.
        self.people = [make("editor"), make("administrator")]
        self.reviewers = [make("reviewer"), self.people[1]]
        for row in history_of(self.session, self.quiz_id):
            facts = version_facts(self.session, row.version_id)
            assert facts is not None
            self.pattern = next(iter(facts.items.values()))
            self.frozen[row.version_id] = digest(self.session, row.version_id)

    @property
    def draft(self) -> QuizVersionFacts | None:
        found = draft_of(self.session, self.quiz_id)
        return None if found is None else version_facts(self.session, found)

    def act(self, name: str, who: int, place: int, fresh: bool = True) -> None:
        """One act; `fresh` loads the page just before, otherwise it is the one that this person has open."""
        if name == "ship":  # nearly the whole way at once: chance alone seldom walks it
            self.act("edit", who, place)
            self.act("send", who, place)
            self.act("approve", 0, place)
            self.act("approve", 1, place)
            if place > 2:
                self.act("edit", who, place)
            self.act("publish", who, place)
            return
        draft, person = self.draft, (self.reviewers if name in {"approve", "return"} else self.people)[who]
        if name == "open" or draft is None:
            self._open(person)
            return
        if name == "look" or fresh or self.seen.get(person, (0, 0))[0] != draft.version_id:
            self.seen[person] = (draft.version_id, draft.edition)
        if name == "look":
            return
        version_id, edition = self.seen[person]
        stale = edition != draft.edition
        before = digest(self.session, version_id)
        refused = self._try(name, version_id, edition, person, draft, place)
        if refused is not None:
            assert digest(self.session, version_id) == before, f"{name} was refused and changed something"
            assert not stale or isinstance(refused, Conflict) or name in {"edit", "add", "move"}, refused
            self.seen[person] = (draft.version_id, draft.edition)
            return
        self._follow(name, person, draft, stale)

    def _open(self, person: int) -> None:
        new = self.draft is None
        version_id = authoring.open_draft(self.session, self.quiz_id, editor=person, now=self.now)
        if new:
            self.authors, self.approved, self.objected, self.done, self.undone = {person}, set(), set(), [], []
        self.seen[person] = (version_id, self.draft.edition if self.draft else 0)

    def _try(self, *what: Any) -> Refused | None:
        try:
            with self.session.begin_nested():
                self._do(*what)
        except Refused as refused:
            return refused
        return None

    def _do(self, name: str, version_id: int, edition: int, person: int, draft: QuizVersionFacts, place: int) -> None:
        numbers = list(draft.items)
        number = numbers[place % len(numbers)] if numbers else 10**6
        pattern = draft.items.get(number, self.pattern)
        by: dict[str, Any] = {"editor": person, "now": self.now}
        judge: dict[str, Any] = {"edition": edition, "reviewer": person, "now": self.now}
        self.names += 1
        acts: dict[str, Callable[[], object]] = {
            "edit": lambda: authoring.save_question(
                self.session, number, replace(pattern, stem=f"Which is {self.names}?"),
                edition=edition, seen=pattern.fingerprint, **by,
            ),
            "add": lambda: authoring.add_question(
                self.session, version_id, replace(pattern, lineage=f"new-{self.names}"), **by
            ),
            "remove": lambda: authoring.remove_question(self.session, number, edition=edition, **by),
            "move": lambda: authoring.move_question(self.session, number, up=place > 2, **by),
            "undo": lambda: undoing.undo(self.session, version_id, edition=edition, **by),
            "redo": lambda: undoing.redo(self.session, version_id, edition=edition, **by),
            "send": lambda: reviewing.send(self.session, version_id, edition=edition, reviewer=None, **by),
            "approve": lambda: reviewing.approve(self.session, version_id, **judge),
            "return": lambda: reviewing.give_back(self.session, version_id, words="No.", **judge),
            "publish": lambda: authoring.publish(self.session, version_id, edition=edition, **by),
            "discard": lambda: authoring.discard_draft(self.session, version_id, edition=edition, **by),
        }  # fmt: skip
        acts[name]()

    def _follow(self, name: str, person: int, before: QuizVersionFacts, stale: bool) -> None:
        """Bring the model to where the database should be, and compare."""
        assert not stale or name in {"edit", "add", "move"}, f"{name} from an old page was not refused"
        after = version_facts(self.session, before.version_id)
        assert after is not None
        if name in {"publish", "discard"}:
            self._close(name, before, after)
            return
        if name in {"approve", "return"}:
            assert person not in self.authors
            said, unsaid = (self.approved, self.objected) if name == "approve" else (self.objected, self.approved)
            said.add((person, before.edition))
            unsaid.discard((person, before.edition))
        if name in CHANGES and after.edition != before.edition:
            assert after.edition == before.edition + 1
            self.authors.add(person)
            if name == "undo":
                assert content(after) == self.done.pop()
                self.undone.append(content(before))
            elif name == "redo":
                assert content(after) == self.undone.pop()
                self.done.append(content(before))
            else:
                self.done, self.undone = [*self.done, content(before)], []
        self.seen[person] = (after.version_id, after.edition)

    def _close(self, name: str, before: QuizVersionFacts, after: QuizVersionFacts) -> None:
        assert content(after) == content(before)
        if name == "publish":
            approvals = {person for person, edition in self.approved if edition == before.edition}
            assert len(approvals - self.authors) >= self.needed
            assert not self.needed or not {one for one in self.objected if one[1] == before.edition}
        self.frozen[before.version_id] = digest(self.session, before.version_id)

    def check(self) -> None:
        states = [row.state for row in history_of(self.session, self.quiz_id)]
        assert states.count("draft") <= 1
        assert states.count("published") == 1
        for version_id, rows in self.frozen.items():
            assert digest(self.session, version_id) == rows, f"version {version_id} changed"


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(made=steps, needed=st.integers(0, 2))
def test_no_sequence_of_two_editors_and_a_reviewer_changes_what_is_published(
    session: Session, now: datetime, made: list[tuple[str, int, int, bool]], needed: int
) -> None:
    point = session.begin_nested()
    try:
        world = World(session, now, needed)
        for one in made:
            world.act(*one)
        world.check()
    finally:
        point.rollback()
        session.expire_all()


def test_the_model_notices_what_it_should(session: Session, now: datetime) -> None:
    """A sequence in which everything succeeds: otherwise the property could hold because nothing ever happens."""
    world = World(session, now, 1)
    acts: list[tuple[str, int, int]] = [
        ("open", 0, 0), ("edit", 0, 0), ("remove", 0, 1), ("undo", 0, 0), ("redo", 0, 0), ("undo", 0, 0),
        ("send", 0, 0), ("look", 0, 0), ("approve", 0, 0), ("approve", 0, 0), ("publish", 0, 0), ("open", 1, 0),
        ("edit", 1, 2), ("open", 0, 0), ("discard", 0, 0),
    ]  # fmt: skip
    for one in acts:
        world.act(*one)
        world.check()
    assert [row.state for row in history_of(session, world.quiz_id)] == ["discarded", "published", "retired"]
    assert len(world.frozen) == 3
