"""Entrances of the editor for held questions: old and new passage side by side, confirm or edit."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from cme.kernel.refusal import Conflict, NotFound
from cme.store.database import db
from cme.store.session import transaction
from cme.web.moment import request_now
from quizzes.queries.holds import hold_of, holds, pairs_of
from quizzes.queries.versions import version_facts
from quizzes.services import authoring, holding
from quizzes.web.desk import ROW, bp, editors


@bp.get("/holds")
@editors
def held() -> ResponseReturnValue:
    """Every question that is held back, and why."""
    session = db.session()
    lines = holds(session)
    pairs = pairs_of(session, lines)
    rows = [(line, pairs[line.hold_id]) for line in lines]
    return render_template("quizzes/desk/holds.html", rows=rows)


@bp.post(f"/holds/<{ROW}:hold_id>/confirm")
@editors
def confirm_hold(hold_id: int) -> ResponseReturnValue:
    """The question is right as it is."""
    try:
        with transaction() as session:
            line = holding.confirm(session, hold_id, by=current_user.person_id, now=request_now())
    except Conflict as refused:
        flash(refused.sentence, "error")
    else:
        flash(f"“{line.lineage}” is confirmed and drawn again.", "success")
    return redirect(url_for("desk.held"), 303)


@bp.post(f"/holds/<{ROW}:hold_id>/edit")
@editors
def edit_held(hold_id: int) -> ResponseReturnValue:
    """Open a draft at the held question; publishing it releases the hold."""
    with transaction() as session:
        line = hold_of(session, hold_id)
        if line is None:
            raise NotFound
        version_id = authoring.open_draft(session, line.quiz_id, editor=current_user.person_id, now=request_now())
        facts = version_facts(session, version_id)
        assert facts is not None
        question = next((number for number, one in facts.items.items() if one.lineage == line.lineage), None)
    if question is None:
        return redirect(url_for("desk.quiz", quiz_id=line.quiz_id), 303)
    return redirect(url_for("desk.question", question_id=question), 303)
