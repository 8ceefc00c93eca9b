"""Entrances of releases: the list, one release, its withdrawal."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from cme.activities.service import withdraw_release
from cme.credits import reports
from cme.credits.report_rows import ReleaseRow
from cme.kernel.refusal import Invalid, NotFound
from cme.office.blueprint import OFFICE, ROW, bp
from cme.office.forms import NO_REASON, WithdrawForm
from cme.store.database import db
from cme.store.session import transaction
from cme.web.access import roles
from cme.web.moment import request_now


@bp.get("/releases")
@roles(*OFFICE)
def releases() -> ResponseReturnValue:
    """Every release that is or was public."""
    page = reports.releases(db.session(), request.args.get("page", 1, type=int))
    return render_template(
        "office/releases.html", page=page, page_url=lambda number: url_for("office.releases", page=number)
    )


@bp.get(f"/releases/<{ROW}:release_id>")
@roles(*OFFICE)
def release(release_id: int) -> ResponseReturnValue:
    """One release, and what withdrawing it would mean."""
    return render_template("office/release.html", release=_release(release_id), form=WithdrawForm(formdata=None))


@bp.post(f"/releases/<{ROW}:release_id>/withdraw")
@roles(*OFFICE)
def withdraw(release_id: int) -> ResponseReturnValue:
    """End the release before its time. Credit that was earned stays."""
    form = WithdrawForm()
    if not form.validate():
        return render_template("office/release.html", release=_release(release_id), form=form), 422
    try:
        with transaction() as session:
            withdraw_release(session, release_id, form.reason.data or "", by=current_user.person_id, now=request_now())
    except Invalid:  # what looks empty: invisible characters alone
        form.reason.errors = [NO_REASON]
        return render_template("office/release.html", release=_release(release_id), form=form), 422
    flash("The release was withdrawn. It gives no new credit from now on.", "success")
    return redirect(url_for("office.release", release_id=release_id), 303)


def _release(release_id: int) -> ReleaseRow:
    found = reports.release(db.session(), release_id)
    if found is None:
        raise NotFound("release_unknown", "There is no such release.")
    return found
