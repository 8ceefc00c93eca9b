"""The pages of item health: figures, reasons where they stay hidden, files."""

import csv
import io

import pytest
import python_calamine

from cme.outbox.runner import drain_all
from cme.store.session import transaction
from tests.conftest import NOW
from tests.factories.crowd import make_crowd
from tests.factories.modules import make_module
from tests.factories.people import PASSWORD, make_person
from tests.support.client import Client


@pytest.fixture(params=[12, 90])
def people(request: pytest.FixtureRequest) -> int:
    return request.param


@pytest.fixture
def address(client: Client, people: int) -> str:
    with client.app.app_context(), transaction() as session:
        module = make_module(session, now=NOW, questions=5, pass_points=4)
        make_crowd(session, module, people=people, pass_points=4, now=NOW)
        email = make_person(session, now=NOW, roles=("editor",)).email
    client.sign_in(email, PASSWORD)
    return f"/desk/quizzes/{module.quiz_id}/health"


def test_figures_appear_once_counted_and_small_samples_say_why(client: Client, address: str, people: int) -> None:
    page = client.get(address)
    assert "0 first attempts" in page.main
    page = client.send(page.form("/health"))
    assert "New attempts are being counted." in page.text
    with client.app.app_context():
        drain_all(client.app.extensions["house"].jobs)
    page = client.get(address)
    assert f"{people} first attempts" in page.main
    assert page.css("svg[role=img]")
    item = client.get(page.link("item-1"))
    if people < 30:
        assert "12 of 30 takers needed." in item.main
        assert not item.css("svg")
    else:
        assert "takers needed" not in item.main
        assert item.css("svg polyline")


def test_files_hold_a_line_for_each_question(client: Client, address: str) -> None:
    with client.app.app_context():
        for job in ("quizzes.statistics",):
            client.app.extensions["house"].jobs[job](quiz_id=int(address.split("/")[3]))
    rows = list(csv.DictReader(io.StringIO(client.raw.get(address + ".csv").get_data(as_text=True).lstrip("\ufeff"))))
    assert [row["question"] for row in rows] == [f"item-{number}" for number in range(1, 6)]
    assert all(0 <= float(row["difficulty_low"]) <= float(row["difficulty"]) <= 1 for row in rows)
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(client.raw.get(address + ".xlsx").data))
    table = book.get_sheet_by_index(0).to_python()
    assert [row[0] for row in table[1:]] == [row["question"] for row in rows]


def test_what_an_alarm_does_is_set_here(client: Client, address: str) -> None:
    form = client.get(address).form("/health", index=1)
    form["holds"] = "y"
    page = client.send(form)
    assert page.css("#holds[checked]")


def test_unknown_quizzes_and_questions_are_not_found(client: Client, address: str) -> None:
    for path in (address + "/nothing", "/desk/quizzes/999/health", "/desk/quizzes/999/health.csv"):
        assert client.raw.get(path).status_code == 404


def test_the_pages_are_closed_to_learners(client: Client, address: str) -> None:
    with client.app.app_context(), transaction() as session:
        email = make_person(session, now=NOW).email
    other = Client(client.app)
    other.sign_in(email, PASSWORD)
    for path in (address, address + ".csv", address + ".xlsx"):
        assert other.raw.get(path).status_code == 403
