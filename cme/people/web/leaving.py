"""A copy of one's own data, and closing the account; both ask the password once more."""

import json

from flask import Response, current_app, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from cme.kernel.refusal import Invalid, Refused, TooMany
from cme.part import House
from cme.people.services import closing, throttle
from cme.people.web.account import prove, too_many
from cme.people.web.blueprint import bp
from cme.people.web.entry import HOME, leave
from cme.people.web.forms import ProveForm, put
from cme.store.session import transaction
from cme.web.access import signed_in
from cme.web.moment import request_now

DATA_PAGE = "people/own_data.html"
CLOSE_PAGE = "people/close.html"


@bp.route("/account/data", methods=["GET", "POST"])
@signed_in
def own_data() -> ResponseReturnValue:
    """One file with everything, for whoever knows the password."""
    form = ProveForm()
    if not form.validate_on_submit():
        return render_template(DATA_PAGE, form=form), 422 if form.is_submitted() else 200
    house: House = current_app.extensions["house"]
    try:
        _lock, ticket = prove(form.present.data or "")
        with transaction() as session:
            throttle.give_back(session, ticket)
            data = closing.export_data(session, current_user.person_id, house.person_data, now=request_now())
    except Invalid as refusal:
        put(form, refusal)
        return render_template(DATA_PAGE, form=form), 422
    except TooMany as refusal:
        return too_many(DATA_PAGE, form, refusal)
    name = f"my-cme-data_{request_now():%Y-%m-%d}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(json.dumps(data, ensure_ascii=False, indent=1), mimetype="application/json", headers=headers)


@bp.route("/account/close", methods=["GET", "POST"])
@signed_in
def close() -> ResponseReturnValue:
    """For good. The page says what goes and what stays."""
    form = ProveForm()
    if not form.validate_on_submit():
        return _close_page(form, 422 if form.is_submitted() else 200)
    house: House = current_app.extensions["house"]
    try:
        lock, ticket = prove(form.present.data or "")
        with transaction() as session:
            closing.close_account(session, lock, house.person_data, ticket=ticket, now=request_now())
    except Invalid as refusal:
        put(form, refusal)
        return _close_page(form, 422)
    except TooMany as refusal:
        return too_many(CLOSE_PAGE, form, refusal)
    except Refused as refusal:
        form.form_errors.append(refusal.sentence)
        return _close_page(form, refusal.status)
    return leave(HOME, "Your account is closed. Certificates you have can still be verified by anybody.")


def _close_page(form: ProveForm, status: int) -> ResponseReturnValue:
    return render_template(CLOSE_PAGE, form=form), status
