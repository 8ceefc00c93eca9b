"""Entrances of the learner: the quiz's page, an attempt, its answers, its result."""

import re
from datetime import datetime

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask import session as browser
from flask.typing import ResponseReturnValue
from flask_login import current_user

from cme.activities import queries as activities
from cme.activities.facts import ReleaseFacts
from cme.kernel.refusal import NotFound, Refused
from cme.store.database import db
from cme.store.session import Session, transaction
from cme.web.access import signed_in
from cme.web.moment import request_now
from quizzes.queries.attempts import AttemptFacts, attempt_of, attempts_of, left_open, release_of_attempt
from quizzes.queries.corrections import overrides_for, regrades_of
from quizzes.queries.health import peers_of
from quizzes.queries.versions import published_version_for_release
from quizzes.rules.checking import not_complete, stays_as_checked
from quizzes.rules.delivery import Refusal, positions_phrase, takes_answers
from quizzes.services import taking
from quizzes.web.feedback import feedback_of
from quizzes.web.limits import NO_LIMITS, Limits, limits_of
from quizzes.web.module import Shown, current_release, shown_of, step, versions
from quizzes.web.result import result_of, wants_peers
from quizzes.web.sheet import sheet_of

bp = Blueprint(
    "quizzes", __name__, template_folder="../templates", static_folder="../static", static_url_path="/quizzes"
)
VIEW = "quiz_view"
CODE = re.compile(r"[A-Za-z0-9_-]{1,40}")


@bp.url_value_preprocessor
def _judge_code(_endpoint: str | None, values: dict[str, str] | None) -> None:
    """What cannot be a code never reaches the database."""
    if values and "code" in values and not CODE.fullmatch(values["code"]):
        raise NotFound


@bp.get("/modules/<slug>/quiz")
@signed_in
def landing(slug: str) -> ResponseReturnValue:
    """The rules of the quiz in words, attempts so far, and the button that starts or resumes."""
    session, now = db.session(), request_now()
    release = current_release(session, slug, now=now)
    shown = shown_of(session, release, now=now)
    attempts = attempts_of(session, current_user.person_id, release.release_id)
    version_id = published_version_for_release(session, release.release_id)
    version = versions().get(session, version_id).facts if version_id is not None else None
    limits = limits_of(session, current_user.person_id, version, attempts, shown, now=now)
    return render_template(
        "quizzes/landing.html",
        limits=limits,
        shown=shown,
        release=release,
        attempts=attempts,
        left_open=left_open(session, current_user.person_id, release, now=now),
        open_attempt=next((row for row in attempts if row.state == "open"), None),
        has_passed=any(row.passed for row in attempts),
        has_quiz=version is not None,
    )


@bp.post("/modules/<slug>/quiz")
@signed_in
def begin(slug: str) -> ResponseReturnValue:
    """Start, or resume what is open."""
    now = request_now()
    with transaction() as session:
        release = current_release(session, slug, now=now)
        code = taking.begin(session, current_user.person_id, release, versions=versions(), now=now)
    return redirect(url_for("quizzes.attempt", code=code), 303)


@bp.get("/attempts/<code>")
@signed_in
def attempt(code: str) -> ResponseReturnValue:
    """The questions: all on one page, or one at a time where the learner prefers that."""
    session, now = db.session(), request_now()
    facts = _attempt(session, code)
    if facts.submitted:
        return redirect(url_for("quizzes.result", code=code), 303)
    release = activities.release_facts(session, facts.release_id)
    if not takes_answers(facts.due_at, now=now):
        with transaction() as writing:
            taking.submit_overdue(writing, current_user.person_id, code, release=release, versions=versions(), now=now)
        flash("The time for this attempt is over. It was submitted with the answers that were saved.", "info")
        return redirect(url_for("quizzes.result", code=code), 303)
    wanted = request.args.get("view")
    if wanted in {"all", "one"}:
        browser[VIEW] = wanted
    one = browser.get(VIEW) == "one"
    position = _position(facts, request.args.get("q", type=int)) if one else None
    shown, version = shown_of(session, release, now=now), versions().get(session, facts.version_id)
    answers = [row for row in facts.answers if position in {None, row.position}]
    return render_template(
        "quizzes/attempt.html",
        seconds_left=max(0, int((facts.due_at - now).total_seconds())) if facts.due_at else None,
        shown=shown,
        release=release,
        attempt=facts,
        version=version,
        answers=answers,
        feedback=feedback_of(session, answers, version, shown),
        left_open=request.args.get("open", type=int),
        not_complete=not_complete,
        position=position,
        check=facts.unanswered if request.args.get("check") else (),
        positions_phrase=positions_phrase,
    )


@bp.post("/attempts/<code>/answers")
@signed_in
def answers(code: str) -> ResponseReturnValue:
    """Save: one answer from the script, which gets JSON, or the fields of a page, which leads on to a page."""
    json_wanted = request.is_json or request.accept_mimetypes.best == "application/json"
    try:
        sheet = sheet_of(request)
        with transaction() as session:
            saved = taking.save_answers(session, current_user.person_id, code, sheet, now=request_now())
    except Refused as refused:
        if json_wanted:
            return jsonify(message=refused.sentence, code=refused.code), refused.status
        return _led_on(refused, code)
    if json_wanted:
        facts = {"saved_at": saved.saved_at.isoformat(), "answered": saved.answered}
        if not saved.final:
            return jsonify(facts)
        kept = stays_as_checked(saved.final)
        return jsonify(facts | {"message": kept.sentence, "code": kept.code, "final": saved.final}), Refused.status
    _say_what_stayed(saved.final)
    here = request.form.get("at", type=int)
    if here is None:
        return redirect(url_for("quizzes.attempt", code=code), 303)
    moved = here + {"next": 1, "previous": -1}.get(request.form.get("go", ""), 0)
    return redirect(url_for("quizzes.attempt", code=code, q=moved), 303)


