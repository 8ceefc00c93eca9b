"""What the room of credits reads: progress, transcript, the office's lists."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event, insert, select
from sqlalchemy.orm import Session

from cme.activities.models import MinorRevision
from cme.articles.service import mark_read, note_progress
from cme.credits import queries, reports
from cme.credits.models import ClaimDecision, Credit
from cme.credits.report_rows import OfficeFilter
from cme.kernel.paging import PAGE_SIZE
from cme.people.models import Person
from quizzes.models.quiz import QuizAssignment
from tests.factories.modules import Module, make_module, make_provider, make_release, make_revision
from tests.factories.people import make_person
from tests.support import journeys

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def module(session: Session) -> Module:
    return make_module(session, now=NOW)


@pytest.fixture
def person(session: Session) -> Person:
    return make_person(session, now=NOW)


@pytest.fixture
def _noise(session: Session, module: Module, person: Person) -> None:
    """Somebody else with this module, and this person with another one."""
    journeys.earn(session, make_person(session, now=NOW).id, module.release_id, now=NOW)
    journeys.earn(session, person.id, make_module(session, now=NOW).release_id, now=NOW)


def progress(session: Session, person: Person, module: Module):
    return queries.progress_of(session, person.id, journeys.release_of(session, module.release_id), 2)


@pytest.mark.usefixtures("_noise")
def test_progress_grows_step_by_step_and_is_this_persons_only(session: Session, module: Module, person: Person) -> None:
    at = progress(session, person, module)
    assert (at.front_matter_seen_at, at.read_at, at.passed_at, at.claimed_at, at.credit_id) == (None,) * 5
    assert (at.current, at.sections_reached, at.active_seconds) == ("read", 0, 0)
    journeys.start(session, person.id, module.release_id, now=NOW)
    assert progress(session, person, module).front_matter_seen_at == NOW
    note_progress(session, person.id, module.revision_id, sections=["s-one"], position=None, seconds=30, now=NOW + HOUR)
    at = progress(session, person, module)
    assert (at.sections_reached, at.sections_total, at.active_seconds, at.read_at) == (1, 2, 30, None)
    note_progress(
        session, person.id, module.revision_id, sections=["s-two"], position=None, seconds=30, now=NOW + 2 * HOUR
    )
    at = progress(session, person, module)
    assert (at.sections_reached, at.read_at, at.current) == (2, NOW + 2 * HOUR, "quiz")
    journeys.pass_quiz(session, person.id, module.release_id, now=NOW + 3 * HOUR)
    at = progress(session, person, module)
    assert (at.passed_at, at.completed_at, at.current) == (NOW + 3 * HOUR, NOW + 3 * HOUR, "claim")
    result = journeys.claim(session, person.id, module.release_id, now=NOW + 4 * HOUR)
    assert result.credit is not None
    at = progress(session, person, module)
    assert (at.claimed_at, at.credit_id, at.current) == (NOW + 4 * HOUR, result.credit.credit_id, "certificate")


def test_progress_takes_one_statement(session: Session, module: Module, person: Person) -> None:
    journeys.earn(session, person.id, module.release_id, now=NOW)
    release = journeys.release_of(session, module.release_id)
    seen: list[str] = []
    engine = session.get_bind().engine
    event.listen(engine, "before_cursor_execute", lambda *parts: seen.append(parts[2]))
    queries.progress_of(session, person.id, release)
    assert len(seen) == 1


@pytest.mark.parametrize("read_first", ["own revision", "minor revision"])
def test_reading_any_revision_of_the_release_counts_from_the_first_time(
    session: Session, module: Module, person: Person, read_first: str
) -> None:
    minor = make_revision(session, module.article_id, now=NOW, title="Mended", number=2)
    session.add(
        MinorRevision(release_id=module.release_id, revision_id=minor, added_at=NOW, added_by=None, reason="A typo.")
    )
    session.flush()
    first, second = (module.revision_id, minor) if read_first == "own revision" else (minor, module.revision_id)
    mark_read(session, person.id, first, now=NOW)
    mark_read(session, person.id, second, now=NOW + HOUR)
    assert progress(session, person, module).read_at == NOW


def test_reading_another_article_does_not_count(session: Session, module: Module, person: Person) -> None:
    stray = make_revision(session, module.article_id, now=NOW, title="Not of this release", number=2)
    mark_read(session, person.id, stray, now=NOW)
    mark_read(session, person.id, make_module(session, now=NOW).revision_id, now=NOW)
    assert progress(session, person, module).read_at is None


def test_credit_counts_as_earlier_only_within_the_activity_and_only_before(
    session: Session, module: Module, person: Person
) -> None:
    later = make_release(
        session, module.activity_id, module.revision_id, make_provider(session, now=NOW), now=NOW, number=2
    )
    first, second = (journeys.release_of(session, number) for number in (module.release_id, later))
    other = journeys.release_of(session, make_module(session, now=NOW).release_id)
    assert not queries.credited_before(session, person.id, second)
    journeys.earn(session, person.id, module.release_id, now=NOW)
    assert queries.credited_before(session, person.id, second)
    assert not queries.credited_before(session, person.id, first)
    assert not queries.credited_before(session, person.id, other)
    assert not queries.credited_before(session, make_person(session, now=NOW).id, second)
    other_way_round = make_person(session, now=NOW)
    session.add(QuizAssignment(release_id=later, quiz_id=module.quiz_id))
    session.flush()
    journeys.earn(session, other_way_round.id, later, now=NOW)
    assert not queries.credited_before(session, other_way_round.id, first)
    assert not queries.credited_before(session, other_way_round.id, second)


def correct(session: Session, credit_id: int, *, quarters: int, now: datetime) -> int:
    """A correcting entry, as a later issue's office will write it."""
    old = session.get_one(Credit, credit_id)
    decision = {
        "person_id": old.person_id,
        "release_id": old.release_id,
        "decided_at": now,
        "outcome": "denied",
        "code": "correction",
        "sentence": "Corrected.",
        "facts": {},
        "verdicts": [],
        "rules_version": "test",
    }
    decision_id = session.scalars(insert(ClaimDecision).values(**decision).returning(ClaimDecision.id)).one()
    row = {column.key: getattr(old, column.key) for column in Credit.__table__.columns if column.key != "id"}
    row |= {
        "entry": "correction",
        "follows_id": credit_id,
        "decision_id": decision_id,
        "amount_quarters": quarters,
        "granted_at": now,
    }
    return session.scalars(insert(Credit).values(**row).returning(Credit.id)).one()


