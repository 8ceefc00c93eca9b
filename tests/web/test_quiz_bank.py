"""The bank's pages: search, filters, order, pages, files, and bulk acts with their effect shown first."""

import io
from urllib.parse import urlencode

import pytest
from python_calamine import CalamineWorkbook

from cme.store.session import transaction
from quizzes.models.hold import ItemHold
from tests.conftest import NOW
from tests.factories.modules import make_module
from tests.support.client import Client, Page
from tests.web.test_quiz_desk import Editor


@pytest.fixture
def editor(client: Client) -> Editor:
    """An editor; a quiz of three questions and one of 60."""
    made = Editor(client)
    with made.app.app_context(), transaction() as session:
        make_module(session, now=NOW, questions=2, bank=60)
    return made


def names(page: Page) -> list[str]:
    return [link.text_content() for link in page.css("tbody th a")]


def ask(editor: Editor, **query: str) -> Page:
    return editor.client.get(f"/desk/bank?{urlencode(query)}")


def bulk(page: Page, act: str, name: str = "", *, items: list[str] | None = None) -> dict[str, object]:
    fields: dict[str, object] = {**page.form("/desk/bank/preview").fields, "act": act, "name": name}
    return {**fields, "item": items or [], "go": "chosen"} if items is not None else {**fields, "go": "all"}


def test_the_bank_shows_every_question_in_pages(editor: Editor) -> None:
    page = editor.client.get("/desk/bank")
    assert page.h1 == "Bank"
    assert "63 questions" in page.main
    assert len(names(page)) == 50
    assert len(names(editor.client.get(page.link("Next")))) == 13


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"q": "finding 60"}, 1),
        ({"q": "REASON a of 60"}, 1),
        ({"q": "item-60"}, 1),
        ({"q": "no such words"}, 0),
        ({"q": "\0%_"}, 0),
        ({"state": "ready"}, 63),
        ({"state": "retired"}, 0),
        ({"kind": "single"}, 63),
        ({"kind": "numeric"}, 0),
        ({"topic": "nowhere"}, 0),
        ({"tag": "nothing"}, 0),
        ({"objective": "nothing"}, 0),
        ({"alarm": "1"}, 0),
        ({"quiz": "99999"}, 0),
        ({"quiz": "x", "state": "x"}, 0),
        ({"sort": "nonsense", "page": "-4"}, 63),
    ],
)
def test_it_is_searched_and_filtered(editor: Editor, query: dict[str, str], count: int) -> None:
    page = ask(editor, **query)
    assert f"{count} of 63 questions" in page.main or (count == 63 and "63 questions" in page.main)


def test_held_questions_and_alarms_are_found(editor: Editor) -> None:
    with editor.app.app_context(), transaction() as session:
        session.add(
            ItemHold(
                quiz_id=editor.module.quiz_id,
                lineage="item-2",
                cause="alarm",
                details={},
                still_drawn=False,
                opened_at=NOW,
            )
        )
    for query in ({"state": "held"}, {"alarm": "1"}):
        page = ask(editor, **query)
        assert names(page) == ["item-2"]
        assert "Key may be wrong" in page.main


def test_it_is_sorted_both_ways(editor: Editor) -> None:
    page = editor.client.get(ask(editor, quiz=str(editor.module.quiz_id)).link("Question"))
    assert names(page) == ["item-1", "item-2", "item-3"]
    assert page.css("th[aria-sort=ascending]")
    page = editor.client.get(page.css("th[aria-sort] a")[0].get("href") or "")
    assert names(page) == ["item-3", "item-2", "item-1"]
    for column in ("Quiz", "Topic", "Kind", "State", "Notes"):
        assert len(names(editor.client.get(page.link(column)))) == 3


def test_the_filtered_list_is_exported(editor: Editor) -> None:
    text = editor.client.raw.get("/desk/bank.csv?q=item-6").get_data(as_text=True)
    lines = text.splitlines()
    assert lines[0].removeprefix("\ufeff").startswith("quiz,version,in_draft,question")
    assert len([line for line in lines if "item-6" in line]) == 2
    data = editor.client.raw.get("/desk/bank.xlsx?q=item-6").data
    rows = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    assert len(rows) == 3


def test_chosen_questions_are_tagged_after_their_effect_was_shown_and_undo_takes_it_back(editor: Editor) -> None:
    page = ask(editor, quiz=str(editor.module.quiz_id))
    items = [box.get("value") or "" for box in page.css("input[name=item]")][:2]
    page = editor.client.post("/desk/bank/preview", bulk(page, "tag", "new-tag", items=items))
    assert "2 questions would change. Nothing is changed yet." in page.main
    assert "A draft of this quiz is opened for it." in page.main
    page = editor.client.send(page.form("/desk/bank/apply"))
    assert "Tagged 2 questions “new-tag”." in page.text
    assert page.css(f"option[value='{editor.module.quiz_id}'][selected]"), "the filter is kept"
    assert sum("new-tag" in item.tags for item in editor.draft().items.values()) == 2
    editor.client.send(editor.client.get(editor.quiz).form("/undo"))
    assert not any(item.tags for item in editor.draft().items.values())


def test_everything_that_fits_is_retired_and_shown_so(editor: Editor) -> None:
    page = editor.client.post("/desk/bank/preview", bulk(ask(editor, q="item-6"), "retire"))
    assert "2 questions would change." in page.main
    editor.client.send(page.form("/desk/bank/apply"))
    assert sorted(names(ask(editor, state="retired"))) == ["item-6", "item-60"]
    page = editor.client.post("/desk/bank/preview", bulk(ask(editor, q="item-6"), "retire"))
    assert "There is nothing to change." in page.main


def test_a_bulk_act_over_newer_work_is_refused(editor: Editor) -> None:
    page = editor.client.post("/desk/bank/preview", bulk(ask(editor, quiz=str(editor.module.quiz_id)), "retire"))
    form = page.form("/desk/bank/apply")
    editor.open()
    page = editor.client.send(form)
    assert "One of these quizzes changed meanwhile." in page.text
    assert all(item.is_drawn for item in editor.draft().items.values())


def test_what_says_too_little_is_refused_with_a_sentence(editor: Editor) -> None:
    page = editor.client.get("/desk/bank")
    for act, name, items, sentence in (
        ("", "", ["1"], "Choose what to do"),
        ("tag", "", ["1"], "Say which tag"),
        ("tag", "Two Words", ["1"], "Use lower-case letters"),
        ("retire", "", [], "Choose at least one question"),
        ("retire", "", ["x", "9" * 30], "Choose at least one question"),
    ):
        assert sentence in editor.client.post("/desk/bank/preview", bulk(page, act, name, items=items)).text
    token = page.form("/desk/bank/preview").fields["csrf_token"]
    for bases in ("1", "1:2", "a:b:c", "1:2:" + "9" * 30):
        fields = {"csrf_token": token, "act": "retire", "chosen": "1", "bases": bases, "back": "//evil.example"}
        assert "could not be read" in editor.client.post("/desk/bank/apply", fields).text


def test_a_retired_question_is_not_drawn_by_the_preview(editor: Editor) -> None:
    with editor.app.app_context(), transaction() as session:
        small = make_module(session, now=NOW, questions=2, bank=2)
    page = editor.client.post("/desk/bank/preview", bulk(ask(editor, quiz=str(small.quiz_id)), "retire"))
    editor.client.send(page.form("/desk/bank/apply"))
    page = editor.client.get(f"/desk/quizzes/{small.quiz_id}")
    assert "to mend" in page.main
    page = editor.client.get(page.link("See the list"))
    assert "only 0 questions" in page.main
