"""Entrances of notices: corrected texts, the dry run of a notice, the act, its progress. For editors and the office."""

from flask import current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from cme.credits import notices as service
from cme.credits.certified import (
    CorrectedText,
    corrected_text,
    corrected_texts,
    count_certified,
    count_people,
    notice_facts,
)
from cme.credits.notices import Forecast
from cme.kernel.refusal import Conflict, Invalid, NotFound
from cme.kernel.roles import Role
from cme.mail.compose import writer
from cme.mail.messages import Letter, text_corrected
from cme.office.blueprint import ROW, bp
from cme.office.forms import NoticeForm
from cme.store.database import db
from cme.store.session import transaction
from cme.web.access import roles
from cme.web.moment import request_now

STAFF = (Role.EDITOR, Role.REGISTRAR, Role.ADMINISTRATOR)


@bp.get("/corrected-texts")
@roles(*STAFF)
def corrected() -> ResponseReturnValue:
    """Minor revisions, and which of them people were told about."""
    return render_template("office/corrected_texts.html", rows=corrected_texts(db.session()))


@bp.get(f"/releases/<{ROW}:release_id>/revisions/<{ROW}:revision_id>/notice")
@roles(*STAFF)
def prepare_notice(release_id: int, revision_id: int) -> ResponseReturnValue:
    """The form; where a notice was sent already, its page."""
    text = _text(release_id, revision_id)
    if text.notice_id is not None:
        return redirect(url_for("office.notice", notice_id=text.notice_id), 303)
    form = _form(text, formdata=None)
    form.words.data = text.reason
    form.earlier.data = form.revisions
    return _page(text, form, None)


@bp.post(f"/releases/<{ROW}:release_id>/revisions/<{ROW}:revision_id>/notice")
@roles(*STAFF)
def send_notice(release_id: int, revision_id: int) -> ResponseReturnValue:
    """First the dry run; once that was seen and still holds, the act."""
    text = _text(release_id, revision_id)
    form = _form(text)
    words, earlier = form.words.data or "", form.earlier.data or []
    try:
        seen = service.forecast(db.session(), release_id, revision_id, words=words, earlier=earlier)
        if form.counted.data != _counted(seen, words):
            form.counted.data = _counted(seen, words)
            return _page(text, form, seen)
        with transaction() as session:
            number = service.send_notice(
                session,
                release_id,
                revision_id,
                words=words,
                earlier=earlier,
                by=current_user.person_id,
                now=request_now(),
            )
    except Invalid as problem:
        form.mark(problem.problems)
        return _page(text, form, None), 422
    except Conflict as refused:
        flash(refused.sentence, "error")
        return redirect(url_for("office.prepare_notice", release_id=release_id, revision_id=revision_id), 303)
    flash("The letters are being sent. You can leave this page and come back.", "success")
    return redirect(url_for("office.notice", notice_id=number), 303)


@bp.get(f"/notices/<{ROW}:notice_id>")
@roles(*STAFF)
def notice(notice_id: int) -> ResponseReturnValue:
    """How far it has come, and who came since."""
    session = db.session()
    facts = notice_facts(session, notice_id)
    if facts is None:
        raise NotFound
    text = _text(facts.release_id, facts.revision_id)
    rest = count_people(session, facts.earlier, untold=notice_id) if facts.finished_at else 0
    return render_template("office/notice.html", facts=facts, text=text, rest=rest)


@bp.post(f"/notices/<{ROW}:notice_id>/rest")
@roles(*STAFF)
def tell_the_rest(notice_id: int) -> ResponseReturnValue:
    """Tell those who were certified on the wrong text since."""
    with transaction() as session:
        people = service.tell_the_rest(session, notice_id, by=current_user.person_id, now=request_now())
    flash("The letters are being sent." if people else "Everybody has been told already.", "success")
    return redirect(url_for("office.notice", notice_id=notice_id), 303)


def _text(release_id: int, revision_id: int) -> CorrectedText:
    text = corrected_text(db.session(), release_id, revision_id)
    if text is None:
        raise NotFound
    return text


def _form(text: CorrectedText, **options: None) -> NoticeForm:
    form = NoticeForm(**options)
    form.offer(count_certified(db.session(), text.article_id, before=text.number))
    return form


def _counted(seen: Forecast, words: str) -> str:
    """Names the dry run: other words, revisions or people meanwhile make another name."""
    return f"{'.'.join(map(str, seen.chosen))}|{seen.people}|{service.digest(words)}"


def _page(text: CorrectedText, form: NoticeForm, seen: Forecast | None) -> str:
    letter = _letter(seen.example) if seen is not None and seen.example is not None else None
    return render_template("office/notice_form.html", text=text, form=form, seen=seen, letter=letter)


def _letter(words: dict[str, str]) -> Letter:
    """As the mail room will write it."""
    settings = current_app.extensions["settings"]
    write = writer(render_template, site_name=settings.site_name, public_url=settings.public_url)
    return text_corrected(write, **words)
