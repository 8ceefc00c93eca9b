"""Entrances of the editor: the list of quizzes, a version's page, its draft, preview, publishing and discarding."""

import secrets

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from cme.kernel.paging import offset_of, page_of
from cme.kernel.refusal import Conflict, Invalid, NotFound
from cme.kernel.roles import Role
from cme.store.database import db
from cme.store.session import Session, transaction
from cme.store.types import MOST_ROW
from cme.web.access import roles
from cme.web.moment import request_now
from quizzes.queries.draft_changes import Steps, steps_of
from quizzes.queries.reviews import open_comments
from quizzes.queries.versions import history_of, quizzes_at_hand
from quizzes.queries.work import work_of
from quizzes.rules.checking import cautions
from quizzes.rules.drawing import DrawError, draw, order_of_choices, together
from quizzes.rules.editing import items_by_line
from quizzes.rules.item import Item, QuizVersionFacts
from quizzes.services import authoring
from quizzes.services.publishing import drawn_in
from quizzes.services.shelf import Shelved, difference_seen, media_seen, obstacles_seen, readiness, words_seen
from quizzes.services.versions import ShownVersion
from quizzes.services.wording import block
from quizzes.web.forms import EditionForm
from quizzes.web.shelves import shelf, shelved

bp = Blueprint("desk", __name__, url_prefix="/desk", template_folder="../templates")
ROW = f"int(max={MOST_ROW})"  # a larger number is no address
PAGE = 50
editors = roles(Role.EDITOR, Role.ADMINISTRATOR)
readers = roles(Role.EDITOR, Role.REVIEWER, Role.ADMINISTRATOR)


@bp.get("")
@editors
def index() -> ResponseReturnValue:
    """What waits for work, then every quiz."""
    session = db.session()
    return render_template(
        "quizzes/desk/index.html",
        quizzes=quizzes_at_hand(session),
        work=work_of(session),
        person_id=current_user.person_id,
    )


@bp.get(f"/quizzes/<{ROW}:quiz_id>")
@editors
def quiz(quiz_id: int) -> ResponseReturnValue:
    """One version with its questions: the draft, else the published one, else the one asked for."""
    session = db.session()
    history = history_of(session, quiz_id)
    wanted = request.args.get("version", type=int)
    version = _version_to_show(history, wanted)
    if version is None:
        raise NotFound
    here, published = shelf().with_published(session, version)
    facts = here.facts
    text, topic = request.args.get("q", "").strip()[:100], request.args.get("topic", "")[:40]
    changed = difference_seen(here, published) if facts.is_draft else None
    ready = readiness(session, shelf(), here)
    rows = _fitting(here, text, topic)
    number = request.args.get("page", 1, type=int)
    skip = offset_of(number, PAGE)
    return render_template(
        "quizzes/desk/quiz.html",
        facts=facts,
        history=history,
        module=ready.served.module,
        page=page_of(rows[skip : skip + PAGE + 1], number, PAGE),
        fitting=len(rows),
        ends=(rows[0][0], rows[-1][0]) if rows else (0, 0),
        at_hand=here.same("at hand", (facts.blueprint, drawn_in(here)), lambda: at_hand(facts)),
        text=text,
        topic=topic,
        changed=changed,
        obstacles=ready.obstacles,
        flagged={one.lineage for one in ready.obstacles if one.lineage},
        steps=steps_of(session, facts.version_id) if facts.is_draft else Steps(),
        stands=ready.standing if facts.is_draft else None,
        acts=ready.acts,
        block=block,
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
@readers
def preview(version_id: int) -> ResponseReturnValue:
    """An attempt as a learner would meet it; nothing is stored. The seed in the address draws the same again."""
    session = db.session()
    here = shelved(session, version_id)
    facts = here.facts
    seed = request.args.get("seed", "")[:32] or secrets.token_hex(4)
    try:
        candidates = [one[0] for one in drawn_in(here) if one is not None]
        lineages = draw(facts.blueprint, candidates, seen={}, seed=seed)
    except DrawError:
        lineages = ()
    items = {lineage: facts.items[here.numbers[lineage]] for lineage in lineages}
    shown = together(lineages, {lineage: item.vignette for lineage, item in items.items()})
    drawn = [(here.numbers[one], items[one], order_of_choices(items[one], seed=seed)) for one in shown]
    version = ShownVersion(facts, media_seen(session, here))
    return render_template("quizzes/desk/preview.html", facts=facts, version=version, drawn=drawn)


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
            quiz_id = shelved(session, version_id).facts.quiz_id
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
    here, published = _draft(session, version_id)
    facts = here.facts
    form = EditionForm(formdata=None, edition=facts.edition)
    changed = difference_seen(here, published)
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
    here, published = _draft(session, version_id)
    facts = here.facts
    form.edition.data = facts.edition
    return render_template(
        "quizzes/desk/publish.html",
        facts=facts,
        form=form,
        obstacles=obstacles_seen(session, shelf(), here),
        changed=difference_seen(here, published),
        numbers=here.numbers,
        notes=cautions(facts.delivery),
        comments=open_comments(session, version_id),
    )


def at_hand(facts: QuizVersionFacts) -> list[int]:
    """For each line of the blueprint how many questions it may draw."""
    ready = [item for item in facts.items.values() if item.is_drawn]
    return [len(found) for found in items_by_line(facts.blueprint, ready)]


def _draft(session: Session, version_id: int) -> tuple[Shelved, Shelved | None]:
    here, published = shelf().with_published(session, version_id)
    if not here.facts.is_draft:
        raise Conflict("not_a_draft", "This version is not a draft any more. Open the quiz to see where it stands.")
    return here, published


def _version_to_show(history: list, wanted: int | None) -> int | None:
    if wanted is not None:
        return next((row.version_id for row in history if row.number == wanted), None)
    for state in ("draft", "published"):
        for row in history:
            if row.state == state:
                return row.version_id
    return history[0].version_id if history else None


def _fitting(here: Shelved, text: str, topic: str) -> list[tuple[int, Item]]:
    """Questions with this topic and all of these words, in their order."""
    found = [(number, item) for number, item in here.facts.items.items() if not topic or item.topic == topic]
    wanted = text.casefold().split()
    if not wanted:
        return found
    said = words_seen(here)
    return [(number, item) for number, item in found if all(word in said[number] for word in wanted)]
