"""The site under test: the real module on a real server with a shifted clock, people in every state, and its mail."""

import re
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

import time_machine
import yaml
from sqlalchemy import select

from quizzes.models.attempt import Answer, Attempt
from quizzes.models.quiz import Choice
from quizzes.rules.grading import AnswerSheet
from quizzes.services import taking
from quizzes.services.versions import VersionCache
from tests.factories.modules import Module, make_module
from tests.factories.people import make_person
from tests.support import journeys
from tests.support.serving import PROJECT, Database, Server

INSIDE_TERM = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
AFTER_TERM = datetime(2028, 1, 5, 15, 0, tzinfo=UTC)
SLUG = "sleep-related-leg-cramps"
LIBRARY = PROJECT / "cme" / "library" / SLUG
PATIENCE = 20.0
NOT_A_WORD = re.compile(r"[\W_]+")


def words_only(text: str) -> str:
    """Letters and digits, so that typography and markup do not matter in a comparison."""
    return NOT_A_WORD.sub("", text).lower()


def load_module(database: Database, at: datetime) -> None:
    """Load what ships with the platform, at that time."""
    with time_machine.travel(at):
        done = database.app.test_cli_runner().invoke(args=["library", "load-shipped"])
    assert done.exit_code == 0, done.output


class Site:
    """A running server, and from the test's side everything a person would have to find out by other means."""

    def __init__(self, dialect: str, folder: Path, server_url: str | None, at: datetime) -> None:
        self.database = Database(dialect, folder, server_url)
        load_module(self.database, min(at, INSIDE_TERM))
        self.server = Server(self.database, fake_at=at).start()
        self.url = self.server.url
        self.right = right_answers()
        self.release_id = int(
            self.database.one(
                "SELECT releases.id FROM releases JOIN activities ON activities.id = activity_id WHERE slug = :slug",
                slug=SLUG,
            )
        )

    def close(self) -> None:
        self.server.stop()
        self.database.close()

    def stop(self) -> None:
        """As when the machine is restarted: its clock goes on meanwhile."""
        self._stopped_at = self.server.now()
        self.server.stop()

    def start(self) -> None:
        self.server._fake_at = self._stopped_at
        self.server.start()

    def person(self, *, roles: tuple[str, ...] = (), **changes: object) -> int:
        """A confirmed physician, unless told otherwise."""
        with self.database.writing() as session:
            return make_person(session, now=self.server.now(), roles=roles, **changes).id

    def email_of(self, person_id: int) -> str:
        return self.database.one("SELECT email FROM people WHERE id = :id", id=person_id)

    def small_module(self, **changes: object) -> Module:
        """A module of two passages and two questions ("a" is right), for tests that change it."""
        with self.database.writing() as session:
            return make_module(session, now=self.server.now(), **changes)

    # Roads already taken, by the services the pages call -------------------------------------------------------

    def start_module(self, person_id: int) -> None:
        with self.database.writing() as session:
            journeys.start(session, person_id, self.release_id, now=self.server.now())
            journeys.read(session, person_id, self.release_id, now=self.server.now())

    def begin_quiz(self, person_id: int) -> str:
        with self.database.writing() as session:
            return journeys.begin_quiz(session, person_id, self.release_id, now=self.server.now())

    def submit_quiz(self, person_id: int, code: str, *, right: bool) -> None:
        """Every answer right, or every answer wrong."""
        with self.database.writing() as session:
            rows = session.execute(
                select(Answer.position, Choice.key)
                .join(Attempt, Attempt.id == Answer.attempt_id)
                .join(Choice, Choice.question_id == Answer.question_id)
                .where(Attempt.code == code, Choice.correct.is_(right))
            )
            taking.submit(
                session,
                person_id,
                code,
                AnswerSheet({row.position: row.key for row in rows}),
                release=journeys.release_of(session, self.release_id),
                versions=VersionCache(),
                now=self.server.now(),
            )

    def claim(self, person_id: int, quarters: int = 4) -> str:
        """Claim by the service; gives the certificate's code."""
        with self.database.writing() as session:
            result = journeys.claim(session, person_id, self.release_id, now=self.server.now(), quarters=quarters)
            assert result.credit is not None, result.denied
        return self.certificate_of(person_id)

    def earn(self, person_id: int, quarters: int = 4) -> str:
        """The whole road; gives the certificate's code."""
        self.start_module(person_id)
        self.submit_quiz(person_id, self.begin_quiz(person_id), right=True)
        return self.claim(person_id, quarters)

    def certificate_of(self, person_id: int) -> str:
        return self.database.one(
            "SELECT certificates.code FROM certificates JOIN credits ON credits.id = certificates.credit_id "
            "WHERE credits.person_id = :id",
            id=person_id,
        )

    # Mail -------------------------------------------------------------------------------------------------------

    @property
    def mail_folder(self) -> Path:
        return self.database.folder / "instance" / "mail"

    def letter_to(self, address: str, containing: str = "") -> str:
        """The newest letter to that address; waits for the outbox."""
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            found = sorted(self.mail_folder.glob("*.txt"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
            for path in found:
                text = path.read_text(encoding="utf-8")
                if text.startswith(f"To: {address}\n") and containing in text:
                    return text
            time.sleep(0.1)
        raise AssertionError(f"no letter to {address} came in {PATIENCE:.0f} seconds: {self.server.log()[-2000:]}")

    def link_to(self, address: str, path: str) -> str:
        """The link in the letter to that address whose path begins so."""
        found = re.search(re.escape(f"{self.url}{path}") + r"\S+", self.letter_to(address, path))
        assert found, f"no link {path} in the letter to {address}"
        return found.group(0)


def right_answers() -> dict[str, tuple[str, tuple[str, ...]]]:
    """From the module's own quiz: the stem, and the text of its key and of the other choices (words only)."""
    items = yaml.safe_load((LIBRARY / "quiz.yaml").read_text(encoding="utf-8"))["items"]
    return {
        words_only(item["stem"]): (
            words_only(next(choice["text"] for choice in item["choices"] if choice.get("correct"))),
            tuple(words_only(choice["text"]) for choice in item["choices"] if not choice.get("correct")),
        )
        for item in items
    }


def keys_and_rationales() -> list[tuple[str, list[str]]]:
    """Of every question of the module: stem, and the rationales, as words only."""
    items = yaml.safe_load((LIBRARY / "quiz.yaml").read_text(encoding="utf-8"))["items"]
    return [
        (words_only(item["stem"]), [words_only(choice["rationale"]) for choice in item["choices"]]) for item in items
    ]


def poppler_missing() -> bool:
    return any(shutil.which(program) is None for program in ("pdftotext", "pdfinfo"))
