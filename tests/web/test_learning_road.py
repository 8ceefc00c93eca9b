"""The whole road by pages and forms alone, and claims sent at once from several browsers."""

from datetime import timedelta

import time_machine
from flask import Flask
from sqlalchemy import func, select

from cme.credits.models import ClaimDecision, Credit
from cme.evaluations.models import EvaluationResponse
from tests.conftest import NOW
from tests.factories.people import make_sign_in
from tests.support.client import Client
from tests.support.learning_pages import COMPLETE, browser, completed, csrf, new_learner, new_module, read, write
from tests.support.together import together


def test_from_the_module_to_the_claim_in_at_most_seven_pages(app: Flask, clock: time_machine.Traveller) -> None:
    module = new_module(app)
    client, person_id = new_learner(app)
    pages = [client.get(f"/modules/{module.slug}")]
    clock.shift(timedelta(minutes=1))
    pages.append(client.send(pages[-1].form("/start")))
    clock.shift(timedelta(minutes=40))
    pages.append(client.send(pages[-1].form("/read"), button=("go", "next")))
    attempt = pages[-1]
    assert attempt.response.request.path.startswith("/attempts/")
    form = attempt.form("/attempts/")
    for name in form.names:
        if name.startswith("q-"):
            form[name] = "a"
    form.action = form.action.replace("/answers", "/submit")
    clock.shift(timedelta(minutes=15))
    pages.append(client.send(form))
    pages.append(client.get(pages[-1].link("Evaluate & claim")))
    claim = pages[-1].form("/claim")
    for name, value in COMPLETE.items():
        claim[name] = value
    clock.shift(timedelta(minutes=4))
    client.send(claim, status=303, follow=False)
    assert len(pages) + 1 <= 7
    (credit,) = read(app, lambda session: session.scalars(select(Credit)).all())
    assert credit.person_id == person_id
    assert credit.completed_at == NOW + timedelta(minutes=56)
    assert credit.granted_at == NOW + timedelta(hours=1)
    assert "Your certificate is ready" in client.get(f"/modules/{module.slug}/article").text


def test_five_claims_at_once_from_two_browsers_give_one_credit_and_one_result(app: Flask) -> None:
    module = new_module(app)
    first, person_id = new_learner(app)
    completed(app, person_id, module)
    until = NOW + timedelta(days=1)
    second = browser(app, write(app, lambda session: make_sign_in(session, person_id, now=NOW, ends_at=until)))

    def tab(of: Client, token: str):
        copy = app.test_client()
        for cookie in of.raw._cookies.values():
            copy._cookies[cookie._storage_key] = cookie
        return lambda: copy.post(f"/modules/{module.slug}/claim", data={**COMPLETE, "csrf_token": token})

    tokens = {id(one): csrf(one) for one in (first, second)}
    responses = together(app, *[tab(one, tokens[id(one)]) for one in (first, first, first, second, second)])
    assert [response.status_code for response in responses] == [303] * 5
    assert {response.headers["Location"] for response in responses} == {f"/modules/{module.slug}/certificate"}
    for table in (Credit, ClaimDecision, EvaluationResponse):
        found = read(app, lambda session, table=table: session.scalar(select(func.count()).select_from(table)))
        assert found == 1, table.__tablename__
