"""The pages of item health: figures, reasons where they stay hidden, files."""

import csv
import io
import re
import zipfile

import pytest
import python_calamine
from sqlalchemy import select, update

from cme.kernel.csv_text import safe_cell
from cme.outbox.runner import drain_all
from cme.store.session import transaction
from quizzes.models.quiz import Question, QuizVersion
from quizzes.rules.delivery import DeliveryRules
from quizzes.rules.stored import delivery_to
from quizzes.services.authoring import open_draft
from tests.conftest import NOW
from tests.factories.crowd import make_crowd
from tests.factories.modules import make_module
from tests.factories.people import PASSWORD, make_person
from tests.support.client import Client, Page


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
    form = client.get(address).form("/health", index=2)
    form["alarm"] = "hold"
    page = client.send(form)
    assert page.css("#alarm-hold[checked]")


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


def test_a_workbook_holds_no_formula_and_a_csv_no_cell_that_runs(client: Client, address: str, people: int) -> None:
    with client.app.app_context(), transaction() as session:
        number = int(address.split("/")[3])
        lineage = '=HYPERLINK("http://evil.example","x")'
        draft = open_draft(session, number, editor=make_person(session, now=NOW).id, now=NOW)
        question = session.scalars(select(Question).where(Question.version_id == draft).limit(1)).one()
        question.lineage, question.topic = lineage, "@SUM(A1)"
        session.execute(update(QuizVersion).where(QuizVersion.state == "published").values(state="retired"))
        session.flush()
        session.execute(update(QuizVersion).where(QuizVersion.id == draft).values(state="published", published_at=NOW))
    text = client.raw.get(address + ".csv").get_data(as_text=True)
    row = next(one for one in csv.reader(io.StringIO(text.lstrip("\ufeff"))) if "HYPERLINK" in one[0])
    assert (row[0], row[1]) == ("'" + lineage, "'@SUM(A1)")
    with zipfile.ZipFile(io.BytesIO(client.raw.get(address + ".xlsx").data)) as book:
        sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        assert len(sheets) == 4
        assert not any(b"<f>" in book.read(name) or b"<hyperlink" in book.read(name) for name in sheets)
    table = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(client.raw.get(address + ".xlsx").data))
    assert lineage in {line[0] for line in table.get_sheet_by_index(0).to_python()}


def test_negative_numbers_stay_numbers_in_a_csv() -> None:
    assert [safe_cell(value) for value in (-0.25, 0.5, float("inf"), "-0.25")] == ["-0.25", "0.5", "inf", "'-0.25"]


def test_choices_come_as_a_table_of_their_own(client: Client, address: str, people: int) -> None:
    with client.app.app_context():
        client.app.extensions["house"].jobs["quizzes.statistics"](quiz_id=int(address.split("/")[3]))
    text = client.raw.get(address + ".csv?table=choices").get_data(as_text=True)
    rows = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
    assert sum(int(row["people"]) for row in rows if row["question"] == "item-1") == people
    assert all(bool(row["lowest_fifth"]) == (people >= 30) for row in rows)
    assert client.raw.get(address + ".csv?table=nothing").status_code == 404


@pytest.mark.parametrize("order", ["attention", "difficulty", "question", "nonsense"])
def test_a_large_bank_comes_page_by_page(client: Client, order: str) -> None:
    with client.app.app_context(), transaction() as session:
        module = make_module(session, now=NOW, questions=5, pass_points=4, bank=120)
        make_crowd(session, module, people=35, pass_points=4, now=NOW)
        email = make_person(session, now=NOW, roles=("editor",)).email
    client.sign_in(email, PASSWORD)
    with client.app.app_context():
        client.app.extensions["house"].jobs["quizzes.statistics"](quiz_id=module.quiz_id)
    seen: list[str] = []
    for number in (1, 2, 3):
        page = client.get(f"/desk/quizzes/{module.quiz_id}/health?order={order}&page={number}")
        seen += [one.text_content() for one in page.css("tbody th a")]
    assert len(seen) == len(set(seen)) == 120
    assert set(seen[:5]) == {f"item-{number}" for number in range(1, 6)}  # those that anybody has answered


# What others answered


class Peer:
    """A learner at a quiz whose rules let passed people see how others answered, after `others` took it."""

    def __init__(self, client: Client, *, others: int, peers: bool = True) -> None:
        self.client = client
        with client.app.app_context(), transaction() as session:
            self.module = make_module(session, now=NOW, questions=2)
            make_crowd(session, self.module, people=others, pass_points=2, now=NOW)
            rules = delivery_to(DeliveryRules(peers=peers))
            self.email = make_person(session, now=NOW).email
            draft = open_draft(session, self.module.quiz_id, editor=make_person(session, now=NOW).id, now=NOW)
            session.execute(update(QuizVersion).where(QuizVersion.id == draft).values(delivery=rules))
            session.execute(update(QuizVersion).where(QuizVersion.state == "published").values(state="retired"))
            session.execute(
                update(QuizVersion).where(QuizVersion.id == draft).values(state="published", published_at=NOW)
            )
        with client.app.app_context():
            client.app.extensions["house"].jobs["quizzes.statistics"](quiz_id=self.module.quiz_id)
        client.sign_in(self.email, PASSWORD)

    def result(self, answer: str) -> Page:
        begun = self.client.send(self.client.get(f"/modules/{self.module.slug}/quiz").form("/quiz"))
        form = begun.form("/answers")
        form["q-1"] = form["q-2"] = answer
        form.action = form.action.replace("/answers", "/submit")
        return self.client.send(form)


def test_who_passed_sees_how_others_answered(client: Client) -> None:
    learner = Peer(client, others=40)
    failed = learner.result("b")
    assert "Not passed" in failed.main
    assert "of others" not in failed.main
    assert "first attempt" not in failed.main
    passed = learner.result("a")
    assert "Passed" in passed.main
    shares = [int(one) for one in re.findall(r"(\d+) % of others took this", passed.main)]
    assert len(shares) == 8
    assert 95 <= sum(shares[:4]) <= 102  # one in fifty leaves it open; rounding
    assert len(re.findall(r"\d+ % of 40 people were right here", passed.main)) == 2


@pytest.mark.parametrize(("others", "peers"), [(29, True), (40, False)])
def test_others_stay_unseen_where_they_are_few_or_the_rules_say_so(client: Client, others: int, peers: bool) -> None:
    passed = Peer(client, others=others, peers=peers).result("a")
    assert "Passed" in passed.main
    assert "of others took" not in passed.main
    assert "people were right here" not in passed.main
