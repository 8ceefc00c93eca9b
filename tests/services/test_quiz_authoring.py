"""Authoring, on both databases: drafts, editions, conflicts, publishing; what is published never changes."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from cme.activities.models import Release
from cme.activities.queries import release_facts
from cme.audit.models import AuditEvent
from cme.kernel.refusal import Conflict, Invalid, NotFound, Refused
from quizzes.models.quiz import Choice, Question, Quiz, QuizAssignment, QuizVersion
from quizzes.queries.attempts import attempt_of
from quizzes.queries.modules import desk_module_of, module_facts_of, release_obstacles
from quizzes.queries.versions import history_of, published_version_of, quizzes_at_hand, version_facts
from quizzes.rules.grading import AnswerSheet
from quizzes.rules.item import ChoiceItem, Item, QuizVersionFacts
from quizzes.services import authoring, taking
from quizzes.services.authoring import EditConflict
from quizzes.services.publishing import obstacles_of
from quizzes.services.versions import VersionCache
from tests.factories.modules import Module, make_module
from tests.factories.people import make_person


class Desk:
    """A module with a published quiz of three questions and an editor."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now = session, now
        self.module: Module = make_module(session, now=now, questions=2, bank=3)
        self.editor = make_person(session, now=now, roles=("editor",)).id

    def open(self) -> int:
        return authoring.open_draft(self.session, self.module.quiz_id, editor=self.editor, now=self.now)

    def facts(self, version_id: int) -> QuizVersionFacts:
        found = version_facts(self.session, version_id)
        assert found is not None
        return found

    def first(self, version_id: int) -> tuple[int, Item]:
        return next(iter(self.facts(version_id).items.items()))

    def save(self, question_id: int, item: Item, *, edition: int, seen: str = "") -> int:
        return authoring.save_question(
            self.session, question_id, item, edition=edition, seen=seen, editor=self.editor, now=self.now
        )

    def publish(self, version_id: int, *, edition: int | None = None) -> object:
        edition = self.facts(version_id).edition if edition is None else edition
        later = self.now + timedelta(minutes=1)
        return authoring.publish(self.session, version_id, edition=edition, editor=self.editor, now=later)


@pytest.fixture
def desk(session: Session, now: datetime) -> Desk:
    return Desk(session, now)


def test_a_draft_is_a_copy_with_every_lineage(desk: Desk) -> None:
    draft = desk.facts(desk.open())
    published = desk.facts(desk.module.version_id)
    assert (draft.state, draft.number, draft.edition) == ("draft", 2, 1)
    assert list(draft.items.values()) == list(published.items.values())
    assert (draft.blueprint, draft.topics) == (published.blueprint, published.topics)
    assert not draft.items.keys() & published.items.keys()


def test_the_second_editor_gets_the_same_draft(desk: Desk) -> None:
    other = make_person(desk.session, now=desk.now, roles=("editor",)).id
    assert authoring.open_draft(desk.session, desk.module.quiz_id, editor=other, now=desk.now) == desk.open()


def test_a_quiz_that_does_not_exist_has_no_draft(desk: Desk) -> None:
    with pytest.raises(NotFound):
        authoring.open_draft(desk.session, 10**6, editor=desk.editor, now=desk.now)


def test_everything_of_a_question_can_be_changed(desk: Desk) -> None:
    version_id = desk.open()
    question_id, item = desk.first(version_id)
    changed = replace(
        item,
        stem="Which *sign* is it?",
        ordered=True,
        objective="other",
        tags=("new",),
        apart=("item-2",),
        passages=("p-two",),
        references=(),
        choices=(
            ChoiceItem("e", "New", True, "It is."),
            *(replace(choice, correct=False) for choice in item.choices[1:]),
        ),
    )
    assert desk.save(question_id, changed, edition=1) == 2
    assert desk.facts(version_id).items[question_id] == changed
    assert desk.facts(version_id).edition == 2


def test_the_lineage_stays_whatever_is_sent(desk: Desk) -> None:
    question_id, item = desk.first(desk.open())
    desk.save(question_id, replace(item, lineage="other", stem="New?"), edition=1)
    assert desk.first(desk.open())[1].lineage == item.lineage


