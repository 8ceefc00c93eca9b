"""Entrances of the editor for corrected keys: the dry run, the act, its progress."""

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectMultipleField, TextAreaField
from wtforms.fields.choices import SelectChoice  # pyright: ignore[reportAttributeAccessIssue] - newer than the stubs
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from cme.kernel.csv_text import csv_lines
from cme.kernel.refusal import Conflict, Invalid, NotFound
from cme.store.database import db
from cme.store.session import Session, transaction
from cme.web.moment import request_now
from quizzes.queries.corrections import ItemVersion, correction_facts, corrections, item_version, outcome_counts
from quizzes.rules.correcting import Change, Policy, Treatment
from quizzes.services.correcting import Prediction, correct_key, predict
from quizzes.services.effects import Effect
from quizzes.services.versions import media_for_items
from quizzes.services.wording import words_of
from quizzes.web.desk import ROW, bp, editors

TREATMENTS = [
    SelectChoice(Treatment.KEY.value, "Another choice is the key"),
    SelectChoice(Treatment.ACCEPT.value, "Accept several choices"),
    SelectChoice(Treatment.EVERYONE.value, "Give everyone the points"),
    SelectChoice(Treatment.DROP.value, "Drop the question: it no longer counts"),
]
POLICIES = [
    SelectChoice(Policy.NEVER_LOWER.value, "Never lower: an attempt that would come out worse stays as it is"),
    SelectChoice(Policy.RESCORE_ALL.value, "Rescore all attempts; credit that was granted is not touched"),
]
PERSON_BY_PERSON = (
    "person", "release", "attempt", "submitted_at", "points_before", "of_before", "points_after", "of_after",
    "needed_after", "verdict", "what_follows", "completed_at", "claim_until", "report_year",
)  # fmt: skip
WORDS = {choice.value: choice.label for choice in (*TREATMENTS, *POLICIES)}


