"""The door of every view: what a view declares is asked before it runs."""

from flask import abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from cme.web.access import PUBLIC, declared_access, page_of_form, safe_next, wants_json
from cme.web.keeping import sign_in_again


def guard() -> ResponseReturnValue | None:
    """Before every request: deny by default."""
    if request.endpoint is None:
        return None  # routing answers 404 or 405 by itself
    if request.endpoint == "static" or request.endpoint.endswith(".static"):
        return None
    who = declared_access(current_app.view_functions[request.endpoint])
    if who == PUBLIC:
        return None
    if who is None:
        abort(403)
    if not current_user.is_authenticated:
        if request.method in {"GET", "HEAD"} and not wants_json():
            return redirect(url_for("people.sign_in", next=safe_next(request.full_path.rstrip("?"))))
        if wants_json():
            abort(401)
        page = safe_next(page_of_form())
        return sign_in_again(page) or redirect(url_for("people.sign_in", next=page))
    if isinstance(who, frozenset) and not who & current_user.roles:
        abort(403)
    return None
