"""Every route declares who may enter, and what it declares is what happens."""

import json
import os
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import Rule

from cme.kernel.roles import Role
from cme.store.session import transaction
from cme.web.access import PUBLIC, SIGNED_IN, declared_access
from tests.conftest import NOW
from tests.factories.people import PASSWORD, make_person
from tests.support.client import Client

LIST = Path(__file__).with_name("routes.json")
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


def our_rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if not rule.endpoint.endswith("static")]


def address(rule: Rule) -> str:
    """A concrete address: what it names does not exist, which is enough to meet the guard."""
    values = {
        name: (999999 if "int" in type(converter).__name__.lower() else "nothing")
        for name, converter in rule._converters.items()
    }
    _domain, path = rule.build(values) or ("", "")
    return path


def test_every_view_says_who_may_enter(web_app: Flask):
    silent = [
        rule.endpoint for rule in our_rules(web_app) if declared_access(web_app.view_functions[rule.endpoint]) is None
    ]
    assert silent == []


def test_roles_that_views_name_exist(web_app: Flask):
    for rule in our_rules(web_app):
        who = declared_access(web_app.view_functions[rule.endpoint])
        if isinstance(who, frozenset):
            assert who <= {role.value for role in Role}, rule.endpoint


def test_the_list_of_routes_is_the_committed_one(web_app: Flask):
    """Removing or opening a route must show in a review: run with CME_WRITE_ROUTES=1 to write the list anew."""
    present = {
        f"{'/'.join(sorted(rule.methods - {'HEAD', 'OPTIONS'}))} {rule.rule}": _words(web_app, rule)
        for rule in our_rules(web_app)
    }
    if os.environ.get("CME_WRITE_ROUTES"):
        LIST.write_text(json.dumps(present, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    assert present == json.loads(LIST.read_text(encoding="utf-8"))


def _words(app: Flask, rule: Rule) -> str:
    who = declared_access(app.view_functions[rule.endpoint])
    return " ".join(sorted(who)) if isinstance(who, frozenset) else str(who)


def test_a_stranger_enters_public_views_only(web_app: Flask):
    client = web_app.test_client()
    for rule in our_rules(web_app):
        if "GET" not in rule.methods:
            continue
        who = declared_access(web_app.view_functions[rule.endpoint])
        response = client.get(address(rule))
        if who == PUBLIC:
            assert response.status_code != 403
            assert "/sign-in" not in response.headers.get("Location", "") or rule.endpoint.startswith("people.")
        else:
            assert response.status_code in {302, 401}, f"{rule.rule}: {response.status_code}"
            assert "/sign-in" in response.headers["Location"]


@pytest.mark.parametrize("role", [None, *[role.value for role in Role if role is not Role.LEARNER]])
def test_each_role_enters_what_its_views_declare(web_app: Flask, role: str | None):
    with web_app.app_context(), transaction() as session:
        person = make_person(session, now=NOW, roles=(role,) if role else ())
        email = person.email
    client = Client(web_app)
    client.sign_in(email, PASSWORD)
    for rule in our_rules(web_app):
        if "GET" not in rule.methods:
            continue
        who = declared_access(web_app.view_functions[rule.endpoint])
        status = client.raw.get(address(rule)).status_code
        if isinstance(who, frozenset) and (role is None or role not in who):
            assert status == 403, f"{role} got {status} at {rule.rule}"
        elif who in {PUBLIC, SIGNED_IN} or isinstance(who, frozenset):
            assert status != 403, f"{role} was kept out of {rule.rule}"


def test_every_unsafe_route_wants_a_token(web_app: Flask):
    with web_app.app_context(), transaction() as session:
        person = make_person(session, now=NOW, roles=tuple(role.value for role in Role if role is not Role.LEARNER))
        email = person.email
    client = Client(web_app)
    client.sign_in(email, PASSWORD)
    tried = 0
    for rule in our_rules(web_app):
        for method in rule.methods & UNSAFE:
            response = client.raw.open(address(rule), method=method, data={"x": "y"})
            assert response.status_code == 400, f"{method} {rule.rule} without a token: {response.status_code}"
            tried += 1
    assert tried > 10


def test_trace_and_put_are_not_taken(web_app: Flask):
    client = web_app.test_client()
    for rule in our_rules(web_app):
        for method in ("TRACE", "PUT"):
            assert client.open(address(rule), method=method).status_code in {404, 405}


def test_a_foreign_host_is_refused(web_app: Flask):
    assert web_app.test_client().get("/", headers={"Host": "evil.example"}).status_code == 400


def test_every_answer_carries_the_security_headers(web_app: Flask):
    client = web_app.test_client()
    for path in ("/", "/sign-in", "/nothing", "/verify", "/healthz"):
        headers = client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "base-uri 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
