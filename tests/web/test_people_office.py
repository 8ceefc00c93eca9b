"""The office's pages of people, and the commands."""

import pytest
from flask import Flask
from sqlalchemy import select

from cme.people.cli import people_group
from cme.people.models import Person
from cme.people.queries import roles_of
from cme.store.database import db
from cme.store.session import transaction
from tests.conftest import NOW
from tests.factories.people import PASSWORD, make_person
from tests.support.client import Client
from tests.support.people_pages import letters, link_in, try_sign_in


@pytest.fixture
def chief(client: Client) -> Client:
    with client.app.app_context(), transaction() as session:
        email = make_person(session, now=NOW, name="The Chief", roles=("administrator",)).email
    try_sign_in(client, email, PASSWORD, status=200)
    return client


def someone(app: Flask, **changes: object) -> tuple[int, str]:
    with app.app_context(), transaction() as session:
        person = make_person(session, now=NOW, **changes)  # type: ignore[arg-type]
        return person.id, person.email


def roles_held(app: Flask, person_id: int) -> tuple[str, ...]:
    with app.app_context():
        return roles_of(db.session(), [person_id]).get(person_id, ())


def test_an_administrator_finds_somebody_and_grants_roles_that_act_at_once(chief: Client):
    person_id, email = someone(chief.app, name="Anna <b>López</b>")
    someone(chief.app, name="Noise")
    learner = Client(chief.app)
    try_sign_in(learner, email, PASSWORD, status=200)
    learner.get("/office/people/", status=403)
    page = chief.get("/office/people/?q=L%C3%B3pez")
    assert "Noise" not in page.main
    page = chief.get(page.link("Anna <b>López</b>"))
    form = page.form(f"/office/people/{person_id}")
    form["roles"] = ["editor", "administrator"]
    assert "Saved the roles" in chief.send(form).text
    assert roles_held(chief.app, person_id) == ("administrator", "editor")
    learner.get("/office/people/")
    form = chief.get(f"/office/people/{person_id}").form(f"/office/people/{person_id}")
    assert sorted(form.fields["roles"]) == ["administrator", "editor"], "what is held is ticked"
    form["roles"] = []
    chief.send(form)
    assert roles_held(chief.app, person_id) == ()
    learner.get("/office/people/", status=403)


def test_the_only_administrator_cannot_leave(chief: Client):
    (link,) = chief.get("/office/people/").css("tbody a")
    form = chief.get(link.get("href")).form("/office/people/")
    form["roles"] = ["editor"]
    page = chief.send(form, status=409)
    assert "only administrator" in page.main
    assert "Editor" not in chief.get("/office/people/").main, "half of it would be worse than nothing"


@pytest.mark.parametrize("value", ["learner", "owner", "<script>"])
def test_a_role_that_is_not_offered_is_refused(chief: Client, value: str):
    person_id, _ = someone(chief.app)
    form = chief.get(f"/office/people/{person_id}").form(f"/office/people/{person_id}")
    form["roles"] = [value]
    chief.send(form, status=422)
    assert roles_held(chief.app, person_id) == ()


@pytest.mark.parametrize("role", ["editor", "reviewer", "registrar"])
def test_other_roles_do_not_see_people(client: Client, role: str):
    person_id, email = someone(client.app, roles=(role,))
    try_sign_in(client, email, PASSWORD, status=200)
    for path in ("/office/people/", f"/office/people/{person_id}"):
        client.get(path, status=403)


def test_a_long_list_has_pages(chief: Client):
    with chief.app.app_context(), transaction() as session:
        for _ in range(60):
            make_person(session, now=NOW)
    first = chief.get("/office/people/")
    assert len(first.css("tbody tr")) == 50
    second = chief.get(first.link("Next"))
    assert len(second.css("tbody tr")) == 11
    assert chief.get("/office/people/?page=999999999999").h1 == "People"
    assert chief.get("/office/people/?page=x").h1 == "People"


def test_nobody_found_is_said(chief: Client):
    assert "Nobody found" in chief.get("/office/people/?q=%00%27%22%3Cscript%3E").main
    chief.get("/office/people/999999", status=404)


# Commands ------------------------------------------------------------------------------------------------------------


def run(app: Flask, *words: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(people_group, list(words))
    return result.exit_code, result.output


def test_roles_by_command_on_both_databases(app: Flask):
    person_id, email = someone(app, name="Anna López")
    assert run(app, "list") == (0, "Nobody holds a role yet. Use: flask people create-administrator EMAIL NAME\n")
    assert run(app, "grant", email.upper(), "registrar")[0] == 0
    assert "already" in run(app, "grant", email, "registrar")[1]
    assert run(app, "list") == (0, f"{email}\tAnna López\tregistrar\n")
    assert roles_held(app, person_id) == ("registrar",)
    assert run(app, "withdraw", email, "registrar")[0] == 0
    assert roles_held(app, person_id) == ()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("grant", "nobody@example.org", "editor"), "No account has the address"),
        (("grant", "nobody@example.org", "learner"), "Invalid value"),
        (("create-administrator", "not an address", "Chief"), "not an e-mail address"),
    ],
)
def test_a_command_that_cannot_be_done_says_why_and_fails(web_app: Flask, words: tuple[str, ...], said: str):
    code, output = run(web_app, *words)
    assert code != 0
    assert said in output


def test_the_last_administrator_cannot_be_withdrawn_by_command(web_app: Flask):
    _, email = someone(web_app, roles=("administrator",))
    code, output = run(web_app, "withdraw", email, "administrator")
    assert code != 0
    assert "only administrator" in output


def test_the_first_administrator_sets_the_password_by_the_printed_or_mailed_link(client: Client):
    code, output = run(client.app, "create-administrator", "chief@example.org", "The Chief")
    assert code == 0
    path = output.strip().rsplit("http://localhost", 1)[1]
    (letter,) = letters(client.app)
    assert link_in(letter) == path
    try_sign_in(client, "chief@example.org", "!", status=422)
    form = client.get(path).form("/reset/")
    form["password"] = "another quiet meadow path"
    client.send(form)
    try_sign_in(client, "chief@example.org", "another quiet meadow path", status=200)
    assert client.get("/office/people/").h1 == "People"
    page = client.get("/account")
    assert "Not confirmed" not in page.main
    assert "not given yet" in page.main
    code, output = run(client.app, "create-administrator", "Chief@example.org", "Other")
    assert code != 0
    assert "flask people grant" in output
    with client.app.app_context():
        assert db.session.scalars(select(Person.name)).all() == ["The Chief"]
