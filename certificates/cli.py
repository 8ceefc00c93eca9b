"""`flask certificates keys …`: who signs, and who signed before."""

import ssl
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import click
from flask import current_app
from flask.cli import AppGroup

from certificates.authority import roots_of
from certificates.bundle_cli import bundle
from certificates.issuing import keys_of
from certificates.keys import Keys, Listed
from certificates.signing import SignerDown
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
    click.echo(
        f"{name} signs from now on. Its predecessor's certificate stays, and so does its key, until it is retired:"
    )
    click.echo("flask certificates keys retire NAME")


@keys_group.command("retire")
@click.argument("name")
@click.option("--compromised", is_flag=True, help="A stranger may have the key: withdraw its certificate as well.")
def retire(name: str, compromised: bool) -> None:
    """Destroy the private key of a signer that signs no more. What it has signed stays valid."""
    _tried(lambda keys, now: keys.retire(name, compromised=compromised, now=now))
    click.echo(f"The private key of {name} is destroyed; its certificate stays.")
    if compromised:
        click.echo("It is on the root's list of withdrawn signers (keys/root.crl, /certificates/root.crl) from now on.")
        click.echo("Give boards a new archive (flask certificates bundle); what it has signed is not proven offline.")


@keys_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def take(file: Path) -> None:
    """Take FILE (PEM): a key with its certificates, which signs from now on; or roots alone, trusted from now on.

    Roots are those of keys that were configured before: what they have signed stays valid.
    """
    try:
        text = file.read_text(encoding="ascii")
    except (OSError, ValueError):
        raise click.ClickException(f"{file} is no PEM file that can be read.") from None
    name = _tried(lambda keys, now: keys.take(text, now=now))
    click.echo(f"{name} signs from now on." if name.startswith("signer-") else f"Trusted from now on: {name}")


@keys_group.command("export-root")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
def export_root(file: Path | None) -> None:
    """Write the root certificates (PEM) into FILE, or print them: today's first, for those who check without us."""
    settings: Settings = current_app.extensions["settings"]
    roots = _tried(lambda _keys, now: roots_of(settings, now=now))
    text = "".join(map(ssl.DER_cert_to_PEM_cert, roots))
    if file is None:
        click.echo(text, nl=False)
        return
    file.write_text(text, encoding="ascii")
    click.echo(f"{file}: {len(roots)} root certificates.")


def _line(one: Listed) -> str:
    certificate = one.certificate
    parts = [
        one.name,
        _state(one),
        "self-issued" if one.self_issued else "configured",
        f"{_day(certificate.not_valid_before_utc)} to {_day(certificate.not_valid_after_utc)}",
        f"{certificate.serial_number:x}",
        certificate.subject.rfc4514_string(),
    ]
    return "\t".join(parts)


def _state(one: Listed) -> str:
    if one.withdrawn:
        return "withdrawn"
    if one.current:
        return "current"
    return "former" if one.has_key else "retired"


def _day(at: datetime) -> str:
    return at.date().isoformat()


def _keys() -> Keys:
    settings: Settings = current_app.extensions["settings"]
    return keys_of(settings)


def _tried(wanted: Callable[[Keys, datetime], Result]) -> Result:
    try:
        return wanted(_keys(), utc_now())
    except SignerDown as problem:
        raise click.ClickException(str(problem)) from None
