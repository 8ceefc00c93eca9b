"""The question editor: the learner's view, notes and pickers, with a script and without."""

import pytest
from lxml import html as lxml_html
from sqlalchemy import update
from werkzeug.test import TestResponse

from cme.activities.models import Provider
from cme.store.session import transaction
from quizzes.rules.limits import VIEW_LIMITS
from tests.support.client import Client, Form
from tests.web.test_quiz_desk import Editor


@pytest.fixture
def editor(client: Client) -> Editor:
    found = Editor(client)
    found.open()
    return found


def form_of(editor: Editor) -> Form:
    return editor.client.get(editor.first()).form("/desk/questions/")


def view(editor: Editor, form: Form) -> TestResponse:
    return editor.client.raw.post(f"{editor.first()}/view", data=form.fields)


def part(answer: TestResponse, name: str) -> lxml_html.HtmlElement:
    tree = lxml_html.fromstring(answer.get_data(as_text=True))
    return tree.cssselect(f'[data-part="{name}"]')[0]


def test_the_view_shows_what_is_typed_and_saves_nothing(editor: Editor) -> None:
    form = form_of(editor)
    form["stem"], form["choices-1-text"] = "All of it *at once*", "All of the above"
    answer = view(editor, form)
    assert answer.status_code == 200
    assert part(answer, "view").cssselect("em")[0].text == "at once"
    notes = part(answer, "notes")
    codes = {one.get("data-code") for one in notes.cssselect("li")}
    assert {"not_a_question", "all_or_none"} <= codes
    assert [one.get("href") for one in notes.cssselect('[data-code="all_or_none"] a')] == ["#choices-1-text"]
    assert "to mend" in notes.get("data-summary")
    assert editor.draft().edition == 1


def test_notes_call_choices_by_their_rows(editor: Editor) -> None:
    """Choice "a" was taken away: what the form calls B is the choice whose lasting key is "b"."""
    form = form_of(editor)
    form["choices-0-text"] = form["choices-0-rationale"] = ""
    editor.client.send(form, button=("go", "save"))
    form = form_of(editor)
    assert form.fields["choices-0-key"] == "b"
    form["choices-0-text"] = "None of these"
    answer = view(editor, form)
    assert [one.get("href") for one in part(answer, "notes").cssselect('[data-code="all_or_none"] a')] == [
        "#choices-0-text"
    ]
    assert "choice A" in part(answer, "notes").text_content()


def test_half_typed_fields_do_not_break_the_view(editor: Editor) -> None:
    form = form_of(editor)
    form["stem"], form["points"], form["passages"] = "", "many", "p-gone Not@A"
    answer = view(editor, form)
    assert answer.status_code == 200
    notes = part(answer, "notes").text_content()
    assert "The stem is empty." in notes
    assert "The article has no passage “p-gone”." in notes


def test_the_view_wants_a_token_an_editor_and_a_draft(editor: Editor, client: Client) -> None:
    form = form_of(editor)
    published = f"/desk/questions/{min(editor.draft().items) - 3}/view"
    assert client.raw.post(published, data=form.fields).status_code == 409
    assert client.raw.post(f"{editor.first()}/view", data={**form.fields, "csrf_token": ""}).status_code == 400
    stranger = Editor(Client(editor.app), editor.module, role="")
    token = stranger.client.get("/account/profile").form("/account/profile").fields["csrf_token"]
    assert stranger.client.raw.post(f"{editor.first()}/view", data={"csrf_token": token}).status_code == 403


def test_the_view_is_rate_limited(editor: Editor) -> None:
    form = form_of(editor)
    most = VIEW_LIMITS[0].most
    answers = [view(editor, form).status_code for _ in range(most + 1)]
    assert answers == [200] * most + [429]
    answer = view(editor, form)
    assert 1 <= int(answer.headers["Retry-After"]) <= 60


def test_a_passage_is_searched_for_and_chosen_without_script(editor: Editor) -> None:
    form = form_of(editor)
    form["passages"] = []
    form["stem"], form["find_passages"] = "Typed?", "two"
    page = editor.client.send(form, button=("go", "find"))
    picker = page.css("[data-picker=passages]")[0]
    assert not picker.cssselect("[data-chosen] input")
    found = picker.cssselect("[data-part=passages] input")
    assert [one.get("value") for one in found] == ["p-two"]
    assert "1 passage has these words" in picker.text_content()
    form = page.form("/desk/questions/")
    assert form.fields["stem"].strip() == "Typed?"
    form["passages"] = ["p-two"]
    page = editor.client.send(form, button=("go", "save"))
    chosen = page.css("[data-picker=passages] [data-chosen] li")
    assert [one.cssselect("input")[0].get("value") for one in chosen] == ["p-two"]
    assert chosen[0].cssselect(".pick-words")[0].text_content().strip()
    assert next(iter(editor.draft().items.values())).passages == ("p-two",)


