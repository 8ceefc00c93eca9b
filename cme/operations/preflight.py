"""Judging an installation before it serves: one check per line, each with what is wrong when something is."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from cme.config import Mode, Settings
from cme.web.readiness import MOST_SKEW_SECONDS, current_revision, database_now, head_revision

LOSSY = {"off", "local"}
LOCAL = {"localhost", "127.0.0.1", "::1"}
SFNT = (b"\x00\x01\x00\x00", b"OTTO", b"true", b"wOF2")
WEASYPRINT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. A `problem` forbids the start, a `note` is worth knowing; both None: as it should be."""

    label: str
    found: str
    problem: str | None = None
    note: str | None = None


def checks(session: Session, settings: Settings, packages: Sequence[str], *, now: datetime) -> Iterator[Check]:
    """Every check in turn. `packages` are those whose fonts folder, where they have one, must be whole."""
    yield _settings(settings)
    yield from _database(session, settings, now)
    yield _weasyprint()
    yield _fonts(packages)
    yield _bucket(settings) if settings.files_bucket else _files(settings.files_folder)


def _settings(settings: Settings) -> Check:
    notes: list[str] = []
    production = settings.mode is Mode.PRODUCTION
    if production and not settings.smtp_url:
        notes.append("CME_SMTP_URL is not set: no mail leaves, so nobody can confirm an address.")
    if production and not settings.is_https and settings.host not in LOCAL:
        notes.append("CME_PUBLIC_URL does not begin with https://: passwords travel in clear.")
    if settings.broker_url:
        notes.append("CME_BROKER_URL is set, but nothing uses it yet: `flask outbox run` does all work.")
    return Check("settings", f"{settings.mode.value}, {settings.public_url}", note=" ".join(notes) or None)


def _database(session: Session, settings: Settings, now: datetime) -> Iterator[Check]:
    try:
        dialect = session.get_bind().dialect.name
        current = current_revision(session)
        yield Check("database", dialect)
        head = head_revision()
        pending = f"this program needs {head}; run `flask start prepare`."
        yield Check("migrations", current or "none", None if current == head else pending)
        if dialect == "postgresql":
            yield from _durability(session, settings)
        skew = abs((database_now(session) - now).total_seconds())
        wrong = "the clocks of this machine and of the database differ by more than a second; set them by NTP."
        yield Check("clock", f"{skew:.1f} seconds apart", wrong if skew > MOST_SKEW_SECONDS else None)
    except SQLAlchemyError as error:
        session.rollback()
        yield Check("database", "no answer", f"it does not answer ({type(error).__name__}). Check CME_DATABASE_URL.")


def _durability(session: Session, settings: Settings) -> Iterator[Check]:
    commit = str(session.execute(text("SHOW synchronous_commit")).scalar_one())
    lossy = "an acknowledged answer could be lost; set it to on."
    yield Check("synchronous_commit", commit, lossy if commit in LOSSY else None)
    fsync = str(session.execute(text("SHOW fsync")).scalar_one())
    yield Check("fsync", fsync, lossy if fsync == "off" and settings.mode is Mode.PRODUCTION else None)


def _weasyprint() -> Check:
    # In a process of its own: a missing system library may end it, and its memory is not wanted here.
    try:
        done = subprocess.run(
            [sys.executable, "-c", "import weasyprint; print(weasyprint.__version__)"],
            capture_output=True,
            text=True,
            timeout=WEASYPRINT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Check("WeasyPrint", "no answer", "importing it took longer than a minute.")
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]
        return Check("WeasyPrint", "cannot be loaded", f"no certificate can be made: {last}")
    return Check("WeasyPrint", done.stdout.strip())


def _fonts(packages: Sequence[str]) -> Check:
    found = [path for package in packages for path in _font_files(package)]
    broken = [path.name for path in found if not _is_font(path)]
    problem = None
    if broken:
        problem = f"these are no fonts: {', '.join(broken)}. Check the files out again."
    for suffix, purpose in ((".ttf", "certificates"), (".woff2", "pages")):
        if not any(path.suffix == suffix for path in found):
            problem = f"the fonts for {purpose} are missing. Check the files out again."
    return Check("fonts", f"{len(found)} files", problem)


def _font_files(package: str) -> list[Path]:
    spec = find_spec(package)
    folders = list(spec.submodule_search_locations or []) if spec else []
    return [
        path
        for folder in folders
        for place in ("fonts", "static/fonts")
        for path in sorted((Path(folder) / place).glob("*"))
        if path.suffix in {".ttf", ".otf", ".woff2"}
    ]


def _is_font(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) in SFNT


def _files(folder: Path) -> Check:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"written")
            file.flush()
    except OSError as error:
        return Check("files folder", str(folder), f"nothing can be stored there ({error.strerror}). Check CME_FILES.")
    return Check("files folder", str(folder))


def _bucket(settings: Settings) -> Check:
    """Nothing is asked of the store here: a start must not hang on it, and the outbox tells when it does not answer."""
    missing = "boto3 is not installed; `sh script/server` installs it, or: pip install -r requirements-extras.lock"
    return Check("files bucket", settings.files, None if find_spec("boto3") else missing)
