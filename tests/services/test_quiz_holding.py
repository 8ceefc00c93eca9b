"""Staleness: an edited paragraph of the article holds exactly the items that rest on it, until somebody looks."""

import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from cme.activities import queries as activities
from cme.activities.library.loading import load_folder
from cme.activities.library.publishing import publish_waiting
from cme.activities.library.validating import validate_folder
from cme.activities.models import CreditOffer, Release
from cme.activities.service import publish_release
from cme.articles.models import Passage
from cme.audit.models import AuditEvent
from cme.kernel.refusal import Conflict, Invalid, Refused
from cme.part import House
from quizzes.models.attempt import Answer, Attempt
from quizzes.models.quiz import Question, QuizAssignment, QuizVersion
from quizzes.queries.holds import hold_of, holds, passage_pairs
from quizzes.queries.versions import items_of, published_version_of, quiz_of_release, version_facts
from quizzes.services import authoring, holding, taking
from quizzes.services.holding import confirm, hold
from quizzes.services.versions import VersionCache
from tests.factories.modules import make_module, make_quiz, make_revision
from tests.factories.people import make_person
from tests.support.stores import Store

SLUG = "sleep-related-leg-cramps"
SHIPPED = Path("cme/library").resolve() / SLUG
ANCHOR = "p-icsd1-home"
LATER = timedelta(hours=1)


class Shipped:
    """The shipped module, loaded and published from a folder of its own."""

    def __init__(self, session: Session, store: Store, folder: Path, now: datetime) -> None:
        self.session, self.folder, self.now = session, folder, now
        self.house: House = store.app.extensions["house"]
        shutil.copytree(SHIPPED, folder)
        self.load()
        release = activities.release_by_slug(session, SLUG, now=now)
        assert release is not None
        self.release_id = release.release_id
        quiz_id = quiz_of_release(session, release.release_id)
        assert quiz_id is not None
        self.quiz_id = quiz_id

    def load(self) -> None:
        found = validate_folder(self.folder, self.house.loaders)
        load_folder(self.session, found, self.house.loaders, self.house.obstacles, now=self.now)

    def edit(self, old: str, new: str, now: datetime) -> None:
        """Change the article's text and publish it as a minor revision."""
        article = self.folder / "article.md"
        text = article.read_text()
        assert text.count(old) == 1
        article.write_text(text.replace(old, new))
        self.load()
        publish_waiting(self.session, SLUG, reason="A word.", by=None, now=now, obstacles=self.house.obstacles)

    @property
    def items(self):
        version_id = published_version_of(self.session, self.quiz_id)
        assert version_id is not None
        return list(items_of(self.session, version_id).values())

    @property
    def held(self) -> set[str]:
        return {one.lineage for one in holds(self.session, self.quiz_id)}


@pytest.fixture
def shipped(session: Session, store: Store, tmp_path: Path, now: datetime) -> Shipped:
    return Shipped(session, store, tmp_path / SLUG, now)


def test_one_edited_paragraph_holds_exactly_its_items_and_confirming_returns_them(
    shipped: Shipped, session: Session, now: datetime
) -> None:
    assert shipped.held == set()
    resting = {one.lineage for one in shipped.items if ANCHOR in one.passages}
    assert 1 <= len(resting) < len(shipped.items)
    shipped.edit("the disorder was called", "the condition was called", now + LATER)
    assert shipped.held == resting
    editor = make_person(session, now=now).id
    for line in holds(session, shipped.quiz_id):
        assert line.cause == "passage"
        (pair,) = passage_pairs(session, line)
        assert pair.anchor == ANCHOR
        assert pair.what == "changed"
        assert "the disorder was called" in (pair.before or "")
        assert "the condition was called" in (pair.after or "")
        confirm(session, line.hold_id, by=editor, now=now + LATER)
    assert shipped.held == set()
    shipped.edit("sorted disorders by symptom", "sorted disorders by their symptom", now + 2 * LATER)
    assert shipped.held.isdisjoint(resting)  # confirmed once, they rest on the new text


def test_a_hold_ends_when_the_change_is_undone(shipped: Shipped, session: Session, now: datetime) -> None:
    shipped.edit("the disorder was called", "the condition was called", now + LATER)
    assert shipped.held
    shipped.edit("the condition was called", "the disorder was called", now + 2 * LATER)
    assert shipped.held == set()
    assert {one.outcome for one in holds(session, shipped.quiz_id, released=True)} == {"gone"}


