"""The registrar's page of what one person is granted in every quiz: extra time, extra attempts."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import IntegerField
from wtforms.validators import InputRequired, NumberRange

from cme.kernel.refusal import NotFound
from cme.kernel.roles import Role
from cme.kernel.text import clean_line
from cme.people.queries import people_page, profile_of
from cme.store.database import db
from cme.store.session import transaction
from cme.web.access import roles
from cme.web.moment import request_now
from quizzes.queries.accommodations import accommodation_of
from quizzes.rules.delivery import MOST_EXTRA_ATTEMPTS, MOST_EXTRA_PERCENT, Accommodation
from quizzes.services import accommodating

bp = Blueprint("accommodations", __name__, url_prefix="/office", template_folder="../templates")
registrars = roles(Role.REGISTRAR, Role.ADMINISTRATOR)


class AccommodationForm(FlaskForm):
    """Whole numbers in their range; both are needed, so that nothing is granted by leaving a field empty."""

    extra_time_percent = IntegerField(
        "Extra time, in percent",
        description="50 makes 30 minutes of a limit of 20. Quizzes without a limit are not touched.",
        validators=[
            InputRequired("Write a number; 0 is none."),
            NumberRange(0, MOST_EXTRA_PERCENT, f"From 0 to {MOST_EXTRA_PERCENT}."),
        ],
    )
    extra_attempts = IntegerField(
        "Extra attempts",
        description="Added to the attempts a quiz allows.",
        validators=[
            InputRequired("Write a number; 0 is none."),
            NumberRange(0, MOST_EXTRA_ATTEMPTS, f"From 0 to {MOST_EXTRA_ATTEMPTS}."),
        ],
    )


@bp.get("/accommodations")
@registrars
def index() -> ResponseReturnValue:
    """Find the person."""
    search = clean_line(request.args.get("q", ""))[:100]
    number = min(max(request.args.get("page", 1, type=int), 1), 100_000)
    page = people_page(db.session(), search, number) if search else None
    return render_template("quizzes/accommodations_index.html", page=page, search=search)


@bp.route("/people/<int(max=9223372036854775807):person_id>/accommodations", methods=["GET", "POST"])
@registrars
def edit(person_id: int) -> ResponseReturnValue:
    """Show and set it. More time counts at once, also in an attempt that is running."""
    session = db.session()
    person = profile_of(session, person_id)
    if person is None:
        raise NotFound
    granted = accommodation_of(session, person_id)
    form = AccommodationForm(obj=granted)
    if not form.validate_on_submit():
        page = render_template("quizzes/accommodations.html", person=person, form=form)
        return page, 422 if form.is_submitted() else 200
    wanted = Accommodation(form.extra_time_percent.data or 0, form.extra_attempts.data or 0)
    with transaction() as writing:
        moved = accommodating.grant(writing, person_id, wanted, by=current_user.person_id, now=request_now())
    running = " The attempt that is running has a later end now." if moved else ""
    flash(f"Saved what {person.name} is granted.{running}", "success")
    return redirect(url_for("accommodations.edit", person_id=person_id), 303)