class CheckboxField(SelectMultipleField):
    """Several of a few choices."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class CorrectionForm(FlaskForm):
    """What is to be done with the item; `counted` is the dry run that was shown."""

    treatment = RadioField("What should count", choices=TREATMENTS, validators=[InputRequired("Choose one.")])
    keys = CheckboxField("Which choices")
    policy = RadioField("Earlier attempts", choices=POLICIES, default=Policy.NEVER_LOWER.value)
    reason = TextAreaField(
        "Reason",
        description="Kept with the correction and in the audit.",
        validators=[InputRequired("Give a reason."), Length(max=2000)],
    )
    counted = HiddenField(validators=[Length(max=200)])


@bp.get(f"/questions/<{ROW}:question_id>/correct")
@editors
def correct(question_id: int) -> ResponseReturnValue:
    """The form."""
    version = _version(db.session(), question_id)
    return _page(version, _form(version), None)


@bp.post(f"/questions/<{ROW}:question_id>/correct")
@editors
def correct_now(question_id: int) -> ResponseReturnValue:
    """First the dry run; once that was seen and still holds, the act."""
    version = _version(db.session(), question_id)
    form = _form(version)
    if not form.validate():
        return _page(version, form, None), 422
    change = Change(Treatment(form.treatment.data), _keys(form), Policy(form.policy.data))
    try:
        with transaction() as session:
            prediction = predict(session, question_id, change, now=request_now())
            number = None
            if form.counted.data == _counted(change, prediction):
                number = correct_key(
                    session,
                    question_id,
                    change,
                    reason=form.reason.data or "",
                    by=current_user.person_id,
                    now=request_now(),
                )
    except Invalid as refused:
        form.keys.errors = [*form.keys.errors, refused.sentence]
        return _page(version, form, None), 422
    except Conflict as refused:
        flash(refused.sentence, "error")
        return redirect(url_for("desk.correct", question_id=question_id), 303)
    if number is None:
        form.counted.data = _counted(change, prediction)
        return _page(version, form, prediction)
    flash("The key is corrected. Earlier attempts are graded again in the background.", "success")
    return redirect(url_for("desk.correction", correction_id=number), 303)


@bp.get(f"/questions/<{ROW}:question_id>/correct.csv")
@editors
def correction_csv(question_id: int) -> ResponseReturnValue:
    """The dry run person by person, as CSV: every attempt that would change."""
    session = db.session()
    _version(session, question_id)
    try:
        change = Change(
            Treatment(request.args.get("treatment", "")),
            tuple(request.args.getlist("keys")),
            Policy(request.args.get("policy", Policy.NEVER_LOWER.value)),
        )
        prediction = predict(session, question_id, change, now=request_now(), most_lines=None)
    except (ValueError, Invalid):
        raise NotFound from None
    data = "".join(csv_lines(PERSON_BY_PERSON, (_line(one) for one in prediction.lines)))
    headers = {"Content-Disposition": f'attachment; filename="correction-{question_id}.csv"'}
    return Response(data, content_type="text/csv; charset=utf-8", headers=headers)


@bp.get("/corrections")
@editors
def all_corrections() -> ResponseReturnValue:
    """Every correction, the latest first."""
    return render_template("quizzes/desk/corrections.html", rows=corrections(db.session()), words=WORDS)


@bp.get(f"/corrections/<{ROW}:correction_id>")
@editors
def correction(correction_id: int) -> ResponseReturnValue:
    """One correction: how far it has come, and what it did beside what was predicted."""
    session = db.session()
    facts = correction_facts(session, correction_id)
    if facts is None:
        raise NotFound
    counts = outcome_counts(session, correction_id)
    return render_template("quizzes/desk/correction.html", facts=facts, counts=counts, words=WORDS)


def _version(session: Session, question_id: int) -> ItemVersion:
    version = item_version(session, question_id)
    if version is None:
        raise NotFound
    return version


def _form(version: ItemVersion) -> CorrectionForm:
    form = CorrectionForm()
    form.keys.choices = [
        SelectChoice(one.key, f"{one.key.upper()}: {one.text}{' (the key now)' if one.correct else ''}")
        for one in version.item.choices
    ]
    return form


def _keys(form: CorrectionForm) -> tuple[str, ...]:
    wanted = form.treatment.data in {Treatment.KEY.value, Treatment.ACCEPT.value}
    return tuple(form.keys.data or ()) if wanted else ()


def verdict(one: Effect) -> str:
    """What happens to the attempt, in words."""
    if one.raised or one.lowered:
        return "Fail to pass" if one.raised else "Pass to fail"
    return f"Stays a {'pass' if one.regraded.after.passed else 'fail'}"


def consequence(one: Effect) -> str:
    """What follows for its owner, in words."""
    if one.credit_id:
        return "Credit stays as granted"
    if not one.raised:
        return "The pass no longer counts" if one.lowered else "Another score"
    if one.met is None:
        if not one.attempt.for_credit:
            return "Self-test, no credit"
        return "Passed before" if one.counted_after else "Outside the term, no credit"
    if one.completed_at is None:
        return "Quiz passed; reading still open"
    if one.claim_until is None:
        return "Completed; the module was withdrawn"
    return "Completed inside the term; claim reopened" if one.closed_meanwhile else "Completed; may claim"


def _line(one: Effect) -> tuple[object, ...]:
    before, after = one.regraded.before, one.regraded.after
    return (
        one.attempt.person_id,
        one.title,
        one.attempt.attempt_id,
        one.attempt.submitted_at.isoformat(),
        before.earned,
        before.total,
        after.earned,
        after.total,
        after.needed,
        verdict(one),
        consequence(one),
        one.completed_at.isoformat() if one.completed_at else "",
        one.claim_until.isoformat() if one.claim_until else "",
        one.reported_year or "",
    )


def _counted(change: Change, prediction: Prediction) -> str:
    """Names the dry run: another change, or other attempts meanwhile, make another name."""
    counts = "-".join(str(value) for value in prediction.counts.values())
    return f"{change.treatment}|{'.'.join(change.keys)}|{change.policy}|{counts}"


def _page(version: ItemVersion, form: CorrectionForm, prediction: Prediction | None) -> str:
    return render_template(
        "quizzes/desk/correct.html",
        version=version,
        item=version.item,
        words=words_of(version.item, media_for_items(db.session(), version.quiz_id, version.item)),
        form=form,
        prediction=prediction,
        verdict=verdict,
        consequence=consequence,
    )
