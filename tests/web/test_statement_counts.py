"""No page asks the database more questions because there is more in it."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from certificates.models import Certificate
from cme.activities.models import Provider, Release
from cme.credits.models import ClaimDecision
from cme.kernel.clock import utc_now
from cme.kernel.roles import Role
from cme.outbox import runner
from quizzes.models.quiz import Choice, Question
from quizzes.services.authoring import open_draft
from tests.factories.modules import Module, make_module
from tests.factories.people import make_person, make_sign_in
from tests.support import journeys
from tests.support.client import Client
from tests.support.learning_pages import new_learner, new_module, statements, write

EVERY_ROLE = tuple(role.value for role in Role if role is not Role.LEARNER)
MODULES, ATTEMPTS, OTHERS, QUESTIONS, SESSIONS = 29, 59, 30, 40, 20
STAFF = ("/desk", "/office")
WITHOUT_DATA = {"health.alive", "health.ready"}


@dataclass
class World:
    """One person with every role and one of everything; then much more of it."""

    app: Flask
    client: Client
    person_id: int
    module: Module
    started: Module
    names: dict[str, object] = field(default_factory=dict)


PAGES = {
    "learning.catalogue": ("/", "/?q=module&specialty=Neurology"),
    "learning.module": ("/modules/{slug}",),
    "learning.article": ("/modules/{slug}/article",),
    "learning.figure": ("/modules/{slug}/figures/none",),
    "learning.figure_picture": ("/modules/{slug}/figures/none.svg",),
    "claiming.claim": ("/modules/{slug}/claim", "/modules/{started}/claim"),
    "transcript.transcript": ("/transcript",),
    "transcript.transcript_csv": ("/transcript.csv",),
    "people.sign_in": ("/sign-in",),
    "people.register": ("/register",),
    "people.account": ("/account",),
    "people.profile": ("/account/profile",),
    "people.change_email": ("/account/email",),
    "people.change_password": ("/account/password",),
    "people.check_mail": ("/check-mail/registration",),
    "people.forgot": ("/forgot",),
    "people.resend": ("/resend-confirmation",),
    "people.confirm": ("/confirm/none",),
    "people.confirm_new_address": ("/confirm-new-address/none",),
    "people.reset": ("/reset/none",),
    "people_office.index": ("/office/people/",),
    "people_office.person": ("/office/people/{person}",),
    "pages.show": ("/pages/privacy",),
    "pages.index": ("/office/pages",),
    "pages.edit": ("/office/pages/privacy",),
    "office.start": ("/office/",),
    "office.completions": ("/office/completions",),
    "office.completions_csv": ("/office/completions.csv",),
    "office.decisions": ("/office/decisions",),
    "office.decisions_csv": ("/office/decisions.csv",),
    "office.decision": ("/office/decisions/{decision}",),
    "office.credits": ("/office/credits",),
    "office.credits_csv": ("/office/credits.csv",),
    "office.providers": ("/office/providers",),
    "office.new_provider": ("/office/providers/new",),
    "office.provider": ("/office/providers/{provider}",),
    "office.change_form": ("/office/providers/{provider}/change",),
    "office.releases": ("/office/releases",),
    "office.release": ("/office/releases/{release}",),
    "quizzes.landing": ("/modules/{slug}/quiz",),
    "quizzes.attempt": ("/attempts/{open}",),
    "quizzes.result": ("/attempts/{submitted}/result",),
    "desk.index": ("/desk",),
    "desk.quiz": ("/desk/quizzes/{quiz}",),
    "desk.preview": ("/desk/versions/{draft}/preview",),
    "desk.publish": ("/desk/versions/{draft}/publish",),
    "desk.discard": ("/desk/versions/{draft}/discard",),
    "desk.question": ("/desk/questions/{question}",),
    "desk.new_question": ("/desk/versions/{draft}/questions/new",),
    "desk.remove_question": ("/desk/questions/{question}/remove",),
    "certificates.show": ("/certificates/{certificate}",),
    "certificates.pdf": ("/certificates/{certificate}.pdf",),
    "certificates.png": ("/certificates/{certificate}.png",),
    "certificates.of_module": ("/modules/{slug}/certificate",),
    "certificates.show_for_credit": ("/credits/{credit}/certificate",),
    "certificates.verify_form": ("/verify",),
    "certificates.verify": ("/verify/{certificate}", "/verify/none"),
}


@pytest.fixture
def world(web_app: Flask) -> World:
    client, person_id = new_learner(web_app, roles=EVERY_ROLE)
    module, started = new_module(web_app, questions=2, bank=4), new_module(web_app)
    made = World(web_app, client, person_id, module, started)
    made.names = write(web_app, lambda session: _first_of_everything(session, made))
    with web_app.app_context():
        runner.drain_all(web_app.extensions["house"].jobs)
    return made


def _first_of_everything(session: Session, world: World) -> dict[str, object]:
    now, person, release_id = utc_now(), world.person_id, world.module.release_id
    submitted = journeys.begin_quiz(session, person, release_id, now=now)
    journeys.submit_quiz(session, person, release_id, submitted, now=now, choice=journeys.WRONG)
    credit = journeys.earn(session, person, release_id, now=now)
    journeys.start(session, person, world.started.release_id, now=now)
    open_code = journeys.begin_quiz(session, person, world.started.release_id, now=now)
    draft = open_draft(session, world.module.quiz_id, editor=person, now=now)
    return {
        "slug": world.module.slug,
        "started": world.started.slug,
        "person": person,
        "release": release_id,
        "quiz": world.module.quiz_id,
        "submitted": submitted,
        "open": open_code,
        "credit": credit,
        "draft": draft,
        "question": session.scalars(select(Question.id).where(Question.version_id == draft).limit(1)).one(),
        "certificate": session.scalars(select(Certificate.code)).one(),
        "decision": session.scalars(select(ClaimDecision.id)).one(),
        "provider": session.scalars(
            select(Provider.key).join(Release, Release.provider_id == Provider.id).where(Release.id == release_id)
        ).one(),
    }


def grow(session: Session, world: World) -> None:
    """Many modules, credits, attempts, people, browsers and questions more."""
    now, person = utc_now(), world.person_id
    for number in range(MODULES):
        module = make_module(session, now=now)
        if number % 2:
            journeys.earn(session, person, module.release_id, now=now)
    for _ in range(ATTEMPTS):
        for release_id in (world.module.release_id, world.started.release_id):
            code = journeys.begin_quiz(session, person, release_id, now=now)
            if code != world.names["open"]:
                journeys.submit_quiz(session, person, release_id, code, now=now, choice=journeys.WRONG)
    for number in range(OTHERS):
        other = make_person(session, now=now, roles=EVERY_ROLE[: number % 3])
        journeys.earn(session, other.id, world.module.release_id, now=now)
    for _ in range(SESSIONS):
        make_sign_in(session, person, now=now, ends_at=now + timedelta(days=1))
    _more_questions(session, int(str(world.names["draft"])))


def _more_questions(session: Session, draft: int) -> None:
    pattern = session.scalars(select(Question).where(Question.version_id == draft).limit(1)).one()
    values = {column.key: getattr(pattern, column.key) for column in Question.__mapper__.column_attrs}
    for number in range(QUESTIONS):
        row = {**values, "lineage": f"more-{number}", "position": 100 + number}
        row.pop("id")
        question = session.scalars(insert(Question).values(row).returning(Question.id)).one()
        for place, key in enumerate("abcd"):
            session.add(
                Choice(
                    question_id=question,
                    key=key,
                    position=place,
                    text=f"Answer {key} of {number}",
                    correct=key == "a",
                    rationale="Because.",
                )
            )


def counts(world: World) -> dict[str, int]:
    """Statements of each page, once everything that a process keeps has been read."""
    found: dict[str, int] = {}
    for paths in PAGES.values():
        for path in paths:
            address = path.format(**world.names)
            world.client.raw.get(address)
            with statements(world.app) as sent:
                status = world.client.raw.get(address).status_code
            assert status < 500, address
            found[f"{path}: {status}"] = len(sent)
    return found


def test_no_page_asks_more_when_there_is_more(world: World):
    before = counts(world)
    write(world.app, lambda session: grow(session, world))
    after = counts(world)
    assert before.keys() == after.keys(), "a page answers differently once there is more"
    assert {path: (before[path], after[path]) for path in before if after[path] > before[path]} == {}
    assert after["/modules/{slug}/article: 200"] <= 6
    assert {path: sent for path, sent in after.items() if sent > 6 and not path.startswith(STAFF)} == {}


def test_every_page_that_is_read_is_counted(web_app: Flask):
    read = {
        rule.endpoint
        for rule in web_app.url_map.iter_rules()
        if "GET" in (rule.methods or set()) and not rule.endpoint.endswith("static")
    }
    assert read - WITHOUT_DATA == set(PAGES)
