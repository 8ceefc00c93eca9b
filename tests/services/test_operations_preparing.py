"""The first steps of a start, preflight, backup and restore, as commands."""

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import click
import pytest
import time_machine
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select, text

from cme import cli
from cme.activities.models import Activity
from cme.config import Mode
from cme.kernel.refusal import Refused
from cme.operations import preflight, preparing
from cme.operations.places import known_migrations
from cme.people.models import Person
from cme.store.database import db
from cme.store.session import transaction
from cme.web.readiness import current_revision, head_revision
from tests.conftest import NOW
from tests.factories.people import make_person
from tests.support.stores import Store, settings_for
from wsgi import create_app

ON_POSTGRESQL = pytest.mark.parametrize("store", ["postgresql"], indirect=True)


def make_app(home: Path, **changes: object) -> Flask:
    values: dict[str, object] = {"mode": Mode.DEMONSTRATION, **changes}
    url = str(values.pop("database_url", f"sqlite:///{home / 'cme.sqlite3'}"))
    return create_app(settings_for(url, home, **values))


def run(app: Flask, command: click.Command, *arguments: str) -> Result:
    result = app.test_cli_runner().invoke(command, list(arguments))
    with app.app_context():
        db.engine.dispose()  # as when the process of a command ends
    return result


def prepare(app: Flask) -> Result:
    return run(app, cli.start_group, "prepare")


def count(app: Flask, model: type) -> int:
    with app.app_context():
        number = db.session.scalar(select(func.count()).select_from(model)) or 0
        db.session.remove()
        db.engine.dispose()
        return number


def everything(home: Path) -> str:
    """All tables' rows as text, to be compared."""
    with closing(sqlite3.connect(home / "cme.sqlite3")) as connection:
        return "\n".join(connection.iterdump())


