"""The editor's desk over a bank of thousands: its pages, an import, a draw, and the regrading of a corrected key."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import time_machine
from sqlalchemy import func, select, text, update

from cme.store.database import db
from quizzes.interchange.convert import from_item
from quizzes.interchange.entry import Entry
from quizzes.interchange.formats import FORMATS, read_any
from quizzes.models.attempt import Attempt
from quizzes.models.correction import KeyCorrection, Regrade
from quizzes.models.quiz import Quiz, QuizVersion
from quizzes.queries.versions import items_of, published_version_of
from quizzes.rules.correcting import Change, Treatment
from quizzes.rules.drawing import candidates_of, draw
from quizzes.rules.item import Item
from quizzes.services import authoring, importing, regrading, uploads
from quizzes.services.correcting import correct_key
from quizzes.services.publishing import discard_draft
from quizzes.services.writing import add_draft
from tests.bench.caller import Caller
from tests.bench.measuring import NOW, SLUG
from tests.bench.meter import Cost, Meter, median
from tests.factories.crowd import make_crowd
from tests.factories.media import MemoryFiles
from tests.factories.modules import make_module
from tests.factories.people import PASSWORD, make_person
from tests.support.serving import Database

ITEMS, IMPORTED, ATTEMPTS = 5_000, 1_000, 100_000
PAGE_MS, STATEMENTS, DRAW_MS, IMPORT_SECONDS, IMPORT_MB, PER_SECOND = 40, 10, 10, 10, 300, 2_000
CROWD = 5_000
"""People written at once; the crowd is many of these."""


@dataclass(frozen=True)
class Line:
    """One measured thing: what it took, in words, what is wanted, and whether it is met."""

    name: str
    taken: str
    aim: str
    met: bool


def measure_desk(
    database: Database, postmaster: int | None, repeats: int, *, items: int = ITEMS, attempts: int = ATTEMPTS
) -> list[Line]:
    """Everything on one database."""
    with time_machine.travel(NOW, tick=True):
        database.app.test_cli_runner().invoke(args=["library", "load-shipped"])
        email, quiz_id, draft, published, question = _fill(database, items)
        with database.app.app_context():
            meter = Meter(db.engine, postmaster)
        caller = _signed_in(database, email)
        pages = addresses(quiz_id, draft, question, _waiting(database, quiz_id, email))
        found = list(_pages(caller, meter, repeats, pages))
        found += _after_a_save(database, caller, meter, pages, draft)
        found += [_draw(database, published, repeats), *_import(database, quiz_id, meter)]
        return [*found, *_regrade(database, meter, attempts)]


def _fill(database: Database, items: int) -> tuple[str, int, int, int, int]:
    """A published bank like the shipped one, many times over, and a draft of it with a change."""
    with database.writing() as session:
        quiz_id = session.scalars(select(Quiz.id).where(Quiz.key == SLUG)).one()
        version = published_version_of(session, quiz_id)
        assert version is not None
        bank = many(list(items_of(session, version).values()), items)
        editor = make_person(session, now=NOW, roles=("editor",))
        draft = authoring.open_draft(session, quiz_id, editor=editor.id, now=NOW)
        discard_draft(session, draft, edition=1, editor=editor.id, now=NOW)
        old = session.get_one(QuizVersion, version)
        made = session.get_one(QuizVersion, draft)
        published = add_draft(
            session, quiz_id, made.number + 1, blueprint=(), topics=(), items=bank, editor=editor.id, now=NOW
        )
        values = {"blueprint": old.blueprint, "topics": old.topics, "vignettes": old.vignettes}
        session.execute(update(QuizVersion).where(QuizVersion.id == published).values(values))
        session.execute(update(QuizVersion).where(QuizVersion.id == version).values(state="retired"))
        session.execute(
            update(QuizVersion).where(QuizVersion.id == published).values(state="published", published_at=NOW)
        )
    with database.writing() as session:
        draft = authoring.open_draft(session, quiz_id, editor=editor.id, now=NOW)
        question = next(iter(items_of(session, draft)))
        email = str(session.execute(text("SELECT email FROM people WHERE id = :id"), {"id": editor.id}).scalar_one())
    with database.app.app_context(), db.engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()
    _save(database, draft)
    return email, quiz_id, draft, published, question


def many(pattern: list[Item], count: int) -> list[Item]:
    """So many items like these, each with a name and a wording of its own."""
    return [
        replace(one, lineage=f"{one.lineage[:60]}-{number}", stem=f"{one.stem} (case {number})", apart=())
        for number, one in ((number, pattern[number % len(pattern)]) for number in range(count))
    ]


def _save(database: Database, draft: int) -> None:
    with database.writing() as session:
        number, item = next(iter(items_of(session, draft).items()))
        edition = session.scalars(select(QuizVersion.edition).where(QuizVersion.id == draft)).one()
        changed = replace(item, stem=f"{item.stem} Again?")
        authoring.save_question(session, number, changed, edition=edition, seen="", editor=1, now=NOW)


def _signed_in(database: Database, email: str) -> Caller:
    caller = Caller(database.app, "10.9.9.9")
    page = caller.call(caller.get("/sign-in"))
    caller.keep_cookies(page)
    form = page.form("/sign-in")
    reply = caller.call(caller.post("/sign-in", {**form.fields, "email": email, "password": PASSWORD}))
    caller.keep_cookies(reply)
    assert reply.status == 303, reply.status
    return caller


def _waiting(database: Database, quiz_id: int, email: str) -> int:
    """A file with as many questions, between the two steps of its import."""
    with database.writing() as session:
        version = published_version_of(session, quiz_id)
        assert version is not None
        entries = [from_item(item) for item in items_of(session, version).values()]
        data = FORMATS["csv"].write(entries, "Everything")
        report = read_any(data, "all.csv")
        owner = session.execute(text("SELECT id FROM people WHERE email = :email"), {"email": email}).scalar_one()
        seen = uploads.look_ahead(session, quiz_id, report)
        return uploads.keep(session, "all.csv", data, report, seen, owner=owner, now=NOW)


def addresses(quiz_id: int, draft: int, question: int, upload: int) -> dict[str, str]:
    """The desk's pages by their names."""
    return {
        "desk": "/desk",
        "quiz, its draft": f"/desk/quizzes/{quiz_id}",
        "quiz, page 60": f"/desk/quizzes/{quiz_id}?page=60",
        "quiz, words searched": f"/desk/quizzes/{quiz_id}?q=cramp+night",
        "bank": "/desk/bank",
        "bank, words and notes": "/desk/bank?q=cramp+night&notes=any",
        "bank, sorted by notes": "/desk/bank?sort=notes&down=1",
        "question": f"/desk/questions/{question}",
        "publish": f"/desk/versions/{draft}/publish",
        "preview": f"/desk/versions/{draft}/preview",
        "preflight": f"/desk/versions/{draft}/preflight",
        "compare": f"/desk/quizzes/{quiz_id}/compare",
        "held questions": "/desk/holds",
        "review": f"/desk/versions/{draft}/review",
        "review, all questions": f"/desk/versions/{draft}/review?show=all&page=60",
        "media": f"/desk/quizzes/{quiz_id}/media",
        "export": f"/desk/versions/{draft}/export",
        "export, what GIFT loses": f"/desk/versions/{draft}/export?format=gift",
        "import report": f"/desk/imports/{upload}",
        "new question": f"/desk/versions/{draft}/questions/new",
        "discard": f"/desk/versions/{draft}/discard",
        "rules": f"/desk/versions/{draft}/rules",
    }


