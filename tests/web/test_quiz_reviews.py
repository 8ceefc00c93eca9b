"""The pages of review: sent, commented, judged, published; reviewers never edit; everything without script."""

import pytest
from sqlalchemy import update

from cme.activities.models import Provider
from cme.store.session import transaction
from tests.conftest import NOW
from tests.factories.people import PASSWORD, make_person
from tests.support.client import Client, Page
from tests.web.test_quiz_desk import HOSTILE, Editor


class Desk(Editor):
    """An editor with an open draft whose first stem differs, and a reviewer in a browser of their own."""

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self.open()
        self.edit("A new stem. Which one is it?")
        self.reviewer = Client(client.app)
        with self.app.app_context(), transaction() as session:
            person = make_person(session, now=NOW, roles=("reviewer",), name="Ann Reviewer")
            self.reviewer_id, email = person.id, person.email
        self.reviewer.sign_in(email, PASSWORD)

    def edit(self, stem: str) -> None:
        form = self.client.get(self.first()).form("/desk/questions/")
        form["stem"] = stem
        self.client.send(form, button=("go", "save"))

    @property
    def review(self) -> str:
        return f"/desk/versions/{self.draft().version_id}/review"

    def send(self, reviewer: str = "", words: str = "") -> Page:
        form = self.client.get(self.review).form("/review/send")
        form["reviewer"], form["words"] = reviewer, words
        return self.client.send(form)

    def judge(self, go: str, words: str = "", status: int = 200) -> Page:
        form = self.reviewer.get(self.review).form("/review/verdict")
        form["words"] = words
        return self.reviewer.send(form, button=("go", go), status=status)


@pytest.fixture
def desk(client: Client) -> Desk:
    return Desk(client)


def test_a_draft_is_sent_commented_returned_mended_approved_and_published(desk: Desk) -> None:
    page = desk.send(str(desk.reviewer_id), "Is the *first* one clear?")
    assert "Sent to review." in page.text
    assert "In review" in page.main
    page = desk.reviewer.get("/desk/reviews")
    page = desk.reviewer.get(page.link("Quiz"))
    assert "<em>first</em>" in page.body
    assert "Changed: stem" in page.main
    assert "A patient has finding 1. What is it called?" in page.main  # the published text beside the new one
    form = page.form("/review/comment", index=1)
    assert form.fields["question"] == "item-1"
    form["words"] = "Say which *finding*."
    page = desk.reviewer.send(form)
    assert "Your comment is kept." in page.text
    page = desk.judge("return", "See my comment.")
    assert "Returned. The editor is told." in page.text
    assert "returned" in desk.client.get("/desk").main
    page = desk.client.get(desk.review)
    assert "See my comment." in page.main
    form = page.form("/answer")
    form["words"] = "Done."
    page = desk.client.send(form)
    publish = f"/desk/versions/{desk.draft().version_id}/publish"
    assert "1 comment of reviewers is still open. Publishing does not wait for it." in desk.client.get(publish).main
    page = desk.client.send(page.form("/settle"))
    assert "Settled by" in page.main
    assert "still open" not in desk.client.get(publish).main
    desk.edit("A better stem. Which one is it?")
    assert "Changed since review" in desk.client.get(desk.quiz).main
    assert "edited question “item-1” (stem)" in desk.reviewer.get(desk.review).main
    desk.send()
    page = desk.judge("approve")
    assert "Approved. The editor is told." in page.text
    assert "approved" in desk.client.get("/desk").main
    page = desk.client.get(desk.client.get(desk.quiz).link("Publish"))
    page = desk.client.send(page.form("/publish"))
    assert "Version 2, published" in page.main
    assert "Ann Reviewer approved it" in page.main
    page = desk.client.get(page.link("Everything that was said"))
    assert "Say which" in page.main
    assert "Done." in page.main
    assert not [form for form in page.tree.forms if "/desk/" in form.get("action", "")]


def test_where_the_provider_asks_for_approval_the_button_comes_with_it(desk: Desk) -> None:
    with desk.app.app_context(), transaction() as session:
        session.execute(update(Provider).values(approvals=1))
    version_id = desk.draft().version_id
    page = desk.client.get(f"/desk/versions/{version_id}/publish")
    assert "wants one person who did not edit this draft to approve it as it is now; nobody did yet." in page.main
    desk.send()
    sent = desk.client.get(desk.review).form("/review/send").fields["csrf_token"]
    edition = str(desk.draft().edition)
    page = desk.client.post(f"/desk/versions/{version_id}/publish", {"csrf_token": sent, "edition": edition})
    assert "cannot be published yet" in page.text
    assert desk.draft().state == "draft"
    assert "0 of 1 approval that" in desk.reviewer.get(desk.review).main
    desk.judge("approve")
    page = desk.client.get(f"/desk/versions/{version_id}/publish")
    assert "Version 2, published" in desk.client.send(page.form("/publish")).main


