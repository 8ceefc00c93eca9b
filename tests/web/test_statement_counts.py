"""No page asks the database more questions because there is more in it."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from certificates import designing, own_designs
from certificates.models import Certificate
from cme.activities.models import Provider, Release
from cme.activities.service import add_minor_revision
from cme.credits.models import ClaimDecision
from cme.credits.notices import send_notice
from cme.kernel.clock import utc_now
from cme.kernel.roles import Role
from cme.outbox import runner
from quizzes.interchange.formats import read_any
from quizzes.models.quiz import Choice, Question
from quizzes.queries.versions import version_facts
from quizzes.services import authoring, commenting, reviewing, uploads
from quizzes.services.authoring import move_question, open_draft
from tests.factories.modules import Module, make_module, make_revision
from tests.factories.people import make_person, make_sign_in
from tests.support import journeys
from tests.support.client import Client
from tests.support.learning_pages import new_learner, new_module, statements, write

EVERY_ROLE = tuple(role.value for role in Role if role is not Role.LEARNER)
MODULES, ATTEMPTS, OTHERS, QUESTIONS, SESSIONS, DRAFTS = 29, 59, 30, 40, 20, 6
LEARNERS = ("learning.", "claiming.", "quizzes.", "transcript.", "people.", "/modules")
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


# What an argument of an address names, where its own name does not say it.
NAMED = {
    "quizzes.attempt": {"code": "open"},
    "quizzes.result": {"code": "submitted"},
    "desk.correct": {"question_id": "published_question_id"},
    "office.provider": {"key": "provider"},
    "office.change_form": {"key": "provider"},
    "pages.show": {"key": "page"},
    "pages.edit": {"key": "page"},
    "learning.figure": {"key": "none"},
    "learning.figure_picture": {"key": "none"},
    "certificates.design_picture": {"version_id": "design_version_id"},
    "certificates.pack": {"code": "none"},
    "office.prepare_notice": {"revision_id": "corrected_revision_id"},
    "certificates.pack_archive": {"code": "none"},
    "quiz_media.file": {"digest": "none", "kind": "none"},
}
FURTHER = (
    "/desk/bank?q=answer&notes=any&sort=state",
    *"/?q=module&specialty=Neurology",
    "/modules/{started}/claim",
    "/verify/none",
)
# Pages about something that this world does not have; they answer "there is nothing here".
ABSENT = {
    *("learning.figure", "learning.figure_picture", "certificates.pack", "certificates.pack_archive"),
    *("certificates.proposal", "desk.correction", "desk.correction_csv"),
    *("certificates.design_picture", "quiz_media.file"),
}


def addresses(world: World) -> dict[str, str]:
    """An address for every page that can be read, by endpoint; what only programs ask for is left out."""
    found: dict[str, str] = {}
    for rule in world.app.url_map.iter_rules():
        if "GET" not in (rule.methods or set()) or rule.endpoint.endswith("static") or rule.endpoint in WITHOUT_DATA:
            continue
        named = NAMED.get(rule.endpoint, {})
        values = {name: world.names[named.get(name, name)] for name in rule.arguments}
        _domain, path = rule.build(values) or ("", "")
        assert path, rule.rule
        found[rule.endpoint] = path
    return found


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
    _reviews(session, draft, person)
    certificate = session.scalars(select(Certificate)).one()
    question = _question_of(session, draft)
    provider = session.scalars(
        select(Provider.key).join(Release, Release.provider_id == Provider.id).where(Release.id == release_id)
    ).one()
    saved = _design(session, person, "Ours")
    return {
        "design_id": saved.design_id,
        "design_version_id": saved.version_id,
        "kind": "credit",
        "paper": "a4",
        "slug": world.module.slug,
        "started": world.started.slug,
        "open": open_code,
        "submitted": submitted,
        "code": certificate.code,
        "certificate_id": certificate.id,
        "credit_id": credit,
        "decision_id": session.scalars(select(ClaimDecision.id)).one(),
        "person_id": person,
        "release_id": release_id,
        "provider": provider,
        "page": "privacy",
        "quiz_id": world.module.quiz_id,
        "version_id": draft,
        "question_id": question.id,
        "published_question_id": _question_of(session, world.module.version_id).id,
        "lineage": question.lineage,
        "correction_id": 1,
        "proposal_id": 1,
        "number": 1,
        "about": "registration",
        "token": "none",
        "upload_id": _upload(session, world, now),
        **_corrected(session, world, now),
        "format_key": "csv",
        "none": "none",
    }


def _corrected(session: Session, world: World, now: datetime) -> dict[str, object]:
    """A corrected text that people were told of, and one that they might be."""
    module = world.module
    told, other = (
        make_revision(session, module.article_id, now=now, title="Corrected", number=number) for number in (2, 3)
    )
    for revision in (told, other):
        add_minor_revision(session, module.release_id, revision, reason="A dose.", by=None, now=now)
    notice = send_notice(
        session, module.release_id, told, words="Right is 3 mg.", earlier=[module.revision_id], by=None, now=now
    )
    return {"corrected_revision_id": other, "notice_id": notice}


def _design(session: Session, person: int, name: str, versions: int = 1) -> designing.VersionFacts:
    """A design of the installation's own, saved and published a few times."""
    made = designing.begin(session, name, designing.FORM, by=person, now=utc_now())
    form = own_designs.Choices("credit", "#7a1f3d", "#a08050").plain()
    for number in range(versions):
        choices = {"form": form, "pictures": {}}
        saved = designing.save(session, made, f"{number:064d}", choices, by=person, now=utc_now())
        designing.publish(session, saved.version_id, by=person, now=utc_now())
    return saved


