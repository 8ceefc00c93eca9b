"""Notices of corrected texts: who was certified on what, told once each, and again nobody."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from cme.activities.models import MinorRevision
from cme.activities.service import add_minor_revision
from cme.articles.service import mark_read
from cme.audit.models import AuditEvent
from cme.audit.tags import Event
from cme.credits import notices
from cme.credits.certified import corrected_texts, exported_notices, notice_facts, told_of
from cme.credits.models import NoticeRecipient
from cme.credits.notices import forecast, notice_batch, send_notice, tell_the_rest
from cme.kernel.refusal import Conflict, Invalid, NotFound
from cme.outbox.models import OutboxWork
from cme.people.models import Person
from tests.factories.modules import Module, make_module, make_revision
from tests.factories.people import make_person
from tests.support import journeys

WORDS = "The dose was given as 30 mg. Right is 3 mg."


class Corrected:
    """A module of which revision 2 corrects revision 1; five people were certified before it, two after."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now = session, now
        self.module = make_module(session, now=now, questions=2)
        self.before = [self.certified(now) for _ in range(5)]
        make_person(session, now=now)  # noise: somebody who never came
        other = make_module(session, now=now, questions=2)
        journeys.earn(session, self.before[0], other.release_id, now=now)  # noise: certified on another article
        halfway = make_person(session, now=now).id  # noise: read it, but holds no credit
        journeys.read(session, halfway, self.module.release_id, now=now)
        self.revision = make_revision(session, self.module.article_id, now=now, title="Corrected", number=2)
        self.at = now + timedelta(days=1)
        add_minor_revision(
            session, self.module.release_id, self.revision, reason="A dose was wrong.", clinical=True, by=None,
            now=self.at,
        )  # fmt: skip
        self.after = [self.certified(self.at) for _ in range(2)]

    def certified(self, now: datetime) -> int:
        person_id = make_person(self.session, now=now).id
        journeys.earn(self.session, person_id, self.module.release_id, now=now)
        return person_id

    def late(self) -> int:
        """Somebody who had read the wrong text before, and is certified only now."""
        person_id = make_person(self.session, now=self.now).id
        mark_read(self.session, person_id, self.module.revision_id, now=self.now)
        journeys.earn(self.session, person_id, self.module.release_id, now=self.at)
        return person_id

    def send(self, words: str = WORDS, at: datetime | None = None) -> int:
        return send_notice(
            self.session, self.module.release_id, self.revision, words=words, earlier=[self.module.revision_id],
            by=None, now=at or self.at,
        )  # fmt: skip

    def told(self) -> list[int]:
        return sorted(self.session.scalars(select(NoticeRecipient.person_id)))

    def letters(self) -> list[dict[str, object]]:
        found = self.session.scalars(select(OutboxWork.payload).where(OutboxWork.kind == "mail.send"))
        return [one for one in found if one["kind"] == "text_corrected"]


@pytest.fixture
def corrected(session: Session, now: datetime) -> Corrected:
    return Corrected(session, now)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "BATCH", 2)


def finish(session: Session, notice_id: int, now: datetime) -> int:
    batches = 1
    while notice_batch(session, notice_id, now=now):
        batches += 1
    return batches


def test_the_dry_run_counts_people_names_revisions_and_shows_the_letter(session: Session, corrected: Corrected) -> None:
    session.get_one(Person, corrected.before[4]).closed_at = corrected.at
    module = corrected.module
    seen = forecast(session, module.release_id, corrected.revision, words=WORDS, earlier=[module.revision_id])
    assert seen.earlier == ((module.revision_id, 1, 4, 1),)
    assert (seen.people, seen.closed, seen.chosen) == (4, 1, (module.revision_id,))
    assert seen.example is not None
    assert seen.example["words"] == WORDS
    assert seen.example["completed"] == "23 November 2026"
    assert corrected.told() == corrected.letters() == []
    assert seen.text.clinical


def test_everybody_certified_on_the_wrong_text_gets_one_letter(
    session: Session, corrected: Corrected, small_batches: None
) -> None:
    session.get_one(Person, corrected.before[4]).closed_at = corrected.at
    notice_id = corrected.send()
    assert finish(session, notice_id, corrected.at) == 3
    expected = sorted(corrected.before[:4])
    assert corrected.told() == expected
    emails = set(session.scalars(select(Person.email).where(Person.id.in_(expected))))
    letters = corrected.letters()
    assert len(letters) == 4
    assert {str(one["to"]) for one in letters} == emails
    facts = notice_facts(session, notice_id)
    assert facts is not None
    assert (facts.state, facts.predicted, facts.told) == ("finished", 4, 4)
    events = session.scalars(select(AuditEvent.details).where(AuditEvent.event == Event.NOTICE_SENT)).all()
    assert [one["told"] for one in events] == [4]


