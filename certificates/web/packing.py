"""The office's entrances for many certificates at once: ask for a pack, see how far it is, take the archive."""

from typing import Any

from flask import Response, current_app, flash, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from certificates import archive, packs
from certificates.packs import DOWNLOAD, REISSUE
from certificates.web.blueprint import OFFICE, bp
from certificates.web.forms import CertificateFilter, PackForm
from certificates.web.printing import cover_of
from certificates.web.waiting import store
from cme.config import Settings
from cme.credits import reports
from cme.kernel.refusal import Conflict, Invalid
from cme.office.filters import read_filter
from cme.store.database import db
from cme.store.session import transaction
from cme.web.access import roles
from cme.web.moment import request_now


@bp.get("/office/certificates/packs")
@roles(*OFFICE)
def pack_list() -> ResponseReturnValue:
    """The last packs and how far they are."""
    return render_template("certificates/packs.html", packs=packs.latest(db.session()))


@bp.post("/office/certificates/packs")
@roles(*OFFICE)
def ask_for_pack() -> ResponseReturnValue:
    """Everything that the filter finds, as an archive; issued again first where that is wanted. Refuses: Invalid."""
    offered = reports.choices(db.session())
    chosen = read_filter(CertificateFilter, request.form, offered)
    form = PackForm()
    purpose = form.purpose.data if form.purpose.data in (DOWNLOAD, REISSUE) else DOWNLOAD
    if not chosen.validate():
        raise Invalid("filter", "The filter cannot be read, so nothing was asked for.")
    wanted = packs.standing(chosen.wanted(), purpose)
    with transaction() as session:
        pack = packs.ask(session, wanted, purpose, form.reason.data or "", by=current_user.person_id, now=request_now())
        code = pack.code
    flash("The work has begun. You may close this page; it goes on without you.", "success")
    return redirect(url_for("certificates.pack", code=code), 303)


@bp.get("/office/certificates/packs/<code>")
@roles(*OFFICE)
def pack(code: str) -> ResponseReturnValue:
    """How far it is, and the archive when it is ready."""
    found = packs.by_code(db.session(), code)
    ready = packs.ready_count(db.session(), found.id) if found.finished_at else 0
    return render_template("certificates/pack.html", pack=found, ready=ready)


@bp.get("/office/certificates/packs/<code>.zip")
@roles(*OFFICE)
def pack_archive(code: str) -> ResponseReturnValue:
    """The archive, written while it is sent. Refuses: Conflict (not ready)."""
    found = packs.by_code(db.session(), code)
    if found.finished_at is None:
        raise Conflict("pack_not_ready", "The archive is not ready yet; look again in a moment.")
    settings: Settings = current_app.extensions["settings"]
    pack_id, asked_at, found_wanted = found.id, found.asked_at, found.wanted
    about = {
        "what": "Certificates of continuing medical education",
        "issuer": settings.public_url,
        "asked_at": asked_at.isoformat(timespec="seconds"),
        "purpose": found.purpose,
        "choice": found.wanted,
        "chosen": found.total,
        "state_of_certificates_at": request_now().isoformat(timespec="seconds"),
        "check_with": f"{settings.public_url}{url_for('certificates.check_form')}",
    }
    with transaction() as session:
        packs.note_taken(session, pack_id, by=current_user.person_id, now=request_now())
    cover = cover_of(packs.every_packed(db.session(), pack_id), _choice(found_wanted))
    body = archive.stream(lambda: packs.every_packed(db.session(), pack_id), store(), about, cover)
    return Response(
        stream_with_context(body),
        mimetype="application/zip",
        headers={"Content-Disposition": f'attachment; filename="CME-certificates_{asked_at:%Y-%m-%d_%H%M}.zip"'},
    )


def _choice(wanted: dict[str, Any]) -> str:
    """How the certificates were chosen, in a sentence; of a person only that one was asked for."""
    parts = [
        f"module {wanted['module']}" if wanted.get("module") else "",
        f"kind {wanted['kind']}" if wanted.get("kind") else "",
        f"state {wanted['state']}" if wanted.get("state") else "",
        f"issued from {wanted['since'][:10]}" if wanted.get("since") else "",
        f"issued before {wanted['until'][:10]}" if wanted.get("until") else "",
        "of one person" if wanted.get("by_person") else "",
    ]
    said = "; ".join(part for part in parts if part)
    return f"Chosen by: {said}." if said else "All certificates."
