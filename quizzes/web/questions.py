"""Entrances of the editor for single questions: edit, add, move, take out."""

from dataclasses import replace

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms.fields.choices import SelectChoice  # pyright: ignore[reportAttributeAccessIssue] - newer than the stubs

from cme.kernel.refusal import Conflict, Invalid, NotFound
from cme.store.database import db
from cme.store.session import Session, transaction
from cme.web.moment import request_now
from quizzes.queries.modules import desk_module_of
from quizzes.queries.versions import published_version_of, version_facts, version_of_question
from quizzes.rules.editing import changes_of
from quizzes.rules.item import ChoiceItem, Item, Kind, QuizVersionFacts
from quizzes.rules.linting import lint
from quizzes.rules.shapes import TRUTHS
from quizzes.services import authoring
from quizzes.services.authoring import EditConflict
from quizzes.services.publishing import obstacles_of
from quizzes.services.wording import words_of
from quizzes.web.desk import ROW, bp, editors
from quizzes.web.forms import EditionForm, NewQuestionForm, QuestionForm

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
    "choices": "choices",
    "key": "key",
    "rationale": "rationale",
}


@bp.get(f"/questions/<{ROW}:question_id>")
@editors
def question(question_id: int) -> ResponseReturnValue:
    """The form beside the learner's view; a published question is shown without the form."""
    session = db.session()
    facts, item = _question(session, question_id)
    form = _form(session, facts, item)
    form.fill(item, facts.edition)
    return _page(session, facts, question_id, item, form)


@bp.post(f"/questions/<{ROW}:question_id>")
@editors
def save_question(question_id: int) -> ResponseReturnValue:
    """Save, or show the learner's view of what is typed, or go on editing after a conflict."""
    session = db.session()
    facts, saved = _question(session, question_id)
    form = _form(session, facts, saved)
    form.correct.validate_choice = False
    item = form.item(saved)
    if not form.validate():
        return _page(session, facts, question_id, item, form), 422
    if request.form.get("go") in {"preview", "edit"}:
        form.fill_texts(item)
        return _page(session, facts, question_id, item, form)
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
        return _conflict_page(question_id, facts, form, conflict), 409
    except Invalid as refused:
        fields = {one.name: one for one in form}
        for name, sentences in refused.problems.items():
            field = fields.get(name, form.stem)
            field.errors = [*field.errors, *sentences]
        return _page(db.session(), facts, question_id, item, form), 422
    flash("Saved in the draft. Learners see it once the draft is published.", "success")
    return redirect(url_for("desk.question", question_id=question_id), 303)


@bp.route(f"/versions/<{ROW}:version_id>/questions/new", methods=["GET", "POST"])
@editors
def new_question(version_id: int) -> ResponseReturnValue:
    """Name a new question; its text follows on the next page."""
    session = db.session()
    facts = version_facts(session, version_id)
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
        facts = version_facts(session, version_id)
        assert facts is not None
    return redirect(url_for("desk.quiz", quiz_id=facts.quiz_id, _anchor=f"row-{question_id}"), 303)


@bp.get(f"/questions/<{ROW}:question_id>/remove")
@editors
def remove_question(question_id: int) -> ResponseReturnValue:
    """Ask once more."""
    facts, item = _question(db.session(), question_id)
    form = EditionForm(formdata=None, edition=facts.edition)
    return render_template(
        "quizzes/desk/remove.html", facts=facts, item=item, words=words_of(item), form=form, question_id=question_id
    )


@bp.post(f"/questions/<{ROW}:question_id>/remove")
@editors
def remove_question_now(question_id: int) -> ResponseReturnValue:
    """Take it out of the draft."""
    facts, item = _question(db.session(), question_id)
    form = EditionForm()
    try:
        with transaction() as session:
            authoring.remove_question(
                session, question_id, edition=form.edition.data or 0, editor=current_user.person_id, now=request_now()
            )
    except Conflict as refused:
        flash(refused.sentence, "error")
        return redirect(url_for("desk.remove_question", question_id=question_id), 303)
    flash(f"“{item.lineage}” is taken out of the draft; the published version still has it.", "success")
    return redirect(url_for("desk.quiz", quiz_id=facts.quiz_id), 303)


