"""Entrances of the editor: the list of quizzes, a version's page, its draft, preview, publishing and discarding."""

import secrets

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from cme.kernel.refusal import Conflict, Invalid, NotFound
from cme.kernel.roles import Role
from cme.store.database import db
from cme.store.session import Session, transaction
from cme.web.access import roles
from cme.web.moment import request_now
from quizzes.queries.draft_changes import Steps, steps_of
from quizzes.queries.modules import desk_module_of
from quizzes.queries.versions import history_of, quizzes_at_hand, version_facts
from quizzes.queries.work import work_of
from quizzes.rules.drawing import DrawError, candidates_of, draw, order_of_choices, together
from quizzes.rules.item import Item, QuizVersionFacts
from quizzes.services import authoring
from quizzes.services.publishing import difference_to_published, obstacles_of
from quizzes.services.versions import ShownVersion
from quizzes.web.forms import EditionForm

bp = Blueprint("desk", __name__, url_prefix="/desk", template_folder="../templates")
ROW = "int(max=9223372036854775807)"  # what the databases can hold: a larger number is no address
editors = roles(Role.EDITOR, Role.ADMINISTRATOR)


@bp.get("")
@editors
def index() -> ResponseReturnValue:
    """What waits for work, then every quiz."""
    session = db.session()
    return render_template("quizzes/desk/index.html", quizzes=quizzes_at_hand(session), work=work_of(session))


@bp.get(f"/quizzes/<{ROW}:quiz_id>")
@editors
def quiz(quiz_id: int) -> ResponseReturnValue:
    """One version with its questions: the draft, else the published one, else the one asked for."""
    session = db.session()
    history = history_of(session, quiz_id)
    wanted = request.args.get("version", type=int)
    facts = _facts(session, _version_to_show(history, wanted))
    text, topic = request.args.get("q", "").strip()[:100], request.args.get("topic", "")[:40]
    changed = difference_to_published(session, facts) if facts.is_draft else None
    obstacles = obstacles_of(session, facts) if facts.is_draft else []
    return render_template(
        "quizzes/desk/quiz.html",
        facts=facts,
        history=history,
        module=desk_module_of(session, quiz_id),
        rows=[(number, one) for number, one in facts.items.items() if _matches(one, text, topic)],
        text=text,
        topic=topic,
        changed=changed,
        obstacles=obstacles,
        flagged={one.lineage for one in obstacles if one.lineage},
        steps=steps_of(session, facts.version_id) if facts.is_draft else Steps(),
        has_draft=any(row.state == "draft" for row in history),
    )


@bp.post(f"/quizzes/<{ROW}:quiz_id>/draft")
@editors
def open_draft(quiz_id: int) -> ResponseReturnValue:
    """Open a draft; whoever comes second gets the one that is there."""
    with transaction() as session:
        authoring.open_draft(session, quiz_id, editor=current_user.person_id, now=request_now())
    return redirect(url_for("desk.quiz", quiz_id=quiz_id), 303)


@bp.get(f"/versions/<{ROW}:version_id>/preview")
@editors
def preview(version_id: int) -> ResponseReturnValue:
    """An attempt as a learner would meet it; nothing is stored. The seed in the address draws the same again."""
    facts = _facts(db.session(), version_id)
    seed = request.args.get("seed", "")[:32] or secrets.token_hex(4)
    items = {one.lineage: (number, one) for number, one in facts.items.items()}
    try:
        lineages = draw(facts.blueprint, candidates_of(facts.items.values()), seen={}, seed=seed)
    except DrawError:
        lineages = ()
    shown = together(lineages, {lineage: items[lineage][1].vignette for lineage in lineages})
    drawn = [(*items[lineage], order_of_choices(items[lineage][1], seed=seed)) for lineage in shown]
    return render_template("quizzes/desk/preview.html", facts=facts, version=ShownVersion(facts), drawn=drawn)


@bp.get(f"/versions/<{ROW}:version_id>/publish")
@editors
def publish(version_id: int) -> ResponseReturnValue:
    """What publishing would change, and what stands in its way."""
    return _publish_page(db.session(), version_id, EditionForm())


@bp.post(f"/versions/<{ROW}:version_id>/publish")
@editors
def publish_now(version_id: int) -> ResponseReturnValue:
    """Publish the draft as it was shown."""
    form = EditionForm()
    if not form.validate():
        return _publish_page(db.session(), version_id, form), 422
    try:
        with transaction() as session:
            quiz_id = _facts(session, version_id).quiz_id
            authoring.publish(
                session, version_id, edition=form.edition.data or 0, editor=current_user.person_id, now=request_now()
            )
    except (Invalid, Conflict) as refused:
        flash(refused.sentence, "error")
        return redirect(url_for("desk.publish", version_id=version_id), 303)
    flash("Published. The next start gets this version; attempts under way keep theirs.", "success")
    return redirect(url_for("desk.quiz", quiz_id=quiz_id), 303)


@bp.get(f"/versions/<{ROW}:version_id>/discard")
@editors
def discard(version_id: int) -> ResponseReturnValue:
    """What would be lost."""
    session = db.session()
    facts = _draft(session, version_id)
    form = EditionForm(formdata=None, edition=facts.edition)
    changed = difference_to_published(session, facts)
    return render_template("quizzes/desk/discard.html", facts=facts, changed=changed, form=form)


@bp.post(f"/versions/<{ROW}:version_id>/discard")
@editors
def discard_now(version_id: int) -> ResponseReturnValue:
    """Close the draft without publishing it."""
    form = EditionForm()
    if not form.validate():
        return redirect(url_for("desk.discard", version_id=version_id), 303)
    try:
        with transaction() as session:
            quiz_id = authoring.discard_draft(
                session, version_id, edition=form.edition.data or 0, editor=current_user.person_id, now=request_now()
            )
    except Conflict as refused:
        flash(refused.sentence, "error")
        return redirect(url_for("desk.discard", version_id=version_id), 303)
    flash("The draft is discarded. The published version stays as it is.", "success")
    return redirect(url_for("desk.quiz", quiz_id=quiz_id), 303)


def _publish_page(session: Session, version_id: int, form: EditionForm) -> str:
    facts = _draft(session, version_id)
    form.edition.data = facts.edition
    return render_template(
        "quizzes/desk/publish.html",
        facts=facts,
        form=form,
        obstacles=obstacles_of(session, facts),
        changed=difference_to_published(session, facts),
        numbers={one.lineage: number for number, one in facts.items.items()},
    )


def _facts(session: Session, version_id: int | None) -> QuizVersionFacts:
    facts = version_facts(session, version_id) if version_id is not None else None
    if facts is None:
        raise NotFound
    return facts


def _draft(session: Session, version_id: int) -> QuizVersionFacts:
    facts = _facts(session, version_id)
    if not facts.is_draft:
        raise Conflict("not_a_draft", "This version is not a draft any more. Open the quiz to see where it stands.")
    return facts


def _version_to_show(history: list, wanted: int | None) -> int | None:
    if wanted is not None:
        return next((row.version_id for row in history if row.number == wanted), None)
    for state in ("draft", "published"):
        for row in history:
            if row.state == state:
                return row.version_id
    return history[0].version_id if history else None


def _matches(item: Item, text: str, topic: str) -> bool:
    if topic and item.topic != topic:
        return False
    if not text:
        return True
    haystack = " ".join((item.lineage, item.stem, *item.tags, *(choice.text for choice in item.choices))).casefold()
    return all(word in haystack for word in text.casefold().split())
