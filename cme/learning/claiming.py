"""Entrance of the claim: evaluation, amount and attestation on one page, one submit."""

from collections.abc import Sequence
from datetime import datetime

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from cme.credits import service
from cme.credits.queries import credited_before, credited_later, rule_of
from cme.credits.rules import (
    ClaimFacts,
    Denied,
    Kind,
    Refusal,
    amount_problem,
    claim_deadline,
    decide_claim,
    kind_of,
    printed_mark,
    suggested_quarters,
)
from cme.credits.service import Claim, ClaimResult
from cme.credits.standings import claim_open_until
from cme.evaluations import queries as evaluations
from cme.evaluations import service as evaluation_service
from cme.evaluations.queries import FormFacts
from cme.evaluations.rules import Answers, judge
from cme.kernel.professions import Profession
from cme.kernel.quarters import credits_phrase, parse_quarters
from cme.kernel.refusal import Invalid, NotFound
from cme.learning.forms import ATTESTATION, ClaimForm, claim_form
from cme.learning.shown import Shown, asked_number, show, step_address
from cme.people import queries as people
from cme.store.database import db
from cme.store.session import Session, transaction
from cme.web.access import signed_in
from cme.web.moment import request_now

bp = Blueprint("claiming", __name__)
FORM_CODES = (Refusal.EVALUATION_MISSING, Refusal.NOT_ATTESTED)
EMPTY_FORM = FormFacts(0, "Evaluation", ())


@bp.get("/modules/<slug>/claim")
@signed_in
def claim(slug: str) -> ResponseReturnValue:
    """The form, or the sentence that says what is missing before it."""
    session = db.session()
    shown = show(session, slug, asked_number(), now=request_now())
    if shown.progress.claimed_at is not None:
        return redirect(step_address("certificate", slug), 303)
    form_facts = evaluations.form_of(session, shown.release.release_id) or EMPTY_FORM
    form = claim_form(form_facts.questions, shown.release.maximum_quarters)
    return _page(shown, form, form_facts, denied=_ahead(shown))


@bp.post("/modules/<slug>/claim")
@signed_in
def send_claim(slug: str) -> ResponseReturnValue:
    """Decide. The decision is committed either way; bad input stores nothing; a repeat gets the first result."""
    try:
        with transaction() as session:
            shown = show(session, slug, asked_number(), now=request_now())
            form_facts = evaluations.form_of(session, shown.release.release_id) or EMPTY_FORM
            judged = judge(form_facts.questions, request.form)
            if shown.progress.claimed_at is None:  # a repeat gets the first result, whatever it brings
                _refuse_malformed(form_facts, judged)
            result = _decide(session, shown, form_facts, judged)
    except Invalid as problem:
        session = db.session()
        shown = show(session, slug, asked_number(), now=request_now())
        form_facts = evaluations.form_of(session, shown.release.release_id) or EMPTY_FORM
        form = claim_form(form_facts.questions, shown.release.maximum_quarters)
        amount = amount_problem(parse_quarters(request.form.get("amount", "")), shown.release.maximum_quarters)
        form.mark(
            {
                **judge(form_facts.questions, request.form).problems,
                **({"amount": amount} if amount else {}),
                **_first(problem.problems),
            }
        )
        if problem.code == service.PROFILE_CHANGED:
            form.form_errors.append(problem.sentence)
        return _page(shown, form, form_facts, denied=_ahead(shown)), 422
    if result.denied is not None:
        form = claim_form(form_facts.questions, shown.release.maximum_quarters)
        if result.denied.code in FORM_CODES:
            problems = dict(judged.problems)
            if result.denied.code is Refusal.NOT_ATTESTED:
                problems["attested"] = "Confirm this statement to claim."
            form.mark(problems)
        return _page(shown, form, form_facts, denied=result.denied), 422
    return redirect(step_address("certificate", slug), 303)


