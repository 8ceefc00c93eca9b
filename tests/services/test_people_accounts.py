"""Accounts on both databases: registering, links, addresses, passwords, sessions, roles."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from cme.audit.models import AuditEvent
from cme.kernel.codes import token_digest
from cme.kernel.professions import Profession
from cme.kernel.refusal import Conflict, Invalid, NotFound, Refused
from cme.kernel.roles import Role
from cme.outbox.models import OutboxWork
from cme.people import queries
from cme.people.models import MailedLink, Person, RoleGrant, SignInSession
from cme.people.queries import Lock
from cme.people.rules import Purpose
from cme.people.services import accounts, details, founding, links, mailbox, renewal, roles, sessions
from cme.people.services.details import Applicant, Details
from tests.factories.people import make_person, make_sign_in

DETAILS = Details("Anna López", "MD", Profession.PHYSICIAN.value, "ES")


def applicant(email: str = "anna@example.org") -> Applicant:
    return Applicant(DETAILS, email)


def mails(session: Session) -> list[dict[str, Any]]:
    rows = session.scalars(select(OutboxWork).where(OutboxWork.kind == "mail.send").order_by(OutboxWork.id)).all()
    return [row.payload for row in rows]


def token_in(mail: dict[str, Any]) -> str:
    return mail["context"]["path"].rsplit("/", 1)[1]


def events(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEvent.event).order_by(AuditEvent.id)).all())


def lock_of(session: Session, person_id: int) -> Lock:
    found = queries.lock_of_person(session, person_id)
    assert found is not None
    return found


# What is typed -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("anna@example.org", "anna@example.org"),
        ("  Anna.Lopez@Example.ORG ", "Anna.Lopez@example.org"),
        ("anna@bücher.example.org", "anna@xn--bcher-kva.example.org"),
        ("anna", None),
        ("anna@", None),
        ("anna@localhost", None),
        ("änna@example.org", None),
        ("a@b.org\r\nBcc: all@example.org", None),
        ("x" * 250 + "@example.org", None),
        ("", None),
        ("anna@example.org\0", "anna@example.org"),
    ],
)
def test_an_address_is_cleaned_or_refused(typed: str, address: str | None):
    assert details.clean_email(typed) == address


def test_one_mailbox_has_one_key_however_it_is_typed():
    assert details.typed_key(" Anna@Example.org") == details.typed_key("anna@EXAMPLE.org") == "anna@example.org"
    assert details.typed_key("no address") == "no address"


def test_all_problems_of_a_registration_are_told_at_once():
    with pytest.raises(Invalid) as caught:
        details.examine(Details(" ", "x" * 41, "wizard", "XX"), "no", "short", [lambda name: f"Cannot print {name}."])
    assert set(caught.value.problems) == {"name", "credentials", "profession", "country", "email", "password"}


def test_what_is_typed_is_stored_as_plain_text_on_one_line():
    hostile = Details("<script>\r\nBcc: x {{7*7}} =cmd()", "=cmd()\r\n", Profession.NURSE.value, "ES")
    cleaned = details.clean_details(hostile)
    assert (cleaned.name, cleaned.credentials) == ("<script> Bcc: x {{7*7}} =cmd()", "=cmd()")


# Registering and confirming ------------------------------------------------------------------------------------------


def test_registering_makes_an_unconfirmed_account_and_mails_a_link(session: Session, now: datetime):
    accounts.register(session, applicant(), "hash", now=now)
    person = session.scalars(select(Person)).one()
    assert (person.email, person.confirmed_at, person.registered_at) == ("anna@example.org", None, now)
    (mail,) = mails(session)
    assert (mail["kind"], mail["to"]) == ("confirm_address", "anna@example.org")
    assert "Anna" not in str(mail["context"]), "a stranger's mailbox must not get words that somebody else typed"
    stored = session.scalars(select(MailedLink)).one()
    assert stored.token_digest == token_digest(token_in(mail))
    assert events(session) == ["account.registered"]


def test_registering_again_changes_nothing_and_tells_the_owner(session: Session, now: datetime):
    accounts.register(session, applicant(), "first", now=now)
    other = Applicant(Details("Somebody Else", "", "other", "FR"), "ANNA@example.org")
    accounts.register(session, other, "second", now=now + timedelta(minutes=1))
    person = session.scalars(select(Person)).one()
    assert (person.name, person.password_hash) == ("Anna López", "first")
    told = mails(session)[1]
    assert (told["kind"], told["to"]) == ("already_registered", "anna@example.org")
    assert "Somebody" not in str(told)
    assert session.scalar(select(MailedLink.purpose).order_by(MailedLink.id.desc())) == "reset"


def test_both_registrations_write_as_many_mails_and_links(session: Session, now: datetime):
    accounts.register(session, applicant(), "first", now=now)
    before = len(mails(session)), len(session.scalars(select(MailedLink)).all())
    accounts.register(session, applicant(), "second", now=now)
    assert before == (1, 1)
    assert (len(mails(session)), len(session.scalars(select(MailedLink)).all())) == (2, 2)


@pytest.mark.parametrize(
    ("later", "works"),
    [
        (timedelta(0), True),
        (timedelta(days=7) - timedelta(microseconds=1), True),
        (timedelta(days=7), False),
    ],
)
def test_a_confirmation_link_lives_seven_days(session: Session, now: datetime, later: timedelta, works: bool):
    accounts.register(session, applicant(), "hash", now=now)
    token = token_in(mails(session)[0])
    if works:
        person_id = accounts.confirm(session, token, now=now + later)
        assert session.get_one(Person, person_id, populate_existing=True).confirmed_at == now + later
    else:
        with pytest.raises(links.LinkOver):
            accounts.confirm(session, token, now=now + later)


def test_a_second_click_on_the_confirmation_is_fine_and_changes_nothing(session: Session, now: datetime):
    accounts.register(session, applicant(), "hash", now=now)
    token = token_in(mails(session)[0])
    first = accounts.confirm(session, token, now=now)
    assert accounts.confirm(session, token, now=now + timedelta(hours=1)) == first
    assert session.scalar(select(Person.confirmed_at)) == now
    assert events(session).count("account.confirmed") == 1


def test_links_do_what_they_were_made_for_only(session: Session, now: datetime):
    person = make_person(session, now=now, confirmed_at=None)
    token = links.make(session, Purpose.RESET, person.id, person.email, now=now).rsplit("/", 1)[1]
    for act in (accounts.confirm, mailbox.move_to_new_address):
        with pytest.raises(links.LinkOver):
            act(session, token, now=now)
    assert renewal.reset_password(session, token, "new", now=now) == person.email_key


@pytest.mark.parametrize("token", ["", "x", "../../etc/passwd", "é" * 400])
def test_an_unknown_token_is_a_link_that_is_over(session: Session, now: datetime, token: str):
    make_person(session, now=now)
    with pytest.raises(links.LinkOver):
        accounts.confirm(session, token, now=now)


# Links on demand -----------------------------------------------------------------------------------------------------


def test_asking_for_a_link_writes_the_same_whether_there_is_an_account(session: Session, now: datetime):
    person = make_person(session, now=now)
    for key in (person.email_key, "nobody@example.org"):
        mailbox.ask_link(session, Purpose.RESET, key, now=now)
    rows = session.scalars(select(OutboxWork)).all()
    assert [(row.kind, set(row.payload)) for row in rows] == [("people.mail_link", {"purpose", "key", "asked_at"})] * 2
    assert mails(session) == []
    assert session.scalars(select(MailedLink)).all() == []


def test_a_reset_link_is_mailed_once_per_request(session: Session, now: datetime):
    person = make_person(session, now=now)
    for _ in range(2):
        mailbox.mail_link(session, Purpose.RESET, person.email_key, now, now=now + timedelta(seconds=3))
    assert [mail["kind"] for mail in mails(session)] == ["reset_password"]
    later = now + timedelta(minutes=1)
    mailbox.mail_link(session, Purpose.RESET, person.email_key, later, now=later)
    assert len(mails(session)) == 2


@pytest.mark.parametrize("purpose", [Purpose.RESET, Purpose.CONFIRM])
def test_nobody_gets_mail_for_an_account_that_is_not_there_or_closed(session: Session, now: datetime, purpose: Purpose):
    closed = make_person(session, now=now, closed_at=now, confirmed_at=None)
    for key in ("nobody@example.org", closed.email_key):
        mailbox.mail_link(session, purpose, key, now, now=now)
    assert mails(session) == []


def test_a_confirmed_account_gets_no_second_confirmation(session: Session, now: datetime):
    confirmed = make_person(session, now=now)
    waiting = make_person(session, now=now, confirmed_at=None)
    for person in (confirmed, waiting):
        mailbox.mail_link(session, Purpose.CONFIRM, person.email_key, now, now=now)
    assert [mail["to"] for mail in mails(session)] == [waiting.email]


# A new password ------------------------------------------------------------------------------------------------------


def test_a_reset_shuts_everything_else_and_confirms_the_address(session: Session, now: datetime):
    person = make_person(session, now=now, confirmed_at=None)
    noise = make_person(session, now=now)
    tokens = [
        make_sign_in(session, who.id, now=now, ends_at=now + timedelta(days=1)) for who in (person, person, noise)
    ]
    paths = [
        links.make(
            session, purpose, person.id, "new@example.org" if purpose is Purpose.CHANGE_EMAIL else person.email, now=now
        )
        for purpose in (Purpose.RESET, Purpose.RESET, Purpose.CHANGE_EMAIL)
    ]
    first, second, move = (path.rsplit("/", 1)[1] for path in paths)
    renewal.reset_password(session, first, "new hash", now=now)
    seen = [queries.visitor_of(session, token_digest(token), now=now) for token in tokens]
    assert [one is None for one in seen] == [True, True, False]
    with pytest.raises(links.LinkOver):
        mailbox.move_to_new_address(session, move, now=now)
    with pytest.raises(links.LinkOver):
        renewal.reset_password(session, second, "other", now=now)
    stored = session.get_one(Person, person.id, populate_existing=True)
    assert (stored.password_hash, stored.confirmed_at) == ("new hash", now)
    assert [mail["kind"] for mail in mails(session)] == ["password_changed"]


def test_a_reset_link_works_once_and_for_an_hour(session: Session, now: datetime):
    person = make_person(session, now=now)
    paths = [links.make(session, Purpose.RESET, person.id, person.email, now=now) for _ in range(2)]
    with pytest.raises(links.LinkOver):
        renewal.reset_password(session, paths[0].rsplit("/", 1)[1], "new", now=now + timedelta(hours=1))
    just = now + timedelta(hours=1) - timedelta(microseconds=1)
    renewal.reset_password(session, paths[1].rsplit("/", 1)[1], "new", now=just)
    with pytest.raises(links.LinkOver):
        renewal.reset_password(session, paths[1].rsplit("/", 1)[1], "newer", now=just)


def test_a_reset_link_to_an_old_address_does_not_confirm_the_present_one(session: Session, now: datetime):
    person = make_person(session, now=now, confirmed_at=None)
    token = links.make(session, Purpose.RESET, person.id, "old@example.org", now=now).rsplit("/", 1)[1]
    renewal.reset_password(session, token, "new", now=now)
    assert session.get_one(Person, person.id, populate_existing=True).confirmed_at is None


def test_changing_the_password_keeps_this_browser_only(session: Session, now: datetime):
    person = make_person(session, now=now)
    here, there = (make_sign_in(session, person.id, now=now, ends_at=now + timedelta(days=1)) for _ in range(2))
    kept = queries.visitor_of(session, token_digest(here), now=now)
    assert kept is not None
    lock = lock_of(session, person.id)
    renewal.change_password(session, lock, "new", keep_session_id=kept.session_id, ticket=(), now=now)
    assert queries.visitor_of(session, token_digest(here), now=now) is not None
    assert queries.visitor_of(session, token_digest(there), now=now) is None
    renewed = sessions.renew(session, kept.session_id, now=now)
    assert queries.visitor_of(session, token_digest(here), now=now) is None
    assert queries.visitor_of(session, token_digest(renewed), now=now) is not None


def test_a_password_changed_meanwhile_is_a_conflict(session: Session, now: datetime):
    person = make_person(session, now=now)
    stale = Lock(person.id, "an older hash")
    with pytest.raises(Conflict):
        renewal.change_password(session, stale, "new", keep_session_id=1, ticket=(), now=now)
    assert sessions.begin(session, stale, rehashed=None, user_agent="", ticket=(), now=now) is None


# Another address -----------------------------------------------------------------------------------------------------


def test_the_new_address_counts_once_confirmed_and_the_old_one_gets_a_notice(session: Session, now: datetime):
    person = make_person(session, now=now)
    old = person.email
    mailbox.ask_new_address(session, person.id, "New@example.org", now=now)
    assert queries.lock_of(session, "new@example.org") is None
    (ask,) = mails(session)
    assert (ask["kind"], ask["to"]) == ("confirm_new_address", "New@example.org")
    for _ in range(2):
        assert mailbox.move_to_new_address(session, token_in(ask), now=now) == person.id
    stored = session.get_one(Person, person.id, populate_existing=True)
    assert (stored.email, stored.email_key) == ("New@example.org", "new@example.org")
    assert [(mail["kind"], mail["to"]) for mail in mails(session)[1:]] == [("address_changed", old)]
    assert events(session) == ["account.email_changed"]


def test_an_address_with_an_account_is_told_to_its_owner_only(session: Session, now: datetime):
    person, owner = make_person(session, now=now), make_person(session, now=now)
    mailbox.ask_new_address(session, person.id, owner.email.upper(), now=now)
    assert [(mail["kind"], mail["to"]) for mail in mails(session)] == [("address_in_use", owner.email)]
    assert session.scalars(select(MailedLink)).all() == []


def test_an_address_taken_between_link_and_click_is_refused(session: Session, now: datetime):
    person = make_person(session, now=now)
    token = links.make(session, Purpose.CHANGE_EMAIL, person.id, "late@example.org", now=now).rsplit("/", 1)[1]
    make_person(session, now=now, email="Late@example.org")
    before = person.email
    with pytest.raises(Refused) as caught, session.begin_nested():
        mailbox.move_to_new_address(session, token, now=now)
    assert caught.value.code == "email_taken"
    assert session.scalar(select(Person.email).where(Person.id == person.id)) == before


def test_the_present_address_is_no_change(session: Session, now: datetime):
    person = make_person(session, now=now)
    with pytest.raises(Invalid):
        mailbox.ask_new_address(session, person.id, person.email.upper(), now=now)


# Sessions ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("later", "alive"),
    [
        (timedelta(0), True),
        (timedelta(days=3) - timedelta(microseconds=1), True),
        (timedelta(days=3), False),
    ],
)
def test_a_session_idles_out_after_three_days(session: Session, now: datetime, later: timedelta, alive: bool):
    person = make_person(session, now=now)
    token = sessions.begin(session, lock_of(session, person.id), rehashed=None, user_agent="", ticket=(), now=now)
    assert token is not None
    assert (queries.visitor_of(session, token_digest(token), now=now + later) is not None) is alive


def test_a_session_in_daily_use_ends_after_fourteen_days(session: Session, now: datetime):
    person = make_person(session, now=now)
    token = sessions.begin(session, lock_of(session, person.id), rehashed=None, user_agent="", ticket=(), now=now)
    assert token is not None
    session_id = session.scalars(select(SignInSession.id)).one()
    for day in range(1, 14):
        sessions.touch(session, session_id, now=now + timedelta(days=day))
    edge = now + timedelta(days=14)
    assert queries.visitor_of(session, token_digest(token), now=edge - timedelta(microseconds=1)) is not None
    assert queries.visitor_of(session, token_digest(token), now=edge) is None


@pytest.mark.parametrize(("seconds", "written"), [(299, False), (300, True)])
def test_being_seen_is_written_every_five_minutes(session: Session, now: datetime, seconds: int, written: bool):
    person = make_person(session, now=now)
    make_sign_in(session, person.id, now=now, ends_at=now + timedelta(days=1))
    session_id = session.scalars(select(SignInSession.id)).one()
    later = now + timedelta(seconds=seconds)
    sessions.touch(session, session_id, now=later)
    assert session.scalar(select(SignInSession.last_seen_at)) == (later if written else now)


def test_only_ones_own_sessions_can_be_ended(session: Session, now: datetime):
    person, other = make_person(session, now=now), make_person(session, now=now)
    make_sign_in(session, other.id, now=now, ends_at=now + timedelta(days=1))
    session_id = session.scalars(select(SignInSession.id)).one()
    with pytest.raises(NotFound):
        sessions.end_one(session, session_id, person.id, now=now)
    sessions.end_one(session, session_id, other.id, now=now)
    with pytest.raises(NotFound):
        sessions.end_one(session, session_id, other.id, now=now)
    assert events(session) == ["account.session_ended"]


def test_signing_out_twice_is_recorded_once(session: Session, now: datetime):
    person = make_person(session, now=now)
    make_sign_in(session, person.id, now=now, ends_at=now + timedelta(days=1))
    session_id = session.scalars(select(SignInSession.id)).one()
    for _ in range(2):
        sessions.end(session, session_id, person.id, now=now)
    assert events(session) == ["account.signed_out"]


def test_a_closed_account_is_nobody(session: Session, now: datetime):
    person = make_person(session, now=now)
    token = make_sign_in(session, person.id, now=now, ends_at=now + timedelta(days=1))
    lock = lock_of(session, person.id)
    person.closed_at = now
    session.flush()
    assert queries.visitor_of(session, token_digest(token), now=now) is None
    assert queries.lock_of(session, person.email_key) is None
    assert queries.profile_of(session, person.id) is None
    assert sessions.begin(session, lock, rehashed=None, user_agent="", ticket=(), now=now) is None


def test_a_dated_hash_is_replaced_on_sign_in(session: Session, now: datetime):
    person = make_person(session, now=now)
    sessions.begin(session, lock_of(session, person.id), rehashed="newer", user_agent="", ticket=(), now=now)
    assert session.get_one(Person, person.id, populate_existing=True).password_hash == "newer"


# Profile, roles, founding --------------------------------------------------------------------------------------------


def test_a_profile_change_is_recorded_without_what_was_typed(session: Session, now: datetime):
    person = make_person(session, now=now)
    changed = accounts.change_profile(session, person.id, DETAILS, now=now)
    assert changed == ["name", "country"]
    assert accounts.change_profile(session, person.id, DETAILS, now=now) == []
    event = session.scalars(select(AuditEvent)).one()
    assert event.details == {"fields": ["name", "country"]}
    profile = queries.profile_of(session, person.id)
    assert profile is not None
    assert (profile.name, profile.country, profile.profession) == ("Anna López", "ES", Profession.PHYSICIAN)


def test_roles_are_granted_and_withdrawn_on_the_record(session: Session, now: datetime):
    chief = make_person(session, now=now, roles=("administrator",))
    person = make_person(session, now=now)
    for wanted in ([Role.EDITOR, Role.REVIEWER], [Role.EDITOR, Role.REVIEWER], [Role.EDITOR]):
        roles.set_roles(session, person.id, wanted, by=chief.id, now=now)
    assert queries.roles_of(session, [person.id]) == {person.id: ("editor",)}
    assert events(session) == ["role.granted", "role.granted", "role.withdrawn"]


def test_the_last_administrator_stays(session: Session, now: datetime):
    chief = make_person(session, now=now, roles=("administrator",))
    make_person(session, now=now, roles=("administrator",), closed_at=now)
    with pytest.raises(Refused) as caught:
        roles.withdraw(session, chief.id, Role.ADMINISTRATOR, by=chief.id, now=now)
    assert caught.value.code == "last_administrator"
    second = make_person(session, now=now, roles=("administrator",))
    assert roles.withdraw(session, chief.id, Role.ADMINISTRATOR, by=second.id, now=now)


@pytest.mark.parametrize("role", [Role.LEARNER])
def test_what_everybody_is_cannot_be_granted(session: Session, now: datetime, role: Role):
    person = make_person(session, now=now)
    with pytest.raises(Refused):
        roles.grant(session, person.id, role, by=None, now=now)
    with pytest.raises(NotFound):
        roles.grant(session, person.id + 1, Role.EDITOR, by=None, now=now)


def test_demonstration_accounts_are_made_once_with_passwords_nobody_knows_before(session: Session, now: datetime):
    made = founding.demonstration_accounts(session, now=now)
    assert [label for label, _, _ in made] == ["Physician", "Administrator"]
    assert len({password for _, _, password in made}) == 2
    assert founding.demonstration_accounts(session, now=now) == []
    granted = session.execute(select(Person.email, RoleGrant.role).join(Person, Person.id == RoleGrant.person_id)).all()
    assert {tuple(row) for row in granted} == {
        ("administrator@example.org", role) for role in ("administrator", "editor", "registrar", "reviewer")
    }
    assert session.scalars(select(Person).where(Person.confirmed_at.is_(None))).all() == []


def test_production_has_no_demonstration_accounts(session: Session, now: datetime):
    session.info["production"] = True
    try:
        with pytest.raises(Refused):
            founding.demonstration_accounts(session, now=now)
    finally:
        session.info["production"] = False
    assert session.scalars(select(Person)).all() == []


def test_the_first_administrator_has_no_password_until_the_link_is_used(session: Session, now: datetime):
    path = founding.create_administrator(session, "chief@example.org", "  Chief  Of Office ", now=now)
    person = session.scalars(select(Person)).one()
    assert (person.name, person.password_hash, person.confirmed_at) == ("Chief Of Office", "!", None)
    renewal.reset_password(session, path.rsplit("/", 1)[1], "new", now=now + timedelta(days=2, hours=23))
    assert session.scalar(select(Person.confirmed_at)) is not None
    with pytest.raises(Refused):
        founding.create_administrator(session, "CHIEF@example.org", "Another", now=now)


def test_the_export_holds_what_is_kept_and_no_secret(session: Session, now: datetime):
    person = make_person(session, now=now, roles=("editor",))
    make_sign_in(session, person.id, now=now, ends_at=now + timedelta(days=1))
    exported = queries.exported_account(session, person.id)
    assert exported is not None
    assert exported["email"] == person.email
    assert [grant["role"] for grant in exported["roles"]] == ["editor"]
    assert len(exported["sign_ins"]) == 1
    assert "hash" not in str(exported)
    assert queries.exported_account(session, person.id + 1) is None


def test_the_list_of_people_finds_by_name_and_address_and_takes_signs_literally(session: Session, now: datetime):
    anna = make_person(session, now=now, name="Anna López", roles=("editor",))
    percent = make_person(session, now=now, name="100% Sure")
    make_person(session, now=now, name="Anna Closed", closed_at=now)
    find = lambda text: [row.person_id for row in queries.people_page(session, text, 1).rows]  # noqa: E731
    assert find("anna") == [anna.id]
    assert find(percent.email.upper()) == [percent.id]
    assert find("%") == [percent.id]
    assert find("_") == []
    assert queries.people_page(session, "anna", 1).rows[0].roles == ("editor",)
