"""`flask library …`: check, load and publish modules that are folders."""

from collections.abc import Iterable
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from cme.activities.library.loading import load_folder, unchanged
from cme.activities.library.publishing import publish_waiting
from cme.activities.library.validating import digests_of, validate_folder
from cme.kernel.clock import utc_now
from cme.kernel.refusal import Invalid, Refused
from cme.part import House
from cme.store.session import reading, transaction

SHIPPED = Path(__file__).resolve().parents[1] / "library"
library = AppGroup("library", help="Modules that are folders of data: check them, load them, publish what was loaded.")
FOLDER = click.Path(file_okay=False, path_type=Path)


@library.command()
@click.argument("folder", type=FOLDER)
def check(folder: Path) -> None:
    """Name every problem of FOLDER; change nothing."""
    found = validate_folder(folder, _house().loaders)
    _stop_at([str(problem) for problem in found.problems])
    click.echo(f"{folder}: no problem found.")


@library.command()
@click.argument("folder", type=FOLDER)
def load(folder: Path) -> None:
    """Load FOLDER: a new module is published, a changed one becomes drafts."""
    _load(folder)


@library.command("load-shipped")
def load_shipped() -> None:
    """Load every module that ships with the platform."""
    for folder in sorted(path.parent for path in SHIPPED.glob("*/activity.toml")):
        _load(folder)


@library.command()
@click.argument("slug")
@click.option("--reason", default="", help="What was corrected and why; needed for a minor revision.")
@click.option("--clinical", is_flag=True, help="The correction could matter to a patient.")
def publish(slug: str, reason: str, clinical: bool) -> None:
    """Publish what a load left as drafts of the module SLUG: its release, or with a reason its corrected text."""
    try:
        with transaction() as session:
            obstacles = _house().obstacles
            done = publish_waiting(
                session, slug, reason=reason, clinical=clinical, by=None, now=utc_now(), obstacles=obstacles
            )
    except Refused as refusal:
        _refuse(refusal)
    else:
        _say(done)


def _load(folder: Path) -> None:
    house = _house()
    # Most starts find everything as it was: compare the digests before judging anything.
    with reading() as session:
        if unchanged(session, folder.resolve().name, digests_of(folder, house.loaders)):
            click.echo(f"{folder.resolve().name}: nothing has changed since it was last loaded.")
            return
    found = validate_folder(folder, house.loaders)
    _stop_at([str(problem) for problem in found.problems])
    try:
        with transaction() as session:
            done = load_folder(session, found, house.loaders, house.obstacles, now=utc_now())
    except Refused as refusal:
        _refuse(refusal)
    else:
        _say(done)


def _house() -> House:
    return current_app.extensions["house"]


def _say(sentences: Iterable[str]) -> None:
    for sentence in sentences:
        click.echo(sentence)


def _stop_at(problems: list[str]) -> None:
    if not problems:
        return
    for problem in problems:
        click.echo(problem, err=True)
    count = len(problems)
    raise click.ClickException(f"{count} problem{'' if count == 1 else 's'}; nothing was changed.")


def _refuse(refusal: Refused) -> None:
    if isinstance(refusal, Invalid):
        _stop_at([sentence for sentences in refusal.problems.values() for sentence in sentences])
    raise click.ClickException(refusal.sentence)
