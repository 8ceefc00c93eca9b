"""The transcript: entries by year in the module's own zone, totals kept apart, CSV that cannot run."""

import csv
import io
from datetime import UTC, datetime

from flask import Flask

from cme.activities.service import withdraw_release
from cme.credits.facts import CreditFacts
from cme.learning.transcript import years_of
from cme.people.models import Person
from tests.conftest import NOW
from tests.factories.modules import make_module, make_provider
from tests.factories.people import make_sign_in
from tests.support import journeys
from tests.support.client import Client
from tests.support.learning_pages import browser, new_learner, new_module, statements, write

HEADER = [
    "Date completed",
    "Time zone",
    "Title",
    "Kind",
    "Credit type",
    "Amount claimed",
    "Maximum",
    "Format",
    "Provider",
    "Date claimed",
    "Credit number",
    "Standing",
]


def earn(app: Flask, person_id: int, title: str, *, now: datetime = NOW, quarters: int = 4, **changes: object) -> int:
    """A module of this title, and the whole road through it."""

    def work(session) -> int:
        module = make_module(session, now=now, title=title, **changes)
        return journeys.earn(session, person_id, module.release_id, now=now, quarters=quarters)

    return write(app, work)


def table(client: Client) -> list[list[str]]:
    response = client.raw.get("/transcript.csv")
    assert response.status_code == 200
    text = response.get_data().decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_a_transcript_is_for_its_owner(web_app: Flask, client: Client) -> None:
    for path in ("/transcript", "/transcript.csv"):
        assert "/sign-in" in client.get(path).response.request.path
    owner, owner_id = new_learner(web_app)
    other, _ = new_learner(web_app)
    earn(web_app, owner_id, "Mine alone")
    assert "Mine alone" in owner.get("/transcript").main
    assert "Mine alone" not in other.get("/transcript").main
    assert len(table(owner)) == 2
    assert len(table(other)) == 1


def test_an_empty_transcript_says_what_will_be_there(web_app: Flask) -> None:
    client, _ = new_learner(web_app)
    page = client.get("/transcript")
    assert "No credit yet" in page.main
    assert page.link("See the modules") == "/"
    assert table(client) == [HEADER]


def test_an_entry_shows_date_amount_kind_and_its_certificate(web_app: Flask) -> None:
    client, person_id = new_learner(web_app)
    credit_id = earn(web_app, person_id, "Leg cramps", quarters=3)
    page = client.get("/transcript")
    row = " ".join(page.css("tbody tr")[0].text_content().split())
    for words in ("23 November 2026", "Leg cramps", "Credit", "Demonstration", "0.75"):
        assert words in row
    assert page.link("Certificate") == f"/credits/{credit_id}/certificate"


def test_credit_and_participation_are_totalled_apart_and_by_year(web_app: Flask) -> None:
    client, person_id = new_learner(web_app)
    earn(web_app, person_id, "One", quarters=3)
    earn(web_app, person_id, "Two", quarters=2)
    earn(web_app, person_id, "Old", now=datetime(2025, 6, 1, tzinfo=UTC), quarters=1)

    def become_nurse(session) -> None:
        session.get_one(Person, person_id).profession = "nurse"

    write(web_app, become_nurse)
    earn(web_app, person_id, "Three", quarters=4)
    page = client.get("/transcript")
    years = {
        " ".join(section.xpath("string(.//h2)").split()): [
            " ".join(cell.text for cell in row if cell.text) for row in section.cssselect("tfoot tr")
        ]
        for section in page.css("main section")
    }
    assert years == {
        "2026": ["Demonstration credit in 2026 1.25", "Demonstration participation in 2026 1.00"],
        "2025": ["Demonstration credit in 2025 0.25"],
    }
    assert list(years) == ["2026", "2025"]
    assert "awarded" not in page.main.lower()


def test_nothing_of_one_sort_is_added_to_another(web_app: Flask) -> None:
    """Real credit stands beside what was earned while the provider was a demonstration."""
    client, person_id = new_learner(web_app)
    provider = write(web_app, lambda session: make_provider(session, now=NOW, mode="accredited"))
    earn(web_app, person_id, "Tried out", quarters=4)
    for title, quarters in (("One", 3), ("Two", 2)):
        earn(web_app, person_id, title, quarters=quarters, provider=provider)
    rows = client.get("/transcript").css("tfoot tr")
    assert [" ".join(cell.text for cell in row if cell.text) for row in rows] == [
        "Credit in 2026 1.25",
        "Demonstration credit in 2026 1.00",
    ]


