"""Entrance of the transcript: every credit, totals by year, CSV."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Blueprint, Response, current_app, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from cme.activities.rules import PHYSICIANS_CREDIT
from cme.credits import queries
from cme.credits.certified import told_of
from cme.credits.facts import CreditFacts
from cme.credits.rules import Kind, listed_type
from cme.kernel.csv_text import csv_lines
from cme.kernel.days import local_day
from cme.kernel.quarters import format_quarters
from cme.part import House
from cme.store.database import db
from cme.web.access import signed_in

bp = Blueprint("transcript", __name__)
HEADER = (
    "Date completed",
    "Time zone",
    "Title",
    "Kind",
    "Credit type",
    "Amount claimed",
    "Maximum",
    "Format",
    "Provider",
    "Date claimed",
    "Credit number",
    "Standing",
)


@dataclass(frozen=True, slots=True)
class Year:
    """One calendar year's entries and sums, in quarters; nothing of one sort is added to another."""

    year: int
    entries: tuple[CreditFacts, ...]

    @property
    def totals(self) -> list[tuple[str, int]]:
        """What each sum is of, and the sum: what can be reported first."""
        sums: dict[str, int] = {}
        for entry in sorted(self.entries, key=_rank):
            counts = 0 if entry.revoked else entry.amount_quarters
            sums[_sort(entry)] = sums.get(_sort(entry), 0) + counts
        return list(sums.items())


def _sort(entry: CreditFacts) -> str:
    """A demonstration's amounts cannot be reported, and types of credit count for different things."""
    credit = entry.kind == Kind.CREDIT.value
    if not entry.accredited:
        return "Demonstration credit" if credit else "Demonstration participation"
    if not credit:
        return "Participation"
    return "Credit" if entry.credit_type == PHYSICIANS_CREDIT else f"Credit ({entry.credit_type.replace('-', ' ')})"


def _rank(entry: CreditFacts) -> tuple[bool, str, bool, str]:
    return (not entry.accredited, entry.kind, entry.credit_type != PHYSICIANS_CREDIT, entry.credit_type)


@bp.get("/transcript")
@signed_in
def transcript() -> ResponseReturnValue:
    """All earned credit, by year of completion in the module's own zone."""
    house: House = current_app.extensions["house"]
    entries = queries.transcript(db.session(), current_user.person_id, house.fallen_credits)
    return render_template(
        "learning/transcript.html",
        years=years_of(entries),
        links=house.credit_links,
        further=house.transcript_links,
        told=told_of(db.session(), current_user.person_id),
    )


@bp.get("/transcript.csv")
@signed_in
def transcript_csv() -> ResponseReturnValue:
    """The same as a table for spreadsheets; no cell can become a formula."""
    house: House = current_app.extensions["house"]
    entries = queries.transcript(db.session(), current_user.person_id, house.fallen_credits)
    return Response(
        csv_lines(HEADER, _rows(entries)),
        mimetype="text/csv",
        headers={"Content-Disposition": 'attachment; filename="cme-transcript.csv"'},
    )


def years_of(entries: list[CreditFacts]) -> list[Year]:
    """Newest year first."""
    by_year: dict[int, list[CreditFacts]] = {}
    for entry in entries:
        by_year.setdefault(local_day(entry.completed_at, entry.zone).year, []).append(entry)
    return [Year(year, tuple(found)) for year, found in sorted(by_year.items(), reverse=True)]


def _rows(entries: list[CreditFacts]) -> Iterator[tuple[object, ...]]:
    for entry in entries:
        yield (
            local_day(entry.completed_at, entry.zone).isoformat(),
            entry.zone,
            entry.title,
            entry.kind,
            listed_type(entry.kind, entry.credit_type, entry.snapshot["provider_mode"]) or "participation",
            format_quarters(entry.amount_quarters),
            format_quarters(entry.maximum_quarters),
            entry.snapshot["learning_format"],
            entry.snapshot["provider"]["name"],
            local_day(entry.granted_at, entry.zone).isoformat(),
            entry.credit_id,
            "revoked" if entry.revoked else "valid",
        )