def at_migration(home: Path, revision: str) -> None:
    with closing(sqlite3.connect(home / "cme.sqlite3", isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """A demonstration after its first start; copied or only read by the tests."""
    home = tmp_path_factory.mktemp("prepared")
    return home, prepare(make_app(home))


def test_the_first_start_makes_database_module_and_accounts(prepared: tuple[Path, Result]) -> None:
    home, result = prepared
    assert result.exit_code == 0, result.output
    app = make_app(home)
    with app.app_context():
        assert current_revision(db.session()) == head_revision()
    assert count(app, Activity) >= 1
    assert count(app, Person) == 2
    assert str(home / "demonstration-accounts.txt") in result.output


def test_only_the_owner_can_read_the_passwords_and_they_work(prepared: tuple[Path, Result]) -> None:
    home, result = prepared
    path = home / "demonstration-accounts.txt"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    words = path.read_text()
    passwords = [line.split()[-1] for line in words.splitlines() if "password:" in line]
    assert len(set(passwords)) == 2
    assert all(len(password) >= 20 and password not in result.output for password in passwords)
    assert [path.name for path in home.iterdir() if path.name.startswith(".")] == []
    client = make_app(home).test_client()
    email = next(line.split()[-1] for line in words.splitlines() if "e-mail:" in line)
    token = client.get("/sign-in").get_data(as_text=True).split('name="csrf_token" value="')[1].split('"')[0]
    answer = client.post("/sign-in", data={"csrf_token": token, "email": email, "password": passwords[0]})
    assert answer.status_code == 303


def test_a_second_start_changes_nothing(prepared: tuple[Path, Result]) -> None:
    home, _ = prepared
    before, accounts = everything(home), (home / "demonstration-accounts.txt").read_text()
    result = prepare(make_app(home))
    assert result.exit_code == 0, result.output
    assert everything(home) == before
    assert (home / "demonstration-accounts.txt").read_text() == accounts
    assert str(home / "demonstration-accounts.txt") in result.output
    assert not (home / "backups").exists()


def test_production_gets_neither_accounts_nor_modules(tmp_path: Path) -> None:
    app = make_app(tmp_path, mode=Mode.PRODUCTION, public_url="https://cme.example.org")
    result = prepare(app)
    assert result.exit_code == 0, result.output
    assert (count(app, Person), count(app, Activity)) == (0, 0)
    assert not (tmp_path / "demonstration-accounts.txt").exists()


def test_an_older_database_is_copied_before_it_is_migrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_app(tmp_path, mode=Mode.TEST)
    assert prepare(app).exit_code == 0
    with app.app_context(), transaction() as session:
        make_person(session, now=NOW, name="Kept In The Copy")
    before = everything(tmp_path)
    said: list[str] = []
    monkeypatch.setattr(preparing, "upgrade", lambda: at_migration(tmp_path, "next"))
    with app.app_context():
        preparing.bring_up_to_date(db.engine, head_revision(), "next", tmp_path, said.append)
    (copy,) = (tmp_path / "backups").iterdir()
    assert copy.name == f"cme-before-{head_revision()}-1.sqlite3"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with closing(sqlite3.connect(copy)) as connection:
        assert "\n".join(connection.iterdump()) == before
    assert str(copy) in said[0]
    assert "migration next" in said[1]
    with app.app_context():
        preparing.bring_up_to_date(db.engine, head_revision(), "next", tmp_path, said.append)
    assert len(list((tmp_path / "backups").iterdir())) == 2, "the first copy is never overwritten"


def test_a_migration_that_fails_names_the_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_app(tmp_path, mode=Mode.TEST)
    assert prepare(app).exit_code == 0

    def fail() -> None:
        raise SystemExit(1)  # what Flask-Migrate does with an error it knows

    monkeypatch.setattr(preparing, "upgrade", fail)
    with app.app_context(), pytest.raises(Refused, match="migration_failed") as caught:
        preparing.bring_up_to_date(db.engine, head_revision(), "next", tmp_path, lambda _words: None)
    assert f"cme-before-{head_revision()}-1.sqlite3" in caught.value.sentence


def test_a_database_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    app = make_app(tmp_path, mode=Mode.TEST)
    assert prepare(app).exit_code == 0
    at_migration(tmp_path, "9999")
    before = everything(tmp_path)
    result = prepare(make_app(tmp_path, mode=Mode.TEST))
    assert result.exit_code == 1
    assert "a newer version has used it" in result.output
    assert everything(tmp_path) == before


@pytest.mark.parametrize(
    "url", ["postgresql+psycopg://nobody@127.0.0.1:9/none", "sqlite:////proc/no/such/place/cme.sqlite3"]
)
def test_a_database_that_does_not_answer_is_one_sentence(tmp_path: Path, url: str) -> None:
    result = prepare(make_app(tmp_path, database_url=url))
    assert result.exit_code == 1
    assert "The database does not answer" in result.output
    assert "Traceback" not in result.output


def test_clocks_that_disagree_stop_the_start(tmp_path: Path) -> None:
    with time_machine.travel("2031-01-01"):
        result = prepare(make_app(tmp_path, mode=Mode.TEST))
    assert result.exit_code == 1
    assert "clocks" in result.output


def test_an_old_file_of_accounts_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "demonstration-accounts.txt").write_text("of a database that is gone")
    result = prepare(make_app(tmp_path))
    assert result.exit_code == 0, result.output
    assert (tmp_path / "demonstration-accounts.txt").read_text() == "of a database that is gone"
    assert "password:" in (tmp_path / "demonstration-accounts-2.txt").read_text()
    assert str(tmp_path / "demonstration-accounts-2.txt") in result.output


def test_the_second_start_never_loads_the_renderer(prepared: tuple[Path, Result]) -> None:
    import subprocess
    import sys

    home, _ = prepared
    script = (
        "import sys; from wsgi import create_app; from cme import cli\n"
        "result = create_app().test_cli_runner().invoke(cli.start_group, ['prepare'])\n"
        "print(result.exit_code, 'weasyprint' in sys.modules)"
    )
    environment = {**os.environ, "CME_INSTANCE": str(home), "CME_MODE": "demonstration"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "False"]


# --- preflight --------------------------------------------------------------------------------------------------------


def test_preflight_passes_line_by_line(store: Store) -> None:
    result = run(store.app, cli.preflight_command)
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert all(line.startswith("ok ") for line in lines)
    for word in ("settings", "database", "migrations", "clock", "WeasyPrint", "fonts", "files folder"):
        assert any(word in line for line in lines), word
    assert ("synchronous_commit" in result.output) == (store.dialect == "postgresql")


def check_of(store: Store, label: str, **changes: object) -> preflight.Check:
    settings = settings_for(store.url(), store.folder / "instance", **changes)
    with store.app.app_context():
        found = preflight.checks(db.session(), settings, ["cme", "certificates"], now=cli.utc_now())
        return next(check for check in found if check.label == label)


@ON_POSTGRESQL
@pytest.mark.parametrize(("value", "refused"), [("on", False), ("off", True), ("local", True), ("remote_apply", False)])
def test_preflight_refuses_postgresql_that_may_lose_a_commit(store: Store, value: str, refused: bool) -> None:
    with store.app.app_context():
        db.session.execute(text(f"SET synchronous_commit = {value}"))
        settings = settings_for(store.url(), store.folder / "instance")
        found = list(preflight._database(db.session(), settings, cli.utc_now()))
        db.session.rollback()
    check = next(check for check in found if check.label == "synchronous_commit")
    assert (check.found, check.problem is not None) == (value, refused)


def test_preflight_names_pending_migrations(tmp_path: Path) -> None:
    result = run(make_app(tmp_path, mode=Mode.TEST), cli.preflight_command)
    assert result.exit_code == 1
    assert "FAIL migrations: none" in result.output
    assert "1 check failed" in result.output


def test_preflight_names_a_clock_that_is_off(store: Store) -> None:
    with time_machine.travel("2031-01-01"):
        assert check_of(store, "clock").problem is not None


def test_preflight_names_a_database_that_is_away(tmp_path: Path) -> None:
    result = run(make_app(tmp_path, database_url="postgresql+psycopg://x@127.0.0.1:9/x"), cli.preflight_command)
    assert result.exit_code == 1
    assert "FAIL database: no answer" in result.output


def test_preflight_names_a_files_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert preflight._files(tmp_path / "file" / "below").problem is not None
    assert preflight._files(tmp_path / "new" / "below").problem is None
    assert list((tmp_path / "new" / "below").iterdir()) == []


def test_preflight_names_missing_and_broken_fonts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert preflight._fonts(["cme", "certificates"]).problem is None
    assert "certificates are missing" in str(preflight._fonts(["cme"]).problem)
    assert "pages are missing" in str(preflight._fonts(["certificates"]).problem)
    (tmp_path / "typeless" / "fonts").mkdir(parents=True)
    (tmp_path / "typeless" / "__init__.py").write_text("")
    (tmp_path / "typeless" / "fonts" / "Torn.ttf").write_bytes(b"<html>")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "Torn.ttf" in str(preflight._fonts(["cme", "certificates", "typeless"]).problem)


def test_preflight_notes_what_production_should_not_be_without(store: Store) -> None:
    check = check_of(
        store, "settings", mode=Mode.PRODUCTION, public_url="http://cme.example.org", broker_url="amqp://x"
    )
    assert check.problem is None
    assert all(word in str(check.note) for word in ("CME_SMTP_URL", "https://", "CME_BROKER_URL"))
    sound = {"mode": Mode.PRODUCTION, "public_url": "https://cme.example.org", "smtp_url": "smtps://mail.example.org"}
    assert check_of(store, "settings", **sound).note is None


# --- backup and restore as commands -----------------------------------------------------------------------------------


def test_an_installation_is_backed_up_and_comes_back(prepared: tuple[Path, Result], tmp_path: Path) -> None:
    home, _ = prepared
    app = make_app(home)
    (home / "files" / "ab").mkdir(parents=True, exist_ok=True)
    (home / "files" / "ab" / "abcd").write_bytes(b"%PDF-1.7")
    result = run(app, cli.backup, str(tmp_path / "cme.tar.gz"))
    assert result.exit_code == 0, result.output
    assert "the database and 1 files" in result.output
    other = tmp_path / "other"
    other.mkdir()
    result = run(make_app(other), cli.restore, str(tmp_path / "cme.tar.gz"))
    assert result.exit_code == 0, result.output
    assert everything(other) == everything(home)
    assert (other / "files" / "ab" / "abcd").read_bytes() == b"%PDF-1.7"
    assert prepare(make_app(other)).exit_code == 0
    assert count(make_app(other), Person) == 2, "the restored accounts are there, no new ones are made"
    again = run(make_app(other), cli.restore, str(tmp_path / "cme.tar.gz"))
    assert again.exit_code == 1
    assert "--replace" in again.output
    replaced = run(make_app(other), cli.restore, str(tmp_path / "cme.tar.gz"), "--replace")
    assert replaced.exit_code == 0, replaced.output
    assert "cme.before-restore-1.sqlite3" in replaced.output


@ON_POSTGRESQL
def test_on_postgresql_the_way_to_a_backup_is_named(store: Store, tmp_path: Path) -> None:
    result = run(store.app, cli.backup, str(tmp_path / "x.tar.gz"))
    assert result.exit_code == 1
    assert "pg_dump" in result.output
    files = run(store.app, cli.backup, "--files-only", str(tmp_path / "x.tar.gz"))
    assert files.exit_code == 0, files.output
    back = run(make_app(tmp_path / "home", database_url=store.url()), cli.restore, str(tmp_path / "x.tar.gz"))
    assert back.exit_code == 0, back.output


def test_a_backup_that_cannot_be_written_is_one_sentence(prepared: tuple[Path, Result], tmp_path: Path) -> None:
    result = run(make_app(prepared[0]), cli.backup, str(tmp_path / "no" / "such" / "x.tar.gz"))
    assert result.exit_code == 1
    assert "does not exist" in result.output


def test_every_migration_is_known() -> None:
    assert head_revision() in known_migrations()