def test_enter_in_a_search_saves_and_finds(editor: Editor) -> None:
    form = form_of(editor)
    form["find_references"] = "2020"
    form["references"] = []
    page = editor.client.send(form, button=("go", "save"))
    assert "Saved in the draft" in page.text
    assert [one.get("value") for one in page.css("[data-part=references] input")] == ["one2020"]


def test_nothing_found_is_said(editor: Editor) -> None:
    form = form_of(editor)
    form["find_passages"] = "<b>zebra"
    page = editor.client.send(form, button=("go", "find"))
    assert "No other passage has these words." in page.css("[data-part=passages]")[0].text_content()


def test_a_chosen_name_that_the_article_lacks_is_kept_and_said(editor: Editor) -> None:
    form = form_of(editor)
    form["passages"] = ["p-one", "p-gone"]
    page = editor.client.send(form, button=("go", "save"))
    assert [one.get("value") for one in page.css("#pick-passages [data-chosen] input")] == ["p-one", "p-gone"]
    assert "Not in the article now." in page.css("#pick-passages .pick-unknown")[0].text_content()


def test_the_page_asks_no_more_of_a_large_bank(editor: Editor) -> None:
    """Neighbours and place are looked up, whatever the number of questions."""
    numbers = list(editor.draft().items)
    page = editor.client.get(f"/desk/questions/{numbers[1]}")
    assert "Question 2 of 3" in page.main
    assert page.link("Previous").endswith(f"/{numbers[0]}")
    assert page.link("Next").endswith(f"/{numbers[2]}")
    assert "Previous" not in editor.client.get(f"/desk/questions/{numbers[0]}").main
    assert "Next" not in editor.client.get(f"/desk/questions/{numbers[2]}").main


def test_the_provider_says_which_notes_block(editor: Editor) -> None:
    form = form_of(editor)
    form["stem"] = "A woman wakes. What is it?"
    assert part(view(editor, form), "notes").cssselect('.lint-soon[data-code="short_vignette"]')
    with editor.app.app_context(), transaction() as session:
        session.execute(update(Provider).values(item_policy="strict"))
    assert part(view(editor, form), "notes").cssselect('.lint-error[data-code="short_vignette"]')
    page = editor.client.get(editor.client.get(editor.quiz).link("Publish"))
    assert "Only 4 words stand before the question" in page.main


@pytest.mark.parametrize("status", ["draft", "retired"])
def test_the_status_is_set_like_any_other_part_and_undone_like_it(editor: Editor, status: str) -> None:
    form = form_of(editor)
    assert form.fields["status"] == "ready"
    form["status"] = status
    page = editor.client.send(form, button=("go", "save"))
    assert page.form("/desk/questions/").fields["status"] == status
    assert "Changed: status." in page.main
    assert next(iter(editor.draft().items.values())).status == status
    editor.client.send(editor.client.get(editor.quiz).form("/undo"))
    assert next(iter(editor.draft().items.values())).status == "ready"
    editor.client.send(editor.client.get(editor.quiz).form("/redo"))
    assert form_of(editor).fields["status"] == status


def test_a_form_without_a_status_leaves_it_and_an_unknown_one_is_refused(editor: Editor) -> None:
    form = form_of(editor)
    form["status"] = "retired"
    editor.client.send(form, button=("go", "save"))
    form = form_of(editor)
    form["status"] = "gone"
    page = editor.client.send(form, button=("go", "save"), status=422)
    assert "Status: Choose one of the list." in page.main
    form = form_of(editor)
    del form.fields["status"]
    form["stem"] = "Another one. Which is it?"
    editor.client.send(form, button=("go", "save"))
    item = next(iter(editor.draft().items.values()))
    assert (item.stem, item.status) == ("Another one. Which is it?", "retired")


def test_a_conflict_keeps_the_status_that_was_chosen(editor: Editor) -> None:
    mine = form_of(editor)
    theirs = form_of(editor)
    theirs["stem"] = "Theirs. Which is it?"
    editor.client.send(theirs, button=("go", "save"))
    mine["status"] = "retired"
    page = editor.client.send(mine, button=("go", "save"), status=409)
    assert "They differ in: stem, status." in page.main
    assert "Retired" in page.main
    editor.client.send(page.form("/desk/questions/"), button=("go", "save"))
    assert next(iter(editor.draft().items.values())).status == "retired"
