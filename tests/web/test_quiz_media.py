"""Pictures and videos of a quiz: added by editors, shown to learners of the quiz, to nobody else."""

import io
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from cme.store.session import transaction
from quizzes.interchange.entry import Choice, Entry, Kind
from quizzes.interchange.formats import FORMATS, read_any
from quizzes.interchange.plain import with_media
from quizzes.queries.media import media_of
from quizzes.rules.films import in_language
from quizzes.rules.media import Medium
from tests.conftest import NOW
from tests.factories.media import CAPTIONS, SVG, mp4, picture
from tests.factories.modules import make_module
from tests.factories.people import PASSWORD, make_person
from tests.rules.test_quiz_picture_metadata import PLAIN, TALKING
from tests.support.client import Client, Page
from tests.web.test_quiz_desk import Editor
from tests.web.test_quiz_exchange import upload

PNG = picture()


@pytest.fixture
def editor(client: Client) -> Editor:
    return Editor(client)


def add(editor: Editor, data: bytes, *, status: int = 200, name: str = "Calf.png", **fields: Any) -> Page:
    page = f"{editor.quiz}/media"
    form = editor.client.get(page).form("/media")
    files = {"file": (io.BytesIO(data), name)}
    if "captions" in fields:
        files["captions"] = (io.BytesIO(fields.pop("captions")), "clip.vtt")
    return editor.client.post(page, {**form.fields, "alt": "A calf", **fields, **files}, status=status)


def media(editor: Editor) -> dict[str, Medium]:
    with editor.app.app_context(), transaction() as session:
        return media_of(session, editor.module.quiz_id)


def fetch(client: Client, address: str, **options: Any) -> TestResponse:
    """The file, read and closed, as a server does."""
    answer = client.raw.get(address, **options)
    answer.get_data()
    answer.close()
    return answer


def person(app: Flask, *roles: str) -> tuple[Client, int]:
    client = Client(app)
    with app.app_context(), transaction() as session:
        made = make_person(session, now=NOW, roles=roles)
        email, number = made.email, made.id
    client.sign_in(email, PASSWORD)
    return client, number


def test_a_picture_is_added_shown_and_published_to_a_learner(client: Client) -> None:
    with client.app.app_context(), transaction() as session:
        module = make_module(session, now=NOW, questions=2, bank=2)  # every question is drawn
    editor = Editor(client, module)
    page = add(editor, PNG)
    assert "Added: calf.png. Put ![A calf](calf.png)" in page.text
    address = media(editor)["calf.png"].address
    assert page.css(".media-grid img")[0].get("src") == address
    editor.open()
    form = editor.client.get(editor.first()).form("/desk/questions/")
    form["stem"] = "![A strained calf](calf.png)\n\nWhat is it?"
    form["choices-0-text"] = "- one\n- two"
    page = editor.client.send(form, button=("go", "save"))
    assert page.css(".preview-pane img")[0].get("alt") == "A strained calf"
    assert "Nothing stands in the way" in page.text
    editor.client.send(editor.client.get(editor.client.get(editor.quiz).link("Publish")).form("/publish"))
    learner, _number = person(editor.app)
    assert fetch(learner, address).status_code == 404, "who has not met the quiz sees nothing of it"
    seen = learner.send(learner.get(f"/modules/{editor.module.slug}/quiz").form("/quiz"))
    assert [one.get("src") for one in seen.css(".question-stem img")] == [address]
    assert fetch(learner, address).status_code == 200
    broad = seen.css("li.option")[0]
    text = broad.cssselect("input")[0].get("aria-labelledby")
    assert broad.cssselect(f"#{text} ul")


def test_a_picture_goes_out_without_what_its_file_said(editor: Editor) -> None:
    assert "is taken out before it is kept" in editor.client.get(f"{editor.quiz}/media").main
    add(editor, TALKING["jpeg_exif"], name="Calf.jpg")
    answer = fetch(editor.client, media(editor)["calf.jpg"].address)
    assert answer.data == PLAIN["JPEG"]


def test_the_answer_is_the_bytes_and_can_run_nothing(editor: Editor) -> None:
    add(editor, PNG)
    answer = fetch(editor.client, media(editor)["calf.png"].address)
    assert answer.data == PNG
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer.headers["Cache-Control"].startswith("private")
    part = fetch(editor.client, media(editor)["calf.png"].address, headers={"Range": "bytes=0-7"})
    assert (part.status_code, part.data) == (206, PNG[:8])


@pytest.mark.parametrize(("role", "status"), [("reviewer", 200), ("administrator", 200), ("registrar", 404), ("", 404)])
def test_who_gets_the_file(editor: Editor, role: str, status: int) -> None:
    add(editor, PNG)
    client, _number = person(editor.app, *([role] if role else []))
    address = media(editor)["calf.png"].address
    assert fetch(client, address).status_code == status
    assert fetch(Client(editor.app), address).status_code == 302
    for wrong in (address.replace(".png", ".svg"), address.replace(".png", ".vtt"), address[:-5] + "0.png"):
        assert fetch(client, wrong).status_code == 404
    other = address.replace(f"/{editor.module.quiz_id}/", f"/{editor.module.quiz_id + 99}/")
    assert fetch(client, other).status_code == 404


