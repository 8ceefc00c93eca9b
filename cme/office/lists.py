"""Entrances of the office's lists: start page, completions, decisions, credits, each also as CSV."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from cme.audit.service import record
from cme.audit.tags import Event
from cme.credits import reports
from cme.credits.report_rows import OfficeFilter
from cme.kernel.refusal import Invalid, NotFound
from cme.office import exports
from cme.office.blueprint import OFFICE, ROW, bp
from cme.office.filters import CompletionFilter, CreditFilter, DecisionFilter, FilterForm, read_filter
from cme.office.wording import fact_rows, rule_words
from cme.store.database import db
from cme.store.session import transaction
from cme.web.access import roles
from cme.web.moment import request_now


@dataclass(frozen=True, slots=True)
class Listing:
    """One list: how it is narrowed, read, counted and exported."""

    name: str
    form: type[FilterForm]
    page: Callable[..., Any]
    every: Callable[..., Iterator[Any]]
    count: Callable[..., int]
    header: Sequence[str]
    cells: Callable[[Any], Sequence[object]]


COMPLETIONS = Listing(
    "completions", CompletionFilter, reports.completions, reports.every_completion, reports.completions_count,
    exports.COMPLETION_HEADER, exports.completion_cells,
)  # fmt: skip
DECISIONS = Listing(
    "decisions", DecisionFilter, reports.decisions, reports.every_decision, reports.decisions_count,
    exports.DECISION_HEADER, exports.decision_cells,
)  # fmt: skip
CREDITS = Listing(
    "credits", CreditFilter, reports.credits, reports.every_credit, reports.credits_count,
    exports.CREDIT_HEADER, exports.credit_cells,
)  # fmt: skip


@bp.get("/")
@roles(*OFFICE)
def start() -> ResponseReturnValue:
    """What there is, in a few numbers, and where to find it."""
    return render_template("office/start.html", numbers=reports.numbers(db.session(), now=request_now()))


@bp.get("/completions")
@roles(*OFFICE)
def completions() -> ResponseReturnValue:
    """Who has passed, and what became of it."""
    return _show(COMPLETIONS)


@bp.get("/completions.csv")
@roles(*OFFICE)
def completions_csv() -> ResponseReturnValue:
    """The same, whole."""
    return _export(COMPLETIONS)


@bp.get("/decisions")
@roles(*OFFICE)
def decisions() -> ResponseReturnValue:
    """Every claim that was decided."""
    return _show(DECISIONS)


@bp.get("/decisions.csv")
@roles(*OFFICE)
def decisions_csv() -> ResponseReturnValue:
    """The same, whole."""
    return _export(DECISIONS)


@bp.get(f"/decisions/<{ROW}:decision_id>")
@roles(*OFFICE)
def decision(decision_id: int) -> ResponseReturnValue:
    """Why a claim was granted or refused: every rule with its verdict, every fact it saw."""
    found = reports.decision(db.session(), decision_id)
    if found is None:
        raise NotFound("decision_unknown", "There is no such decision.")
    return render_template(
        "office/decision.html",
        decision=found,
        line=found.line,
        facts=fact_rows(found.facts),
        verdicts=[(verdict["holds"], rule_words(verdict)) for verdict in found.verdicts],
    )


@bp.get("/credits")
@roles(*OFFICE)
def credits() -> ResponseReturnValue:
    """The ledger."""
    return _show(CREDITS)


@bp.get("/credits.csv")
@roles(*OFFICE)
def credits_csv() -> ResponseReturnValue:
    """The same, whole."""
    return _export(CREDITS)


def _show(listing: Listing) -> ResponseReturnValue:
    session = db.session()
    form = read_filter(listing.form, request.args, reports.choices(session))
    # A filter that cannot be read shows nothing: half a filter would look like an answer to the whole question.
    valid = form.validate()
    page = listing.page(session, form.wanted(), request.args.get("page", 1, type=int)) if valid else None
    narrowed = {name: request.args[name] for name in form.data if request.args.get(name)}
    here, csv = url_for(f"office.{listing.name}"), url_for(f"office.{listing.name}_csv")
    body = render_template(
        f"office/{listing.name}.html",
        form=form,
        page=page,
        here=here,
        narrowed=bool(narrowed),
        csv_url=_address(csv, narrowed),
        page_url=lambda number: _address(here, {**narrowed, "page": str(number)}),
    )
    return body, 200 if valid else 422


def _export(listing: Listing) -> ResponseReturnValue:
    form = read_filter(listing.form, request.args, reports.choices(db.session()))
    if not form.validate():
        sentences = {name: [str(error) for error in errors] for name, errors in form.errors.items() if name}
        raise Invalid("filter", "The filter cannot be read, so nothing was exported.", sentences)
    wanted = _until_now(form.wanted())
    with transaction() as session:
        record(
            session,
            Event.REPORT_EXPORTED,
            now=request_now(),
            person_id=current_user.person_id,
            subject="report",
            subject_id=listing.name,
            details=exports.audit_details(wanted, listing.count(session, wanted)),
        )
    reader = db.session()
    rows = (listing.cells(row) for row in listing.every(reader, wanted))
    # Given back by hand: the request is over for Flask while the file is still being written.
    return exports.csv_answer(f"cme-{listing.name}", listing.header, rows, reader.close)


def _address(path: str, query: dict[str, str]) -> str:
    # Not url_for(**query): names out of an address must never become its options.
    return f"{path}?{urlencode(query)}" if query else path


def _until_now(wanted: OfficeFilter) -> OfficeFilter:
    """Nothing later than this request, so that the number of rows on record is the number in the file."""
    now = request_now()
    return wanted if wanted.until and wanted.until <= now else replace(wanted, until=now)
