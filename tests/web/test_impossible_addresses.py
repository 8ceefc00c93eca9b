"""Addresses that can name nothing are not found, on both databases, and never an error."""

import pytest
from flask import Flask

from cme.kernel.roles import Role
from cme.store.session import transaction
from tests.conftest import NOW
from tests.factories.people import PASSWORD, make_person
from tests.support.client import Client

EVERY_ROLE = tuple(role.value for role in Role if role is not Role.LEARNER)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/modules/%00", 404),
        ("/modules/%00/quiz", 404),
        ("/modules/%00/certificate", 404),
        ("/attempts/%00", 404),
        ("/attempts/%00/result", 404),
        ("/verify/%00", 404),
        ("/credits/99999999999999999999/certificate", 404),
        ("/credits/2147483648/certificate", 404),
        ("/desk/quizzes/99999999999999999999", 404),
        ("/office/people/99999999999999999999", 404),
        ("/office/decisions/99999999999999999999", 404),
        ("/?q=%00", 200),
        ("/office/credits?person=%00", 200),
        ("/?page=99999999999999999999", 200),
    ],
)
def test_an_impossible_address_is_not_found(app: Flask, path: str, status: int):
    with app.app_context(), transaction() as session:
        email = make_person(session, now=NOW, roles=EVERY_ROLE).email
    client = Client(app)
    client.sign_in(email, PASSWORD)
    assert client.raw.get(path).status_code == status


@pytest.mark.parametrize(
    "path",
    [
        "/account/sessions/99999999999999999999/end",
        "/office/people/99999999999999999999",
        "/office/releases/9223372036854775807/withdraw",
        "/modules/nowhere/read?revision=99999999999999999999",
        "/modules/nowhere/claim?release=99999999999999999999",
    ],
)
def test_a_form_for_an_impossible_address_is_not_found(app: Flask, path: str):
    with app.app_context(), transaction() as session:
        email = make_person(session, now=NOW, roles=EVERY_ROLE).email
    client = Client(app)
    client.sign_in(email, PASSWORD)
    token = client.get("/transcript").form("/sign-out").fields["csrf_token"]
    data = {"csrf_token": token, "reason": "A reason.", "understood": "y"}
    assert client.raw.post(path, data=data).status_code == 404
