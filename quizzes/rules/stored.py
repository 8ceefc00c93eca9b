"""Parts of items and versions as plain JSON values, and back: what their JSON columns hold."""

from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from quizzes.rules.delivery import NOTHING, TODAY, DeliveryRules, Review
from quizzes.rules.item import POINTS_PER_ITEM, BlueprintLine, Item, Numeric, StemItem

STAGES = ("during", "after_try", "after_passing", "after_term")


def settings_of(item: Item) -> dict[str, Any]:
    """What only some kinds of items have; empty parts are left out."""
    found: dict[str, Any] = {
        "partial": item.partial,
        "stems": [asdict(stem) for stem in item.stems],
        "order": list(item.order),
        "vignette": item.vignette,
        "rationale": item.rationale,
    }
    if item.numeric:
        numeric = item.numeric
        found["numeric"] = {"value": str(numeric.value), "tolerance": str(numeric.tolerance), "unit": numeric.unit}
    return {name: value for name, value in found.items() if value}


def parts_from(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The same as arguments of an Item."""
    numeric = settings.get("numeric")
    return {
        "partial": bool(settings.get("partial", False)),
        "stems": tuple(StemItem(**stem) for stem in settings.get("stems", ())),
        "order": tuple(settings.get("order", ())),
        "vignette": settings.get("vignette", ""),
        "rationale": settings.get("rationale", ""),
        "numeric": Numeric(Decimal(numeric["value"]), Decimal(numeric["tolerance"]), numeric["unit"])
        if numeric
        else None,
    }


def blueprint_from(stored: list[dict[str, Any]]) -> tuple[BlueprintLine, ...]:
    """The stored blueprint as values."""
    return tuple(
        BlueprintLine(
            label=line["label"],
            topics=tuple(line["topics"]),
            draw=line["draw"],
            tags=tuple(line.get("tags", ())),
            points=line.get("points", POINTS_PER_ITEM),
        )
        for line in stored
    )


def blueprint_to(lines: tuple[BlueprintLine, ...] | list[BlueprintLine]) -> list[dict[str, Any]]:
    """Values as the stored blueprint; what is as usual is left out."""
    stored: list[dict[str, Any]] = []
    for line in lines:
        one: dict[str, Any] = {"label": line.label, "topics": list(line.topics), "draw": line.draw}
        if line.tags:
            one["tags"] = list(line.tags)
        if line.points != POINTS_PER_ITEM:
            one["points"] = line.points
        stored.append(one)
    return stored


def delivery_to(rules: DeliveryRules) -> dict[str, Any]:
    """Delivery rules as plain values; those of today are empty."""
    plain, usual = asdict(rules), asdict(TODAY)
    return {name: value for name, value in plain.items() if value != usual[name]}


def delivery_from(stored: Mapping[str, Any]) -> DeliveryRules:
    """Plain values as delivery rules; what they do not say is as it is today."""
    return DeliveryRules(
        attempts=stored.get("attempts"),
        wait_hours=stored.get("wait_hours", 0),
        minutes=stored.get("minutes"),
        certainty=stored.get("certainty", False),
        peers=stored.get("peers", False),
        **{stage: _review(stored[stage]) for stage in STAGES if stage in stored},
    )


def _review(stored: Mapping[str, bool]) -> Review:
    return Review(**{**asdict(NOTHING), **stored})
