"""Bulk work: choose certificates, have them made ready or issued again, and what goes into their archive."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, insert, literal, null, select, update
from sqlalchemy.orm import Session

from certificates.life import replace_certificate
from certificates.models import Certificate, CertificateEvent, CertificateFile, CertificatePack, PackMember
from certificates.queries import PDF
from certificates.rules.life import State, reason_problem
from cme.activities.models import Activity, Release
from cme.audit.service import record
from cme.audit.tags import Event
from cme.credits.models import Credit
from cme.credits.report_rows import OfficeFilter
from cme.kernel.codes import new_code, normalise_code
from cme.kernel.refusal import Conflict, Invalid, NotFound
from cme.kernel.text import clean_block
from cme.outbox.service import enqueue
from cme.people.models import Person

WORK = "certificates.pack"
DOWNLOAD, REISSUE = "download", "reissue"
MOST = 50_000
ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Packed:
    """One line of an archive's manifest."""

    certificate_id: int
    number: str
    revision: int
    code: str
    snapshot: dict[str, Any]
    state: str
    sha256: str
    size: int
    instead_of: str
    """The code of the certificate that was chosen, when it was issued again; else its own."""


def matching(wanted: OfficeFilter) -> Select[*tuple[Any, ...]]:
    """Certificates in force, or in the state that was asked for, by the filter of the office."""
    last = (
        select(func.max(CertificateEvent.id))
        .where(CertificateEvent.certificate_id == Certificate.id)
        .correlate(Certificate)
        .scalar_subquery()
    )
    statement = (
        select(Certificate.id)
        .join(CertificateEvent, CertificateEvent.id == last)
        .join(Credit, Credit.id == Certificate.credit_id)
        .join(Release, Release.id == Credit.release_id)
        .join(Activity, Activity.id == Release.activity_id)
        .join(Person, Person.id == Certificate.person_id)
    )
    if wanted.outcome:
        statement = statement.where(CertificateEvent.event == wanted.outcome)
    if wanted.slug:
        statement = statement.where(Activity.slug == wanted.slug)
    if wanted.kind:
        statement = statement.where(Certificate.kind == wanted.kind)
    if wanted.since:
        statement = statement.where(Certificate.issued_at >= wanted.since)
    if wanted.until:
        statement = statement.where(Certificate.issued_at < wanted.until)
    if wanted.person:
        statement = statement.where(_named(wanted.person))
    return statement


def standing(wanted: OfficeFilter, purpose: str) -> OfficeFilter:
    """What a pack is made of unless another state was asked for: certificates in force. Only those are issued again."""
    state = State.ISSUED.value if purpose == REISSUE else wanted.outcome or State.ISSUED.value
    return replace(wanted, outcome=state)


def _named(text: str) -> Any:
    """Somebody's name or address, a certificate's number, or a code."""
    code = normalise_code(text)
    found = (
        Person.name.icontains(text, autoescape=True)
        | Person.email.icontains(text, autoescape=True)
        | Certificate.number.icontains(text, autoescape=True)
    )
    return found if code is None else found | (Certificate.code == code)


def ask(
    session: Session, wanted: OfficeFilter, purpose: str, reason: str, *, by: int, now: datetime
) -> CertificatePack:
    """Choose now, work later. Refuses: Invalid (nothing chosen, too many, no reason to issue again)."""
    said = clean_block(reason)
    problem = reason_problem(said) if purpose == REISSUE else None
    if problem:
        raise Invalid("reason", problem, {"reason": [problem]})
    pack = CertificatePack(
        code=new_code(),
        purpose=purpose,
        wanted=_kept(wanted),
        reason=said,
        asked_at=now,
        asked_by=by,
        total=0,
        done=0,
        finished_at=None,
    )
    session.add(pack)
    session.flush()
    chosen = matching(wanted).with_only_columns(
        literal(pack.id), Certificate.id, null(), null(), maintain_column_froms=True
    )
    columns = ["pack_id", "certificate_id", "result_id", "done_at"]
    session.execute(insert(PackMember).from_select(columns, chosen, include_defaults=False))
    pack.total = session.scalar(select(func.count()).where(PackMember.pack_id == pack.id)) or 0
    if not 0 < pack.total <= MOST:
        sentence = "No certificate fits this choice." if not pack.total else f"Choose at most {MOST:,} certificates."
        raise Invalid("choice", sentence, {"module": [sentence]})
    session.flush()
    details = {"pack": pack.id, "purpose": purpose, "total": pack.total, **pack.wanted}
    record(
        session, Event.CERTIFICATES_PACKED, now=now, person_id=by, subject="pack", subject_id=pack.id, details=details
    )
    go_on(session, pack.id, pack.done, now=now)
    return pack


def _kept(wanted: OfficeFilter) -> dict[str, Any]:
    """What stays on record of the choice: never whom somebody looked for, only that they did."""
    return {
        "module": wanted.slug,
        "since": wanted.since.isoformat() if wanted.since else None,
        "until": wanted.until.isoformat() if wanted.until else None,
        "kind": wanted.kind,
        "state": wanted.outcome,
        "by_person": bool(wanted.person),
    }


def go_on(session: Session, pack_id: int, done: int, *, now: datetime) -> None:
    """Have the next slice of work done. The number of what is done tells one slice from the next."""
    enqueue(session, WORK, f"{pack_id}:{done}", {"pack_id": pack_id}, now=now)


