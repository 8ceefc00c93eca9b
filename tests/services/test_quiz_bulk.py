"""Bulk acts: all or nothing, in drafts, one Undo each, never over somebody's newer work; and the shelf that pages read."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from cme.kernel.refusal import Conflict, Invalid
from cme.store.database import db
from cme.store.session import transaction
from quizzes.interchange.convert import from_item
from quizzes.interchange.formats import FORMATS, read_any
from quizzes.models.review import DraftReview
from quizzes.queries.uploads import base_of
from quizzes.queries.versions import draft_of, version_facts
from quizzes.rules.bulk import Act, Bulk
from quizzes.rules.item import Item, QuizVersionFacts, Status
from quizzes.services import authoring, importing, media, undoing
from quizzes.services.bulk import change_many, effect_of
from quizzes.services.memory import NoMemory
from quizzes.services.publishing import drawn_in, obstacles_of
from quizzes.services.shelf import Shelf, bank_lines, difference_seen, obstacles_seen, words_seen
from tests.conftest import NOW
from tests.factories.items import NUMERIC, SINGLE
from tests.factories.media import MemoryFiles, picture
from tests.factories.modules import Module, make_module
from tests.factories.people import make_person

ITEM = replace(SINGLE, tags=("old",))
ACTS: tuple[tuple[Bulk, Callable[[Item], object], object], ...] = (
    (Bulk(Act.TAG, "new"), lambda item: item.tags, ("old", "new")),
    (Bulk(Act.TAG, "old"), lambda item: item.tags, ("old",)),
    (Bulk(Act.UNTAG, "old"), lambda item: item.tags, ()),
    (Bulk(Act.TOPIC, "two"), lambda item: item.topic, "two"),
    (Bulk(Act.OBJECTIVE, "other"), lambda item: item.objective, "other"),
    (Bulk(Act.RETIRE), lambda item: item.status, Status.RETIRED),
    (Bulk(Act.DRAFT), lambda item: item.status, Status.DRAFT),
    (Bulk(Act.READY), lambda item: item.status, Status.READY),
)


@pytest.mark.parametrize(("bulk", "part", "wanted"), ACTS, ids=lambda one: str(getattr(one, "act", "")))
def test_each_act_changes_one_part(bulk: Bulk, part: Callable[[Item], object], wanted: object) -> None:
    assert part(bulk.done_to(ITEM)) == wanted
    assert bulk.problem == ""
    assert "2 questions" in bulk.words(2)


@pytest.mark.parametrize("name", ["", "Two Words", "ü", "x" * 41])
def test_a_name_that_cannot_be_one_is_refused(name: str) -> None:
    assert Bulk(Act.TOPIC, name).problem


def facts_of(session: Session, version_id: int | None) -> QuizVersionFacts:
    facts = version_facts(session, version_id or 0)
    assert facts is not None
    return facts


@pytest.fixture
def module(session: Session) -> Module:
    return make_module(session, now=NOW, questions=2, bank=4)


@pytest.fixture
def editor(session: Session) -> int:
    return make_person(session, now=NOW, roles=("editor",)).id


def chosen(session: Session, module: Module, *names: str) -> dict[int, tuple[tuple[int, int], set[str]]]:
    base = base_of(session, module.quiz_id)
    assert base is not None
    return {module.quiz_id: (base, set(names))}


def test_many_are_changed_in_a_draft_and_one_undo_takes_it_back(session: Session, module: Module, editor: int) -> None:
    before = facts_of(session, module.version_id)
    effect = effect_of(before, {"item-1", "item-2"}, Bulk(Act.RETIRE))
    assert (effect.changes, effect.opens_draft) == (("item-1", "item-2"), True)
    wanted = chosen(session, module, "item-1", "item-2")
    assert change_many(session, wanted, Bulk(Act.RETIRE), editor=editor, now=NOW) == 2
    draft = facts_of(session, draft_of(session, module.quiz_id))
    assert [item.lineage for item in draft.items.values() if item.status is Status.RETIRED] == ["item-1", "item-2"]
    assert facts_of(session, module.version_id) == before
    undoing.undo(session, draft.version_id, edition=draft.edition, editor=editor, now=NOW)
    assert not any(item.status is Status.RETIRED for item in facts_of(session, draft.version_id).items.values())


def test_the_same_again_changes_nothing_and_opens_nothing(session: Session, module: Module, editor: int) -> None:
    wanted = chosen(session, module, "item-1")
    assert change_many(session, wanted, Bulk(Act.READY), editor=editor, now=NOW) == 0
    assert draft_of(session, module.quiz_id) is None


def test_a_quiz_that_moved_on_is_refused_and_no_other_is_changed(session: Session, module: Module, editor: int) -> None:
    other = make_module(session, now=NOW, questions=2)
    wanted = {**chosen(session, other, "item-1"), **chosen(session, module, "item-1")}
    draft = authoring.open_draft(session, other.quiz_id, editor=editor, now=NOW)
    with pytest.raises(Conflict):
        change_many(session, wanted, Bulk(Act.TAG, "new"), editor=editor, now=NOW)
    assert all("new" not in item.tags for item in facts_of(session, draft).items.values())


def test_an_unknown_topic_leaves_the_questions_as_they_are(session: Session, module: Module, editor: int) -> None:
    effect = effect_of(facts_of(session, module.version_id), {"item-1"}, Bulk(Act.TOPIC, "nowhere"))
    assert effect.changes == ()
    assert effect.refused == {"item-1": "Its quiz has no topic “nowhere”."}
    with pytest.raises(Invalid):
        change_many(session, chosen(session, module, "item-1"), Bulk(Act.TAG), editor=editor, now=NOW)


def read(app: Flask, shelf: Shelf, version_id: int) -> QuizVersionFacts:
    with app.app_context():
        session = db.session()
        facts, fresh = shelf.get(session, version_id).facts, version_facts(session, version_id)
        assert facts == fresh
        assert list(facts.items) == list(fresh.items if fresh else ())
        assert fresh is not None
        shown, anew = shelf.with_published(session, version_id), Shelf().with_published(session, version_id)
        assert difference_seen(*shown) == difference_seen(*anew)
        assert obstacles_seen(session, shelf, shown[0]) == (obstacles_of(session, fresh) if fresh.is_draft else [])
        assert words_seen(shown[0]) == words_seen(anew[0])
        assert list(words_seen(shown[0])) == list(facts.items)
        assert bank_lines(session, shelf) == bank_lines(session, Shelf())
        assert drawn_in(shown[0]) == drawn_in(NoMemory(fresh.items))
        db.session.remove()
        return facts


def obstacles_now(app: Flask, shelf: Shelf, version_id: int) -> list[str]:
    with app.app_context():
        session = db.session()
        found = [one.sentence for one in obstacles_seen(session, shelf, shelf.get(session, version_id))]
        db.session.remove()
        return found


def csv_of(*items: Item) -> bytes:
    return FORMATS["csv"].write([from_item(item) for item in items], "Some")


def test_the_shelf_always_says_what_the_database_says(app: Flask) -> None:
    shelf = Shelf()
    with app.app_context(), transaction() as session:
        module = make_module(session, now=NOW, questions=2, bank=4)
        editor = make_person(session, now=NOW, roles=("editor",)).id
        draft = authoring.open_draft(session, module.quiz_id, editor=editor, now=NOW)

    def change(work: Callable[[Session, QuizVersionFacts], object]) -> QuizVersionFacts:
        with app.app_context(), transaction() as session:
            work(session, facts_of(session, draft))
        return read(app, shelf, draft)

    facts = read(app, shelf, draft)
    first, second, *_rest = list(facts.items)
    kept = facts.items[second]
    facts = change(
        lambda s, f: authoring.save_question(
            s,
            first,
            replace(f.items[first], stem="Other?"),
            edition=f.edition,
            seen=f.items[first].fingerprint,
            editor=editor,
            now=NOW,
        )
    )
    assert facts.items[second] is kept, "only what changed is read again"
    change(lambda s, _f: authoring.move_question(s, first, up=False, editor=editor, now=NOW))
    new = replace(SINGLE, lineage="another")
    change(lambda s, _f: authoring.add_question(s, draft, new, editor=editor, now=NOW))
    change(lambda s, f: authoring.remove_question(s, second, edition=f.edition, editor=editor, now=NOW))
    change(lambda s, f: undoing.undo(s, draft, edition=f.edition, editor=editor, now=NOW))
    change(lambda s, f: undoing.undo(s, draft, edition=f.edition, editor=editor, now=NOW))
    wanted = {module.quiz_id: ((draft, facts_now(app, draft).edition), {"item-3", "item-4"})}
    facts = change(lambda s, _f: change_many(s, wanted, Bulk(Act.TAG, "bulk"), editor=editor, now=NOW))
    assert sum("bulk" in item.tags for item in facts.items.values()) == 2
    change(lambda s, f: undoing.undo(s, draft, edition=f.edition, editor=editor, now=NOW))
    change(lambda s, f: undoing.redo(s, draft, edition=f.edition, editor=editor, now=NOW))
    for act in (Act.RETIRE, Act.DRAFT, Act.READY):
        wanted = {module.quiz_id: ((draft, facts_now(app, draft).edition), {"item-3", "another"})}
        change(lambda s, _f, act=act, wanted=wanted: change_many(s, wanted, Bulk(act), editor=editor, now=NOW))
    rows = [{"lineage": "item-4", "stem": "Imported?"}, {"lineage": "brought", "stem": "New?"}]
    report = read_any(csv_of(*(replace(SINGLE, **row) for row in rows)), "file.csv")
    facts = change(lambda s, _f: importing.take_in(s, draft, report, files=MemoryFiles(), editor=editor, now=NOW))
    assert {"Imported?", "New?"} <= {item.stem for item in facts.items.values()}
    facts = change(lambda s, f: undoing.undo(s, draft, edition=f.edition, editor=editor, now=NOW))
    assert "New?" not in {item.stem for item in facts.items.values()}
    change(lambda s, f: undoing.redo(s, draft, edition=f.edition, editor=editor, now=NOW))
    facts = change(
        lambda s, f: authoring.save_question(
            s,
            first,
            replace(f.items[first], stem="Which? ![A calf](calf.png)"),
            edition=f.edition,
            seen=f.items[first].fingerprint,
            editor=editor,
            now=NOW,
        )
    )
    assert obstacles_now(app, shelf, draft)  # the picture is not there yet
    upload = media.Upload("calf.png", picture(), "A calf", None)
    change(lambda s, _f: media.add(s, module.quiz_id, upload, files=MemoryFiles(), by=editor, now=NOW))
    assert not any("calf.png" in sentence for sentence in obstacles_now(app, shelf, draft))
    change(lambda s, f: authoring.discard_draft(s, draft, edition=f.edition, editor=editor, now=NOW))


def test_another_process_never_shows_an_older_text(app: Flask) -> None:
    """Two shelves on one database, each editor seeing what the other saved last."""
    with app.app_context(), transaction() as session:
        module = make_module(session, now=NOW, questions=2, bank=4)
        editor = make_person(session, now=NOW, roles=("editor",)).id
        draft = authoring.open_draft(session, module.quiz_id, editor=editor, now=NOW)
    shelves = (Shelf(), Shelf())
    first = next(iter(read(app, shelves[0], draft).items))
    for number in range(6):
        mine, others = shelves[number % 2], shelves[1 - number % 2]
        text = f"Text {number % 3}?"
        with app.app_context(), transaction() as session:
            seen = facts_of(session, draft)
            changed = replace(seen.items[first], stem=text)
            known = seen.items[first].fingerprint
            authoring.save_question(session, first, changed, edition=seen.edition, seen=known, editor=editor, now=NOW)
        assert read(app, mine, draft).items[first].stem == text
        if number != 2:  # once it misses a change and has two to catch up with
            assert read(app, others, draft).items[first].stem == text


def test_what_two_versions_have_just_so_is_one_object_and_numbers_are_not(app: Flask) -> None:
    shelf = Shelf()
    with app.app_context(), transaction() as session:
        module = make_module(session, now=NOW, questions=2)
        editor = make_person(session, now=NOW, roles=("editor",)).id
        numeric = replace(NUMERIC, lineage="number")
        draft = authoring.open_draft(session, module.quiz_id, editor=editor, now=NOW)
        authoring.add_question(session, draft, numeric, editor=editor, now=NOW)
        authoring.publish(session, draft, edition=facts_of(session, draft).edition, editor=editor, now=NOW)
        again = authoring.open_draft(session, module.quiz_id, editor=editor, now=NOW)
        number = next(key for key, item in facts_of(session, again).items.items() if item.lineage == "number")
        assert numeric.numeric is not None
        longer = replace(numeric, numeric=replace(numeric.numeric, value=numeric.numeric.value * Decimal("1.00")))
        edition = facts_of(session, again).edition
        authoring.save_question(session, number, longer, edition=edition, seen="", editor=editor, now=NOW)
    with app.app_context():
        here, published = shelf.with_published(db.session(), again)
        assert published is not None
        mine, theirs = here.item("item-1"), published.item("item-1")
        assert mine is theirs
        shown, before = here.item("number"), published.item("number")
        assert shown is not None
        assert before is not None
        assert shown.numeric is not None
        assert before.numeric is not None
        fresh = facts_of(db.session(), again).items[number].numeric
        assert str(shown.numeric.value) == str(fresh.value if fresh else None)
        db.session.remove()


def facts_now(app: Flask, version_id: int) -> QuizVersionFacts:
    with app.app_context():
        facts = facts_of(db.session(), version_id)
        db.session.remove()
        return facts


def test_what_a_writing_transaction_read_is_not_kept(session: Session, module: Module) -> None:
    shelf = Shelf()
    one = shelf.get(session, module.version_id)
    assert shelf.get(session, module.version_id).facts.items is not one.facts.items


def test_the_least_used_versions_leave_a_full_shelf(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        versions = [make_module(session, now=NOW, questions=3).version_id for _ in range(3)]
    shelf = Shelf(most_questions=6)
    with app.app_context():
        session = db.session()
        items = [shelf.get(session, one).facts.items for one in versions]
        assert shelf.get(session, versions[2]).facts.items is items[2]
        assert shelf.get(session, versions[0]).facts.items is not items[0]


def test_the_bank_has_every_quiz_as_it_is_now_with_its_obstacles_and_changes(app: Flask) -> None:
    shelf = Shelf()
    with app.app_context(), transaction() as session:
        module, other = (make_module(session, now=NOW, questions=2, bank=3) for _ in range(2))
        editor = make_person(session, now=NOW, roles=("editor",)).id
        draft = authoring.open_draft(session, module.quiz_id, editor=editor, now=NOW)
        empty = replace(SINGLE, lineage="empty", stem="")
        authoring.add_question(session, draft, empty, editor=editor, now=NOW)
    with app.app_context():
        session = db.session()
        lines = bank_lines(session, shelf)
        assert sorted(line.quiz_id for line in lines) == sorted([module.quiz_id] * 4 + [other.quiz_id] * 3)
        assert {line.in_draft for line in lines if line.quiz_id == module.quiz_id} == {True}
        shelved = shelf.get(session, draft)
        assert "The stem is empty." in [one.sentence for one in obstacles_seen(session, shelf, shelved)]
        assert difference_seen(*shelf.with_published(session, draft)).added == ("empty",)


def test_a_draft_that_lies_with_reviewers_is_in_review_until_it_changes(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        module = make_module(session, now=NOW, questions=2)
        editor = make_person(session, now=NOW, roles=("editor",)).id
        draft = authoring.open_draft(session, module.quiz_id, editor=editor, now=NOW)
    for act, edition, state in (("sent", 1, "in_review"), ("returned", 1, "ready"), ("sent", 2, "ready")):
        with app.app_context(), transaction() as session:
            session.add(
                DraftReview(
                    version_id=draft,
                    number={"sent": edition, "returned": 2}[act] + (edition == 2),
                    edition=edition,
                    act=act,
                    person_id=editor,
                    words="No." if act == "returned" else "",
                    at=NOW,
                )
            )
        with app.app_context():
            assert {line.state for line in bank_lines(db.session(), Shelf())} == {state}
            db.session.remove()
