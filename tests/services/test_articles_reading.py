"""Reading progress: what a page reports is believed only as far as our own clock and text allow."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from cme.activities.queries import read_for_release, revision_ids_of
from cme.activities.service import add_minor_revision
from cme.articles import queries, service
from cme.articles.models import ArticleRevision, Reading
from cme.audit.models import AuditEvent
from cme.kernel.refusal import NotFound
from tests.factories.modules import make_module, make_revision
from tests.factories.people import make_person


def report(
    session: Session, person_id: int, revision_id: int, now: datetime, **changes: object
) -> queries.ReadingFacts:
    values: dict[str, object] = {"sections": [], "position": None, "seconds": 0, **changes}
    return service.note_progress(session, person_id, revision_id, now=now, **values)  # type: ignore[arg-type]


@pytest.fixture
def reader(session: Session, now: datetime) -> tuple[int, int]:
    module = make_module(session, now=now)
    noise = make_person(session, now=now)
    service.mark_read(session, noise.id, module.revision_id, now=now)
    return make_person(session, now=now).id, module.revision_id


def test_reaching_the_last_section_is_reading_and_its_first_instant_counts(
    session: Session, now: datetime, reader: tuple[int, int]
) -> None:
    first = report(session, *reader, now, sections=["s-one"])
    assert (first.sections, first.read_at, first.read_how) == (frozenset({"s-one"}), None, None)
    second = report(session, *reader, now + timedelta(minutes=3), sections=["s-two", "s-one"])
    assert (second.read_at, second.read_how) == (now + timedelta(minutes=3), "sections")
    third = report(session, *reader, now + timedelta(minutes=9), sections=["s-two"])
    assert third.read_at == now + timedelta(minutes=3)
    button = service.mark_read(session, *reader, now=now + timedelta(minutes=10))
    assert (button.read_at, button.read_how) == (now + timedelta(minutes=3), "sections")
    events = select(func.count()).select_from(AuditEvent)
    assert (
        session.scalar(events.where(AuditEvent.event == "learning.article_read", AuditEvent.person_id == reader[0]))
        == 1
    )


def test_the_button_is_reading_too_and_counts_the_first_time(
    session: Session, now: datetime, reader: tuple[int, int]
) -> None:
    assert queries.reading_of(session, *reader) is None
    first = service.mark_read(session, *reader, now=now)
    again = service.mark_read(session, *reader, now=now + timedelta(hours=1))
    assert first == again
    assert (first.read_at, first.read_how, first.sections) == (now, "button", frozenset())
    assert queries.reading_of(session, *reader) == first


def test_anchors_the_text_does_not_have_are_ignored(session: Session, now: datetime, reader: tuple[int, int]) -> None:
    facts = report(session, *reader, now, sections=["s-one", "s-invented", "p-one", ""], position="p-invented")
    assert (facts.sections, facts.position, facts.read_at) == (frozenset({"s-one"}), None, None)
    facts = report(session, *reader, now, position="p-two")
    assert facts.position == "p-two"
    facts = report(session, *reader, now, position="<script>")
    assert facts.position == "p-two"


@pytest.mark.parametrize(
    ("passed", "claimed", "counted"),
    [
        pytest.param(timedelta(seconds=30), 30, 30, id="believable"),
        pytest.param(timedelta(seconds=30), 31, 30, id="more-than-has-passed"),
        pytest.param(timedelta(seconds=14.9), 15, 15, id="a-report-that-came-early-by-the-network"),
        pytest.param(timedelta(seconds=14), 15, 14, id="a-second-too-many"),
        pytest.param(timedelta(seconds=0), 60, 0, id="second-tab-at-once"),
        pytest.param(timedelta(seconds=600), 600, 60, id="more-than-a-minute"),
        pytest.param(timedelta(seconds=600), 60, 60, id="a-minute"),
        pytest.param(timedelta(seconds=600), -5, 0, id="negative"),
        pytest.param(timedelta(seconds=-90), 60, 0, id="reports-out-of-order"),
    ],
)
def test_time_counts_up_to_a_minute_and_never_beyond_our_own_clock(
    session: Session, now: datetime, reader: tuple[int, int], passed: timedelta, claimed: int, counted: int
) -> None:
    assert report(session, *reader, now, seconds=0).active_seconds == 0
    assert report(session, *reader, now + passed, seconds=claimed).active_seconds == counted


def test_the_first_report_counts_a_minute_at_most(session: Session, now: datetime, reader: tuple[int, int]) -> None:
    assert report(session, *reader, now, seconds=4000).active_seconds == 60


def test_an_unknown_article_is_not_read(session: Session, now: datetime, reader: tuple[int, int]) -> None:
    with pytest.raises(NotFound):
        report(session, reader[0], 10_000, now)
    with pytest.raises(NotFound):
        service.mark_read(session, reader[0], 10_000, now=now)
    assert session.scalar(select(func.count()).select_from(Reading).where(Reading.person_id == reader[0])) == 0


def test_reading_counts_for_the_release_on_any_of_its_revisions_and_the_earliest_instant_wins(
    session: Session, now: datetime
) -> None:
    module, other = make_module(session, now=now), make_module(session, now=now)
    person = make_person(session, now=now).id
    minor = make_revision(session, module.article_id, now=now, title="Corrected", number=2)
    stranger = make_revision(session, module.article_id, now=now, title="Not of the release", number=3)
    add_minor_revision(session, module.release_id, minor, reason="A typo.", by=None, now=now)
    service.mark_read(session, person, stranger, now=now)
    service.mark_read(session, person, other.revision_id, now=now)
    assert read_for_release(session, person, module.release_id) is None
    assert sorted(revision_ids_of(session, module.release_id)) == sorted([module.revision_id, minor])
    service.mark_read(session, person, minor, now=now + timedelta(hours=2))
    service.mark_read(session, person, module.revision_id, now=now + timedelta(hours=1))
    found = read_for_release(session, person, module.release_id)
    assert found is not None
    assert found.read_at == now + timedelta(hours=1)
    assert queries.read_revision_of(session, person, [minor, module.revision_id]) == found
    assert queries.read_revision_of(session, person, [minor]) != found


def test_a_finished_page_carries_everything_a_view_shows(session: Session, now: datetime) -> None:
    module = make_module(session, now=now, title="Cramps")
    page = queries.article_page(session, module.revision_id)
    assert (page.title, page.number, page.words) == ("Cramps", 1, 8)
    assert page.reading_sections == frozenset({"s-one", "s-two"})
    assert [reference.key for reference in page.references] == ["one2020"]
    with pytest.raises(NotFound):
        queries.article_page(session, 10_000)
    with pytest.raises(NotFound):
        queries.figure_of(session, module.revision_id, "no")


def test_pages_are_kept_only_when_published_and_read_outside_a_writing_transaction(
    session: Session, now: datetime
) -> None:
    module = make_module(session, now=now, title="Before")
    pages = queries.ArticlePages(most=2)

    def rename(title: str) -> None:
        session.execute(update(ArticleRevision).where(ArticleRevision.id == module.revision_id).values(title=title))

    assert pages.get(session, module.revision_id).title == "Before"
    rename("Inside")
    assert pages.get(session, module.revision_id).title == "Inside"  # a writing transaction leaves nothing behind


def test_kept_pages_are_bounded_and_forgotten_on_request(
    session: Session, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = (make_module(session, now=now).revision_id for _ in range(3))
    pages = queries.ArticlePages(most=2)
    loaded: list[int] = []
    load = queries._load_page

    def counting(current: Session, revision_id: int) -> queries.ArticlePage:
        loaded.append(revision_id)
        return load(current, revision_id)

    monkeypatch.setattr(queries, "_load_page", counting)
    monkeypatch.setattr(queries, "_is_writing", lambda _session: False)
    for revision_id in (first, second, first, third, first, second):
        pages.get(session, revision_id)
    assert loaded == [first, second, third, second]  # the least lately used one made room
    pages.forget()
    pages.get(session, second)
    assert loaded[-1] == second
    session.execute(update(ArticleRevision).where(ArticleRevision.id == first).values(state="draft", published_at=None))
    pages.forget()
    pages.get(session, first)
    pages.get(session, first)
    assert loaded[-2:] == [first, first]  # a draft may change
