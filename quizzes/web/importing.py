"""Entrances of the editor for importing questions: choose a file, read the report, then take it into the draft."""

from collections import Counter
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice  # pyright: ignore[reportAttributeAccessIssue] - newer than the stubs
from wtforms.validators import InputRequired

from cme.kernel.paging import offset_of, page_of
from cme.kernel.refusal import Conflict, Invalid, NotFound
from cme.store.database import db
from cme.store.session import Session, transaction
from cme.web.bodies import up_to
from cme.web.moment import request_now
from quizzes.interchange.formats import FORMATS, read_any
from quizzes.interchange.planning import State
from quizzes.interchange.report import Report, Verdict
from quizzes.models.upload import MOST_UPLOAD
from quizzes.queries.uploads import UploadRow, base_of, bytes_of, upload_of
from quizzes.queries.versions import quizzes_at_hand
from quizzes.services import uploads
from quizzes.web.desk import ROW, bp, editors
from quizzes.web.files import file_answer, media_folder

ROOM_FOR_THE_FORM = 64 * 1024
LINES = 100
SHOWN = {
    "": "All",
    "refused": "Refused",
    "imported_with_loss": "With a loss",
    "new": "New",
    "changed": "Changed",
    "same": "There already",
    "twin": "Possible doubles",
}


class ImportForm(FlaskForm):
    """Which file goes into which quiz."""

    quiz = SelectField("Quiz", coerce=int, validators=[InputRequired("Choose a quiz.")])
    file = FileField("File", validators=[FileRequired("Choose a file.")])
    kind = SelectField(
        "Format",
        choices=[SelectChoice("", "Find out from the file")]
        + [SelectChoice(key, one.label) for key, one in FORMATS.items()],
    )


@bp.get("/import")
@editors
def import_file() -> ResponseReturnValue:
    """Choose a file and a quiz."""
    form = _form(db.session())
    if form.quiz.choices and request.args.get("quiz", "").isdecimal():
        form.quiz.data = int(request.args["quiz"])
    return _import_page(form)


@bp.post("/import")
@editors
@up_to(MOST_UPLOAD + ROOM_FOR_THE_FORM)
def import_file_now() -> ResponseReturnValue:
    """Read the file and keep it with its report; the quiz is not touched."""
    session = db.session()
    form = _form(session)
    if not form.validate():
        return _import_page(form), 422
    name = form.file.data.filename or "file"
    data: bytes = form.file.data.read()
    try:
        report = read_any(data, name, form.kind.data or None)
        seen = uploads.look_ahead(session, form.quiz.data, report)
        with transaction() as writing:
            number = uploads.keep(writing, name, data, report, seen, owner=current_user.person_id, now=request_now())
    except Invalid as refused:
        form.file.errors = [*form.file.errors, refused.sentence]
        return _import_page(form), 422
    return redirect(url_for("desk.import_report", upload_id=number), 303)


@bp.get(f"/imports/<{ROW}:upload_id>")
@editors
def import_report(upload_id: int) -> ResponseReturnValue:
    """Step one: what would become of each question. After step two: what became of them."""
    session = db.session()
    upload = _upload(session, upload_id)
    if upload.taken_at is not None:
        return render_template("quizzes/desk/imported.html", upload=upload, result=upload.result)
    lines: list[dict[str, Any]] = upload.report["lines"]
    shown = request.args.get("show", "")
    fitting = [line for line in lines if _fits(line, shown)]
    number = request.args.get("page", 1, type=int)
    skip = offset_of(number, LINES)
    counts = Counter(line["verdict"] for line in lines) + Counter(line["state"] for line in lines if line["state"])
    counts["twin"] = sum(bool(line["twin"]) for line in lines)
    return render_template(
        "quizzes/desk/import_report.html",
        upload=upload,
        label=FORMATS[upload.format].label,
        page=page_of(fitting[skip : skip + LINES + 1], number, LINES),
        counts=counts,
        total=len(lines),
        takes=counts[State.NEW] + counts[State.CHANGED],
        shown=shown if shown in SHOWN else "",
        kinds={key: words for key, words in SHOWN.items() if not key or counts[key]},
        stale=base_of(session, upload.quiz_id) != upload.base,
        verdicts={Verdict.IMPORTED: "Taken", Verdict.LOSS: "Taken with a loss", Verdict.REFUSED: "Refused"},
        states={State.NEW: "New", State.CHANGED: "Changes one", State.SAME: "There already"},
    )


