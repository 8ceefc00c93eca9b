"""The office's lists through the browser: who may see them, filters, days, paging, files, the record."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from cme.audit.models import AuditEvent
from cme.credits.corrections import Correction, correct
from cme.credits.models import Credit
from cme.kernel.paging import PAGE_SIZE
from cme.store.database import db
from cme.store.session import transaction
from tests.conftest import NOW
from tests.factories.modules import make_module
from tests.factories.people import make_person
from tests.support import journeys
from tests.support.client import Client
from tests.support.office_pages import counted, signed_in

LISTS = ("completions", "decisions", "credits")
PAGES = ("", *LISTS, "releases", "providers")
HOUR = timedelta(hours=1)


def earn(app: Flask, name: str, *, at: datetime = NOW - HOUR, slug: str | None = None, **changes: object) -> str:
    """Somebody earns credit for a module of their own, or for the named one; gives the module's slug."""
    with app.app_context(), transaction() as session:
        person = make_person(session, now=NOW - 30 * HOUR, name=name, **changes)  # type: ignore[arg-type]
        module = MODULES.get(slug or "") or make_module(session, now=NOW - 30 * HOUR, title="Night cramps")
        MODULES[module.slug] = module
        journeys.earn(session, person.id, module.release_id, now=at)
        return module.slug


MODULES: dict[str, object] = {}


def refuse(app: Flask, name: str, *, at: datetime = NOW - HOUR) -> None:
    """Somebody passes, but claims without having read."""
    with app.app_context(), transaction() as session:
        person = make_person(session, now=NOW - 30 * HOUR, name=name)
        module = make_module(session, now=NOW - 30 * HOUR, title="Refusals")
        journeys.start(session, person.id, module.release_id, now=at)
        journeys.pass_quiz(session, person.id, module.release_id, now=at)
        journeys.claim(session, person.id, module.release_id, now=at)


@pytest.fixture
def office(web_app: Flask) -> Client:
    return signed_in(web_app, "registrar")[0]


def table(client: Client, address: str) -> list[list[str]]:
    """The file's cells, after its header."""
    response = client.raw.get(address)
    assert response.status_code == 200
    assert response.mimetype == "text/csv"
    text = response.get_data(as_text=True)
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))[1:]


def exports(app: Flask) -> list[AuditEvent]:
    with app.app_context():
        return list(db.session.scalars(select(AuditEvent).where(AuditEvent.event == "report.exported")))


@pytest.mark.parametrize("page", [*PAGES, *(f"{name}.csv" for name in LISTS)])
def test_only_the_office_enters(web_app: Flask, page: str) -> None:
    def status(client: Client) -> int:
        response = client.raw.get(f"/office/{page}")
        response.get_data()  # a file that is not read to its end keeps its connection
        return response.status_code

    assert status(Client(web_app)) == 302
    for roles in ((), ("editor", "reviewer")):
        assert status(signed_in(web_app, *roles)[0]) == 403
    for role in ("registrar", "administrator"):
        assert status(signed_in(web_app, role)[0]) == 200


def test_the_menu_names_the_office_to_those_who_may_enter(web_app: Flask) -> None:
    assert signed_in(web_app, "registrar")[0].get("/office/").link("Office") == "/office/"
    assert 'href="/office/"' not in signed_in(web_app, "editor")[0].get("/").body


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_installation_has_pages_that_say_so(office: Client, page: str) -> None:
    shown = office.get(f"/office/{page}")
    if page:
        assert shown.css(".empty")


def test_the_start_page_counts_what_there_is(web_app: Flask, office: Client) -> None:
    earn(web_app, "Ann Lee")
    earn(web_app, "Nora Nurse", profession="nurse")
    refuse(web_app, "Rex Refused")
    figures = {row.findtext("dt"): row.findtext("dd") for row in office.get("/office/").css(".stats > div")}
    assert figures == {
        "Quizzes passed": "3", "Credits": "1", "Participations": "1", "Claims refused": "1", "Modules for credit now": "3",
    }  # fmt: skip


def test_a_corrected_entry_is_counted_once_and_as_it_stands(web_app: Flask, office: Client) -> None:
    """Somebody chose “physician” by mistake and claimed too much: the office corrected both."""
    earn(web_app, "Nora Nurse")
    with web_app.app_context(), transaction() as session:
        first = session.scalars(select(Credit)).one()
        by = make_person(session, now=NOW).id
        right = Correction("Nora Nurse", "RN", "nurse", 2)
        second = correct(session, first.id, right, by=by, reason="Wrong profession.", now=NOW - HOUR / 2).credit_id
    figures = {row.findtext("dt"): row.findtext("dd") for row in office.get("/office/").css(".stats > div")}
    assert (figures["Credits"], figures["Participations"]) == ("0", "1")
    header = office.raw.get("/office/credits.csv").get_data(as_text=True).splitlines()[0].split(",")
    rows = table(office, "/office/credits.csv")
    at, amount = header.index("Corrected by"), header.index("Amount")
    assert [(row[amount], row[at]) for row in rows] == [("0.50", ""), ("1.00", str(second))]
    assert [row[-1] for row in table(office, "/office/completions.csv")] == ["0.50"]
    assert f"Corrected by {second}" in office.get("/office/credits").main


