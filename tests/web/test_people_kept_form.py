"""A form that arrives after the sign-in has ended is kept in the sign-in page and can be sent again."""

import pytest
from flask import Flask
from sqlalchemy import delete, select

from cme.people.models import Person, SignInSession
from cme.store.database import db
from cme.store.session import transaction
from cme.web import keeping
from tests.support.client import Client, Page
from tests.support.people_pages import PASSWORD, register, try_sign_in

PROFILE = "/account/profile"
TYPED = "Anna <Kowalska> & Söhne"


def signed_in(client: Client) -> Page:
    register(client)
    return try_sign_in(client, "anna@example.org", PASSWORD, status=200)


def end_sign_ins(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        session.execute(delete(SignInSession))


def name_now(app: Flask) -> str:
    with app.app_context():
        return db.session.scalars(select(Person.name)).one()


def kept_page(client: Client, *, typed: str = TYPED) -> Page:
    """The profile filled in, the sign-in ended meanwhile, the form sent."""
    signed_in(client)
    form = client.get(PROFILE).form(PROFILE)
    form["name"] = typed
    end_sign_ins(client.app)
    return client.send(form, status=401)


def sign_in_on(client: Client, page: Page, *, password: str = PASSWORD, status: int = 200) -> Page:
    form = page.form("/sign-in")
    form["email"], form["password"] = "anna@example.org", password
    return client.send(form, status=status)


def test_what_was_typed_comes_back_and_is_sent_when_its_sender_says_so(both_client: Client):
    page = kept_page(both_client)
    before = name_now(both_client.app)
    assert page.h1 == "Sign in"
    assert "is kept in this page" in page.main
    again = sign_in_on(both_client, page)
    assert again.h1 == "You are signed in again"
    assert name_now(both_client.app) == before, "nothing is sent without being asked"
    done = both_client.send(again.form(PROFILE))
    assert "Saved." in done.text
    assert name_now(both_client.app) == TYPED


def test_a_mistyped_password_does_not_lose_it(client: Client):
    page = sign_in_on(client, kept_page(client), password="not the password", status=422)
    client.send(sign_in_on(client, page).form(PROFILE))
    assert name_now(client.app) == TYPED


@pytest.mark.parametrize(
    "spoil", [lambda text: text[:-1] + ("A" if text[-1] != "A" else "B"), lambda text: "", lambda _: "x.y"]
)
def test_a_kept_form_that_we_did_not_seal_is_ignored(client: Client, spoil):
    page = kept_page(client)
    form = page.form("/sign-in")
    form["kept"] = spoil(form.fields["kept"])
    form["email"], form["password"] = "anna@example.org", PASSWORD
    assert client.send(form).h1 != "You are signed in again"


def test_a_form_whose_token_is_gone_is_kept_only_when_it_came_from_here(client: Client):
    """Browsers say where a form came from; another site's is refused as before."""
    http = client.app.test_client()
    fields = {"name": TYPED, "csrf_token": "gone"}
    for origin, status in (("http://localhost", 401), ("https://elsewhere.example", 400), ("null", 400), (None, 400)):
        headers = {"Origin": origin} if origin else {}
        answer = http.post(PROFILE, data=fields, headers=headers)
        assert answer.status_code == status, origin
        assert (b'name="kept"' in answer.data) is (status == 401)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/account/password", {"present": "secret-one", "password": "secret-two"}),
        ("/account/email", {"email": "new@example.org", "present": "secret-one"}),
        ("/sign-out", {}),
        (PROFILE, {"name": "x" * (keeping.MOST_CHARACTERS + 1)}),
    ],
)
def test_passwords_buttons_and_floods_are_not_kept(client: Client, path: str, fields: dict[str, str]):
    http = client.app.test_client()
    answer = http.post(path, data=fields, headers={"Origin": "http://localhost"})
    assert b'name="kept"' not in answer.data
    assert b"secret-one" not in answer.data
