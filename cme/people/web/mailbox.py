"""Pages reached by mailed links, and the pages that ask for one."""

from flask import flash, redirect, render_template, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.exceptions import NotFound

from cme.kernel.codes import token_digest
from cme.kernel.refusal import Invalid, Refused
from cme.people import queries
from cme.people.rules import Purpose
from cme.people.services import accounts, details, mailbox, passwords, renewal, throttle
from cme.people.services.links import LinkOver
from cme.people.web import browser, limits
from cme.people.web.blueprint import bp
from cme.people.web.forms import AddressForm, NewPasswordForm, put
from cme.store.database import db
from cme.store.session import transaction
from cme.web.access import public
from cme.web.moment import request_now

ABOUT = {"registration", "confirmation", "password", "new-address"}


@bp.get("/check-mail/<about>")
@public
def check_mail(about: str) -> ResponseReturnValue:
    """Says the same to everybody."""
    if about not in ABOUT:
        raise NotFound
    return render_template("people/check_mail.html", about=about)


@bp.route("/forgot", methods=["GET", "POST"])
@public
def forgot() -> ResponseReturnValue:
    return _ask(Purpose.RESET, "people/forgot.html", "password")


@bp.route("/resend-confirmation", methods=["GET", "POST"])
@public
def resend() -> ResponseReturnValue:
    return _ask(Purpose.CONFIRM, "people/resend.html", "confirmation")


def _ask(purpose: Purpose, template: str, about: str) -> ResponseReturnValue:
    form = AddressForm(email=getattr(current_user, "email", ""))
    if not form.validate_on_submit():
        return render_template(template, form=form), 422 if form.is_submitted() else 200
    try:
        key = details.email_key(details.check_email(form.email.data or ""))
    except Invalid as refusal:
        put(form, refusal)
        return render_template(template, form=form), 422
    limits.asking()
    with transaction() as session:
        throttle.take(session, [limits.mailbox(key)], now=request_now())
        mailbox.ask_link(session, purpose, key, now=request_now())
    return redirect(url_for("people.check_mail", about=about), 303)


@bp.get("/confirm/<token>")
@public
def confirm(token: str) -> ResponseReturnValue:
    """A page with a button: programs that open the links of a mail before its reader does confirm nothing."""
    return _link_page(Purpose.CONFIRM, token, "people/confirm.html")


@bp.post("/confirm/<token>")
@public
def confirm_now(token: str) -> ResponseReturnValue:
    try:
        with transaction() as session:
            accounts.confirm(session, token, now=request_now())
    except LinkOver:
        return _over(Purpose.CONFIRM)
    flash("Your e-mail address is confirmed.", "success")
    return redirect("/" if current_user.is_authenticated else url_for("people.sign_in"), 303)


@bp.get("/confirm-new-address/<token>")
@public
def confirm_new_address(token: str) -> ResponseReturnValue:
    return _link_page(Purpose.CHANGE_EMAIL, token, "people/confirm_new_address.html")


@bp.post("/confirm-new-address/<token>")
@public
def confirm_new_address_now(token: str) -> ResponseReturnValue:
    try:
        with transaction() as session:
            mailbox.move_to_new_address(session, token, now=request_now())
    except LinkOver:
        return _over(Purpose.CHANGE_EMAIL)
    flash("Your account uses the new e-mail address from now on.", "success")
    return redirect(url_for("people.account" if current_user.is_authenticated else "people.sign_in"), 303)


@bp.route("/reset/<token>", methods=["GET", "POST"])
@public
def reset(token: str) -> ResponseReturnValue:
    """A new password ends every sign-in of the account; then one signs in with it."""
    link = queries.live_link(db.session(), token_digest(token), Purpose.RESET.value, now=request_now())
    if link is None:
        return _over(Purpose.RESET)
    person_id, email = link
    form = NewPasswordForm()
    if not form.validate_on_submit():
        return _reset_page(form, token, email, 422 if form.is_submitted() else 200)
    profile = queries.profile_of(db.session(), person_id)
    try:
        details.check_password(form.password.data or "", (email, profile.name if profile else ""))
    except Invalid as refusal:
        put(form, refusal)
        return _reset_page(form, token, email, 422)
    new_hash = passwords.hash_password(form.password.data or "")
    try:
        with transaction() as session:
            key = renewal.reset_password(session, token, new_hash, now=request_now())
    except LinkOver:
        return _over(Purpose.RESET)
    cookie.clear()
    flash("Your new password is set. Sign in with it.", "success")
    response = redirect(url_for("people.sign_in"), 303)
    browser.remember(response, key)  # the owner can sign in at once, however many strangers are trying
    return response


def _reset_page(form: NewPasswordForm, token: str, email: str, status: int) -> ResponseReturnValue:
    return render_template("people/reset.html", form=form, token=token, email=email), status


def _link_page(purpose: Purpose, token: str, template: str) -> ResponseReturnValue:
    link = queries.live_link(db.session(), token_digest(token), purpose.value, now=request_now())
    if link is None:
        return _over(purpose)
    return render_template(template, token=token, email=link[1])


def _over(purpose: Purpose) -> ResponseReturnValue:
    refusal: Refused = LinkOver()
    return render_template("people/link_over.html", purpose=purpose.value, refusal=refusal), refusal.status
