"""What a person types about themselves, cleaned and judged before anything is stored."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from email_validator import EmailNotValidError, validate_email

from cme.kernel.professions import Profession
from cme.kernel.refusal import Invalid
from cme.kernel.text import clean_line
from cme.people.countries import COUNTRIES
from cme.people.rules import NameCheck, credentials_problem, name_problem
from cme.people.services.passwords import password_problem

LONGEST_EMAIL = 254


@dataclass(frozen=True, slots=True)
class Details:
    """The part of an account that is printed or counted."""

    name: str
    credentials: str
    profession: str
    country: str


@dataclass(frozen=True, slots=True)
class Applicant:
    """Somebody who may register: every field has been judged."""

    details: Details
    email: str


def clean_email(typed: str) -> str | None:
    """The address in the form mail servers take, or None when it is none. Nobody is asked whether it exists."""
    text = clean_line(typed)
    if len(text) > LONGEST_EMAIL:
        return None
    try:
        found = validate_email(text, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        return None
    return found.ascii_email


def email_key(email: str) -> str:
    """What must be unique: one mailbox, one account, however its letters were typed."""
    return email.lower()


def typed_key(typed: str) -> str:
    """A key for any text in an e-mail field: it may name no account, and is counted and answered all the same."""
    return email_key(clean_email(typed) or clean_line(typed)[:LONGEST_EMAIL])


def clean_details(details: Details, checks: Iterable[NameCheck] = ()) -> Details:
    """Details ready to store. Refuses (Invalid, one sentence per field)."""
    cleaned, problems = _judge_details(details, tuple(checks))
    if problems:
        raise Invalid("details_invalid", "Some of the details cannot be accepted.", problems)
    return cleaned


def examine(details: Details, email: str, password: str, checks: Iterable[NameCheck] = ()) -> Applicant:
    """An applicant out of what was typed. Refuses (Invalid) with all problems at once."""
    cleaned, problems = _judge_details(details, tuple(checks))
    address = clean_email(email)
    if address is None:
        problems["email"] = [EMAIL_SENTENCE]
    weak = password_problem(password, (cleaned.name, address or email))
    if weak:
        problems["password"] = [weak]
    if problems or address is None:
        raise Invalid("registration_invalid", "Some of the details cannot be accepted.", problems)
    return Applicant(cleaned, address)


def check_password(password: str, about: tuple[str, ...], *, field: str = "password") -> None:
    """Refuses (Invalid) a password that is too short, too long or easy to guess."""
    weak = password_problem(password, about)
    if weak:
        raise Invalid("password_weak", weak, {field: [weak]})


def check_email(typed: str) -> str:
    """The cleaned address. Refuses (Invalid) what is none."""
    address = clean_email(typed)
    if address is None:
        raise Invalid("email_invalid", EMAIL_SENTENCE, {"email": [EMAIL_SENTENCE]})
    return address


EMAIL_SENTENCE = "This is not an e-mail address we can write to. It should look like name@example.org."


def _judge_details(details: Details, checks: tuple[NameCheck, ...]) -> tuple[Details, dict[str, list[str]]]:
    cleaned = replace(details, name=clean_line(details.name), credentials=clean_line(details.credentials))
    found = {
        "name": name_problem(cleaned.name, checks),
        "credentials": credentials_problem(cleaned.credentials, checks),
        "profession": None if cleaned.profession in set(Profession) else "Choose your profession.",
        "country": None if cleaned.country in COUNTRIES else "Choose the country you practise in.",
    }
    return cleaned, {field: [sentence] for field, sentence in found.items() if sentence}
