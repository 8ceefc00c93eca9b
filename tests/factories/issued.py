"""Certificates as they are after the background work: issued, printed, signed and stored."""

from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import select

from certificates import jobs, life, queries
from certificates.files import FolderStore
from certificates.queries import CertificateFacts
from cme.activities.models import Provider
from cme.store.database import db
from cme.store.session import transaction
from tests.conftest import NOW
from tests.factories.certificates import make_certificate
from tests.factories.modules import make_module
from tests.factories.people import make_person


@dataclass(frozen=True)
class Issued:
    """One certificate of an application, and what its owner signs in with."""

    app: Flask
    id: int
    code: str
    number: str
    email: str
    slug: str

    @property
    def facts(self) -> CertificateFacts:
        with self.app.app_context():
            db.session.rollback()
            found = queries.by_id(db.session(), self.id)
        assert found is not None
        return found

    def file(self, kind: str = queries.PDF) -> bytes:
        digest = self.facts.digest(kind)
        assert digest is not None
        return FolderStore(self.app.extensions["settings"].files_folder).get(digest)


def issue(app: Flask, name: str = "Jane Doe", *, made: bool = True, by: str = "", **changes: Any) -> Issued:
    """A granted credit with its certificate; its files too, unless `made` is false. `by`: the key of the provider."""
    with app.app_context(), transaction() as session:
        person = make_person(session, now=NOW, name=name)
        provider = session.scalars(select(Provider).where(Provider.key == by)).one() if by else None
        module = make_module(session, now=NOW, provider=provider)
        certificate = make_certificate(session, person, module, now=NOW, **changes)
        issued = Issued(app, certificate.id, certificate.code, certificate.number, person.email, module.slug)
    if made:
        with app.app_context():
            jobs.render(issued.id)
    return issued


def staff(app: Flask, *roles: str) -> tuple[int, str]:
    """Somebody of the office: number and e-mail address."""
    with app.app_context(), transaction() as session:
        person = make_person(session, now=NOW, roles=roles)
        return person.id, person.email


def revoke(issued: Issued, ground: str = "identity") -> None:
    """By two administrators, each in a transaction of their own."""
    (first, _), (second, _) = (staff(issued.app, "administrator") for _ in range(2))
    with issued.app.app_context():
        with transaction() as session:
            reason = "A private reason."
            proposal = life.propose_revocation(session, issued.id, ground, reason, by=first, now=NOW).id
        with transaction() as session:
            life.confirm(session, proposal, by=second, now=NOW)


def correct(issued: Issued, **changes: Any) -> str:
    """Asked for by the owner and approved; gives the new code."""
    registrar, _ = staff(issued.app, "registrar")
    facts = issued.facts
    fields = ("name", "credentials", "profession", "amount_quarters")
    wanted = life.Wanted(**{**{field: facts.snapshot[field] for field in fields}, **changes})
    with issued.app.app_context():
        with transaction() as session:
            reason = "A private reason."
            proposal = life.ask_for_correction(session, facts.person_id, issued.code, wanted, reason, now=NOW).id
        with transaction() as session:
            fresh = life.confirm(session, proposal, by=registrar, now=NOW)
            assert fresh is not None
            return fresh.code
