"""Undo and redo of a draft, on both databases: every change can be taken back, nobody's work is lost on the way."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.orm import Session

from cme.audit.models import AuditEvent
from cme.kernel.refusal import Conflict, Refused
from cme.store.session import violates
from quizzes.interchange import formats
from quizzes.interchange.convert import from_item
from quizzes.interchange.report import Report
from quizzes.models.draft_change import DraftChange
from quizzes.queries.draft_changes import changes_since, editors_of, steps_of
from quizzes.queries.versions import places_of, version_facts
from quizzes.rules.delivery import DeliveryRules
from quizzes.rules.item import BlueprintLine, Item, QuizVersionFacts
from quizzes.services import authoring, importing, undoing
from quizzes.services.drafts import lock, note_change
from quizzes.services.remembering import remember
from quizzes.services.ruling import Surroundings, save_surroundings
from quizzes.services.writing import remove_items
from tests.factories.media import MemoryFiles
from tests.factories.modules import make_module
from tests.factories.people import make_person


class Drafting:
    """An open draft of four questions, two editors."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now = session, now
        self.module = make_module(session, now=now, questions=2, bank=4)
        self.editor = make_person(session, now=now, roles=("editor",), name="Ada Editor").id
        self.other = make_person(session, now=now, roles=("editor",), name="Bea Other").id
        self.version_id = authoring.open_draft(session, self.module.quiz_id, editor=self.editor, now=now)

    @property
    def facts(self) -> QuizVersionFacts:
        found = version_facts(self.session, self.version_id)
        assert found is not None
        return found

    @property
    def says(self) -> tuple:
        """Everything a learner or a publisher could notice, without edition and row numbers."""
        facts = self.facts
        return list(facts.items.values()), facts.blueprint, facts.topics, facts.delivery, dict(facts.vignettes)

    def number(self, place: int = 0) -> int:
        return list(self.facts.items)[place]

    def edit(self, stem: str, place: int = 0, editor: int | None = None) -> None:
        facts = self.facts
        number = list(facts.items)[place]
        item = facts.items[number]
        authoring.save_question(
            self.session,
            number,
            replace(item, stem=stem, tags=("t",), choices=item.choices[::-1]),
            edition=facts.edition,
            seen=item.fingerprint,
            editor=editor or self.editor,
            now=self.now,
        )

    def add(self, name: str = "brand-new") -> None:
        item = Item(name, "one", "one", "Why?", ())
        authoring.add_question(self.session, self.version_id, item, editor=self.editor, now=self.now)

    def remove(self, place: int = 0) -> None:
        authoring.remove_question(
            self.session, self.number(place), edition=self.facts.edition, editor=self.editor, now=self.now
        )

    def move(self, place: int, *, up: bool) -> None:
        authoring.move_question(self.session, self.number(place), up=up, editor=self.editor, now=self.now)

    def rules(self) -> None:
        wanted = Surroundings((BlueprintLine("New", ("one",), 1),), DeliveryRules(attempts=3), {"case": "A case."})
        save_surroundings(
            self.session, self.version_id, wanted, edition=self.facts.edition, editor=self.editor, now=self.now
        )

    def take_in(self) -> None:
        text = "::one:: What? {=yes ~no}\n\n::two:: Which? {=this ~that}\n"
        report = formats.read_any(text.encode(), "bank.gift", "gift")
        importing.take_in(self.session, self.version_id, report, files=MemoryFiles(), editor=self.editor, now=self.now)

    def bulk(self) -> None:
        draft = lock(self.session, self.version_id)
        numbers = list(self.facts.items)[1:3]
        before = remember(self.session, self.version_id, questions=numbers)
        remove_items(self.session, numbers)
        note_change(self.session, draft, self.editor, {"words": "retired 2 questions"}, before=before, now=self.now)

    def undo(self, edition: int | None = None, editor: int | None = None):
        edition = self.facts.edition if edition is None else edition
        return undoing.undo(self.session, self.version_id, edition=edition, editor=editor or self.editor, now=self.now)

    def redo(self, edition: int | None = None):
        edition = self.facts.edition if edition is None else edition
        return undoing.redo(self.session, self.version_id, edition=edition, editor=self.editor, now=self.now)


@pytest.fixture
def draft(session: Session, now: datetime) -> Drafting:
    return Drafting(session, now)


ACTS: dict[str, tuple[Callable[[Drafting], None], str]] = {
    "edit": (lambda one: one.edit("New?"), "edited question “item-1” (stem, tags, choices)"),
    "add": (lambda one: one.add(), "added question “brand-new”"),
    "remove": (lambda one: one.remove(1), "took out question “item-2”"),
    "remove the last": (lambda one: one.remove(3), "took out question “item-4”"),
    "up": (lambda one: one.move(2, up=True), "moved question “item-3”"),
    "down": (lambda one: one.move(0, up=False), "moved question “item-1”"),
    "rules": (lambda one: one.rules(), "changed the blueprint, delivery, vignettes"),
    "import": (lambda one: one.take_in(), "imported a GIFT file: 2 added, 0 changed"),
    "bulk": (lambda one: one.bulk(), "retired 2 questions"),
}


