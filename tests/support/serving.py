"""Real server processes for tests: several web workers and one outbox process, on a database of their own."""

import os
import random
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Self

import psycopg
import time_machine
from flask_migrate import upgrade
from sqlalchemy import text
from sqlalchemy.orm import Session

from cme.kernel.clock import utc_now
from cme.people.rules import SESSION_LASTS
from cme.store.database import db
from cme.store.session import transaction
from tests.factories.people import make_person, make_sign_in
from tests.support.postgres import free_port
from tests.support.stores import SECRET, settings_for
from wsgi import create_app

PROJECT = Path(__file__).resolve().parents[2]
STARTS_WITHIN = 40.0
FAKED = Path(__file__).with_name("faked")
FAKETIME_FOLDERS = ("/usr/lib", "/usr/local/lib")


class Database:
    """A migrated, empty database and its folder. `app` fills and inspects it from the test's side, in this process."""

    def __init__(self, dialect: str, folder: Path, server_url: str | None = None) -> None:
        self.dialect = dialect
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._server_url = server_url
        self._name = f"cme_served_{secrets.token_hex(4)}"
        if dialect == "sqlite":
            self.url = f"sqlite:///{folder / 'served.sqlite3'}"
        else:
            assert server_url is not None, "a PostgreSQL database needs a server"
            self.url = f"{server_url.rsplit('/', 1)[0]}/{self._name}"
            self._administer(f'CREATE DATABASE "{self._name}"')
        self.app = create_app(settings_for(self.url, folder / "instance"))
        with self.app.app_context():
            upgrade()
        self._let_go()

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One committed transaction of the application."""
        with self.app.app_context(), transaction() as session:
            yield session

    def rows(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        """What a statement finds in the committed state."""
        with self.app.app_context(), db.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(sql), values)]

    def one(self, sql: str, **values: Any) -> Any:
        """The only value of the only row."""
        ((value,),) = self.rows(sql, **values)
        return value

    def close(self) -> None:
        """Let go of every connection; PostgreSQL's database is dropped."""
        self._let_go()
        if self.dialect == "postgresql":
            self._administer(f'DROP DATABASE IF EXISTS "{self._name}" WITH (FORCE)')

    def _let_go(self) -> None:
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    def _administer(self, statement: str) -> None:
        assert self._server_url is not None
        address = self._server_url.replace("postgresql+psycopg://", "postgresql://")
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type]


