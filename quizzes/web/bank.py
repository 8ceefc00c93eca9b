"""Entrances of the editor to the bank: all questions of all quizzes, found, listed, exported."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from cme.kernel.csv_text import csv_lines
from cme.kernel.paging import Page, offset_of, page_of
from cme.store.database import db
from cme.store.session import Session
from quizzes.rules.bank import NOTES, ORDERS, STATES, BankLine, Wanted, in_order, offered
from quizzes.rules.bulk import Act
from quizzes.rules.item import Kind
from quizzes.services.shelf import bank_lines
from quizzes.web.desk import bp, editors
from quizzes.web.files import file_answer
from quizzes.web.sheets import SHEET, workbook
from quizzes.web.shelves import shelf

PAGE = 50
COLUMNS = (
    "quiz", "version", "in_draft", "question", "kind", "topic", "objective", "tags", "state", "held_because",
    "notes_to_mend", "advice", "stem", "right",
)  # fmt: skip
FILTERS = ("q", "quiz", "topic", "objective", "tag", "kind", "state", "notes", "alarm")


@dataclass(frozen=True, slots=True)
class Found:
    """The whole bank, what of it is wanted, and how that was asked for."""

    all: Sequence[BankLine]
    lines: Sequence[BankLine]
    wanted: Wanted
    query: dict[str, str]
    """The filter as the address says it; empty parts left out."""


@bp.get("/bank")
@editors
def bank() -> ResponseReturnValue:
    """A page of the questions that fit the filter."""
    session = db.session()
    found = find(session, request.args)
    number = request.args.get("page", 1, type=int)
    skip = offset_of(number, PAGE)
    page: Page[BankLine] = page_of(found.lines[skip : skip + PAGE + 1], number, PAGE)
    return render_template(
        "quizzes/desk/bank.html",
        found=found,
        page=page,
        first=skip + 1,
        notes={line.question_id: line.notes for line in page.rows},
        offered=offered(found.all),
        quizzes={line.quiz_id: line.quiz_title for line in found.all},
        same=lambda names: [(name, name) for name in names],
        kind_words=[(kind.value, kind.label) for kind in Kind],
        states=STATES,
        note_kinds=NOTES,
        acts=list(Act),
        filters={name: value for name, value in found.query.items() if name in FILTERS},
        query=query_of(found.query),
        orders=_orders(found.query),
        page_url=lambda other: url_for("desk.bank") + query_of({**found.query, "page": str(other)}),
    )


@bp.get("/bank.csv")
@editors
def bank_csv() -> ResponseReturnValue:
    """The filtered list as CSV."""
    found = find(db.session(), request.args)
    return file_answer("".join(csv_lines(COLUMNS, rows_of(found.lines))).encode(), "text/csv", "bank.csv")


@bp.get("/bank.xlsx")
@editors
def bank_xlsx() -> ResponseReturnValue:
    """The filtered list as a workbook."""
    found = find(db.session(), request.args)
    return file_answer(workbook("Bank", COLUMNS, rows_of(found.lines)), SHEET, "bank.xlsx")


def find(session: Session, asked: Mapping[str, str]) -> Found:
    """The lines that fit what is asked for, in the order asked for. What makes no sense asks for nothing."""
    query = {name: asked.get(name, "").strip()[:100] for name in (*FILTERS, "sort", "down")}
    query = {name: value for name, value in query.items() if value}
    quiz = query.get("quiz", "")
    wanted = Wanted(
        words=query.get("q", ""),
        quiz_id=int(quiz) if quiz.isascii() and quiz.isdigit() else None,
        topic=query.get("topic", ""),
        objective=query.get("objective", ""),
        tag=query.get("tag", ""),
        kind=query.get("kind", ""),
        state=query.get("state", ""),
        notes=query.get("notes", ""),
        alarm=bool(query.get("alarm")),
    )
    lines = bank_lines(session, shelf())
    fitting = [line for line in lines if wanted.fits(line)]
    return Found(lines, in_order(fitting, query.get("sort", ""), down=bool(query.get("down"))), wanted, query)


def query_of(query: Mapping[str, str]) -> str:
    """The filter as the end of an address."""
    return f"?{urlencode(query)}" if query else ""


def rows_of(lines: Sequence[BankLine]) -> Iterator[Sequence[str | int]]:
    """Lines of the exported list."""
    for line in lines:
        item, (blocking, advice) = line.item, line.notes
        yield (
            line.quiz_title,
            line.version_number,
            "yes" if line.in_draft else "no",
            item.lineage,
            item.kind.value,
            item.topic,
            item.objective,
            " ".join(item.tags),
            line.state,
            " ".join(sorted(line.held)),
            blocking,
            advice,
            item.stem,
            "; ".join(choice.text for choice in item.choices if choice.correct),
        )


def _orders(query: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """For each column its address and how it is sorted now: "", ascending or descending."""
    found: dict[str, tuple[str, str]] = {}
    rest = {name: value for name, value in query.items() if name in FILTERS}
    for name in ORDERS:
        now = query.get("sort") == name
        down = now and bool(query.get("down"))
        asked = {**rest, "sort": name, **({"down": "1"} if now and not down else {})}
        found[name] = (url_for("desk.bank") + query_of(asked), ("descending" if down else "ascending") if now else "")
    return found
