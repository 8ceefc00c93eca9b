"""Who may enter which view. A view that says nothing is closed to everybody."""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from cme.kernel.roles import Role

View = TypeVar("View", bound=Callable[..., Any])
PUBLIC = "public"
SIGNED_IN = "signed-in"


def public(view: View) -> View:
    """Everybody may enter, signed in or not."""
    return _declare(view, PUBLIC)


def signed_in(view: View) -> View:
    """Any account holder may enter. What inside belongs to one person is checked by the service."""
    return _declare(view, SIGNED_IN)


def roles(*wanted: Role) -> Callable[[View], View]:
    """Holders of one of these roles may enter."""
    if not wanted:
        raise ValueError("name at least one role")
    return lambda view: _declare(view, frozenset(role.value for role in wanted))


def _declare(view: View, who: str | frozenset[str]) -> View:
    view.access = who  # type: ignore[attr-defined]
    return view


def declared_access(view: Callable[..., Any]) -> str | frozenset[str] | None:
    """What the view declared, or None when it declared nothing."""
    return getattr(view, "access", None)


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
        if request.method in {"GET", "HEAD"} and not _wants_json():
            return redirect(url_for("people.sign_in", next=safe_next(request.full_path.rstrip("?"))))
        if _wants_json():
            abort(401)
        return redirect(url_for("people.sign_in", next=safe_next(_page_of_form())))
    if isinstance(who, frozenset) and not who & current_user.roles:
        abort(403)
    return None


def safe_next(target: str | None) -> str | None:
    """The target when it is a plain path of this site, else None: no open redirect.

    Browsers read a backslash as a slash and drop tabs and line ends, so any of these makes the target unsafe.
    """
    if not target or not target.startswith("/") or target.startswith("//"):
        return None
    if any(char in target for char in "\\\t\r\n") or any(ord(char) < 32 for char in target):
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc else target


def _page_of_form() -> str | None:
    """The page a form was sent from, so that signing in again leads back to it with its saved state."""
    referrer = urlsplit(request.referrer or "")
    if referrer.netloc != request.host:
        return None
    return referrer.path or None


def _wants_json() -> bool:
    return request.is_json or request.accept_mimetypes.best == "application/json"
