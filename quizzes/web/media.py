"""Entrances of pictures and videos: editors add them, learners of the quiz get them."""

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice  # pyright: ignore[reportAttributeAccessIssue] - newer than the stubs
from wtforms.validators import InputRequired, Length

from cme.kernel.paging import offset_of, page_of
from cme.kernel.refusal import Invalid, NotFound
from cme.kernel.roles import Role
from cme.store.database import db
from cme.store.session import Session, transaction
from cme.web.access import signed_in
from cme.web.bodies import up_to
from cme.web.moment import request_now
from quizzes.queries.media import has_attempted, holds_file, media_of
from quizzes.queries.versions import QuizRow, quizzes_at_hand
from quizzes.rules.media import KINDS, MEDIA_TYPES, MEGABYTE, MOST_ALT, MOST_FILM, MOST_PICTURE
from quizzes.services import media
from quizzes.services.media import Upload
from quizzes.services.wording import LANGUAGES
from quizzes.web.desk import ROW, bp, editors
from quizzes.web.files import media_folder

files_bp = Blueprint("quiz_media", __name__)
ON_PAGE = 24
ROOM_FOR_THE_FORM = 512 * 1024
STAFF = frozenset({Role.EDITOR.value, Role.REVIEWER.value, Role.ADMINISTRATOR.value})


class MediaForm(FlaskForm):
    """A picture, or a video with its captions."""

    file = FileField(
        "Picture or video",
        description=f"PNG, JPEG, WebP, GIF or SVG up to {MOST_PICTURE // MEGABYTE} MB; MP4 or WebM up to "
        f"{MOST_FILM // MEGABYTE} MB. What a picture's file says beside the picture (place, device, names, times) is "
        "taken out before it is kept; a video is kept as it comes, and nothing in either may show who a patient is.",
        validators=[FileRequired("Choose a file.")],
    )
    alt = StringField(
        "In words",
        description="What it shows, for those who cannot see it; without giving the answer away.",
        validators=[InputRequired("Say in words what it shows, for those who cannot see it."), Length(max=MOST_ALT)],
    )
    captions = FileField("Captions of a video", description="A WebVTT file (.vtt). Every video needs one.")
    language = SelectField(
        "Language of the captions",
        choices=[
            SelectChoice("", "What the file says, else English"),
            *(SelectChoice(key, label) for key, label in LANGUAGES.items()),
        ],
        default="",
    )


@bp.get(f"/quizzes/<{ROW}:quiz_id>/media")
@editors
def quiz_media(quiz_id: int) -> ResponseReturnValue:
    """What the quiz has, and the form to add to it."""
    return _page(db.session(), _quiz(db.session(), quiz_id), MediaForm())


@bp.post(f"/quizzes/<{ROW}:quiz_id>/media")
@editors
@up_to(MOST_FILM + ROOM_FOR_THE_FORM)
def add_media(quiz_id: int) -> ResponseReturnValue:
    """Judge the file by its bytes and keep it."""
    session, form = db.session(), MediaForm()
    quiz = _quiz(session, quiz_id)
    if not form.validate():
        return _page(session, quiz, form), 422
    captions = form.captions.data.read() if form.captions.data else None
    upload = Upload(
        name=form.file.data.filename or "",
        data=form.file.data.read(),
        alt=form.alt.data or "",
        captions=captions,
        language=form.language.data or "",
    )
    try:
        with transaction() as writing:
            medium, new = media.add(
                writing, quiz_id, upload, files=media_folder(), by=current_user.person_id, now=request_now()
            )
    except Invalid as refused:
        for name, sentences in refused.problems.items():
            form[name].errors = [*form[name].errors, *sentences]
        return _page(db.session(), quiz, form), 422
    flash(
        f"{'Added' if new else 'There already'}: {medium.name}. Put {medium.markdown} where it shall be shown.",
        "success",
    )
    return redirect(url_for("desk.quiz_media", quiz_id=quiz_id), 303)


@files_bp.get(f"/quiz-media/<{ROW}:quiz_id>/<digest>.<kind>")
@signed_in
def file(quiz_id: int, digest: str, kind: str) -> ResponseReturnValue:
    """The bytes, for editors and for whoever has met the quiz; to everybody else there is nothing here."""
    session = db.session()
    if kind not in MEDIA_TYPES or not holds_file(session, quiz_id, digest, kind):
        raise NotFound
    if not STAFF & current_user.roles and not has_attempted(session, current_user.person_id, quiz_id):
        raise NotFound
    answer: Response = send_file(
        media_folder().path(digest), mimetype=MEDIA_TYPES[kind], conditional=True, etag=digest, max_age=0
    )
    # Whatever the bytes were: opened by themselves they run nothing, load nothing and know no page of ours.
    answer.headers["Content-Security-Policy"] = "default-src 'none'; media-src 'self'; img-src 'self'; sandbox"
    answer.headers["Cache-Control"] = "private, max-age=86400, immutable"
    answer.headers["Content-Disposition"] = f'inline; filename="{digest[:12]}.{kind}"'
    return answer


def _quiz(session: Session, quiz_id: int) -> QuizRow:
    quiz = next((row for row in quizzes_at_hand(session) if row.quiz_id == quiz_id), None)
    if quiz is None:
        raise NotFound
    return quiz


def _page(session: Session, quiz: QuizRow, form: MediaForm) -> str:
    found = list(media_of(session, quiz.quiz_id).values())
    number = request.args.get("page", 1, type=int)
    skip = offset_of(number, ON_PAGE)
    return render_template(
        "quizzes/desk/media.html",
        quiz=quiz,
        form=form,
        page=page_of(found[skip : skip + ON_PAGE + 1], number, ON_PAGE),
        kinds=",".join(f".{kind}" for kind in (*KINDS, "jpeg")),
    )
