"""Between a question on its way and an item of the bank; the one place that knows what the bank can hold."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from quizzes.interchange.entry import Choice, Entry, Scoring, Stem, Vignette
from quizzes.interchange.plain import with_media
from quizzes.interchange.reasons import Reason
from quizzes.rules.item import ChoiceItem, Item, Numeric, Status, StemItem


def to_item(entry: Entry) -> Item:
    """The question as an item of the bank; the text of its case goes to the version, see `vignettes_of`."""
    return Item(
        lineage=entry.lineage,
        topic=entry.topic,
        objective=entry.objective,
        stem=entry.stem,
        choices=tuple(ChoiceItem(one.key, one.text, one.correct, one.rationale) for one in entry.choices),
        ordered=entry.ordered,
        tags=entry.tags,
        apart=entry.apart,
        passages=entry.passages,
        references=entry.references,
        kind=entry.kind,
        points=entry.points,
        partial=entry.scoring is Scoring.PARTIAL,
        stems=tuple(StemItem(one.key, one.text, one.answer, one.rationale) for one in entry.stems),
        order=entry.order,
        numeric=entry.numeric and _written_out(entry.numeric),
        vignette=entry.vignette.key if entry.vignette else "",
        rationale=entry.rationale,
        status=Status(entry.status or Status.READY),
    )


def _written_out(number: Numeric) -> Numeric:
    """1.5E+3 as 1500: people read it, and editors type it."""
    value, tolerance = (Decimal(f"{one:f}") for one in (number.value, number.tolerance))
    return Numeric(value, tolerance, number.unit)


def vignettes_of(entries: Iterable[Entry]) -> dict[str, str]:
    """The texts of the cases that questions share, by key."""
    return {entry.vignette.key: entry.vignette.text for entry in entries if entry.vignette}


def lost_in_item(entry: Entry) -> tuple[Reason, ...]:
    """What `to_item` leaves behind."""
    if any(choice.weight is not None for choice in entry.choices):
        return (Reason("weight_lost", "The bank holds no weights of choices; its own rule counts parts of an answer."),)
    return ()


def from_item(item: Item, vignettes: Mapping[str, str] | None = None) -> Entry:
    """An item of the bank as a question on its way out, with the text of its case."""
    case = (vignettes or {}).get(item.vignette, "")
    return with_media(
        Entry(
            kind=item.kind,
            lineage=item.lineage,
            stem=item.stem,
            choices=tuple(Choice(one.key, one.text, one.correct, one.rationale) for one in item.choices),
            topic=item.topic,
            objective=item.objective,
            tags=item.tags,
            stems=tuple(Stem(one.key, one.text, one.answer, one.rationale) for one in item.stems),
            order=item.order,
            numeric=item.numeric,
            scoring=Scoring.PARTIAL if item.partial else Scoring.ALL_OR_NOTHING,
            vignette=Vignette(item.vignette, case) if case else None,
            rationale=item.rationale,
            ordered=item.ordered,
            points=item.points,
            passages=item.passages,
            references=item.references,
            apart=item.apart,
            status="" if item.status is Status.READY else item.status.value,
        )
    )