def test_a_reviewer_sees_and_speaks_but_never_edits(desk: Desk) -> None:
    desk.send()
    version_id, question = desk.draft().version_id, desk.first()
    page = desk.reviewer.get(f"/desk/versions/{version_id}/preview")
    assert "Edit item-1" not in page.main
    desk.reviewer.get(f"{desk.quiz}/compare")
    token = desk.reviewer.get(desk.review).form("/review/verdict").fields["csrf_token"]
    for path in ("/desk", desk.quiz, question, f"/desk/versions/{version_id}/publish"):
        assert desk.reviewer.raw.get(path).status_code == 403, path
    posts = (
        question, f"{question}/move", f"{question}/remove", f"{desk.quiz}/draft",
        *(f"/desk/versions/{version_id}/{act}" for act in (
            "publish", "discard", "rules", "undo", "redo", "questions/new", "review/send", "review/withdraw"
        )),
    )  # fmt: skip
    for path in posts:
        answer = desk.reviewer.raw.post(path, data={"csrf_token": token, "edition": "2"})
        assert answer.status_code == 403, path
    assert desk.client.raw.post(f"{desk.review}/verdict", data={"csrf_token": token}).status_code in {400, 403}
    assert desk.draft().edition == 2


def test_nothing_typed_is_lost(desk: Desk) -> None:
    desk.send()
    page = desk.judge("return", "  ", status=422)
    assert "Say what has to change" in page.main
    form = desk.reviewer.get(desk.review).form("/review/verdict")
    form["words"] = "A long and careful reason."
    desk.edit("Changed while the reviewer was reading?")
    page = desk.reviewer.send(form, button=("go", "return"), status=409)
    assert "Somebody else changed this draft meanwhile" in page.main
    assert page.css("#comment-whole")[0].text == "A long and careful reason."
    form = page.form("/review/comment")
    assert "Your comment is kept." in desk.reviewer.send(form).text
    form = desk.reviewer.get(desk.review).form("/review/comment", index=1)
    form["words"] = " "
    page = desk.reviewer.send(form, status=422)
    assert "Write something first." in page.main
    assert page.css("details[open]")


def test_an_author_with_both_roles_does_not_judge(desk: Desk) -> None:
    chief = Editor(Client(desk.app), desk.module, role="administrator")
    form = chief.client.get(desk.first()).form("/desk/questions/")
    form["stem"] = "By the chief?"
    chief.client.send(form, button=("go", "save"))
    page = desk.client.get(desk.review)
    assert [one.text for one in page.css("#reviewer option")] == ["Any reviewer", "Ann Reviewer"]
    desk.send()
    page = chief.client.get(desk.review)
    assert "somebody else has to judge it" in page.main
    assert not page.css("#verdict-words")


def test_an_editor_takes_the_draft_back_and_sees_where_it_stands(desk: Desk) -> None:
    desk.send()
    assert "in review" in desk.client.get("/desk").main
    assert "lies with its reviewers" in desk.client.get(desk.quiz).main
    page = desk.client.send(desk.client.get(desk.review).form("/withdraw"))
    assert "taken back from review" in page.text
    assert "Nothing waits for you" in desk.reviewer.get("/desk/reviews").main
    token = page.form("/review/send").fields["csrf_token"]
    page = desk.client.post(
        f"{desk.review}/send", {"csrf_token": token, "edition": "2", "reviewer": "x", "words": "Mine."}, status=422
    )
    assert "Choose a reviewer who did not edit this draft." in page.main
    assert page.css("#send-words")[0].text == "Mine."


def test_hostile_words_are_text(desk: Desk) -> None:
    desk.send("", HOSTILE)
    form = desk.reviewer.get(desk.review).form("/review/comment")
    form["words"] = HOSTILE
    desk.reviewer.send(form)
    desk.judge("return", HOSTILE)
    for page in (desk.client.get(desk.review), desk.client.get("/desk"), desk.client.get(desk.quiz)):
        assert "<script>alert" not in page.body
        assert not page.css("img[onerror]")
        assert "1337" not in page.text


@pytest.mark.parametrize("path", ["/desk/versions/999999/review", "/desk/versions/99999999999999999999/review"])
def test_a_review_of_nothing_is_not_found(desk: Desk, path: str) -> None:
    desk.reviewer.get(path, status=404)


@pytest.mark.parametrize("role", ["", "registrar"])
def test_reviews_are_closed_to_others(client: Client, role: str) -> None:
    other = Editor(client, role=role)
    for path in ("/desk/reviews", f"/desk/versions/{other.module.version_id}/review"):
        assert client.raw.get(path).status_code == 403


def notices(desk: Desk) -> str:
    return " ".join(one.text_content() for one in desk.client.get(desk.first()).css(".notice"))


SAVING = "Saving a change takes this draft out of review"


def test_the_form_says_that_saving_takes_the_draft_out_of_review(desk: Desk) -> None:
    assert SAVING not in notices(desk), "never sent"
    desk.send(str(desk.reviewer_id))
    assert SAVING in notices(desk), "it lies with a reviewer"
    desk.judge("approve")
    assert SAVING in notices(desk), "an approval stands"
    assert "Approved" in notices(desk)
    desk.client.send(desk.client.get(desk.first()).form("/desk/questions/"), button=("go", "save"))
    assert SAVING in notices(desk), "nothing was changed, so the approval stands"
    desk.edit("Another stem. Which one is it?")
    assert SAVING not in notices(desk), "what was said was said of another edition"
