"""What editors see and take away of a question whose key was corrected."""

import pytest

from cme.store.session import transaction
from quizzes.interchange.formats import read_any
from quizzes.queries.versions import items_of
from quizzes.rules.correcting import Change, Treatment
from quizzes.services import authoring
from quizzes.services.correcting import correct_key
from tests.conftest import NOW
from tests.factories.modules import make_module
from tests.factories.people import PASSWORD, make_person
from tests.support.client import Client


class Desk:
    """A signed-in editor; of five questions the first one's key was corrected to B, the second accepts A and C."""

    def __init__(self, client: Client) -> None:
        self.client, self.app = client, client.app
        with self.app.app_context(), transaction() as session:
            self.module = make_module(session, now=NOW, questions=5, pass_points=4)
            self.numbers = {item.lineage: number for number, item in items_of(session, self.module.version_id).items()}
            editor = make_person(session, now=NOW, roles=("editor",))
            email = editor.email
            for lineage, change in (
                ("item-1", Change(Treatment.KEY, ("b",))), ("item-2", Change(Treatment.ACCEPT, ("a", "c"))),
            ):  # fmt: skip
                correct_key(session, self.numbers[lineage], change, reason="Why.", by=editor.id, now=NOW)
            self.draft = authoring.open_draft(session, self.module.quiz_id, editor=editor.id, now=NOW)
            self.copies = {item.lineage: number for number, item in items_of(session, self.draft).items()}
        client.sign_in(email, PASSWORD)


@pytest.fixture
def desk(client: Client) -> Desk:
    return Desk(client)


@pytest.mark.parametrize("format_key", ["yaml", "qti3", "moodle", "gift", "csv"])
@pytest.mark.parametrize("which", ["published", "draft"])
def test_a_file_holds_the_key_that_counts(desk: Desk, which: str, format_key: str) -> None:
    version = desk.draft if which == "draft" else desk.module.version_id
    answer = desk.client.raw.get(f"/desk/versions/{version}/export/{format_key}")
    keys = {one.lineage: one.correct_keys for one in read_any(answer.data, "x", format_key).entries}
    assert keys["item-1"] == ("b",)
    assert keys["item-3"] == ("a",)


def test_what_no_file_can_say_of_a_correction_is_said_before_the_export(desk: Desk) -> None:
    page = desk.client.raw.get(f"/desk/versions/{desk.module.version_id}/export?format=yaml").text
    assert page.count("several choices are accepted") == 1
    assert "1 question with a loss" in page


def test_the_page_of_a_question_says_how_it_is_graded(desk: Desk) -> None:
    for numbers in (desk.numbers, desk.copies):
        pages = {name: desk.client.raw.get(f"/desk/questions/{number}").text for name, number in numbers.items()}
        assert "Its key was corrected" in pages["item-1"]
        assert "each of" in pages["item-2"]
        assert "Its key was corrected" not in pages["item-3"]


def test_the_command_writes_the_same(desk: Desk, tmp_path) -> None:
    output = tmp_path / "quiz.yaml"
    with desk.app.app_context(), transaction() as session:
        from quizzes.queries.versions import version_head

        head = version_head(session, desk.module.version_id)
        assert head is not None
    result = desk.app.test_cli_runner().invoke(
        args=["quizzes", "export", head.quiz_key, "--version", str(head.number), "-o", str(output)]
    )
    assert result.exit_code == 1  # a correction is left behind
    assert "several choices are accepted" in result.output
    keys = {one.lineage: one.correct_keys for one in read_any(output.read_bytes(), "x").entries}
    assert keys["item-1"] == ("b",)
