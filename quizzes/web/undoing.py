"""Entrances of the editor: take the latest change of a draft back, or do it again."""

from collections.abc import Callable

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from cme.kernel.refusal import NotFound, Refused
from cme.store.database import db
from cme.store.session import transaction
from cme.web.moment import request_now
from quizzes.queries.draft_changes import ChangeLine
from quizzes.queries.versions import quiz_of_version
from quizzes.services import undoing
from quizzes.web.desk import ROW, bp, editors
from quizzes.web.forms import EditionForm


@bp.post(f"/versions/<{ROW}:version_id>/undo")
@editors
def undo(version_id: int) -> ResponseReturnValue:
    """Take back the change that the button named."""
    return _step(version_id, undoing.undo, "Taken back")


@bp.post(f"/versions/<{ROW}:version_id>/redo")
@editors
def redo(version_id: int) -> ResponseReturnValue:
    """Do it again."""
    return _step(version_id, undoing.redo, "Done again")


def _step(version_id: int, act: Callable[..., ChangeLine], told: str) -> ResponseReturnValue:
    quiz_id = quiz_of_version(db.session(), version_id)
    if quiz_id is None:
        raise NotFound
    edition = EditionForm().edition.data or 0
    try:
        with transaction() as session:
            change = act(session, version_id, edition=edition, editor=current_user.person_id, now=request_now())
    except Refused as refused:
        flash(refused.sentence, "error")
    else:
        flash(f"{told}: {change.plain}.", "success")
    return redirect(url_for("desk.quiz", quiz_id=quiz_id, _anchor="changes"), 303)
