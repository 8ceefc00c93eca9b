"""Documents of several pages, printed while somebody waits: the learner's transcript, the cover of an archive."""

from collections.abc import Iterable
from datetime import UTC

import structlog
from flask import Response, current_app
from flask.typing import ResponseReturnValue
from flask_login import current_user

from certificates import issuing, queries, sheets
from certificates.compiled import RenderError
from certificates.packs import Packed
from certificates.rules import sheets as wording
from certificates.rules.life import State
from certificates.rules.looks import Paper, PaperChoice, paper_of
from certificates.rules.sheets import Line, Sheet
from certificates.shaping import NoCoverage
from certificates.signing import SignerDown
from certificates.web.blueprint import bp
from certificates.web.limits import printing
from certificates.web.turns import place
from cme.audit.service import record
from cme.audit.tags import Event
from cme.config import Settings
from cme.kernel.refusal import NotFound, Refused, TooMany
from cme.people.queries import profile_of
from cme.people.services import throttle
from cme.store.database import db
from cme.store.session import transaction
from cme.web.access import signed_in
from cme.web.moment import request_now

log = structlog.get_logger(__name__)


class NotPrinted(Refused):
    """The document could not be laid out; the certificates themselves are not touched by that."""

    status = 503


@bp.get("/transcript.pdf")
@signed_in
def transcript_pdf() -> ResponseReturnValue:
    """Everything the person earned, as a signed document. Refuses: NotFound (nothing yet), TooMany, SignerDown."""
    person_id, now = current_user.person_id, request_now()
    settings: Settings = current_app.extensions["settings"]
    profile = profile_of(db.session(), person_id)
    lines = queries.lines_of(db.session(), person_id)
    if profile is None or not lines:
        raise NotFound("no_credit", "There is no credit yet that a transcript could list.")
    with transaction() as session:
        throttle.take(session, (printing(person_id),), now=now)
        record(session, Event.TRANSCRIPT_PRINTED, now=now, person_id=person_id, subject="person", subject_id=person_id)
    sheet = wording.transcript(
        lines,
        name=profile.name,
        credentials=profile.credentials,
        country=profile.country,
        site=settings.site_name,
        verify_base=f"{settings.public_url}/verify",
        on=now.astimezone(UTC).date(),
    )
    body = _printed(sheet, paper_of(PaperChoice.COUNTRY, profile.country))
    response = Response(body, mimetype="application/pdf")
    response.headers["Content-Disposition"] = 'attachment; filename="CME-transcript.pdf"'
    return response


def cover_of(rows: Iterable[Packed], choice: str) -> bytes | None:
    """The cover of an archive, None where it cannot be made: the archive is worth having without it."""
    settings: Settings = current_app.extensions["settings"]
    sheet = wording.cover(
        (Line(row.snapshot, State(row.state).word, row.code) for row in rows),
        site=settings.site_name,
        choice=choice,
        verify_base=f"{settings.public_url}/verify",
        on=request_now().astimezone(UTC).date(),
    )
    try:
        return _printed(sheet, Paper.LETTER)
    except (NotPrinted, SignerDown, TooMany) as problem:
        log.error("certificate.cover_not_made", error=str(problem))
        return None


def _printed(sheet: Sheet, paper: Paper) -> bytes:
    settings: Settings = current_app.extensions["settings"]
    try:
        with place("Many documents are being printed"):
            signer = issuing.signer_of(settings, now=request_now())
            return sheets.print_sheet(sheet, paper, signer=signer, at=request_now())
    except (RenderError, NoCoverage) as problem:
        log.error("certificate.sheet_not_made", error=str(problem))
        sentence = "The document cannot be printed now. Your certificates are safe and can be downloaded one by one."
        raise NotPrinted("sheet_not_printed", sentence) from problem
