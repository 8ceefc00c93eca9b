"""The inspecting client: visits pages as a browser would and complains about what a careful reviewer would."""

import re
from typing import Any

from flask import Flask
from lxml import html as lxml_html
from lxml.html import HtmlElement
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.test import TestResponse

VOID_ACTIONS = ("", "#")
INLINE = re.compile(r"\son[a-z]+\s*=", re.IGNORECASE)


class Page:
    """A parsed page. `text` is its visible words, `form()` gives fields ready to send."""

    def __init__(self, response: TestResponse) -> None:
        self.response = response
        self.status = response.status_code
        self.body = response.get_data(as_text=True)
        self.tree: HtmlElement = lxml_html.fromstring(self.body)

    @property
    def h1(self) -> str:
        return _words(self.tree.xpath("//h1")[0])

    @property
    def text(self) -> str:
        return _words(self.tree.xpath("//body")[0])

    @property
    def main(self) -> str:
        return _words(self.tree.xpath("//main")[0])

    def css(self, selector: str) -> list[HtmlElement]:
        return self.tree.cssselect(selector)

    def link(self, words: str) -> str:
        """The address of the link with these words."""
        found = [a.get("href") for a in self.tree.xpath("//a[@href]") if words in _words(a)]
        assert found, f"no link says “{words}”"
        return str(found[0])

    def form(self, action_part: str = "", index: int = 0) -> "Form":
        """The form whose action contains the text."""
        forms = [form for form in self.tree.forms if action_part in (form.get("action") or "")]
        assert len(forms) > index, (
            f"no form goes to “{action_part}”; there are {[f.get('action') for f in self.tree.forms]}"
        )
        return Form(forms[index])


class Form:
    """Fields with their present values, changed by assignment, sent by the client."""

    def __init__(self, element: HtmlElement) -> None:
        self.action = element.get("action")
        self.method = (element.get("method") or "get").lower()
        self.fields: dict[str, Any] = {}
        for name, value in element.form_values():
            if name in self.fields:
                kept = self.fields[name]
                self.fields[name] = [*(kept if isinstance(kept, list) else [kept]), value]
            else:
                self.fields[name] = value
        self.names = {name for name in (item.get("name") for item in element.inputs) if name}

    def __setitem__(self, name: str, value: Any) -> None:
        assert name in self.names, f"the form has no field {name}: {sorted(self.names)}"
        self.fields[name] = value


class Client:
    """Flask's test client plus inspection of every HTML page it gets."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.raw = app.test_client()

    def get(self, url: str, *, status: int = 200, follow: bool = True) -> Page:
        response = self.raw.get(url, follow_redirects=follow)
        assert response.status_code == status, (
            f"GET {url} gave {response.status_code}: {response.get_data(as_text=True)[:600]}"
        )
        page = Page(response)
        inspect(page, self.app)
        return page

    def post(self, url: str, data: dict[str, Any], *, status: int = 200, follow: bool = True) -> Page:
        response = self.raw.post(url, data=data)
        while follow and response.status_code in {307, 308}:  # a browser sends the form again, Werkzeug an empty body
            response = self.raw.post(response.headers["Location"], data=data)
        if follow and 300 <= response.status_code < 400:
            response = self.raw.get(response.headers["Location"], follow_redirects=True)
        assert response.status_code == status, (
            f"POST {url} gave {response.status_code}: {response.get_data(as_text=True)[:600]}"
        )
        if not follow and 300 <= response.status_code < 400:
            return Page.__new__(Page) if not response.get_data() else Page(response)
        page = Page(response)
        inspect(page, self.app)
        return page

    def send(
        self, form: Form, *, status: int = 200, follow: bool = True, button: tuple[str, str] | None = None
    ) -> Page:
        data = dict(form.fields)
        if button:
            data[button[0]] = button[1]
        if form.method == "get":
            query = "&".join(f"{key}={value}" for key, value in data.items())
            return self.get(f"{form.action}?{query}", status=status)
        return self.post(form.action, data, status=status, follow=follow)

    def sign_in(self, email: str, password: str) -> Page:
        """Through the real form."""
        form = self.get("/sign-in").form("/sign-in")
        form["email"] = email
        form["password"] = password
        return self.send(form)


def inspect(page: Page, app: Flask) -> None:
    """Rules for every page of the site."""
    tree = page.tree
    body = page.body
    assert body.lstrip().lower().startswith("<!doctype html>"), "no doctype"
    assert tree.get("lang"), "html has no language"
    headings = tree.xpath("//h1")
    assert len(headings) == 1, f"a page has one h1, this one has {len(headings)}"
    title = _words(tree.xpath("//title")[0])
    assert title.startswith(_words(headings[0])[:40]), f"title “{title}” does not begin with h1 “{_words(headings[0])}”"
    ids = tree.xpath("//@id")
    twice = {name for name in ids if ids.count(name) > 1}
    assert not twice, f"ids used twice: {twice}"
    assert not tree.xpath("//*[@style]"), "inline style"
    assert not tree.xpath("//style"), "style element"
    for element in tree.iter():
        if isinstance(element.tag, str):
            handlers = [name for name in element.attrib if name.lower().startswith("on")]
            assert not handlers, f"inline handler {handlers} on {element.tag}"
    for script in tree.xpath("//script"):
        assert script.get("nonce"), "script without nonce"
        assert script.get("src"), "inline script"
    for form in tree.forms:
        assert form.get("action"), "form without action"
        if (form.get("method") or "get").lower() == "post":
            assert form.xpath(".//input[@name='csrf_token']"), f"form to {form.get('action')} without CSRF token"
    _inspect_labels(page)
    for image in tree.xpath("//img"):
        assert image.get("alt") is not None, "image without alt"
    _inspect_targets(page, app)


def _inspect_labels(page: Page) -> None:
    labelled = set(page.tree.xpath("//label/@for"))
    for field in page.tree.xpath("//input | //select | //textarea"):
        if field.get("type") in {"hidden", "submit", "button"}:
            continue
        named = (
            field.get("id") in labelled
            or field.get("aria-label")
            or field.get("aria-labelledby")
            or field.xpath("ancestor::label")
        )
        assert named, f"field {field.get('name')} has no label"


def _inspect_targets(page: Page, app: Flask) -> None:
    ids = set(page.tree.xpath("//@id"))
    adapter = app.url_map.bind("localhost")
    for address in page.tree.xpath("//a/@href"):
        if address.startswith("#"):
            assert address[1:] in ids or address == "#", f"link to missing {address}"
        elif address.startswith("/"):
            try:
                adapter.match(address.split("?")[0].split("#")[0], method="GET")
            except RequestRedirect:
                pass
            except HTTPException:
                raise AssertionError(f"link to no page: {address}") from None
        else:
            assert not address.lower().startswith(("javascript:", "data:", "vbscript:")), address


def _words(element: HtmlElement) -> str:
    return " ".join("".join(element.itertext()).split())
