"""The office's tables for spreadsheets: columns, rows, and the streamed answer."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from flask import Response, stream_with_context

from cme.credits.report_rows import CompletionRow, CreditRow, DecisionRow, OfficeFilter
from cme.credits.rules import listed_type
from cme.kernel.csv_text import csv_lines
from cme.kernel.days import local_day
from cme.kernel.professions import Profession
from cme.kernel.quarters import format_quarters

COMPLETION_HEADER = (
    "Name", "E-mail", "Profession", "Module", "Title", "Release", "Time zone", "Front matter seen (UTC)", "Read (UTC)",
    "Quiz passed (UTC)", "Date completed", "Claimed (UTC)", "Amount",
)  # fmt: skip
DECISION_HEADER = (
    "Decision", "Decided (UTC)", "Outcome", "Code", "Sentence", "Name", "E-mail", "Module", "Title", "Release",
    "Time zone",
)  # fmt: skip
CREDIT_HEADER = (
    "Credit", "Entry", "Follows", "Kind", "Credit type", "Amount", "Maximum", "Name", "Credentials", "Profession",
    "E-mail", "Module", "Title", "Release", "Provider", "Provider mode", "Date completed", "Time zone", "Granted (UTC)",
    "Decision", "Corrected by",
)  # fmt: skip


def completion_cells(row: CompletionRow) -> Sequence[object]:
    """One line of the completions."""
    completed = row.completed_at
    return (
        row.name, row.email, Profession(row.profession).label, row.slug, row.title, row.number, row.zone,
        _utc(row.seen_at), _utc(row.read_at), _utc(row.met_at),
        local_day(completed, row.zone).isoformat() if completed else "",
        _utc(row.granted_at), format_quarters(row.amount_quarters) if row.amount_quarters else "",
    )  # fmt: skip


def decision_cells(row: DecisionRow) -> Sequence[object]:
    """One line of the decisions."""
    return (
        row.decision_id, _utc(row.decided_at), row.outcome, row.code, row.sentence, row.name, row.email, row.slug,
        row.title, row.number, row.zone,
    )  # fmt: skip


def credit_cells(row: CreditRow) -> Sequence[object]:
    """One line of the ledger; person and module as frozen at the grant. Sums leave out what is corrected by another."""
    frozen = row.snapshot
    return (
        row.credit_id, row.entry, row.follows_id, row.kind,
        listed_type(row.kind, row.credit_type, frozen["provider_mode"]),
        format_quarters(row.amount_quarters), format_quarters(row.maximum_quarters), frozen["name"],
        frozen["credentials"], Profession(frozen["profession"]).label, row.email, row.slug, frozen["title"],
        row.number, frozen["provider"]["name"], frozen["provider_mode"],
        local_day(row.completed_at, row.zone).isoformat(), row.zone, _utc(row.granted_at), row.decision_id,
        row.corrected_by,
    )  # fmt: skip


def audit_details(wanted: OfficeFilter, rows: int) -> dict[str, object]:
    """What the record keeps of an export: never whom somebody looked for, only that they did."""
    return {
        "rows": rows,
        "module": wanted.slug,
        "since": _utc(wanted.since),
        "until": _utc(wanted.until),
        "outcome": wanted.outcome,
        "kind": wanted.kind,
        "by_person": bool(wanted.person),
    }


def csv_answer(
    name: str, header: Sequence[str], rows: Iterable[Sequence[object]], close: Callable[[], None]
) -> Response:
    """The file, written while it is read, so that a long list needs no more memory than a short one.

    `close` is called when the last line is out, or when the reader has gone away.
    """

    def lines() -> Iterator[str]:
        try:
            yield from csv_lines(header, rows)
        finally:
            close()

    return Response(
        stream_with_context(lines()),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def _utc(instant: datetime | None) -> str:
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z") if instant else ""
