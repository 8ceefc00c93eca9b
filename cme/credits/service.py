"""Verbs of credit: record a requirement, decide a claim, write the ledger."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cme.activities.facts import ReleaseFacts
from cme.activities.rules import DEMONSTRATION_CREDIT
from cme.audit.service import record
from cme.audit.tags import Event
from cme.credits import queries, rules
from cme.credits.events import CreditGranted
from cme.credits.facts import CreditFacts
from cme.credits.models import ClaimDecision, Credit, RequirementMet
from cme.credits.standings import claim_open_until
from cme.kernel.professions import Profession
from cme.kernel.refusal import Invalid, NotFound
from cme.outbox.announce import announce
from cme.people.models import Person
from cme.store.session import violates

PROFILE_CHANGED = "profile_changed"


@dataclass(frozen=True, slots=True)
class Claim:
    """What the learner sent: an amount in quarters, the wording attested to, and whether it was attested."""

    quarters: int | None
    attestation: str
    attested: bool
    evaluation_given: bool
    printed: str | None = None
    """The mark of the profile that the page showed; None where it did not say."""


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """Granted: `credit` is set. Denied: `denied` says why. A repeat gives the first result and `repeated`."""

    credit: CreditFacts | None
    denied: rules.Denied | None
    repeated: bool = False


def record_requirement(
    session: Session, person_id: int, release_id: int, requirement: str = "quiz", *, met_at: datetime, evidence: str
) -> None:
    """Write that a requirement was met; a second time changes nothing, the first instant counts."""
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    session.execute(
        insert(RequirementMet)
        .values(person_id=person_id, release_id=release_id, requirement=requirement, met_at=met_at, evidence=evidence)
        .on_conflict_do_nothing()
    )


def claim(session: Session, person_id: int, release: ReleaseFacts, wanted: Claim, *, now: datetime) -> ClaimResult:
    """Decide a claim and write decision and, if granted, ledger entry; the caller's transaction commits both.

    Refuses: Invalid (amount not in quarters or out of range, or the profile is no longer what the page said would be
    printed: a form error, nothing is stored); NotFound (nobody there).
    Five clicks at once: the person's row is locked, so the later ones see the first one's credit and get it back.
    """
    person = session.scalar(select(Person).where(Person.id == person_id).with_for_update())
    if person is None or person.closed_at is not None:
        raise NotFound
    first = queries.earned_credit(session, person_id, release.release_id)
    if first is not None:
        return ClaimResult(credit=first, denied=None, repeated=True)
    problem = rules.amount_problem(wanted.quarters, release.maximum_quarters)
    if problem is not None:
        raise Invalid("amount", problem, {"amount": [problem]})
    if wanted.printed not in {None, rules.printed_mark(person.name, person.credentials, person.profession)}:
        raise Invalid(
            PROFILE_CHANGED,
            "Your profile was changed after this page was opened. Look at what will be printed, then claim again.",
        )
    assert wanted.quarters is not None
    facts = _facts(session, person, release, wanted)
    verdict = rules.decide_claim(queries.rule_of(release), facts, now=now)
    decision = _store_decision(session, person_id, release, facts, wanted, verdict, now)
    if isinstance(verdict, rules.Denied):
        _audit(session, Event.CLAIM_DENIED, person_id, release, {"code": verdict.code.value}, now)
        return ClaimResult(credit=None, denied=verdict)
    return _grant(session, person, release, wanted.quarters, wanted.attestation, verdict, decision, now)


def _facts(session: Session, person: Person, release: ReleaseFacts, wanted: Claim) -> rules.ClaimFacts:
    progress = queries.progress_of(session, person.id, release)
    return rules.ClaimFacts(
        confirmed=person.confirmed_at is not None,
        front_matter_seen_at=progress.front_matter_seen_at,
        read_at=progress.read_at,
        passed_at=progress.passed_at,
        evaluation_given=wanted.evaluation_given,
        attested=wanted.attested,
        credited_before=queries.credited_before(session, person.id, release),
        claim_open_until=claim_open_until(session, person.id, release.release_id),
        credited_later=queries.credited_later(session, person.id, release),
    )


def _store_decision(
    session: Session,
    person_id: int,
    release: ReleaseFacts,
    facts: rules.ClaimFacts,
    wanted: Claim,
    verdict: rules.Granted | rules.Denied,
    now: datetime,
) -> ClaimDecision:
    granted = isinstance(verdict, rules.Granted)
    decision = ClaimDecision(
        person_id=person_id,
        release_id=release.release_id,
        decided_at=now,
        outcome="granted" if granted else "denied",
        code="granted" if granted else verdict.code.value,
        sentence="Every requirement was met inside the term." if granted else verdict.sentence,
        facts={
            **{key: _plain(value) for key, value in asdict(facts).items()},
            "completed_at": _plain(facts.completed_at),
            "amount_quarters": wanted.quarters,
            "maximum_quarters": release.maximum_quarters,
            "opens_at": _plain(release.term.opens_at),
            "closes_at": _plain(release.term.closes_at),
            "claims_close_at": _plain(release.term.claims_close_at),
            "zone": release.zone,
            "withdrawn_at": _plain(release.withdrawn_at),
            "revision_id": release.revision_id,
            "release_number": release.number,
        },
        verdicts=[asdict(rule) for rule in verdict.verdicts],
        rules_version=rules.RULES_VERSION,
    )
    session.add(decision)
    session.flush()
    return decision


def _grant(
    session: Session,
    person: Person,
    release: ReleaseFacts,
    quarters: int,
    attestation: str,
    verdict: rules.Granted,
    decision: ClaimDecision,
    now: datetime,
) -> ClaimResult:
    profession = Profession(person.profession)
    kind = rules.kind_of(profession, release.credit_type)
    credit_type = release.credit_type if release.accredited else DEMONSTRATION_CREDIT
    maximum = release.maximum_quarters
    # A clock set back by a few seconds, or two servers that differ, must not turn a due credit into an error.
    granted_at = max(now, verdict.completed_at)
    entry = Credit(
        entry="earned",
        kind=kind.value,
        person_id=person.id,
        release_id=release.release_id,
        decision_id=decision.id,
        follows_id=None,
        opens_at=release.term.opens_at,
        closes_at=release.term.closes_at,
        completed_at=verdict.completed_at,
        granted_at=granted_at,
        amount_quarters=quarters,
        maximum_quarters=maximum,
        credit_type=credit_type,
        attestation=attestation,
        snapshot=_snapshot(person, profession, release),
    )
    session.add(entry)
    try:
        session.flush()
    except IntegrityError as error:
        # The lock on the person makes this unreachable in the ordinary course; the constraint stays the last word.
        if violates(error, "uq_credits_one_per_release"):
            raise NotFound("already_granted", "This credit was granted a moment ago; load the page again.") from error
        raise
    details = {"credit_id": entry.id, "quarters": quarters, "kind": kind.value}
    _audit(session, Event.CLAIM_GRANTED, person.id, release, details, now)
    announce(
        session,
        CreditGranted(
            credit_id=entry.id,
            person_id=person.id,
            release_id=release.release_id,
            kind=kind.value,
            amount_quarters=quarters,
            maximum_quarters=maximum,
            credit_type=credit_type,
            completed_at=verdict.completed_at,
            granted_at=granted_at,
            snapshot=dict(entry.snapshot),
        ),
    )
    credit = queries.credit_facts(session, entry.id)
    return ClaimResult(credit=credit, denied=None)


def _snapshot(person: Person, profession: Profession, release: ReleaseFacts) -> dict[str, Any]:
    """Everything a certificate or an auditor needs, so that nothing later can change what was earned."""
    return {
        "name": person.name,
        "credentials": person.credentials,
        "profession": profession.value,
        "country": person.country,
        "title": release.title,
        "slug": release.slug,
        "release_number": release.number,
        "learning_format": release.learning_format,
        "provider": dict(release.provider),
        "provider_mode": release.provider_mode,
        "released_on": release.released_on.isoformat(),
        "reviewed_on": release.reviewed_on.isoformat() if release.reviewed_on else None,
        "opens_on": release.opens_on.isoformat(),
        "expires_on": release.expires_on.isoformat(),
        "zone": release.zone,
        "revision_id": release.revision_id,
        # A demonstration is designated for nothing, so its records name no accredited credit either.
        "offers": [list(offer) for offer in release.offers] if release.accredited else [],
    }


def _audit(
    session: Session, event: Event, person_id: int, release: ReleaseFacts, details: dict[str, Any], now: datetime
) -> None:
    record(
        session, event, now=now, person_id=person_id, subject="release", subject_id=release.release_id, details=details
    )


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
