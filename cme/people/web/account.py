"""One's own account: profile, address, password, signed-in browsers."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_user
from flask_wtf import FlaskForm

from cme.kernel.refusal import Invalid, NotFound, TooMany
from cme.people import queries
from cme.people.countries import country_name
from cme.people.queries import Lock, Profile
from cme.people.services import accounts, details, mailbox, passwords, renewal, sessions, throttle
from cme.people.services.throttle import Ticket
from cme.people.web import browser, limits
from cme.people.web.blueprint import bp
from cme.people.web.entry import name_checks, typed_details
from cme.people.web.forms import ChangeAddressForm, ChangePasswordForm, ProfileForm, put
from cme.store.database import db
from cme.store.session import transaction
from cme.web.access import signed_in
from cme.web.moment import request_now
from cme.web.visitor import load


@bp.get("/account")
@signed_in
def account() -> ResponseReturnValue:
    profile = _own_profile()
    browsers = queries.live_sessions(db.session(), profile.person_id, current_user.session_id, now=request_now())
    return render_template(
        "people/account.html", profile=profile, country=country_name(profile.country), browsers=browsers
    )


@bp.route("/account/profile", methods=["GET", "POST"])
@signed_in
def profile() -> ResponseReturnValue:
    """Acts on future credit only: what was printed stays."""
    form = ProfileForm(data=_as_form(_own_profile()))
    if not form.validate_on_submit():
        return render_template("people/profile.html", form=form), 422 if form.is_submitted() else 200
    try:
        cleaned = details.clean_details(typed_details(form), name_checks())
    except Invalid as refusal:
        put(form, refusal)
        return render_template("people/profile.html", form=form), 422
    with transaction() as session:
        changed = accounts.change_profile(session, current_user.person_id, cleaned, now=request_now())
    flash("Saved. It counts for credit you earn from now on." if changed else "Nothing was changed.", "success")
    return redirect(url_for("people.account"), 303)


@bp.route("/account/email", methods=["GET", "POST"])
@signed_in
def change_email() -> ResponseReturnValue:
    """Asks the password; the new address counts once it is confirmed from its mailbox."""
    form = ChangeAddressForm()
    page = "people/change_email.html"
    if not form.validate_on_submit():
        return render_template(page, form=form), 422 if form.is_submitted() else 200
    try:
        address = details.check_email(form.email.data or "")
        _lock, ticket = prove(form.present.data or "")
        with transaction() as session:
            throttle.give_back(session, ticket)
            throttle.take(session, [limits.mailbox(details.email_key(address))], now=request_now())
            mailbox.ask_new_address(session, current_user.person_id, address, now=request_now())
    except Invalid as refusal:
        put(form, refusal)
        return render_template(page, form=form), 422
    except TooMany as refusal:
        return too_many(page, form, refusal)
    return redirect(url_for("people.check_mail", about="new-address"), 303)


@bp.route("/account/password", methods=["GET", "POST"])
@signed_in
def change_password() -> ResponseReturnValue:
    """Asks the old one; other browsers are signed out, and this one gets a new token."""
    form = ChangePasswordForm()
    page = "people/change_password.html"
    if not form.validate_on_submit():
        return render_template(page, form=form), 422 if form.is_submitted() else 200
    try:
        details.check_password(form.password.data or "", (current_user.email, current_user.name))
        lock, ticket = prove(form.present.data or "")
    except Invalid as refusal:
        put(form, refusal)
        return render_template(page, form=form), 422
    except TooMany as refusal:
        return too_many(page, form, refusal)
    new_hash = passwords.hash_password(form.password.data or "")
    kept = current_user.session_id
    with transaction() as session:
        renewal.change_password(session, lock, new_hash, keep_session_id=kept, ticket=ticket, now=request_now())
        token = sessions.renew(session, kept, now=request_now())
    login_user(load(token))
    flash("Your password is changed. Other browsers are signed out.", "success")
    response = redirect(url_for("people.account"), 303)
    browser.remember(response, details.email_key(current_user.email))
    return response


@bp.post("/account/sessions/<int:session_id>/end")
@signed_in
def end_session(session_id: int) -> ResponseReturnValue:
    with transaction() as session:
        sessions.end_one(session, session_id, current_user.person_id, now=request_now())
    flash("That browser is signed out.", "success")
    return redirect(url_for("people.account"), 303)


@bp.post("/account/sessions/end-others")
@signed_in
def end_other_sessions() -> ResponseReturnValue:
    with transaction() as session:
        sessions.end_others(session, current_user.person_id, current_user.session_id, now=request_now())
    flash("All other browsers are signed out.", "success")
    return redirect(url_for("people.account"), 303)


def prove(password: str) -> tuple[Lock, Ticket]:
    """The password once more, counted before it is checked. Refuses: Invalid at the field, TooMany."""
    ticket = limits.own_password(current_user.person_id)
    lock = queries.lock_of_person(db.session(), current_user.person_id)
    if lock is not None and passwords.fits(lock.password_hash, password):
        return lock, ticket
    with transaction() as session:
        sessions.refuse(session, lock, now=request_now())
    sentence = "This is not your present password."
    raise Invalid("password_wrong", sentence, {"present": [sentence]})


def too_many(page: str, form: FlaskForm, refusal: TooMany) -> ResponseReturnValue:
    form.form_errors.append(refusal.sentence)
    return render_template(page, form=form), refusal.status, {"Retry-After": str(refusal.retry_after)}


def _own_profile() -> Profile:
    found = queries.profile_of(db.session(), current_user.person_id)
    if found is None:
        raise NotFound
    return found


def _as_form(found: Profile) -> dict[str, str]:
    return {
        "name": found.name,
        "credentials": found.credentials,
        "profession": found.profession.value,
        "country": found.country,
    }