def test_a_vanished_passage_holds_its_items(session: Session, store: Store, now: datetime) -> None:
    module = make_module(session, now=now)
    assert holding.compare(session, module.quiz_id, module.article_id, module.revision_id, now=now) == ()
    bare = make_bare_revision(session, module.article_id, now)
    assert set(holding.compare(session, module.quiz_id, module.article_id, bare, now=now)) == {"item-1", "item-2"}
    for line in holds(session, module.quiz_id):
        assert [(one.what, one.after) for one in passage_pairs(session, line)] == [("removed", None)]


def test_a_new_release_with_another_text_holds_its_items_too(session: Session, now: datetime) -> None:
    module = make_module(session, now=now)
    assert holding.compare(session, module.quiz_id, module.article_id, module.revision_id, now=now) == ()
    old = session.get_one(Release, module.release_id)
    columns = {one.key: getattr(old, one.key) for one in inspect(Release).column_attrs if one.key != "id"}
    columns |= {"number": 2, "state": "draft", "published_at": None, "published_by": None}
    newer = make_revision(session, module.article_id, now=now, title="Newer", number=2)
    passage = session.scalars(select(Passage).where(Passage.revision_id == newer, Passage.anchor == "p-one")).one()
    passage.text, passage.fingerprint = "Quite other words.", "f" * 64
    new = Release(**{**columns, "revision_id": newer})
    session.add(new)
    session.flush()
    session.add(QuizAssignment(release_id=new.id, quiz_id=module.quiz_id))
    for offer in session.scalars(select(CreditOffer).where(CreditOffer.release_id == module.release_id)).all():
        session.add(CreditOffer(release_id=new.id, type=offer.type, maximum_quarters=offer.maximum_quarters))
    session.flush()
    publish_release(session, new.id, by=None, now=now + LATER)
    (line, *_others) = holds(session, module.quiz_id)
    assert {one.lineage for one in holds(session, module.quiz_id)} == {"item-1", "item-2"}
    assert passage_pairs(session, line)[0].after == "Quite other words."


def make_bare_revision(session: Session, article_id: int, now: datetime) -> int:
    """A revision without any passage."""
    from cme.articles.models import ArticleRevision

    revision = ArticleRevision(
        article_id=article_id, number=9, state="published", title="Bare", source="", source_digest="bare", html="",
        preview_html="", sections=[], glossary=[], words=0, created_at=now, published_at=now, created_by=None,
    )  # fmt: skip
    session.add(revision)
    session.flush()
    return revision.id


def test_held_items_are_not_drawn_for_credit(session: Session, now: datetime) -> None:
    module = make_module(session, now=now, questions=2, bank=6)
    for lineage in ("item-1", "item-2", "item-3", "item-4"):
        assert hold(session, module.quiz_id, lineage, "editor", details={}, by=None, now=now)
    assert not hold(session, module.quiz_id, "item-1", "editor", details={}, by=None, now=now)
    for _person in range(8):
        assert drawn(session, module.release_id, make_person(session, now=now).id, now) == {"item-5", "item-6"}
    hold(session, module.quiz_id, "item-5", "editor", details={}, by=None, now=now)
    with pytest.raises(Refused, match="cannot be put together"):
        drawn(session, module.release_id, make_person(session, now=now).id, now)


def drawn(session: Session, release_id: int, person_id: int, now: datetime) -> set[str]:
    release = activities.release_facts(session, release_id)
    code = taking.begin(session, person_id, release, versions=VersionCache(), now=now)
    return set(
        session.scalars(
            select(Question.lineage)
            .join(Answer, Answer.question_id == Question.id)
            .join(Attempt, Attempt.id == Answer.attempt_id)
            .where(Attempt.code == code)
        )
    )


def test_a_self_test_may_draw_held_items(session: Session, now: datetime) -> None:
    module = make_module(session, now=now, questions=2, bank=2)
    hold(session, module.quiz_id, "item-1", "editor", details={}, by=None, now=now)
    release = activities.release_facts(session, module.release_id)
    after = release.term.closes_at + LATER
    assert drawn(session, module.release_id, make_person(session, now=now).id, after) == {"item-1", "item-2"}


