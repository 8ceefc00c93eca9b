"""Entrances of the editor for item health: a quiz's figures, one item's, and both as files."""

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from cme.kernel.refusal import NotFound
from cme.outbox.service import enqueue
from cme.store.database import db
from cme.store.session import transaction
from cme.web.moment import request_now
from quizzes.queries.corrections import overrides_for
from quizzes.queries.health import (
    ORDERS,
    HealthReport,
    all_lines,
    dots_of,
    earlier_wordings,
    head_of,
    health_of_quiz,
    holding_of,
    line_of,
    lines_of,
    seconds_of,
)
from quizzes.queries.versions import items_of
from quizzes.rules.correcting import corrected
from quizzes.services import alarming, tallying
from quizzes.services.versions import media_for_items
from quizzes.services.wording import words_of
from quizzes.web.desk import ROW, bp, editors
from quizzes.web.health_files import TABLES, csv_of, workbook_of

SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SETTINGS = {"provider": None, "hold": True, "task": False}
SPANS = (10, 20, 30, 45, 60, 90, 120, 180, 300)
"""Upper ends of the bars in the picture of times, in seconds."""


@bp.get(f"/quizzes/<{ROW}:quiz_id>/health")
@editors
def health(quiz_id: int) -> ResponseReturnValue:
    """All items of the published version, those that want looking at first."""
    report, session = _report(quiz_id), db.session()
    order = request.args.get("order", ORDERS[0])
    page = lines_of(session, report.version_id, page=request.args.get("page", 1, type=int), order=order)
    return render_template(
        "quizzes/desk/health.html",
        report=report,
        page=page,
        order=order if order in ORDERS else ORDERS[0],
        page_url=lambda number: url_for("desk.health", quiz_id=quiz_id, page=number, order=order),
        dots=dots_of(session, report.version_id),
        holding=holding_of(session, quiz_id),
    )


@bp.get(f"/quizzes/<{ROW}:quiz_id>/health/<lineage>")
@editors
def item_health(quiz_id: int, lineage: str) -> ResponseReturnValue:
    """One item: what was chosen, by how well people did, how long it took, how sure they were."""
    session = db.session()
    head = head_of(session, quiz_id)
    if head is None:
        raise NotFound
    line = line_of(session, head.version_id, lineage)
    if line is None:
        raise NotFound
    item = items_of(session, head.version_id, only=[line.question_id])[line.question_id]
    changes = overrides_for(session, [line.question_id])
    if line.question_id in changes:
        item = corrected(item, changes[line.question_id])
    return render_template(
        "quizzes/desk/item_health.html",
        report=head,
        line=line,
        item=item,
        words=words_of(item, media_for_items(session, quiz_id, item)),
        times=_spans(seconds_of(session, quiz_id, lineage, line.series)) if line.health.pace.value is not None else [],
        earlier=earlier_wordings(session, quiz_id, lineage, line.series),
    )


@bp.get(f"/quizzes/<{ROW}:quiz_id>/health.csv")
@editors
def health_csv(quiz_id: int) -> ResponseReturnValue:
    """The figures, or what was chosen, as CSV."""
    report = _report(quiz_id)
    table = request.args.get("table", "questions")
    if table not in TABLES:
        abort(404)
    data = b"".join(csv_of(table, all_lines(db.session(), report.version_id)))
    return _file(data, "text/csv; charset=utf-8", f"item-health-{table}-{quiz_id}.csv")


@bp.get(f"/quizzes/<{ROW}:quiz_id>/health.xlsx")
@editors
def health_xlsx(quiz_id: int) -> ResponseReturnValue:
    """Everything as a workbook."""
    report = _report(quiz_id)
    data = workbook_of(report, list(all_lines(db.session(), report.version_id)))
    return _file(data, SHEET, f"item-health-{quiz_id}.xlsx")


@bp.post(f"/quizzes/<{ROW}:quiz_id>/health")
@editors
def set_health(quiz_id: int) -> ResponseReturnValue:
    """Count what is new, or say what an alarm does."""
    _report(quiz_id)
    wanted = request.form.get("alarm", "provider")
    with transaction() as session:
        if request.form.get("go") == "count":
            enqueue(session, tallying.JOB, str(quiz_id), {"quiz_id": quiz_id}, now=request_now())
        elif wanted in SETTINGS:
            alarming.set_holding(session, quiz_id, holds=SETTINGS[wanted])
    words = "New attempts are being counted." if request.form.get("go") == "count" else "Saved."
    flash(words, "success")
    return redirect(url_for("desk.health", quiz_id=quiz_id), 303)


def _report(quiz_id: int) -> HealthReport:
    report = health_of_quiz(db.session(), quiz_id)
    if report is None:
        raise NotFound
    return report


def _spans(seconds: dict[int, int]) -> list[tuple[str, int]]:
    """(label, people) for each bar of the picture of times."""
    found: list[tuple[str, int]] = []
    low = 0
    for high in SPANS:
        found.append((f"{low}–{high}", sum(n for took, n in seconds.items() if low <= took < high)))
        low = high
    return [*found, (f"{low}+", sum(n for took, n in seconds.items() if took >= low))]


def _file(data: bytes, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, content_type=media_type, headers=headers)
