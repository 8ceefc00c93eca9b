"""One database at one size: filled, warmed, measured."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import time_machine
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from cme.activities.models import Activity, Release
from cme.people.services.passwords import hash_password
from cme.store.database import db
from quizzes.models.attempt import Answer, Attempt
from quizzes.models.quiz import Choice, QuizAssignment, QuizVersion
from tests.bench import filling
from tests.bench.caller import Caller
from tests.bench.meter import Cost, Meter, best, median
from tests.bench.road import ATTEMPT, RightAnswers, Road
from tests.bench.tables import Size
from tests.factories.modules import make_module
from tests.factories.people import PASSWORD, make_person
from tests.support.serving import Database

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
SLUG = "sleep-related-leg-cramps"
ROUNDS = 3
ONCE = (
    *("sign-in page", "sign-in", "module page", "start", "article", "article read", "quiz begun", "attempt page"),
    *("answer saved", "submit", "result", "claim page", "claim", "certificate made", "certificate page"),
    "certificate stored",
)


def measure(
    database: Database, size: Size, postmaster: int | None, repeats: int, rounds: int = ROUNDS
) -> dict[str, Cost]:
    """Median of `repeats` roads, best of the rounds, per operation."""
    with time_machine.travel(NOW, tick=True):
        _fill(database, size)
        with database.app.app_context():
            meter = Meter(db.engine, postmaster)
        crowd = iter(_people(database, repeats * rounds + 2))
        answers = _right_answers(database)
        addresses = iter(range(1, 60_000))

        def walked() -> Road:
            number = next(addresses)
            road = Road(Caller(database.app, f"10.0.{number // 250}.{number % 250 + 1}"), meter, SLUG)
            road.walk(next(crowd), answers)
            return road

        walked(), walked()  # warm: templates, statements, caches of published content
        found = [_round(walked, repeats, meter, database) for _ in range(rounds)]
    return {name: best([one[name] for one in found]) for name in found[0]}


def _round(walked: Callable[[], Road], repeats: int, meter: Meter, database: Database) -> dict[str, Cost]:
    roads = [walked() for _ in range(repeats)]
    found = _open_pages(roads[-1], meter, database, repeats)
    found |= {name: median([cost for road in roads for cost in road.of(name)]) for name in ONCE}
    found["whole attempt"] = median([road.total(*ATTEMPT) for road in roads])
    found["whole journey"] = median([road.total() for road in roads])
    return found


def _open_pages(road: Road, meter: Meter, database: Database, repeats: int) -> dict[str, Cost]:
    """Pages that can be asked for again and again: by a stranger, and by somebody with a credit."""
    code = database.one("SELECT code FROM certificates ORDER BY id DESC LIMIT 1")
    pages: dict[str, tuple[str, bool]] = {
        "catalogue": ("/", False),
        "preview": (f"/modules/{SLUG}", False),
        "verify": (f"/verify/{code}", False),
        "transcript": ("/transcript", True),
    }
    found: dict[str, Cost] = {}
    for name, (path, signed_in) in pages.items():
        costs = []
        for number in range(repeats):
            stranger = Caller(database.app, f"10.1.{number}.{len(found) + 1}")
            visitor = road if signed_in else Road(stranger, meter, SLUG)
            visitor.step(name, visitor.caller.get(path))
            costs.append(visitor.costs[-1][1])
        if signed_in:
            road.costs = [entry for entry in road.costs if entry[0] != name]
        found[name] = median(costs)
    return found


def _fill(database: Database, size: Size) -> None:
    done = database.app.test_cli_runner().invoke(args=["library", "load-shipped"])
    if done.exit_code:
        raise RuntimeError(f"The shipped module could not be loaded: {done.output}")
    with database.writing() as session:
        pattern = make_module(session, now=NOW) if size.activities > 1 else None
    with database.writing() as session:
        release_id, version_id = _shipped(session)
        connection = session.connection()
        if pattern is not None:
            filling.fill_activities(connection, pattern.activity_id, size.activities - 2)
        filling.fill_attempts(connection, release_id, version_id, size.attempts, NOW)
    with database.app.app_context(), db.engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()


def _shipped(session: Session) -> tuple[int, int]:
    return tuple(  # type: ignore[return-value]
        session.execute(
            select(Release.id, QuizVersion.id)
            .join(Activity, Activity.id == Release.activity_id)
            .join(QuizAssignment, QuizAssignment.release_id == Release.id)
            .join(QuizVersion, QuizVersion.quiz_id == QuizAssignment.quiz_id)
            .where(Activity.slug == SLUG, QuizVersion.state == "published")
        ).one()
    )


def _people(database: Database, number: int) -> list[str]:
    """Confirmed physicians with a real password hash; their addresses."""
    hashed = hash_password(PASSWORD)
    with database.writing() as session:
        return [make_person(session, now=NOW, password_hash=hashed).email for _ in range(number)]


def _right_answers(database: Database) -> RightAnswers:
    """Looks the keys up beside the application, outside of what is measured."""

    def of(code: str) -> dict[int, str]:
        wanted = (
            select(Answer.position, Choice.key)
            .join(Attempt, Attempt.id == Answer.attempt_id)
            .join(Choice, Choice.question_id == Answer.question_id)
            .where(Attempt.code == code, Choice.correct)
        )
        with database.app.app_context(), db.engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(wanted)}

    return of


def scratch(folder: Path, dialect: str, size: Size) -> Path:
    """A folder of its own for each database."""
    return folder / f"{dialect}-{size.activities}-{size.attempts}"