@pytest.mark.parametrize("name", LISTS)
def test_a_list_shows_persons_and_modules(web_app: Flask, office: Client, name: str) -> None:
    earn(web_app, "Ann <b>Lee</b>")
    page = office.get(f"/office/{name}")
    assert "Ann <b>Lee</b>" in page.main
    assert "Night cramps" in page.main


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_narrowed_by_person_and_module(web_app: Flask, office: Client, name: str) -> None:
    slug = earn(web_app, "Ann Lee")
    earn(web_app, "Bea Lie")
    for query in ("person=ann+l", "person=+Ann%20Lee+", f"module={slug}", f"module={slug}&person=lee"):
        page = office.get(f"/office/{name}?{query}")
        assert len(page.css("tbody tr")) == 1
        assert "Ann Lee" in page.main
        assert len(table(office, f"/office/{name}.csv?{query}")) == 1
    assert "matches this filter" in office.get(f"/office/{name}?person=%25").main
    assert table(office, f"/office/{name}.csv?person=%25") == []


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    ("zone", "since", "until", "expected"),
    [
        # 23 November 2026, 05:30 UTC is the evening of the 22nd in Los Angeles.
        ("America/Los_Angeles", "2026-11-22", "2026-11-22", 1),
        ("America/Los_Angeles", "2026-11-23", "2026-11-23", 0),
        ("UTC", "2026-11-22", "2026-11-22", 0),
        ("UTC", "2026-11-23", "2026-11-23", 1),
        ("UTC", "", "2026-11-22", 0),
        ("UTC", "2026-11-23", "", 1),
        ("UTC", "", "", 1),
    ],
)
def test_days_are_whole_days_of_the_chosen_zone(
    web_app: Flask, office: Client, name: str, zone: str, since: str, until: str, expected: int
) -> None:
    earn(web_app, "Ann Lee", at=datetime(2026, 11, 23, 5, 30, tzinfo=UTC))
    query = f"since={since}&until={until}&zone={zone}"
    assert len(office.get(f"/office/{name}?{query}").css("tbody tr")) == expected
    assert len(table(office, f"/office/{name}.csv?{query}")) == expected


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("since=yesterday", "Write the day as year-month-day"),
        ("until=2026-02-30", "Write the day as year-month-day"),
        ("since=0001-01-01", "Choose a year"),
        ("until=9999-12-31", "Choose a year"),
        ("since=2026-11-02&until=2026-11-01", "lies before the first one"),
        ("module=no-such", "Not a valid choice"),
    ],
)
def test_a_filter_that_cannot_be_read_shows_and_exports_nothing(
    web_app: Flask, office: Client, name: str, query: str, sentence: str
) -> None:
    earn(web_app, "Ann Lee")
    page = office.get(f"/office/{name}?{query}", status=422)
    assert sentence in page.main
    assert "Ann Lee" not in page.main
    assert office.raw.get(f"/office/{name}.csv?{query}").status_code == 422
    assert exports(web_app) == []


def test_a_zone_nobody_uses_falls_back_rather_than_fail(web_app: Flask, office: Client) -> None:
    earn(web_app, "Ann Lee")
    page = office.get("/office/credits?zone=Mars/Olympus")
    assert page.css("select[name=zone] option[selected]")[0].get("value") == "America/Los_Angeles"


def test_completions_tell_the_claimed_from_the_open(web_app: Flask, office: Client) -> None:
    earn(web_app, "Ann Lee")
    refuse(web_app, "Rex Refused")
    assert "Article not read" in office.get("/office/completions?outcome=open").main
    assert [row[0] for row in table(office, "/office/completions.csv?outcome=open")] == ["Rex Refused"]
    assert [row[0] for row in table(office, "/office/completions.csv?outcome=claimed")] == ["Ann Lee"]


def test_decisions_tell_the_granted_from_the_refused(web_app: Flask, office: Client) -> None:
    earn(web_app, "Ann Lee")
    refuse(web_app, "Rex Refused")
    page = office.get("/office/decisions?outcome=denied")
    assert "Rex Refused" in page.main
    assert "Ann Lee" not in page.main
    assert [row[2:4] for row in table(office, "/office/decisions.csv?outcome=granted")] == [["granted", "granted"]]


def test_the_ledger_tells_credit_from_participation(web_app: Flask, office: Client) -> None:
    earn(web_app, "Ann Lee")
    earn(web_app, "Nora Nurse", profession="nurse")
    assert [row[3:8] for row in table(office, "/office/credits.csv?kind=participation")] == [
        ["participation", "", "1.00", "1.00", "Nora Nurse"]
    ]
    assert "Ann Lee" not in office.get("/office/credits?kind=participation").main


