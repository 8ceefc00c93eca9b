"""Entrances of the editor for what surrounds the questions: blueprint, delivery rules, cases; and the preflight."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from cme.kernel.refusal import Conflict, Invalid
from cme.store.database import db
from cme.store.session import Session, transaction
from cme.web.moment import request_now
from quizzes.rules.checking import FINAL_WHEN_CHECKED, cautions
from quizzes.rules.item import QuizVersionFacts
from quizzes.rules.preflight import preflight_of
from quizzes.services.publishing import drawn_in
from quizzes.services.ruling import save_surroundings
from quizzes.services.shelf import obstacles_seen
from quizzes.web.desk import ROW, editors
from quizzes.web.questions import bp
from quizzes.web.rules_form import RulesForm
from quizzes.web.shelves import shelf, shelved


@bp.get(f"/versions/<{ROW}:version_id>/rules")
@editors
def rules(version_id: int) -> ResponseReturnValue:
    """The draft's rules as a form; of any other version as they are."""
    facts = _facts(db.session(), version_id)
    form = RulesForm(formdata=None)
    form.fill(facts)
    return _form_page(facts, form, [])


@bp.post(f"/versions/<{ROW}:version_id>/rules")
@editors
def save_rules(version_id: int) -> ResponseReturnValue:
    """Save them in the draft."""
    facts = _facts(db.session(), version_id)
    form = RulesForm()
    problems: list[str] = []
    if form.validate():
        try:
            with transaction() as session:
                save_surroundings(
                    session,
                    version_id,
                    form.surroundings(),
                    edition=form.edition.data or 0,
                    editor=current_user.person_id,
                    now=request_now(),
                )
            flash("Saved in the draft. Learners get these rules once the draft is published.", "success")
            return redirect(url_for("desk.rules", version_id=version_id), 303)
        except Invalid as refused:
            problems = refused.problems.get("rules", [refused.sentence])
        except Conflict as refused:
            problems = [f"{refused.sentence} What you typed is still here; compare it with the saved rules."]
            form.edition.data = _facts(db.session(), version_id).edition
    else:
        problems = _sentences(form)
    return _form_page(facts, form, problems), 422


@bp.get(f"/versions/<{ROW}:version_id>/preflight")
@editors
def preflight(version_id: int) -> ResponseReturnValue:
    """Whether the bank satisfies the blueprint, with how much to spare, and how many attempts differ."""
    session = db.session()
    here = shelved(session, version_id)
    facts = here.facts
    return render_template(
        "quizzes/desk/preflight.html",
        facts=facts,
        found=here.same(
            "preflight",
            (facts.blueprint, drawn_in(here)),
            lambda: preflight_of(facts.blueprint, list(facts.items.values())),
        ),
        obstacles=[one for one in obstacles_seen(session, shelf(), here) if one.field in {"blueprint", "points"}],
        notes=cautions(facts.delivery),
    )


def _form_page(facts: QuizVersionFacts, form: RulesForm, problems: list[str]) -> str:
    """The form, with notes on the saved rules; that a checked answer is final is said beside its boxes in any case."""
    notes = [note for note in cautions(facts.delivery) if note is not FINAL_WHEN_CHECKED]
    return render_template("quizzes/desk/rules.html", facts=facts, form=form, problems=problems, notes=notes)


def _facts(session: Session, version_id: int) -> QuizVersionFacts:
    return shelved(session, version_id).facts


def _sentences(form: RulesForm) -> list[str]:
    found: list[str] = []
    for field in form:
        if field.name in {"lines", "cases"}:
            found += [
                f"{part.label.text}: {error}"
                for entry in (form.lines if field.name == "lines" else form.cases)
                for part in entry.form
                for error in part.errors
            ]
        else:
            found += [f"{field.label.text}: {error}" for error in field.errors]
    return found
