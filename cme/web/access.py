"""Who may enter which view. A view that says nothing is closed to everybody."""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import request

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


def page_of_form() -> str | None:
    """The page a form was sent from, so that signing in again leads back to it with its saved state."""
    referrer = urlsplit(request.referrer or "")
    if referrer.netloc != request.host:
        return None
    return referrer.path or None


def wants_json() -> bool:
    return request.is_json or request.accept_mimetypes.best == "application/json"