def test_saving_without_a_change_is_no_edition(desk: Desk) -> None:
    question_id, item = desk.first(desk.open())
    assert desk.save(question_id, item, edition=1) == 1


def test_two_editors_of_one_question_conflict_and_both_texts_are_kept(desk: Desk) -> None:
    version_id = desk.open()
    question_id, item = desk.first(version_id)
    theirs, mine = replace(item, stem="Theirs?"), replace(item, stem="Mine?")
    desk.save(question_id, theirs, edition=1, seen=item.fingerprint)
    with pytest.raises(EditConflict) as conflict:
        desk.save(question_id, mine, edition=1, seen=item.fingerprint)
    assert (conflict.value.yours, conflict.value.theirs, conflict.value.edition) == (mine, theirs, 2)
    assert desk.facts(version_id).items[question_id] == theirs
    assert desk.save(question_id, mine, edition=conflict.value.edition, seen=theirs.fingerprint) == 3
    assert desk.facts(version_id).items[question_id] == mine


def test_two_editors_of_different_questions_do_not_disturb_each_other(desk: Desk) -> None:
    version_id = desk.open()
    (first_id, first), (second_id, second), *_rest = desk.facts(version_id).items.items()
    desk.save(first_id, replace(first, stem="One?"), edition=1, seen=first.fingerprint)
    desk.save(second_id, replace(second, stem="Two?"), edition=1, seen=second.fingerprint)
    items = desk.facts(version_id).items
    assert (items[first_id].stem, items[second_id].stem) == ("One?", "Two?")


def test_what_cannot_be_kept_is_refused_by_field(desk: Desk) -> None:
    question_id, item = desk.first(desk.open())
    two_keys = tuple(replace(choice, correct=True) for choice in item.choices)
    with pytest.raises(Invalid) as refused:
        desk.save(question_id, replace(item, choices=two_keys), edition=1)
    assert "choices" in refused.value.problems


def test_questions_are_added_moved_and_taken_out(desk: Desk) -> None:
    version_id = desk.open()
    new = Item("brand-new", "one", "one", "", ())
    number = authoring.add_question(desk.session, version_id, new, editor=desk.editor, now=desk.now)
    assert [item.lineage for item in desk.facts(version_id).items.values()][-1] == "brand-new"
    for up in (True, True, True, True, False):
        authoring.move_question(desk.session, number, up=up, editor=desk.editor, now=desk.now)
    order = [item.lineage for item in desk.facts(version_id).items.values()]
    assert order == ["item-1", "brand-new", "item-2", "item-3"]
    edition = desk.facts(version_id).edition
    authoring.remove_question(desk.session, number, edition=edition, editor=desk.editor, now=desk.now)
    assert [item.lineage for item in desk.facts(version_id).items.values()] == ["item-1", "item-2", "item-3"]
    with pytest.raises(NotFound):
        authoring.move_question(desk.session, number, up=True, editor=desk.editor, now=desk.now)


def test_a_name_is_given_once(desk: Desk) -> None:
    version_id, item = desk.open(), Item("item-1", "one", "one", "", ())
    with pytest.raises(Invalid) as refused:
        authoring.add_question(desk.session, version_id, item, editor=desk.editor, now=desk.now)
    assert refused.value.code == "name_taken"


def test_publishing_retires_the_old_version_and_the_audit_says_what_changed(desk: Desk) -> None:
    version_id = desk.open()
    question_id, item = desk.first(version_id)
    desk.save(question_id, replace(item, stem="Better?"), edition=1)
    desk.publish(version_id)
    assert published_version_of(desk.session, desk.module.quiz_id) == version_id
    states = [(row.number, row.state) for row in history_of(desk.session, desk.module.quiz_id)]
    assert states == [(2, "published"), (1, "retired")]
    details = desk.session.scalar(select(AuditEvent.details).where(AuditEvent.event == "quiz.published"))
    assert details is not None
    assert details["changed"] == {"item-1": ["stem"]}


