"""`flask certificates bundle FILE.zip`: what a board can keep to check certificates when we are gone."""

from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from certificates.bundle import make_bundle
from certificates.signing import SignerDown
from cme.config import Settings
from cme.kernel.clock import utc_now
from cme.store.session import reading


@click.command("bundle")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def bundle(file: Path) -> None:
    """Write FILE (.zip): root certificates, status lists, a checker for the browser and one in Python."""
    settings: Settings = current_app.extensions["settings"]
    try:
        with reading() as session:
            body = make_bundle(session, settings, now=utc_now())
        file.write_bytes(body)
    except SignerDown as problem:
        raise click.ClickException(str(problem)) from None
    except OSError as error:
        raise click.ClickException(f"{error.strerror}: {file}") from None
    click.echo(f"{file}: {len(body):,} bytes. Its status lists are of today: make a new one now and then.")
