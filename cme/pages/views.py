"""Entrances of the site pages: shown to everybody, edited by administrators."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from cme.kernel.refusal import Conflict, Invalid
from cme.kernel.roles import Role
from cme.pages import queries, service
from cme.pages.forms import PageForm
from cme.pages.rules import wording
from cme.store.database import db
from cme.store.session import transaction
from cme.web.access import public, roles
from cme.web.moment import request_now

bp = Blueprint("pages", __name__)


@bp.get("/pages/<key>")
@public
def show(key: str) -> ResponseReturnValue:
    """Privacy, terms or contact."""
    return render_template("pages/show.html", page=queries.page(db.session(), key))


@bp.get("/office/pages")
@roles(Role.ADMINISTRATOR)
def index() -> ResponseReturnValue:
    """The pages there are, and whether they still are what shipped."""
    return render_template("pages/index.html", pages=queries.pages(db.session()))


@bp.get("/office/pages/<key>")
@roles(Role.ADMINISTRATOR)
def edit(key: str) -> ResponseReturnValue:
    """The form with the present text."""
    page = queries.page(db.session(), key)
    form = PageForm(formdata=None, edition=str(page.edition), title=page.title, source=page.source)
    return render_template("pages/edit.html", page=page, form=form, theirs=None)


@bp.post("/office/pages/<key>")
@roles(Role.ADMINISTRATOR)
def save(key: str) -> ResponseReturnValue:
    """Save, or show what stands against it; what was typed is never lost."""
    form = PageForm()
    words = wording(form.title.data or "", form.source.data or "")
    try:
        with transaction() as session:
            service.change_page(
                session,
                key,
                words,
                edition=request.form.get("edition", -1, type=int),
                by=current_user.person_id,
                now=request_now(),
            )
    except Invalid as problem:
        form.mark(problem.problems)
        page = queries.page(db.session(), key)
        return render_template("pages/edit.html", page=page, form=form, theirs=None), 422
    except Conflict:
        theirs = queries.page(db.session(), key)
        form.edition.data = str(theirs.edition)  # saving again is then a decision made with both texts in view
        return render_template("pages/edit.html", page=theirs, form=form, theirs=theirs), 409
    flash(f"The page “{words.title}” was saved.", "success")
    return redirect(url_for("pages.show", key=key), 303)