def test_a_transcript_is_in_order_of_completion_and_shows_corrections_instead_of_what_they_correct(
    session: Session, person: Person
) -> None:
    modules = [make_module(session, now=NOW, title=f"Module {letter}") for letter in "ABC"]
    for position, module in enumerate(modules):
        journeys.earn(session, person.id, module.release_id, now=NOW + position * HOUR)
    journeys.earn(session, make_person(session, now=NOW).id, modules[0].release_id, now=NOW)
    entries = queries.transcript(session, person.id)
    assert [entry.title for entry in entries] == ["Module C", "Module B", "Module A"]
    corrected = correct(session, entries[1].credit_id, quarters=1, now=NOW + 5 * HOUR)
    entries = queries.transcript(session, person.id)
    assert [(entry.title, entry.amount_quarters) for entry in entries] == [
        ("Module C", 4),
        ("Module B", 1),
        ("Module A", 4),
    ]
    assert entries[1].credit_id == corrected
    again = correct(session, corrected, quarters=2, now=NOW + 6 * HOUR)
    assert [entry.credit_id for entry in queries.transcript(session, person.id)][1] == again
    # The claim itself still answers with what was earned, and progress does not double.
    first = queries.earned_credit(session, person.id, modules[1].release_id)
    assert first is not None
    assert first.amount_quarters == 4
    assert progress(session, person, modules[1]).credit_id == first.credit_id


def test_an_empty_transcript_and_an_unknown_credit(session: Session, person: Person) -> None:
    assert queries.transcript(session, person.id) == []
    assert queries.credit_facts(session, 10**6) is None


FILTERS = {
    "nothing narrowed": (OfficeFilter(), {"Ann", "Bea"}),
    "module": (OfficeFilter(slug="A"), {"Ann"}),
    "unknown module": (OfficeFilter(slug="no-such"), set()),
    "name in part": (OfficeFilter(person="nn Le"), {"Ann"}),
    "address in part": (OfficeFilter(person="BEA@"), {"Bea"}),
    "percent sign is a letter": (OfficeFilter(person="%"), set()),
    "underscore is a letter": (OfficeFilter(person="_nn"), set()),
    "since, the instant itself": (OfficeFilter(since=NOW + HOUR), {"Bea"}),
    "since, one microsecond later": (OfficeFilter(since=NOW + HOUR + timedelta(microseconds=1)), set()),
    "until, the instant itself": (OfficeFilter(until=NOW + HOUR), {"Ann"}),
    "until, one microsecond later": (OfficeFilter(until=NOW + HOUR + timedelta(microseconds=1)), {"Ann", "Bea"}),
}


@pytest.mark.parametrize("what", ["decisions", "credits", "completions"])
@pytest.mark.parametrize(("wanted", "expected"), FILTERS.values(), ids=FILTERS.keys())
def test_the_office_narrows_its_lists(session: Session, what: str, wanted: OfficeFilter, expected: set[str]) -> None:
    slugs = {"": ""}
    for position, (name, letter) in enumerate((("Ann Lee", "A"), ("Bea Lie", "B"))):
        module = make_module(session, now=NOW)
        slugs[letter] = module.slug
        somebody = make_person(session, now=NOW, name=name, email=f"{name.split()[0].lower()}@example.org")
        journeys.earn(session, somebody.id, module.release_id, now=NOW + position * HOUR)
    narrowed = OfficeFilter(
        slug=slugs.get(wanted.slug, wanted.slug), person=wanted.person, since=wanted.since, until=wanted.until
    )
    page = getattr(reports, what)(session, narrowed, 1)
    every = {"decisions": "every_decision", "credits": "every_credit", "completions": "every_completion"}[what]
    exported = list(getattr(reports, every)(session, narrowed))
    assert len(page.rows) == len(exported) == len(expected)
    addresses = {row.email for row in page.rows}
    assert addresses == {row.email for row in exported}
    assert {address.split("@")[0] for address in addresses} == {name.lower() for name in expected}


