"""Entrances of the editor for bulk acts on the bank: the effect first, then all of it in one transaction."""

from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from cme.kernel.refusal import Conflict, Invalid
from cme.store.database import db
from cme.store.session import Session, transaction
from cme.store.types import MOST_ROW
from cme.web.moment import request_now
from quizzes.rules.bulk import Act, Bulk
from quizzes.services.bulk import Effect, change_many, effect_of
from quizzes.web.bank import FILTERS, find, query_of
from quizzes.web.desk import bp, editors
from quizzes.web.shelves import shelf

MOST_SHOWN = 100


@bp.post("/bank/preview")
@editors
def bulk_preview() -> ResponseReturnValue:
    """What the act would do to the chosen questions, or to all that fit the filter; nothing is changed."""
    session = db.session()
    form = request.form
    back = query_of({name: form[name][:100] for name in (*FILTERS, "sort", "down") if form.get(name)})
    try:
        bulk = _bulk(form)
        numbers = (
            {line.question_id for line in find(session, form).lines}
            if form.get("go") == "all"
            else _numbers(form.getlist("item"))
        )
        effects = _effects(session, numbers, bulk)
        if not effects:
            raise Invalid("nothing_chosen", "Choose at least one question first.")
    except Invalid as refused:
        flash(refused.sentence, "error")
        return redirect(url_for("desk.bank") + back, 303)
    changes = sum(len(one.changes) for one in effects)
    return render_template(
        "quizzes/desk/bulk.html",
        bulk=bulk,
        effects=effects,
        changes=changes,
        sentence=bulk.words(changes),
        chosen=",".join(str(number) for number in sorted(numbers)),
        bases=",".join(f"{one.quiz_id}:{one.base[0]}:{one.base[1]}" for one in effects),
        back=back,
        most=MOST_SHOWN,
    )


@bp.post("/bank/apply")
@editors
def bulk_apply() -> ResponseReturnValue:
    """Do it, in the drafts of the quizzes concerned."""
    session = db.session()
    form = request.form
    back = url_for("desk.bank") + form.get("back", "")[:2000] if form.get("back", "").startswith("?") else "/desk/bank"
    try:
        bulk, numbers = _bulk(form), _numbers(form.get("chosen", "").split(","))
        chosen: dict[int, tuple[tuple[int, int], set[str]]] = {}
        for quiz_id, version_id, edition in _bases(form.get("bases", "")):
            items = shelf().get(session, version_id).facts.items
            chosen[quiz_id] = (version_id, edition), {items[one].lineage for one in numbers if one in items}
        with transaction() as writing:
            changed = change_many(writing, chosen, bulk, editor=current_user.person_id, now=request_now())
    except (Invalid, Conflict) as refused:
        flash(refused.sentence, "error")
        return redirect(back, 303)
    words = bulk.words(changed)
    flash(f"{words[:1].upper()}{words[1:]}. Undo stands on the page of each draft.", "success")
    return redirect(back, 303)


def _effects(session: Session, numbers: set[int], bulk: Bulk) -> list[Effect]:
    found: list[Effect] = []
    for one in shelf().current(session):
        names = {item.lineage for number, item in one.facts.items.items() if number in numbers}
        if names:
            found.append(effect_of(one.facts, names, bulk))
    return found


def _bulk(form: Mapping[str, str]) -> Bulk:
    known = [act.value for act in Act]
    act = form.get("act", "")
    if act not in known:
        raise Invalid("bulk_invalid", "Choose what to do with the questions.")
    asked = Act(act)
    bulk = Bulk(asked, form.get("name", "").strip().lower() if asked.asks else "")
    if bulk.problem:
        raise Invalid("bulk_invalid", bulk.problem)
    return bulk


def _numbers(texts: list[str]) -> set[int]:
    return {int(text) for text in texts if text.isascii() and text.isdigit() and int(text) <= MOST_ROW}


def _bases(text: str) -> list[tuple[int, int, int]]:
    found: list[tuple[int, int, int]] = []
    for part in text.split(","):
        numbers = part.split(":")
        if len(numbers) != 3 or not all(one.isascii() and one.isdigit() and len(one) < 19 for one in numbers):
            raise Invalid("bulk_invalid", "The list of questions could not be read. Choose them once more.")
        found.append((int(numbers[0]), int(numbers[1]), int(numbers[2])))
    return found
