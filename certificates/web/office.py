"""The office's entrances: the list of certificates, one with all that happened, and what waits for a decision."""

from urllib.parse import urlencode

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from certificates import life, queries, registry
from certificates.life import DECIDERS
from certificates.rules import document
from certificates.rules import life as rules
from certificates.web.blueprint import OFFICE, ROW, bp
from certificates.web.forms import CertificateFilter, DeclineForm, PackForm, RevocationForm
from cme.credits import reports
from cme.kernel.refusal import Invalid, NotFound
from cme.kernel.roles import Role
from cme.office.filters import read_filter
from cme.store.database import db
from cme.store.session import transaction
from cme.web.access import roles
from cme.web.moment import request_now


@bp.get("/office/certificates")
@roles(*OFFICE)
def office_list() -> ResponseReturnValue:
    """Certificates, filtered; and what may be done with all that the filter finds."""
    session = db.session()
    form = read_filter(CertificateFilter, request.args, reports.choices(session))
    valid = form.validate()
    number = request.args.get("page", 1, type=int)
    page = registry.listed(session, form.wanted(), number) if valid else None
    narrowed = {name: request.args[name] for name in form.data if request.args.get(name)}
    here = url_for("certificates.office_list")
    body = render_template(
        "certificates/office_list.html",
        form=form,
        page=page,
        here=here,
        narrowed=narrowed,
        total=registry.count(session, form.wanted()) if valid else 0,
        page_url=lambda other: f"{here}?{urlencode({**narrowed, 'page': other})}",
        pack_form=PackForm(formdata=None),
    )
    return body, 200 if valid else 422


@bp.get(f"/office/certificates/<{ROW}:certificate_id>")
@roles(*OFFICE)
def office_certificate(certificate_id: int) -> ResponseReturnValue:
    """One certificate: facts, files, every event of every revision, every proposal."""
    return _certificate(certificate_id, RevocationForm(formdata=None))


@bp.post(f"/office/certificates/<{ROW}:certificate_id>/revocation")
@roles(Role.ADMINISTRATOR)
def propose_revocation(certificate_id: int) -> ResponseReturnValue:
    """The first of two administrators. Refuses: Conflict."""
    form = RevocationForm()
    try:
        with transaction() as session:
            proposal = life.propose_revocation(
                session,
                certificate_id,
                form.ground.data or "",
                form.reason.data or "",
                by=current_user.person_id,
                now=request_now(),
            )
            proposal_id = proposal.id
    except Invalid as problem:
        form.mark(problem.problems)
        return _certificate(certificate_id, form), 422
    flash("The revocation is proposed. It takes effect when a second administrator confirms it.", "success")
    return redirect(url_for("certificates.proposal", proposal_id=proposal_id), 303)


@bp.get("/office/certificates/proposals")
@roles(*OFFICE)
def proposals() -> ResponseReturnValue:
    """What waits for a second person."""
    page = registry.proposals(db.session(), request.args.get("page", 1, type=int))
    return render_template(
        "certificates/proposals.html",
        page=page,
        page_url=lambda number: url_for("certificates.proposals", page=number),
    )


@bp.get(f"/office/certificates/proposals/<{ROW}:proposal_id>")
@roles(*OFFICE)
def proposal(proposal_id: int) -> ResponseReturnValue:
    """One proposal, and the buttons of whoever may decide it."""
    return _proposal(proposal_id, DeclineForm(formdata=None))


@bp.post(f"/office/certificates/proposals/<{ROW}:proposal_id>/confirm")
@roles(*OFFICE)
def confirm_proposal(proposal_id: int) -> ResponseReturnValue:
    """The second person agrees. Refuses: Conflict, Refused (the same person, or without the role)."""
    with transaction() as session:
        fresh = life.confirm(session, proposal_id, by=current_user.person_id, now=request_now())
        fresh_id = None if fresh is None else fresh.id
    if fresh_id is None:
        flash("The certificate is revoked. Whoever verifies it is told so from now on.", "success")
        return redirect(url_for("certificates.proposal", proposal_id=proposal_id), 303)
    flash("The corrected certificate is issued; the old one says that it was replaced.", "success")
    return redirect(url_for("certificates.office_certificate", certificate_id=fresh_id), 303)


@bp.post(f"/office/certificates/proposals/<{ROW}:proposal_id>/decline")
@roles(*OFFICE)
def decline_proposal(proposal_id: int) -> ResponseReturnValue:
    """The second person does not agree, and says why."""
    form = DeclineForm()
    try:
        with transaction() as session:
            life.decline(session, proposal_id, form.answer.data or "", by=current_user.person_id, now=request_now())
    except Invalid as problem:
        form.mark(problem.problems)
        return _proposal(proposal_id, form), 422
    flash("The proposal is declined; the certificate stands as it was.", "success")
    return redirect(url_for("certificates.proposals"), 303)


@bp.post(f"/office/certificates/proposals/<{ROW}:proposal_id>/withdraw")
@roles(*OFFICE)
def withdraw_proposal(proposal_id: int) -> ResponseReturnValue:
    """Whoever proposed it takes it back."""
    with transaction() as session:
        life.withdraw(session, proposal_id, by=current_user.person_id, now=request_now())
    flash("The proposal was taken back.", "info")
    return redirect(url_for("certificates.proposals"), 303)


def _certificate(certificate_id: int, form: RevocationForm) -> str:
    session = db.session()
    found = queries.by_id(session, certificate_id)
    if found is None:
        raise NotFound("certificate_unknown", "There is no such certificate.")
    return render_template(
        "certificates/office_certificate.html",
        certificate=found,
        printed=document.summary(found.snapshot),
        history=registry.history(session, found.number),
        proposals=registry.proposals_of(session, found.number),
        sentence=rules.ground_sentence,
        form=form,
        may_revoke=Role.ADMINISTRATOR.value in current_user.roles and found.state == rules.State.ISSUED,
    )


def _proposal(proposal_id: int, form: DeclineForm) -> str:
    found = registry.proposal(db.session(), proposal_id)
    if found is None:
        raise NotFound("proposal_unknown", "There is no such proposal.")
    mine = found.proposed_by == current_user.person_id
    holds = any(role.value in current_user.roles for role in DECIDERS[found.kind])
    return render_template(
        "certificates/proposal.html",
        proposal=found,
        printed=document.summary(found.snapshot),
        lines=rules.lines(found.snapshot, found.wanted) if found.kind == life.CORRECTION else [],
        ground=rules.ground_sentence(rules.State.REVOKED, found.ground) if found.kind == life.REVOCATION else "",
        form=form,
        is_open=found.outcome is None,
        mine=mine,
        may_decide=found.outcome is None and holds and not mine,
    )
