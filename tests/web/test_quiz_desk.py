"""The editor's desk: drafts, questions, conflicts, publishing; everything without script."""

import pytest

from cme.activities.queries import release_facts
from cme.store.session import transaction
from quizzes.queries.versions import draft_of, version_facts
from quizzes.rules.item import QuizVersionFacts
from quizzes.services import taking
from quizzes.services.versions import VersionCache
from tests.conftest import NOW
from tests.factories.modules import Module, make_module
from tests.factories.people import PASSWORD, make_person
from tests.support.client import Client, Page

HOSTILE = "<script>alert(1)</script> {{7*191}} <img src=x onerror=alert(1)> [x](javascript:alert(1))"


class Editor:
    """A signed-in editor and a quiz of three questions."""

    def __init__(self, client: Client, module: Module | None = None, role: str = "editor") -> None:
        self.client, self.app = client, client.app
        with self.app.app_context(), transaction() as session:
            self.module = module or make_module(session, now=NOW, questions=2, bank=3)
            person = make_person(session, now=NOW, roles=(role,) if role else ())
            self.person_id, email = person.id, person.email
        client.sign_in(email, PASSWORD)

    @property
    def quiz(self) -> str:
        return f"/desk/quizzes/{self.module.quiz_id}"

    def open(self) -> Page:
        return self.client.send(self.client.get(self.quiz).form("/draft"))

    def draft(self) -> QuizVersionFacts:
        with self.app.app_context(), transaction() as session:
            version_id = draft_of(session, self.module.quiz_id)
            assert version_id is not None
            facts = version_facts(session, version_id)
            assert facts is not None
            return facts

    def first(self) -> str:
        return f"/desk/questions/{next(iter(self.draft().items))}"


@pytest.fixture
def editor(client: Client) -> Editor:
    return Editor(client)


@pytest.mark.parametrize("role", ["", "reviewer", "registrar"])
def test_the_desk_is_closed_to_others(client: Client, role: str) -> None:
    other = Editor(client, role=role)
    closed = () if role == "reviewer" else (f"/desk/versions/{other.module.version_id}/preview",)
    for path in ("/desk", other.quiz, f"/desk/versions/{other.module.version_id}/publish", *closed):
        assert client.raw.get(path).status_code == 403
    assert "Desk" not in client.get("/").text


@pytest.mark.parametrize("role", ["editor", "administrator"])
def test_the_desk_lists_quizzes(client: Client, role: str) -> None:
    one = Editor(client, role=role)
    page = client.get("/desk")
    assert page.h1 == "Desk"
    assert one.quiz in [link.get("href") for link in page.css("td a, th a")]
    one.open()
    assert "draft of version 2" in client.get("/desk").main


def test_a_published_version_is_shown_without_a_form(editor: Editor) -> None:
    page = editor.client.get(editor.quiz)
    assert "Version 1, published" in page.main
    page = editor.client.get(page.link("item-1"))
    assert "never changes" in page.main
    assert not page.css("textarea")
    assert "Reason A of 1." in page.main


def test_a_question_is_edited_and_published_and_the_next_learner_gets_it(editor: Editor) -> None:
    page = editor.open()
    assert "Draft of version 2" in page.main
    page = editor.client.get(page.link("item-1"))
    form = page.form("/desk/questions/")
    assert form.fields["stem"].strip() == "A patient has finding 1. What is it called?"
    form["stem"] = "A **new** vignette. What is it?"
    form["choices-0-text"] = "A better first answer"
    form["correct"] = "1"
    page = editor.client.send(form, button=("go", "save"))
    assert "Saved in the draft" in page.text
    assert "Changed: stem, choices, key." in page.main
    assert "<strong>new</strong>" in page.body
    page = editor.client.get(editor.quiz)
    assert "item-1: stem, choices, key changed" in page.main
    page = editor.client.get(page.link("Publish"))
    assert "item-1: stem, choices, key changed" in page.main
    page = editor.client.send(page.form("/publish"))
    assert "Published." in page.text
    assert "Version 2, published" in page.main


