"""Entrances of the editor for single questions: edit, add, move, take out."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms.fields.choices import SelectChoice  # pyright: ignore[reportAttributeAccessIssue] - newer than the stubs

from cme.kernel.refusal import Conflict, Invalid, NotFound
from cme.people.services import throttle
from cme.people.services.throttle import Counter
from cme.store.database import db
from cme.store.session import Session, transaction
from cme.web.moment import request_now
from quizzes.queries.editing import DeskQuestion, desk_question, published_item
from quizzes.queries.in_force import change_for, corrections_in_force
from quizzes.queries.modules import Served
from quizzes.queries.reviews import standing_and_acts
from quizzes.queries.versions import quiz_of_version, version_head
from quizzes.rules.correcting import Treatment
from quizzes.rules.editing import changes_of
from quizzes.rules.item import ChoiceItem, Item, Kind
from quizzes.rules.limits import VIEW_LIMITS
from quizzes.rules.picking import MOST_SOUGHT
from quizzes.rules.shapes import TRUTHS
from quizzes.services import authoring
from quizzes.services.authoring import EditConflict
from quizzes.services.versions import media_for_items
from quizzes.services.wording import words_of
from quizzes.web.desk import ROW, bp, editors
from quizzes.web.forms import EditionForm, NewQuestionForm, QuestionForm
from quizzes.web.question_page import beside, form_for, problems_of

PARTS = {
    "kind": "kind",
    "stem": "stem",
    "vignette": "case",
    "stems": "parts",
    "numeric": "number",
    "points": "points",
    "partial": "partial credit",
    "topic": "topic",
    "objective": "learning objective",
    "ordered": "order of choices",
    "tags": "tags",
    "apart": "questions kept apart",
    "passages": "passages",
    "references": "references",
    "status": "status",
    "choices": "choices",
    "key": "key",
    "rationale": "rationale",
}


CORRECTED = {
    Treatment.KEY: "Its key was corrected: {} counts as right wherever the question reads as it does here.",
    Treatment.ACCEPT: "Its key was corrected: each of {} counts as right wherever the question reads as it does here.",
    Treatment.EVERYONE: "Its key was corrected: everybody gets the points wherever the question reads as it does here.",
    Treatment.DROP: "It was dropped: wherever it reads as it does here it tests nobody any more.",
}
SEARCHES = ("passages", "references")


@bp.get(f"/questions/<{ROW}:question_id>")
@editors
def question(question_id: int) -> ResponseReturnValue:
    """The form beside the learner's view; a published question is shown without the form."""
    session = db.session()
    found = _question(session, question_id)
    form, around = form_for(session, found)
    form.fill(found.item, found.edition)
    return _page(session, found, found.item, form, around)


@bp.post(f"/questions/<{ROW}:question_id>")
@editors
def save_question(question_id: int) -> ResponseReturnValue:
    """Save; or show the learner's view, notes and search results for what is typed; or go on after a conflict."""
    session = db.session()
    found = _question(session, question_id)
    form, around = form_for(session, found)
    form.correct.validate_choice = False
    item = form.item(found.item)
    if not form.validate():
        return _page(session, found, item, form, around), 422
    if request.form.get("go") in {"preview", "edit", "find"}:
        form.fill_texts(item)
        return _page(session, found, item, form, around)
    try:
        with transaction() as writing:
            authoring.save_question(
                writing,
                question_id,
                item,
                edition=form.edition.data or 0,
                seen=form.seen.data or "",
                editor=current_user.person_id,
                now=request_now(),
            )
    except EditConflict as conflict:
        return _conflict_page(found, form, conflict), 409
    except Invalid as refused:
        fields = {one.name: one for one in form}
        for name, sentences in refused.problems.items():
            field = fields.get(name, form.stem)
            field.errors = [*field.errors, *sentences]
        return _page(db.session(), found, item, form, around), 422
    flash("Saved in the draft. Learners see it once the draft is published.", "success")
    # Enter in a picker's search saves, like anywhere else in the form; what was sought is then found on the next page.
    sought: dict[str, Any] = {f"find_{name}": words for name, words in _sought().items() if words}
    return redirect(url_for("desk.question", question_id=question_id, **sought), 303)


@bp.post(f"/questions/<{ROW}:question_id>/view")
@editors
def view_question(question_id: int) -> ResponseReturnValue:
    """What stands beside the form, for the text that is typed and not saved; a script puts it in place."""
    with transaction() as counting:
        throttle.take(counting, [Counter("desk-view", str(current_user.person_id), VIEW_LIMITS)], now=request_now())
    session = db.session()
    found = _question(session, question_id)
    if not found.is_draft:
        raise Conflict("not_a_draft", "This version is not a draft any more. Open the quiz to see where it stands.")
    form, around = form_for(session, found)
    item = form.item(found.item)
    shown = beside(session, found, item, form, around, _sought())
    return render_template("quizzes/desk/beside.html", question=found, shown=shown)