def by_code(session: Session, typed: str) -> CertificatePack:
    """The pack. Refuses: NotFound."""
    code = normalise_code(typed)
    found = session.scalar(select(CertificatePack).where(CertificatePack.code == code)) if code else None
    if found is None:
        raise NotFound
    return found


def latest(session: Session, most: int = 20) -> Sequence[CertificatePack]:
    """The last packs, newest first."""
    return session.scalars(select(CertificatePack).order_by(CertificatePack.id.desc()).limit(most)).all()


def reserve(session: Session, pack_id: int, most: int, *, now: datetime) -> list[int]:
    """The next certificates whose files are wanted. Where they are to be issued again, that happens here: new revision
    and mark on the member are one transaction, so that a repeat after a crash finds the mark.
    """
    pack = session.scalar(select(CertificatePack).where(CertificatePack.id == pack_id).with_for_update())
    if pack is None or pack.finished_at is not None:
        return []
    members = session.scalars(
        select(PackMember)
        .where(PackMember.pack_id == pack_id, PackMember.done_at.is_(None))
        .order_by(PackMember.certificate_id)
        .limit(most)
    ).all()
    for member in members:
        if member.result_id is None:
            member.result_id = _result(session, pack, member.certificate_id, now=now)
            if member.result_id is None:
                member.done_at = now
                pack.done += 1
    if not members:
        pack.finished_at = now
    session.flush()
    return [member.result_id for member in members if member.result_id is not None]


def _result(session: Session, pack: CertificatePack, certificate_id: int, *, now: datetime) -> int | None:
    if pack.purpose == DOWNLOAD:
        return certificate_id
    try:
        fresh = replace_certificate(
            session, certificate_id, {}, reason=pack.reason, by=pack.asked_by, now=now, files=False
        )
    except Conflict:  # replaced or revoked since it was chosen, or about to be: it is left out
        return None
    return fresh.id


def settle(session: Session, pack_id: int, results: Sequence[int], *, now: datetime) -> int:
    """Their files are there: count them, each once. Gives how many of the pack are done."""
    pack = session.scalars(select(CertificatePack).where(CertificatePack.id == pack_id).with_for_update()).one()
    settled = session.execute(
        update(PackMember)
        .where(PackMember.pack_id == pack_id, PackMember.result_id.in_(results), PackMember.done_at.is_(None))
        .values(done_at=now)
        .execution_options(synchronize_session=False)
        .returning(PackMember.certificate_id)
    ).all()
    pack.done += len(settled)
    session.flush()
    return pack.done


def is_finished(session: Session, pack_id: int) -> bool:
    """Whether nothing is left to do; also for a pack that does not exist."""
    open_pack = select(CertificatePack.id).where(CertificatePack.id == pack_id, CertificatePack.finished_at.is_(None))
    return session.scalar(open_pack) is None


def without_work(session: Session, *, now: datetime) -> None:
    """Ask again for packs whose work was given up or lost; a piece that waits already is left as it is."""
    open_packs = select(CertificatePack.id, CertificatePack.done).where(CertificatePack.finished_at.is_(None))
    for pack_id, done in session.execute(open_packs).all():
        go_on(session, pack_id, done, now=now)


def packed(session: Session, pack_id: int, after: int = 0) -> list[Packed]:
    """The next lines of the manifest, those after that member; empty at the end."""
    last = (
        select(func.max(CertificateEvent.id))
        .where(CertificateEvent.certificate_id == Certificate.id)
        .correlate(Certificate)
        .scalar_subquery()
    )
    chosen = Certificate.__table__.alias("chosen")
    rows = session.execute(
        select(
            Certificate.id,
            Certificate.number,
            Certificate.revision,
            Certificate.code,
            Certificate.snapshot,
            CertificateEvent.event,
            CertificateFile.sha256,
            CertificateFile.size,
            chosen.c.code,
        )
        .select_from(PackMember)
        .join(Certificate, Certificate.id == PackMember.result_id)
        .join(chosen, chosen.c.id == PackMember.certificate_id)
        .join(CertificateEvent, CertificateEvent.id == last)
        .join(CertificateFile, and_(CertificateFile.certificate_id == Certificate.id, CertificateFile.kind == PDF))
        .where(PackMember.pack_id == pack_id, PackMember.done_at.is_not(None), PackMember.result_id > after)
        .order_by(PackMember.result_id)
        .limit(ROWS_AT_ONCE)
    )
    return [Packed(*row) for row in rows]


def every_packed(session: Session, pack_id: int) -> Iterator[Packed]:
    """All lines, a few hundred at a time and without holding the database while they are used."""
    after = 0
    while rows := packed(session, pack_id, after):
        session.rollback()
        yield from rows
        after = rows[-1].certificate_id


def ready_count(session: Session, pack_id: int) -> int:
    """How many documents the archive holds; those that could not be made are not among them."""
    return (
        session.scalar(
            select(func.count())
            .select_from(PackMember)
            .join(
                CertificateFile,
                and_(CertificateFile.certificate_id == PackMember.result_id, CertificateFile.kind == PDF),
            )
            .where(PackMember.pack_id == pack_id, PackMember.done_at.is_not(None))
        )
        or 0
    )


def note_taken(session: Session, pack_id: int, *, by: int, now: datetime) -> None:
    """Somebody took the archive."""
    record(session, Event.CERTIFICATES_TAKEN, now=now, person_id=by, subject="pack", subject_id=pack_id)