@bp.post(f"/imports/<{ROW}:upload_id>/take")
@editors
def take_import(upload_id: int) -> ResponseReturnValue:
    """Step two: the questions go into the draft, all in one transaction."""
    session = db.session()
    upload = _upload(session, upload_id)
    report = _read_again(session, upload)
    try:
        with transaction() as writing:
            uploads.take(
                writing, upload_id, report, files=media_folder(), owner=current_user.person_id, now=request_now()
            )
    except Conflict as refused:
        flash(refused.sentence, "error")
        return _renewed(upload, report)
    return redirect(url_for("desk.import_report", upload_id=upload_id), 303)


@bp.post(f"/imports/<{ROW}:upload_id>/renew")
@editors
def renew_import(upload_id: int) -> ResponseReturnValue:
    """Compare the file with what the quiz has now."""
    session = db.session()
    upload = _upload(session, upload_id)
    return _renewed(upload, _read_again(session, upload))


@bp.post(f"/imports/<{ROW}:upload_id>/drop")
@editors
def drop_import(upload_id: int) -> ResponseReturnValue:
    """Throw the file away."""
    with transaction() as session:
        uploads.drop(session, upload_id, owner=current_user.person_id)
    flash("The file is thrown away. Nothing was changed.", "success")
    return redirect(url_for("desk.import_file"), 303)


@bp.get("/import/templates/<format_key>")
@editors
def import_template(format_key: str) -> ResponseReturnValue:
    """An empty table to fill in."""
    wanted = FORMATS.get(format_key)
    if wanted is None or wanted.template is None:
        raise NotFound
    return file_answer(wanted.template(), wanted.media_type, f"questions{wanted.extensions[0]}")


def _form(session: Session) -> ImportForm:
    form = ImportForm()
    form.quiz.choices = [
        SelectChoice(row.quiz_id, row.title)
        for row in quizzes_at_hand(session)
        if row.published_number or row.draft_number
    ]
    return form


def _import_page(form: ImportForm) -> str:
    templates = [(key, one.label) for key, one in FORMATS.items() if one.template is not None]
    labels = [one.label for one in FORMATS.values()]
    return render_template(
        "quizzes/desk/import.html",
        form=form,
        templates=templates,
        labels=labels,
        megabytes=MOST_UPLOAD // (1024 * 1024),
        hours=int(uploads.KEPT_FOR.total_seconds()) // 3600,
    )


def _upload(session: Session, upload_id: int) -> UploadRow:
    upload = upload_of(session, upload_id, current_user.person_id, now=request_now())
    if upload is None:
        raise NotFound
    return upload


def _read_again(session: Session, upload: UploadRow) -> Report | None:
    """The kept file, read as it was read before; None once it was taken."""
    data = bytes_of(session, upload.upload_id, current_user.person_id)
    return read_any(data, upload.file_name, upload.format) if data is not None else None


def _renewed(upload: UploadRow, report: Report | None) -> ResponseReturnValue:
    if report is not None:
        seen = uploads.look_ahead(db.session(), upload.quiz_id, report)
        with transaction() as session:
            uploads.renew(session, upload.upload_id, report, seen, owner=current_user.person_id)
    return redirect(url_for("desk.import_report", upload_id=upload.upload_id), 303)


def _fits(line: dict[str, Any], shown: str) -> bool:
    if shown == "twin":
        return bool(line["twin"])
    return shown not in SHOWN or not shown or shown in {line["verdict"], line["state"]}
