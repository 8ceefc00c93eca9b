"""The blueprint of accounts, and the note of when a browser was last seen."""

from flask import Blueprint, request
from flask import session as cookie
from flask_login import current_user

from cme.people.rules import TOUCHED_EVERY
from cme.people.services import sessions
from cme.store.session import transaction
from cme.web.moment import request_now

bp = Blueprint("people", __name__)
SEEN = "seen"


@bp.before_app_request
def note_seen() -> None:
    """Keep an active session from idling out. The cookie remembers the last note, so most requests write nothing."""
    if "_user_id" not in cookie or request.endpoint is None or request.endpoint.endswith("static"):
        return
    now = request_now()
    if now.timestamp() - cookie.get(SEEN, 0) < TOUCHED_EVERY.total_seconds() or not current_user.is_authenticated:
        return
    with transaction() as session:
        sessions.touch(session, current_user.session_id, now=now)
    cookie[SEEN] = int(now.timestamp())
