"""`flask certificates keys …`: who signs, and who signed before."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import click
from flask import current_app
from flask.cli import AppGroup

from certificates.bundle_cli import bundle
from certificates.issuing import keys_of
from certificates.keys import KeyProblem, Keys, Listed
from cme.config import Settings
from cme.kernel.clock import utc_now

Result = TypeVar("Result")

certificates_group = AppGroup("certificates", help="The documents of earned credit.")
keys_group = AppGroup("keys", help="The keys that sign certificates.")
certificates_group.add_command(keys_group)
certificates_group.add_command(bundle)


@keys_group.command("list")
def list_keys() -> None:
    """Every signing certificate, the oldest first. Old ones stay: they signed what people hold."""
    for one in _tried(lambda keys, now: keys.listed(now=now)):
        click.echo(_line(one))


@keys_group.command("make")
def make() -> None:
    """Make this installation's own root and signer, unless they are there or a key is configured."""
    if _keys().is_configured:
        raise click.ClickException("The signing key is configured (CME_SIGNING_KEY); nothing was made.")
    made = _tried(lambda keys, now: keys.make(now=now))
    click.echo("Made a root and a signer, self-issued." if made else "There are keys already; nothing was made.")


@keys_group.command("rotate")
def rotate() -> None:
    """Sign with a new key from now on, under the same root; what was signed before stays valid."""
    name = _tried(lambda keys, now: keys.rotate(now=now))
    click.echo(f"{name} signs from now on. Its predecessor's certificate stays, and so does its key: destroy that file")
    click.echo("(keys/signer-<number>-key.pem) if it may have been read by a stranger.")


@keys_group.command("root")
def root() -> None:
    """Print the root certificate (PEM), for those who check certificates without us."""
    click.echo(_tried(lambda keys, now: keys.root(now=now)).decode("ascii"), nl=False)


def _line(one: Listed) -> str:
    certificate = one.certificate
    parts = [
        one.name,
        "current" if one.current else "retired",
        "self-issued" if one.self_issued else "configured",
        f"{_day(certificate.not_valid_before_utc)} to {_day(certificate.not_valid_after_utc)}",
        f"{certificate.serial_number:x}",
        certificate.subject.rfc4514_string(),
    ]
    return "\t".join(parts)


def _day(at: datetime) -> str:
    return at.date().isoformat()


def _keys() -> Keys:
    settings: Settings = current_app.extensions["settings"]
    return keys_of(settings)


def _tried(wanted: Callable[[Keys, datetime], Result]) -> Result:
    try:
        return wanted(_keys(), utc_now())
    except KeyProblem as problem:
        raise click.ClickException(str(problem)) from None