def _upload(session: Session, world: World, now: datetime) -> int:
    data = b"::One:: What is it? {=This ~That}"
    report = read_any(data, "one.gift")
    seen = uploads.look_ahead(session, world.module.quiz_id, report)
    return uploads.keep(session, "one.gift", data, report, seen, owner=world.person_id, now=now)


def _reviews(session: Session, draft: int, person: int, times: int = 1) -> None:
    """Sent to review, commented, answered, settled; then a change, so that it can be sent again."""
    now = utc_now()
    for _ in range(times):
        facts = version_facts(session, draft)
        assert facts is not None
        reviewing.send(session, draft, edition=facts.edition, reviewer=None, editor=person, now=now)
        for lineage in (None, next(iter(facts.items.values())).lineage):
            number = commenting.comment(session, draft, lineage, "Well.", by=person, now=now)
            commenting.answer(session, number, "Yes.", by=person, now=now)
            commenting.settle(session, number, by=person, now=now)
        move_question(session, next(iter(facts.items)), up=False, editor=person, now=now)


def _question_of(session: Session, version_id: int) -> Question:
    return session.scalars(select(Question).where(Question.version_id == version_id).limit(1)).one()


def grow(session: Session, world: World) -> None:
    """Many modules, credits, attempts, people, browsers and questions more."""
    now, person = utc_now(), world.person_id
    for number in range(MODULES):
        _design(session, person, f"Design {number}", versions=number + 1)
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
    _more_questions(session, int(str(world.names["version_id"])))
    _reviews(session, int(str(world.names["version_id"])), person, times=5)
    for module in [make_module(session, now=now) for _ in range(DRAFTS)]:
        draft = open_draft(session, module.quiz_id, editor=person, now=now)
        _reviews(session, draft, person)


def _more_questions(session: Session, draft: int) -> None:
    pattern = _question_of(session, draft)
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


def counts(world: World) -> tuple[dict[str, int], set[str]]:
    """Statements of each page, once everything that a process keeps has been read; and the pages without content."""
    found: dict[str, int] = {}
    absent: set[str] = set()
    for name, path in {**addresses(world), **{further: further.format(**world.names) for further in FURTHER}}.items():
        world.client.raw.get(path)
        with statements(world.app) as sent:
            status = world.client.raw.get(path).status_code
        assert status < 500, path
        found[name] = len(sent)
        if status == 404 and name not in FURTHER:
            absent.add(name)
    return found, absent


def test_no_page_asks_more_when_there_is_more(world: World):
    before, absent = counts(world)
    assert absent <= ABSENT, "these pages show nothing here: name what they are about, or count them as absent"
    write(world.app, lambda session: grow(session, world))
    after, _absent = counts(world)
    assert {name: (before[name], after[name]) for name in before if after[name] > before[name]} == {}
    assert after["learning.article"] <= 6
    assert {name: sent for name, sent in after.items() if name.startswith(LEARNERS) and sent > 8} == {}


AT_THE_DESK = (
    *("index", "quiz", "review", "publish", "bank", "question", "quiz_media", "export", "import_report", "preflight"),
    *("preview", "compare", "discard", "new_question", "rules"),
)


def counts_after_a_save(world: World) -> dict[str, int]:
    """Statements of each page of the desk as the first thing that is shown after a question was saved."""
    found: dict[str, int] = {}
    places = addresses(world)
    for page in AT_THE_DESK:
        world.client.raw.get(places[f"desk.{page}"])
        write(world.app, lambda session: _save(session, world))
        with statements(world.app) as sent:
            assert world.client.raw.get(places[f"desk.{page}"]).status_code == 200, page
        found[page] = len(sent)
    return found


def _save(session: Session, world: World) -> None:
    facts = version_facts(session, int(str(world.names["version_id"])))
    assert facts is not None
    number, item = next(iter(facts.items.items()))
    changed = replace(item, stem=f"{item.stem} Again?")
    authoring.save_question(
        session, number, changed, edition=facts.edition, seen="", editor=world.person_id, now=utc_now()
    )


def test_the_desk_right_after_a_save_asks_at_most_ten_times_and_not_more_when_there_is_more(world: World):
    before = counts_after_a_save(world)
    write(world.app, lambda session: grow(session, world))
    after = counts_after_a_save(world)
    assert {name: (before[name], sent) for name, sent in after.items() if sent > min(before[name], 10)} == {}
