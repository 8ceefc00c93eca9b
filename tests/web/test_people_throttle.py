"""Guessing is slow on every path, and the owner is never locked out."""

from datetime import timedelta

import pytest
from flask import Flask
from time_machine import Traveller

from cme.people.services import passwords
from cme.store.session import transaction
from tests.conftest import NOW
from tests.factories.people import PASSWORD, make_person
from tests.support.client import Client
from tests.support.people_pages import letters, link_in, register, try_sign_in


@pytest.fixture
def email(client: Client) -> str:
    with client.app.app_context(), transaction() as session:
        return make_person(session, now=NOW).email


def browser(app: Flask, address: str = "192.0.2.1") -> Client:
    made = Client(app)
    made.raw.environ_base["REMOTE_ADDR"] = address
    return made


def guess(client: Client, email: str, times: int) -> list[int]:
    """Statuses of as many wrong passwords."""
    form = client.get("/sign-in").form("/sign-in")
    data = {**form.fields, "email": email, "password": "not the password"}
    return [client.raw.post("/sign-in", data=data).status_code for _ in range(times)]


@pytest.mark.parametrize("known", [True, False])
def test_the_sixth_try_within_a_minute_waits_whether_there_is_an_account_or_not(
    client: Client, email: str, known: bool
):
    assert guess(client, email if known else "nobody@example.org", 8) == [422] * 5 + [429] * 3


def test_the_wait_is_told_in_words_and_in_the_header(client: Client, email: str, clock: Traveller):
    guess(client, email, 5)
    clock.shift(timedelta(seconds=20))
    page = try_sign_in(client, email, PASSWORD, status=429)
    assert "Please wait 40 seconds" in page.main
    assert page.response.headers["Retry-After"] == "40"


def test_the_password_is_not_even_looked_at_while_waiting(client: Client, email: str, monkeypatch: pytest.MonkeyPatch):
    guess(client, email, 5)
    monkeypatch.setattr(passwords, "fits", lambda *_: pytest.fail("hashed although the limit was reached"))
    try_sign_in(client, email, PASSWORD, status=429)


def test_waiting_is_over_after_a_minute_then_after_a_quarter_of_an_hour(client: Client, email: str, clock: Traveller):
    assert guess(client, email, 6)[-1] == 429
    clock.shift(timedelta(minutes=1))
    assert guess(client, email, 6) == [422] * 5 + [429]
    clock.shift(timedelta(minutes=1))
    assert guess(client, email, 1) == [429]
    clock.shift(timedelta(minutes=13))
    try_sign_in(client, email, PASSWORD, status=200)


def test_a_thousand_tries_from_everywhere_leave_the_owner_out_for_a_quarter_of_an_hour_at_most(
    client: Client, email: str, clock: Traveller
):
    owner = browser(client.app, "198.51.100.7")
    try_sign_in(owner, email, PASSWORD, status=200)
    owner.send(owner.get("/account").form("/sign-out"))
    attacker = browser(client.app, "203.0.113.1")
    passed = 0
    for minute in range(100):
        attacker.raw.environ_base["REMOTE_ADDR"] = f"203.0.{minute}.1"
        passed += guess(attacker, email, 10).count(422)
        clock.shift(timedelta(minutes=1))
    assert passed <= 60, f"{passed} of 1,000 passwords were checked"
    try_sign_in(owner, email, PASSWORD, status=200)
    new_device = browser(client.app, "198.51.100.8")
    clock.shift(timedelta(minutes=15))
    try_sign_in(new_device, email, PASSWORD, status=200)


def test_the_owner_enters_by_a_new_password_while_strangers_are_trying(client: Client, email: str):
    stranger, owner = browser(client.app, "203.0.113.1"), browser(client.app, "198.51.100.7")
    assert guess(stranger, email, 6)[-1] == 429
    try_sign_in(owner, email, PASSWORD, status=429)
    form = owner.get("/forgot").form("/forgot")
    form["email"] = email
    owner.send(form)
    form = owner.get(link_in(letters(client.app)[-1])).form("/reset/")
    form["password"] = "another quiet meadow path"
    assert owner.send(form).h1 == "Sign in"
    try_sign_in(owner, email, "another quiet meadow path", status=200)


def test_the_mark_of_a_known_browser_cannot_be_made_up_and_buys_no_more_tries(client: Client, email: str):
    owner = browser(client.app)
    try_sign_in(owner, email, PASSWORD, status=200)
    mark = owner.raw.get_cookie("known")
    assert mark is not None
    assert email not in mark.value
    owner.send(owner.get("/account").form("/sign-out"))
    assert guess(owner, email, 6) == [422] * 5 + [429], "the known browser has its own limit"
    forger = browser(client.app)
    forger.raw.set_cookie("known", mark.value[:-3] + "abc")
    assert guess(forger, email, 5) == [422] * 5
    assert guess(forger, email, 1) == [429], "a made-up mark counts as none"


def test_signing_in_rightly_again_and_again_is_never_refused(client: Client, email: str):
    for _ in range(12):
        other = browser(client.app)
        try_sign_in(other, email, PASSWORD, status=200)


def test_one_network_waits_after_a_hundred_failures_over_many_accounts(client: Client):
    attacker = browser(client.app, "203.0.113.9")
    statuses = [status for number in range(21) for status in guess(attacker, f"nobody{number}@example.org", 5)]
    assert statuses == [422] * 100 + [429] * 5
    assert guess(browser(client.app, "203.0.113.10"), "nobody0@example.net", 1) == [422], "the neighbour is not meant"


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.9", "203.0.113.9", True),
        ("not an address", "", True),
    ],
)
def test_a_network_is_what_one_household_has(web_app: Flask, first: str, second: str, same: bool):
    from cme.people.web.browser import network

    found = []
    for address in (first, second):
        with web_app.test_request_context(environ_base={"REMOTE_ADDR": address}):
            found.append(network())
    assert (found[0] == found[1]) is same


def test_a_mailbox_gets_five_messages_an_hour(client: Client, email: str, clock: Traveller):
    form = client.get("/forgot").form("/forgot")
    data = {**form.fields, "email": email}
    statuses, received = [], []
    for _ in range(7):
        statuses.append(client.raw.post("/forgot", data=data).status_code)
        received = letters(client.app)
        clock.shift(timedelta(seconds=1))
    assert statuses == [303] * 5 + [429] * 2
    assert len(received) == 5


def test_registering_one_address_again_and_again_does_not_flood_its_mailbox(client: Client):
    for _ in range(5):
        register(Client(client.app))
    register(Client(client.app), status=429)
    assert len(letters(client.app)) == 5


@pytest.mark.parametrize("path", ["/account/password", "/account/email"])
def test_the_password_asked_again_is_counted_too(client: Client, email: str, path: str, clock: Traveller):
    try_sign_in(client, email, PASSWORD, status=200)
    form = client.get(path).form(path)
    form["present"] = "not the password"
    form["password" if path.endswith("password") else "email"] = (
        "another quiet meadow path" if path.endswith("password") else "new@example.org"
    )
    for _ in range(5):
        assert "not your present password" in client.send(form, status=422).main
    assert "tried too often" in client.send(form, status=429).main
    form["present"] = PASSWORD
    client.send(form, status=429)
    clock.shift(timedelta(minutes=1))
    client.send(form)