class Server:
    """The platform as `script/server` runs it. `fake_at` shifts the clock of its processes; it goes on ticking."""

    def __init__(
        self,
        database: Database,
        *,
        processes: int = 2,
        threads: int = 8,
        outbox: bool = True,
        fake_at: datetime | None = None,
        application: str = "wsgi:app",
        environment: dict[str, str] | None = None,
        port: int | None = None,
    ) -> None:
        self.database = database
        self.processes = processes
        self.threads = threads
        self.outbox = outbox
        self.application = application
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._fake_at = fake_at
        self._offset = 0.0
        self._extra = environment or {}
        self._running: list[subprocess.Popen[bytes]] = []
        self._log = database.folder / f"server-{self.port}.log"

    def start(self) -> Self:
        """Start and wait until it answers. RuntimeError with its log when it does not."""
        environment = self._environment()
        self._running = [self._spawn(self._web_command(), environment)]
        if self.outbox:
            self._running.append(
                self._spawn([sys.executable, "-m", "flask", "--app", "wsgi", "outbox", "run"], environment)
            )
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End everything that was started, politely first."""
        workers = self.workers()
        for process in self._running:
            process.terminate()
        for process in self._running:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
        for worker in workers:  # only those whose master had to be killed are still there
            if _lives(worker):
                os.kill(worker, signal.SIGKILL)
        self._running = []

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_error: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The web server's first process, the parent of the workers."""
        return self._running[0].pid

    def workers(self) -> list[int]:
        """The web workers' process numbers."""
        return _children(self.pid) if self._running else []

    def kill_worker(self, chance: random.Random | None = None) -> int:
        """`kill -9` of one web worker, in the middle of whatever it does. The server starts another by itself."""
        worker = (chance or random.Random()).choice(self.workers())
        os.kill(worker, signal.SIGKILL)
        return worker

    def now(self) -> datetime:
        """What the server's clock says at this moment."""
        return datetime.fromtimestamp(utc_now().timestamp() + self._offset, UTC)

    def log(self) -> str:
        """What its processes have written so far."""
        return self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""

    def cookie_of(self, person_id: int) -> dict[str, str]:
        """A signed-in browser's cookies: a session row, and a cookie that this server will take as its own."""
        now = self.now()
        with self.database.writing() as session:
            token = make_sign_in(session, person_id, now=now, ends_at=now + SESSION_LASTS)
        serializer = self.database.app.session_interface.get_signing_serializer(self.database.app)  # type: ignore[attr-defined]
        content = {"_user_id": token, "_fresh": True, "_permanent": True, "seen": int(now.timestamp())}
        with time_machine.travel(now):
            return {"session": str(serializer.dumps(content))}

    def person(self, **changes: object) -> int:
        """A confirmed physician."""
        with self.database.writing() as session:
            return make_person(session, now=self.now(), **changes).id  # type: ignore[arg-type]

    def _web_command(self) -> list[str]:
        return [
            *(sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{self.port}", "--worker-class", "gthread"),
            *("--workers", str(self.processes), "--threads", str(self.threads), "--backlog", "2048"),
            *("--timeout", "60", "--graceful-timeout", "10", "--no-control-socket", "--log-level", "warning"),
            self.application,
        ]

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CME_")}
        environment = {
            **kept,
            "CME_MODE": "demonstration",
            "CME_SECRET_KEY": SECRET,
            "CME_DATABASE_URL": self.database.url,
            "CME_INSTANCE": str(self.database.folder / "instance"),
            "CME_HOST": "127.0.0.1",
            "CME_PORT": str(self.port),
            "CME_PUBLIC_URL": self.url,
            "CME_POOL_SIZE": str(self.threads + 2),
            "CME_LOG_LEVEL": "WARNING",
            "PYTHONUNBUFFERED": "1",
            **self._extra,
        }
        if self._fake_at is not None:
            environment |= self._faketime(self._fake_at)
        return environment

    def _faketime(self, at: datetime) -> dict[str, str]:
        """An offset, not a moment: processes that start one after the other then still agree about the time."""
        library = faketime_library()
        if library is None:
            raise RuntimeError("libfaketime is missing; `sh script/test` installs it.")
        ahead_of_real = at.timestamp() - _real_time()
        self._offset = at.timestamp() - utc_now().timestamp()
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME": f"{ahead_of_real:+.3f}",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",  # gunicorn watches its workers by the age of a file
            "TZ": "UTC",
            "PYTHONPATH": str(FAKED),
        }

    def _spawn(self, command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=log, stderr=log)

    def _wait(self) -> None:
        # Under a shifted clock PostgreSQL, which keeps its own, can never be ready: being alive has to do.
        path = "/healthz" if self._fake_at is not None and self.database.dialect == "postgresql" else "/readyz"
        path = path if self.application == "wsgi:app" else "/"
        deadline = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < deadline:
            if any(process.poll() is not None for process in self._running):
                raise RuntimeError(f"A server process ended while starting:\n{self.log()[-3000:]}")
            if _answers(self.port, path) and len(self.workers()) >= self.processes:
                return
            time.sleep(0.05)
        raise RuntimeError(f"The server did not answer {path} in time:\n{self.log()[-3000:]}")


def faketime_library() -> Path | None:
    """Where libfaketime lies, or None."""
    for folder in FAKETIME_FOLDERS:
        for pattern in ("*/faketime/libfaketime.so.1", "faketime/libfaketime.so.1"):
            for library in sorted(Path(folder).glob(pattern)):
                return library
    return None


def _real_time() -> float:
    """The machine's clock, also when this process itself runs under libfaketime."""
    clean = {name: value for name, value in os.environ.items() if name not in {"LD_PRELOAD", "FAKETIME"}}
    return float(subprocess.run(["date", "+%s.%N"], env=clean, capture_output=True, text=True, check=True).stdout)


def _answers(port: int, path: str) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True
