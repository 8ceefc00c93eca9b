"""People in every state of the road, and one of everything that has an address of its own."""

from dataclasses import dataclass, field

from sqlalchemy import text

from cme.people.rules import Purpose
from cme.people.services import links
from quizzes.services import authoring
from tests.browser.site import SLUG, Site

FINISHED = ("learner", "editor", "registrar", "administrator")


@dataclass
class Persona:
    """Somebody who looks at pages: what they are, and the numbers of what is theirs."""

    name: str
    person_id: int | None
    own: dict[str, object] = field(default_factory=dict)


@dataclass
class Scene:
    """Everybody, and what pages are about; `places` fill the addresses of the list of pages."""

    personas: list[Persona]
    places: dict[str, object]


def set_up(site: Site) -> Scene:
    """Fill the site. Everybody who has finished also has an open self-test."""
    personas = [Persona("signed out", None)]
    personas += [_finished(site, name) for name in FINISHED]
    personas += [_midway(site), _fresh(site)]
    return Scene(personas, {"slug": SLUG, **_places(site, personas[1])})


def _finished(site: Site, name: str) -> Persona:
    person = site.person(roles=() if name == "learner" else (name,), name=f"Robin {name.title()}")
    site.start_module(person)
    failed = site.begin_quiz(person)
    site.submit_quiz(person, failed, right=False)
    passed = site.begin_quiz(person)
    site.submit_quiz(person, passed, right=True)
    code = site.claim(person)
    number = site.database.one("SELECT id FROM credits WHERE person_id = :id", id=person)
    own = {
        "open": site.begin_quiz(person),
        "failed": failed,
        "result": passed,
        "certificate": code,
        "credit": number,
        "decision": site.database.one("SELECT decision_id FROM credits WHERE id = :id", id=number),
    }
    return Persona(name, person, own)


def _midway(site: Site) -> Persona:
    """Passed, and not yet claimed."""
    person = site.person(name="Kim Midway")
    site.start_module(person)
    passed = site.begin_quiz(person)
    site.submit_quiz(person, passed, right=True)
    return Persona("midway", person, {"open": site.begin_quiz(person), "result": passed})


def _fresh(site: Site) -> Persona:
    """Nothing begun, and the address not confirmed."""
    return Persona("fresh", site.person(name="Alex Fresh", confirmed_at=None))


def _places(site: Site, learner: Persona) -> dict[str, object]:
    module = site.small_module(title="A small module")
    assert learner.person_id is not None
    with site.database.writing() as session:
        address = str(site.email_of(learner.person_id))
        made = {
            purpose: links.make(session, purpose, learner.person_id, address, now=site.server.now()).rsplit("/", 1)[-1]
            for purpose in Purpose
        }
        version = authoring.open_draft(session, module.quiz_id, editor=learner.person_id, now=site.server.now())
        shipped = session.execute(
            text(
                "SELECT q.quiz_id, v.id, min(x.id) FROM quiz_assignments q JOIN releases r ON r.id = q.release_id "
                "JOIN activities a ON a.id = r.activity_id JOIN quiz_versions v ON v.quiz_id = q.quiz_id "
                "JOIN questions x ON x.version_id = v.id WHERE a.slug = :slug AND v.state = 'published' "
                "GROUP BY q.quiz_id, v.id"
            ),
            {"slug": SLUG},
        ).one()
        question = session.scalar(text("SELECT min(id) FROM questions WHERE version_id = :id"), {"id": version})
        provider = session.scalar(text("SELECT min(key) FROM providers"))
        figure = session.scalar(text("SELECT min(key) FROM figures"))
    return {
        "confirm": made[Purpose.CONFIRM],
        "reset": made[Purpose.RESET],
        "new_address": made[Purpose.CHANGE_EMAIL],
        "small_quiz": module.quiz_id,
        "small_release": module.release_id,
        "draft": version,
        "draft_question": question,
        "quiz": shipped[0],
        "version": shipped[1],
        "question": shipped[2],
        "provider": provider,
        "figure": figure,
        "release": site.release_id,
        "person": learner.person_id,
        "certificate": learner.own["certificate"],
        "decision": learner.own["decision"],
    }
