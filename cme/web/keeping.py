"""A form sent after the sign-in had ended: what was typed travels, sealed, through the sign-in page and back.

Without a script nothing else would hold it: the choices of a quiz, a claim, a question in the making.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import current_app, render_template, request
from flask.typing import ResponseReturnValue
from itsdangerous import BadData, URLSafeSerializer

from cme.web.access import PUBLIC, declared_access, safe_next

FIELD = "kept"
PAGE = "sign_in_again"
"""Name of the extension that shows the sign-in page: `(sealed, next page) -> response`."""
MOST_CHARACTERS = 200_000
_PRIVATE = frozenset({"password", "present"})
_TOKEN = "csrf_token"  # noqa: S105 - the name of a field


@dataclass(frozen=True, slots=True)
class KeptForm:
    """Where a form was going, and its fields in order."""

    path: str
    fields: tuple[tuple[str, str], ...]


def sealed() -> str | None:
    """The form of this request, signed by this installation; None where there is nothing to keep, or it may not be.

    Passwords never travel, files cannot, and a form without fields is only a button: its page has it again.
    """
    if request.method != "POST" or request.is_json or request.files:
        return None
    fields = [(name, value) for name, value in request.form.items(multi=True) if name != _TOKEN]
    path = safe_next(request.full_path.rstrip("?"))
    too_long = sum(len(name) + len(value) for name, value in fields) > MOST_CHARACTERS
    if not fields or path is None or too_long or any(name in _PRIVATE for name, _ in fields):
        return None
    return _serializer().dumps({"path": path, "fields": fields})


def unsealed(text: str) -> KeptForm | None:
    """What `sealed` made; None for anything else."""
    try:
        found = _serializer().loads(text)
        return KeptForm(found["path"], tuple((name, value) for name, value in found["fields"]))
    except (BadData, KeyError, TypeError, ValueError):
        return None


def from_here() -> bool:
    """Whether the browser says that the form came from a page of ours: asked where its token has been lost."""
    return urlsplit(request.headers.get("Origin", "")).netloc == request.host


def sign_in_again(next_page: str | None) -> ResponseReturnValue | None:
    """The sign-in page with the form inside; None when there is no form to keep."""
    view = current_app.view_functions.get(request.endpoint or "")
    kept = sealed() if view is not None and declared_access(view) not in {None, PUBLIC} else None
    if kept is None:
        return None
    return current_app.extensions[PAGE](kept, next_page)


def offered(kept: KeptForm) -> str:
    """The page that sends the form once more, with the new sign-in's token, when its sender says so."""
    return render_template("errors/kept.html", kept=kept)


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.config["SECRET_KEY"]), salt="kept-form")
