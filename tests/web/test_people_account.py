"""One's own account through its pages: profile, address, password, browsers."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from time_machine import Traveller

from cme.audit.models import AuditEvent
from cme.people.models import Person
from cme.store.database import db
from cme.store.session import transaction
from tests.conftest import NOW
from tests.factories.people import PASSWORD, make_person
from tests.support.client import Client
from tests.support.people_pages import letters, link_in, try_sign_in

NEW = "another quiet meadow path"


@pytest.fixture
def email(client: Client) -> str:
    with client.app.app_context(), transaction() as session:
        return make_person(session, now=NOW, name="Anna López").email


@pytest.fixture
def inside(client: Client, email: str) -> Client:
    try_sign_in(client, email, PASSWORD, status=200)
    return client


def other_browser(inside: Client, email: str, agent: str = "Firefox/140 (Linux)") -> Client:
    other = Client(inside.app)
    other.raw.environ_base["HTTP_USER_AGENT"] = agent
    try_sign_in(other, email, PASSWORD, status=200)
    return other


def test_the_account_page_shows_what_is_kept(inside: Client, email: str):
    page = inside.get("/account")
    for words in ("Anna López", "MD", "Physician", "United States", email, "This browser", "You earn credit"):
        assert words in page.main


def test_the_profile_is_changed_and_recorded_without_the_words(inside: Client):
    form = inside.get("/account/profile").form("/account/profile")
    form["name"], form["profession"] = "  Anna \t López-Ødegård ", "nurse"
    page = inside.send(form)
    assert "from now on" in page.text
    assert "Anna López-Ødegård" in page.main
    assert "certificates of participation" in page.main
    with inside.app.app_context():
        event = db.session.scalars(select(AuditEvent).where(AuditEvent.event == "account.profile_changed")).one()
    assert event.details == {"fields": ["name", "profession"]}


def test_a_name_that_a_part_of_the_house_cannot_print_is_refused_with_its_sentence(
    inside: Client, monkeypatch: pytest.MonkeyPatch
):
    from cme.people.web import account

    monkeypatch.setattr(
        account, "name_checks", lambda: (lambda name: f"No letters for {name}." if "☃" in name else None,)
    )
    form = inside.get("/account/profile").form("/account/profile")
    form["name"] = "Anna ☃"
    page = inside.send(form, status=422)
    assert "No letters for Anna ☃." in page.main
    form["name"] = "Anna"
    inside.send(form)


def test_moving_to_another_address_asks_the_password_and_the_new_mailbox(inside: Client, email: str):
    form = inside.get("/account/email").form("/account/email")
    form["email"], form["present"] = "new@example.org", "not the password"
    assert "not your present password" in inside.send(form, status=422).main
    form["present"] = PASSWORD
    assert inside.send(form).h1 == "Check your mail"
    assert email in inside.get("/account").main, "nothing has changed yet"
    (letter,) = letters(inside.app)
    assert letter.startswith("To: new@example.org\n")
    page = inside.get(link_in(letter))
    assert "new@example.org" in page.main
    page = inside.send(page.form("/confirm-new-address/"))
    assert "new@example.org" in page.main
    notice = letters(inside.app)[-1]
    assert notice.startswith(f"To: {email}\n")
    assert "new@example.org" not in notice
    try_sign_in(Client(inside.app), email, PASSWORD, status=422)
    try_sign_in(Client(inside.app), "new@example.org", PASSWORD, status=200)


def test_an_address_that_has_an_account_is_answered_alike(inside: Client):
    with inside.app.app_context(), transaction() as session:
        owner = make_person(session, now=NOW).email
    form = inside.get("/account/email").form("/account/email")
    form["email"], form["present"] = owner, PASSWORD
    assert inside.send(form).h1 == "Check your mail"
    (letter,) = letters(inside.app)
    assert letter.startswith(f"To: {owner}\n")
    assert "http://localhost/" not in letter.replace("http://localhost\n", ""), "no link is in it"


def test_changing_the_password_asks_the_old_one_ends_other_browsers_and_tells(inside: Client, email: str):
    other = other_browser(inside, email)
    form = inside.get("/account/password").form("/account/password")
    form["present"], form["password"] = "not the password", NEW
    assert "not your present password" in inside.send(form, status=422).main
    assert other.get("/account").h1 == "Your account"
    form["present"] = PASSWORD
    kept = inside.raw.get_cookie("session")
    assert "Your password is changed" in inside.send(form).text
    assert inside.get("/account").h1 == "Your account"
    assert other.get("/account").h1 == "Sign in"
    assert "password of your account" in letters(inside.app)[-1]
    stale = Client(inside.app)
    assert kept is not None
    stale.raw.set_cookie("session", kept.value)
    assert stale.get("/account").h1 == "Sign in", "proving the password gives a new token"
    try_sign_in(Client(inside.app), email, PASSWORD, status=422)
    try_sign_in(Client(inside.app), email, NEW, status=200)


@pytest.mark.parametrize(("password", "words"), [("short", "at least 8"), ("password1", "easy to guess")])
def test_a_weak_new_password_is_refused_before_the_old_one_is_tried(inside: Client, password: str, words: str):
    form = inside.get("/account/password").form("/account/password")
    form["present"], form["password"] = "whatever", password
    page = inside.send(form, status=422)
    assert words in page.main
    assert "not your present password" not in page.main


def test_a_forgotten_password_is_set_by_the_link_and_every_browser_is_signed_out(inside: Client, email: str):
    stranger = Client(inside.app)
    form = stranger.get("/forgot").form("/forgot")
    form["email"] = email.upper()
    stranger.send(form)
    path = link_in(letters(inside.app)[-1])
    page = stranger.get(path)
    assert page.css("#account")[0].get("value") == email
    form = page.form("/reset/")
    form["password"] = "short"
    assert "at least 8" in stranger.send(form, status=422).main
    form["password"] = NEW
    assert "Your new password is set" in stranger.send(form).text
    assert inside.get("/account").h1 == "Sign in"
    assert stranger.get(path, status=410).h1 == "This link does not work any more"
    try_sign_in(stranger, email, NEW, status=200)


def test_a_reset_link_is_over_after_an_hour(client: Client, email: str, clock: Traveller):
    form = client.get("/forgot").form("/forgot")
    form["email"] = email
    client.send(form)
    path = link_in(letters(client.app)[-1])
    page = client.get(path)
    clock.shift(timedelta(hours=1))
    form = page.form("/reset/")
    form["password"] = NEW
    client.send(form, status=410)
    try_sign_in(client, email, PASSWORD, status=200)


def test_other_browsers_are_listed_and_ended_one_by_one_or_all(inside: Client, email: str):
    first, second, third = (other_browser(inside, email) for _ in range(3))
    page = inside.get("/account")
    assert page.main.count("Firefox on Linux") >= 3
    assert (
        len([form for form in page.tree.forms if "/end" in form.get("action") and "others" not in form.get("action")])
        == 3
    )
    page = inside.send(page.form("/end", index=1))
    assert "That browser is signed out." in page.text
    alive = [browser.get("/account").h1 == "Your account" for browser in (first, second, third)]
    assert sorted(alive) == [False, True, True]
    inside.send(inside.get("/account").form("/account/sessions/end-others"))
    assert [browser.get("/account").h1 for browser in (first, second, third)] == ["Sign in"] * 3
    assert inside.get("/account").h1 == "Your account"


def test_nobody_ends_a_strangers_session(inside: Client):
    with inside.app.app_context(), transaction() as session:
        victim_email = make_person(session, now=NOW).email
    victim = other_browser(inside, victim_email)
    token = inside.get("/account").form("/sign-out").fields["csrf_token"]
    for number in range(1, 5):
        inside.raw.post(f"/account/sessions/{number}/end", data={"csrf_token": token})
    assert victim.get("/account").h1 == "Your account"


def test_an_unconfirmed_account_is_reminded_and_can_ask_again_with_one_button(client: Client):
    with client.app.app_context(), transaction() as session:
        email = make_person(session, now=NOW, confirmed_at=None).email
    try_sign_in(client, email, PASSWORD, status=200)
    page = client.get("/account")
    assert "not confirmed yet" in page.text
    client.send(page.form("/resend-confirmation"))
    assert "confirm that this e-mail address" in letters(client.app)[-1]


def test_links_and_tokens_stay_out_of_the_audit(inside: Client, email: str):
    form = inside.get("/forgot").form("/forgot")
    form["email"] = email
    inside.send(form)
    path = link_in(letters(inside.app)[-1])
    with inside.app.app_context():
        rows = [str(vars(event)) for event in db.session.scalars(select(AuditEvent)).all()]
        name = db.session.scalar(select(Person.name))
    assert rows
    assert not [row for row in rows if email in row or path.rsplit("/", 1)[1] in row or str(name) in row]
