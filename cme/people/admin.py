"""The office's pages of people: who they are and which roles they hold."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from cme.kernel.refusal import NotFound
from cme.kernel.roles import GRANTABLE, Role
from cme.kernel.text import clean_line
from cme.people import queries
from cme.people.services import roles as role_service
from cme.store.database import db
from cme.store.session import transaction
from cme.web.access import roles
from cme.web.moment import request_now

bp = Blueprint("people_office", __name__, url_prefix="/office/people")

ROLE_WORDS = {
    Role.EDITOR: "Editor: writes quizzes and articles",
    Role.REVIEWER: "Reviewer: reviews items before they are published",
    Role.REGISTRAR: "Registrar: sees credits, decisions and completions; withdraws releases",
    Role.ADMINISTRATOR: "Administrator: grants roles and changes settings",
}


class MultiCheckboxField(SelectMultipleField):
    """Several boxes under one legend."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class RolesForm(FlaskForm):
    roles = MultiCheckboxField("Roles", choices={role.value: ROLE_WORDS[role] for role in GRANTABLE})


@bp.get("/")
@roles(Role.ADMINISTRATOR)
def index() -> ResponseReturnValue:
    search = clean_line(request.args.get("q", ""))[:100]
    number = request.args.get("page", 1, type=int)
    page = queries.people_page(db.session(), search, min(max(number, 1), 100_000))
    return render_template("people/office_index.html", page=page, search=search)


@bp.route("/<int:person_id>", methods=["GET", "POST"])
@roles(Role.ADMINISTRATOR)
def person(person_id: int) -> ResponseReturnValue:
    listed = queries.listed_person(db.session(), person_id)
    if listed is None:
        raise NotFound
    form = RolesForm(data={"roles": list(listed.roles)})
    if not form.validate_on_submit():
        page = render_template("people/office_person.html", person=listed, form=form)
        return page, 422 if form.is_submitted() else 200
    wanted = [Role(value) for value in form.roles.data or []]
    with transaction() as session:
        role_service.set_roles(session, person_id, wanted, by=current_user.person_id, now=request_now())
    flash(f"Saved the roles of {listed.name}.", "success")
    return redirect(url_for("people_office.index"), 303)
