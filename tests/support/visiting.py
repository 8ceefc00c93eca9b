"""A light browser for load: cookies, redirects and real forms over one socket per request."""

import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlencode, urlsplit

from lxml import html as lxml_html
from lxml.html import HtmlElement

from tests.support.client import Form

COOKIE = re.compile(r"\s*([^=;\s]+)=([^;]*)(.*)", re.DOTALL)
MOST_REDIRECTS = 6
Fields = dict[str, object]
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class LostError(Exception):
    """No answer came: refused, cut or timed out. The request may or may not have been carried out."""


@dataclass(frozen=True)
class Answer:
    """What the server said, and to which address."""

    status: int
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def location(self) -> str:
        """Where a redirect leads, as a path of this site."""
        parts = urlsplit(self.headers.get("location", ""))
        return parts.path + (f"?{parts.query}" if parts.query else "")

    @cached_property
    def tree(self) -> HtmlElement:
        return lxml_html.fromstring(self.body)

    @property
    def text(self) -> str:
        return " ".join("".join(self.tree.xpath("//main")[0].itertext()).split())

    def has_form(self, action_part: str) -> bool:
        return any(action_part in (form.get("action") or "") for form in self.tree.forms)

    def form(self, action_part: str, index: int = 0) -> Form:
        """The form whose action contains the text."""
        forms = [form for form in self.tree.forms if action_part in (form.get("action") or "")]
        others = [form.get("action") for form in self.tree.forms]
        assert len(forms) > index, f"{self.path} ({self.status}): no form goes to “{action_part}”, only {others}"
        return Form(forms[index])


@dataclass
class Visitor:
    """One browser at one server."""

    url: str
    cookies: dict[str, str] = field(default_factory=dict)
    timeout: float = 60.0

    def get(self, path: str, *, follow: bool = True) -> Answer:
        return self._walk("GET", path, None, follow)

    def post(self, path: str, fields: Fields, *, follow: bool = True) -> Answer:
        return self._walk("POST", path, fields, follow)

    def send(self, form: Form, *, button: tuple[str, str] | None = None, follow: bool = True) -> Answer:
        """Send a form as its button would."""
        fields = dict(form.fields) | (dict([button]) if button else {})
        assert form.method == "post", "only posted forms are sent"
        return self.post(form.action, fields, follow=follow)

    def post_json(self, path: str, content: dict[str, object], token: str) -> Answer:
        """What a page's own script sends; nothing is followed."""
        headers = {"Content-Type": "application/json", "Accept": "application/json", "X-CSRFToken": token}
        return self._once("POST", path, json.dumps(content), headers)

    def sign_in(self, email: str, password: str) -> Answer:
        """Through the real form."""
        form = self.get("/sign-in").form("/sign-in")
        form["email"] = email
        form["password"] = password
        return self.send(form)

    def copy(self) -> "Visitor":
        """Another tab of the same browser."""
        return Visitor(self.url, dict(self.cookies), self.timeout)

    def _walk(self, method: str, path: str, fields: Fields | None, follow: bool) -> Answer:
        answer = self._once(method, path, _encoded(fields), _FORM if fields is not None else {})
        for _ in range(MOST_REDIRECTS):
            if not follow or not 300 <= answer.status < 400 or "location" not in answer.headers:
                return answer
            if answer.status not in {307, 308}:
                method, fields = "GET", None
            answer = self._once(method, answer.location, _encoded(fields), _FORM if fields is not None else {})
        raise AssertionError(f"too many redirects from {path}")

    def _once(self, method: str, path: str, body: str | None, more: dict[str, str]) -> Answer:
        parts = urlsplit(self.url)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=self.timeout)
        headers = {"Connection": "close", **more}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            content = response.read()
        except (OSError, HTTPException) as error:
            raise LostError(f"{method} {path}: {type(error).__name__}") from error
        finally:
            connection.close()
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                self._keep(value)
        return Answer(response.status, path, {name.lower(): value for name, value in response.getheaders()}, content)

    def _keep(self, header: str) -> None:
        found = COOKIE.match(header)
        if found is None:
            return
        name, value, attributes = found.groups()
        if not value or "max-age=0" in attributes.lower():
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value


def _encoded(fields: Fields | None) -> str | None:
    return None if fields is None else urlencode(fields, doseq=True)
