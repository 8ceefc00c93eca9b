"""Documents about many certificates: a learner's transcript and the cover of an archive, worded for print."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from certificates.rules.document import DEMONSTRATION, Figure, credit_unit, is_demonstration, providers
from certificates.rules.names import han_of
from cme.kernel.days import day_phrase
from cme.kernel.quarters import format_quarters

MOST_LISTED = 400
"""Lines of a cover; the manifest beside it lists all of them."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its label, and what kind of texts stand in it."""

    label: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, each of one or two lines; sums stand below."""

    heading: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[tuple[str, ...], ...], ...]
    totals: tuple[tuple[str, str], ...] = ()
    hans: tuple[str, ...] = ()
    """Whose forms of Han the first line of each row's cells takes, where people are listed."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything that a document of several pages says."""

    site: str
    heading: str
    title: str
    name: str
    lead: tuple[str, ...]
    figures: tuple[Figure, ...]
    tables: tuple[Table, ...]
    notes: tuple[str, ...]
    band: str = ""
    han: str = ""
    """Whose forms of Han the name takes."""


@dataclass(frozen=True, slots=True)
class Line:
    """One certificate as a transcript or a cover lists it."""

    snapshot: dict[str, Any]
    state: str
    """valid, replaced or revoked, as everybody may read it."""
    code: str

    @property
    def counts(self) -> bool:
        return self.state == "valid"


_COLUMNS = (Column("Completed", "when"), Column("Activity and provider"), Column("Certificate", "code"),
            Column("Amount", "number"))  # fmt: skip


def transcript(
    lines: Sequence[Line], *, name: str, credentials: str, country: str, site: str, verify_base: str, on: date
) -> Sheet:
    """All earned credit, by year of completion. Credit and participation never add up together, and what does not stand
    any more is listed but not counted.
    """
    years = sorted({_year(line) for line in lines}, reverse=True)
    whole = ", ".join(part for part in (name, credentials) if part)
    mixed = any(is_demonstration(line.snapshot) for line in lines)
    return Sheet(
        site=site,
        heading="Transcript of Education",
        title=f"Transcript of education: {whole}",
        name=whole,
        lead=(f"As recorded on {day_phrase(on)}. Earned credit does not expire; it counts in the year of completion.",),
        figures=_figures(lines),
        tables=tuple(_year_table(year, [line for line in lines if _year(line) == year]) for year in years),
        notes=(
            f"Each certificate can be verified by its code at {verify_base}.",
            "This transcript lists certificates and is none itself: a board that wants documents is given those.",
            *(("Entries marked as a demonstration are not accredited and cannot be reported.",) if mixed else ()),
        ),
        band=DEMONSTRATION if lines and all(is_demonstration(line.snapshot) for line in lines) else "",
        han=han_of(name, country),
    )


def cover(every: Iterable[Line], *, site: str, choice: str, verify_base: str, on: date) -> Sheet:
    """What lies in an archive, for whoever audits it. All are counted; of very many the first are listed."""
    shown: list[Line] = []
    sums: dict[str, int] = {}
    total, real = 0, 0
    for line in every:
        total += 1
        real += not is_demonstration(line.snapshot)
        _add(sums, line)
        if total <= MOST_LISTED:
            shown.append(line)
    rows = tuple(
        (
            (_day(line), line.state if not line.counts else ""),
            (_who(line), line.snapshot["title"]),
            (line.snapshot["number"], line.code),
            (format_quarters(line.snapshot["amount_quarters"]),),
        )
        for line in shown
    )
    columns = (Column("Completed", "when"), Column("Person and activity"), Column("Certificate", "code"),
               Column("Amount", "number"))  # fmt: skip
    # Certificates from before there were such typefaces do not say.
    hans = tuple(line.snapshot.get("han", "") for line in shown)
    rest = total - len(shown)
    return Sheet(
        site=site,
        heading="Certificates for Audit",
        title=f"Certificates for audit, {day_phrase(on)}",
        name=f"{total} certificate{'' if total == 1 else 's'}",
        lead=(choice, f"State of every certificate as recorded on {day_phrase(on)}."),
        figures=_totals(sums),
        tables=(Table("Contents", columns, tuple(_plain(row) for row in rows), hans=hans),),
        notes=(
            *((f"{rest} more are listed in manifest.csv and manifest.json.",) if rest else ()),
            "The manifests have the SHA-256 of every file. Each file is signed, and says who signed it.",
            f"Each certificate can be verified by its code at {verify_base}.",
        ),
        band=DEMONSTRATION if total and not real else "",
    )


def _figures(lines: Iterable[Line]) -> tuple[Figure, ...]:
    sums: dict[str, int] = {}
    for line in lines:
        _add(sums, line)
    return _totals(sums)


def _add(sums: dict[str, int], line: Line) -> None:
    if line.counts:
        key = _sort(line.snapshot)
        sums[key] = sums.get(key, 0) + line.snapshot["amount_quarters"]


def _totals(sums: dict[str, int]) -> tuple[Figure, ...]:
    """Sums by what was earned; nothing of one sort is added to another."""
    return tuple(Figure("Total", format_quarters(amount), key) for key, amount in sorted(sums.items()))


def _sort(snapshot: dict[str, Any]) -> str:
    if is_demonstration(snapshot):
        kind = "credits" if snapshot["kind"] == "credit" else "participation"
        return f"demonstration {kind}, not accredited"
    return credit_unit(snapshot, 0) if snapshot["kind"] == "credit" else "participation"


def _year_table(year: int, lines: Sequence[Line]) -> Table:
    rows = tuple(
        _plain(
            (
                (_day(line),),
                (line.snapshot["title"], providers(line.snapshot)),
                (line.code, "" if line.counts else f"{line.state}, not counted"),
                (format_quarters(line.snapshot["amount_quarters"]),),
            )
        )
        for line in lines
    )
    totals = tuple((f"{figure.note[:1].upper()}{figure.note[1:]}", figure.value) for figure in _figures(lines))
    return Table(str(year), _COLUMNS, rows, totals)


def _plain(row: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(text for text in cell if text) for cell in row)


def _who(line: Line) -> str:
    return ", ".join(part for part in (line.snapshot["name"], line.snapshot["credentials"]) if part)


def _day(line: Line) -> str:
    return day_phrase(date.fromisoformat(line.snapshot["completed_on"]))


def _year(line: Line) -> int:
    return date.fromisoformat(line.snapshot["completed_on"]).year


def texts_of(sheet: Sheet) -> list[str]:
    """Every text, for the question whether the typefaces can draw it."""
    cells = [text for table in sheet.tables for row in table.rows for cell in row for text in cell]
    return [sheet.site, sheet.name, *sheet.lead, *cells, *sheet.notes]
