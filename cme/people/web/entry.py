"""Registering, signing in and out."""

from flask import Response, current_app, flash, g, make_response, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_user

from cme.kernel.refusal import Invalid, TooMany
from cme.people import queries
from cme.people.queries import Lock
from cme.people.services import accounts, details, passwords, sessions, throttle
from cme.people.services.throttle import Ticket
from cme.people.web import browser, limits
from cme.people.web.blueprint import SEEN, bp
from cme.people.web.forms import ProfileForm, RegisterForm, SignInForm, put
from cme.store.database import db
from cme.store.session import transaction
from cme.web import keeping
from cme.web.access import public, safe_next, signed_in
from cme.web.moment import request_now
from cme.web.visitor import load

HOME = "/"


@bp.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> ResponseReturnValue:
    """The same answer in the same time, whether the account or the password was wrong."""
    target = safe_next(request.args.get("next"))
    if current_user.is_authenticated:
        return redirect(target or HOME, 303)
    form = SignInForm()
    if not form.validate_on_submit():
        return _sign_in_page(form, target, 422 if form.is_submitted() else 200)
    key = details.typed_key(form.email.data or "")
    try:
        ticket = limits.password(key)
    except TooMany as refusal:
        return _sign_in_page(form, target, 429, refusal)
    token = _try(key, form.password.data or "", ticket)
    if token is None:
        form.form_errors.append("The e-mail address and the password do not belong together.")
        return _sign_in_page(form, target, 422)
    enter(token)
    if not current_user.confirmed:
        flash("Your e-mail address is not confirmed yet. You can read and answer; claiming credit needs it.", "info")
    kept = keeping.unsealed(request.form.get(keeping.FIELD, ""))
    response = redirect(target or HOME, 303) if kept is None else make_response(keeping.offered(kept))
    browser.remember(response, key)
    return response


def _try(key: str, password: str, ticket: Ticket) -> str | None:
    """The token of a new session, or None. The password is checked outside of a writing transaction: it takes long."""
    lock: Lock | None = queries.lock_of(db.session(), key)
    right = passwords.fits(lock.password_hash if lock else None, password)
    if lock is None or not right:
        with transaction() as session:
            sessions.refuse(session, lock, now=request_now())
        return None
    rehashed = passwords.hash_password(password) if passwords.is_dated(lock.password_hash) else None
    agent = request.user_agent.string
    with transaction() as session:
        return sessions.begin(session, lock, rehashed=rehashed, user_agent=agent, ticket=ticket, now=request_now())


def enter(token: str) -> None:
    """Begin with an empty cookie: nothing that was set before signing in survives it."""
    person = load(token)
    assert person is not None, "the session was begun a moment ago"
    cookie.clear()
    g.pop("csrf_token", None)  # it was made for the sign-in before
    cookie.permanent = True
    cookie[SEEN] = int(request_now().timestamp())
    login_user(person)


def _sign_in_page(
    form: SignInForm, target: str | None, status: int, refusal: TooMany | None = None
) -> ResponseReturnValue:
    kept = request.form.get(keeping.FIELD, "")
    page = render_template("people/sign_in.html", form=form, target=target, refusal=refusal, kept=kept)
    return page, status, {"Retry-After": str(refusal.retry_after)} if refusal else {}


def sign_in_again(kept: str, target: str | None) -> ResponseReturnValue:
    """The sign-in page for somebody whose form came after the sign-in had ended; the form waits in it."""
    form = SignInForm(formdata=None)
    return render_template("people/sign_in.html", form=form, target=target, refusal=None, kept=kept), 401


@bp.post("/sign-out")
@signed_in
def sign_out() -> ResponseReturnValue:
    with transaction() as session:
        sessions.end(session, current_user.session_id, current_user.person_id, now=request_now())
    return leave(HOME, "You are signed out.")


def leave(target: str, sentence: str) -> ResponseReturnValue:
    """Forget everything about the person in this browser."""
    cookie.clear()
    flash(sentence, "success")
    response: Response = redirect(target, 303)  # type: ignore[assignment]
    response.headers["Clear-Site-Data"] = '"storage"'
    return response


@bp.route("/register", methods=["GET", "POST"])
@public
def register() -> ResponseReturnValue:
    """Whether the address has an account already is told to its mailbox only."""
    if current_user.is_authenticated:
        return redirect(url_for("people.account"), 303)
    form = RegisterForm()
    if not form.is_submitted():
        return _register_page(form, 200)
    filled = form.validate()
    limits.registration()
    try:
        applicant = details.examine(typed_details(form), form.email.data or "", form.password.data or "", name_checks())
    except Invalid as refusal:
        put(form, refusal)
        return _register_page(form, 422)
    if not filled:
        return _register_page(form, 422)
    password_hash = passwords.hash_password(form.password.data or "")
    with transaction() as session:
        throttle.take(session, [limits.mailbox(details.email_key(applicant.email))], now=request_now())
        accounts.register(session, applicant, password_hash, now=request_now())
    return redirect(url_for("people.check_mail", about="registration"), 303)


def _register_page(form: RegisterForm, status: int) -> ResponseReturnValue:
    return render_template("people/register.html", form=form), status


def typed_details(form: ProfileForm) -> details.Details:
    """What a profile form holds."""
    return details.Details(
        name=form.name.data or "",
        credentials=form.credentials.data or "",
        profession=form.profession.data or "",
        country=form.country.data or "",
    )


def name_checks() -> tuple[details.NameCheck, ...]:
    """What the parts of the house ask of a printed name."""
    return current_app.extensions["house"].name_checks