def test_the_learners_view_is_shown_before_saving(editor: Editor) -> None:
    editor.open()
    form = editor.client.get(editor.first()).form("/desk/questions/")
    form["stem"] = "Only *tried*?"
    page = editor.client.send(form, button=("go", "preview"))
    assert "<em>tried</em>" in page.body
    assert page.css("textarea[name=stem]")[0].text.strip() == "Only *tried*?"
    assert editor.draft().edition == 1


def test_a_choice_is_added_and_taken_away(editor: Editor) -> None:
    editor.open()
    form = editor.client.get(editor.first()).form("/desk/questions/")
    form["choices-4-text"], form["choices-4-rationale"] = "Fifth", "No."
    editor.client.send(form, button=("go", "save"))
    item = next(iter(editor.draft().items.values()))
    assert [(choice.key, choice.text) for choice in item.choices][-1] == ("e", "Fifth")
    form = editor.client.get(editor.first()).form("/desk/questions/")
    form["choices-1-text"] = form["choices-1-rationale"] = ""
    editor.client.send(form, button=("go", "save"))
    item = next(iter(editor.draft().items.values()))
    assert [choice.key for choice in item.choices] == ["a", "c", "d", "e"]
    assert item.correct_key == "a"


def test_what_cannot_be_kept_is_named_at_its_field_and_nothing_typed_is_lost(editor: Editor) -> None:
    editor.open()
    form = editor.client.get(editor.first()).form("/desk/questions/")
    form["passages"] = "p-one, Not@A$Name"
    form["stem"] = "Kept?"
    page = editor.client.send(form, status=422, button=("go", "save"))
    assert "Not saved yet" in page.main
    assert [link.get("href") for link in page.css(".error-summary a")] == ["#passages"]
    assert page.css("textarea[name=stem]")[0].text.strip() == "Kept?"
    assert editor.draft().edition == 1


def test_obstacles_stand_beside_the_question_and_keep_the_draft_from_being_published(editor: Editor) -> None:
    editor.open()
    form = editor.client.get(editor.first()).form("/desk/questions/")
    form["passages"] = "p-gone"
    form["choices-0-rationale"] = ""
    page = editor.client.send(form, button=("go", "save"))
    assert "The article has no passage “p-gone”." in page.css("aside")[0].text_content()
    page = editor.client.get(editor.client.get(editor.quiz).link("Publish"))
    assert "Choice A has no rationale: say why it is right." in page.main
    assert not [form for form in page.tree.forms if "/publish" in form.get("action")]
    token = editor.client.get(editor.first()).form("/desk/questions/").fields["csrf_token"]
    version_id = editor.draft().version_id
    page = editor.client.post(f"/desk/versions/{version_id}/publish", {"csrf_token": token, "edition": "2"})
    assert "cannot be published yet" in page.text
    assert editor.draft().state == "draft"


def test_a_conflict_shows_both_texts_and_lets_the_editor_choose(editor: Editor) -> None:
    editor.open()
    other = Editor(Client(editor.app), editor.module)
    mine = editor.client.get(editor.first()).form("/desk/questions/")
    theirs = other.client.get(editor.first()).form("/desk/questions/")
    theirs["stem"] = "Theirs?"
    other.client.send(theirs, button=("go", "save"))
    mine["stem"] = "Mine?\n\nSecond line."
    mine["ordered"] = "y"
    page = editor.client.send(mine, status=409, button=("go", "save"))
    assert "Two versions of item-1" in page.h1
    assert "Mine?" in page.main
    assert "Theirs?" in page.main
    assert next(iter(editor.draft().items.values())).stem == "Theirs?"
    edit = editor.client.send(page.form("/desk/questions/"), button=("go", "edit"))
    assert edit.css("textarea[name=stem]")[0].text.strip().startswith("Mine?")
    editor.client.send(page.form("/desk/questions/"), button=("go", "save"))
    item = next(iter(editor.draft().items.values()))
    assert (item.stem, item.ordered) == ("Mine?\n\nSecond line.", True)
    assert [choice.text for choice in item.choices] == [f"Answer {letter} of 1" for letter in "ABCD"]