@bp.post("/attempts/<code>/check")
@signed_in
def check(code: str) -> ResponseReturnValue:
    """Save the page's answers and make one of them final; leads to what may be seen of it, where the focus lands."""
    position = request.form.get("check", 0, type=int)
    sheet = sheet_of(request)
    try:
        with transaction() as session:
            outcome = taking.check_answer(
                session, current_user.person_id, code, position, sheet, versions=versions(), now=request_now()
            )
    except Refused as refused:
        return _led_on(refused, code)
    _say_what_stayed(outcome.final)
    here = request.form.get("at", type=int)
    open_here = position if isinstance(outcome, taking.NotChecked) else None
    place = f"open-{position}" if open_here else f"question-{position}"
    return redirect(url_for("quizzes.attempt", code=code, q=here, open=open_here, _anchor=place), 303)


@bp.post("/attempts/<code>/submit")
@signed_in
def submit(code: str) -> ResponseReturnValue:
    """Grade the attempt; when questions are open, say which, unless the learner submits all the same."""
    sheet = sheet_of(request)
    confirmed = request.form.get("confirm_unanswered") == "yes"
    with transaction() as session:
        release_id = release_of_attempt(session, current_user.person_id, code)
        if release_id is None:
            raise NotFound
        outcome = taking.submit(
            session,
            current_user.person_id,
            code,
            sheet,
            release=activities.release_facts(session, release_id),
            versions=versions(),
            now=request_now(),
            confirm_unanswered=confirmed,
        )
    _say_what_stayed(outcome.final)
    if isinstance(outcome, taking.StillOpen):
        return redirect(url_for("quizzes.attempt", code=code, check=1, q=outcome.unanswered[0]), 303)
    return redirect(url_for("quizzes.result", code=code), 303)


def _led_on(refused: Refused, code: str) -> ResponseReturnValue:
    """An attempt that is over, or submitted, leads to its result; anything else is shown as it was refused."""
    if refused.code == Refusal.TIME_OVER:
        return redirect(url_for("quizzes.attempt", code=code), 303)
    if refused.code == Refusal.ALREADY_SUBMITTED:
        flash(refused.sentence, "info")
        return redirect(url_for("quizzes.result", code=code), 303)
    raise refused


def _say_what_stayed(final: tuple[int, ...]) -> None:
    """For who sent something else for an answer that was checked, perhaps in another tab."""
    if final:
        flash(stays_as_checked(final).sentence, "info")


@bp.get("/attempts/<code>/result")
@signed_in
def result(code: str) -> ResponseReturnValue:
    """The score and, per question, as much as the review rule lets be seen."""
    session, now = db.session(), request_now()
    facts = _attempt(session, code)
    if not facts.submitted:
        return redirect(url_for("quizzes.attempt", code=code), 303)
    release = activities.release_facts(session, facts.release_id)
    shown = shown_of(session, release, now=now)
    version, questions = versions().get(session, facts.version_id), [answer.question_id for answer in facts.answers]
    changes = overrides_for(session, questions)
    peers = peers_of(session, questions) if wants_peers(facts, version, shown, now=now) else {}
    return render_template(
        "quizzes/result.html",
        shown=shown,
        release=release,
        attempt=facts,
        result=result_of(facts, version, shown, changes=changes, peers=peers, now=now),
        regrades=regrades_of(session, facts.attempt_id),
        next_step=step(shown.progress.current),
        number=_superseded(session, facts, release, now=now),
        limits=_limits_after(session, facts, shown, now=now),
    )


def _superseded(session: Session, facts: AttemptFacts, release: ReleaseFacts, *, now: datetime) -> int | None:
    """The release's number where a later one has opened since: what comes next still belongs to this one."""
    if not facts.counted:
        return None
    return None if current_release(session, release.slug, now=now).release_id == release.release_id else release.number


def _limits_after(session: Session, facts: AttemptFacts, shown: Shown, *, now: datetime) -> Limits:
    """Whether and when this person can try again, by the rules of this version; asked only where it matters."""
    version = versions().get(session, facts.version_id).facts
    if facts.passed or (version.delivery.attempts is None and not version.delivery.wait_hours):
        return NO_LIMITS
    attempts = attempts_of(session, facts.person_id, facts.release_id)
    return limits_of(session, facts.person_id, version, attempts, shown, now=now)


def _attempt(session: Session, code: str) -> AttemptFacts:
    facts = attempt_of(session, current_user.person_id, code)
    if facts is None:
        raise NotFound
    return facts


def _position(facts: AttemptFacts, wanted: int | None) -> int:
    """The question to show: the one asked for, else the first that is open, else the first."""
    if wanted is not None:
        return min(max(wanted, 1), len(facts.answers))
    return next(iter(facts.unanswered), 1)
