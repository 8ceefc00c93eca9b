"""What a provider's certificates look like: chosen for future credit only, frozen in each certificate."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from certificates import looks
from certificates.design import design
from certificates.models import CertificateDesign, DesignPublication, DesignVersion
from cme.activities.models import Provider
from cme.audit.models import AuditEvent
from cme.kernel.refusal import Invalid, NotFound
from tests.factories.certificates import make_certificate
from tests.factories.modules import Module, make_module, make_provider
from tests.factories.people import make_person


@pytest.fixture
def provider(session: Session, now: datetime) -> Provider:
    return make_provider(session, now=now)


@pytest.fixture
def module(session: Session, provider: Provider, now: datetime) -> Module:
    return make_module(session, now=now, provider=provider)


def make_version(session: Session, now: datetime, *, digest: str = "d" * 64, published: bool = True) -> int:
    made = CertificateDesign(name=f"Design {digest[:4]}", source="form", made_at=now, made_by=1)
    session.add(made)
    session.flush()
    version = DesignVersion(design_id=made.id, number=1, digest=digest, choices={}, made_at=now, made_by=1)
    session.add(version)
    session.flush()
    if published:
        session.add(DesignPublication(version_id=version.id, published_at=now, published_by=1))
        session.flush()
    return version.id


def test_without_a_choice_it_is_the_shipped_design_and_the_learners_paper(
    session: Session, module: Module, now: datetime
):
    american = make_certificate(session, make_person(session, now=now), module, now=now, country="US")
    german = make_certificate(session, make_person(session, now=now), module, now=now, country="DE")
    assert american.snapshot["paper"] == "letter"
    assert german.snapshot["paper"] == "a4"
    assert german.snapshot["design_digest"] == design("credit").digest


def test_a_choice_counts_for_later_grants_only(session: Session, provider: Provider, module: Module, now: datetime):
    before = make_certificate(session, make_person(session, now=now), module, now=now, country="US")
    version = make_version(session, now)
    looks.choose(session, provider.key, "credit", version, "a4", by=7, now=now)
    other = make_module(session, now=now)
    after, participation, elsewhere = (
        make_certificate(session, make_person(session, now=now), chosen, now=now, kind=kind, country="US")
        for chosen, kind in ((module, "credit"), (module, "participation"), (other, "credit"))
    )
    assert (before.snapshot["paper"], before.snapshot["design_digest"]) == ("letter", design("credit").digest)
    assert (after.snapshot["paper"], after.snapshot["design_digest"]) == ("a4", "d" * 64)
    assert participation.snapshot["design_digest"] == design("participation").digest
    assert (elsewhere.snapshot["paper"], elsewhere.snapshot["design_digest"]) == ("letter", design("credit").digest)
    looks.choose(session, provider.key, "credit", None, "letter", by=7, now=now + timedelta(days=1))
    last = make_certificate(session, make_person(session, now=now), module, now=now, country="DE")
    assert (last.snapshot["paper"], last.snapshot["design_digest"]) == ("letter", design("credit").digest)
    shown = {(one.provider_key, one.kind): one for one in looks.chosen(session)}
    assert shown[provider.key, "credit"].paper == "letter"
    assert shown[provider.key, "participation"].chosen_at is None
    audit = session.scalars(select(AuditEvent).where(AuditEvent.event == "certificate.look_chosen")).all()
    assert [(one.person_id, one.details["version"]) for one in audit] == [(7, version), (7, None)]


def test_only_published_versions_can_be_chosen(session: Session, provider: Provider, now: datetime):
    draft = make_version(session, now, digest="e" * 64, published=False)
    ready = make_version(session, now, digest="f" * 64)
    assert [one.version_id for one in looks.offered(session)] == [ready]
    with pytest.raises(Invalid) as refused:
        looks.choose(session, provider.key, "credit", draft, "a4", by=7, now=now)
    assert refused.value.problems == {"version": ["Choose a version that is published."]}
    with pytest.raises(Invalid) as refused:
        looks.choose(session, provider.key, "seal", None, "a5", by=7, now=now)
    assert set(refused.value.problems) == {"kind", "paper"}
    with pytest.raises(NotFound):
        looks.choose(session, "nobody", "credit", None, "a4", by=7, now=now)


@pytest.mark.parametrize("table", ["certificate_designs", "certificate_design_versions", "certificate_looks"])
@pytest.mark.parametrize("change", ["UPDATE {} SET id = id + 1", "DELETE FROM {}"])
def test_the_database_keeps_what_was_saved(
    session: Session, provider: Provider, now: datetime, table: str, change: str
):
    looks.choose(session, provider.key, "credit", make_version(session, now), "a4", by=7, now=now)
    with pytest.raises(DBAPIError, match="only grows"):
        session.execute(text(change.format(table)))


def test_the_joint_provider_is_frozen_in_the_certificate(session: Session, now: datetime):
    joint = make_provider(session, now=now, joint_with="Riverside Hospital", mode="accredited")
    module = make_module(session, now=now, provider=joint)
    made = make_certificate(session, make_person(session, now=now), module, now=now)
    assert made.snapshot["joint_with"] == "Riverside Hospital"
