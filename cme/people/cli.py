"""`flask people …`: roles and the first administrator."""

import click
from flask import current_app
from flask.cli import AppGroup

from cme.kernel.clock import utc_now
from cme.kernel.refusal import Refused
from cme.kernel.roles import GRANTABLE, Role
from cme.people import queries
from cme.people.services import details, founding
from cme.people.services import roles as role_service
from cme.store.database import db
from cme.store.session import transaction

people_group = AppGroup("people", help="Accounts and roles.")
ROLE = click.Choice([role.value for role in GRANTABLE])


@people_group.command("grant")
@click.argument("email")
@click.argument("role", type=ROLE)
def grant(email: str, role: str) -> None:
    """Give the account of EMAIL a ROLE."""
    person_id = _person(email)
    with transaction() as session:
        done = role_service.grant(session, person_id, Role(role), by=None, now=utc_now())
    click.echo(f"{email} is {role} now." if done else f"{email} was {role} already.")


@people_group.command("withdraw")
@click.argument("email")
@click.argument("role", type=ROLE)
def withdraw(email: str, role: str) -> None:
    """Take a ROLE from the account of EMAIL."""
    person_id = _person(email)
    try:
        with transaction() as session:
            done = role_service.withdraw(session, person_id, Role(role), by=None, now=utc_now())
    except Refused as refusal:
        raise click.ClickException(refusal.sentence) from None
    click.echo(f"{email} is no longer {role}." if done else f"{email} was not {role}.")


@people_group.command("list")
def list_people() -> None:
    """Everybody who holds a role."""
    found = queries.holders(db.session())
    for person in found:
        click.echo(f"{person.email}\t{person.name}\t{', '.join(person.roles)}")
    if not found:
        click.echo("Nobody holds a role yet. Use: flask people create-administrator EMAIL NAME")


@people_group.command("create-administrator")
@click.argument("email")
@click.argument("name")
def create_administrator(email: str, name: str) -> None:
    """Make an account for EMAIL and NAME that may do everything. Its password is set by the printed link."""
    try:
        with transaction() as session:
            path = founding.create_administrator(session, email, name, now=utc_now())
    except Refused as refusal:
        raise click.ClickException(refusal.sentence) from None
    click.echo("The account is made. Set its password within three days (the link was mailed too):")
    click.echo(current_app.extensions["settings"].public_url + path)


def _person(email: str) -> int:
    found = queries.person_id_of(db.session(), details.typed_key(email))
    if found is None:
        raise click.ClickException(f"No account has the address {email}.")
    return found
