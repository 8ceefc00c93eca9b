"""The owner's entrance for corrections: what should stand on the certificate, and why."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from certificates import life, registry, services
from certificates.life import Wanted
from certificates.queries import CertificateFacts
from certificates.rules import document, names
from certificates.web.blueprint import ROW, bp
from certificates.web.forms import CorrectionForm, correction_form
from cme.kernel.quarters import parse_quarters
from cme.kernel.refusal import Invalid, NotFound
from cme.kernel.text import clean_line
from cme.store.database import db
from cme.store.session import transaction
from cme.web.access import signed_in
from cme.web.moment import request_now

SENT = "Your request is with the office. You get a letter when it is decided; until then the certificate stands."


@bp.get("/certificates/<code>/correction")
@signed_in
def correction(code: str) -> ResponseReturnValue:
    """The form, or the sentence that says why there is none."""
    certificate = services.owned(db.session(), current_user.person_id, code)
    return _page(certificate, correction_form(certificate.snapshot))


@bp.post("/certificates/<code>/correction")
@signed_in
def ask_for_correction(code: str) -> ResponseReturnValue:
    """Ask. Bad input keeps what was typed. Refuses: Conflict."""
    certificate = services.owned(db.session(), current_user.person_id, code)
    form = correction_form(certificate.snapshot)
    try:
        with transaction() as session:
            life.ask_for_correction(
                session,
                current_user.person_id,
                certificate.code,
                _wanted(form),
                form.reason.data or "",
                now=request_now(),
                checks=(names.name_problem,),
            )
    except Invalid as problem:
        form.mark(problem.problems)
        return _page(certificate, form), 422
    flash(SENT, "success")
    return redirect(url_for("certificates.show", code=certificate.code), 303)


@bp.post(f"/certificates/<code>/correction/<{ROW}:proposal_id>/withdraw")
@signed_in
def withdraw_correction(code: str, proposal_id: int) -> ResponseReturnValue:
    """Take one's request back."""
    certificate = services.owned(db.session(), current_user.person_id, code)
    with transaction() as session:
        waiting = registry.waiting_for(session, certificate.certificate_id)
        if waiting is None or waiting.proposal_id != proposal_id or waiting.kind != life.CORRECTION:
            raise NotFound
        life.withdraw(session, proposal_id, by=current_user.person_id, now=request_now())
    flash("Your request was taken back.", "info")
    return redirect(url_for("certificates.show", code=certificate.code), 303)


def _wanted(form: CorrectionForm) -> Wanted:
    return Wanted(
        name=clean_line(form.name.data or ""),
        credentials=clean_line(form.credentials.data or ""),
        profession=form.profession.data or "",
        amount_quarters=parse_quarters(form.amount.data or "") or 0,
    )


def _page(certificate: CertificateFacts, form: CorrectionForm) -> Any:
    return render_template(
        "certificates/correction.html",
        certificate=certificate,
        printed=document.summary(certificate.snapshot),
        form=form,
        waiting=registry.waiting_for(db.session(), certificate.certificate_id),
    )