def test_keeping_the_other_text_is_a_link_back(editor: Editor) -> None:
    editor.open()
    other = Editor(Client(editor.app), editor.module)
    mine = editor.client.get(editor.first()).form("/desk/questions/")
    theirs = other.client.get(editor.first()).form("/desk/questions/")
    theirs["stem"], mine["stem"] = "Theirs?", "Mine?"
    other.client.send(theirs, button=("go", "save"))
    page = editor.client.send(mine, status=409, button=("go", "save"))
    page = editor.client.get(page.link("Keep the saved text"))
    assert page.css("textarea[name=stem]")[0].text.strip() == "Theirs?"


def test_questions_are_added_and_taken_out(editor: Editor) -> None:
    page = editor.open()
    page = editor.client.get(page.link("Add a question"))
    form = page.form("/questions/new")
    form["lineage"] = "Not a name"
    page = editor.client.send(form, status=422)
    assert "Use lower-case letters" in page.main
    form = page.form("/questions/new")
    form["lineage"] = "item-1"
    assert "of that name already" in editor.client.send(form, status=422).main
    form["lineage"] = "fresh"
    page = editor.client.send(form)
    assert page.h1 == "fresh"
    assert "The stem is empty." in page.main
    assert "New in this draft." in page.main
    page = editor.client.get(page.link("Take out"))
    page = editor.client.send(page.form("/remove"))
    assert "taken out of the draft" in page.text
    assert [item.lineage for item in editor.draft().items.values()] == ["item-1", "item-2", "item-3"]


def test_questions_change_places(editor: Editor) -> None:
    page = editor.open()
    page = editor.client.send(page.form("/move", index=2), button=("direction", "up"))
    assert [item.lineage for item in editor.draft().items.values()] == ["item-1", "item-3", "item-2"]
    assert "The order of questions changed" in page.main


def test_questions_are_filtered_by_words_and_topic(editor: Editor) -> None:
    page = editor.client.get(f"{editor.quiz}?q=FINDING+2")
    assert "1 of 3 questions" in page.main
    assert "item-2" in page.main
    assert "No question fits" in editor.client.get(f"{editor.quiz}?q=nothing+like+it").main
    assert "3 of 3" in editor.client.get(f"{editor.quiz}?topic=one").main
    assert "0 of 3" in editor.client.get(f"{editor.quiz}?topic=two").main


def test_the_learners_view_of_a_draft_is_drawn_and_stores_nothing(editor: Editor) -> None:
    page = editor.open()
    address = page.link("See it as a learner")
    page = editor.client.get(f"{address}?seed=one")
    assert len(page.css(".question")) == 2
    assert "Reason" not in page.main
    assert page.main == editor.client.get(f"{address}?seed=one").main


def test_a_draft_is_discarded_after_a_question(editor: Editor) -> None:
    page = editor.open()
    page = editor.client.get(page.link("Discard the draft"))
    page = editor.client.send(page.form("/discard"))
    assert "The draft is discarded." in page.text
    assert "Version 1, published" in page.main
    assert "Discarded" in page.main
    assert "Discarded".lower() in editor.client.get(f"{editor.quiz}?version=2").main.lower()


def test_a_draft_that_moved_on_is_not_discarded_unseen(editor: Editor) -> None:
    page = editor.open()
    discard = editor.client.get(page.link("Discard the draft")).form("/discard")
    form = editor.client.get(editor.first()).form("/desk/questions/")
    form["stem"] = "Later?"
    editor.client.send(form, button=("go", "save"))
    page = editor.client.send(discard)
    assert "Somebody else changed this draft" in page.text
    assert editor.draft().edition == 2


