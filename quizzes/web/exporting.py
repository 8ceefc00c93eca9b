"""Entrances of the editor for exporting a version: what a format would leave behind, then the file."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from cme.kernel.paging import offset_of, page_of
from cme.kernel.refusal import NotFound
from cme.store.database import db
from quizzes.interchange.formats import FORMATS
from quizzes.interchange.report import Finding, Verdict
from quizzes.queries.in_force import corrections_in_force
from quizzes.queries.media import media_of
from quizzes.rules.item import Item
from quizzes.services.exporting import entry_of, untold
from quizzes.services.media import bytes_of
from quizzes.web.desk import ROW, bp, editors
from quizzes.web.files import file_answer, media_folder
from quizzes.web.shelves import shelved

LINES = 100


@bp.get(f"/versions/<{ROW}:version_id>/export")
@editors
def export(version_id: int) -> ResponseReturnValue:
    """Choose a format; then what each question would lose in it, before anything is saved."""
    key = request.args.get("format", "")
    here = shelved(db.session(), version_id)
    facts = here.facts
    if key not in FORMATS:
        return render_template("quizzes/desk/export.html", facts=facts, formats=FORMATS, key="")
    # What a question loses is its own affair: after a change the others are not asked again.
    known = corrections_in_force(db.session(), facts.quiz_id)

    def lost(_number: int, item: Item) -> Finding:
        (one,) = FORMATS[key].losses([entry_of(item, facts.vignettes, known)])
        return one.also(*untold(item, known))

    about = (tuple(sorted(facts.vignettes.items())), repr(known))
    each = here.each(f"losses in {key}", about, lost)
    losses = [one for one in each.values() if one.verdict is not Verdict.IMPORTED]
    number = request.args.get("page", 1, type=int)
    skip = offset_of(number, LINES)
    return render_template(
        "quizzes/desk/export.html",
        facts=facts,
        formats=FORMATS,
        key=key,
        lost=len(losses),
        left_out=sum(one.verdict is Verdict.REFUSED for one in losses),
        page=page_of(losses[skip : skip + LINES + 1], number, LINES),
        refused=Verdict.REFUSED,
    )


@bp.get(f"/versions/<{ROW}:version_id>/export/<format_key>")
@editors
def export_file(version_id: int, format_key: str) -> ResponseReturnValue:
    """The version in that format."""
    wanted = FORMATS.get(format_key)
    if wanted is None:
        raise NotFound
    facts = shelved(db.session(), version_id).facts
    known = corrections_in_force(db.session(), facts.quiz_id)
    entries = [entry_of(item, facts.vignettes, known) for item in facts.items.values()]
    shown = {name for entry in entries for name in entry.media}
    brought = bytes_of(media_of(db.session(), facts.quiz_id), shown, media_folder()) if shown else {}
    data = wanted.write(entries, facts.title, brought)
    name = f"{facts.quiz_key}-v{facts.number}{wanted.extension(data)}"
    return file_answer(data, "application/zip" if name.endswith(".zip") else wanted.media_type, name)
