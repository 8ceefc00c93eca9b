"""People in every state of the road, and one of everything that has an address of its own."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from certificates import designing, life, own_designs, packs
from certificates.places import store_of
from certificates.rules.life import Ground
from cme.activities.queries import release_facts
from cme.activities.service import add_minor_revision
from cme.credits.notices import send_notice
from cme.credits.report_rows import OfficeFilter
from cme.people.rules import Purpose
from cme.people.services import links
from quizzes.interchange.formats import read_any
from quizzes.queries.attempts import attempt_of
from quizzes.queries.versions import version_facts
from quizzes.rules.correcting import Change, Treatment
from quizzes.rules.delivery import DeliveryRules, Review
from quizzes.rules.grading import AnswerSheet
from quizzes.services import authoring, commenting, reviewing, taking, uploads
from quizzes.services.correcting import correct_key
from quizzes.services.figuring import refresh_figures
from quizzes.services.tallying import tally_batch
from quizzes.services.versions import VersionCache
from tests.browser.site import SLUG, Site
from tests.factories.crowd import make_crowd
from tests.factories.items import make_module_of_kinds
from tests.factories.media import MemoryFiles
from tests.factories.modules import Module, make_module, make_revision
from tests.support.designs import picture

GIFT = """
::Relief:: What ends a cramp at once? {=Stretching#It lengthens the muscle. ~Ice ~Tea ~%50%Sleep}

::Nothing right:: Which of these helps? {~Ice ~Tea}

::Share:: Which share of people over 60 have had them? {#33:5}
"""
FINISHED = ("learner", "editor", "reviewer", "registrar", "administrator")


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
    for one in personas:
        if one.name == "learner":
            one.own |= _checking(site, one.person_id or 0)
        if one.name in {"editor", "administrator"}:
            one.own |= _imports(site, one)
    return Scene(personas, {"slug": SLUG, **_places(site, personas)})


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


def _checking(site: Site, person: int) -> dict[str, object]:
    """An open attempt with feedback: one answer of every kind right, wrong, or still open; `left` is an open one."""
    now, versions = site.server.now(), VersionCache()
    everything = Review(True, True, True, rationales=True, references=True)
    with site.database.writing() as session:
        rules = DeliveryRules(certainty=True, during=everything)
        module = make_module_of_kinds(session, now=now, delivery=rules)
        facts = version_facts(session, module.version_id)
        assert facts is not None
        release = release_facts(session, module.release_id)
        code = taking.begin(session, person, release, versions=versions, now=now)
        attempt = attempt_of(session, person, code)
        assert attempt is not None
        places = {facts.items[row.question_id].lineage: row.position for row in attempt.answers}
        given = {"single": "b", "multiple": "a c", "matching": "s1=b s2=c", "ordering": "a=1 b=2 c=3", "numeric": "2.5"}
        for lineage, answer in given.items():
            place = places[lineage]
            sheet = AnswerSheet({place: answer}, {place: "middle"})
            taking.check_answer(session, person, code, place, sheet, versions=versions, now=now)
    return {"checked": code, "left": places["truth"], "wrong": places["single"]}


def _imports(site: Site, editor: Persona) -> dict[str, object]:
    """A file that waits for its second step, and one that was taken."""
    owner, now, data = editor.person_id or 0, site.server.now(), GIFT.encode()
    module = site.small_module(title="A module with imported questions")
    report = read_any(data, "cramps.gift")
    with site.database.writing() as session:
        taken, waiting = (
            uploads.keep(
                session,
                "cramps.gift",
                data,
                report,
                uploads.look_ahead(session, module.quiz_id, report),
                owner=owner,
                now=now,
            )
            for _ in range(2)
        )
        uploads.take(session, taken, report, files=MemoryFiles(), owner=owner, now=now)
        uploads.renew(session, waiting, report, uploads.look_ahead(session, module.quiz_id, report), owner=owner)
    return {"upload": waiting, "taken": taken}


def _review(site: Site, personas: list[Persona]) -> dict[str, object]:
    """A draft that lies with its reviewers, with comments, an answer, and a question that differs."""
    people = {persona.name: persona.person_id or 0 for persona in personas}
    editor, reviewer, now = people["editor"], people["reviewer"], site.server.now()
    module = site.small_module(title="A module in review")
    with site.database.writing() as session:
        version = authoring.open_draft(session, module.quiz_id, editor=editor, now=now)
        facts = version_facts(session, version)
        assert facts is not None
        number, item = next(iter(facts.items.items()))
        said = {"edition": 1, "seen": item.fingerprint, "editor": editor, "now": now}
        authoring.save_question(session, number, replace(item, stem="A *new* stem. Which one?"), **said)
        reviewing.send(session, version, edition=2, reviewer=None, words="Is it clear?", editor=editor, now=now)
        reviewing.give_back(session, version, edition=2, words="Not yet.", reviewer=reviewer, now=now)
        commenting.comment(session, version, None, "Well written.", by=reviewer, now=now)
        one = commenting.comment(session, version, item.lineage, "Which *one*?", by=reviewer, now=now)
        commenting.answer(session, one, "The first.", by=editor, now=now)
        commenting.settle(session, one, by=editor, now=now)
        authoring.move_question(session, number, up=False, editor=editor, now=now)
        reviewing.send(session, version, edition=3, reviewer=reviewer, editor=editor, now=now)
    return {"reviewed": version}


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


def _work(site: Site, personas: list[Persona]) -> dict[str, object]:
    """One of everything that the office and the desk have begun and not finished."""
    people = {persona.name: persona.person_id or 0 for persona in personas}
    now = site.server.now()
    module = site.small_module(title="A module with a corrected key")
    number = site.database.one("SELECT id FROM certificates WHERE person_id = :id", id=people["learner"])
    with site.database.writing() as session:
        item = session.scalar(text("SELECT min(id) FROM questions WHERE version_id = :id"), {"id": module.version_id})
        correction = correct_key(
            session, int(item or 0), Change(Treatment.KEY, ("b",)), reason="The article says b.", by=None, now=now
        )
        pack = packs.ask(session, OfficeFilter(), packs.DOWNLOAD, "", by=people["registrar"], now=now)
        proposal = life.propose_revocation(
            session, number, Ground.IDENTITY, "Somebody else answered.", by=people["administrator"], now=now
        )
        return {
            **_corrected_text(session, site, module, people["registrar"]),
            **_crowd(session, site),
            "design": _design(session, site, people["administrator"], now),
            "correction": correction,
            "pack": pack.code,
            "proposal": proposal.id,
            "certificate_number": number,
        }


def _corrected_text(session: Session, site: Site, module: Module, registrar: int) -> dict[str, object]:
    """Two corrections of a text: one that people were told of, one that they might be."""
    now = site.server.now()
    told, other = (
        make_revision(session, module.article_id, now=now, title="Corrected", number=number) for number in (2, 3)
    )
    for revision in (told, other):
        add_minor_revision(
            session, module.release_id, revision, reason="A dose was wrong.", clinical=True, by=registrar, now=now
        )
    notice = send_notice(
        session, module.release_id, told, words="Right is 3 mg.", earlier=[module.revision_id], by=registrar, now=now
    )
    return {"corrected_release": module.release_id, "corrected_revision": other, "notice": notice}


def _crowd(session: Session, site: Site) -> dict[str, object]:
    """A quiz that enough people took for every figure of item health."""
    now = site.server.now()
    module = make_module(session, now=now, questions=5, pass_points=4, title="A module with many answers")
    numbers = make_crowd(session, module, people=60, pass_points=4, now=now)
    session.execute(
        text("UPDATE answers SET seconds = position * 9, certainty = CASE points WHEN 1 THEN 'high' ELSE 'low' END "
             "WHERE attempt_id >= :first"),
        {"first": min(numbers)},
    )  # fmt: skip
    while tally_batch(session, module.quiz_id) or refresh_figures(session, module.quiz_id):
        pass
    return {"crowded_quiz": module.quiz_id}


def _design(session: Session, site: Site, by: int, now: datetime) -> int:
    """A design that was saved once, with pictures that show nothing."""
    shown = store_of(site.database.app.extensions["settings"]).put(picture(1650, 1275))
    pictures = {f"{kind}-{paper}": shown for kind in ("credit", "participation") for paper in ("letter", "a4")}
    made = designing.begin(session, "Our own frame", designing.FORM, by=by, now=now)
    form = own_designs.Choices("credit", "#7a1f3d", "#a08050", signatures=(("Maria Example", "Chair"),))
    designing.save(session, made, "0" * 64, {"form": form.plain(), "pictures": pictures}, by=by, now=now)
    return made


def _places(site: Site, personas: list[Persona]) -> dict[str, object]:
    learner = personas[1]
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
        **_work(site, personas),
        **_review(site, personas),
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
        "item": site.database.one("SELECT lineage FROM questions WHERE id = :id", id=shipped[2]),
        "provider": provider,
        "figure": figure,
        "release": site.release_id,
        "person": learner.person_id,
        "certificate": learner.own["certificate"],
        "decision": learner.own["decision"],
    }