def test_a_learner_gets_the_files_of_the_quiz_they_have_met(editor: Editor) -> None:
    add(editor, PNG)
    learner, _number = person(editor.app)
    address = media(editor)["calf.png"].address
    learner.send(learner.get(f"/modules/{editor.module.slug}/quiz").form("/quiz"))
    assert fetch(learner, address).status_code == 200


def test_a_drawing_is_kept_clean(editor: Editor) -> None:
    page = add(editor, SVG.replace(b"<rect", b"<script>alert(1)</script><rect"), status=422)
    assert "is not taken; use shapes, paths and text only." in page.text
    add(editor, SVG, name="calf.png")
    medium = media(editor)["calf.svg"]
    assert fetch(editor.client, medium.address).headers["Content-Type"] == "image/svg+xml; charset=utf-8"


@pytest.mark.parametrize(
    ("data", "fields", "sentence"),
    [
        (b"%PDF-1.7", {}, "It is none of these: PNG, JPEG, GIF, WebP, SVG, MP4, WebM."),
        (PNG + b"PK", {}, "There are other data behind the picture"),
        (PNG, {"alt": "  "}, "Say in words what it shows"),
        (PNG, {"alt": "a](b"}, "without square brackets"),
        (mp4(), {}, "A video needs its captions, as a WebVTT file."),
        (mp4(), {"captions": b"1\n00:00"}, "its first line must be WEBVTT"),
        (b"", {}, "none of these"),
    ],
)
def test_what_is_refused_is_said_at_its_field_and_nothing_is_kept(
    editor: Editor, data: bytes, fields: dict[str, Any], sentence: str
) -> None:
    page = add(editor, data, status=422, **fields)
    assert sentence in page.text
    assert media(editor) == {}


def test_a_video_with_captions(editor: Editor) -> None:
    add(editor, mp4(), name="Clip.mov", captions=CAPTIONS, language="de")
    clip = media(editor)["clip.mp4"]
    assert (clip.width, clip.height, clip.language) == (64, 48, "de")
    assert fetch(editor.client, clip.address).headers["Content-Type"] == "video/mp4"
    answer = fetch(editor.client, clip.captions_address)
    assert answer.data == in_language(CAPTIONS, "de")
    assert answer.headers["Content-Type"].startswith("text/vtt")


def test_the_same_file_again_is_the_same_and_another_of_that_name_gets_its_own(editor: Editor) -> None:
    add(editor, PNG)
    assert "There already: calf.png" in add(editor, PNG, name="other.png").text
    add(editor, picture(colour="red"))
    names = list(media(editor))
    assert len(names) == 2
    assert names[0].startswith("calf-")


def test_a_missing_or_wordless_picture_keeps_the_draft_from_being_published(editor: Editor) -> None:
    editor.open()
    form = editor.client.get(editor.first()).form("/desk/questions/")
    form["stem"] = "![A knee](knee.png) What is it?"
    page = editor.client.send(form, button=("go", "save"))
    sentence = "This quiz has no picture or video “knee.png”"
    assert sentence in page.css("aside")[0].text_content()
    assert sentence.lower() in editor.client.get(editor.client.get(editor.quiz).link("Publish")).main.lower()


def test_a_video_in_a_choice_is_refused_before_publishing(editor: Editor) -> None:
    add(editor, mp4(), name="clip.mp4", captions=CAPTIONS)
    editor.open()
    form = editor.client.get(editor.first()).form("/desk/questions/")
    form["choices-1-text"] = "![A stretch](clip.mp4)"
    page = editor.client.send(form, button=("go", "save"))
    assert "A video (clip.mp4) cannot stand in a choice" in page.css("aside")[0].text_content()


def test_pages_let_pictures_and_videos_come_from_this_site_only(editor: Editor) -> None:
    policy = editor.client.raw.get("/").headers["Content-Security-Policy"]
    assert "media-src 'self';" in policy


@pytest.mark.parametrize("key", ["qti3", "moodle", "yaml"])
def test_an_import_at_the_desk_brings_pictures_and_an_export_writes_them(editor: Editor, key: str) -> None:
    entry = with_media(
        Entry(
            Kind.SINGLE, "shown", "![A calf](calf.png)\n\nWhat is shown?",
            (Choice("a", "H~2~O", True, "So."), Choice("b", "10^3^", False, "No.")), topic="one",
        )
    )  # fmt: skip
    data = FORMATS[key].write([entry], "A bank", {"calf.png": PNG})
    page = upload(editor, data, f"bank{FORMATS[key].extension(data)}")
    page = editor.client.send(page.form("/take"))
    assert "Pictures and videos added: calf.png" in page.main
    address = media(editor)["calf.png"].address
    assert fetch(editor.client, address).data == PNG
    exported = editor.client.raw.get(f"/desk/versions/{editor.draft().version_id}/export/{key}").data
    report = read_any(exported, "file")
    assert dict(report.media) == {"calf.png": PNG}
    assert entry in report.entries