def test_sending_again_and_running_again_tells_nobody_twice(
    session: Session, corrected: Corrected, small_batches: None
) -> None:
    notice_id = corrected.send()
    assert notice_batch(session, notice_id, now=corrected.at)  # and here the power failed; the work comes again
    assert len(corrected.told()) == 2
    finish(session, notice_id, corrected.at)
    told, letters = corrected.told(), len(corrected.letters())
    assert (len(told), letters) == (5, 5)
    assert corrected.send(at=corrected.at + timedelta(days=1)) == notice_id
    assert not notice_batch(session, notice_id, now=corrected.at)
    assert tell_the_rest(session, notice_id, by=None, now=corrected.at) == 0
    assert (corrected.told(), len(corrected.letters())) == (told, letters)
    assert session.scalar(
        select(func.count()).select_from(AuditEvent).where(AuditEvent.event == Event.NOTICE_SENT)
    ) == 1  # fmt: skip
    with pytest.raises(Conflict):
        corrected.send(words="Something else.")


def test_who_is_certified_on_the_wrong_text_later_can_be_told_then(session: Session, corrected: Corrected) -> None:
    notice_id = corrected.send()
    with pytest.raises(Conflict):
        tell_the_rest(session, notice_id, by=None, now=corrected.at)
    finish(session, notice_id, corrected.at)
    late = corrected.late()
    assert late not in corrected.told()
    assert tell_the_rest(session, notice_id, by=None, now=corrected.at) == 1
    finish(session, notice_id, corrected.at)
    assert corrected.told() == sorted([*corrected.before, late])
    assert len(corrected.letters()) == 6


def test_the_person_finds_it_and_others_do_not(session: Session, corrected: Corrected) -> None:
    finish(session, corrected.send(), corrected.at)
    slug = corrected.module.slug
    (found,) = told_of(session, corrected.before[0])
    assert (found.slug, found.words, found.corrected_at) == (slug, WORDS, corrected.at)
    assert told_of(session, corrected.before[0], slug=slug) == [found]
    assert told_of(session, corrected.before[0], slug="other") == []
    assert told_of(session, corrected.after[0]) == []
    assert exported_notices(session, corrected.before[0]) == [
        {"module": slug, "words": WORDS, "told_at": corrected.at.isoformat()}
    ]


def test_a_revision_becomes_clinical_by_its_notice(session: Session, now: datetime) -> None:
    module = make_module(session, now=now)
    minor = make_revision(session, module.article_id, now=now, title="Corrected", number=2)
    add_minor_revision(session, module.release_id, minor, reason="A typo.", by=None, now=now)
    assert not session.scalars(select(MinorRevision.clinical)).one()
    send_notice(session, module.release_id, minor, words=WORDS, earlier=[module.revision_id], by=None, now=now)
    session.expire_all()
    assert session.scalars(select(MinorRevision.clinical)).one()
    (row,) = corrected_texts(session)
    assert (row.clinical, row.state) == (True, "running")


@pytest.mark.parametrize("revisions", [[], [10**6]])
def test_what_names_no_earlier_revision_is_refused(
    session: Session, corrected: Corrected, revisions: list[int]
) -> None:
    module = corrected.module
    with pytest.raises(Invalid) as refused:
        forecast(session, module.release_id, corrected.revision, words=WORDS, earlier=revisions)
    assert set(refused.value.problems) == {"earlier"}


@pytest.mark.parametrize("words", ["", " \n", "x" * 1501])
def test_words_are_needed_and_have_a_length(session: Session, corrected: Corrected, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        corrected.send(words=words)
    assert set(refused.value.problems) == {"words"}
    corrected.send(words="x" * 1500)


def test_unknown_corrections_are_not_found(session: Session, corrected: Corrected) -> None:
    module: Module = corrected.module
    for release, revision in ((module.release_id, module.revision_id), (10**6, corrected.revision)):
        with pytest.raises(NotFound):
            forecast(session, release, revision, words=WORDS, earlier=[module.revision_id])
    with pytest.raises(NotFound):
        notice_batch(session, 10**6, now=corrected.at)
    with pytest.raises(NotFound):
        tell_the_rest(session, 10**6, by=None, now=corrected.at)


@pytest.mark.parametrize(
    "statement", ["UPDATE notice_recipients SET told_at = told_at", "DELETE FROM notice_recipients"]
)
def test_who_was_told_stays_told(session: Session, corrected: Corrected, statement: str) -> None:
    finish(session, corrected.send(), corrected.at)
    with pytest.raises(DatabaseError, match="only grows"), session.begin_nested():
        session.execute(text(statement))
