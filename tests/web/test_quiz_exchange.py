"""Import and export at the desk: a report first, then the draft; nothing before, nothing twice; hostile files."""

import os
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select

from cme.store.database import db
from cme.store.session import transaction
from quizzes.interchange.archive import pack
from quizzes.interchange.formats import FORMATS, read_any
from quizzes.models.upload import MOST_UPLOAD, ImportUpload
from quizzes.queries.versions import draft_of
from quizzes.services.uploads import KEPT_FOR, MOST_WAITING, forget_uploads
from tests.conftest import NOW
from tests.factories.people import PASSWORD, make_person
from tests.support.client import Client, Page, inspect
from tests.web.test_quiz_desk import Editor

GIFT = b"""::One:: What ends a cramp at once? {=Stretching ~Ice ~Tea ~Sleep}

::Two:: Which share of people over 60 have had them? {#33:5}

::Broken:: Nothing is right here {~No ~Nor this}
"""
BOMB = b"""<?xml version="1.0"?><!DOCTYPE quiz [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><quiz>&b;</quiz>"""


@pytest.fixture
def editor(both_client: Client) -> Editor:
    return Editor(both_client)


def upload(editor: Editor, data: bytes, name: str = "new.gift", *, status: int = 200, kind: str = "") -> Page:
    form = editor.client.get(f"/desk/import?quiz={editor.module.quiz_id}").form("/desk/import")
    body, kind_of_body = multipart({**form.fields, "kind": kind}, data, name)
    answer = editor.client.raw.post(form.action, data=body, content_type=kind_of_body)
    assert answer.status_code == (303 if status == 200 else status), answer.get_data(as_text=True)[:600]
    page = editor.client.get(answer.headers["Location"]) if status == 200 else Page(answer)
    inspect(page, editor.app)
    return page


def multipart(fields: dict[str, Any], data: bytes, name: str) -> tuple[bytes, str]:
    """A form with a file; the test client would leave a temporary file of its own behind."""
    parts = [f'--edge\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{fields[key]}\r\n' for key in fields]
    head = f'--edge\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return ("".join(parts) + head).encode() + data + b"\r\n--edge--\r\n", "multipart/form-data; boundary=edge"


def has_draft(editor: Editor) -> bool:
    with editor.app.app_context():
        found = draft_of(db.session(), editor.module.quiz_id) is not None
        db.session.remove()
        return found


def kept(editor: Editor) -> int:
    with editor.app.app_context():
        found = db.session().scalar(select(func.count()).select_from(ImportUpload)) or 0
        db.session.remove()
        return found


def test_a_file_is_reported_first_and_taken_then(editor: Editor) -> None:
    page = upload(editor, GIFT)
    assert page.h1 == "Import report"
    assert "Nothing is changed yet." in page.main
    assert "line 5" in page.main
    assert "No choice is marked as right." in page.main or "right" in page.main
    assert not has_draft(editor)
    page = editor.client.send(page.form("/take"))
    assert page.h1 == "Imported"
    names = [item.lineage for item in editor.draft().items.values()]
    assert len(names) == 5
    assert len(set(names)) == 5
    page = editor.client.get(page.link("Go to the draft"))
    assert "What ends a cramp at once?" in page.main


def test_the_same_file_twice_makes_no_doubles(editor: Editor) -> None:
    editor.client.send(upload(editor, GIFT).form("/take"))
    before = editor.draft()
    page = upload(editor, GIFT)
    assert "The quiz has every question of this file" in page.main
    assert "/take" not in page.body
    assert editor.draft() == before


def test_what_editors_added_since_survives_the_same_file(editor: Editor) -> None:
    editor.client.send(upload(editor, GIFT).form("/take"))
    number = next(one for one, item in editor.draft().items.items() if item.stem.startswith("What ends"))
    form = editor.client.get(f"/desk/questions/{number}").form("/desk/questions/")
    form["passages"], form["tags"], form["choices-0-rationale"] = "p-one", "relief", "It lengthens the muscle."
    editor.client.send(form, button=("go", "save"))
    page = upload(editor, GIFT)
    assert "The quiz has every question of this file" in page.main
    item = editor.draft().items[number]
    assert (item.passages, item.tags, item.choices[0].rationale) == (
        ("p-one",), ("relief",), "It lengthens the muscle.",
    )  # fmt: skip