def test_types_of_credit_are_summed_apart() -> None:
    day = datetime(2026, 6, 1, tzinfo=UTC)

    def entry(credit_type: str, quarters: int, kind: str = "credit", mode: str = "accredited") -> CreditFacts:
        return CreditFacts(1, kind, 1, 1, day, day, quarters, 8, credit_type, {"provider_mode": mode, "zone": "UTC"})

    entries = [
        entry("demonstration", 4, mode="demonstration"),
        entry("aafp-prescribed", 2),
        entry("ama-pra-category-1", 3),
        entry("ama-pra-category-1", 1, kind="participation"),
        entry("ama-pra-category-1", 1),
    ]
    (year,) = years_of(entries)
    assert year.totals == [
        ("Credit", 4), ("Credit (aafp prescribed)", 2), ("Participation", 1), ("Demonstration credit", 4),
    ]  # fmt: skip


def test_the_year_is_that_of_the_modules_own_zone(web_app: Flask, clock) -> None:
    new_year = datetime(2027, 1, 1, 6, tzinfo=UTC)
    clock.move_to(new_year)
    client, person_id = new_learner(web_app)
    earn(web_app, person_id, "Los Angeles", now=new_year)
    earn(web_app, person_id, "Kiritimati", now=new_year, zone="Pacific/Kiritimati")
    rows = {row[2]: (row[0], row[1]) for row in table(client)[1:]}
    assert rows == {
        "Los Angeles": ("2026-12-31", "America/Los_Angeles"),
        "Kiritimati": ("2027-01-01", "Pacific/Kiritimati"),
    }
    assert [heading.text for heading in client.get("/transcript").css("main section h2")] == ["2027", "2026"]


def test_the_table_for_spreadsheets_is_complete_and_a_download(web_app: Flask) -> None:
    client, person_id = new_learner(web_app)
    credit_id = earn(web_app, person_id, "Cramps, “night”", quarters=2)
    response = client.raw.get("/transcript.csv")
    assert response.mimetype == "text/csv"
    assert response.headers["Content-Disposition"] == 'attachment; filename="cme-transcript.csv"'
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert table(client) == [
        HEADER,
        [
            "2026-11-23",
            "America/Los_Angeles",
            "Cramps, “night”",
            "credit",
            "demonstration",
            "0.50",
            "1.00",
            "enduring material",
            "Demonstration Provider",
            "2026-11-23",
            str(credit_id),
            "valid",
        ],
    ]


def test_the_type_of_credit_is_named_where_the_provider_is_accredited(web_app: Flask) -> None:
    client, person_id = new_learner(web_app)
    provider = write(web_app, lambda session: make_provider(session, now=NOW, mode="accredited"))
    earn(web_app, person_id, "Cramps", provider=provider)
    assert table(client)[1][3:5] == ["credit", "ama-pra-category-1"]


def test_participation_carries_no_credit_type(web_app: Flask) -> None:
    client, person_id = new_learner(web_app, profession="np")
    earn(web_app, person_id, "Cramps")
    (row,) = table(client)[1:]
    assert row[3:5] == ["participation", "participation"]


def test_no_cell_can_become_a_formula_and_no_word_can_become_markup(web_app: Flask) -> None:
    client, person_id = new_learner(web_app)
    dangerous = ["=cmd|'/c calc'!A1", "+1", "-1", "@SUM(A1)", "\t=1", "<script>alert(1)</script>{{7*7}}"]
    for title in dangerous:
        provider = write(web_app, lambda session, name=title: make_provider(session, now=NOW, name=name))
        earn(web_app, person_id, title, provider=provider)
    rows = table(client)[1:]
    assert len(rows) == len(dangerous)
    for row in rows:
        for cell in row:
            assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))
    assert {row[2].removeprefix("'") for row in rows} == set(dangerous)
    page = client.get("/transcript")
    assert "<script>alert(1)</script>{{7*7}}" in page.main
    assert "<script>alert(1)" not in page.body


def test_credit_stays_after_the_term_and_after_a_withdrawal(web_app: Flask, clock) -> None:
    module = new_module(web_app, title="Withdrawn later")
    _client, person_id = new_learner(web_app)
    write(web_app, lambda session: journeys.earn(session, person_id, module.release_id, now=NOW))
    write(web_app, lambda session: withdraw_release(session, module.release_id, "Unsafe.", by=None, now=NOW))
    clock.move_to(datetime(2040, 1, 1, tzinfo=UTC))
    later, _ = new_learner(web_app)
    assert table(later) == [HEADER]
    until = datetime(2040, 1, 2, tzinfo=UTC)
    token = write(web_app, lambda session: make_sign_in(session, person_id, now=until, ends_at=until))
    assert "Withdrawn later" in browser(web_app, token).get("/transcript").main


def test_the_number_of_statements_does_not_grow_with_the_transcript(web_app: Flask) -> None:
    client, person_id = new_learner(web_app)
    earn(web_app, person_id, "One")
    client.get("/transcript")
    with statements(web_app) as few:
        client.get("/transcript")
    for number in range(5):
        earn(web_app, person_id, f"More {number}")
    with statements(web_app) as many:
        client.get("/transcript")
    assert len(many) == len(few) <= 3