def test_hostile_text_stays_text_for_editor_and_learner(editor: Editor) -> None:
    editor.open()
    form = editor.client.get(editor.first()).form("/desk/questions/")
    for name in ("stem", "choices-0-text", "choices-0-rationale"):
        form[name] = HOSTILE
    form["tags"] = "tag"
    page = editor.client.send(form, button=("go", "save"))
    pages = [page, editor.client.get(editor.quiz), editor.client.get(f"{editor.quiz}?q=%3Cscript%3E")]
    version_id = editor.draft().version_id
    pages.append(editor.client.get(f"/desk/versions/{version_id}/preview"))
    for one in pages:
        assert not one.css("main script"), "a script of the text became a script of the page"
        assert not one.css("main img")
        assert "1337" not in one.main
        assert "javascript:" not in " ".join(link.get("href") for link in one.css("main a"))
    assert "{{7*191}}" in page.main


@pytest.mark.parametrize(
    "path", ["/desk/quizzes/999", "/desk/questions/999", "/desk/versions/999/preview", f"/desk/quizzes/{10**30}"]
)
def test_what_does_not_exist_is_not_found(editor: Editor, path: str) -> None:
    assert editor.client.raw.get(path).status_code == 404


def test_a_published_question_takes_no_post(editor: Editor) -> None:
    editor.open()
    form = editor.client.get(editor.first()).form("/desk/questions/")
    published = f"/desk/questions/{next(iter(published_items(editor)))}"
    form["stem"] = "Changed?"
    response = editor.client.raw.post(published, data={**form.fields, "go": "save"})
    assert response.status_code == 409
    assert "Changed?" not in editor.client.get(published).main


def published_items(editor: Editor) -> dict[int, object]:
    with editor.app.app_context(), transaction() as session:
        facts = version_facts(session, editor.module.version_id)
        assert facts is not None
        return dict(facts.items)


def test_a_learner_inside_an_attempt_keeps_the_published_texts(editor: Editor) -> None:
    learner = Client(editor.app)
    with editor.app.app_context(), transaction() as session:
        person = make_person(session, now=NOW)
        release = release_facts(session, editor.module.release_id)
        code = taking.begin(session, person.id, release, versions=VersionCache(), now=NOW)
        email = person.email
    learner.sign_in(email, PASSWORD)
    before = learner.get(f"/attempts/{code}").main
    editor.open()
    for question_id in editor.draft().items:
        form = editor.client.get(f"/desk/questions/{question_id}").form("/desk/questions/")
        form["stem"] = "Quite another question?"
        editor.client.send(form, button=("go", "save"))
    page = editor.client.get(editor.client.get(editor.quiz).link("Publish"))
    editor.client.send(page.form("/publish"))
    assert learner.get(f"/attempts/{code}").main == before


def test_undo_and_redo_name_the_change_and_need_no_script(editor: Editor) -> None:
    editor.open()
    assert "Undo" not in editor.client.get(editor.quiz).main
    path = editor.first()
    form = editor.client.get(path).form(path)
    form["stem"] = "A new stem?"
    editor.client.send(form)
    page = editor.client.get(editor.quiz)
    assert "Undo: edited question “item-1” (stem)" in page.main
    page = editor.client.send(page.form("/undo"))
    assert "Taken back: edited question “item-1” (stem)." in page.text
    assert "Nothing differs from the published version." in page.main
    page = editor.client.send(page.form("/redo"))
    assert "Done again" in page.text
    assert editor.draft().items[next(iter(editor.draft().items))].stem == "A new stem?"


def test_an_undo_from_an_old_page_takes_nothing_of_the_other_editor_back(editor: Editor) -> None:
    editor.open()
    path = editor.first()
    form = editor.client.get(path).form(path)
    form["stem"] = "Mine?"
    editor.client.send(form)
    old = editor.client.get(editor.quiz).form("/undo")
    form = editor.client.get(path).form(path)
    form["stem"] = "Theirs?"
    editor.client.send(form)
    page = editor.client.send(old)
    assert "Somebody else changed this draft meanwhile" in page.text
    assert next(iter(editor.draft().items.values())).stem == "Theirs?"