def test_obstacles_keep_a_draft_from_being_published(desk: Desk) -> None:
    version_id = desk.open()
    question_id, item = desk.first(version_id)
    desk.save(question_id, replace(item, passages=("p-gone",)), edition=1)
    with pytest.raises(Invalid) as refused:
        desk.publish(version_id)
    assert refused.value.problems == {"obstacles": ["item-1: The article has no passage “p-gone”."]}
    assert published_version_of(desk.session, desk.module.quiz_id) == desk.module.version_id


def test_a_draft_that_moved_on_is_not_published_unseen(desk: Desk) -> None:
    version_id = desk.open()
    question_id, item = desk.first(version_id)
    desk.save(question_id, replace(item, stem="Better?"), edition=1)
    with pytest.raises(Conflict):
        desk.publish(version_id, edition=1)


def test_a_discarded_draft_is_gone_and_the_next_one_is_a_fresh_copy(desk: Desk) -> None:
    version_id = desk.open()
    question_id, item = desk.first(version_id)
    desk.save(question_id, replace(item, stem="Worse?"), edition=1)
    authoring.discard_draft(desk.session, version_id, edition=2, editor=desk.editor, now=desk.now)
    again = desk.open()
    assert again != version_id
    assert desk.facts(again).number == 3
    assert desk.first(again)[1] == item


@pytest.mark.parametrize("state", ["published", "retired", "discarded"])
def test_only_a_draft_takes_changes(desk: Desk, state: str) -> None:
    version_id = desk.module.version_id
    if state != "published":
        draft = desk.open()
        if state == "discarded":
            version_id = draft
            authoring.discard_draft(desk.session, draft, edition=1, editor=desk.editor, now=desk.now)
        else:
            desk.publish(draft)
    question_id, item = desk.first(version_id)
    new = Item("new", "one", "one", "", ())
    acts = [
        lambda: desk.save(question_id, replace(item, stem="Changed?"), edition=1),
        lambda: authoring.add_question(desk.session, version_id, new, editor=desk.editor, now=desk.now),
        lambda: authoring.move_question(desk.session, question_id, up=False, editor=desk.editor, now=desk.now),
        lambda: authoring.remove_question(desk.session, question_id, edition=1, editor=desk.editor, now=desk.now),
        lambda: authoring.discard_draft(desk.session, version_id, edition=1, editor=desk.editor, now=desk.now),
        lambda: desk.publish(version_id),
    ]
    for act in acts:
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code == "not_a_draft"


def test_a_learner_keeps_the_version_and_the_next_start_gets_the_new_one(desk: Desk) -> None:
    versions = VersionCache()
    learner, later = (make_person(desk.session, now=desk.now).id for _ in range(2))
    release = release_facts(desk.session, desk.module.release_id)
    code = taking.begin(desk.session, learner, release, versions=versions, now=desk.now)
    draft = desk.open()
    for question_id, item in desk.facts(draft).items.items():
        other_key = tuple(replace(choice, correct=choice.key == "b") for choice in item.choices)
        desk.save(question_id, replace(item, choices=other_key), edition=desk.facts(draft).edition)
    desk.publish(draft)
    answers = AnswerSheet({1: "a", 2: "a"})
    old = taking.submit(desk.session, learner, code, answers, release=release, versions=versions, now=desk.now)
    assert isinstance(old, taking.Graded)
    assert old.passed
    code = taking.begin(desk.session, later, release, versions=versions, now=desk.now)
    attempt = attempt_of(desk.session, later, code)
    assert attempt is not None
    assert attempt.version_id == draft
    new = taking.submit(desk.session, later, code, answers, release=release, versions=versions, now=desk.now)
    assert isinstance(new, taking.Graded)
    assert not new.passed


def first_choice(desk: Desk) -> int:
    found = desk.session.scalar(
        select(Choice.id).join(Question).where(Question.version_id == desk.module.version_id).limit(1)
    )
    assert found is not None
    return found


