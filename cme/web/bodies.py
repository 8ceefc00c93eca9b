"""How much a request may bring: the usual limit, and more on the few views that take files."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, request
from flask_login import current_user

from cme.web.access import declared_access

View = TypeVar("View", bound=Callable[..., Any])


def up_to(size: int) -> Callable[[View], View]:
    """This view takes bodies of so many bytes from those who may enter it."""

    def declare(view: View) -> View:
        view.most_body = size  # type: ignore[attr-defined]
        return view

    return declare


def init_app(app: Flask) -> None:
    """Before anything reads a form. Who may not enter meets the usual limit, so strangers cannot send large bodies."""

    @app.before_request
    def widen() -> None:
        if request.method != "POST" or request.endpoint is None:
            return
        view = current_app.view_functions[request.endpoint]
        size: int | None = getattr(view, "most_body", None)
        who = declared_access(view)
        if size and isinstance(who, frozenset) and who & current_user.roles:
            request.max_content_length = max(size, request.max_content_length or 0)