@pytest.mark.parametrize("name", ACTS)
def test_every_change_is_taken_back_and_done_again_exactly(draft: Drafting, name: str) -> None:
    act, words = ACTS[name]
    before = draft.says
    act(draft)
    after = draft.says
    assert before != after
    steps = steps_of(draft.session, draft.version_id)
    assert steps.undo is not None
    assert (steps.undo.words, steps.undo.by, steps.redo) == (words, "Ada Editor", None)
    assert draft.undo().plain == words
    assert draft.says == before
    steps = steps_of(draft.session, draft.version_id)
    assert steps.undo is None
    assert steps.redo is not None
    assert draft.redo().plain == words
    assert draft.says == after
    assert draft.undo().plain == words
    assert draft.says == before
    assert draft.facts.edition == 5


def test_an_import_over_what_was_imported_before_is_taken_back_too(draft: Drafting) -> None:
    before = draft.says
    entry = from_item(replace(next(iter(draft.facts.items.values())), stem="From our own file?"))
    report = Report("yaml", "Bank", (entry,), (), (), {})
    importing.take_in(draft.session, draft.version_id, report, files=MemoryFiles(), editor=draft.editor, now=draft.now)
    assert draft.says != before
    assert draft.undo().plain == "imported a YAML file: 0 added, 1 changed"
    assert draft.says == before


def test_all_acts_are_taken_back_one_by_one_and_done_again(draft: Drafting) -> None:
    states = [draft.says]
    for act, _words in ACTS.values():
        act(draft)
        states.append(draft.says)
    for state in states[-2::-1]:
        draft.undo()
        assert draft.says == state
    with pytest.raises(Refused, match="nothing_to_reverse"):
        draft.undo()
    for state in states[1:]:
        draft.redo()
        assert draft.says == state
    with pytest.raises(Refused, match="nothing_to_reverse"):
        draft.redo()


def test_something_new_ends_what_could_be_done_again(draft: Drafting) -> None:
    draft.edit("One?")
    draft.edit("Two?")
    draft.undo()
    draft.add()
    with pytest.raises(Refused, match="nothing_to_reverse"):
        draft.redo()
    assert draft.undo().plain == "added question “brand-new”"
    assert draft.redo().plain == "added question “brand-new”"
    draft.undo()
    draft.undo()
    assert draft.says[0][0].stem == "A patient has finding 1. What is it called?"


def test_only_the_change_that_the_button_named_is_taken_back(draft: Drafting) -> None:
    """The other editor saved in between: nothing of theirs is lost, and the page says so."""
    draft.edit("Mine?")
    seen = draft.facts.edition
    draft.edit("Theirs?", place=1, editor=draft.other)
    says = draft.says
    with pytest.raises(Conflict) as refused:
        draft.undo(edition=seen)
    assert refused.value.code == "draft_changed"
    assert draft.says == says
    steps = steps_of(draft.session, draft.version_id)
    assert steps.undo is not None
    assert steps.undo.by == "Bea Other"


def test_a_change_is_taken_back_once_whatever_is_pressed(draft: Drafting) -> None:
    draft.edit("Mine?")
    edition = draft.facts.edition
    draft.undo(edition=edition)
    with pytest.raises(Conflict):
        draft.undo(edition=edition)
    rows = draft.session.execute(select(DraftChange.id, DraftChange.reverses)).all()
    again = DraftChange(
        version_id=draft.version_id, edition=9, step="undone", reverses=rows[0][0], at=draft.now, by=None,
        what={}, surroundings={},
    )  # fmt: skip
    draft.session.add(again)
    with pytest.raises(IntegrityError) as refused:
        draft.session.flush()
    assert violates(refused.value, "uq_draft_changes_reverses")
    draft.session.rollback()


def test_what_was_before_a_sealed_change_stays(draft: Drafting) -> None:
    draft.edit("Mine?")
    draft.session.add(
        DraftChange(
            version_id=draft.version_id, edition=3, step="sealed", reverses=None, at=draft.now, by=draft.other,
            what={}, surroundings={},
        )
    )  # fmt: skip
    draft.session.flush()
    assert steps_of(draft.session, draft.version_id).undo is None


def test_a_published_or_discarded_draft_is_not_undone(draft: Drafting) -> None:
    draft.edit("Mine?")
    edition = draft.facts.edition
    authoring.discard_draft(draft.session, draft.version_id, edition=edition, editor=draft.editor, now=draft.now)
    with pytest.raises(Refused) as refused:
        draft.undo(edition=edition)
    assert refused.value.code == "not_a_draft"


def test_who_changed_what_stands_in_the_list_and_in_the_audit(draft: Drafting) -> None:
    draft.edit("Mine?")
    draft.edit("Theirs?", editor=draft.other)
    draft.undo()
    words = [(one.words, one.by) for one in changes_since(draft.session, draft.version_id, 2)]
    assert words == [
        ("took back: edited question “item-1” (stem, choices)", "Ada Editor"),
        ("edited question “item-1” (stem, choices)", "Bea Other"),
    ]
    assert editors_of(draft.session, draft.version_id) == {draft.editor, draft.other}
    told = draft.session.scalars(
        select(AuditEvent.details).where(AuditEvent.event == "quiz.draft_changed").order_by(AuditEvent.id)
    ).all()
    assert "undone" in told[-1]


def test_the_list_of_changes_only_grows(draft: Drafting) -> None:
    draft.edit("Mine?")
    with pytest.raises(DatabaseError, match="only grows"):
        draft.session.execute(delete(DraftChange))
    draft.session.rollback()


def test_moving_writes_two_places_only(draft: Drafting) -> None:
    before = places_of(draft.session, draft.version_id)
    draft.move(2, up=True)
    after = places_of(draft.session, draft.version_id)
    assert sum(before[one] != after[one] for one in before) == 2