def _pages(caller: Caller, meter: Meter, repeats: int, pages: dict[str, str]) -> Iterator[Line]:
    for name, path in pages.items():
        caller.call(caller.get(path))  # warm: what a process keeps
        costs = []
        for _ in range(repeats):
            request = caller.get(path)
            reply, cost = meter.measure(lambda request=request: caller.call(request))
            assert reply.status == 200, (path, reply.status)
            costs.append(cost)
        yield page_line(name, median(costs))


def page_line(name: str, cost: Cost) -> Line:
    """A page against the aims for pages."""
    milliseconds = cost.web + cost.database
    return Line(
        f"page: {name}",
        f"{milliseconds:.1f} ms, {cost.statements} statements",
        f"{PAGE_MS} ms, {STATEMENTS} statements",
        milliseconds <= PAGE_MS and cost.statements <= STATEMENTS,
    )


def _after_a_save(
    database: Database, caller: Caller, meter: Meter, pages: dict[str, str], draft: int
) -> Iterator[Line]:
    """Each page as the first thing that a process shows after a question was saved, maybe by another process."""
    for name, path in pages.items():
        costs = []
        for _ in range(5):
            _save(database, draft)
            request = caller.get(path)
            reply, cost = meter.measure(lambda request=request: caller.call(request))
            assert reply.status == 200, (path, reply.status)
            costs.append(cost)
        yield page_line(f"{name}, right after a question was saved", median(costs))


