"""Registering, confirming, signing in and out, through the pages."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from time_machine import Traveller

from cme.people.models import Person, SignInSession
from cme.store.database import db
from cme.store.session import transaction
from tests.conftest import NOW
from tests.factories.people import PASSWORD as FACTORY_PASSWORD
from tests.factories.people import make_person
from tests.support.client import Client
from tests.support.people_pages import PASSWORD, comparable, letters, link_in, register, try_sign_in


def person_in(app: Flask, **changes: object) -> tuple[int, str]:
    with app.app_context(), transaction() as session:
        person = make_person(session, now=NOW, **changes)  # type: ignore[arg-type]
        return person.id, person.email


def test_from_registration_to_a_confirmed_account(both_client: Client):
    client, app = both_client, both_client.app
    assert register(client).h1 == "Check your mail"
    page = try_sign_in(client, "anna@example.org", PASSWORD, status=200)
    assert "not confirmed yet" in page.text
    (letter,) = letters(app)
    page = client.get(link_in(letter))
    assert page.h1 == "Confirm your e-mail address"
    assert "Not confirmed" in client.get("/account").main, "opening the link alone confirms nothing"
    page = client.send(page.form("/confirm/"))
    assert "Your e-mail address is confirmed." in page.text
    assert "Not confirmed" not in client.get("/account").main


def test_a_confirmation_clicked_twice_succeeds_twice(client: Client):
    register(client)
    form = client.get(link_in(letters(client.app)[0])).form("/confirm/")
    for _ in range(2):
        assert "is confirmed" in client.send(form).text


def test_a_link_that_is_over_says_so_and_offers_a_new_one(client: Client, clock: Traveller):
    register(client)
    path = link_in(letters(client.app)[0])
    clock.shift(timedelta(days=7))
    page = client.get(path, status=410)
    assert page.h1 == "This link does not work any more"
    form = client.get(page.link("Ask for a new link")).form("/resend-confirmation")
    form["email"] = "Anna@Example.org"
    client.send(form)
    assert client.get(link_in(letters(client.app)[1])).h1 == "Confirm your e-mail address"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "as it should be printed"),
        ("name", "x", "two characters"),
        ("name", "x" * 121, "at most 120"),
        ("credentials", "x" * 41, "at most 40"),
        ("email", "anna", "not an e-mail address"),
        ("profession", "", "Choose your profession"),
        ("profession", "wizard", "Choose your profession"),
        ("country", "", "Choose the country"),
        ("country", "XX", "Choose the country"),
        ("password", "short", "at least 8"),
        ("password", "password", "common password"),
        ("password", "x7#kQp2v" * 16 + "y", "at most 128"),
    ],
)
def test_a_registration_that_cannot_be_taken_says_why_at_the_field(client: Client, field: str, value: str, words: str):
    page = register(client, status=422, **{field: value})
    assert words in " ".join("".join(found.itertext()) for found in page.css(f"#{field}-error"))
    assert page.css(f".error-summary a[href='#{field}']")
    if field != "name":
        assert page.form("/register").fields["name"] == "Anna López", "what was typed stays"
    assert not page.form("/register").fields["password"], "a password is never sent back"
    with client.app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Person)) == 0


def test_everything_that_is_wrong_is_said_at_once(client: Client):
    page = register(client, status=422, name="", email="anna", password="password", country="")
    at = {element.get("id") for element in page.css(".field-error")}
    assert at == {"name-error", "email-error", "password-error", "country-error"}
    assert "There are 4 problems" in page.main


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "{{7*7}}", "=cmd()", "'\"><img src=x onerror=alert(1)>", "%s%n ${7*7}"]
)
def test_what_people_type_is_text_everywhere(client: Client, text: str):
    register(client, name=f"{text} Anna", credentials=text[:40])
    try_sign_in(client, "anna@example.org", PASSWORD, status=200)
    for path in ("/account", "/account/profile"):
        page = client.get(path)
        assert not page.tree.xpath("//script[not(@src)] | //img[@src='x']")
    assert f"{text} Anna" in client.get("/account").main
    assert client.get("/account/profile").form("/account/profile").fields["name"] == f"{text} Anna"


# Nobody learns whether there is an account ---------------------------------------------------------------------------


def test_registering_a_known_address_looks_the_same_and_its_owner_is_told(client: Client):
    fresh = register(client)
    again = register(Client(client.app))
    assert comparable(fresh) == comparable(again)
    assert fresh.response.request.path == again.response.request.path
    first, second = letters(client.app)
    assert "please confirm" in first
    assert "You already have" in second.replace("\n", " ")
    with client.app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Person)) == 1


@pytest.mark.parametrize("roles", [(), ("administrator",)])
def test_a_wrong_password_and_an_unknown_address_look_the_same(client: Client, roles: tuple[str, ...]):
    _, email = person_in(client.app, roles=roles)
    known = try_sign_in(client, email, "not the password", status=422)
    unknown = try_sign_in(Client(client.app), "x" * len(email), "not the password", status=422)
    assert comparable(known).replace(email, "") == comparable(unknown).replace("x" * len(email), "")
    assert "do not belong together" in known.text


def test_a_closed_account_looks_like_none(client: Client):
    _, email = person_in(client.app, closed_at=NOW)
    page = try_sign_in(client, email, FACTORY_PASSWORD, status=422)
    assert "do not belong together" in page.text


@pytest.mark.parametrize("path", ["/forgot", "/resend-confirmation"])
def test_asking_for_a_link_looks_the_same(client: Client, path: str):
    _, email = person_in(client.app, confirmed_at=None)
    pages = []
    for typed in (email, "nobody@example.org"):
        form = client.get(path).form(path)
        form["email"] = typed
        pages.append(client.send(form))
    assert comparable(pages[0]) == comparable(pages[1])
    assert pages[0].h1 == "Check your mail"
    assert len(letters(client.app)) == 1


def test_the_same_work_is_done_with_and_without_an_account(client: Client, monkeypatch: pytest.MonkeyPatch):
    from cme.people.services import passwords

    hashed: list[str] = []
    real = passwords._HASHER.verify

    class Spy:
        def verify(self, stored: str, password: str) -> bool:
            hashed.append(stored[:31])
            return real(stored, password)

    monkeypatch.setattr(passwords, "_HASHER", Spy())
    _, email = person_in(client.app, password_hash=passwords.NO_PASSWORD)
    for typed in (email, "nobody@example.org", "not an address"):
        try_sign_in(Client(client.app), typed, "not the password", status=422)
    assert hashed == ["$argon2id$v=19$m=19456,t=2,p=1$"] * 3


# Sessions ------------------------------------------------------------------------------------------------------------


def test_a_cookie_set_before_signing_in_is_worth_nothing_afterwards(client: Client):
    _, email = person_in(client.app)
    client.get("/sign-in")
    planted = client.raw.get_cookie("session")
    assert planted is not None
    with client.raw.session_transaction() as before:
        before["planted"] = "by a stranger"
    try_sign_in(client, email, FACTORY_PASSWORD, status=200)
    after = client.raw.get_cookie("session")
    assert after is not None
    assert after.value != planted.value
    with client.raw.session_transaction() as inside:
        assert "planted" not in inside
    thief = Client(client.app)
    thief.raw.set_cookie("session", planted.value)
    assert thief.get("/account").h1 == "Sign in"


def test_each_sign_in_has_a_token_of_its_own_and_the_database_only_its_digest(client: Client):
    _, email = person_in(client.app)
    tokens = set()
    for browser in (Client(client.app), Client(client.app)):
        try_sign_in(browser, email, FACTORY_PASSWORD, status=200)
        with browser.raw.session_transaction() as inside:
            tokens.add(inside["_user_id"])
    assert len(tokens) == 2
    assert all(len(token) >= 43 for token in tokens)
    with client.app.app_context():
        stored = set(db.session.scalars(select(SignInSession.token_digest)).all())
    assert not stored & tokens


def test_a_cookie_kept_from_before_signing_out_is_dead(client: Client):
    _, email = person_in(client.app)
    try_sign_in(client, email, FACTORY_PASSWORD, status=200)
    kept = client.raw.get_cookie("session")
    assert kept is not None
    page = client.send(client.get("/account").form("/sign-out"))
    assert "You are signed out." in page.text
    client.raw.set_cookie("session", kept.value)
    assert client.get("/account").h1 == "Sign in"


@pytest.mark.parametrize(
    ("later", "inside"),
    [(timedelta(days=3) - timedelta(seconds=1), True), (timedelta(days=3), False)],
)
def test_an_idle_sign_in_ends_after_three_days(client: Client, clock: Traveller, later: timedelta, inside: bool):
    _, email = person_in(client.app)
    try_sign_in(client, email, FACTORY_PASSWORD, status=200)
    clock.shift(later)
    assert (client.get("/account").h1 == "Your account") is inside


def test_a_sign_in_in_use_lasts_fourteen_days_and_not_longer(client: Client, clock: Traveller):
    _, email = person_in(client.app)
    try_sign_in(client, email, FACTORY_PASSWORD, status=200)
    for _ in range(6):
        clock.shift(timedelta(days=2))
        assert client.get("/account").h1 == "Your account"
    clock.shift(timedelta(days=2) - timedelta(seconds=1))
    assert client.get("/account").h1 == "Your account"
    clock.shift(timedelta(seconds=1))
    assert client.get("/account").h1 == "Sign in"


def test_pages_write_that_they_were_seen_at_most_every_five_minutes(client: Client, clock: Traveller):
    _, email = person_in(client.app)
    try_sign_in(client, email, FACTORY_PASSWORD, status=200)

    def seen() -> object:
        with client.app.app_context():
            return db.session.scalar(select(SignInSession.last_seen_at))

    clock.shift(timedelta(seconds=299))
    client.get("/account")
    assert seen() == NOW
    clock.shift(timedelta(seconds=1))
    client.get("/account")
    assert seen() == NOW + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("target", "place"),
    [
        ("/account", "/account"),
        ("/account?tab=1", "/account?tab=1"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("/\t/evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_signing_in_leads_to_pages_of_this_site_only(client: Client, target: str, place: str):
    _, email = person_in(client.app)
    token = client.get("/sign-in").form("/sign-in").fields["csrf_token"]
    data = {"email": email, "password": FACTORY_PASSWORD, "csrf_token": token}
    response = client.raw.post("/sign-in", query_string={"next": target}, data=data)
    assert (response.status_code, response.headers["Location"]) == (303, place)
    again = client.raw.get("/sign-in", query_string={"next": target})
    assert (again.status_code, again.headers["Location"]) == (303, place), "also for somebody who is inside already"


def test_a_page_that_asked_for_the_sign_in_is_where_it_leads(client: Client):
    _, email = person_in(client.app)
    page = client.get("/account/profile")
    assert page.h1 == "Sign in"
    form = page.form("/sign-in")
    form["email"], form["password"] = email, FACTORY_PASSWORD
    assert client.send(form).h1 == "Your profile"