def _new_item(lineage: str, topic: str, kind: Kind) -> Item:
    """An item without words yet; true or false has its two choices from the start."""
    truths = zip(TRUTHS, ("True", "False"), strict=True)
    choices = tuple(ChoiceItem(key, text, False, "") for key, text in truths) if kind is Kind.TRUE_FALSE else ()
    return Item(lineage=lineage, topic=topic, objective="", stem="", choices=choices, kind=kind)


def _question(session: Session, question_id: int) -> tuple[QuizVersionFacts, Item]:
    version_id = version_of_question(session, question_id)
    facts = version_facts(session, version_id) if version_id is not None else None
    if facts is None:
        raise NotFound
    return facts, facts.items[question_id]


def _form(session: Session, facts: QuizVersionFacts, item: Item) -> QuestionForm:
    """The form with the topics of the version and the objectives of its module, and what the item says beside them."""
    form = QuestionForm()
    module = desk_module_of(session, facts.quiz_id)
    topics = {topic.key: topic.label for topic in facts.topics}
    objectives = {one.key: one.text for one in module.objectives} if module else {}
    topics.setdefault(item.topic, item.topic)
    form.topic.choices = [SelectChoice(key, label) for key, label in topics.items()]
    known = {**({} if item.objective in objectives else {item.objective: item.objective or "Choose one"}), **objectives}
    form.objective.choices = [SelectChoice(key, text) for key, text in known.items()]
    return form


def _page(session: Session, facts: QuizVersionFacts, question_id: int, item: Item, form: QuestionForm) -> str:
    published_id = published_version_of(session, facts.quiz_id) if facts.is_draft else None
    published = version_facts(session, published_id) if published_id is not None else None
    before = next((one for one in published.items.values() if one.lineage == item.lineage), None) if published else None
    order = list(facts.items)
    place = order.index(question_id)
    typed = replace(facts, items={**facts.items, question_id: item})
    return render_template(
        "quizzes/desk/question.html",
        problems=_problems(form),
        facts=facts,
        question_id=question_id,
        item=item,
        words=words_of(item),
        form=form,
        module=desk_module_of(session, facts.quiz_id),
        notes=[one for one in obstacles_of(session, typed) if one.lineage == item.lineage] if facts.is_draft else [],
        lint=lint(item),
        before=before,
        before_words=words_of(before) if before else None,
        changed=[PARTS[part] for part in changes_of(before, item)] if before else [],
        previous_id=order[place - 1] if place else None,
        next_id=order[place + 1] if place + 1 < len(order) else None,
        place=place + 1,
    )


def _problems(form: QuestionForm) -> list[tuple[str, str]]:
    """(where to go, what is wrong) for the summary above the form."""
    found: list[tuple[str, str]] = []
    for field in form:
        if field.name in {"choices", "stems"}:
            for entry in form.choices if field.name == "choices" else form.stems:
                found += [(one.id, f"{one.label.text}: {error}") for one in entry.form for error in one.errors]
            found += [(f"{field.name}-0-text", error) for error in field.errors if isinstance(error, str)]
        elif field.name == "correct":
            found += [("choices-0-text", str(error)) for error in field.errors]
        else:
            found += [(field.id, f"{field.label.text}: {error}") for error in field.errors]
    return found


def _conflict_page(question_id: int, facts: QuizVersionFacts, form: QuestionForm, conflict: EditConflict) -> str:
    """Both texts; whichever button is used, it now refers to the text that was saved meanwhile."""
    form.fill_texts(conflict.yours)
    form.edition.data, form.seen.data = conflict.edition, conflict.theirs.fingerprint
    return render_template(
        "quizzes/desk/conflict.html",
        facts=facts,
        question_id=question_id,
        form=form,
        sentence=conflict.sentence,
        yours=conflict.yours,
        theirs=conflict.theirs,
        your_words=words_of(conflict.yours),
        their_words=words_of(conflict.theirs),
        parts=[PARTS[part] for part in changes_of(conflict.theirs, conflict.yours)],
    )
