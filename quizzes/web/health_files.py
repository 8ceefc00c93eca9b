"""Item health as files: the figures of every question and what was chosen, as CSV and workbook. Text stays text."""

import io
from collections.abc import Iterable, Iterator, Sequence

import xlsxwriter

from cme.kernel.csv_text import csv_lines
from quizzes.queries.health import HealthLine, HealthReport
from quizzes.rules.statistics import CERTAINTIES, Figure

Row = Sequence[str | int | float]
QUESTIONS = (
    "question", "topic", "kind", "first_attempts", "right", "difficulty", "difficulty_low", "difficulty_high",
    "point_biserial", "point_biserial_low", "point_biserial_high", "discrimination_27", "distractor_efficiency",
    "seconds_median", "seconds_lower_quartile", "seconds_upper_quartile",
    *(f"{name}_{level}" for level in CERTAINTIES for name in ("answers_certainty", "right_certainty")),
    "calibration", "alarm", "hidden_because",
)  # fmt: skip
FIFTHS = ("lowest_fifth", "second_fifth", "third_fifth", "fourth_fifth", "highest_fifth")
CHOICES = ("question", "choice", "people", *FIFTHS)
SCORES = ("points", "first_attempts")
CERTAINTY = ("certainty", "answers", "right", "right_low", "right_high")
TABLES = {"questions": QUESTIONS, "choices": CHOICES}


def rows_of(table: str, lines: Iterable[HealthLine]) -> Iterator[Row]:
    """The rows of one of `TABLES`."""
    if table == "choices":
        return (row for line in lines for row in _choices(line))
    return (_question(line) for line in lines)


def csv_of(table: str, lines: Iterable[HealthLine]) -> Iterator[bytes]:
    """A table as CSV."""
    return (line.encode() for line in csv_lines(TABLES[table], rows_of(table, lines)))


def workbook_of(report: HealthReport, lines: Sequence[HealthLine]) -> bytes:
    """All tables as one workbook; no cell can become a formula or a link."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    certainty = [(level, answers, *_three(share)) for level, answers, share in report.certainty]
    with xlsxwriter.Workbook(buffer, options) as book:
        for name, header, rows in (
            ("Questions", QUESTIONS, rows_of("questions", lines)),
            ("Choices", CHOICES, rows_of("choices", lines)),
            ("Certainty", CERTAINTY, certainty),
            ("Scores", SCORES, report.scores),
        ):
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 1)
            for number, row in enumerate((header, *rows)):
                sheet.write_row(number, 0, row)
    return buffer.getvalue()


def _question(line: HealthLine) -> Row:
    health = line.health
    figures = (health.difficulty, health.point_biserial, health.discrimination, health.distractors, health.pace)
    reasons = "; ".join(dict.fromkeys(one.reason for one in figures if one.reason))
    return (
        line.lineage,
        line.topic,
        line.kind,
        health.takers,
        health.right,
        *_three(health.difficulty),
        *_three(health.point_biserial),
        _number(health.discrimination.value),
        _number(health.distractors.value),
        *_three(health.pace),
        *(cell for level in CERTAINTIES for cell in _level(health.certainty.get(level))),
        _number(health.calibration.value),
        " ".join(health.alarms),
        reasons,
    )


def _choices(line: HealthLine) -> Iterator[Row]:
    for choice, people in line.health.choices:
        fifths = [_number(shares.get(choice, 0.0)) for shares in line.health.quintiles] or [""] * len(FIFTHS)
        yield (line.lineage, choice.upper() or "left open", people, *fifths)


def _level(found: tuple[int, Figure] | None) -> tuple[int | str, float | str]:
    return ("", "") if found is None else (found[0], _number(found[1].value))


def _three(figure: Figure) -> tuple[float | str, float | str, float | str]:
    return _number(figure.value), _number(figure.low), _number(figure.high)


def _number(value: float | None) -> float | str:
    return "" if value is None else round(value, 4)
