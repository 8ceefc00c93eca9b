"""Which release a module shows, the catalogue, and the acts that change a release."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from cme.activities import queries, service
from cme.activities.models import Activity, CreditOffer, FrontMatterView, Provider, Release
from cme.activities.rules import ClosingState
from cme.activities.search import search_text
from cme.articles.models import ArticleRevision
from cme.audit.models import AuditEvent
from cme.kernel.refusal import Conflict, Invalid, NotFound, Refused
from tests.factories.modules import Module, make_module, make_release, make_revision
from tests.factories.people import make_person


def second_release(session: Session, module: Module, now: datetime, **changes: object) -> int:
    provider = session.get_one(Provider, session.get_one(Release, module.release_id).provider_id)
    values: dict[str, object] = {"number": 2, **changes}
    return make_release(session, module.activity_id, module.revision_id, provider, now=now, **values)  # type: ignore[arg-type]


def events(session: Session, name: str) -> int:
    return session.scalar(select(func.count()).select_from(AuditEvent).where(AuditEvent.event == name)) or 0


def test_the_newest_release_that_has_opened_is_shown_else_the_first_that_will(session: Session, now: datetime) -> None:
    module = make_module(session, now=now, opens_on=date(2026, 1, 1), expires_on=date(2026, 12, 31))
    make_module(session, now=now)
    second = second_release(session, module, now, opens_on=date(2027, 1, 1), expires_on=date(2027, 12, 31))
    second_release(session, module, now, number=3, state="draft", published_at=None)

    def shown(day: datetime) -> int | None:
        facts = queries.release_by_slug(session, module.slug, now=day)
        return facts.release_id if facts else None

    opens_at = session.get_one(Release, second).opens_at
    first_opens_at = session.get_one(Release, module.release_id).opens_at
    assert shown(first_opens_at - timedelta(days=1)) == module.release_id
    assert shown(now) == module.release_id
    assert shown(opens_at - timedelta(microseconds=1)) == module.release_id
    assert shown(opens_at) == second
    assert shown(opens_at + timedelta(days=3000)) == second
    assert queries.release_by_slug(session, "no-such-module", now=now) is None
    assert [facts.number for facts in queries.releases_of(session, module.slug)] == [2, 1]
    assert queries.earlier_release_ids(session, second) == [module.release_id]
    assert queries.earlier_release_ids(session, module.release_id) == []


def test_a_withdrawn_release_is_still_shown_as_the_newest(session: Session, now: datetime) -> None:
    module = make_module(session, now=now)
    second = second_release(session, module, now)
    service.withdraw_release(session, second, "The text is wrong.", by=None, now=now)
    facts = queries.release_by_slug(session, module.slug, now=now)
    assert facts is not None
    assert (facts.release_id, facts.state, facts.withdrawn, facts.withdrawal_reason) == (
        second, "withdrawn", True, "The text is wrong.",
    )  # fmt: skip


def test_facts_hold_every_offer_and_the_maximum_of_the_awarded_one(session: Session, now: datetime) -> None:
    module = make_module(session, now=now)
    session.add(CreditOffer(release_id=module.release_id, type="ancc-contact-hour", maximum_quarters=8))
    session.flush()
    facts = queries.release_facts(session, module.release_id)
    assert facts.offers == (("ama-pra-category-1", 4), ("ancc-contact-hour", 8))
    assert facts.maximum_quarters == 4
    (entry,) = queries.catalogue(session, now=now).rows
    assert entry.maximum_quarters == 4
    assert not facts.accredited


def test_a_draft_release_is_nobodys_to_see(session: Session, now: datetime) -> None:
    module = make_module(session, now=now)
    draft = second_release(session, module, now, state="draft", published_at=None)
    with pytest.raises(NotFound):
        queries.release_facts(session, draft)


def test_the_catalogue_finds_every_word_in_any_order_without_accents(session: Session, now: datetime) -> None:
    cramps = make_module(session, now=now, title="Sleep-related leg cramps")
    other = make_module(session, now=now, title="Headache 100% of the time")
    for module, keywords, specialties in (
        (cramps, ["quinine", "Łydka"], ["Sleep medicine"]),
        (other, ["fièvre"], ["Neurology", "Sleep medicine and more"]),
    ):
        activity = session.get_one(Activity, module.activity_id)
        activity.specialties = specialties
        activity.search_text = search_text(activity.title, activity.summary, specialties, keywords)
    session.flush()

    def found(search: str = "", specialty: str = "") -> set[str]:
        page = queries.catalogue(session, search=search, specialty=specialty, page=1, now=now)
        return {entry.slug for entry in page.rows}

    assert found() == {cramps.slug, other.slug}
    assert found("CRAMPS sleep") == {cramps.slug}
    assert found("lydka") == {cramps.slug}
    assert found("Fievre") == {other.slug}
    assert found("cramps fievre") == set()
    assert found("100%") == {other.slug}
    assert found("%") == {other.slug}
    assert found("_") == set()
    assert found("'; drop table activities; --") == set()
    assert found(specialty="Sleep medicine") == {cramps.slug}
    assert found(specialty="medicine") == set()
    assert found("headache", "Neurology") == {other.slug}
    assert found("cramps", "Neurology") == set()
    assert queries.catalogue_specialties(session) == ["Neurology", "Sleep medicine", "Sleep medicine and more"]


def test_the_catalogue_lists_what_gives_credit_first_and_says_where_the_rest_stands(
    session: Session, now: datetime
) -> None:
    closed = make_module(session, now=now, opens_on=date(2020, 1, 1), expires_on=date(2022, 12, 31), title="A closed")
    running = make_module(session, now=now, title="B open")
    future = make_module(session, now=now, opens_on=date(2027, 1, 1), expires_on=date(2027, 12, 31), title="C future")
    hidden = make_module(session, now=now, title="D draft")
    session.get_one(Release, hidden.release_id).state = "draft"
    session.get_one(Release, hidden.release_id).published_at = None
    session.flush()
    rows = queries.catalogue(session, now=now).rows
    assert [entry.slug for entry in rows] == [running.slug, future.slug, closed.slug]
    assert [entry.closing.state for entry in rows] == [ClosingState.OPEN, ClosingState.NOT_YET, ClosingState.CLOSED]
    assert [entry.closed for entry in rows] == [False, False, True]
    assert rows[0].maximum_quarters == 4


def test_the_catalogue_is_one_statement_and_one_row_per_module_whatever_the_number(
    session: Session, now: datetime
) -> None:
    for _ in range(3):
        second_release(session, make_module(session, now=now), now)
    for _ in range(queries.CATALOGUE_SIZE):
        make_module(session, now=now)
    statements: list[str] = []
    connection = session.connection()

    def count(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(connection, "before_cursor_execute", count)
    first = queries.catalogue(session, page=1, now=now)
    assert len(statements) == 1
    second = queries.catalogue(session, page=2, now=now)
    event.remove(connection, "before_cursor_execute", count)
    assert (len(first.rows), first.has_next) == (queries.CATALOGUE_SIZE, True)
    assert (len(second.rows), second.has_next) == (3, False)
    slugs = [entry.slug for entry in [*first.rows, *second.rows]]
    assert len(slugs) == len(set(slugs))


def test_a_release_is_read_with_one_statement(session: Session, now: datetime) -> None:
    module = make_module(session, now=now)
    session.expunge_all()
    statements: list[str] = []

    def count(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(session.connection(), "before_cursor_execute", count)
    queries.release_by_slug(session, module.slug, now=now)
    event.remove(session.connection(), "before_cursor_execute", count)
    assert len(statements) == 1


def test_the_front_matter_seen_first_is_the_one_on_record(session: Session, now: datetime) -> None:
    module = make_module(session, now=now)
    person, noise = make_person(session, now=now).id, make_person(session, now=now).id
    facts = queries.release_facts(session, module.release_id)
    assert queries.front_matter_seen(session, person, module.release_id) is None
    service.record_front_matter(session, noise, facts, now=now - timedelta(days=1))
    service.record_front_matter(session, person, facts, now=now)
    service.record_front_matter(session, person, facts, now=now + timedelta(hours=1))
    assert queries.front_matter_seen(session, person, module.release_id) == (facts.front_matter_digest, now)
    assert session.scalar(select(func.count()).select_from(FrontMatterView)) == 2
    assert events(session, "learning.front_matter_seen") == 2


def test_a_release_is_withdrawn_once_and_with_a_reason(session: Session, now: datetime) -> None:
    module = make_module(session, now=now)
    person = make_person(session, now=now).id
    with pytest.raises(Invalid):
        service.withdraw_release(session, module.release_id, " \u200b\n", by=person, now=now)
    service.withdraw_release(session, module.release_id, "Outdated.", by=person, now=now)
    with pytest.raises(Conflict):
        service.withdraw_release(session, module.release_id, "Again.", by=None, now=now + timedelta(days=1))
    release = session.get_one(Release, module.release_id)
    assert (release.withdrawn_at, release.withdrawn_by, release.withdrawal_reason) == (now, person, "Outdated.")
    assert events(session, "release.withdrawn") == 1
    with pytest.raises(NotFound):
        service.withdraw_release(session, 10_000, "x", by=None, now=now)
    draft = second_release(session, module, now, state="draft", published_at=None)
    with pytest.raises(Refused, match="not_published"):
        service.withdraw_release(session, draft, "x", by=None, now=now)


def test_a_minor_revision_is_shown_from_then_on_and_says_why(session: Session, now: datetime) -> None:
    module, other = make_module(session, now=now), make_module(session, now=now)
    minor = make_revision(session, module.article_id, now=now, title="Mended", number=2)
    revision = session.get_one(ArticleRevision, minor)
    revision.state, revision.published_at = "draft", None
    session.flush()
    with pytest.raises(Invalid):
        service.add_minor_revision(session, module.release_id, minor, reason=" ", by=None, now=now)
    with pytest.raises(NotFound):
        service.add_minor_revision(session, module.release_id, other.revision_id, reason="x", by=None, now=now)
    with pytest.raises(Conflict):
        service.add_minor_revision(session, module.release_id, module.revision_id, reason="x", by=None, now=now)
    service.add_minor_revision(session, module.release_id, minor, reason="A dose was wrong.", by=None, now=now)
    assert revision.state == "published"
    assert queries.release_facts(session, module.release_id).revision_id == minor
    assert queries.release_facts(session, other.release_id).revision_id == other.revision_id
    with pytest.raises(Conflict):
        service.add_minor_revision(session, module.release_id, minor, reason="Twice.", by=None, now=now)
    later = make_revision(session, module.article_id, now=now, title="Mended again", number=3)
    service.add_minor_revision(session, module.release_id, later, reason="One more.", by=None, now=now)
    assert queries.release_facts(session, module.release_id).revision_id == later


def test_publishing_freezes_term_provider_and_front_matter(session: Session, now: datetime) -> None:
    module = make_module(session, now=now)
    draft_id = second_release(session, module, now, state="draft", published_at=None, grace_days=7)
    draft = session.get_one(Release, draft_id)
    provider = session.get_one(Provider, draft.provider_id)
    provider.mode = "accredited"
    provider.name = "Society"
    provider.designation_statement = (
        "The [provider] designates this [format] for [credits] AMA PRA Category 1 Credit(s)™."
    )
    session.flush()
    service.publish_release(session, draft_id, by=None, now=now)
    facts = queries.release_facts(session, draft_id)
    assert facts.accredited
    assert facts.provider["designation_statement"] == (
        "The Society designates this enduring material for 1.00 AMA PRA Category 1 Credit(s)™."
    )
    digest = facts.front_matter_digest
    assert len(digest) == 64
    assert digest != "0" * 64
    # Entering other words later changes new releases only.
    provider.name = "Another Society"
    session.flush()
    assert queries.release_facts(session, draft_id).provider["name"] == "Society"
    assert not queries.release_facts(session, module.release_id).accredited
    with pytest.raises(Refused, match="not_a_draft"):
        service.publish_release(session, draft_id, by=None, now=now)


def test_obstacles_of_the_rules_the_text_and_other_wings_are_all_named_and_nothing_is_published(
    session: Session, now: datetime
) -> None:
    module = make_module(session, now=now)
    draft_id = second_release(
        session, module, now, state="draft", published_at=None, reviewed_on=None, estimated_minutes=20
    )
    revision = session.get_one(ArticleRevision, module.revision_id)
    revision.state, revision.published_at = "draft", None
    session.flush()
    asked: list[int] = []

    def wing(_session: Session, release_id: int) -> list[str]:
        asked.append(release_id)
        return ["The quiz gives 9 points."]

    with pytest.raises(Invalid) as refused:
        service.publish_release(session, draft_id, by=None, now=now, obstacles=[wing])
    found = refused.value.problems["release"]
    assert asked == [draft_id]
    assert "The quiz gives 9 points." in found
    assert any("still a draft" in sentence for sentence in found)
    assert any("20 minutes" in sentence for sentence in found)
    assert session.get_one(Release, draft_id).state == "draft"
    assert events(session, "release.published") == 0
    assert service.release_obstacles(session, draft_id, [wing]) == found