@pytest.mark.parametrize(
    "change",
    [
        lambda desk: update(Question).where(Question.version_id == desk.module.version_id).values(stem="x"),
        lambda desk: update(Choice).where(Choice.id == first_choice(desk)).values(text="x"),
        lambda desk: update(Choice).where(Choice.id == first_choice(desk)).values(correct=False),
        lambda desk: delete(Choice).where(Choice.id == first_choice(desk)),
        lambda desk: delete(Question).where(Question.version_id == desk.module.version_id),
        lambda desk: insert(Question).values(
            version_id=desk.module.version_id, lineage="late", position=9, topic="one", objective="one", tags=[],
            apart=[], stem="x", ordered=False, passages=[], references=[],
        ),
        lambda desk: update(QuizVersion).where(QuizVersion.id == desk.module.version_id).values(blueprint=[]),
        lambda desk: update(QuizVersion).where(QuizVersion.id == desk.module.version_id).values(state="draft"),
        lambda desk: update(QuizVersion)
        .where(QuizVersion.id == desk.module.version_id)
        .values(state="retired", topics=[]),
        lambda desk: delete(QuizVersion).where(QuizVersion.id == desk.module.version_id),
    ],
    ids=[
        "stem", "choice", "key", "choice away", "question away", "question added", "blueprint", "draft again",
        "changed while retiring", "version away",
    ],
)  # fmt: skip
def test_the_database_itself_refuses_to_change_what_is_published(desk: Desk, change: object) -> None:
    statement = change(desk)  # type: ignore[operator]
    before = desk.facts(desk.module.version_id)
    with pytest.raises(DatabaseError, match="never change"), desk.session.begin_nested():
        desk.session.execute(statement)
    desk.session.expire_all()
    assert desk.facts(desk.module.version_id) == before


def test_a_draft_question_cannot_be_moved_into_a_published_version(desk: Desk) -> None:
    question_id, _item = desk.first(desk.open())
    move = update(Question).where(Question.id == question_id).values(version_id=desk.module.version_id, lineage="x")
    with pytest.raises(DatabaseError, match="never change"), desk.session.begin_nested():
        desk.session.execute(move)


def test_the_desk_lists_quizzes_with_their_drafts(desk: Desk) -> None:
    noise = make_module(desk.session, now=desk.now)
    desk.open()
    rows = {row.quiz_id: row for row in quizzes_at_hand(desk.session)}
    mine, other = rows[desk.module.quiz_id], rows[noise.quiz_id]
    assert (mine.published_number, mine.draft_number, mine.questions, mine.releases) == (1, 2, 3, 1)
    assert (other.published_number, other.draft_number, other.questions) == (1, None, 2)


def test_a_desk_knows_what_the_module_offers_to_point_at(desk: Desk) -> None:
    module = desk_module_of(desk.session, desk.module.quiz_id)
    assert module is not None
    assert [passage.anchor for passage in module.passages] == ["p-one", "p-two"]
    assert [reference.key for reference in module.references] == ["one2020"]
    assert [objective.key for objective in module.objectives] == ["one"]
    assert (module.pass_points, module.total_points) == (2, 2)
    assert module_facts_of(desk.session, desk.module.quiz_id) == (module.facts,)
    assert obstacles_of(desk.session, desk.facts(desk.module.version_id)) == []


def test_a_release_needs_a_quiz_that_gives_its_points(desk: Desk) -> None:
    release_id = desk.module.release_id
    assert release_obstacles(desk.session, release_id) == []
    desk.session.execute(update(Release).where(Release.id == release_id).values(total_points=3))
    assert "draws 2 points, but this release promises 3" in release_obstacles(desk.session, release_id)[0]
    quiz = Quiz(key="empty", title="Empty")
    desk.session.add(quiz)
    desk.session.flush()
    assignment = update(QuizAssignment).where(QuizAssignment.release_id == release_id)
    desk.session.execute(assignment.values(quiz_id=quiz.id))
    assert "no published version" in release_obstacles(desk.session, release_id)[0]
    desk.session.execute(delete(QuizAssignment).where(QuizAssignment.release_id == release_id))
    assert release_obstacles(desk.session, release_id) == ["No quiz is assigned to this release."]
