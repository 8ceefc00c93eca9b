"""Commands that run an installation: preflight, start, outbox, backup, restore."""

import signal
import threading
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from cme.config import Mode, Settings
from cme.kernel.clock import utc_now
from cme.kernel.refusal import Refused
from cme.operations import backup as backups
from cme.operations import draining, places, preflight, preparing
from cme.operations import restore as restoring
from cme.people.services.founding import demonstration_accounts
from cme.store.database import db
from cme.store.session import transaction
from cme.web import log
from cme.web.readiness import head_revision, problems

ARCHIVE = click.Path(dir_okay=False, path_type=Path)


@click.command("preflight")
@with_appcontext
def preflight_command() -> None:
    """Judge this installation: one line per check, exit code 1 when something is wrong."""
    house = current_app.extensions["house"]
    packages = [part.name for part in house.parts]
    failed = 0
    for check in preflight.checks(db.session(), _settings(), packages, now=utc_now()):
        failed += check.problem is not None
        verdict = "FAIL" if check.problem else "note" if check.note else "ok"
        click.echo(f"{verdict:4} {check.label}: {' - '.join(filter(None, (check.found, check.problem or check.note)))}")
    if failed:
        raise click.ClickException(f"{failed} check{'' if failed == 1 else 's'} failed.")


start_group = AppGroup("start", help="What a start does before it serves.")


@start_group.command("prepare")
@click.pass_context
def prepare(context: click.Context) -> None:
    """Bring the database up to date and judge it; in a demonstration load the modules and make the accounts."""
    settings = _settings()
    settings.instance.mkdir(parents=True, exist_ok=True, mode=0o700)
    _migrate(settings)
    found = problems(db.session(), production=settings.mode is Mode.PRODUCTION, now=utc_now())
    db.session.remove()
    if found:
        raise click.ClickException("\n".join(found))
    if settings.mode is Mode.DEMONSTRATION:
        _invoke(context, "library", "load-shipped")
        _make_accounts(settings)


def _migrate(settings: Settings) -> None:
    try:
        current = preparing.migration_now(db.session())
        db.session.remove()
        preparing.bring_up_to_date(db.engine, current, head_revision(), settings.instance, click.echo)
    except Refused as refusal:
        raise click.ClickException(refusal.sentence) from None


def _invoke(context: click.Context, group_name: str, name: str) -> None:
    """Run another room's command: the command line knows its name, nobody imports it."""
    group = current_app.cli.get_command(context, group_name)
    command = group.get_command(context, name) if isinstance(group, click.Group) else None
    if command is None:
        raise click.ClickException(f"There is no command {group_name} {name}.")
    context.invoke(command)


def _make_accounts(settings: Settings) -> None:
    try:
        with transaction() as session:
            made = demonstration_accounts(session, now=utc_now())
            # Before the commit: accounts whose passwords nobody knows would be of no use.
            path = preparing.write_accounts(settings.instance, made, settings.public_url) if made else None
    except Refused as refusal:
        raise click.ClickException(refusal.sentence) from None
    path = path or preparing.accounts_file(settings.instance)
    if path is not None:
        click.echo(f"Accounts to try it with, and their passwords: {path}")


outbox_group = AppGroup("outbox", help="Work that follows a commit: mail, certificates.")


@outbox_group.command("run")
@click.option("--once", is_flag=True, help="Do what is due now, then end.")
def run_outbox(once: bool) -> None:
    """Do the work of the outbox until told to stop (SIGTERM); the piece at hand is finished first."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # the loop outlives its contexts
    log.configure(_settings().log_level)
    if once:
        click.echo(f"{draining.run_once(app)} done.")
        return
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    draining.run(app, stop)


@click.command("backup")
@click.argument("file", type=ARCHIVE)
@click.option("--files-only", is_flag=True, help="Only the stored files; for an installation on PostgreSQL.")
@with_appcontext
def backup(file: Path, files_only: bool) -> None:
    """Write database and stored files into FILE (.tar.gz), consistent while the server runs."""
    # Pictures and videos of quizzes stay in the folder, whatever holds the certificates.
    if files_only and _settings().files_bucket and next(backups.stored_files(_settings().files_folder), None) is None:
        raise click.ClickException(
            f"The files are in {_settings().files}: keep versions and copies of the bucket itself."
        )
    database = None if files_only else places.database_file(db.engine)
    if database is None and not files_only:
        raise click.ClickException(
            "On PostgreSQL, save the database first with pg_dump --format=custom, then the files with "
            f"`flask backup --files-only {file}`; in this order. docs/operations.md shows both."
        )
    try:
        done = backups.back_up(file, database=database, files=_settings().files_folder, now=utc_now())
    except (Refused, OSError) as error:
        raise click.ClickException(_words(error)) from None
    what = f"the database and {done.files} files" if done.with_database else f"{done.files} files"
    click.echo(f"{done.path}: {what}, {done.size:,} bytes.")
    click.echo("It holds personal data: keep it where only you can read it.")


@click.command("restore")
@click.argument("file", type=ARCHIVE)
@click.option("--replace", is_flag=True, help="Replace what is here; the database is kept aside.")
@with_appcontext
def restore(file: Path, replace: bool) -> None:
    """Put back what FILE holds. Stop the server first."""
    settings, database = _settings(), places.database_file(db.engine)
    db.session.remove()
    db.engine.dispose()
    try:
        done = restoring.restore(
            file, database=database, files=settings.files_folder, known=places.known_migrations(), replace=replace
        )
    except (Refused, OSError) as error:
        raise click.ClickException(_words(error)) from None
    what = f"The database and {done.files} files" if done.with_database else f"{done.files} files"
    click.echo(f"{what} of {done.made_at} are back.")
    if done.kept is not None:
        click.echo(f"The database that was here before: {done.kept}")
    if done.with_database and done.migration != head_revision():
        click.echo("The next start brings it up to date: flask start prepare")


def _settings() -> Settings:
    return current_app.extensions["settings"]


def _words(error: Refused | OSError) -> str:
    return error.sentence if isinstance(error, Refused) else f"{error.strerror}: {error.filename}"


COMMANDS: tuple[click.Command, ...] = (preflight_command, start_group, outbox_group, backup, restore)
