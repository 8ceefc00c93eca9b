"""Accounts through their pages: registering, reading the mail, cleaning a page for comparison."""

import re
from pathlib import Path

from flask import Flask

from cme.outbox.runner import drain_all
from tests.support.client import Client, Page

PASSWORD = "leaves under quiet water"
FIELDS = {
    "name": "Anna López",
    "credentials": "MD",
    "profession": "physician",
    "country": "ES",
    "email": "anna@example.org",
    "password": PASSWORD,
}


def register(client: Client, *, status: int = 200, **changes: str) -> Page:
    """Fill in the real form."""
    form = client.get("/register").form("/register")
    for name, value in {**FIELDS, **changes}.items():
        form[name] = value
    return client.send(form, status=status)


def try_sign_in(client: Client, email: str, password: str, *, status: int) -> Page:
    """One try at the real form; `status` is 200 for success (after the redirect)."""
    form = client.get("/sign-in").form("/sign-in")
    form["email"], form["password"] = email, password
    return client.send(form, status=status)


def letters(app: Flask) -> list[str]:
    """Do the outbox's work, then all letters written so far, oldest first."""
    with app.app_context():
        drain_all(app.extensions["house"].jobs)
    folder = Path(app.extensions["settings"].instance) / "mail"
    files = (
        sorted(folder.glob("*.txt"), key=lambda path: (path.stat().st_mtime_ns, path.name)) if folder.exists() else []
    )
    return [path.read_text(encoding="utf-8") for path in files]


def link_in(letter: str) -> str:
    """The path of the first link that is more than the site's address."""
    return re.findall(r"http://localhost(/\S+)", letter)[0]


def comparable(page: Page) -> str:
    """The page without what differs at every request."""
    text = re.sub(r'name="csrf_token" value="[^"]*"', "", page.body)
    return re.sub(r'nonce="[^"]*"', "", text)