def test_the_office_tells_outcomes_and_kinds_apart(session: Session, module: Module, person: Person) -> None:
    nurse = make_person(session, now=NOW, profession="nurse")
    journeys.claim(session, person.id, module.release_id, now=NOW)
    journeys.earn(session, person.id, module.release_id, now=NOW + HOUR)
    journeys.earn(session, nurse.id, module.release_id, now=NOW + 2 * HOUR)
    outcomes = [row.outcome for row in reports.decisions(session, OfficeFilter(), 1).rows]
    assert outcomes == ["granted", "granted", "denied"]
    assert len(reports.decisions(session, OfficeFilter(outcome="denied"), 1).rows) == 1
    assert len(reports.decisions(session, OfficeFilter(outcome="granted"), 1).rows) == 2
    (credit,) = reports.credits(session, OfficeFilter(kind="participation"), 1).rows
    assert credit.email == nurse.email


def test_one_decision_is_shown_with_person_and_module(session: Session, module: Module, person: Person) -> None:
    journeys.claim(session, person.id, module.release_id, now=NOW)
    number = session.scalars(select(ClaimDecision.id)).one()
    found = reports.decision(session, number)
    assert found is not None
    line = found.line
    assert (line.name, line.email, line.slug, line.number) == (person.name, person.email, module.slug, 1)
    assert line.code == "front_matter_not_seen"
    assert "front_matter_not_seen" in [verdict["rule"] for verdict in found.verdicts if not verdict["holds"]]
    assert reports.decision(session, number + 1) is None


def test_completions_show_who_has_passed_with_reading_and_claim(
    session: Session, module: Module, person: Person
) -> None:
    started = make_person(session, now=NOW)
    journeys.start(session, started.id, module.release_id, now=NOW)
    journeys.start(session, person.id, module.release_id, now=NOW)
    journeys.pass_quiz(session, person.id, module.release_id, now=NOW + HOUR)
    (row,) = reports.completions(session, OfficeFilter(), 1).rows
    assert (row.person_id, row.seen_at, row.met_at) == (person.id, NOW, NOW + HOUR)
    assert (row.read_at, row.granted_at, row.amount_quarters) == (None, None, None)
    journeys.read(session, person.id, module.release_id, now=NOW + 2 * HOUR)
    journeys.claim(session, person.id, module.release_id, now=NOW + 3 * HOUR, quarters=2)
    (row,) = reports.completions(session, OfficeFilter(), 1).rows
    assert (row.read_at, row.granted_at, row.amount_quarters) == (NOW + 2 * HOUR, NOW + 3 * HOUR, 2)


def test_completions_take_the_first_reading_of_own_and_minor_revisions(
    session: Session, module: Module, person: Person
) -> None:
    minor = make_revision(session, module.article_id, now=NOW, title="Mended", number=2)
    session.add(
        MinorRevision(release_id=module.release_id, revision_id=minor, added_at=NOW, added_by=None, reason="A typo.")
    )
    session.flush()
    journeys.start(session, person.id, module.release_id, now=NOW)
    mark_read(session, person.id, module.revision_id, now=NOW + 2 * HOUR)
    mark_read(session, person.id, minor, now=NOW + HOUR)
    journeys.pass_quiz(session, person.id, module.release_id, now=NOW)
    (row,) = reports.completions(session, OfficeFilter(), 1).rows
    assert row.read_at == NOW + HOUR


def test_lists_come_in_pages_and_exports_whole(session: Session, module: Module, person: Person) -> None:
    for number in range(PAGE_SIZE + 1):
        journeys.claim(session, person.id, module.release_id, now=NOW + timedelta(seconds=number))
    first, second = (reports.decisions(session, OfficeFilter(), number) for number in (1, 2))
    assert (len(first.rows), first.has_next, len(second.rows), second.has_next) == (PAGE_SIZE, True, 1, False)
    assert first.rows[0].decided_at == NOW + timedelta(seconds=PAGE_SIZE)
    assert second.rows[0].decided_at == NOW
    assert len(list(reports.every_decision(session, OfficeFilter()))) == PAGE_SIZE + 1
    assert reports.decisions(session, OfficeFilter(), 10**30).rows == []


def test_a_module_of_two_releases_is_told_apart_in_the_lists(session: Session, module: Module, person: Person) -> None:
    later = make_release(
        session,
        module.activity_id,
        module.revision_id,
        make_provider(session, now=NOW),
        now=NOW,
        opens_on=date(2026, 1, 1),
        expires_on=date(2028, 12, 31),
        number=2,
    )
    journeys.claim(session, person.id, module.release_id, now=NOW)
    journeys.claim(session, person.id, later, now=NOW + HOUR)
    assert [row.number for row in reports.decisions(session, OfficeFilter(slug=module.slug), 1).rows] == [2, 1]
