"""A browser inside the process: calls the application as a server would, and costs next to nothing itself."""

import io
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Flask
from lxml import html as lxml_html

from tests.support.client import Form
from tests.support.visiting import COOKIE

Environ = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """What the application answered."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def location(self) -> str:
        found = next((value for name, value in self.headers if name == "Location"), "")
        parts = urlsplit(found)
        return parts.path + (f"?{parts.query}" if parts.query else "")

    def form(self, action_part: str) -> Form:
        """The form whose action contains the text."""
        for form in lxml_html.fromstring(self.body).forms:
            if action_part in (form.get("action") or ""):
                return Form(form)
        raise AssertionError(f"no form goes to “{action_part}”")

    def first_choices(self) -> dict[str, str]:
        """The first option of every group of radio buttons."""
        found: dict[str, str] = {}
        for button in lxml_html.fromstring(self.body).xpath("//input[@type='radio']"):
            found.setdefault(button.get("name"), button.get("value"))
        return found


@dataclass
class Caller:
    """One browser: cookies and an address of its own."""

    app: Flask
    address: str
    cookies: dict[str, str] = field(default_factory=dict)

    def request(self, method: str, path: str, body: bytes = b"", kind: str = "", **headers: str) -> Environ:
        """What a server hands to the application; made outside of what is measured."""
        path, _, query = path.partition("?")
        return {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "localhost",
            "REMOTE_ADDR": self.address,
            "HTTP_COOKIE": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "CONTENT_TYPE": kind,
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            **headers,
        }

    def get(self, path: str) -> Environ:
        return self.request("GET", path)

    def post(self, path: str, fields: dict[str, Any]) -> Environ:
        body = urlencode(fields, doseq=True).encode()
        return self.request("POST", path, body, "application/x-www-form-urlencoded")

    def call(self, environ: Environ) -> Reply:
        """One request, from its environment to the last byte of the answer."""
        begun: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
            begun[:] = [status, headers]

        chunks = self.app(environ, start_response)
        try:
            body = b"".join(chunks)
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()
        return Reply(int(begun[0][:3]), begun[1], body)

    def keep_cookies(self, reply: Reply) -> None:
        """As a browser does; outside of what is measured."""
        for name, value in reply.headers:
            found = COOKIE.match(value) if name == "Set-Cookie" else None
            if found is None:
                continue
            if found.group(2):
                self.cookies[found.group(1)] = found.group(2)
            else:
                self.cookies.pop(found.group(1), None)
