"""Entrances of the editor for item health: a quiz's figures, one item's, and both as files."""

import io
from collections.abc import Sequence

import xlsxwriter
from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from cme.kernel.csv_text import csv_lines
from cme.kernel.refusal import NotFound
from cme.outbox.service import enqueue
from cme.store.database import db
from cme.store.session import transaction
from cme.web.moment import request_now
from quizzes.queries.health import HealthLine, HealthReport, health_of_quiz, worst_first
from quizzes.rules.statistics import Figure
from quizzes.services import tallying
from quizzes.services.wording import words_of
from quizzes.web.desk import ROW, bp, editors

HEADER = (
    "question", "topic", "first_attempts", "right", "difficulty", "difficulty_low", "difficulty_high",
    "point_biserial", "point_biserial_low", "point_biserial_high", "discrimination_27", "distractor_efficiency",
    "alarm", "hidden_because",
)  # fmt: skip
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@bp.get(f"/quizzes/<{ROW}:quiz_id>/health")
@editors
def health(quiz_id: int) -> ResponseReturnValue:
    """All items of the published version, those that want looking at first."""
    report = _report(quiz_id)
    return render_template("quizzes/desk/health.html", report=report, lines=worst_first(report.lines))


@bp.get(f"/quizzes/<{ROW}:quiz_id>/health/<lineage>")
@editors
def item_health(quiz_id: int, lineage: str) -> ResponseReturnValue:
    """One item: what was chosen, by how well people did."""
    report = _report(quiz_id)
    line = report.line(lineage)
    if line is None:
        raise NotFound
    return render_template("quizzes/desk/item_health.html", report=report, line=line, words=words_of(line.item))


@bp.get(f"/quizzes/<{ROW}:quiz_id>/health.csv")
@editors
def health_csv(quiz_id: int) -> ResponseReturnValue:
    """The figures as CSV."""
    report = _report(quiz_id)
    data = "".join(csv_lines(HEADER, _rows(report))).encode()
    return _file(data, "text/csv; charset=utf-8", f"item-health-{quiz_id}.csv")


@bp.get(f"/quizzes/<{ROW}:quiz_id>/health.xlsx")
@editors
def health_xlsx(quiz_id: int) -> ResponseReturnValue:
    """The figures as a workbook; text stays text."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        sheet = book.add_worksheet("Item health")
        sheet.freeze_panes(1, 1)
        for number, row in enumerate((HEADER, *_rows(_report(quiz_id)))):
            sheet.write_row(number, 0, row)
    return _file(buffer.getvalue(), SHEET, f"item-health-{quiz_id}.xlsx")


@bp.post(f"/quizzes/<{ROW}:quiz_id>/health")
@editors
def set_health(quiz_id: int) -> ResponseReturnValue:
    """Count what is new, or say what an alarm does."""
    with transaction() as session:
        if request.form.get("go") == "count":
            enqueue(session, tallying.JOB, str(quiz_id), {"quiz_id": quiz_id}, now=request_now())
        elif health_of_quiz(session, quiz_id) is not None:
            tallying.set_holding(session, quiz_id, holds=request.form.get("holds") == "y")
    words = "New attempts are being counted." if request.form.get("go") == "count" else "Saved."
    flash(words, "success")
    return redirect(url_for("desk.health", quiz_id=quiz_id), 303)


def _report(quiz_id: int) -> HealthReport:
    report = health_of_quiz(db.session(), quiz_id)
    if report is None:
        raise NotFound
    return report


def _rows(report: HealthReport) -> list[Sequence[str | int | float]]:
    return [_row(line) for line in report.lines]


def _row(line: HealthLine) -> Sequence[str | int | float]:
    health = line.health
    figures = (health.difficulty, health.point_biserial, health.discrimination, health.distractors)
    reasons = "; ".join(dict.fromkeys(one.reason for one in figures if one.reason))
    return (
        line.item.lineage,
        line.item.topic,
        health.takers,
        health.right,
        *_three(health.difficulty),
        *_three(health.point_biserial),
        _number(health.discrimination.value),
        _number(health.distractors.value),
        " ".join(health.alarms),
        reasons,
    )


def _three(figure: Figure) -> tuple[float | str, float | str, float | str]:
    return _number(figure.value), _number(figure.low), _number(figure.high)


def _number(value: float | None) -> float | str:
    return "" if value is None else round(value, 4)


def _file(data: bytes, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, content_type=media_type, headers=headers)