def _draw(database: Database, version: int, repeats: int) -> Line:
    with database.app.app_context():
        session = db.session()
        bank = candidates_of(items_of(session, version).values())
        head = database.app.extensions["quiz_shelf"].get(session, version).facts
        took = []
        for number in range(max(repeats, 5)):
            began = time.process_time()
            draw(head.blueprint, bank, seen={}, seed=str(number))
            took.append(time.process_time() - began)
        db.session.remove()
    milliseconds = sorted(took)[len(took) // 2] * 1000
    return Line(f"draw from {len(bank):,} items", f"{milliseconds:.1f} ms", f"{DRAW_MS} ms", milliseconds <= DRAW_MS)


def _import(database: Database, quiz_id: int, meter: Meter) -> Iterator[Line]:
    with database.writing() as session:
        version = published_version_of(session, quiz_id)
        assert version is not None
        pattern = list(items_of(session, version).values())[:68]
        module = make_module(session, now=NOW)
        editor = make_person(session, now=NOW, roles=("editor",)).id
    entries: list[Entry] = [from_item(item) for item in many(pattern, IMPORTED)]
    data = FORMATS["qti3"].write(entries, "A thousand")

    def taken() -> int:
        report = read_any(data, "thousand.zip")
        with database.writing() as session:
            draft = authoring.open_draft(session, module.quiz_id, editor=editor, now=NOW)
            return len(importing.take_in(session, draft, report, files=MemoryFiles(), editor=editor, now=NOW).added)

    added, cost = meter.measure(taken)
    assert added == IMPORTED, added
    seconds, megabytes = (cost.web + cost.database) / 1000, reading_peak(data)
    yield Line(
        f"import of {IMPORTED:,} QTI 3.0 items into a draft",
        f"{seconds:.1f} s",
        f"{IMPORT_SECONDS} s",
        seconds <= IMPORT_SECONDS,
    )
    yield Line("memory of a process that reads them", f"{megabytes:.0f} MB", f"{IMPORT_MB} MB", megabytes <= IMPORT_MB)


def reading_peak(data: bytes) -> float:
    """Megabytes at the most, of a process of its own that loads the wing and reads the file."""
    code = (
        "import sys; from quizzes.interchange.formats import read_any\n"
        f"{PEAK}; data = sys.stdin.buffer.read(); read_any(data, 'x'); print(peak())"
    )
    done = subprocess.run([sys.executable, "-c", code], input=data, capture_output=True, check=True)
    return float(done.stdout)


PEAK = (
    "import pathlib\npeak = lambda: int(next(line.split()[1] for line in "
    "pathlib.Path('/proc/self/status').open() if line.startswith('VmHWM'))) / 1024"
)


def _regrade(database: Database, meter: Meter, attempts: int) -> Iterator[Line]:
    correction = _crowd(database, attempts)
    forget_peak()
    before = peak()

    def regraded() -> None:
        more = True
        while more:
            with database.writing() as session:
                more = regrading.regrade_batch(session, correction, now=NOW)

    _nothing, cost = meter.measure(regraded)
    with database.writing() as session:
        looked = session.scalars(select(KeyCorrection.looked_at).where(KeyCorrection.id == correction)).one()
        changed = session.scalar(select(func.count()).select_from(Regrade)) or 0
        there = session.scalar(select(func.count()).select_from(Attempt)) or 0
    assert looked == attempts <= there, (looked, attempts, there)
    rate = looked / ((cost.web + cost.database) / 1000)
    grown = peak() - before
    yield Line(
        f"regrade of {looked:,} attempts ({changed:,} change)",
        f"{rate:,.0f} per CPU second",
        f"{PER_SECOND:,} per CPU second",
        rate >= PER_SECOND,
    )
    yield Line("memory that it adds at the most", f"{grown:.0f} MB", "64 MB", grown <= 64)


def _crowd(database: Database, attempts: int) -> int:
    """Attempts of ten answers each, and a corrected key that concerns them all; gives the correction."""
    with database.writing() as session:
        module = make_module(session, now=NOW, questions=10, pass_points=8)
    for seed, start in enumerate(range(0, attempts, CROWD), start=1):
        people = min(CROWD, attempts - start)
        with database.writing() as session:
            make_crowd(session, module, people=people, pass_points=8, now=NOW, seed=seed)
    with database.app.app_context(), db.engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()
    with database.writing() as session:
        question = next(iter(items_of(session, module.version_id)))
        change = Change(Treatment.ACCEPT, ("a", "b"))
        return correct_key(session, question, change, reason="Both are right.", by=None, now=NOW)


def forget_peak() -> None:
    """Let the kernel count this process's most memory anew."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak() -> float:
    """Megabytes this process held at the most since then."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) / 1024


def desk_table(dialect: str, lines: list[Line]) -> str:
    """Markdown: one row per measured thing."""
    rows = [f"| {one.name} | {one.taken} | {one.aim} | {'met' if one.met else 'NOT MET'} |" for one in lines]
    title = f"### {dialect}: the desk over {ITEMS:,} questions"
    head = [title, "", "| what | taken | aim | |", "| --- | ---: | ---: | --- |"]
    return "\n".join([*head, *rows])
