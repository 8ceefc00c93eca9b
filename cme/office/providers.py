"""Entrances of providers: seen by the office, entered and changed by administrators."""

from datetime import datetime

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from cme.activities import providers as service
from cme.activities.providers import ProviderFacts
from cme.kernel.refusal import Conflict, Invalid
from cme.kernel.roles import Role
from cme.office.blueprint import OFFICE, bp
from cme.office.forms import ProviderForm
from cme.store.database import db
from cme.store.session import transaction
from cme.web.access import roles
from cme.web.moment import request_now

DEFAULT_DAYS = 30


@bp.get("/providers")
@roles(*OFFICE)
def providers() -> ResponseReturnValue:
    """Who awards credit here."""
    return render_template("office/providers.html", providers=service.providers(db.session()))


@bp.get("/providers/new")
@roles(Role.ADMINISTRATOR)
def new_provider() -> ResponseReturnValue:
    """The empty form."""
    return _page(ProviderForm(formdata=None, correction_days=DEFAULT_DAYS, approvals=0), None)


@bp.post("/providers/new")
@roles(Role.ADMINISTRATOR)
def enter_provider() -> ResponseReturnValue:
    """Enter a provider."""
    form = ProviderForm()
    key = (form.key.data or "").strip()
    try:
        with transaction() as session:
            service.enter_provider(session, key, request.form, by=current_user.person_id, now=request_now())
    except Invalid as problem:
        form.mark(problem.problems)
        return _page(form, None), 422
    flash(f"Entered. A module names this provider as “{key}” in its activity.toml.", "success")
    return redirect(url_for("office.provider", key=key), 303)


@bp.get("/providers/<key>")
@roles(*OFFICE)
def provider(key: str) -> ResponseReturnValue:
    """Its texts as they stand."""
    return render_template("office/provider.html", provider=service.provider(db.session(), key))


@bp.get("/providers/<key>/change")
@roles(Role.ADMINISTRATOR)
def change_form(key: str) -> ResponseReturnValue:
    """The form with the present texts."""
    found = service.provider(db.session(), key)
    return _page(ProviderForm(formdata=None, obj=found, seen=found.changed_at.isoformat()), found)


@bp.post("/providers/<key>/change")
@roles(Role.ADMINISTRATOR)
def change_provider(key: str) -> ResponseReturnValue:
    """Change it for releases to come; what was typed is never lost."""
    form = ProviderForm()
    try:
        with transaction() as session:
            service.change_provider(
                session, key, request.form, seen=_seen(form), by=current_user.person_id, now=request_now()
            )
    except Invalid as problem:
        form.mark(problem.problems)
        return _page(form, service.provider(db.session(), key)), 422
    except Conflict:
        theirs = service.provider(db.session(), key)
        form.seen.data = theirs.changed_at.isoformat()  # saving again is then a decision made with both in view
        return _page(form, theirs, theirs=theirs), 409
    flash("Saved. Releases published from now on carry these texts.", "success")
    return redirect(url_for("office.provider", key=key), 303)


def _page(form: ProviderForm, present: ProviderFacts | None, theirs: ProviderFacts | None = None) -> str:
    return render_template("office/provider_form.html", form=form, provider=present, theirs=theirs)


def _seen(form: ProviderForm) -> datetime:
    """When the writer's copy was current; a value that cannot be read is never current."""
    try:
        seen = datetime.fromisoformat(form.seen.data or "")
    except ValueError:
        raise Conflict("provider_changed", "The form was too old.") from None
    if seen.tzinfo is None:
        raise Conflict("provider_changed", "The form was too old.")
    return seen