def _decide(session: Session, shown: Shown, form_facts: FormFacts, judged: Answers) -> ClaimResult:
    now = request_now()
    wanted = Claim(
        quarters=parse_quarters(request.form.get("amount", "")),
        attestation=ATTESTATION,
        attested=request.form.get("attested") == "y",
        evaluation_given=bool(form_facts.questions) and not judged.problems,
        printed=request.form.get("printed"),
    )
    result = service.claim(session, current_user.person_id, shown.release, wanted, now=now)
    if result.credit is not None and not result.repeated:
        evaluation_service.give(
            session,
            current_user.person_id,
            shown.release.release_id,
            form_facts.form_id,
            judged.values,
            now=now,
        )
    return result


def _refuse_malformed(form_facts: FormFacts, judged: Answers) -> None:
    """An answer that is not one of the options, or far too long, is bad input; a missing one is a refused claim."""
    bad = {
        question.field: [judged.problems[question.field]]
        for question in form_facts.questions
        if question.field in judged.problems and judged.values.get(question.key)
    }
    if bad:
        raise Invalid("evaluation", "Some answers of the evaluation cannot be read.", bad)


def _first(problems: dict[str, list[str]]) -> dict[str, str]:
    return {field: sentences[0] for field, sentences in problems.items()}


def _ahead(shown: Shown) -> Denied | None:
    """What already stands against a claim, asked before anybody fills in a form."""
    earlier = asked_number() is not None
    facts = ClaimFacts(
        confirmed=current_user.confirmed,
        front_matter_seen_at=shown.progress.front_matter_seen_at,
        read_at=shown.progress.read_at,
        passed_at=shown.progress.passed_at,
        evaluation_given=True,
        attested=True,
        credited_before=credited_before(db.session(), current_user.person_id, shown.release)
        if shown.release.number > 1
        else False,
        claim_open_until=_open_until(shown),
        credited_later=earlier and credited_later(db.session(), current_user.person_id, shown.release),
    )
    verdict = decide_claim(rule_of(shown.release), facts, now=request_now())
    return verdict if isinstance(verdict, Denied) else None


def _page(shown: Shown, form: ClaimForm, form_facts: FormFacts, *, denied: Denied | None) -> str:
    release = shown.release
    profile = people.profile_of(db.session(), current_user.person_id)
    if profile is None:
        raise NotFound
    suggested = suggested_quarters(shown.progress.active_seconds, release.estimated_minutes, release.maximum_quarters)
    fillable = denied is None or denied.code in FORM_CODES
    return render_template(
        "learning/claim.html",
        shown=shown,
        release=release,
        form=form,
        evaluation=form_facts,
        denied=denied,
        fillable=fillable,
        profile=profile,
        printed=printed_mark(profile.name, profile.credentials, profile.profession),
        earns_credit=kind_of(Profession(profile.profession), release.credit_type) is Kind.CREDIT,
        suggestion=credits_phrase(suggested) if shown.progress.active_seconds >= 60 else None,
        deadline=claim_deadline(release.term.claims_close_at, _open_until(shown)),
        missing=_missing(shown),
    )


def _open_until(shown: Shown) -> datetime | None:
    """The visitor's own claim deadline, where a correction gave one."""
    return claim_open_until(db.session(), current_user.person_id, shown.release.release_id)


def _missing(shown: Shown) -> Sequence[tuple[str, str]]:
    """Requirements still open, each with the address where it is met."""
    slug, progress = shown.release.slug, shown.progress
    rows = (
        (
            progress.front_matter_seen_at,
            "See the objectives and disclosures, and start",
            url_for("learning.module", slug=slug),
        ),
        (progress.read_at, "Read the article", url_for("learning.article", slug=slug, release=asked_number())),
        (
            progress.passed_at,
            "Pass the quiz",
            step_address("quiz", slug) if _has_quiz() else url_for("learning.module", slug=slug),
        ),
    )
    return [(label, address) for met, label, address in rows if met is None]


def _has_quiz() -> bool:
    return any(step.key == "quiz" for step in current_app.extensions["house"].steps)