def test_a_decision_shows_every_rule_and_every_fact(web_app: Flask, office: Client) -> None:
    refuse(web_app, "Rex Refused")
    page = office.get(office.get("/office/decisions").css("tbody th a")[0].get("href"))
    assert page.h1.startswith("Decision ")
    assert len(page.css(".verdict-no")) == 1
    assert "The article has not been read to its end yet." in page.css(".verdict-no")[0].text_content()
    assert len(page.css(".verdict-yes")) == 12
    with web_app.app_context():
        from cme.credits.models import ClaimDecision

        stored = db.session.scalars(select(ClaimDecision)).one()
    assert len(page.css("section[aria-labelledby=facts] dt")) == len(stored.facts)
    assert "9 August 2024, 12:00 am Los Angeles time" in page.main


def test_an_unknown_decision_is_not_found(office: Client) -> None:
    office.get("/office/decisions/1", status=404)
    office.get("/office/decisions/99999999999999999999", status=404)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_comes_in_pages_and_keeps_its_filter(web_app: Flask, office: Client, name: str) -> None:
    slug = earn(web_app, "Person 0")
    for number in range(1, PAGE_SIZE + 1):
        earn(web_app, f"Person {number}", slug=slug, at=NOW - 10 * HOUR + timedelta(minutes=number))
    first = office.get(f"/office/{name}?module={slug}&person=Person")
    assert len(first.css("tbody tr")) == PAGE_SIZE
    second = office.get(first.link("Next"))
    assert len(second.css("tbody tr")) == 1
    assert f"module={slug}" in second.link("Previous")
    assert "person=Person" in second.link("Previous")
    assert len(table(office, second.link("Download all as CSV"))) == PAGE_SIZE + 1


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("page", ["0", "-3", "x", "999999999999999999999999"])
def test_an_odd_page_number_is_no_error(web_app: Flask, office: Client, name: str, page: str) -> None:
    earn(web_app, "Ann Lee")
    office.get(f"/office/{name}?page={page}")


def test_names_in_the_address_never_become_options_of_a_link(web_app: Flask, office: Client) -> None:
    earn(web_app, "Ann Lee")
    page = office.get("/office/credits?_external=1&_scheme=javascript&_anchor=x&endpoint=y&person=Ann")
    assert page.link("Download all as CSV") == "/office/credits.csv?person=Ann"


@pytest.mark.parametrize("page", [*LISTS, "releases", ""])
def test_more_rows_need_no_more_statements(web_app: Flask, office: Client, page: str) -> None:
    slug = earn(web_app, "Person 0")
    office.get("/office/")  # the first request of a session also notes that it was seen
    with counted(web_app) as few:
        office.get(f"/office/{page}")
    for number in range(1, 12):
        earn(web_app, f"Person {number}", slug=slug if number % 2 else None)
    with counted(web_app) as many:
        office.get(f"/office/{page}")
    assert len(few) == len(many)
    assert len(many) <= 5


@pytest.mark.parametrize("name", LISTS)
def test_an_export_needs_no_more_statements_for_more_rows(web_app: Flask, office: Client, name: str) -> None:
    slug = earn(web_app, "Person 0")
    office.get("/office/")
    with counted(web_app) as few:
        table(office, f"/office/{name}.csv")
    for number in range(1, 12):
        earn(web_app, f"Person {number}", slug=slug)
    with counted(web_app) as many:
        assert len(table(office, f"/office/{name}.csv")) == 12
    assert len(few) == len(many)


@pytest.mark.parametrize("name", LISTS)
def test_an_export_is_on_record_with_its_rows_and_filter_but_no_name(web_app: Flask, name: str) -> None:
    office, person_id = signed_in(web_app, "registrar")
    slug = earn(web_app, "Ann Lee")
    earn(web_app, "Bea Lie")
    table(office, f"/office/{name}.csv?person=Ann&module={slug}&since=2026-11-01&zone=UTC")
    (event,) = exports(web_app)
    assert (event.person_id, event.subject, event.subject_id) == (person_id, "report", name)
    assert event.details == {
        "rows": 1,
        "module": slug,
        "since": "2026-11-01T00:00:00Z",
        "until": "2026-11-23T15:00:00Z",
        "outcome": "",
        "kind": "",
        "by_person": True,
    }
    assert "Ann" not in str(event.details)


def test_a_cell_cannot_become_a_formula(web_app: Flask, office: Client) -> None:
    earn(web_app, "=HYPERLINK(1)", email="+cmd@example.org")
    for name in LISTS:
        (row,) = table(office, f"/office/{name}.csv")
        assert "'=HYPERLINK(1)" in row
        assert "'+cmd@example.org" in row


@pytest.mark.parametrize("name", LISTS)
def test_a_reader_who_goes_away_leaves_no_connection_behind(web_app: Flask, office: Client, name: str) -> None:
    earn(web_app, "Ann Lee")
    table(office, f"/office/{name}.csv")
    assert connections_out(web_app) == 0
    response = office.raw.get(f"/office/{name}.csv", buffered=False)
    lines = response.iter_encoded()
    next(lines)
    next(lines)
    assert connections_out(web_app) == 1
    response.close()
    assert connections_out(web_app) == 0


def connections_out(app: Flask) -> int:
    with app.app_context():
        return db.engine.pool.checkedout()  # type: ignore[attr-defined]