@bp.route(f"/versions/<{ROW}:version_id>/questions/new", methods=["GET", "POST"])
@editors
def new_question(version_id: int) -> ResponseReturnValue:
    """Name a new question; its text follows on the next page."""
    session = db.session()
    facts = version_head(session, version_id)
    if facts is None:
        raise NotFound
    form = NewQuestionForm()
    form.topic.choices = [SelectChoice(topic.key, topic.label) for topic in facts.topics]
    if form.validate_on_submit():
        item = _new_item(form.lineage.data or "", form.topic.data, Kind(form.kind.data))
        try:
            with transaction() as writing:
                number = authoring.add_question(
                    writing, version_id, item, editor=current_user.person_id, now=request_now()
                )
            return redirect(url_for("desk.question", question_id=number), 303)
        except Invalid as refused:
            form.lineage.errors = [*form.lineage.errors, *refused.problems.get("lineage", [refused.sentence])]
    page = render_template("quizzes/desk/new_question.html", facts=facts, form=form)
    return page, 422 if form.errors else 200


@bp.post(f"/questions/<{ROW}:question_id>/move")
@editors
def move_question(question_id: int) -> ResponseReturnValue:
    """One place up or down."""
    up = request.form.get("direction") == "up"
    with transaction() as session:
        version_id = authoring.move_question(
            session, question_id, up=up, editor=current_user.person_id, now=request_now()
        )
        quiz_id = quiz_of_version(session, version_id)
        assert quiz_id is not None
    return redirect(url_for("desk.quiz", quiz_id=quiz_id, _anchor=f"row-{question_id}"), 303)


@bp.get(f"/questions/<{ROW}:question_id>/remove")
@editors
def remove_question(question_id: int) -> ResponseReturnValue:
    """Ask once more."""
    session = db.session()
    found = _question(session, question_id)
    form = EditionForm(formdata=None, edition=found.edition)
    return render_template(
        "quizzes/desk/remove.html",
        facts=found,
        item=found.item,
        words=words_of(found.item, media_for_items(session, found.quiz_id, found.item)),
        form=form,
        question_id=question_id,
    )


@bp.post(f"/questions/<{ROW}:question_id>/remove")
@editors
def remove_question_now(question_id: int) -> ResponseReturnValue:
    """Take it out of the draft."""
    found = _question(db.session(), question_id)
    form = EditionForm()
    try:
        with transaction() as session:
            authoring.remove_question(
                session, question_id, edition=form.edition.data or 0, editor=current_user.person_id, now=request_now()
            )
    except Conflict as refused:
        flash(refused.sentence, "error")
        return redirect(url_for("desk.remove_question", question_id=question_id), 303)
    flash(f"“{found.item.lineage}” is taken out of the draft; the published version still has it.", "success")
    return redirect(url_for("desk.quiz", quiz_id=found.quiz_id), 303)


def _new_item(lineage: str, topic: str, kind: Kind) -> Item:
    """An item without words yet; true or false has its two choices from the start."""
    truths = zip(TRUTHS, ("True", "False"), strict=True)
    choices = tuple(ChoiceItem(key, text, False, "") for key, text in truths) if kind is Kind.TRUE_FALSE else ()
    return Item(lineage=lineage, topic=topic, objective="", stem="", choices=choices, kind=kind)


def _question(session: Session, question_id: int) -> DeskQuestion:
    found = desk_question(session, question_id)
    if found is None:
        raise NotFound
    return found


def _sought() -> dict[str, str]:
    """What the pickers are asked for."""
    return {name: request.values.get(f"find_{name}", "").strip()[:MOST_SOUGHT] for name in SEARCHES}


def _page(session: Session, found: DeskQuestion, item: Item, form: QuestionForm, around: Served) -> str:
    before = published_item(session, found.quiz_id, item.lineage) if found.is_draft else None
    media = media_for_items(session, found.quiz_id, item, before)
    of_draft = (session, found.version_id, found.edition)
    stands = standing_and_acts(*of_draft, needed=around.approvals)[0] if found.is_draft else None
    return render_template(
        "quizzes/desk/question.html",
        problems=problems_of(form),
        question=found,
        stands=stands,
        item=item,
        form=form,
        shown=beside(session, found, item, form, around, _sought()),
        words=words_of(item, media),
        before=before,
        before_words=words_of(before, media) if before else None,
        changed=[PARTS[part] for part in changes_of(before, item)] if before else [],
        corrected=_corrected(session, found),
    )


def _corrected(session: Session, found: DeskQuestion) -> str:
    """How the question, as it is saved, is graded otherwise than it says; empty when it is not."""
    item = found.item
    change = change_for(item, corrections_in_force(session, found.quiz_id, lineage=item.lineage))
    if change is None or (change.treatment is Treatment.KEY and set(change.keys) == set(item.correct_keys)):
        return ""
    texts = {choice.key: choice.text for choice in item.choices}
    named = " ".join(f"“{texts.get(key, key)}”" for key in change.keys)
    return CORRECTED[change.treatment].format(named)


def _conflict_page(found: DeskQuestion, form: QuestionForm, conflict: EditConflict) -> str:
    """Both texts; whichever button is used, it now refers to the text that was saved meanwhile."""
    form.fill_texts(conflict.yours)
    form.edition.data, form.seen.data = conflict.edition, conflict.theirs.fingerprint
    media = media_for_items(db.session(), found.quiz_id, conflict.yours, conflict.theirs)
    return render_template(
        "quizzes/desk/conflict.html",
        facts=found,
        question_id=found.question_id,
        form=form,
        sentence=conflict.sentence,
        yours=conflict.yours,
        theirs=conflict.theirs,
        your_words=words_of(conflict.yours, media),
        their_words=words_of(conflict.theirs, media),
        parts=[PARTS[part] for part in changes_of(conflict.theirs, conflict.yours)],
    )
