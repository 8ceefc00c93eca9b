"""Accounts that nobody registered: the first administrator, and the two of a demonstration."""

import secrets
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cme.kernel.codes import ALPHABET
from cme.kernel.professions import Profession
from cme.kernel.refusal import Refused
from cme.kernel.roles import GRANTABLE, Role
from cme.mail import service as mail
from cme.people.countries import UNKNOWN
from cme.people.models import Person
from cme.people.rules import WELCOME_LASTS, Purpose
from cme.people.services import links, roles
from cme.people.services.accounts import insert_person
from cme.people.services.details import Applicant, Details, check_email, clean_details, email_key
from cme.people.services.passwords import NO_PASSWORD, hash_password

DEMONSTRATION = (
    (
        "Physician",
        "physician@example.org",
        Details("Demonstration Physician", "MD", Profession.PHYSICIAN.value, "US"),
        (),
    ),
    (
        "Administrator",
        "administrator@example.org",
        Details("Demonstration Administrator", "", Profession.OTHER.value, "US"),
        GRANTABLE,
    ),
)


def create_administrator(session: Session, email: str, name: str, *, now: datetime) -> str:
    """An account without a password that may do everything; gives the path of the link that sets its password, which is
    mailed too. Refuses an address that has an account: its owner can be granted the role."""
    address = check_email(email)
    # The country is asked for when the person first opens the profile; any code passes the check of the name.
    details = clean_details(Details(name, "", Profession.OTHER.value, "US"))
    applicant = Applicant(Details(details.name, "", details.profession, UNKNOWN), address)
    person_id = insert_person(session, applicant, NO_PASSWORD, confirmed_at=None, now=now)
    if person_id is None:
        raise Refused("email_taken", "This address has an account already. Use: flask people grant EMAIL administrator")
    roles.grant(session, person_id, Role.ADMINISTRATOR, by=None, now=now)
    path = links.make(session, Purpose.RESET, person_id, address, now=now, lasts=WELCOME_LASTS)
    mail.send(session, "first_password", address, {"name": details.name, "path": path}, now=now)
    return path


def demonstration_accounts(session: Session, *, now: datetime) -> list[tuple[str, str, str]]:
    """Make one physician and one administrator with random passwords, confirmed; gives (label, e-mail, password) of
    those made now. An account that exists is left alone. Refuses in production."""
    if session.info.get("production"):
        raise Refused("not_a_demonstration", "A production installation has no demonstration accounts.")
    made: list[tuple[str, str, str]] = []
    for label, email, details, granted in DEMONSTRATION:
        if session.scalar(select(Person.id).where(Person.email_key == email_key(email))) is not None:
            continue
        password = _random_password()
        applicant = Applicant(details, email)
        person_id = insert_person(session, applicant, hash_password(password), confirmed_at=now, now=now)
        if person_id is None:
            continue
        for role in granted:
            roles.grant(session, person_id, role, by=None, now=now)
        made.append((label, email, password))
    return made


def _random_password() -> str:
    """Four groups of five, 100 random bits, without look-alikes: it is read from a file and typed once."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(5)) for _ in range(4)).lower()