def test_an_edit_that_is_published_releases_the_hold_and_a_new_tag_does_not(
    shipped: Shipped, session: Session, now: datetime
) -> None:
    shipped.edit("the disorder was called", "the condition was called", now + LATER)
    shipped.edit("Besides leg cramps, the transition", "Beside leg cramps, the transition", now + 2 * LATER)
    held = sorted(shipped.held)
    assert len(held) >= 2
    editor = make_person(session, now=now).id
    version_id = authoring.open_draft(session, shipped.quiz_id, editor=editor, now=now)
    facts = version_facts(session, version_id)
    assert facts is not None
    edition = facts.edition
    for number, item in facts.items.items():
        if item.lineage == held[0]:
            new = replace(item, stem=item.stem.replace("?", " now?"))
        elif item.lineage == held[1]:
            new = replace(item, tags=(*item.tags, "fresh"))
        else:
            continue
        edition = authoring.save_question(
            session, number, new, edition=edition, seen=item.fingerprint, editor=editor, now=now + 3 * LATER
        )
    authoring.publish(session, version_id, edition=edition, editor=editor, now=now + 4 * LATER)
    assert shipped.held == set(held) - {held[0]}


def test_an_edit_from_before_the_passage_changed_does_not_release_the_hold(
    shipped: Shipped, session: Session, now: datetime
) -> None:
    """Whoever mended a comma last week has not seen what the article says since this morning."""
    editor = make_person(session, now=now).id
    version_id = authoring.open_draft(session, shipped.quiz_id, editor=editor, now=now)
    facts = version_facts(session, version_id)
    assert facts is not None
    edition = facts.edition
    resting = [(number, one) for number, one in facts.items.items() if ANCHOR in one.passages]
    assert resting
    for number, item in resting:
        new = replace(item, stem=item.stem.replace("?", " now?"))
        edition = authoring.save_question(
            session, number, new, edition=edition, seen=item.fingerprint, editor=editor, now=now
        )
    shipped.edit("the disorder was called", "the condition was called", now + LATER)
    held = {item.lineage for _number, item in resting}
    assert shipped.held == held
    # A tag after the change is no look at the text either.
    number, item = resting[0]
    seen = replace(item, stem=item.stem.replace("?", " now?"))
    edition = authoring.save_question(
        session, number, replace(seen, tags=(*seen.tags, "fresh")), edition=edition, seen=seen.fingerprint,
        editor=editor, now=now + 2 * LATER,
    )  # fmt: skip
    authoring.publish(session, version_id, edition=edition, editor=editor, now=now + 3 * LATER)
    assert shipped.held == held
    for line in holds(session, shipped.quiz_id):
        confirm(session, line.hold_id, by=editor, now=now + 4 * LATER)
    assert shipped.held == set()
    shipped.edit("sorted disorders by symptom", "sorted disorders by their symptom", now + 5 * LATER)
    assert shipped.held.isdisjoint(held)


def test_a_released_hold_cannot_be_confirmed_again_and_all_is_in_the_audit(session: Session, now: datetime) -> None:
    module = make_module(session, now=now)
    hold(session, module.quiz_id, "item-1", "editor", details={}, by=None, now=now)
    (line,) = holds(session, module.quiz_id)
    editor = make_person(session, now=now).id
    confirm(session, line.hold_id, by=editor, now=now)
    assert hold_of(session, line.hold_id) is None
    with pytest.raises(Conflict):
        confirm(session, line.hold_id, by=editor, now=now)
    events = session.scalars(
        select(AuditEvent.event).where(AuditEvent.event.like("quiz.item%")).order_by(AuditEvent.id)
    )
    assert list(events) == ["quiz.item_held", "quiz.item_released"]


def test_a_quiz_of_another_article_is_not_touched(shipped: Shipped, session: Session, now: datetime) -> None:
    other = make_module(session, now=now)
    noise, _version = make_quiz(session, now=now, draw=1, bank=1)
    shipped.edit("the disorder was called", "the condition was called", now + LATER)
    assert holds(session, other.quiz_id) == []
    assert holds(session, noise) == []
    states = session.scalars(select(QuizVersion.state).where(QuizVersion.quiz_id == shipped.quiz_id))
    assert list(states) == ["published"]  # no version was changed


def test_a_flaw_that_the_policy_blocks_keeps_a_draft_from_being_published(session: Session, now: datetime) -> None:
    module = make_module(session, now=now)
    editor = make_person(session, now=now).id
    version_id = authoring.open_draft(session, module.quiz_id, editor=editor, now=now)
    facts = version_facts(session, version_id)
    assert facts is not None
    number, item = next(iter(facts.items.items()))
    choices = (*item.choices[:3], replace(item.choices[3], text="None of the above"))
    edition = authoring.save_question(
        session, number, replace(item, choices=choices), edition=1, seen=item.fingerprint, editor=editor, now=now
    )
    with pytest.raises(Invalid) as refused:
        authoring.publish(session, version_id, edition=edition, editor=editor, now=now)
    (sentence,) = refused.value.problems["obstacles"]
    assert "stands for other choices" in sentence