def test_taking_twice_takes_once(editor: Editor) -> None:
    form = upload(editor, GIFT).form("/take")
    editor.client.send(form)
    edition = editor.draft().edition
    page = editor.client.send(form)
    assert page.h1 == "Imported"
    assert editor.draft().edition == edition


def test_a_report_that_is_out_of_date_is_made_anew_before_anything_is_taken(editor: Editor) -> None:
    page = upload(editor, GIFT)
    form = page.form("/take")
    editor.open()
    page = editor.client.send(form)
    assert "The quiz changed since this report was made." in page.text
    assert page.h1 == "Import report"
    assert len(editor.draft().items) == 3
    page = editor.client.send(page.form("/take"))
    assert page.h1 == "Imported"
    assert len(editor.draft().items) == 5


def test_a_waiting_report_says_when_the_quiz_has_moved_on(editor: Editor) -> None:
    page = upload(editor, GIFT)
    address = page.form("/take").action.removesuffix("/take")
    editor.open()
    page = editor.client.get(address)
    assert "The quiz changed since this report was made" in page.main
    page = editor.client.send(page.form("/renew"))
    assert "/take" in page.body


def test_a_possible_double_is_named(editor: Editor) -> None:
    item = next(iter(editor.draft().items.values())) if has_draft(editor) else None
    editor.open()
    item = item or next(iter(editor.draft().items.values()))
    right = next(choice.text for choice in item.choices if choice.correct)
    wrong = " ".join(f"~{choice.text}" for choice in item.choices if not choice.correct)
    page = upload(editor, f"::Other:: {item.stem} {{={right} {wrong}}}".encode())
    assert f"same words as “{item.lineage}”" in page.main


def test_a_report_belongs_to_whoever_uploaded_it(editor: Editor) -> None:
    address = upload(editor, GIFT).form("/take").action.removesuffix("/take")
    with editor.app.app_context(), transaction() as session:
        email = make_person(session, now=NOW, roles=("editor",)).email
    other = Client(editor.app)
    other.sign_in(email, PASSWORD)
    other.get(address, status=404)
    token = other.get("/desk/import").form("/desk/import").fields["csrf_token"]
    for act in ("take", "renew"):
        other.post(f"{address}/{act}", {"csrf_token": token}, status=404)
    other.post(f"{address}/drop", {"csrf_token": token})
    assert kept(editor) == 1
    assert editor.client.get(address).h1 == "Import report"


def test_a_file_is_thrown_away(editor: Editor) -> None:
    page = editor.client.send(upload(editor, GIFT).form("/drop"))
    assert "Nothing was changed." in page.text
    assert kept(editor) == 0
    assert not has_draft(editor)


def test_a_file_is_kept_for_a_day_and_then_forgotten(editor: Editor, clock: time_machine.Traveller) -> None:
    address = upload(editor, GIFT).form("/take").action.removesuffix("/take")
    clock.move_to(NOW + KEPT_FOR - timedelta(seconds=1))
    editor.client.get(address)
    for instant, left in ((NOW + KEPT_FOR - timedelta(seconds=1), 1), (NOW + KEPT_FOR, 0)):
        clock.move_to(instant)
        with editor.app.app_context(), transaction() as session:
            forget_uploads(session, now=instant)
        assert kept(editor) == left
    editor.client.get(address, status=404)


def test_one_person_keeps_only_so_many_files(editor: Editor) -> None:
    for number in range(MOST_WAITING + 2):
        upload(editor, f"::N{number}:: What is it? {{=This ~That}}".encode())
    assert kept(editor) == MOST_WAITING


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (BOMB, "bomb.xml"),
        (b"<quiz><question>", "broken.xml"),
        (b"PK\x03\x04nothing", "broken.zip"),
        (b"\xff\xfe\x00\xd8", "wrong.txt"),
        (b"Nothing of the kind.", "letter.txt"),
        (b" ", "empty.txt"),
    ],
)
def test_a_hostile_file_is_refused_with_a_sentence_and_nothing_is_kept(editor: Editor, data: bytes, name: str) -> None:
    page = upload(editor, data, name, status=422)
    assert page.css(".error-summary")
    assert page.css(".field-error")[0].text_content().startswith("Error: ")
    assert kept(editor) == 0
    assert not has_draft(editor)


