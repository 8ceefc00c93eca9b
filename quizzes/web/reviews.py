"""Entrances of review: the reviewer's work list, a draft's review, and every act and comment on it."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import IntegerField, StringField, TextAreaField
from wtforms.widgets import HiddenInput

from cme.kernel.refusal import Conflict, Invalid, NotFound, Refused
from cme.kernel.roles import Role
from cme.store.database import db
from cme.store.session import Session, transaction
from cme.web.access import roles
from cme.web.moment import request_now
from quizzes.queries.reviews import drafts_in_work, version_of_comment
from quizzes.rules.reviewing import Stage
from quizzes.services import commenting, reviewing
from quizzes.web.desk import ROW, bp, editors, readers
from quizzes.web.review_page import Typed, review_page

judges = roles(Role.REVIEWER, Role.ADMINISTRATOR)


class ReviewForm(FlaskForm):
    """What any form of the page sends; its sentences come from the service."""

    edition = IntegerField(widget=HiddenInput())
    reviewer = StringField()
    question = StringField()
    words = TextAreaField()


@bp.get("/reviews")
@readers
def reviews() -> ResponseReturnValue:
    """Drafts that wait for this reviewer, then every other draft that was sent to review."""
    lines = [one for one in drafts_in_work(db.session()) if one.standing.stage is not Stage.NEVER_SENT]
    mine = [one for one in lines if one.standing.waits_for(current_user.person_id)]
    others = [one for one in lines if one not in mine]
    return render_template("quizzes/desk/reviews.html", mine=mine, others=others)


@bp.get(f"/versions/<{ROW}:version_id>/review")
@readers
def review(version_id: int) -> ResponseReturnValue:
    """Where the draft stands, what was said, its questions; of a published version what was said then."""
    return review_page(db.session(), version_id)


@bp.post(f"/versions/<{ROW}:version_id>/review/send")
@editors
def send_to_review(version_id: int) -> ResponseReturnValue:
    """Ask one reviewer, or any."""
    form = ReviewForm()
    chosen = (form.reviewer.data or "").strip()

    def act(session: Session) -> str:
        sent = reviewing.send(
            session,
            version_id,
            edition=form.edition.data or 0,
            reviewer=_reviewer(chosen),
            words=form.words.data or "",
            editor=current_user.person_id,
            now=request_now(),
        )
        return "Sent to review." if sent else "It lies with this reviewer already."

    return _done(version_id, "send", form, act, reviewer=chosen)


@bp.post(f"/versions/<{ROW}:version_id>/review/withdraw")
@editors
def withdraw_from_review(version_id: int) -> ResponseReturnValue:
    """Take the draft back."""
    form = ReviewForm()

    def act(session: Session) -> str:
        edition = form.edition.data or 0
        reviewing.withdraw(session, version_id, edition=edition, editor=current_user.person_id, now=request_now())
        return "The draft is taken back from review."

    return _done(version_id, "withdraw", form, act)


@bp.post(f"/versions/<{ROW}:version_id>/review/verdict")
@judges
def judge_draft(version_id: int) -> ResponseReturnValue:
    """Approve the draft as it was shown, or return it with a reason."""
    form = ReviewForm()
    said = {"edition": form.edition.data or 0, "words": form.words.data or ""}

    def act(session: Session) -> str:
        reviewer, now = current_user.person_id, request_now()
        if request.form.get("go") == "approve":
            reviewing.approve(session, version_id, **said, reviewer=reviewer, now=now)
            return "Approved. The editor is told."
        reviewing.give_back(session, version_id, **said, reviewer=reviewer, now=now)
        return "Returned. The editor is told."

    return _done(version_id, "verdict", form, act)


@bp.post(f"/versions/<{ROW}:version_id>/review/comment")
@readers
def comment_on_draft(version_id: int) -> ResponseReturnValue:
    """On the whole draft, or on one question of it."""
    form = ReviewForm()
    lineage = (form.question.data or "").strip()

    def act(session: Session) -> str:
        commenting.comment(
            session,
            version_id,
            lineage or None,
            form.words.data or "",
            by=current_user.person_id,
            now=request_now(),
        )
        return "Your comment is kept."

    return _done(version_id, f"comment-{lineage}", form, act)


@bp.post(f"/comments/<{ROW}:comment_id>/answer")
@readers
def answer_comment(comment_id: int) -> ResponseReturnValue:
    """Answer a comment."""
    form = ReviewForm()

    def act(session: Session) -> str:
        words, now = form.words.data or "", request_now()
        commenting.answer(session, comment_id, words, by=current_user.person_id, now=now)
        return "Your answer is kept."

    return _done(_version(comment_id), f"answer-{comment_id}", form, act)


@bp.post(f"/comments/<{ROW}:comment_id>/settle")
@readers
def settle_comment(comment_id: int) -> ResponseReturnValue:
    """The comment is dealt with."""

    def act(session: Session) -> str:
        commenting.settle(session, comment_id, by=current_user.person_id, now=request_now())
        return "The comment is settled."

    return _done(_version(comment_id), "settle", ReviewForm(), act)


def _done(
    version_id: int, name: str, form: ReviewForm, act: Callable[[Session], str], *, reviewer: str = ""
) -> ResponseReturnValue:
    """Do it and lead back to the page; what was typed in vain is shown again with the reason."""
    try:
        with transaction() as session:
            told = act(session)
    except NotFound:
        raise
    except Refused as refused:
        words = form.words.data or ""
        problems = refused.problems if isinstance(refused, Invalid) else {}
        problem = next((one for sentences in problems.values() for one in sentences), "")
        kept = Typed(name, words, reviewer, problem, "" if problem else refused.sentence)
        if not problem and name == "verdict":  # the form may be gone with the edition: the words are not
            kept = Typed("comment-", words, "", "", refused.sentence)
        status = 409 if isinstance(refused, Conflict) else refused.status
        return review_page(db.session(), version_id, kept), status
    flash(told, "success")
    where: dict[str, Any] = {key: request.args[key] for key in ("show", "page") if key in request.args}
    return redirect(url_for("desk.review", version_id=version_id, **where, _anchor=_anchor(name)), 303)


def _anchor(name: str) -> str | None:
    """Back to where the form stood, where that is not the top."""
    return name.replace("comment-", "item-") if name.startswith("comment-") and name != "comment-" else None


def _version(comment_id: int) -> int:
    found = version_of_comment(db.session(), comment_id)
    if found is None:
        raise NotFound
    return found


def _reviewer(chosen: str) -> int | None:
    """None asks anybody; what is no number is nobody who may review."""
    if not chosen:
        return None
    return int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 18 else 0
