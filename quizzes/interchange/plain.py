"""A question as plain keys and values: what our YAML holds, and what travels inside other formats' files."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cme.activities.library.reading import KeyPath
from quizzes.interchange.entry import Choice, Entry, Kind, Numeric, Scoring, Stem, Vignette
from quizzes.interchange.media import named_in
from quizzes.interchange.plain_reader import PlainReader
from quizzes.rules.item import POINTS_PER_ITEM, Status
from quizzes.rules.limits import CHOICE_KEY, MOST_SHORT_NAME, MOST_TEXT

ENTRY_KEYS = {
    "key", "kind", "topic", "objective", "tags", "apart", "vignette", "stem", "ordered", "partial", "points",
    "choices", "stems", "order", "number", "rationale", "passages", "references", "status",
}  # fmt: skip
CHOICE_KEYS = {"key", "text", "correct", "rationale", "weight"}
STEM_KEYS = {"key", "text", "answer", "rationale"}
NUMBER_KEYS = {"value", "tolerance", "unit"}
VIGNETTE_KEYS = {"key", "text"}


def to_plain_map(entry: Entry, *, with_vignette: bool = True) -> dict[str, Any]:
    """Only what is said: empty parts and usual values are left out."""
    vignette, number = entry.vignette, entry.numeric
    plain: dict[str, Any] = {
        "key": entry.lineage,
        "kind": entry.kind.value if entry.kind is not Kind.SINGLE else None,
        "topic": entry.topic,
        "objective": entry.objective,
        "tags": list(entry.tags),
        "apart": list(entry.apart),
        "vignette": vignette and (_filled(key=vignette.key, text=vignette.text) if with_vignette else vignette.key),
        "stem": entry.stem,
        "ordered": entry.ordered,
        "partial": entry.scoring is Scoring.PARTIAL,
        "points": entry.points if entry.points != POINTS_PER_ITEM else None,
        "choices": [_choice_map(choice) for choice in entry.choices],
        "stems": [_filled(key=s.key, text=s.text, answer=s.answer, rationale=s.rationale) for s in entry.stems],
        "order": list(entry.order),
        "number": number and _filled(value=str(number.value), tolerance=str(number.tolerance), unit=number.unit),
        "rationale": entry.rationale,
        "passages": list(entry.passages),
        "references": list(entry.references),
        "status": entry.status,
    }
    return {key: value for key, value in plain.items() if value or key in {"topic", "objective", "stem"}}


def _choice_map(choice: Choice) -> dict[str, Any]:
    plain = _filled(key=choice.key, text=choice.text, correct=choice.correct)
    if choice.weight is not None:
        plain["weight"] = choice.weight
    return plain | _filled(rationale=choice.rationale)


def _filled(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value}


def entry_of(
    reader: PlainReader, value: Any, path: KeyPath, *, vignettes: Mapping[str, Vignette] | None = None
) -> Entry:
    """The question that plain values describe; problems go to the reader's document."""
    plain = reader.mapping(value, path, ENTRY_KEYS)
    kind = reader.one_of(plain, path, "kind", tuple(Kind), Kind.SINGLE)
    stems = reader.each(plain, "stems", path, may_miss=kind is not Kind.MATCHING)
    choices = reader.each(plain, "choices", path, may_miss=kind is Kind.NUMERIC)
    return with_media(
        Entry(
            kind=kind,
            lineage=reader.name(plain, path, "key"),
            topic=reader.optional_name(plain, path, "topic", most=MOST_SHORT_NAME),
            objective=reader.optional_name(plain, path, "objective", most=MOST_SHORT_NAME),
            stem=reader.text(plain, path, "stem", most=MOST_TEXT, block=True),
            choices=tuple(_choice(reader, one, at) for one, at in choices),
            ordered=reader.truth(plain, path, "ordered"),
            points=reader.number(plain, path, "points") if "points" in plain else POINTS_PER_ITEM,
            tags=reader.names(plain, path, "tags"),
            apart=reader.names(plain, path, "apart"),
            passages=reader.names(plain, path, "passages"),
            references=reader.names(plain, path, "references"),
            status=_status(reader, plain, path),
            stems=tuple(_stem(reader, one, at) for one, at in stems),
            order=reader.words(plain, path, "order", CHOICE_KEY),
            numeric=_numeric(reader, plain["number"], (*path, "number")) if "number" in plain else None,
            scoring=Scoring.PARTIAL if reader.truth(plain, path, "partial") else Scoring.ALL_OR_NOTHING,
            vignette=_vignette(reader, plain, path, vignettes or {}),
            rationale=reader.optional(plain, path, "rationale", most=MOST_TEXT, block=True),
        )
    )


def _status(reader: PlainReader, plain: dict[str, Any], path: KeyPath) -> str:
    status = reader.one_of(plain, path, "status", tuple(Status), Status.READY)
    return "" if status is Status.READY else status.value


def with_media(entry: Entry) -> Entry:
    """The entry with the pictures its texts show listed."""
    names = named_in(entry.texts)
    return entry if names == entry.media else replace(entry, media=names)


def _choice(reader: PlainReader, value: Any, path: KeyPath) -> Choice:
    plain = reader.mapping(value, path, CHOICE_KEYS)
    return Choice(
        key=reader.key(plain, path, "key", "a choice's key"),
        text=reader.text(plain, path, "text", most=MOST_TEXT, block=True),
        correct=reader.truth(plain, path, "correct"),
        rationale=reader.optional(plain, path, "rationale", most=MOST_TEXT, block=True),
        weight=reader.percent(plain, path, "weight"),
    )


def _stem(reader: PlainReader, value: Any, path: KeyPath) -> Stem:
    plain = reader.mapping(value, path, STEM_KEYS)
    return Stem(
        key=reader.key(plain, path, "key", "the key of a thing to match"),
        text=reader.text(plain, path, "text", most=MOST_TEXT, block=True),
        answer=reader.key(plain, path, "answer", "a choice's key"),
        rationale=reader.optional(plain, path, "rationale", most=MOST_TEXT, block=True),
    )


def _numeric(reader: PlainReader, value: Any, path: KeyPath) -> Numeric:
    plain = reader.mapping(value, path, NUMBER_KEYS)
    return Numeric(
        value=reader.decimal(plain, path, "value"),
        tolerance=reader.decimal(plain, path, "tolerance", usual="0"),
        unit=reader.optional(plain, path, "unit", most=MOST_SHORT_NAME),
    )


def _vignette(
    reader: PlainReader, plain: dict[str, Any], path: KeyPath, shared: Mapping[str, Vignette]
) -> Vignette | None:
    value = plain.get("vignette")
    place = (*path, "vignette")
    if value is None:
        return None
    if isinstance(value, str):
        if value not in shared:
            reader.document.report(place, f"There is no vignette “{value}”; write it under “vignettes”.")
        return shared.get(value)
    return vignette_of(reader, value, place)


def vignette_of(reader: PlainReader, value: Any, path: KeyPath) -> Vignette:
    """A shared case."""
    plain = reader.mapping(value, path, VIGNETTE_KEYS)
    return Vignette(
        key=reader.name(plain, path, "key", most=MOST_SHORT_NAME),
        text=reader.text(plain, path, "text", most=MOST_TEXT, block=True),
    )
