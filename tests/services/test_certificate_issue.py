"""Issuing at the grant, first file wins, sweeping, exporting: on both databases."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from certificates import queries, services
from certificates.models import Certificate, CertificateEvent, CertificateFile
from cme.audit.models import AuditEvent
from cme.credits.events import CreditGranted
from cme.kernel.codes import normalise_code
from cme.kernel.refusal import NotFound
from cme.outbox.announce import announce
from cme.outbox.models import OutboxWork
from cme.store.session import violates
from tests.factories.certificates import make_certificate
from tests.factories.modules import Module, make_module, make_provider
from tests.factories.people import make_person


@pytest.fixture
def module(session: Session, now: datetime) -> Module:
    return make_module(session, now=now, title="Sleep-related leg cramps")


def test_a_granted_credit_has_its_certificate_in_the_same_transaction(session: Session, module: Module, now: datetime):
    person = make_person(session, now=now, name="Łukasz Ødegård")
    noise = make_certificate(session, make_person(session, now=now), module, now=now)
    made = make_certificate(session, person, module, now=now)
    assert (made.kind, made.revision, made.person_id, made.issued_at) == ("credit", 1, person.id, now)
    assert made.number == f"CME-2026-{made.credit_id:06d}"
    assert normalise_code(made.code) == made.code
    assert made.code != noise.code
    assert made.snapshot["name"] == "Łukasz Ødegård"
    assert made.snapshot["code"] == made.code
    events = session.scalars(select(CertificateEvent).where(CertificateEvent.certificate_id == made.id)).all()
    assert [(event.event, event.at) for event in events] == [("issued", now)]
    work = session.scalars(select(OutboxWork).where(OutboxWork.key == str(made.id))).one()
    assert (work.kind, work.payload) == ("certificates.render", {"certificate_id": made.id})
    audit = session.scalars(select(AuditEvent).where(AuditEvent.subject_id == made.number)).one()
    assert (audit.event, audit.person_id) == ("certificate.issued", person.id)
    assert "Łukasz" not in str(audit.details)


def test_a_second_certificate_for_the_same_credit_is_impossible(session: Session, module: Module, now: datetime):
    person = make_person(session, now=now)
    made = make_certificate(session, person, module, now=now)
    facts = made.snapshot | {"provider": {"name": "x", "contact": "", "mode": "demonstration"}}
    for key in ("accreditation_statement", "designation_statement", "participation_statement"):
        facts["provider"][key] = ""
    event = CreditGranted(made.credit_id, person.id, module.release_id, "credit", 3, 4, "x", now, now, facts)
    with pytest.raises(IntegrityError) as caught:
        announce(session, event)
    assert violates(caught.value, "uq_certificates_credit_id_revision") or violates(
        caught.value, "uq_certificates_number_revision"
    )


@pytest.mark.parametrize("statement", ["UPDATE certificates SET number = 'x'", "DELETE FROM certificates"])
def test_the_database_lets_nobody_change_a_certificate(session: Session, module: Module, now: datetime, statement: str):
    make_certificate(session, make_person(session, now=now), module, now=now)
    with pytest.raises(DBAPIError, match="only grows"):
        session.execute(text(statement))


def test_the_first_stored_file_wins(session: Session, module: Module, now: datetime):
    made = make_certificate(session, make_person(session, now=now), module, now=now)
    first = services.record_file(session, made.id, "pdf", "a" * 64, 10, "one", now=now)
    again = services.record_file(session, made.id, "pdf", "b" * 64, 20, "two", now=now + timedelta(seconds=1))
    assert first == again == "a" * 64
    services.record_file(session, made.id, "picture", "c" * 64, 30, "three", now=now)
    rows = session.execute(select(CertificateFile.kind, CertificateFile.sha256).order_by(CertificateFile.kind)).all()
    assert [tuple(row) for row in rows] == [("pdf", "a" * 64), ("picture", "c" * 64)]
    facts = queries.by_id(session, made.id)
    assert facts is not None
    assert (facts.pdf, facts.picture) == ("a" * 64, "c" * 64)


def test_the_state_is_the_last_event(session: Session, module: Module, now: datetime):
    made = make_certificate(session, make_person(session, now=now), module, now=now)
    noise = make_certificate(session, make_person(session, now=now), module, now=now)
    session.add(
        CertificateEvent(certificate_id=made.id, event="revoked", at=now, reason="issued in error", by_person_id=None)
    )
    session.flush()
    states = {code: queries.by_code(session, code) for code in (made.code, noise.code)}
    assert [facts.state for facts in states.values() if facts] == ["revoked", "issued"]


def test_only_the_owner_finds_it_whatever_is_typed(session: Session, module: Module, now: datetime):
    owner, other = make_person(session, now=now), make_person(session, now=now)
    made = make_certificate(session, owner, module, now=now)
    assert services.owned(session, owner.id, made.code.lower().replace("-", " ")).number == made.number
    for person_id, code in ((other.id, made.code), (owner.id, "nonsense"), (owner.id, "0000-" * 6 + "0000")):
        with pytest.raises(NotFound):
            services.owned(session, person_id, code)


def test_a_module_leads_to_ones_own_certificate_only(session: Session, module: Module, now: datetime):
    owner, other = make_person(session, now=now), make_person(session, now=now)
    made = make_certificate(session, owner, module, now=now)
    make_certificate(session, owner, make_module(session, now=now), now=now)
    assert queries.code_of_module(session, owner.id, module.slug) == made.code
    assert queries.code_of_module(session, other.id, module.slug) is None
    assert queries.code_of_credit(session, owner.id, made.credit_id) == made.code
    assert queries.code_of_credit(session, other.id, made.credit_id) is None


def test_the_sweep_asks_again_for_what_never_came(session: Session, module: Module, now: datetime):
    made, done, fresh = (
        make_certificate(session, make_person(session, now=now), module, now=at)
        for at in (now - timedelta(hours=1), now - timedelta(hours=1), now)
    )
    services.record_file(session, done.id, "pdf", "a" * 64, 1, "x", now=now)
    services.record_file(session, made.id, "credential", "b" * 64, 1, "x", now=now)
    session.execute(OutboxWork.__table__.update().values(failed_at=now))
    services.sweep(session, now=now)
    services.sweep(session, now=now)
    waiting = select(OutboxWork.key).where(OutboxWork.failed_at.is_(None))
    assert session.scalars(waiting).all() == [str(made.id)]
    assert fresh.id != made.id


def test_an_export_holds_the_persons_certificates_only(session: Session, module: Module, now: datetime):
    owner = make_person(session, now=now, name="Дмитрий Иванов")
    made = make_certificate(session, owner, module, now=now)
    make_certificate(session, make_person(session, now=now), module, now=now)
    (kept,) = queries.certificates_of(session, owner.id)
    assert (kept["number"], kept["printed"]["name"]) == (made.number, "Дмитрий Иванов")


def test_what_cannot_be_printed_is_an_obstacle_to_publishing(session: Session, now: datetime):
    fine = make_module(session, now=now)
    assert queries.unprintable_release(session, fine.release_id) == []
    provider = make_provider(session, now=now, name="学会")
    odd = make_module(session, now=now, provider=provider, title="Krämpfe 😀")
    sentences = queries.unprintable_release(session, odd.release_id)
    assert [sentence.split("“")[1][0] for sentence in sentences] == ["😀", "学"]
    wordy = make_provider(session, now=now, accreditation_statement="x " * 800, contact="y " * 130)
    sentences = queries.unprintable_release(session, make_module(session, now=now, provider=wordy).release_id)
    assert [sentence.split("'s ")[1].split()[0] for sentence in sentences] == ["statements", "contact"]


def test_no_certificate_is_without_an_event(session: Session, module: Module, now: datetime):
    make_certificate(session, make_person(session, now=now), module, now=now)
    silent = (
        select(func.count())
        .select_from(Certificate)
        .where(~select(CertificateEvent.id).where(CertificateEvent.certificate_id == Certificate.id).exists())
    )
    assert session.scalar(silent) == 0