def test_a_missing_file_and_an_unknown_format_are_refused(editor: Editor) -> None:
    form = editor.client.get("/desk/import").form("/desk/import")
    page = editor.client.post(form.action, {**form.fields, "quiz": editor.module.quiz_id}, status=422)
    assert "Choose a file." in page.main
    upload(editor, GIFT, kind="docx", status=422)


def test_more_than_the_usual_body_is_taken_here_and_far_too_much_is_refused_clearly(editor: Editor) -> None:
    usual = editor.app.config["MAX_CONTENT_LENGTH"]
    stored = pack({"quiz.yaml": FORMATS["yaml"].write(read_any(GIFT, "x").entries, "T"), "junk.bin": os.urandom(usual)})
    assert len(stored) > usual
    assert upload(editor, stored, "large.zip").h1 == "Import report"
    page = upload(editor, b"x" * (MOST_UPLOAD + 128 * 1024), status=413)
    assert "Nothing was changed." in page.main


def test_a_stranger_or_a_learner_meets_the_usual_limit(editor: Editor) -> None:
    usual = editor.app.config["MAX_CONTENT_LENGTH"]
    stranger = Client(editor.app)
    body, kind = multipart({}, b"x" * (usual + 1), "x.gift")
    assert stranger.raw.post("/desk/import", data=body, content_type=kind).status_code == 413


def test_hostile_text_in_names_is_shown_as_text(editor: Editor) -> None:
    page = upload(editor, GIFT, "<script>alert(1)</script>.gift")
    assert "<script>alert" not in page.body.replace("&lt;", "")


def test_every_format_is_exported_with_its_losses_named_before(editor: Editor) -> None:
    version = editor.module.version_id
    page = editor.client.get(f"/desk/versions/{version}/export")
    assert "See what is lost" in page.body
    for key, wanted in FORMATS.items():
        page = editor.client.get(f"/desk/versions/{version}/export?format={key}")
        assert wanted.label in page.main
        answer = editor.client.raw.get(page.link("Save the file"))
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
        if "Nothing is lost" in page.main:
            assert len(read_any(answer.data, "x").entries) == 3
        else:
            assert "with a loss" in page.main
    aiken = editor.client.get(f"/desk/versions/{version}/export?format=aiken")
    assert "The format does not carry the objective." in aiken.main
    editor.client.get(f"/desk/versions/{version}/export/docx", status=404)
    editor.client.get("/desk/versions/999999/export", status=404)


@pytest.mark.parametrize("key", ["qti3", "moodle", "yaml", "xlsx"])
def test_an_export_comes_back_unchanged(editor: Editor, key: str) -> None:
    answer = editor.client.raw.get(f"/desk/versions/{editor.module.version_id}/export/{key}")
    page = upload(editor, answer.data, "export")
    assert "The quiz has every question of this file" in page.main


@pytest.mark.parametrize("key", ["csv", "xlsx"])
def test_a_template_is_downloaded_and_recognised(editor: Editor, key: str) -> None:
    answer = editor.client.raw.get(f"/desk/import/templates/{key}")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="questions.{key}"'
    empty = key == "csv"
    page = upload(editor, answer.data, f"questions.{key}", status=422 if empty else 200)
    assert ("There is no question in this file." if empty else "Excel workbook") in page.main
    editor.client.get("/desk/import/templates/aiken", status=404)
    editor.client.get("/desk/import/templates/nothing", status=404)


def test_a_long_report_is_paged_and_filtered(editor: Editor) -> None:
    many = b"\n\n".join(b"::Q%d:: What is number %d? {=This ~That}" % (one, one) for one in range(150))
    page = upload(editor, many + b"\n\n" + GIFT)
    assert len(page.css("tbody tr")) == 100
    page = editor.client.get(page.link("Next"))
    assert len(page.css("tbody tr")) == 53
    page = editor.client.get(page.link("Refused (1)"))
    assert len(page.css("tbody tr")) == 1
